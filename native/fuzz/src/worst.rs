//! Frames made to be dear: as much as possible of what is small on the wire and large in memory, or slow to look through.

use crate::corpus::Session;

/// A BGP message holds so much behind its header.
const BODY: usize = 65_535 - 19;

/// Each with a name.
pub fn sessions() -> Vec<(&'static str, Session)> {
    let faulty = |attribute: &[u8]| vec![monitoring(&update(&[], &many(attribute, BODY - 5), &[0]))];
    let prefixes = |octets: usize| monitoring(&update(&[], ATTRIBUTES, &vec![0; octets]));
    let reach = |afi: u16, safi: u8, nlri: &[u8]| {
        let head = [&afi.to_be_bytes()[..], &[safi, 4, 192, 0, 2, 1, 0]].concat();
        let value = [head.as_slice(), &many(nlri, BODY - 100)].concat();
        vec![monitoring(&update(&[], &[ATTRIBUTES, &attribute(0x90, 14, &value)].concat(), &[]))]
    };
    let one = |flags: u8, code: u8, head: &[u8], repeated: &[u8]| {
        let value = [head, &many(repeated, BODY - 100 - head.len())].concat();
        vec![monitoring(&update(&[], &[ATTRIBUTES, &attribute(flags | 0x10, code, &value)].concat(), &[0]))]
    };
    let tlvs = |message_type: u8, head: &[u8], tlv: &[u8]| {
        vec![frame(message_type, &[head, &many(tlv, 1_000_000 - head.len())].concat())]
    };
    let mirrored = {
        let pdu = update(&[], &many(&[0x40, 1, 0], BODY - 5), &[0]);
        let tlv = [&[0, 0][..], &(pdu.len() as u16).to_be_bytes(), &pdu].concat();
        vec![frame(6, &[peer(), many(&tlv, 900_000)].concat())]
    };
    vec![
        ("attributes without a value", faulty(&[0xc0, 99, 0])),
        ("the same faulty attribute", faulty(&[0x40, 1, 0])),
        ("the same attribute", faulty(&[0x40, 1, 1, 0])),
        ("attributes of wrong flags", vec![monitoring(&update(&[], &codes(0x20), &[0]))]),
        ("default routes", vec![prefixes(BODY - 40)]),
        ("withdrawn default routes", vec![monitoring(&update(&vec![0; BODY - 4], &[], &[]))]),
        ("IPv6 default routes", reach(2, 1, &[0])),
        ("EVPN routes without a value", reach(25, 70, &[2, 0])),
        ("MCAST-VPN routes without a value", reach(1, 5, &[1, 0])),
        ("labelled routes", reach(1, 4, &[24, 0, 0, 1])),
        ("long label stacks", reach(1, 4, &[&[240][..], &[0, 1, 0].repeat(9), &[0, 0, 1]].concat())),
        ("flow specifications without a component", reach(1, 133, &[0])),
        ("flow specifications of one octet", reach(1, 133, &[1, 3])),
        (
            "flow specifications of terms",
            reach(1, 133, &[&[240, 241][..], &[3], &[1, 6].repeat(120)].concat()),
        ),
        ("VPLS of no length", reach(25, 65, &[0, 0])),
        ("MUP without a value", reach(1, 85, &[1, 0, 1, 0])),
        ("BGP-LS without a value", reach(16388, 71, &[0, 1, 0, 0])),
        ("BGP-LS of empty descriptors", {
            reach(16388, 71, &[&[0, 1, 4, 9, 2][..], &[0; 8], &[1, 0, 0, 0].repeat(256), &[0; 4]].concat())
        }),
        ("route targets of nothing", reach(1, 132, &[0])),
        ("AS path of segments of one", one(0x40, 2, &[], &[2, 1, 0, 0, 0, 1])),
        ("communities", one(0xc0, 8, &[], &[0, 0, 0, 1])),
        ("link state of empty TLVs", one(0x80, 29, &[], &[4, 0, 0, 0])),
        ("tunnels without a TLV", one(0xc0, 23, &[], &[0, 8, 0, 0])),
        ("tunnel of empty TLVs", one(0xc0, 23, &[0, 15, 0xfe, 0], &[12, 0])),
        ("prefix SID of empty TLVs", one(0xc0, 40, &[], &[1, 0, 0])),
        ("attributes in a set", one(0xc0, 128, &[0, 0, 0, 1], &[0xc0, 99, 0])),
        ("sets in a set", one(0xc0, 128, &[0, 0, 0, 1], &[0xc0, 128, 4, 0, 0, 0, 1])),
        ("large communities of the text kind", one(0xc0, 34, &[], &[0, 1, 0, 0, 0])),
        ("statistics without a value", tlvs(1, &[peer(), vec![0xff; 4]].concat(), &[0, 7, 0, 0])),
        ("information without a value", tlvs(4, &[], &[0, 0, 0, 0])),
        ("mirrored TLVs without a value", tlvs(6, &peer(), &[0, 9, 0, 0])),
        ("mirrored messages of nothing", tlvs(6, &peer(), &[0, 0, 0, 0])),
        ("mirrored UPDATEs of faults", mirrored),
        ("capabilities of nothing", peer_up(&many(&[70, 0], 60_000), &many(&[70, 0], 60_000))),
        ("ADD-PATH of every family", peer_up(&add_path(0), &add_path(0))),
        ("ADD-PATH of other families", peer_up(&add_path(0), &add_path(16_000))),
        ("ADD-PATH of every family, then routes", {
            let mut session = peer_up(&add_path(0), &add_path(0));
            session.push(prefixes(100));
            session
        }),
    ]
}

const ATTRIBUTES: &[u8] = &[0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1];

/// As often as it fits.
fn many(piece: &[u8], octets: usize) -> Vec<u8> {
    piece.repeat(octets / piece.len())
}

/// Attributes of every code, again and again.
fn codes(flags: u8) -> Vec<u8> {
    many(&(0..=255).flat_map(|code| [flags, code, 1, 9]).collect::<Vec<_>>(), BODY - 5)
}

fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    [&[flags, code][..], &(value.len() as u16).to_be_bytes(), value].concat()
}

/// An ADD-PATH capability for 16,000 families from a number on.
fn add_path(first: u32) -> Vec<u8> {
    let families: Vec<u8> = (first..first + 16_000)
        .flat_map(|number| {
            let [_, high, middle, low] = number.to_be_bytes();
            [high, middle, low, 3]
        })
        .collect();
    families
        .chunks(63 * 4)
        .flat_map(|families| [&[69, families.len() as u8][..], families].concat())
        .collect()
}

fn peer() -> Vec<u8> {
    let mut peer = vec![0; 42];
    peer[22..26].copy_from_slice(&[192, 0, 2, 1]);
    peer
}

fn frame(message_type: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 6).unwrap().to_be_bytes();
    [&[3][..], &length, &[message_type], body].concat()
}

fn bgp(message_type: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 19).unwrap().to_be_bytes();
    [&[0xff; 16][..], &length, &[message_type], body].concat()
}

fn update(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
    let length = |octets: &[u8]| (octets.len() as u16).to_be_bytes();
    bgp(2, &[&length(withdrawn)[..], withdrawn, &length(attributes), attributes, nlri].concat())
}

fn monitoring(update: &[u8]) -> Vec<u8> {
    frame(0, &[peer().as_slice(), update].concat())
}

/// Peer Up with these capabilities, in extended parameters (RFC 9072).
fn peer_up(sent: &[u8], received: &[u8]) -> Session {
    let open = |capabilities: &[u8]| {
        let inner = capabilities.len() as u16;
        let head = [4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 9, 255, 255];
        let parameters = [&(inner + 3).to_be_bytes()[..], &[2], &inner.to_be_bytes(), capabilities].concat();
        bgp(1, &[&head[..], &parameters].concat())
    };
    vec![frame(3, &[peer(), vec![0; 20], open(sent), open(received)].concat())]
}
