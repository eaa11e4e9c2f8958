//! Frames made to be dear: as much as possible of what is small on the wire and large in memory, or slow to look through.

use wire::bgp::attribute::flags::{
    EXTENDED_LENGTH, OPTIONAL_NON_TRANSITIVE, OPTIONAL_TRANSITIVE, PARTIAL, WELL_KNOWN,
};
use wire::bgp::{AddressFamily, HEADER_LENGTH as BGP};
use wire::bmp::{peer_header, HEADER_LENGTH as COMMON};
use wire::registry::attributes::code;
use wire::registry::bgp::message as bgp_message;
use wire::registry::bmp::message;
use wire::registry::capabilities::code as capability;

use crate::corpus::Session;

/// A BGP message holds so much behind its header.
const BODY: usize = 65_535 - BGP;

/// Each with a name.
pub fn sessions() -> Vec<(&'static str, Session)> {
    let faulty = |attribute: &[u8]| vec![monitoring(&update(&[], &many(attribute, BODY - 5), &[0]))];
    let prefixes = |octets: usize| monitoring(&update(&[], ATTRIBUTES, &vec![0; octets]));
    let reach = |family: AddressFamily, nlri: &[u8]| {
        let head = [&family.afi.to_be_bytes()[..], &[family.safi, 4, 192, 0, 2, 1, 0]].concat();
        let value = [head.as_slice(), &many(nlri, BODY - 100)].concat();
        vec![monitoring(&update(
            &[],
            &[ATTRIBUTES, &attribute(OPTIONAL_NON_TRANSITIVE, code::MP_REACH_NLRI, &value)].concat(),
            &[],
        ))]
    };
    let one = |flags: u8, code: u8, head: &[u8], repeated: &[u8]| {
        let value = [head, &many(repeated, BODY - 100 - head.len())].concat();
        vec![monitoring(&update(&[], &[ATTRIBUTES, &attribute(flags, code, &value)].concat(), &[0]))]
    };
    let tlvs = |message_type: u8, head: &[u8], tlv: &[u8]| {
        vec![frame(message_type, &[head, &many(tlv, 1_000_000 - head.len())].concat())]
    };
    let mirrored = {
        let pdu = update(&[], &many(&[WELL_KNOWN, code::ORIGIN, 0], BODY - 5), &[0]);
        let tlv = [&[0, 0][..], &(pdu.len() as u16).to_be_bytes(), &pdu].concat();
        vec![frame(message::ROUTE_MIRRORING, &[peer(), many(&tlv, 900_000)].concat())]
    };
    vec![
        ("attributes without a value", faulty(&[OPTIONAL_TRANSITIVE, NO_ATTRIBUTE, 0])),
        ("the same faulty attribute", faulty(&[WELL_KNOWN, code::ORIGIN, 0])),
        ("the same attribute", faulty(&[WELL_KNOWN, code::ORIGIN, 1, 0])),
        ("attributes of wrong flags", vec![monitoring(&update(&[], &codes(PARTIAL), &[0]))]),
        ("default routes", vec![prefixes(BODY - 40)]),
        ("withdrawn default routes", vec![monitoring(&update(&vec![0; BODY - 4], &[], &[]))]),
        ("IPv6 default routes", reach(AddressFamily::IPV6_UNICAST, &[0])),
        ("EVPN routes without a value", reach(AddressFamily::L2VPN_EVPN, &[2, 0])),
        ("MCAST-VPN routes without a value", reach(AddressFamily::IPV4_MCAST_VPN, &[1, 0])),
        ("labelled routes", reach(AddressFamily::IPV4_LABELED, &[24, 0, 0, 1])),
        (
            "long label stacks",
            reach(AddressFamily::IPV4_LABELED, &[&[240][..], &[0, 1, 0].repeat(9), &[0, 0, 1]].concat()),
        ),
        ("flow specifications without a component", reach(AddressFamily::IPV4_FLOWSPEC, &[0])),
        ("flow specifications of one octet", reach(AddressFamily::IPV4_FLOWSPEC, &[1, 3])),
        (
            "flow specifications of terms",
            reach(AddressFamily::IPV4_FLOWSPEC, &[&[240, 241][..], &[3], &[1, 6].repeat(120)].concat()),
        ),
        ("VPLS of no length", reach(AddressFamily::L2VPN_VPLS, &[0, 0])),
        ("MUP without a value", reach(AddressFamily::IPV4_MUP, &[1, 0, 1, 0])),
        ("BGP-LS without a value", reach(AddressFamily::BGP_LS, &[0, 1, 0, 0])),
        ("BGP-LS of empty descriptors", {
            reach(
                AddressFamily::BGP_LS,
                &[&[0, 1, 4, 9, 2][..], &[0; 8], &[1, 0, 0, 0].repeat(256), &[0; 4]].concat(),
            )
        }),
        ("route targets of nothing", reach(AddressFamily::IPV4_RTC, &[0])),
        ("AS path of segments of one", one(WELL_KNOWN, code::AS_PATH, &[], &[2, 1, 0, 0, 0, 1])),
        ("communities", one(OPTIONAL_TRANSITIVE, code::COMMUNITIES, &[], &[0, 0, 0, 1])),
        ("link state of empty TLVs", one(OPTIONAL_NON_TRANSITIVE, code::BGP_LS, &[], &[4, 0, 0, 0])),
        ("tunnels without a TLV", one(OPTIONAL_TRANSITIVE, code::TUNNEL_ENCAPSULATION, &[], &[0, 8, 0, 0])),
        (
            "tunnel of empty TLVs",
            one(OPTIONAL_TRANSITIVE, code::TUNNEL_ENCAPSULATION, &[0, 15, 0xfe, 0], &[12, 0]),
        ),
        ("prefix SID of empty TLVs", one(OPTIONAL_TRANSITIVE, code::PREFIX_SID, &[], &[1, 0, 0])),
        (
            "attributes in a set",
            one(OPTIONAL_TRANSITIVE, code::ATTR_SET, &[0, 0, 0, 1], &[OPTIONAL_TRANSITIVE, NO_ATTRIBUTE, 0]),
        ),
        (
            "sets in a set",
            one(
                OPTIONAL_TRANSITIVE,
                code::ATTR_SET,
                &[0, 0, 0, 1],
                &[OPTIONAL_TRANSITIVE, code::ATTR_SET, 4, 0, 0, 0, 1],
            ),
        ),
        (
            "large communities of the text kind",
            one(OPTIONAL_TRANSITIVE, code::COMMUNITY_CONTAINER, &[], &[0, 1, 0, 0, 0]),
        ),
        (
            "statistics without a value",
            tlvs(message::STATISTICS_REPORT, &[peer(), vec![0xff; 4]].concat(), &[0, 7, 0, 0]),
        ),
        ("information without a value", tlvs(message::INITIATION, &[], &[0, 0, 0, 0])),
        ("mirrored TLVs without a value", tlvs(message::ROUTE_MIRRORING, &peer(), &[0, 9, 0, 0])),
        ("mirrored messages of nothing", tlvs(message::ROUTE_MIRRORING, &peer(), &[0, 0, 0, 0])),
        ("mirrored UPDATEs of faults", mirrored),
        ("capabilities of nothing", peer_up(&many(&NO_VALUE, 60_000), &many(&NO_VALUE, 60_000))),
        ("ADD-PATH of every family", peer_up(&add_path(0), &add_path(0))),
        ("ADD-PATH of other families", peer_up(&add_path(0), &add_path(16_000))),
        ("ADD-PATH of every family, then routes", {
            let mut session = peer_up(&add_path(0), &add_path(0));
            session.push(prefixes(100));
            session
        }),
    ]
}

/// ORIGIN, AS_PATH and NEXT_HOP.
const ATTRIBUTES: &[u8] = &[
    WELL_KNOWN,
    code::ORIGIN,
    1,
    0,
    WELL_KNOWN,
    code::AS_PATH,
    0,
    WELL_KNOWN,
    code::NEXT_HOP,
    4,
    192,
    0,
    2,
    1,
];
/// A code that IANA has not assigned.
const NO_ATTRIBUTE: u8 = 99;
/// A capability without a value.
const NO_VALUE: [u8; 2] = [capability::ENHANCED_ROUTE_REFRESH, 0];

/// As often as it fits.
fn many(piece: &[u8], octets: usize) -> Vec<u8> {
    piece.repeat(octets / piece.len())
}

/// Attributes of every code, again and again.
fn codes(flags: u8) -> Vec<u8> {
    many(&(0..=255).flat_map(|code| [flags, code, 1, 9]).collect::<Vec<_>>(), BODY - 5)
}

fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    [&[flags | EXTENDED_LENGTH, code][..], &(value.len() as u16).to_be_bytes(), value].concat()
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
        .flat_map(|families| [&[capability::ADD_PATH, families.len() as u8][..], families].concat())
        .collect()
}

fn peer() -> Vec<u8> {
    let mut peer = vec![0; peer_header::LENGTH];
    peer[22..26].copy_from_slice(&[192, 0, 2, 1]);
    peer
}

fn frame(message_type: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + COMMON).unwrap().to_be_bytes();
    [&[3][..], &length, &[message_type], body].concat()
}

fn bgp(message_type: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + BGP).unwrap().to_be_bytes();
    [&[0xff; 16][..], &length, &[message_type], body].concat()
}

fn update(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
    let length = |octets: &[u8]| (octets.len() as u16).to_be_bytes();
    bgp(
        bgp_message::UPDATE,
        &[&length(withdrawn)[..], withdrawn, &length(attributes), attributes, nlri].concat(),
    )
}

fn monitoring(update: &[u8]) -> Vec<u8> {
    frame(message::ROUTE_MONITORING, &[peer().as_slice(), update].concat())
}

/// Peer Up with these capabilities, in extended parameters (RFC 9072).
fn peer_up(sent: &[u8], received: &[u8]) -> Session {
    let open = |capabilities: &[u8]| {
        let inner = capabilities.len() as u16;
        let head = [4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 9, 255, 255];
        let parameters = [&(inner + 3).to_be_bytes()[..], &[2], &inner.to_be_bytes(), capabilities].concat();
        bgp(bgp_message::OPEN, &[&head[..], &parameters].concat())
    };
    vec![frame(message::PEER_UP, &[peer(), vec![0; 20], open(sent), open(received)].concat())]
}
