//! Each family of NLRI, from bytes: text, prefix, key, and back to the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use wire::bgp::nlri::{self, Evpn, NlriValue};
use wire::bgp::AddressFamily;
use wire::reader::Reader;

const RD: [u8; 8] = [0, 0, 0xfd, 0xe8, 0, 0, 0, 1]; // 65000:1

/// Reads one NLRI, checks that it writes back to its bytes with and without a path identifier, and gives it.
fn one(afi: u16, safi: u8, bytes: &[u8]) -> NlriValue {
    let family = AddressFamily::new(afi, safi);
    for path_id in [None, Some(7u32)] {
        let block =
            [path_id.map_or(vec![], |id| id.to_be_bytes().to_vec()), bytes.to_vec()].concat().repeat(2);
        let reader = Reader::new(&block, 0);
        assert_eq!(
            nlri::check(family, wire::bgp::nlri::Form::canonical(path_id.is_some()), reader).unwrap(),
            2
        );
        let decoded =
            nlri::decode(family, wire::bgp::nlri::Form::canonical(path_id.is_some()), reader).unwrap();
        assert_eq!((decoded.len(), decoded[0].path_id), (2, path_id));
        let mut encoded = Vec::new();
        decoded.iter().for_each(|nlri| nlri.encode(&mut encoded));
        assert_eq!(encoded, block, "{decoded:?}");
    }
    // Every front of it is an error or less, never a panic.
    for cut in 0..bytes.len() {
        let _ = nlri::decode(family, wire::bgp::nlri::Form::canonical(false), Reader::new(&bytes[..cut], 0));
    }
    nlri::decode(family, wire::bgp::nlri::Form::canonical(false), Reader::new(bytes, 0))
        .unwrap()
        .remove(0)
        .value
}

fn text(afi: u16, safi: u8, bytes: &[u8]) -> String {
    let value = one(afi, safi, bytes);
    assert!(!matches!(value, NlriValue::Raw(_)));
    serde_json::to_string(&value).unwrap();
    value.to_string()
}

fn key(afi: u16, safi: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    nlri::iter(AddressFamily::new(afi, safi), wire::bgp::nlri::Form::canonical(false), bytes)
        .next()
        .unwrap()
        .unwrap()
        .key(&mut out);
    out
}

fn error(afi: u16, safi: u8, bytes: &[u8]) -> String {
    nlri::check(AddressFamily::new(afi, safi), wire::bgp::nlri::Form::canonical(false), Reader::new(bytes, 0))
        .unwrap_err()
        .to_string()
}

#[test]
fn unicast_and_multicast() {
    assert_eq!(text(1, 1, &[24, 10, 1, 2]), "10.1.2.0/24");
    assert_eq!(text(1, 2, &[0]), "0.0.0.0/0");
    assert_eq!(text(2, 1, &[0]), "::/0");
    assert_eq!(text(2, 2, &[16, 0x20, 1]), "2001::/16");
    assert_eq!(text(1, 1, &[32, 255, 255, 255, 255]), "255.255.255.255/32");
}

#[test]
fn labeled_unicast_with_one_and_with_more_labels() {
    // RFC 8277: 24 bits a label, bottom of stack in the last bit
    assert_eq!(text(1, 4, &[48, 0, 0x06, 0x41, 10, 1, 2]), "10.1.2.0/24");
    let two = one(1, 4, &[72, 0, 0x06, 0x40, 0, 0x07, 0x01, 10, 1, 2]);
    let NlriValue::Labeled(labeled) = two else { panic!() };
    assert_eq!(labeled.labels.iter().map(|label| label.value()).collect::<Vec<_>>(), [100, 112]);
    assert_eq!(text(2, 4, &[40, 0x80, 0, 0, 0x20, 1]), "2001::/16", "a withdrawal's label has no bottom");
    assert_eq!(
        key(1, 4, &[48, 0, 0x06, 0x41, 10, 1, 2]),
        key(1, 4, &[48, 0x80, 0, 0, 10, 1, 2]),
        "labels are no key"
    );
    assert_eq!(
        error(1, 4, &[23, 0, 0, 1]),
        "[0].prefix_length at offset 0: prefix length is 23, the limit is 56"
    );
}

#[test]
fn one_label_without_a_bottom_is_one_label() {
    // RFC 8277, section 2.2: "the S bit ... MUST be ignored on reception" where there is one label.
    for (bytes, expected) in [
        (vec![48, 0, 0x06, 0x40, 10, 1, 2], "10.1.2.0/24"),
        (vec![24, 0, 0x06, 0x40], "0.0.0.0/0"),
        (vec![56, 0, 0x06, 0x40, 10, 1, 2, 3], "10.1.2.3/32"),
    ] {
        let NlriValue::Labeled(labeled) = one(1, 4, &bytes) else { panic!() };
        assert_eq!((labeled.prefix.to_string().as_str(), labeled.labels.len()), (expected, 1));
    }
}

#[test]
fn vpn_of_ipv4_and_ipv6() {
    let v4 = [&[112, 0, 0x06, 0x41], RD.as_slice(), &[10, 1, 2]].concat();
    assert_eq!(text(1, 128, &v4), "65000:1:10.1.2.0/24");
    let v6 = [&[104, 0, 0x06, 0x41], RD.as_slice(), &[0x20, 1]].concat();
    assert_eq!(text(2, 128, &v6), "65000:1:2001::/16");
    // RFC 9832: classful transport, where the distinguisher tells endpoints apart
    assert_eq!(text(1, 76, &v4), "65000:1:10.1.2.0/24");
    let multicast = [&[88], RD.as_slice(), &[10, 1, 2]].concat();
    assert_eq!(text(1, 129, &multicast), "65000:1:10.1.2.0/24");
    assert_eq!(key(1, 128, &v4), [RD.as_slice(), &[24, 10, 1, 2]].concat());
    let too_long = [&[121, 0, 0x06, 0x41], RD.as_slice(), &[10, 1, 2, 3, 4]].concat();
    assert_eq!(
        error(1, 128, &too_long),
        "[0].prefix_length at offset 0: prefix length is 121, the limit is 120"
    );
}

#[test]
fn route_distinguishers() {
    for (bytes, text) in [
        ([0, 0, 0xfd, 0xe8, 0, 0, 0, 1], "65000:1"),
        ([0, 1, 192, 0, 2, 1, 0, 5], "192.0.2.1:5"),
        ([0, 2, 0, 1, 0, 0, 0, 5], "65536:5"),
        ([0, 2, 0, 0, 0, 9, 0, 5], "2:9:5"),
        ([0, 9, 0, 0, 0, 0, 0, 5], "9:0x000000000005"),
    ] {
        assert_eq!(nlri::RouteDistinguisher(u64::from_be_bytes(bytes)).to_string(), text);
    }
}

fn evpn(number: u8, value: &[&[u8]]) -> Vec<u8> {
    let value = value.concat();
    [&[number, u8::try_from(value.len()).unwrap()], value.as_slice()].concat()
}

const ESI: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const TAG: [u8; 4] = [0, 0, 0, 100];
const V4: [u8; 5] = [32, 192, 0, 2, 1];
const MAC: [u8; 7] = [48, 0, 1, 2, 3, 4, 5];
const LABEL: [u8; 3] = [0, 0x06, 0x41];

#[test]
fn evpn_routes_of_every_type() {
    let group = [V4.as_slice(), &[32, 239, 1, 1, 1], &V4].concat();
    let leaf = evpn(10, &[&RD, &TAG, &group]);
    for (bytes, expected) in [
        (evpn(1, &[&RD, &ESI, &TAG, &LABEL]), "[1]:[65000:1]:[00:01:02:03:04:05:06:07:08:09]:[100]"),
        (evpn(2, &[&RD, &ESI, &TAG, &MAC, &[0], &LABEL]), "[2]:[65000:1]:[100]:[48]:[00:01:02:03:04:05]"),
        (
            evpn(2, &[&RD, &ESI, &TAG, &MAC, &V4, &LABEL, &LABEL]),
            "[2]:[65000:1]:[100]:[48]:[00:01:02:03:04:05]:[32]:[192.0.2.1]",
        ),
        (evpn(3, &[&RD, &TAG, &V4]), "[3]:[65000:1]:[100]:[32]:[192.0.2.1]"),
        (evpn(4, &[&RD, &ESI, &V4]), "[4]:[65000:1]:[00:01:02:03:04:05:06:07:08:09]:[32]:[192.0.2.1]"),
        (evpn(5, &[&RD, &ESI, &TAG, &[24, 10, 1, 2, 0], &[0; 4], &LABEL]), "[5]:[65000:1]:[100]:[24]:[10.1.2.0]"),
        (
            evpn(5, &[&RD, &ESI, &TAG, &[16, 0x20, 1], &[0; 14], &[0; 16], &LABEL]),
            "[5]:[65000:1]:[100]:[16]:[2001::]",
        ),
        (
            evpn(6, &[&RD, &TAG, &[0], &[32, 239, 1, 1, 1], &V4, &[4]]),
            "[6]:[65000:1]:[100]:[0]:[*]:[32]:[239.1.1.1]:[32]:[192.0.2.1]",
        ),
        (
            evpn(7, &[&RD, &ESI, &TAG, &group, &[4]]),
            "[7]:[65000:1]:[00:01:02:03:04:05:06:07:08:09]:[100]:[32]:[192.0.2.1]:[32]:[239.1.1.1]:[32]:[192.0.2.1]",
        ),
        (
            evpn(8, &[&RD, &ESI, &TAG, &group, &[0, 0, 0, 0, 9, 4]]),
            "[8]:[65000:1]:[00:01:02:03:04:05:06:07:08:09]:[100]:[32]:[192.0.2.1]:[32]:[239.1.1.1]:[32]:[192.0.2.1]",
        ),
        (evpn(9, &[&RD, &TAG, &[0, 9, 0, 1, 0, 0, 0, 2]]), "[9]:[65000:1]:[100]:[source-as:1:2]"),
        (
            leaf.clone(),
            "[10]:[65000:1]:[100]:[32]:[192.0.2.1]:[32]:[239.1.1.1]:[32]:[192.0.2.1]",
        ),
        (
            evpn(11, &[&leaf, &V4]),
            "[11]:[[10]:[65000:1]:[100]:[32]:[192.0.2.1]:[32]:[239.1.1.1]:[32]:[192.0.2.1]]:[32]:[192.0.2.1]",
        ),
        (evpn(99, &[&[1, 2]]), "[99]:[0102]"),
    ] {
        assert_eq!(text(25, 70, &bytes), *expected);
    }
}

#[test]
fn an_evpn_route_without_its_types_form_is_kept_raw() {
    let NlriValue::Evpn(route) = one(25, 70, &evpn(2, &[&RD, &ESI])) else { panic!() };
    assert!(matches!(*route, Evpn::Unknown { number: 2, .. }));
}

#[test]
fn evpn_keys_leave_out_what_rfc_7432_leaves_out() {
    let other_esi = [9; 10];
    let a = evpn(2, &[&RD, &ESI, &TAG, &MAC, &V4, &LABEL]);
    let b = evpn(2, &[&RD, &other_esi, &TAG, &MAC, &V4, &[0, 0, 1], &LABEL]);
    assert_eq!(key(25, 70, &a), key(25, 70, &b));
    let a = evpn(5, &[&RD, &ESI, &TAG, &[24, 10, 1, 2, 0], &[0; 4], &LABEL]);
    let b = evpn(5, &[&RD, &other_esi, &TAG, &[24, 10, 1, 2, 0], &[1; 4], &[0, 0, 1]]);
    assert_eq!(key(25, 70, &a), key(25, 70, &b));
    let a = evpn(1, &[&RD, &ESI, &TAG, &LABEL]);
    let b = evpn(1, &[&RD, &other_esi, &TAG, &LABEL]);
    assert_ne!(key(25, 70, &a), key(25, 70, &b), "the ESI is in the key of type 1");
}

#[test]
fn vpls_signaling_and_auto_discovery() {
    let signaling = [&[0, 17], RD.as_slice(), &[0, 5, 0, 1, 0, 8, 0, 0x06, 0x40]].concat();
    assert_eq!(text(25, 65, &signaling), "65000:1:5:1");
    assert_eq!(text(25, 65, &[&[0, 12], RD.as_slice(), &[192, 0, 2, 1]].concat()), "65000:1:192.0.2.1");
    let other_base = [&[0, 17], RD.as_slice(), &[0, 5, 0, 1, 0, 9, 0, 0x07, 0x40]].concat();
    assert_eq!(key(25, 65, &signaling), key(25, 65, &other_base));
    assert_eq!(text(25, 65, &[0, 2, 1, 2]), "0102");
}

#[test]
fn route_target_constraint_and_its_default() {
    assert_eq!(text(1, 132, &[0]), "default");
    assert_eq!(text(1, 132, &[96, 0, 0, 0xfd, 0xe8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 9]), "65000:rt:65000:9");
    assert_eq!(text(2, 132, &[32, 0, 0, 0xfd, 0xe8]), "65000:*/32");
    assert_eq!(text(1, 132, &[48, 0, 0, 0xfd, 0xe8, 0, 2]), "65000:0x0002/48");
    assert_eq!(text(1, 132, &[16, 0xfd, 0xe8]), "0xfde8/16");
    assert!(error(1, 132, &[97]).contains("prefix length is 97, the limit is 96"));
}

#[test]
fn mcast_vpn_routes_of_every_type() {
    let route = |number: u8, parts: &[&[u8]]| evpn(number, parts);
    let s_pmsi = route(3, &[&RD, &V4, &[32, 239, 1, 1, 1], &[192, 0, 2, 9]]);
    for (bytes, expected) in [
        (route(1, &[&RD, &[192, 0, 2, 9]]), "[1]:[65000:1]:[192.0.2.9]"),
        (route(2, &[&RD, &[0, 0, 0xfd, 0xe9]]), "[2]:[65000:1]:[65001]"),
        (s_pmsi.clone(), "[3]:[65000:1]:[192.0.2.1]:[239.1.1.1]:[192.0.2.9]"),
        (
            route(4, &[&s_pmsi, &[192, 0, 2, 9]]),
            "[4]:[[3]:[65000:1]:[192.0.2.1]:[239.1.1.1]:[192.0.2.9]]:[192.0.2.9]",
        ),
        (route(5, &[&RD, &V4, &[32, 239, 1, 1, 1]]), "[5]:[65000:1]:[192.0.2.1]:[239.1.1.1]"),
        (route(6, &[&RD, &[0, 0, 0, 1], &[0], &[32, 239, 1, 1, 1]]), "[6]:[65000:1]:[1]:[*]:[239.1.1.1]"),
        (
            route(7, &[&RD, &[0, 0, 0, 1], &V4, &[32, 239, 1, 1, 1]]),
            "[7]:[65000:1]:[1]:[192.0.2.1]:[239.1.1.1]",
        ),
        (route(77, &[&[1]]), "[77]:[01]"),
    ] {
        assert_eq!(text(1, 5, &bytes), *expected);
    }
}

#[test]
fn sr_policy_of_ipv4_and_ipv6() {
    assert_eq!(text(1, 73, &[96, 0, 0, 0, 1, 0, 0, 0, 100, 192, 0, 2, 1]), "[1]:[100]:[192.0.2.1]");
    let v6 = [[192, 0, 0, 0, 1, 0, 0, 0, 100].as_slice(), &[0x20; 16]].concat();
    assert_eq!(text(2, 73, &v6), "[1]:[100]:[2020:2020:2020:2020:2020:2020:2020:2020]");
    assert!(error(1, 73, &[97]).contains("length is 97, not 96"));
}

#[test]
fn flowspec_with_all_components() {
    let flow = [
        1, 24, 10, 0, 0, // dst 10.0.0.0/24
        2, 0, // src 0.0.0.0/0
        3, 0x81, 6, // proto =6
        4, 0x81, 80, // port =80
        5, 0x03, 80, 0xd5, 1, 187, // dport >=80&<=443, in one and in two octets
        6, 0x12, 1, 0, 0x94, 0, 9, // sport >256|<9
        7, 0x81, 8, 8, 0x86, 0, // icmp
        9, 0x00, 2, 0x83, 0x10, // tcp-flags any of 2, or not exactly 0x10
        10, 0xa3, 0, 0, 5, 220, // length >=1500, in four octets
        11, 0x81, 46, 12, 0x81, 1, // dscp, fragment
    ];
    let bytes = [&[u8::try_from(flow.len()).unwrap()], flow.as_slice()].concat();
    assert_eq!(
        text(1, 133, &bytes),
        "dst 10.0.0.0/24 src 0.0.0.0/0 proto =6 port =80 dport >=80&<=443 sport >256|<9 icmp-type =8 icmp-code !=0 \
         tcp-flags 0x2|!=0x10 length >=1500 dscp =46 fragment =0x1"
    );
}

#[test]
fn flowspec_of_ipv6_and_of_vpns() {
    assert_eq!(text(2, 133, &[5, 1, 16, 0, 0x20, 1]), "dst 2001::/16");
    assert_eq!(text(2, 133, &[4, 2, 24, 16, 0xab]), "src ab/16-24", "an offset: RFC 8956, section 3.1");
    assert_eq!(text(2, 133, &[4, 13, 0x91, 1, 0]), "flow-label =256");
    assert_eq!(text(1, 134, &[&[11], RD.as_slice(), &[3, 0x81, 17]].concat()), "rd 65000:1 proto =17");
    assert_eq!(text(1, 133, &[5, 3, 0x81, 17, 99, 1]), "proto =17 unknown 6301", "the rest of it is kept");
}

#[test]
fn a_flowspec_length_of_two_octets() {
    let terms = [0x01, 80].repeat(119);
    let flow = [[5].as_slice(), &terms, &[0x81, 81]].concat();
    let bytes = [[0xf0, u8::try_from(flow.len()).unwrap()].as_slice(), &flow].concat();
    assert!(flow.len() > 0xf0 - 1);
    assert!(text(1, 133, &bytes).ends_with("|=81"));
    // Two octets where one would do are written back as two.
    assert_eq!(text(1, 133, &[0xf0, 3, 3, 0x81, 6]), "proto =6");
}

fn tlv(number: u16, value: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
}

#[test]
fn link_state_objects_of_every_type() {
    let node = |descriptor: u16, router: &[u8]| {
        tlv(descriptor, &[tlv(512, &[0, 0, 0xfd, 0xe8]), tlv(515, router)].concat())
    };
    let head = [2, 0, 0, 0, 0, 0, 0, 0, 0];
    let local = node(256, &[0x19, 0x21, 0x68, 0, 0, 1]);
    let object = |nlri_type: u16, rest: &[u8]| tlv(nlri_type, &[head.as_slice(), &local, rest].concat());
    let start =
        "[isis_level_2]:[0]:[local_node_descriptors autonomous_system 65000 igp_router_id 1921.6800.0001]";
    for (bytes, expected) in [
        (object(1, &[]), format!("[node]:{start}")),
        (
            object(2, &[node(257, &[0x19, 0x21, 0x68, 0, 0, 2, 5]), tlv(259, &[10, 0, 0, 1])].concat()),
            format!("[link]:{start}:[remote_node_descriptors autonomous_system 65000 igp_router_id 1921.6800.0002.05]:[ipv4_interface_address 10.0.0.1]"),
        ),
        (object(3, &tlv(265, &[24, 10, 1, 2])), format!("[ipv4_prefix]:{start}:[ip_reachability 10.1.2.0/24]")),
        (object(4, &tlv(265, &[16, 0x20, 1])), format!("[ipv6_prefix]:{start}:[ip_reachability 2001::/16]")),
        (
            tlv(5, &[head.as_slice(), &local, &tlv(554, &[2, 0x40, 0, 0, 192, 0, 2, 1, 0, 0, 0, 100, 0, 0, 0xfd, 0xe8, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9])].concat()),
            format!("[sr_policy_candidate_path]:{start}:[sr_policy_candidate_path 2/64/0/192.0.2.1/100/65000/2001::1/9]"),
        ),
        (object(6, &tlv(518, &[0x20; 16])), format!("[srv6_sid]:{start}:[srv6_sid 2020:2020:2020:2020:2020:2020:2020:2020]")),
        (object(1, &tlv(9999, &[7])), format!("[node]:{start}:[9999 07]")),
        (tlv(99, &[1]), "[99]:[01]".into()),
        (tlv(1, &[1]), "[1]:[01]".into()),
    ] {
        assert_eq!(text(16388, 71, &bytes), expected);
        assert_eq!(text(16388, 80, &bytes), expected, "RFC 9815");
    }
    // RFC 9552, section 5.2: the distinguisher comes after the length, not before the type.
    let vpn = tlv(1, &[RD.as_slice(), &head, &local].concat());
    assert_eq!(text(16388, 72, &vpn), format!("[node]:[65000:1]:{start}"));
}

#[test]
fn link_state_tlvs_inside_tlvs_have_a_bottom() {
    let mut nested = tlv(512, &[0, 0, 0, 1]);
    for _ in 0..3000 {
        nested = tlv(256, &nested);
    }
    let head = [2, 0, 0, 0, 0, 0, 0, 0, 0];
    text(16388, 71, &tlv(1, &[head.as_slice(), &nested].concat()));
}

#[test]
fn mup_routes_of_every_type() {
    let route = |number: u8, parts: &[&[u8]]| {
        let value = parts.concat();
        [&[1, 0, number, u8::try_from(value.len()).unwrap()], value.as_slice()].concat()
    };
    for (bytes, expected) in [
        (route(1, &[&RD, &[24, 10, 1, 2]]), "[isd]:[65000:1]:[10.1.2.0/24]"),
        (route(2, &[&RD, &[10, 0, 0, 1]]), "[dsd]:[65000:1]:[10.0.0.1]"),
        (route(3, &[&RD, &[32, 10, 0, 0, 1], &[0, 0, 48, 57, 9], &V4]), "[t1st]:[65000:1]:[10.0.0.1/32]"),
        (
            route(3, &[&RD, &[32, 10, 0, 0, 1], &[0, 0, 48, 57, 9], &V4, &[0]]),
            "[t1st]:[65000:1]:[10.0.0.1/32]",
        ),
        (route(4, &[&RD, &[64, 10, 0, 0, 1, 0, 0, 48, 57]]), "[t2st]:[65000:1]:[10.0.0.1]:[12345]"),
        (route(4, &[&RD, &[32, 10, 0, 0, 1]]), "[t2st]:[65000:1]:[10.0.0.1]"),
        (route(4, &[&RD, &[44, 10, 0, 0, 1, 0x12, 0x30]]), "[t2st]:[65000:1]:[10.0.0.1]:[0x1230/12]"),
        (route(4, &[&RD, &[44, 10, 0, 0, 1, 0x12, 0x3f]]), "[t2st]:[65000:1]:[10.0.0.1]:[0x1230/12]"),
        (route(9, &[&[1]]), "[1]:[9]:[01]"),
    ] {
        assert_eq!(text(1, 85, &bytes), expected);
    }
    let a = route(3, &[&RD, &[32, 10, 0, 0, 1], &[0, 0, 48, 57, 9], &V4]);
    let b = route(3, &[&RD, &[32, 10, 0, 0, 1], &[0, 0, 0, 1, 8], &V4]);
    assert_eq!(key(1, 85, &a), key(1, 85, &b));
}

#[test]
fn bits_after_a_teids_length_make_no_other_route() {
    let route = |length: u8, teid: &[u8]| {
        let value = [&RD, &[length, 10, 0, 0, 1][..], teid].concat();
        [&[1, 0, 4, u8::try_from(value.len()).unwrap()], value.as_slice()].concat()
    };
    assert_eq!(key(1, 85, &route(44, &[0x12, 0x30])), key(1, 85, &route(44, &[0x12, 0x3f])));
    assert_ne!(key(1, 85, &route(44, &[0x12, 0x30])), key(1, 85, &route(44, &[0x12, 0x40])));
}

#[test]
fn a_flow_specification_is_one_route_in_both_forms_of_its_length() {
    for (afi, safi) in [(1, 133), (2, 133), (25, 133), (1, 77)] {
        assert_eq!(key(afi, safi, &[3, 3, 0x81, 6]), key(afi, safi, &[0xf0, 3, 3, 0x81, 6]), "{afi}/{safi}");
    }
    assert_eq!(text(25, 133, &[3, 3, 0x81, 6]), "proto =6");
    assert_eq!(text(25, 134, &[&[11], &RD[..], &[3, 0x81, 6]].concat()), "rd 65000:1 proto =6");
    // A component of the link layer (draft-ietf-idr-flowspec-l2vpn) has no reading, but its octets.
    assert!(text(25, 133, &[4, 14, 0x81, 8, 0]).contains("0e810800"));
}

#[test]
fn multicast_distribution_trees() {
    let octets = [&[128][..], &RD, &[192, 0, 2, 1, 239, 1, 1, 1]].concat();
    assert_eq!(text(1, 66, &octets), "65000:1:192.0.2.1:239.1.1.1");
    assert_eq!(one(1, 66, &octets).route().rd.unwrap().to_string(), "65000:1");
    assert_eq!(key(1, 66, &octets), octets);
    // Of another length it is a route, and what it says is not known.
    let other = [&[96][..], &RD, &[192, 0, 2, 1]].concat();
    assert_eq!(one(1, 66, &other), NlriValue::Raw(other.clone().into()));
    assert!(error(1, 66, &octets[..16]).contains("truncated"));
}

#[test]
fn of_some_families_the_framing_alone_is_read() {
    for (afi, safi, bytes) in [
        (1, 7, vec![32, 192, 0, 2, 1]),     // RFC 5512
        (1, 74, vec![0, 1, 0, 3, 1, 2, 3]), // SD-WAN
        (2, 74, vec![0, 1, 0, 3, 1, 2, 3]),
        (1, 75, vec![4, 1, 2, 3, 4]),                      // draft-ietf-idr-rpd
        (1, 78, vec![3, 2, 7, 7]),                         // MCAST-TREE
        (25, 8, vec![3, 2, 7, 7]),                         // RFC 7117
        (1, 83, vec![10, 6, 1, 16, 10, 1, 0, 0, 0, 5, 9]), // RFC 9871
        (1, 84, [&[18, 14, 1][..], &RD, &[16, 10, 1, 0, 0, 0, 5, 9]].concat()),
    ] {
        assert_eq!(one(afi, safi, &bytes), NlriValue::Raw(bytes.clone().into()), "{afi}/{safi}");
        assert!(AddressFamily::new(afi, safi).name().is_some(), "{afi}/{safi}");
    }
    // What is beside the key of Color-Aware Routing makes no other route.
    let car = |beside: u8| vec![10, 6, 1, 16, 10, 1, 0, 0, 0, 5, beside];
    assert_eq!(key(1, 83, &car(1)), key(1, 83, &car(2)));
    assert!(error(1, 83, &[10, 6, 1]).contains("truncated"));
}

#[test]
fn anything_else_is_one_block() {
    let NlriValue::Raw(raw) = nlri::decode(
        AddressFamily::new(3, 77),
        wire::bgp::nlri::Form::canonical(true),
        Reader::new(&[1, 2, 3], 0),
    )
    .unwrap()
    .remove(0)
    .value
    else {
        panic!()
    };
    assert_eq!(raw.to_string(), "010203");
}

#[test]
fn flowspec_version_2_has_no_safi_and_a_form() {
    use wire::bgp::nlri::flowspec_v2::FlowSpecV2;
    use wire::registry::families::{self, Layout};
    // Until IANA assigns one, no family is read as it.
    assert!(!families::ALL.iter().any(|one| matches!(one.layout, Layout::FlowSpecV2 { .. })));
    let rule = |order: u8, number: u8, value: &[u8]| {
        [&[0, 0, 0, order, 0, 0, 0, 1, 0, number, 0, u8::try_from(value.len()).unwrap()], value].concat()
    };
    let nlri = |parts: &[&[u8]]| {
        let value = parts.concat();
        [u16::try_from(value.len()).unwrap().to_be_bytes().as_slice(), &value].concat()
    };
    let ip = rule(10, 1, &[1, 4, 24, 10, 0, 0, 3, 2, 0x81, 6, 5, 4, 0x03, 80, 0xd5, 9]);
    for (bytes, vpn, v6, expected) in [
        (
            nlri(&[&rule(10, 1, &[1, 4, 24, 10, 0, 0, 3, 2, 0x81, 6])]),
            false,
            false,
            "order 10 id 1 dst 10.0.0.0/24 proto =6",
        ),
        (nlri(&[&RD, &rule(10, 1, &[3, 2, 0x81, 17])]), true, false, "rd 65000:1 order 10 id 1 proto =17"),
        (nlri(&[&rule(10, 1, &[1, 4, 16, 0, 0x20, 1])]), false, true, "order 10 id 1 dst 2001::/16"),
        // A component that is not known has an end, and a filter that is not known too.
        (
            nlri(&[&rule(1, 1, &[99, 1, 7, 3, 2, 0x81, 6]), &rule(2, 9, &[1, 2])]),
            false,
            false,
            "order 1 id 1 unknown 630107 proto =6; order 2 id 1 filter 9 0102",
        ),
        // An operator past its component's end
        (nlri(&[&ip]), false, false, "order 10 id 1 dst 10.0.0.0/24 proto =6 unknown 05040350d509"),
    ] {
        let flows = FlowSpecV2::decode(&bytes, vpn, v6).unwrap();
        assert_eq!(flows.to_string(), expected);
        serde_json::to_string(&flows).unwrap();
        let mut encoded = Vec::new();
        flows.encode(&mut encoded);
        assert_eq!(encoded, bytes);
        for cut in 0..bytes.len() {
            let _ = FlowSpecV2::decode(&bytes[..cut], vpn, v6);
        }
    }
}
