//! Each path attribute with a structure of its own, each extended community and each capability, from bytes: as JSON and text, and back to
//! the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::*;
use serde_json::{json, Value};
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::{Attributes, Capability, Treatment, Update};
use wire::bmp::Body;
use wire::reader::Reader;

/// An UPDATE with the attribute beside the mandatory ones.
fn with(flags: u8, code: u8, value: &[u8]) -> Update {
    let mut attribute = vec![flags | 0x10, code];
    attribute.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    attribute.extend_from_slice(value);
    let frame = route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute], PREFIX));
    let message = decode_all(&frame).remove(0).unwrap();
    let mut encoded = Vec::new();
    message.encode(&mut encoded);
    assert_eq!(encoded, frame, "{code} writes back to its bytes");
    // Every front of the value is a fault or less, never a panic.
    for cut in 0..value.len() {
        let mut canonical = vec![flags | 0x10, code];
        canonical.extend(u16::try_from(cut).unwrap().to_be_bytes());
        canonical.extend_from_slice(&value[..cut]);
        Attributes::decode_canonical(&canonical).unwrap();
    }
    let Body::RouteMonitoring(route) = message.body else { panic!() };
    route.update
}

/// The attribute's name and its value as JSON.
fn json_of(flags: u8, code: u8, value: &[u8]) -> (String, Value) {
    let update = with(flags, code, value);
    // Two do not belong in the UPDATE that all are put in: beside AS_PATH, and with unicast routes.
    if !matches!(code, 33 | 36) {
        assert_eq!(update.faults, [], "{code}");
    }
    let json = serde_json::to_value(update.attributes.0.last().unwrap()).unwrap();
    assert_eq!(json["code"], code);
    (json["name"].as_str().unwrap().into(), json["value"].clone())
}

const OPTIONAL_TRANSITIVE: u8 = 0xc0;
const OPTIONAL: u8 = 0x80;

fn tlv(header: &[u8], length_octets: usize, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [header, &length[2 - length_octets..], value].concat()
}

#[test]
fn pmsi_tunnel() {
    assert_eq!(
        json_of(OPTIONAL_TRANSITIVE, 22, &[1, 6, 0, 0x06, 0x40, 192, 0, 2, 1]),
        (
            "pmsi_tunnel".into(),
            json!({"flags": 1, "tunnel_type": 6, "label": 1600, "tunnel_identifier": "192.0.2.1"})
        )
    );
    let update = with(OPTIONAL_TRANSITIVE, 22, &[1, 6, 0, 0, 0, 192, 0, 2, 1]);
    assert_eq!(update.attributes.pmsi_tunnel().unwrap().type_name(), Some("ingress_replication"));
}

#[test]
fn pmsi_tunnel_identifiers_of_every_type() {
    let identifier = |number: u8, identifier: &[u8]| {
        json_of(OPTIONAL_TRANSITIVE, 22, &[&[0, number, 0, 0, 16], identifier].concat()).1
    };
    for (number, octets, expected) in [
        (0, vec![], json!({})),
        (
            1,
            vec![192, 0, 2, 1, 0, 0, 0, 7, 0, 0, 0, 9],
            json!({"extended_tunnel_id": "192.0.2.1", "reserved": 0, "tunnel_id": 7, "p2mp_id": 9}),
        ),
        (
            2,
            vec![6, 0, 1, 4, 192, 0, 2, 1, 0, 1, 9],
            json!({"fec_type": 6, "address_family": 1, "address_length": 4, "root": "192.0.2.1", "opaque_length": 1, "opaque": "09"}),
        ),
        (3, vec![192, 0, 2, 1, 232, 0, 0, 1], json!({"source": "192.0.2.1", "group": "232.0.0.1"})),
        (8, vec![192, 0, 2, 1, 0, 0, 0, 5], json!({"source": "192.0.2.1", "number": 5})),
        (11, vec![1, 0, 2, 192, 0, 2, 1], json!({"sub_domain": 1, "bfr_id": 2, "bfr_prefix": "192.0.2.1"})),
        (12, vec![1, 2], json!("0102")),
    ] {
        assert_eq!(identifier(number, &octets)["tunnel_identifier"], expected, "{number}");
    }
    // Composite (RFC 8317): the label of the way to the root comes first.
    let composite = identifier(0x86, &[0, 0, 32, 192, 0, 2, 1]);
    assert_eq!(
        (&composite["root_label"], &composite["tunnel_identifier"]),
        (&json!(32), &json!("192.0.2.1"))
    );
}

#[test]
fn bgpsec_path() {
    let signature = [[7; 20].as_slice(), &[0, 2, 9, 9]].concat();
    let value = [&[0, 8, 1, 0x80, 0, 0, 0xfd, 0xe8, 0, 27, 1], signature.as_slice()].concat();
    assert_eq!(
        json_of(OPTIONAL, 33, &value).1,
        json!({
            "secure_path_length": 8,
            "secure_path": [{"p_count": 1, "flags": 128, "asn": 65000}],
            "signature_blocks": [{"length": 27, "algorithm_suite": 1, "signatures": [
                {"subject_key_identifier": "07".repeat(20), "signature_length": 2, "signature": "0909"}
            ]}],
        })
    );
}

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
fn tunnel_encapsulation_of_vxlan() {
    let color = tlv(&[4], 1, &[3, 0x0b, 0, 0, 0, 0, 0, 100]);
    let endpoint = tlv(&[6], 1, &[0, 0, 0, 0, 0, 1, 192, 0, 2, 1]);
    let value = tlv(&[0, 8], 2, &[color, endpoint].concat());
    let (name, json) = json_of(OPTIONAL_TRANSITIVE, 23, &value);
    assert_eq!(name, "tunnel_encapsulation");
    assert_eq!(json[0]["name"], "vxlan");
    assert_eq!(json[0]["value"][0]["value"], json!({"type": 779, "flags": 0, "color": 100}));
    assert_eq!(json[0]["value"][1]["value"], json!({"reserved": 0, "afi": 1, "address": "c0000201"}));
}

#[test]
fn tunnel_encapsulation_of_an_sr_policy() {
    let preference = tlv(&[12], 1, &[0, 0, 0, 0, 0, 100]);
    let weight = tlv(&[9], 1, &[0, 0, 0, 0, 0, 5]);
    let label = tlv(&[1], 1, &[0, 0, 0x03, 0xe8, 0, 0]);
    let sid = tlv(&[13], 1, &[[0, 0].as_slice(), &[0x20; 16]].concat());
    // Types from 128 on have a length of two octets.
    let list = tlv(&[128], 2, &[vec![0], weight, label, sid].concat());
    let name = tlv(&[130], 2, b"\0gold");
    let value = tlv(&[0, 15], 2, &[preference, list, name].concat());
    let (_, json) = json_of(OPTIONAL_TRANSITIVE, 23, &value);
    assert_eq!(json[0]["name"], "sr_policy");
    let sub_tlvs = &json[0]["value"];
    assert_eq!(sub_tlvs[0]["value"]["preference"], 100);
    let segments = &sub_tlvs[1]["value"]["segments"];
    assert_eq!(segments[0]["value"]["weight"], 5);
    assert_eq!(segments[1]["name"], "mpls_label");
    assert_eq!(segments[2]["value"]["sid"], "2020:2020:2020:2020:2020:2020:2020:2020");
    assert_eq!(sub_tlvs[2]["value"]["name"], "gold");
}

#[test]
fn traffic_engineering() {
    let value = [[1, 2, 0, 0].as_slice(), &1.5f32.to_be_bytes().repeat(8), &[7]].concat();
    let (_, json) = json_of(OPTIONAL, 24, &value);
    assert_eq!(
        (&json["encoding"], &json["max_lsp_bandwidth"]["priority_7"], &json["specific"]),
        (&json!(2), &json!(1.5), &json!("07"))
    );
}

#[test]
fn ipv6_extended_communities() {
    let value = [[0, 2].as_slice(), &[0x20; 16], &[0, 5]].concat();
    let (_, json) = json_of(OPTIONAL_TRANSITIVE, 25, &value);
    assert_eq!(json, json!(["rt:2020:2020:2020:2020:2020:2020:2020:2020:5"]));
    assert_eq!(with(OPTIONAL_TRANSITIVE, 25, &value[..19]).faults[0].treatment, Treatment::TreatAsWithdraw);
}

#[test]
fn aigp() {
    let first = [1, 0, 11, 0, 0, 0, 0, 0, 0, 1, 0];
    assert_eq!(json_of(OPTIONAL, 26, &first), ("aigp".into(), json!({"metric": 256})));
    let with_other = [first.as_slice(), &[9, 0, 4, 7]].concat();
    assert_eq!(json_of(OPTIONAL, 26, &with_other).1, json!({"metric": 256, "others": "09000407"}));
    for bad in [&[1, 0, 10, 0, 0, 0, 0, 0, 0, 1][..], &[9, 0, 2], &[9, 0]] {
        assert_eq!(with(OPTIONAL, 26, bad).faults[0].treatment, Treatment::AttributeDiscard);
    }
}

#[test]
fn bgp_ls_attribute() {
    let value = [
        tlv(&[4, 2], 2, b"farm01"),
        tlv(&[4, 0x41], 2, &1e9f32.to_be_bytes()),
        tlv(&[4, 0x47], 2, &[0, 0, 10]),
        tlv(&[4, 10], 2, &[0xc0, 0, 0, 0x1f, 0x40, 4, 0x89, 0, 3, 0, 0x3e, 0x80]),
        tlv(&[4, 0x4b], 2, &[0x30, 0, 0, 0, 0, 0x5d, 0xc0]),
        tlv(&[4, 0x86], 2, &[0, 0, 0, 0, 0, 0, 0, 9]),
        tlv(&[0xff, 0], 2, &[1]),
    ];
    let (name, json) = json_of(OPTIONAL, 29, &value.concat());
    assert_eq!(name, "bgp_ls");
    let read: Vec<(&str, &Value)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|tlv| (tlv["name"].as_str().unwrap_or("?"), &tlv["value"]))
        .collect();
    assert_eq!(
        read,
        [
            ("node_name", &json!("farm01")),
            ("maximum_link_bandwidth", &json!(1e9f32)),
            ("igp_metric", &json!(10)),
            (
                "sr_capabilities",
                &json!({"flags": 192, "reserved": 0, "ranges": [{"size": 8000, "sid_type": 1161, "sid_length": 3, "first": 16000}]})
            ),
            ("adjacency_sid", &json!({"flags": 48, "weight": 0, "reserved": 0, "sid": 24000})),
            ("prefix_sid", &json!({"flags": 0, "algorithm": 0, "reserved": 0, "sid": 9})),
            ("?", &json!("01")),
        ]
    );
    assert_eq!(with(OPTIONAL, 29, &[4, 2, 0, 9, 1]).faults[0].treatment, Treatment::AttributeDiscard);
}

#[test]
fn srv6_and_flex_algo_in_the_bgp_ls_attribute() {
    let structure = tlv(&[4, 0xe4], 2, &[32, 16, 16, 0]);
    let end_x = tlv(&[4, 0x52], 2, &[[0, 5, 0, 128, 0, 0].as_slice(), &[0x20; 16], &structure].concat());
    let locator = tlv(&[4, 0x8a], 2, &[0, 128, 0, 0, 0, 0, 0, 10]);
    let algorithm =
        tlv(&[4, 15], 2, &[[128, 0, 0, 100].as_slice(), &tlv(&[4, 16], 2, &[0, 0, 0, 1])].concat());
    let (_, json) = json_of(OPTIONAL, 29, &[end_x, locator, algorithm].concat());
    assert_eq!(json[0]["value"]["sub_tlvs"][0]["value"]["locator_node_length"], 16);
    assert_eq!(json[1]["value"]["metric"], 10);
    assert_eq!(json[2]["value"]["sub_tlvs"][0]["value"], json!([1]));
}

#[test]
fn prefix_sid() {
    let structure = tlv(&[1], 2, &[32, 16, 16, 0, 16, 48]);
    let information = tlv(&[1], 2, &[[0].as_slice(), &[0x20; 16], &[0, 0, 19, 0], &structure].concat());
    let value = [
        tlv(&[1], 2, &[0, 0, 0, 0, 0, 0, 9]),
        tlv(&[3], 2, &[0, 0, 0, 0x3e, 0x80, 0, 0x1f, 0x40]),
        tlv(&[5], 2, &[vec![0], information].concat()),
    ];
    let (_, json) = json_of(OPTIONAL_TRANSITIVE, 40, &value.concat());
    assert_eq!(json[0]["value"]["index"], 9);
    assert_eq!(json[1]["value"]["ranges"], json!([{"base": 16000, "range": 8000}]));
    let sid = &json[2]["value"]["sub_tlvs"][0]["value"];
    assert_eq!(
        (&sid["endpoint_behavior"], &sid["sub_sub_tlvs"][0]["value"]["transposition_offset"]),
        (&json!(19), &json!(48))
    );
}

#[test]
fn d_path() {
    let value = [2, 0, 0, 0, 1, 0, 2, 70, 0, 0, 0, 3, 0, 4, 128];
    let domain = |global: u32, local: u32, safi: u32| json!({"global_administrator": global, "local_administrator": local, "isf_safi": safi});
    assert_eq!(json_of(OPTIONAL_TRANSITIVE, 36, &value).1, json!([[domain(1, 2, 70), domain(3, 4, 128)]]));
}

#[test]
fn attr_set_and_one_in_it() {
    let inner = [[0, 0, 0xfd, 0xe8].as_slice(), ORIGIN_IGP, AS_PATH_65001].concat();
    let (_, json) = json_of(OPTIONAL_TRANSITIVE, 128, &inner);
    assert_eq!((&json["origin_as"], &json["attributes"][1]["name"]), (&json!(65000), &json!("as_path")));
    let nested = [[0, 0, 0, 1].as_slice(), &attribute(0xc0, 128, &inner)].concat();
    let (_, json) = json_of(OPTIONAL_TRANSITIVE, 128, &nested);
    assert!(json["attributes"][0]["value"].is_string(), "kept raw");
}

#[test]
fn the_others_with_structure() {
    for (flags, code, value, name, expected) in [
        (
            0xc0,
            27,
            vec![192, 0, 2, 1, 0, 0, 1],
            "pe_distinguisher_labels",
            json!([{"pe": "192.0.2.1", "label": 1}]),
        ),
        (
            0xc0,
            34,
            vec![0, 9, 0, 0, 0, 7, 1],
            "community_container",
            json!([{"type": 9, "flags": 0, "reserved": 0, "length": 7, "content": "01"}]),
        ),
        (
            0xc0,
            37,
            vec![2, 0, 6, 255, 3, 0, 2, 0, 64],
            "sfp",
            json!([{"type": 2, "name": "hop", "value": {"service_index": 255, "details": [
                {"type": 3, "name": "sft", "value": {"service_function_type": 64, "route_distinguishers": []}}]}}]),
        ),
        (
            0xc0,
            38,
            vec![1, 0, 0, 0, 7, 1, 4, 192, 0, 2, 1],
            "bfd_discriminator",
            json!({"mode": 1, "discriminator": 7, "tlvs": [{"type": 1, "name": "source_ip", "value": "192.0.2.1"}]}),
        ),
        (
            0xc0,
            39,
            vec![0, 1, 1, 4, 192, 0, 2, 1, 0, 3, 0, 4, 1, 1, 1, 1],
            "next_hop_capabilities",
            json!({"afi": 1, "safi": 1, "next_hop": "c0000201",
                   "characteristics": [{"type": 3, "name": "bgp_id", "value": "1.1.1.1"}]}),
        ),
        (
            0xc0,
            41,
            vec![0, 1, 0, 4, 3, 0, 9, 0],
            "bier",
            json!([{"type": 1, "name": "bier", "value": {"sub_domain": 3, "bfr_id": 9, "reserved": 0, "sub_tlvs": []}}]),
        ),
        (0x80, 42, vec![0, 9, 0, 1, 5], "edge_metadata", json!([{"type": 9, "name": null, "value": "05"}])),
    ] {
        assert_eq!(json_of(flags, code, &value), (name.into(), expected));
    }
}

#[test]
fn extended_communities_print_as_routers_print_them() {
    for (octets, text) in [
        ([0x00, 0x02, 0xfd, 0xe8, 0, 0, 0, 1], "rt:65000:1"),
        ([0x01, 0x02, 192, 0, 2, 1, 0, 5], "rt:192.0.2.1:5"),
        ([0x02, 0x03, 0, 1, 0, 0, 0, 5], "soo:65536:5"),
        ([0x40, 0x04, 0xfd, 0xe8, 0x47, 0xf4, 0x24, 0], "link-bandwidth:65000:125000"),
        ([0x00, 0x05, 0, 0, 0, 0, 2, 0], "ospf-domain-id:0:512"),
        ([0x03, 0x06, 0, 0, 0, 1, 5, 1], "ospf-route-type:0.0.0.1:5:1"),
        ([0x03, 0x0b, 0, 0, 0, 0, 0, 100], "color:0:100"),
        ([0x03, 0x0c, 0, 0, 0, 0, 0, 8], "encapsulation:vxlan"),
        ([0x43, 0x00, 0, 0, 0, 0, 0, 2], "origin-validation:invalid"),
        ([0x06, 0x00, 1, 0, 0, 0, 0, 7], "mac-mobility:1:7"),
        ([0x06, 0x01, 1, 0, 0, 0, 0x06, 0x41], "esi-label:1:100"),
        ([0x06, 0x02, 0, 1, 2, 3, 4, 5], "es-import:00:01:02:03:04:05"),
        ([0x06, 0x03, 0, 1, 2, 3, 4, 5], "router-mac:00:01:02:03:04:05"),
        ([0x06, 0x04, 0, 2, 5, 220, 0, 0], "l2-attributes:0x0002:1500"),
        ([0x80, 0x06, 0, 0, 0x46, 0x1c, 0x40, 0], "traffic-rate-bytes:0:10000"),
        ([0x80, 0x07, 0, 0, 0, 0, 0, 1], "traffic-action:0x01"),
        ([0x80, 0x08, 0, 10, 0, 0, 0, 10], "redirect:10:10"),
        ([0x81, 0x08, 192, 0, 2, 1, 0, 5], "redirect:192.0.2.1:5"),
        ([0x82, 0x08, 0, 1, 0, 0, 0, 5], "redirect:65536:5"),
        ([0x80, 0x09, 0, 0, 0, 0, 0, 46], "traffic-marking:46"),
        ([0x08, 0x00, 192, 0, 2, 1, 0, 1], "redirect-to-ip:192.0.2.1:1"),
        ([0x0c, 0x00, 0, 10, 0, 0, 0, 10], "mup-segment:10:10"),
        ([0x99, 0x99, 1, 2, 3, 4, 5, 6], "0x9999010203040506"),
    ] {
        assert_eq!(ExtendedCommunity(octets).to_string(), text);
    }
}

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

#[test]
fn route_refresh_and_keepalive_are_mirrored() {
    use wire::bmp::Mirrored;
    let refresh = bgp(5, &[0, 1, 1, 1]);
    let keepalive = bgp(4, &[]);
    let tlv = |value: &[u8]| {
        [&[0, 0], u16::try_from(value.len()).unwrap().to_be_bytes().as_slice(), value].concat()
    };
    let frame = bmp(6, &[peer(0, 0), tlv(&refresh), tlv(&keepalive)].concat());
    let Body::RouteMirroring(mirroring) = decode_all(&frame).remove(0).unwrap().body else { panic!() };
    for (mirrored, bytes) in mirroring.mirrored.iter().zip([&refresh, &keepalive]) {
        let Mirrored::BgpMessage { decoded: Some(decoded), .. } = mirrored else { panic!("{mirrored:?}") };
        let mut encoded = Vec::new();
        decoded.encode(&mut encoded);
        assert_eq!(&encoded, bytes);
    }
}

#[test]
fn statistics_have_names_from_0_to_43() {
    use wire::bmp::{Statistic, StatisticValue};
    let name =
        |statistic_type| Statistic { statistic_type, value: StatisticValue::Counter32 { value: 0 } }.name();
    let unnamed: Vec<u16> = (0..=44).filter(|number| name(*number).is_none()).collect();
    assert_eq!(unnamed, [24, 25, 44], "24 and 25 are not assigned");
}
