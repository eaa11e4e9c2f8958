//! The BGP-LS attribute (RFC 9552) and its TLVs.

use crate::{json_of, tlv, with, OPTIONAL};
use serde_json::{json, Value};
use wire::bgp::Treatment;

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
