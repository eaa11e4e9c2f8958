//! Tunnel Encapsulation (RFC 9012), and SR policies in it (RFC 9830).

use crate::{json_of, tlv, OPTIONAL_TRANSITIVE};
use serde_json::json;

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
