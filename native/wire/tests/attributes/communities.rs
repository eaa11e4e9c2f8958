//! Communities of every kind.

use crate::{json_of, tlv, with, OPTIONAL_TRANSITIVE};
use serde_json::json;
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::Treatment;

#[test]
fn wide_communities() {
    // The example of draft-ietf-idr-wide-bgp-communities, section 9.2
    let atom = |number: u8, value: &[u8]| tlv(&[number], 2, value);
    let targets = tlv(
        &[1],
        2,
        &[atom(1, &[0, 0, 0x09, 0x78, 0, 0, 0x22, 0xb8]), atom(7, &[0, 0, 0, 100, 0, 0, 0, 104])].concat(),
    );
    let exclude = tlv(&[2], 2, &atom(7, &[0, 0, 0, 101]));
    let parameters = tlv(&[3], 2, &atom(4, &[0, 0, 0, 4]));
    let tlvs = [targets, exclude, parameters].concat();
    let head = [0, 0, 0, 1, 0, 0, 0xfb, 0xf0, 0, 0, 0xfb, 0xf0];
    let length = u8::try_from(6 + head.len() + tlvs.len()).unwrap();
    let value = [&[0, 1, 0x40, 0, 0, length], head.as_slice(), &tlvs].concat();
    let json = json_of(OPTIONAL_TRANSITIVE, 34, &value).1;
    let wide = &json[0]["wide_community"];
    assert_eq!((&wide["community"], &wide["source_as"]), (&json!(1), &json!(64496)));
    let tlvs = &wide["tlvs"];
    assert_eq!((&tlvs[0]["name"], &tlvs[0]["value"][0]["value"]), (&json!("targets"), &json!([2424, 8888])));
    assert_eq!(tlvs[1]["value"][0], json!({"type": 7, "name": "user_classes", "value": [101]}));
    assert_eq!(tlvs[2]["value"][0]["value"], json!([4]));
}

#[test]
fn ipv6_extended_communities() {
    let value = [[0, 2].as_slice(), &[0x20; 16], &[0, 5]].concat();
    let (_, json) = json_of(OPTIONAL_TRANSITIVE, 25, &value);
    assert_eq!(json, json!(["rt:2020:2020:2020:2020:2020:2020:2020:2020:5"]));
    assert_eq!(with(OPTIONAL_TRANSITIVE, 25, &value[..19]).faults[0].treatment, Treatment::TreatAsWithdraw);
}

#[test]
fn extended_communities_print_as_routers_print_them() {
    for (octets, text) in [
        // Transitive and not, of an AS number of two octets
        ([0x00, 0x02, 0xfd, 0xe8, 0, 0, 0, 1], "rt:65000:1"),
        ([0x00, 0x03, 0xfd, 0xe8, 0, 0, 0, 1], "soo:65000:1"),
        ([0x00, 0x04, 0xfd, 0xe8, 0x47, 0xf4, 0x24, 0], "link-bandwidth:65000:125000"),
        ([0x40, 0x04, 0xfd, 0xe8, 0x47, 0xf4, 0x24, 0], "link-bandwidth:65000:125000"),
        ([0x00, 0x05, 0, 0, 0, 0, 2, 0], "ospf-domain-id:0:512"),
        ([0x00, 0x08, 0xfd, 0xe8, 0, 0, 0, 1], "bgp-data-collection:65000:1"),
        ([0x00, 0x09, 0xfd, 0xe8, 0, 0, 0, 0], "source-as:65000:0"),
        ([0x00, 0x0a, 0xfd, 0xe8, 0, 0, 0, 1], "l2vpn-id:65000:1"),
        ([0x00, 0x10, 0xfd, 0xe8, 0, 0, 0, 1], "vpn-distinguisher:65000:1"),
        ([0x00, 0x13, 0xfd, 0xe8, 0, 0, 0, 1], "rt-record:65000:1"),
        ([0x00, 0x15, 0xfd, 0xe8, 0, 0, 0, 1], "rt-derived:65000:1"),
        ([0x40, 0x80, 0xfd, 0xe8, 0, 0, 0, 1], "vni:65000:1"),
        // Of an IPv4 address
        ([0x01, 0x02, 192, 0, 2, 1, 0, 5], "rt:192.0.2.1:5"),
        ([0x01, 0x03, 192, 0, 2, 1, 0, 5], "soo:192.0.2.1:5"),
        ([0x01, 0x05, 192, 0, 2, 1, 2, 0], "ospf-domain-id:192.0.2.1:512"),
        ([0x01, 0x07, 192, 0, 2, 1, 0, 0], "ospf-router-id:192.0.2.1:0"),
        ([0x01, 0x09, 192, 0, 2, 1, 0, 0], "node-target:192.0.2.1:0"),
        ([0x01, 0x0a, 192, 0, 2, 1, 0, 5], "l2vpn-id:192.0.2.1:5"),
        ([0x01, 0x0b, 192, 0, 2, 1, 0, 5], "vrf-route-import:192.0.2.1:5"),
        ([0x01, 0x0c, 192, 0, 2, 1, 0, 1], "redirect-to-ip:192.0.2.1:1"),
        ([0x01, 0x12, 192, 0, 2, 1, 0, 5], "inter-area-p2mp-next-hop:192.0.2.1:5"),
        ([0x01, 0x14, 192, 0, 2, 1, 0, 5], "vrf-recursive-next-hop:192.0.2.1:5"),
        ([0x01, 0x20, 192, 0, 2, 1, 0, 5], "mvpn-sa-rp:192.0.2.1:5"),
        // Of an AS number of four octets
        ([0x02, 0x02, 0, 1, 0, 0, 0, 5], "rt:65536:5"),
        ([0x02, 0x03, 0, 1, 0, 0, 0, 5], "soo:65536:5"),
        ([0x02, 0x04, 0, 1, 0, 0, 0, 5], "generic:65536:5"),
        ([0x42, 0x04, 0, 1, 0, 0, 0, 5], "generic:65536:5"),
        ([0x02, 0x05, 0, 1, 0, 0, 2, 0], "ospf-domain-id:65536:512"),
        ([0x02, 0x09, 0, 1, 0, 0, 0, 0], "source-as:65536:0"),
        // Opaque
        ([0x03, 0x01, 1, 128, 0, 0, 0, 9], "cost:1:128:9"),
        ([0x43, 0x01, 1, 128, 0, 0, 0, 9], "cost:1:128:9"),
        ([0x03, 0x03, 0, 0, 0, 0, 0, 0], "cp-orf:000000000000"),
        ([0x03, 0x06, 0, 0, 0, 1, 5, 1], "ospf-route-type:0.0.0.1:5:1"),
        ([0x03, 0x07, 0, 0, 0, 0, 0, 1], "additional-pmsi-flags:000000000001"),
        ([0x03, 0x08, 0, 0, 0, 1, 0, 0], "context-label-space:0x0000:16"),
        ([0x03, 0x0b, 0, 0, 0, 0, 0, 100], "color:0:100"),
        ([0x03, 0x0b, 0x40, 0, 0, 0, 0, 100], "color:1:100"),
        ([0x03, 0x0c, 0, 0, 0, 0, 0, 8], "encapsulation:vxlan"),
        ([0x03, 0x0c, 0, 0, 0, 0, 0, 19], "encapsulation:geneve"),
        ([0x03, 0x0c, 0, 0, 0, 0, 0, 99], "encapsulation:99"),
        ([0x03, 0x0d, 0, 0, 0, 0, 0, 0], "default-gateway:000000000000"),
        ([0x43, 0x00, 0, 0, 0, 0, 0, 0], "origin-validation:valid"),
        ([0x43, 0x00, 0, 0, 0, 0, 0, 1], "origin-validation:not-found"),
        ([0x43, 0x00, 0, 0, 0, 0, 0, 2], "origin-validation:invalid"),
        // EVPN
        ([0x06, 0x00, 1, 0, 0, 0, 0, 7], "mac-mobility:1:7"),
        ([0x06, 0x01, 1, 0, 0, 0, 0x06, 0x41], "esi-label:1:100"),
        ([0x06, 0x02, 0, 1, 2, 3, 4, 5], "es-import:00:01:02:03:04:05"),
        ([0x06, 0x03, 0, 1, 2, 3, 4, 5], "router-mac:00:01:02:03:04:05"),
        ([0x06, 0x04, 0, 2, 5, 220, 0, 0], "l2-attributes:0x0002:1500"),
        ([0x06, 0x05, 1, 0, 0, 0, 0x06, 0x40], "e-tree:1:100"),
        ([0x06, 0x06, 1, 0x40, 0, 0, 0, 9], "df-election:1:0x4000:9"),
        ([0x06, 0x07, 0, 0, 0, 0, 0, 9], "i-sid:000000000009"),
        ([0x06, 0x08, 2, 0, 0, 0, 0, 0], "arp-nd:0x02"),
        ([0x06, 0x09, 0, 3, 0, 0, 0, 0], "multicast-flags:0x0003"),
        ([0x06, 0x0a, 0xfd, 0xe8, 0, 0, 0, 9], "evi-rt:65000:9"),
        ([0x06, 0x0b, 192, 0, 2, 1, 0, 9], "evi-rt:192.0.2.1:9"),
        ([0x06, 0x0c, 0, 1, 0, 0, 0, 9], "evi-rt:65536:9"),
        ([0x06, 0x0e, 0, 0, 0, 0, 0, 9], "attachment-circuit:000000000009"),
        ([0x06, 0x0f, 1, 2, 3, 4, 5, 6], "service-carving-timestamp:010203040506"),
        ([0x06, 0x10, 0, 0, 0, 0, 0, 9], "evpn-link-bandwidth:000000000009"),
        // FlowSpec
        ([0x07, 0x02, 0, 0, 0xfd, 0xe8, 0x80, 9], "interface-set:65000:0x2:9"),
        ([0x80, 0x06, 0, 0, 0x46, 0x1c, 0x40, 0], "traffic-rate-bytes:0:10000"),
        ([0x80, 0x07, 0, 0, 0, 0, 0, 1], "traffic-action:0x01"),
        ([0x80, 0x08, 0, 10, 0, 0, 0, 10], "redirect:10:10"),
        ([0x81, 0x08, 192, 0, 2, 1, 0, 5], "redirect:192.0.2.1:5"),
        ([0x82, 0x08, 0, 1, 0, 0, 0, 5], "redirect:65536:5"),
        ([0x80, 0x09, 0, 0, 0, 0, 0, 46], "traffic-marking:46"),
        ([0x80, 0x0c, 0, 0, 0x46, 0x1c, 0x40, 0], "traffic-rate-packets:0:10000"),
        ([0x08, 0x00, 192, 0, 2, 1, 0, 1], "redirect-to-ip:192.0.2.1:1"),
        ([0x09, 0x00, 0, 0, 0, 0, 0, 9], "redirect-to-indirection-id:000000000009"),
        // L2VPN, OSPF before it had types of its own, transport class, service functions, mobile user plane
        ([0x80, 0x0a, 4, 2, 5, 220, 0, 100], "l2-info:4:0x02:1500"),
        ([0x80, 0x00, 0, 0, 0, 1, 5, 1], "old-ospf-route-type:0.0.0.1:5:1"),
        ([0x80, 0x01, 192, 0, 2, 1, 0, 0], "old-ospf-router-id:192.0.2.1:0"),
        ([0x80, 0x05, 0, 0, 0, 0, 2, 0], "old-ospf-domain-id:0:512"),
        ([0x0a, 0x02, 0, 0, 0, 0, 0, 9], "transport-class:9"),
        ([0x0b, 0x01, 0, 0, 0, 0, 0, 9], "sfir-pool:000000000009"),
        ([0x0c, 0x00, 0, 10, 0, 0, 0, 10], "mup-segment:10:10"),
        // Of another type
        ([0x99, 0x99, 1, 2, 3, 4, 5, 6], "0x9999010203040506"),
    ] {
        let community = ExtendedCommunity(octets);
        assert_eq!(community.to_string(), text);
        assert_eq!(community.transitive(), octets[0] & 0x40 == 0);
    }
}

#[test]
fn ipv6_extended_communities_print_their_type() {
    for (kind, name) in [
        (0x0002, "rt"),
        (0x0003, "soo"),
        (0x000b, "vrf-route-import"),
        (0x000c, "redirect-to-ip"),
        (0x000d, "redirect"),
        (0x0012, "inter-area-p2mp-next-hop"),
        (0x0099, "0x0099"),
    ] {
        let community = wire::bgp::attribute::Ipv6ExtendedCommunity {
            kind,
            global_administrator: "2001:db8::1".parse().unwrap(),
            local_administrator: 5,
        };
        assert_eq!(community.to_string(), format!("{name}:2001:db8::1:5"));
    }
}
