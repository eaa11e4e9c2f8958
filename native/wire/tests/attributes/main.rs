//! Each path attribute with a structure of its own, each extended community and each capability, from bytes: as JSON and text, and back to
//! the same bytes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod capabilities;
#[path = "../common/mod.rs"]
mod common;
mod communities;
mod link_state;
mod tunnels;

use common::*;
use serde_json::{json, Value};
use wire::bgp::Attributes;
use wire::bgp::Treatment;
use wire::bgp::Update;
use wire::bmp::Body;

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
fn traffic_engineering() {
    let value = [[1, 2, 0, 0].as_slice(), &1.5f32.to_be_bytes().repeat(8), &[7]].concat();
    let (_, json) = json_of(OPTIONAL, 24, &value);
    assert_eq!(
        (&json["encoding"], &json["max_lsp_bandwidth"]["priority_7"], &json["specific"]),
        (&json!(2), &json!(1.5), &json!("07"))
    );
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
