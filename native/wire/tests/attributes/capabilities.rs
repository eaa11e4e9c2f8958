//! Capabilities of an OPEN.

use serde_json::json;
use wire::bgp::Capability;
use wire::reader::Reader;

#[test]
fn capabilities() {
    for (code, value, expected) in [
        (
            1,
            vec![0, 2, 0, 1],
            json!({"name": "multiprotocol", "family": {"afi": 2, "safi": 1, "name": "ipv6-unicast"}}),
        ),
        (2, vec![], json!({"name": "route_refresh"})),
        (
            3,
            vec![0, 1, 0, 1, 1, 64, 3],
            json!({"name": "outbound_route_filtering",
                   "families": [{"family": {"afi": 1, "safi": 1, "name": "ipv4-unicast"}, "types": [[64, 3]]}]}),
        ),
        (
            5,
            vec![0, 1, 0, 1, 0, 2],
            json!({"name": "extended_next_hop", "families": [{"afi": 1, "safi": 1, "next_hop_afi": 2}]}),
        ),
        (6, vec![], json!({"name": "extended_message"})),
        (7, vec![8, 0, 1], json!({"name": "bgpsec", "flags": 8, "afi": 1})),
        (
            8,
            vec![0, 1, 4, 2],
            json!({"name": "multiple_labels",
                   "families": [{"family": {"afi": 1, "safi": 4, "name": "ipv4-labeled"}, "count": 2}]}),
        ),
        (9, vec![3], json!({"name": "role", "role": 3})),
        (
            64,
            vec![0x80, 120, 0, 1, 1, 0x80],
            json!({"name": "graceful_restart", "flags": 8, "restart_time": 120,
                   "families": [{"family": {"afi": 1, "safi": 1, "name": "ipv4-unicast"}, "flags": 128}]}),
        ),
        (65, vec![0, 1, 0, 0], json!({"name": "four_octet_as", "asn": 65536})),
        (67, vec![1, 2], json!({"name": "dynamic_capability", "capabilities": "0102"})),
        (68, vec![0, 1], json!({"name": "multisession", "flags": 0, "capabilities": "01"})),
        (
            69,
            vec![0, 1, 1, 3],
            json!({"name": "add_path",
                   "families": [{"family": {"afi": 1, "safi": 1, "name": "ipv4-unicast"}, "mode": 3}]}),
        ),
        (70, vec![], json!({"name": "enhanced_route_refresh"})),
        (
            71,
            vec![0, 1, 1, 0, 1, 0, 0],
            json!({"name": "long_lived_graceful_restart", "families":
                [{"family": {"afi": 1, "safi": 1, "name": "ipv4-unicast"}, "flags": 0, "stale_time": 65536}]}),
        ),
        (72, vec![1], json!({"name": "routing_policy_distribution", "value": "01"})),
        (73, vec![1, b'a', 1, b'b'], json!({"name": "fqdn", "host": "a", "domain": "b"})),
        (74, vec![], json!({"name": "bfd_strict_mode"})),
        (75, vec![1, b'9'], json!({"name": "software_version", "version": "9"})),
        (
            76,
            vec![0, 1, 1, 0, 4],
            json!({"name": "paths_limit",
                   "families": [{"family": {"afi": 1, "safi": 1, "name": "ipv4-unicast"}, "limit": 4}]}),
        ),
        (77, vec![], json!({"name": "link_local_next_hop"})),
        (128, vec![], json!({"name": "old_route_refresh"})),
        (
            130,
            vec![0, 1, 0, 1, 1, 128, 3],
            json!({"name": "old_outbound_route_filtering",
                   "families": [{"family": {"afi": 1, "safi": 1, "name": "ipv4-unicast"}, "types": [[128, 3]]}]}),
        ),
        (131, vec![0, 1], json!({"name": "old_multisession", "flags": 0, "capabilities": "01"})),
        (184, vec![1, b'a', 0], json!({"name": "old_fqdn", "host": "a", "domain": ""})),
        (200, vec![1], json!({"name": "unknown", "code": 200, "value": "01"})),
        // Without their form
        (65, vec![0, 1], json!({"name": "unknown", "code": 65, "value": "0001"})),
        (2, vec![1], json!({"name": "unknown", "code": 2, "value": "01"})),
        (69, vec![0, 1, 1], json!({"name": "unknown", "code": 69, "value": "000101"})),
    ] {
        let bytes = [&[code, u8::try_from(value.len()).unwrap()], value.as_slice()].concat();
        let capability = Capability::decode(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(capability.code(), code);
        assert_eq!(serde_json::to_value(&capability).unwrap(), expected);
        let mut encoded = Vec::new();
        capability.encode(&mut encoded);
        assert_eq!(encoded, bytes);
    }
}

#[test]
fn capabilities_print_their_name_and_value() {
    for (code, value, text) in [
        (1, vec![0, 2, 0, 1], "multiprotocol ipv6-unicast"),
        // RFC 4760, section 8: the reserved octet is ignored.
        (1, vec![0, 25, 9, 70], "multiprotocol l2vpn-evpn"),
        (2, vec![], "route-refresh"),
        (3, vec![0, 1, 0, 1, 1, 64, 3], "outbound-route-filtering ipv4-unicast 64:3"),
        (5, vec![0, 1, 0, 1, 0, 2], "extended-next-hop ipv4-unicast by afi 2"),
        (6, vec![], "extended-message"),
        (7, vec![8, 0, 1], "bgpsec 0x08 afi 1"),
        (8, vec![0, 1, 4, 2], "multiple-labels ipv4-labeled 2"),
        (9, vec![3], "role customer"),
        (9, vec![9], "role 9"),
        (
            64,
            vec![0xc0, 120, 0, 1, 1, 0x80],
            "graceful-restart 120 s restarted notification, ipv4-unicast kept",
        ),
        (65, vec![0, 1, 0, 0], "four-octet-as 65536"),
        (67, vec![1, 2], "dynamic-capability 0102"),
        (68, vec![0, 1], "multisession 0x00 01"),
        (69, vec![0, 1, 1, 3, 0, 2, 1, 1], "add-path ipv4-unicast both, ipv6-unicast receive"),
        (70, vec![], "enhanced-route-refresh"),
        (71, vec![0, 1, 1, 0, 1, 0, 0], "long-lived-graceful-restart ipv4-unicast 65536 s"),
        (72, vec![1], "routing-policy-distribution 01"),
        (73, vec![1, b'a', 1, b'b'], "fqdn a.b"),
        (74, vec![], "bfd-strict-mode"),
        (75, vec![1, b'9'], "software-version 9"),
        (76, vec![0, 1, 1, 0, 4], "paths-limit ipv4-unicast 4"),
        (77, vec![], "link-local-next-hop"),
        (128, vec![], "old-route-refresh"),
        (200, vec![1, 0xff], "capability 200 01ff"),
    ] {
        let bytes = [&[code, u8::try_from(value.len()).unwrap()], value.as_slice()].concat();
        assert_eq!(Capability::decode(&mut Reader::new(&bytes, 0)).unwrap().to_string(), text);
    }
}
