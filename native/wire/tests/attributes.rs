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
fn attributes_1_to_18_are_typed() {
    // One of each in one UPDATE, in the order of their codes.
    let reach = attribute(0x80, 14, &[&[0, 2, 1, 16], [0x20; 16].as_slice(), &[0, 16, 0x20, 1]].concat());
    let attributes: [&[u8]; 16] = [
        &attribute(0x40, 1, &[2]),
        &attribute(0x40, 2, &[2, 2, 0, 0, 0xfd, 0xe9, 0, 1, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2]),
        &attribute(0x40, 3, &[192, 0, 2, 1]),
        &attribute(0x80, 4, &[0, 0, 0, 9]),
        &attribute(0x40, 5, &[0, 0, 0, 100]),
        &attribute(0x40, 6, &[]),
        &attribute(0xc0, 7, &[0, 1, 0, 0, 192, 0, 2, 2]),
        &attribute(0xc0, 8, &[0xfd, 0xe8, 0, 1, 0xff, 0xff, 0xff, 1]),
        &attribute(0x80, 9, &[192, 0, 2, 3]),
        &attribute(0x80, 10, &[192, 0, 2, 4, 192, 0, 2, 5]),
        &reach,
        &attribute(0x80, 15, &[0, 2, 1, 16, 0x20, 2]),
        &attribute(0xc0, 16, &[0, 2, 0xfd, 0xe8, 0, 0, 0, 1]),
        &attribute(0xc0, 17, &[2, 1, 0, 1, 0, 0]),
        &attribute(0xc0, 18, &[0, 1, 0, 0, 192, 0, 2, 2]),
        &attribute(0xc0, 32, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
    ];
    let frame = route_monitoring(0, &update(&[], &attributes, PREFIX));
    let message = decode_all(&frame).remove(0).unwrap();
    let mut encoded = Vec::new();
    message.encode(&mut encoded);
    assert_eq!(encoded, frame);
    let Body::RouteMonitoring(route) = message.body else { panic!() };
    assert_eq!(route.update.faults, []);
    let json = serde_json::to_value(&route.update.attributes).unwrap();
    let read: Vec<(&str, &Value)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| (attribute["name"].as_str().unwrap(), &attribute["value"]))
        .collect();
    let v6 = json!({"afi": 2, "safi": 1, "name": "ipv6-unicast"});
    let names: Vec<&str> = read.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names.join(" "),
        "origin as_path next_hop multi_exit_disc local_pref atomic_aggregate aggregator communities originator_id \
         cluster_list mp_reach_nlri mp_unreach_nlri extended_communities as4_path as4_aggregator large_communities"
    );
    for (index, expected) in [
        (0, json!("incomplete")),
        (2, json!("192.0.2.1")),
        (3, json!(9)),
        (4, json!(100)),
        (6, json!({"asn": 65536, "address": "192.0.2.2"})),
        (8, json!("192.0.2.3")),
        (9, json!(["192.0.2.4", "192.0.2.5"])),
        (11, json!({"family": v6, "nlri": [{"prefix": "2002::/16"}]})),
        (12, json!(["rt:65000:1"])),
        (14, json!({"asn": 65536, "address": "192.0.2.2"})),
    ] {
        assert_eq!(read[index].1, &expected, "{}", read[index].0);
    }
    let attributes = &route.update.attributes;
    assert_eq!(attributes.as_path().unwrap().to_string(), "65001 65536 {1,2}");
    let communities = attributes.communities().unwrap();
    let communities: Vec<String> = communities.0.iter().map(ToString::to_string).collect();
    assert_eq!(communities, ["65000:1", "65535:65281"]);
    assert_eq!(attributes.large_communities().unwrap().0[0].to_string(), "1:2:3");
}

#[test]
fn deprecated_attributes_keep_bytes_flags_and_their_name() {
    for (code, name) in [
        (11, "dpa"),
        (12, "advertiser"),
        (13, "rcid_path"),
        (19, "safi_specific"),
        (20, "connector"),
        (28, "entropy_label_capability"),
        (30, "unknown"),
        (129, "unknown"),
        (243, "unknown"),
        (255, "unknown"),
    ] {
        assert_eq!(json_of(0xe0, code, &[1, 2]), (name.into(), json!("0102")));
    }
}

#[test]
fn as_pathlimit() {
    assert_eq!(
        json_of(OPTIONAL_TRANSITIVE, 21, &[4, 0, 0, 0xfd, 0xe8]),
        ("as_pathlimit".into(), json!({"limit": 4, "asn": 65000}))
    );
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
    assert_eq!(json[0]["value"][1]["value"], json!({"reserved": 0, "afi": 1, "address": "192.0.2.1"}));
}

#[test]
fn encapsulations_have_the_form_of_their_tunnel() {
    let vxlan = [0xc0, 0, 0, 100, 0, 1, 2, 3, 4, 5, 0, 0];
    let vxlan_json = json!({"flags": 192, "vni": 100, "mac": "000102030405", "reserved": 0});
    for (tunnel, value, expected) in [
        (1, vec![0, 0, 0, 9, 1, 2], json!({"session": 9, "cookie": "0102"})),
        (2, vec![0, 0, 0, 9], json!({"key": 9})),
        (7, vec![1, 2], json!("0102")),
        (8, vxlan.to_vec(), vxlan_json.clone()),
        (9, vxlan.to_vec(), vxlan_json),
        (11, vec![0, 0, 0, 9], json!({"key": 9})),
        (
            12,
            vec![0x80, 0, 0, 0, 0, 0, 100, 0],
            json!({"flags": 128, "reserved_1": 0, "vni": 100, "reserved_2": 0}),
        ),
        // Of another length it is kept raw.
        (8, vec![1], json!("01")),
    ] {
        let (_, json) = json_of(OPTIONAL_TRANSITIVE, 23, &tlv(&[0, tunnel], 2, &tlv(&[1], 1, &value)));
        let read = &json[0]["value"][0];
        assert_eq!((&read["name"], &read["value"]), (&json!("encapsulation"), &expected), "{tunnel}");
    }
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
                &json!({"flags": 192, "reserved": 0, "ranges": [{"size": 8000, "first": [{"type": 1161, "name": "sid_label", "value": 16000}]}]})
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

/// The values of a BGP-LS attribute's TLVs.
fn link_state(tlvs: &[(u16, Vec<u8>)]) -> Vec<(String, Value)> {
    let value: Vec<u8> =
        tlvs.iter().flat_map(|(number, value)| tlv(&number.to_be_bytes(), 2, value)).collect();
    let (_, json) = json_of(OPTIONAL, 29, &value);
    let tlvs = json.as_array().unwrap().iter();
    tlvs.map(|tlv| (tlv["name"].as_str().unwrap_or("?").into(), tlv["value"].clone())).collect()
}

#[test]
fn every_bgp_ls_tlv_has_its_form() {
    let sid_label = tlv(&[4, 0x89], 2, &[0, 0, 0x3e, 0x80]);
    let v6 = [0x20; 16];
    let v6_text = "2020:2020:2020:2020:2020:2020:2020:2020";
    let metric = tlv(&[4, 0x47], 2, &[10]);
    let metric_json = json!([{"type": 1095, "name": "igp_metric", "value": 10}]);
    let number = |name: &str, number: u16, octets: usize| {
        let mut value = vec![0; octets];
        *value.last_mut().unwrap() = 7;
        (number, value, name.to_owned(), json!(7))
    };
    let cases = [
        // Node
        (263, vec![0, 2, 0, 3], "multi_topology_ids".into(), json!([2, 3])),
        (
            266,
            vec![1, 10, 41, 4],
            "node_msd".into(),
            json!([{"type": 1, "value": 10}, {"type": 41, "value": 4}]),
        ),
        number("node_flags", 1024, 1),
        (1025, vec![1, 2], "opaque_node".into(), json!("0102")),
        (1027, vec![0x49, 0, 1], "isis_area_identifier".into(), json!("490001")),
        (1028, vec![192, 0, 2, 1], "ipv4_router_id_local".into(), json!("192.0.2.1")),
        (1029, v6.to_vec(), "ipv6_router_id_local".into(), json!(v6_text)),
        (1032, vec![0, 0, 0, 7], "s_bfd_discriminators".into(), json!([7])),
        // A first label of three octets is a label, one of four an index.
        (
            1034,
            [&[0xc0, 0, 0, 0x1f, 0x40], sid_label.as_slice()].concat(),
            "sr_capabilities".into(),
            json!({"flags": 192, "reserved": 0, "ranges": [
                {"size": 8000, "first": [{"type": 1161, "name": "sid_label", "value": 16000}]}]}),
        ),
        (1035, vec![0, 1, 128], "sr_algorithms".into(), json!([0, 1, 128])),
        number("srms_preference", 1037, 1),
        (1038, vec![0x40, 0, 0, 0], "srv6_capabilities".into(), json!({"flags": 0x4000, "reserved": 0})),
        (
            1044,
            vec![128, 0, 0, 0, 0, 0, 0, 9],
            "flex_algo_prefix_metric".into(),
            json!({"algorithm": 128, "flags": 0, "reserved": 0, "metric": 9}),
        ),
        // Link
        (
            258,
            vec![0, 0, 0, 1, 0, 0, 0, 2],
            "link_local_remote_identifiers".into(),
            json!({"local": 1, "remote": 2}),
        ),
        number("administrative_group", 1088, 4),
        (1089, 1e9f32.to_be_bytes().to_vec(), "maximum_link_bandwidth".into(), json!(1e9f32)),
        (1091, 1.5f32.to_be_bytes().repeat(2), "unreserved_bandwidth".into(), json!([1.5, 1.5])),
        number("te_default_metric", 1092, 4),
        number("link_protection_type", 1093, 2),
        number("mpls_protocol_mask", 1094, 1),
        number("igp_metric", 1095, 1),
        (1096, vec![0, 0, 0, 7], "shared_risk_link_group".into(), json!([7])),
        (1098, b"to farm02".to_vec(), "link_name".into(), json!("to farm02")),
        (
            1100,
            [[0x30, 0, 0, 0].as_slice(), &[0x19, 0x21, 0x68, 0, 0, 1], &[0, 0x5d, 0xc0]].concat(),
            "lan_adjacency_sid".into(),
            json!({"flags": 48, "weight": 0, "reserved": 0, "neighbor": "1921.6800.0001", "sid": 24000}),
        ),
        (
            1100,
            [[0x30, 0, 0, 0].as_slice(), &[192, 0, 2, 1], &[0, 0, 0, 9]].concat(),
            "lan_adjacency_sid".into(),
            json!({"flags": 48, "weight": 0, "reserved": 0, "neighbor": "192.0.2.1", "sid": 9}),
        ),
        (
            1101,
            vec![0x70, 0, 0, 0, 0, 0x5d, 0xc0],
            "peer_node_sid".into(),
            json!({"flags": 0x70, "weight": 0, "reserved": 0, "sid": 24000}),
        ),
        (
            1107,
            [&[0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6], v6.as_slice()].concat(),
            "isis_srv6_lan_end_x_sid".into(),
            json!({"endpoint_behavior": 5, "flags": 0, "algorithm": 0, "weight": 0, "reserved": 0,
                   "neighbor": "010203040506", "sid": v6_text, "sub_tlvs": []}),
        ),
        (
            1114,
            vec![0x80, 0, 0, 7],
            "unidirectional_link_delay".into(),
            json!({"flags": 128, "microseconds": 7}),
        ),
        (
            1115,
            vec![0, 0, 0, 7, 0, 0, 0, 9],
            "min_max_unidirectional_link_delay".into(),
            json!({"flags": 0, "min_microseconds": 7, "reserved": 0, "max_microseconds": 9}),
        ),
        (
            1116,
            vec![0, 0, 0, 7],
            "unidirectional_delay_variation".into(),
            json!({"flags": 0, "microseconds": 7}),
        ),
        (1117, vec![0, 0, 0, 7], "unidirectional_link_loss".into(), json!({"flags": 0, "loss": 7})),
        (1118, 1.5f32.to_be_bytes().to_vec(), "unidirectional_residual_bandwidth".into(), json!(1.5)),
        (
            1122,
            [&[4, 0, 0, 0, 0x10, 0, 0, 0], metric.as_slice()].concat(),
            "application_specific_link_attributes".into(),
            json!({"standard_length": 4, "user_defined_length": 0, "reserved": 0,
                   "standard_applications": "10000000", "user_defined_applications": "", "attributes": metric_json}),
        ),
        (
            1172,
            [&[0, 0, 0, 3], metric.as_slice()].concat(),
            "l2_bundle_member_attributes".into(),
            json!({"descriptor": 3, "sub_tlvs": metric_json}),
        ),
        (1173, vec![0, 0, 0, 7], "extended_administrative_group".into(), json!([7])),
        // Prefix
        number("igp_flags", 1152, 1),
        (1153, vec![0, 0, 0, 7], "igp_route_tags".into(), json!([7])),
        (1154, vec![0, 0, 0, 0, 0, 0, 0, 7], "igp_extended_route_tags".into(), json!([7])),
        number("prefix_metric", 1155, 4),
        (1156, vec![192, 0, 2, 1], "ospf_forwarding_address".into(), json!("192.0.2.1")),
        (
            1159,
            vec![0, 0, 0, 9],
            "range".into(),
            json!({"flags": 0, "reserved": 0, "size": 9, "sub_tlvs": []}),
        ),
        number("prefix_attribute_flags", 1170, 1),
        (1171, vec![192, 0, 2, 1], "source_router_id".into(), json!("192.0.2.1")),
        (1174, vec![192, 0, 2, 1], "source_ospf_router_id".into(), json!("192.0.2.1")),
        // SR policies (RFC 9857)
        (
            1201,
            vec![0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0],
            "sr_binding_sid".into(),
            json!({"flags": 0, "reserved": 0, "binding_sid": 0x0100_0000, "specified_binding_sid": 0x0200_0000}),
        ),
        (
            1201,
            [&[0x80, 0, 0, 0], v6.as_slice(), &v6].concat(),
            "sr_binding_sid".into(),
            json!({"flags": 0x8000, "reserved": 0, "binding_sid": v6_text, "specified_binding_sid": v6_text}),
        ),
        (
            1202,
            vec![128, 0, 0x40, 0, 0, 0, 0, 100],
            "sr_candidate_path_state".into(),
            json!({"priority": 128, "reserved": 0, "flags": 0x4000, "preference": 100}),
        ),
        (1203, b"gold".to_vec(), "sr_candidate_path_name".into(), json!("gold")),
        (
            1204,
            vec![0, 0, 0, 0, 0, 2, 128, 0],
            "sr_candidate_path_constraints".into(),
            json!({"flags": 0, "reserved_1": 0, "multi_topology_id": 2, "algorithm": 128, "reserved_2": 0, "sub_tlvs": []}),
        ),
        (
            1205,
            vec![0, 0, 0, 0, 0, 2, 128, 0, 0, 0, 0, 5],
            "sr_segment_list".into(),
            json!({"flags": 0, "reserved_1": 0, "multi_topology_id": 2, "algorithm": 128, "reserved_2": 0, "weight": 5, "sub_tlvs": []}),
        ),
        (
            1206,
            vec![1, 0, 0, 0, 9],
            "sr_segment".into(),
            json!({"segment_type": 1, "reserved": 0, "flags": 0, "sid_descriptor_and_sub_tlvs": "09"}),
        ),
        (
            1207,
            vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
            "sr_segment_list_metric".into(),
            json!({"metric_type": 0, "flags": 0, "reserved": 0, "margin": 1, "bound": 2, "value": 3}),
        ),
        (
            1208,
            vec![1, 0, 0, 0, 0, 0, 0, 7],
            "sr_affinity_constraint".into(),
            json!({"exclude_any_size": 1, "include_any_size": 0, "include_all_size": 0, "reserved": 0, "groups": [7]}),
        ),
        (1209, vec![0, 0, 0, 7], "sr_srlg_constraint".into(), json!([7])),
        (1210, 1.5f32.to_be_bytes().to_vec(), "sr_bandwidth_constraint".into(), json!(1.5)),
        (
            1211,
            vec![1, 2, 0, 0, 0, 0, 0, 9],
            "sr_disjoint_group_constraint".into(),
            json!({"request_flags": 1, "status_flags": 2, "reserved": 0, "group": "00000009"}),
        ),
        (
            1212,
            [&[0; 4], v6.as_slice(), &v6].concat(),
            "srv6_binding_sid".into(),
            json!({"flags": 0, "reserved": 0, "binding_sid": v6_text, "specified_binding_sid": v6_text, "sub_tlvs": []}),
        ),
        (1213, b"gold".to_vec(), "sr_policy_name".into(), json!("gold")),
        (
            1215,
            vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2],
            "sr_metric_constraint".into(),
            json!({"metric_type": 0, "flags": 0, "reserved": 0, "margin": 1, "bound": 2}),
        ),
        (1216, 1.5f32.to_be_bytes().to_vec(), "sr_segment_list_bandwidth".into(), json!(1.5)),
        number("sr_segment_list_identifier", 1217, 4),
        // SRv6
        (
            1250,
            vec![0, 19, 0, 128],
            "srv6_endpoint_behavior".into(),
            json!({"endpoint_behavior": 19, "flags": 0, "algorithm": 128}),
        ),
        (
            1251,
            vec![0, 1, 0, 0, 0, 0, 0xfd, 0xe8, 192, 0, 2, 1],
            "srv6_bgp_peer_node_sid".into(),
            json!({"flags": 0, "weight": 1, "reserved": 0, "peer_as": 65000, "peer_bgp_id": "192.0.2.1"}),
        ),
    ];
    for (number, value, name, expected) in cases {
        assert_eq!(link_state(&[(number, value)]), [(name, expected)], "{number}");
    }
    // Without its type's form it is kept raw.
    assert_eq!(link_state(&[(1201, vec![0, 0])]), [("sr_binding_sid".into(), json!("0000"))]);
}

#[test]
fn segments_of_every_type() {
    let v6 = [0x20; 16];
    let v6_text = "2020:2020:2020:2020:2020:2020:2020:2020";
    let sid = [0, 0, 0x10, 0];
    let behavior = [0, 19, 0, 0, 32, 16, 16, 0];
    let behavior_json = json!({"endpoint_behavior": 19, "reserved": 0, "locator_block_length": 32,
        "locator_node_length": 16, "function_length": 16, "argument_length": 0});
    let v4: &[u8] = &[192, 0, 2, 1];
    let none = json!({});
    for (number, parts, name, expected) in [
        (1, vec![&[0, 0][..], &sid], "mpls_label", json!({"flags": 0, "reserved": 0, "label": 4096})),
        (
            3,
            vec![&[0, 128], v4, &sid],
            "ipv4_node",
            json!({"flags": 0, "algorithm": 128, "address": "192.0.2.1", "sid": 4096}),
        ),
        (
            3,
            vec![&[0, 128], v4],
            "ipv4_node",
            json!({"flags": 0, "algorithm": 128, "address": "192.0.2.1", "sid": none}),
        ),
        (
            4,
            vec![&[0, 0], &v6, &sid],
            "ipv6_node",
            json!({"flags": 0, "algorithm": 0, "address": v6_text, "sid": 4096}),
        ),
        (
            5,
            vec![&[0, 0, 0, 0, 0, 7], v4, &sid],
            "ipv4_node_interface",
            json!({"flags": 0, "reserved": 0, "interface": 7, "address": "192.0.2.1", "sid": 4096}),
        ),
        (
            6,
            vec![&[0, 0], v4, v4, &sid],
            "ipv4_adjacency",
            json!({"flags": 0, "reserved": 0, "local": "192.0.2.1", "remote": "192.0.2.1", "sid": 4096}),
        ),
        (
            7,
            vec![&[0, 0, 0, 0, 0, 7], &v6, &[0, 0, 0, 8], &v6],
            "ipv6_link_local",
            json!({"flags": 0, "reserved": 0, "local_interface": 7, "local": v6_text, "remote_interface": 8, "remote": v6_text, "sid": none}),
        ),
        (
            8,
            vec![&[0, 0], &v6, &v6, &sid],
            "ipv6_adjacency",
            json!({"flags": 0, "reserved": 0, "local": v6_text, "remote": v6_text, "sid": 4096}),
        ),
        (9, vec![&[0, 0, 0, 0, 0, 5]], "weight", json!({"flags": 0, "reserved": 0, "weight": 5})),
        (
            13,
            vec![&[0, 0], &v6, &behavior],
            "srv6_sid",
            json!({"flags": 0, "reserved": 0, "sid": v6_text, "behavior": behavior_json}),
        ),
        (
            14,
            vec![&[0, 128], &v6, &v6, &behavior],
            "srv6_node",
            json!({"flags": 0, "algorithm": 128, "address": v6_text, "sid_and_behavior": {"sid": v6_text, "behavior": behavior_json}}),
        ),
        (
            15,
            vec![&[0, 0, 0, 0, 0, 7], &v6, &[0, 0, 0, 8], &v6],
            "srv6_link_local",
            json!({"flags": 0, "algorithm": 0, "local_interface": 7, "local": v6_text, "remote_interface": 8, "remote": v6_text, "sid_and_behavior": none}),
        ),
        (
            16,
            vec![&[0, 0], &v6, &v6, &v6],
            "srv6_adjacency",
            json!({"flags": 0, "algorithm": 0, "local": v6_text, "remote": v6_text, "sid_and_behavior": {"sid": v6_text, "behavior": none}}),
        ),
    ] {
        let segment = tlv(&[number], 1, &parts.concat());
        let list = tlv(&[128], 2, &[&[0], segment.as_slice()].concat());
        let (_, json) = json_of(OPTIONAL_TRANSITIVE, 23, &tlv(&[0, 15], 2, &list));
        let read = &json[0]["value"][0]["value"]["segments"][0];
        assert_eq!((&read["name"], &read["value"]), (&json!(name), &expected));
    }
}

#[test]
fn sub_tlvs_of_tunnels_and_sr_policies() {
    let v6 = [0x20; 16];
    let v6_text = "2020:2020:2020:2020:2020:2020:2020:2020";
    for (number, value, name, expected) in [
        (1, vec![1, 2], "encapsulation", json!("0102")),
        (2, vec![8, 0], "protocol_type", json!(0x800)),
        (5, vec![0, 4], "load_balancing_block", json!(4)),
        (6, vec![0; 6], "tunnel_egress_endpoint", json!({"reserved": 0, "afi": 0, "address": {}})),
        (7, vec![46], "ds_field", json!(46)),
        (8, vec![0x12, 0xb5], "udp_destination_port", json!(4789)),
        (9, vec![1], "embedded_label_handling", json!(1)),
        (10, vec![0, 0, 0x10, 0], "mpls_label_stack", json!([4096])),
        (12, vec![0, 0, 0, 0, 0, 100], "preference", json!({"flags": 0, "reserved": 0, "preference": 100})),
        (13, vec![0, 0], "binding_sid", json!({"flags": 0, "reserved": 0, "sid": {}})),
        (13, vec![0, 0, 0, 0, 0x10, 0], "binding_sid", json!({"flags": 0, "reserved": 0, "sid": 4096})),
        (
            13,
            [&[0, 0], v6.as_slice()].concat(),
            "binding_sid",
            json!({"flags": 0, "reserved": 0, "sid": v6_text}),
        ),
        (14, vec![0, 0, 1], "explicit_null_label_policy", json!({"flags": 0, "reserved": 0, "policy": 1})),
        (15, vec![10, 0], "priority", json!({"priority": 10, "reserved": 0})),
        (
            20,
            [&[0, 0], v6.as_slice()].concat(),
            "srv6_binding_sid",
            json!({"flags": 0, "reserved": 0, "sid": v6_text, "behavior": {}}),
        ),
        (129, b"\0path".to_vec(), "candidate_path_name", json!({"reserved": 0, "name": "path"})),
        (130, b"\0gold".to_vec(), "policy_name", json!({"reserved": 0, "name": "gold"})),
    ] {
        let sub_tlv = tlv(&[number], if number < 128 { 1 } else { 2 }, &value);
        let (_, json) = json_of(OPTIONAL_TRANSITIVE, 23, &tlv(&[0, 15], 2, &sub_tlv));
        let read = &json[0]["value"][0];
        assert_eq!((&read["name"], &read["value"]), (&json!(name), &expected));
    }
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
