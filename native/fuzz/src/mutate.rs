//! What is done to a frame. Half of it knows the form of the message and keeps the lengths right around what it
//! changes, so that the change is reached; the other half is blind.

use wire::bgp::attribute::flags::EXTENDED_LENGTH;
use wire::bgp::HEADER_LENGTH as BGP;
use wire::bmp::peer_header::LENGTH as PEER;
use wire::bmp::HEADER_LENGTH as COMMON;
use wire::registry::attributes::{self, code as attribute};
use wire::registry::bgp::message as bgp_message;
use wire::registry::bgp::optional_parameter::{CAPABILITIES, EXTENDED_LENGTH as EXTENDED};
use wire::registry::bmp::message;
use wire::registry::capabilities::code as capability;
use wire::registry::families;

use crate::random::Random;

/// Where a BGP message has its length, after the marker.
const BGP_LENGTH: usize = 16;
/// What a Peer Up has between the per-peer header and its OPENs: the local address and two ports.
const ADDRESSES: usize = 20;
/// The header of a TLV: type and length; a Route Monitoring of version 4 has an index behind them.
const TLV: usize = 4;
const INDEXED_TLV: usize = 6;
/// No frame is made longer.
const LONGEST: usize = 200_000;

/// A frame taken apart.
enum Parts {
    Update {
        head: Vec<u8>,
        withdrawn: Vec<u8>,
        attributes: Vec<Attribute>,
        nlri: Vec<u8>,
        tail: Vec<u8>,
    },
    /// BMP TLVs after so many octets.
    Tlvs {
        head: Vec<u8>,
        tlvs: Vec<Vec<u8>>,
    },
    /// Two OPENs after so many octets.
    Opens {
        head: Vec<u8>,
        opens: [Open; 2],
        tail: Vec<u8>,
    },
}

#[derive(Clone)]
struct Attribute {
    flags: u8,
    code: u8,
    value: Vec<u8>,
}

struct Open {
    /// Version to BGP identifier.
    head: Vec<u8>,
    capabilities: Vec<Vec<u8>>,
}

/// A frame made of another; its BMP length is true, so that the session goes on.
pub fn mutate(frame: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    if random.below(8) < 6 {
        if let Some(mut parts) = Parts::of(&bytes) {
            for _ in 0..=random.below(3) {
                parts.change(other, random);
            }
            bytes = parts.frame(&bytes, random);
        }
    }
    if random.below(8) < 3 {
        for _ in 0..=random.below(3) {
            blind(&mut bytes, other, random);
        }
    }
    bytes.truncate(LONGEST);
    bytes.resize(bytes.len().max(COMMON), 0);
    if random.once_in(50) {
        bytes[5] = random.octet() % 8;
    }
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[0] = if random.once_in(16) { 3 + random.octet() % 2 } else { frame[0] };
    bytes[1..5].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// Values at which lengths and counts turn.
const EDGES: [u32; 14] = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xf0, 0xff, 0x100, 0x7fff, 0xfffe, 0xffff, u32::MAX];

fn blind(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = COMMON.min(bytes.len()) + random.below(bytes.len().saturating_sub(COMMON));
    match random.below(12) {
        0 => bytes.truncate(at),
        1 => bytes.extend((0..random.below(40)).map(|_| random.octet())),
        // The front of one and the back of another.
        2 => {
            bytes.truncate(at);
            bytes.extend_from_slice(&other[random.below(other.len())..]);
        }
        3 => {
            let edge = random.pick(&EDGES).to_be_bytes();
            let width = *random.pick(&[1, 2, 4]);
            for (to, from) in bytes.iter_mut().skip(at).zip(&edge[4 - width..]) {
                *to = *from;
            }
        }
        4 => repeat(bytes, random),
        5 => {
            let range = random.range(bytes.len() - at);
            bytes.drain(at + range.start..at + range.end);
        }
        6 => {
            let range = random.range(other.len());
            bytes.splice(at..at, other[range].iter().copied());
        }
        7 => {
            if let Some(octet) = bytes.get_mut(at) {
                *octet = octet.wrapping_add(*random.pick(&[1, 2, 4, 8, 0xff, 0xfe, 0xfc]));
            }
        }
        _ => {
            if let Some(octet) = bytes.get_mut(at) {
                *octet = match random.below(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => *octet ^ 1 << random.below(8),
                    _ => random.octet(),
                };
            }
        }
    }
}

/// A piece of it again and again: what is small on the wire may be large in memory.
fn repeat(bytes: &mut Vec<u8>, random: &mut Random) {
    let range = random.range(bytes.len());
    let piece = bytes[range.clone()].to_vec();
    let most = if random.once_in(64) { 66_000 } else { 600 };
    let times = random.below(most / piece.len().max(1) + 1);
    bytes.splice(range.end..range.end, std::iter::repeat_n(piece, times).flatten());
}

impl Parts {
    fn of(frame: &[u8]) -> Option<Self> {
        let body = frame.get(COMMON..)?;
        let after = |head: usize, header| {
            let (head, rest) = body.split_at_checked(head)?;
            Some(Parts::Tlvs { head: head.to_vec(), tlvs: tlvs(rest, header) })
        };
        match frame[5] {
            message::ROUTE_MONITORING if frame[0] == 3 => Parts::update(body),
            message::ROUTE_MONITORING => after(PEER, INDEXED_TLV),
            // Their number is ahead of them.
            message::STATISTICS_REPORT => after(PEER + 4, TLV),
            message::PEER_DOWN | message::ROUTE_MIRRORING => after(PEER, TLV),
            message::PEER_UP => {
                let (head, mut rest) = body.split_at_checked(PEER + ADDRESSES)?;
                let opens = [Open::take(&mut rest)?, Open::take(&mut rest)?];
                Some(Parts::Opens { head: head.to_vec(), opens, tail: rest.to_vec() })
            }
            message::INITIATION | message::TERMINATION => after(0, TLV),
            _ => None,
        }
    }

    fn update(body: &[u8]) -> Option<Self> {
        let (peer, bgp) = body.split_at_checked(PEER)?;
        let (pdu, tail) = bgp.split_at_checked(bgp_length(bgp)?)?;
        let mut rest = pdu.get(BGP..)?;
        let withdrawn = counted(&mut rest)?.to_vec();
        let mut list = counted(&mut rest)?;
        let mut attributes = Vec::new();
        while let [flags, code, after @ ..] = list {
            let width = if flags & EXTENDED_LENGTH == 0 { 1 } else { 2 };
            let (length, after) = after.split_at_checked(width)?;
            let length = length.iter().fold(0, |high, low| high << 8 | usize::from(*low));
            let (value, after) = after.split_at_checked(length)?;
            attributes.push(Attribute { flags: *flags, code: *code, value: value.to_vec() });
            list = after;
        }
        let head = [peer, &pdu[..BGP]].concat();
        Some(Parts::Update { head, withdrawn, attributes, nlri: rest.to_vec(), tail: tail.to_vec() })
    }

    fn change(&mut self, other: &[u8], random: &mut Random) {
        match self {
            Parts::Update { attributes, withdrawn, nlri, .. } => match random.below(10) {
                0 => change_list(attributes, random),
                1 => {
                    // An attribute of another message.
                    if let Some(Parts::Update { attributes: others, .. }) = Parts::of(other) {
                        if !others.is_empty() {
                            let place = random.below(attributes.len() + 1);
                            attributes.insert(place, random.pick(&others).clone());
                        }
                    }
                }
                2 => attributes.insert(
                    random.below(attributes.len() + 1),
                    Attribute {
                        flags: random.octet() & 0xf0,
                        code: code(random),
                        value: (0..random.below(30)).map(|_| random.octet() & random.octet()).collect(),
                    },
                ),
                3 => change_value(nlri, random),
                4 => change_value(withdrawn, random),
                5 if !attributes.is_empty() => {
                    let place = random.below(attributes.len());
                    let attribute = &mut attributes[place];
                    match random.below(3) {
                        0 => attribute.code = code(random),
                        1 => attribute.flags ^= 1 << random.below(8),
                        _ => attribute.flags = random.octet(),
                    }
                }
                6 => {
                    // Another family for the same octets.
                    let multiprotocol = |one: &&mut Attribute| {
                        matches!(one.code, attribute::MP_REACH_NLRI | attribute::MP_UNREACH_NLRI)
                    };
                    if let Some(multiprotocol) = attributes.iter_mut().find(multiprotocol) {
                        let (afi, safi) = family(random);
                        for (to, from) in
                            multiprotocol.value.iter_mut().zip([(afi >> 8) as u8, afi as u8, safi])
                        {
                            *to = from;
                        }
                    }
                }
                _ if !attributes.is_empty() => {
                    let place = random.below(attributes.len());
                    change_value(&mut attributes[place].value, random);
                }
                _ => {}
            },
            Parts::Tlvs { tlvs, .. } => match random.below(3) {
                0 => change_list(tlvs, random),
                _ if !tlvs.is_empty() => {
                    let place = random.below(tlvs.len());
                    change_value(&mut tlvs[place], random);
                }
                _ => {}
            },
            Parts::Opens { opens, .. } => {
                let capabilities = &mut opens[random.below(2)].capabilities;
                match random.below(4) {
                    0 => change_list(capabilities, random),
                    1 => {
                        let (afi, safi) = family(random);
                        let mut add_path = vec![capability::ADD_PATH, 4];
                        add_path.extend(afi.to_be_bytes());
                        add_path.extend([safi, 1 + random.octet() % 3]);
                        capabilities.push(add_path);
                    }
                    _ if !capabilities.is_empty() => {
                        let place = random.below(capabilities.len());
                        let capability = &mut capabilities[place];
                        change_value(capability, random);
                        // Mostly, what is inside fills it.
                        if capability.len() > 2 && !random.once_in(8) {
                            capability.truncate(257);
                            capability[1] = u8::try_from(capability.len() - 2).unwrap();
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn frame(self, original: &[u8], random: &mut Random) -> Vec<u8> {
        let mut out = original[..COMMON].to_vec();
        let (truly, with_extended) = (!random.once_in(24), random.once_in(8));
        let length = |length: usize, random: &mut Random| {
            let length = u16::try_from(length).unwrap_or(u16::MAX);
            if truly {
                length
            } else {
                length.wrapping_add(*random.pick(&[0, 1, 2, 0xffff, 0xfffe, 0xfffc]))
            }
        };
        match self {
            Parts::Update { head, withdrawn, attributes, nlri, tail } => {
                let pdu = out.len() + PEER;
                out.extend(head);
                out.extend(length(withdrawn.len(), random).to_be_bytes());
                out.extend(withdrawn);
                let mut list = Vec::new();
                for Attribute { mut flags, code, value } in attributes {
                    if value.len() > 255 || with_extended {
                        flags |= EXTENDED_LENGTH;
                    }
                    list.extend([flags, code]);
                    match u8::try_from(value.len()) {
                        Ok(length) if flags & EXTENDED_LENGTH == 0 => list.push(length),
                        _ => list.extend(length(value.len(), random).to_be_bytes()),
                    }
                    list.extend(value);
                }
                out.extend(length(list.len(), random).to_be_bytes());
                out.extend(list);
                out.extend(nlri);
                let whole = length(out.len() - pdu, random);
                out[pdu + BGP_LENGTH..pdu + BGP_LENGTH + 2].copy_from_slice(&whole.to_be_bytes());
                out.extend(tail);
            }
            Parts::Tlvs { head, tlvs } => {
                out.extend(head);
                for mut tlv in tlvs {
                    let header = if original[5] == message::ROUTE_MONITORING { INDEXED_TLV } else { TLV };
                    if tlv.len() >= header {
                        let length = length(tlv.len() - header, random);
                        tlv[2..4].copy_from_slice(&length.to_be_bytes());
                    }
                    out.extend(tlv);
                }
            }
            Parts::Opens { head, opens, tail } => {
                out.extend(head);
                for open in opens {
                    let capabilities = open.capabilities.concat();
                    let mut body = open.head;
                    let short = u8::try_from(capabilities.len() + 2).ok().filter(|_| !with_extended);
                    match short {
                        Some(with_head) => {
                            body.extend([with_head, CAPABILITIES, with_head - 2]);
                        }
                        None => {
                            let inner = length(capabilities.len(), random);
                            body.extend([EXTENDED, EXTENDED]);
                            body.extend(inner.saturating_add(3).to_be_bytes());
                            body.push(CAPABILITIES);
                            body.extend(inner.to_be_bytes());
                        }
                    }
                    body.extend(capabilities);
                    out.extend([0xff; 16]);
                    out.extend(length(body.len() + BGP, random).to_be_bytes());
                    out.push(bgp_message::OPEN);
                    out.extend(body);
                }
                out.extend(tail);
            }
        }
        out
    }
}

impl Open {
    fn take(rest: &mut &[u8]) -> Option<Self> {
        let (open, after) = rest.split_at_checked(bgp_length(rest)?)?;
        *rest = after;
        let (head, parameters) = open.get(BGP..)?.split_at_checked(9)?;
        let mut parameters = parameters.get(1..)?;
        let mut capabilities = Vec::new();
        // Extended ones and other parameters: as if there were none.
        while let [CAPABILITIES, length, after @ ..] = parameters {
            let (mut value, after) = after.split_at_checked((*length).into())?;
            while let [_, length, ..] = value {
                let (capability, after) = value.split_at_checked(2 + usize::from(*length))?;
                capabilities.push(capability.to_vec());
                value = after;
            }
            parameters = after;
        }
        Some(Open { head: head.to_vec(), capabilities })
    }
}

fn bgp_length(message: &[u8]) -> Option<usize> {
    let length = message.get(BGP_LENGTH..)?.first_chunk()?;
    Some(u16::from_be_bytes(*length).into())
}

fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (value, after) = after.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = after;
    Some(value)
}

/// TLVs with their headers of so many octets; what is left is one more.
fn tlvs(mut rest: &[u8], header: usize) -> Vec<Vec<u8>> {
    let mut tlvs = Vec::new();
    while let [_, _, high, low, ..] = rest {
        let length = header + usize::from(u16::from_be_bytes([*high, *low]));
        let Some((tlv, after)) = rest.split_at_checked(length) else { break };
        tlvs.push(tlv.to_vec());
        rest = after;
    }
    if !rest.is_empty() {
        tlvs.push(rest.to_vec());
    }
    tlvs
}

/// Twice, gone, elsewhere, or very often.
fn change_list<T: Clone>(list: &mut Vec<T>, random: &mut Random) {
    if list.is_empty() {
        return;
    }
    let place = random.below(list.len());
    match random.below(5) {
        0 | 1 => list.insert(random.below(list.len() + 1), list[place].clone()),
        2 => drop(list.remove(place)),
        3 => {
            let other = random.below(list.len());
            list.swap(place, other);
        }
        _ => {
            let times = if random.once_in(16) { 4000 } else { 40 };
            let again = std::iter::repeat_n(list[place].clone(), random.below(times));
            list.splice(place..place, again);
        }
    }
}

fn change_value(value: &mut Vec<u8>, random: &mut Random) {
    match random.below(8) {
        0 => value.truncate(random.below(value.len() + 1)),
        1 => value.extend((0..=random.below(16)).map(|_| random.octet())),
        2 => repeat(value, random),
        3 => value.clear(),
        4 => {
            let range = random.range(value.len());
            value.drain(range);
        }
        _ => {
            for _ in 0..=random.below(4) {
                let place = random.below(value.len());
                if let Some(octet) = value.get_mut(place) {
                    *octet = match random.below(4) {
                        0 => *random.pick(&EDGES) as u8,
                        1 => *octet ^ 1 << random.below(8),
                        2 => octet.wrapping_add(*random.pick(&[1, 4, 8, 0xff])),
                        _ => random.octet(),
                    };
                }
            }
        }
    }
}

/// The code of an attribute: mostly of one that has a reading, sometimes any.
fn code(random: &mut Random) -> u8 {
    if random.once_in(20) {
        return random.octet();
    }
    random.pick(attributes::ALL).code
}

/// AFI and SAFI: mostly of a family of which the framing is read at least, sometimes of another.
fn family(random: &mut Random) -> (u16, u8) {
    if random.once_in(6) {
        return *random.pick(&[(16388, 70), (1, 240), (16397, 80), (0, 0), (65535, 255)]);
    }
    let family = random.pick(families::ALL).family;
    (family.afi, family.safi)
}
