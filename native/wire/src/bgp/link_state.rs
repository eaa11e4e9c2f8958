//! TLVs of BGP-LS: the descriptors of its NLRI and its attribute share one space of types (RFC 9552, section 8.3; RFC 8571, RFC 8814,
//! RFC 9085, RFC 9086, RFC 9294, RFC 9351, RFC 9514, RFC 9857).

use super::tlv::Shape::{
    AnyNumber, Bytes, Fields, Float, Floats, Ip, Ipv4, Ipv6, Number, Numbers, Octets, Prefix, Repeat,
    RouterId, Text, Tlvs,
};
use super::tlv::{Header, Namespace, Shape, Value};
use crate::error::{At, Result};
use crate::reader::Reader;

const V4_PREFIX: Shape = Prefix { v6: false };
const V6_PREFIX: Shape = Prefix { v6: true };

/// Descriptors and attributes; [`IPV6`] where prefixes are IPv6.
pub static IPV4: Namespace = Namespace { header: Header::Long, table: &TABLE };
/// The same with IPv6 prefixes.
pub static IPV6: Namespace = Namespace { header: Header::Long, table: &TABLE_V6 };

fn ipv4() -> &'static Namespace {
    &IPV4
}

const fn with_v6_prefixes(
    mut table: [(u16, &'static str, Shape); COUNT],
) -> [(u16, &'static str, Shape); COUNT] {
    let mut index = 0;
    #[allow(clippy::indexing_slicing)] // evaluated by the compiler
    while index < COUNT {
        if matches!(table[index].2, Prefix { .. }) {
            table[index].2 = V6_PREFIX;
        }
        index += 1;
    }
    table
}

/// A segment with what says how it is used; the SID is a label of three octets or an index of four.
const ADJACENCY_SID: Shape =
    Fields(&[("flags", Number(1)), ("weight", Number(1)), ("reserved", Number(2)), ("sid", AnyNumber)]);
const PREFIX_SID: Shape =
    Fields(&[("flags", Number(1)), ("algorithm", Number(1)), ("reserved", Number(2)), ("sid", AnyNumber)]);
const MSD: Shape = Repeat(&Fields(&[("type", Number(1)), ("value", Number(1))]));
/// SRGB and SRLB (RFC 9085, section 2.1.2): ranges, each with the first label or index in a TLV 1161.
const LABEL_RANGES: Shape = Fields(&[
    ("flags", Number(1)),
    ("reserved", Number(1)),
    ("ranges", Repeat(&Fields(&[("size", Number(3)), ("first", Shape::Tlv(ipv4))]))),
]);
/// Anomalous flag (0x80) and microseconds.
const DELAY: Shape = Fields(&[("flags", Number(1)), ("microseconds", Number(3))]);
const SRV6_END_X: Shape = Fields(&[
    ("endpoint_behavior", Number(2)),
    ("flags", Number(1)),
    ("algorithm", Number(1)),
    ("weight", Number(1)),
    ("reserved", Number(1)),
    ("sid", Ipv6),
    ("sub_tlvs", Tlvs(ipv4)),
]);
const fn srv6_lan_end_x(neighbor: usize) -> Shape {
    // A constant needs each slice written out.
    if neighbor == 6 {
        Fields(&[
            ("endpoint_behavior", Number(2)),
            ("flags", Number(1)),
            ("algorithm", Number(1)),
            ("weight", Number(1)),
            ("reserved", Number(1)),
            ("neighbor", Bytes(6)),
            ("sid", Ipv6),
            ("sub_tlvs", Tlvs(ipv4)),
        ])
    } else {
        Fields(&[
            ("endpoint_behavior", Number(2)),
            ("flags", Number(1)),
            ("algorithm", Number(1)),
            ("weight", Number(1)),
            ("reserved", Number(1)),
            ("neighbor", Ipv4),
            ("sid", Ipv6),
            ("sub_tlvs", Tlvs(ipv4)),
        ])
    }
}

const COUNT: usize = 106;

static TABLE_V6: [(u16, &str, Shape); COUNT] = with_v6_prefixes(TABLE);

/// Sorted by type.
const TABLE: [(u16, &str, Shape); COUNT] = [
    (256, "local_node_descriptors", Tlvs(ipv4)),
    (257, "remote_node_descriptors", Tlvs(ipv4)),
    (258, "link_local_remote_identifiers", Fields(&[("local", Number(4)), ("remote", Number(4))])),
    (259, "ipv4_interface_address", Ipv4),
    (260, "ipv4_neighbor_address", Ipv4),
    (261, "ipv6_interface_address", Ipv6),
    (262, "ipv6_neighbor_address", Ipv6),
    (263, "multi_topology_ids", Numbers(2)),
    (264, "ospf_route_type", Number(1)),
    (265, "ip_reachability", V4_PREFIX),
    (266, "node_msd", MSD),
    (267, "link_msd", MSD),
    (512, "autonomous_system", Number(4)),
    (513, "bgp_ls_identifier", Number(4)),
    (514, "ospf_area_id", Ipv4),
    (515, "igp_router_id", RouterId),
    (516, "bgp_router_id", Ipv4),
    (517, "bgp_confederation_member", Number(4)),
    (518, "srv6_sid", Ipv6),
    (554, "sr_policy_candidate_path", Shape::Custom(candidate_path)),
    (1024, "node_flags", Number(1)),
    (1025, "opaque_node", Octets),
    (1026, "node_name", Text),
    (1027, "isis_area_identifier", Octets),
    (1028, "ipv4_router_id_local", Ipv4),
    (1029, "ipv6_router_id_local", Ipv6),
    (1030, "ipv4_router_id_remote", Ipv4),
    (1031, "ipv6_router_id_remote", Ipv6),
    (1032, "s_bfd_discriminators", Numbers(4)),
    (1034, "sr_capabilities", LABEL_RANGES),
    (1035, "sr_algorithms", Numbers(1)),
    (1036, "sr_local_block", LABEL_RANGES),
    (1037, "srms_preference", Number(1)),
    (1038, "srv6_capabilities", Fields(&[("flags", Number(2)), ("reserved", Number(2))])),
    (
        1039,
        "flexible_algorithm_definition",
        Fields(&[
            ("algorithm", Number(1)),
            ("metric_type", Number(1)),
            ("calculation_type", Number(1)),
            ("priority", Number(1)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (1040, "flex_algo_exclude_any_affinity", Numbers(4)),
    (1041, "flex_algo_include_any_affinity", Numbers(4)),
    (1042, "flex_algo_include_all_affinity", Numbers(4)),
    (1043, "flex_algo_definition_flags", Octets),
    (
        1044,
        "flex_algo_prefix_metric",
        Fields(&[
            ("algorithm", Number(1)),
            ("flags", Number(1)),
            ("reserved", Number(2)),
            ("metric", Number(4)),
        ]),
    ),
    (1045, "flex_algo_exclude_srlg", Numbers(4)),
    (1046, "flex_algo_unsupported", Octets),
    (1088, "administrative_group", Number(4)),
    (1089, "maximum_link_bandwidth", Float),
    (1090, "maximum_reservable_bandwidth", Float),
    (1091, "unreserved_bandwidth", Floats),
    (1092, "te_default_metric", AnyNumber),
    (1093, "link_protection_type", Number(2)),
    (1094, "mpls_protocol_mask", Number(1)),
    (1095, "igp_metric", AnyNumber),
    (1096, "shared_risk_link_group", Numbers(4)),
    (1097, "opaque_link", Octets),
    (1098, "link_name", Text),
    (1099, "adjacency_sid", ADJACENCY_SID),
    (1100, "lan_adjacency_sid", Shape::Custom(lan_adjacency_sid)),
    (1101, "peer_node_sid", ADJACENCY_SID),
    (1102, "peer_adjacency_sid", ADJACENCY_SID),
    (1103, "peer_set_sid", ADJACENCY_SID),
    (1105, "rtm_capability", Octets),
    (1106, "srv6_end_x_sid", SRV6_END_X),
    (1107, "isis_srv6_lan_end_x_sid", srv6_lan_end_x(6)),
    (1108, "ospfv3_srv6_lan_end_x_sid", srv6_lan_end_x(4)),
    (1114, "unidirectional_link_delay", DELAY),
    (
        1115,
        "min_max_unidirectional_link_delay",
        Fields(&[
            ("flags", Number(1)),
            ("min_microseconds", Number(3)),
            ("reserved", Number(1)),
            ("max_microseconds", Number(3)),
        ]),
    ),
    (1116, "unidirectional_delay_variation", DELAY),
    // Of 0.000003 percent each.
    (1117, "unidirectional_link_loss", Fields(&[("flags", Number(1)), ("loss", Number(3))])),
    (1118, "unidirectional_residual_bandwidth", Float),
    (1119, "unidirectional_available_bandwidth", Float),
    (1120, "unidirectional_utilized_bandwidth", Float),
    (1121, "graceful_link_shutdown", Octets),
    (1122, "application_specific_link_attributes", Shape::Custom(application_specific)),
    (1152, "igp_flags", Number(1)),
    (1153, "igp_route_tags", Numbers(4)),
    (1154, "igp_extended_route_tags", Numbers(8)),
    (1155, "prefix_metric", Number(4)),
    (1156, "ospf_forwarding_address", Ip),
    (1157, "opaque_prefix", Octets),
    (1158, "prefix_sid", PREFIX_SID),
    (
        1159,
        "range",
        Fields(&[
            ("flags", Number(1)),
            ("reserved", Number(1)),
            ("size", Number(2)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (1161, "sid_label", AnyNumber),
    (
        1162,
        "srv6_locator",
        Fields(&[
            ("flags", Number(1)),
            ("algorithm", Number(1)),
            ("reserved", Number(2)),
            ("metric", Number(4)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (1170, "prefix_attribute_flags", AnyNumber),
    (1171, "source_router_id", Ip),
    (1172, "l2_bundle_member_attributes", Fields(&[("descriptor", Number(4)), ("sub_tlvs", Tlvs(ipv4))])),
    (1173, "extended_administrative_group", Numbers(4)),
    (1174, "source_ospf_router_id", Ipv4),
    (1201, "sr_binding_sid", Shape::Custom(binding_sid)),
    (
        1202,
        "sr_candidate_path_state",
        Fields(&[
            ("priority", Number(1)),
            ("reserved", Number(1)),
            ("flags", Number(2)),
            ("preference", Number(4)),
        ]),
    ),
    (1203, "sr_candidate_path_name", Text),
    (
        1204,
        "sr_candidate_path_constraints",
        Fields(&[
            ("flags", Number(2)),
            ("reserved_1", Number(2)),
            ("multi_topology_id", Number(2)),
            ("algorithm", Number(1)),
            ("reserved_2", Number(1)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (
        1205,
        "sr_segment_list",
        Fields(&[
            ("flags", Number(2)),
            ("reserved_1", Number(2)),
            ("multi_topology_id", Number(2)),
            ("algorithm", Number(1)),
            ("reserved_2", Number(1)),
            ("weight", Number(4)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (
        1206,
        "sr_segment",
        Fields(&[
            ("segment_type", Number(1)),
            ("reserved", Number(1)),
            ("flags", Number(2)),
            // Which are there, and how long, the segment type and the flags say.
            ("sid_descriptor_and_sub_tlvs", Octets),
        ]),
    ),
    (
        1207,
        "sr_segment_list_metric",
        Fields(&[
            ("metric_type", Number(1)),
            ("flags", Number(1)),
            ("reserved", Number(2)),
            ("margin", Number(4)),
            ("bound", Number(4)),
            ("value", Number(4)),
        ]),
    ),
    (
        1208,
        "sr_affinity_constraint",
        Fields(&[
            ("exclude_any_size", Number(1)),
            ("include_any_size", Number(1)),
            ("include_all_size", Number(1)),
            ("reserved", Number(1)),
            ("groups", Numbers(4)),
        ]),
    ),
    (1209, "sr_srlg_constraint", Numbers(4)),
    (1210, "sr_bandwidth_constraint", Float),
    (
        1211,
        "sr_disjoint_group_constraint",
        Fields(&[
            ("request_flags", Number(1)),
            ("status_flags", Number(1)),
            ("reserved", Number(2)),
            ("group", Octets),
        ]),
    ),
    (
        1212,
        "srv6_binding_sid",
        Fields(&[
            ("flags", Number(2)),
            ("reserved", Number(2)),
            ("binding_sid", Ipv6),
            ("specified_binding_sid", Ipv6),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (1213, "sr_policy_name", Text),
    (
        1214,
        "sr_bidirectional_group_constraint",
        Fields(&[("flags", Number(2)), ("reserved", Number(2)), ("group", Octets)]),
    ),
    (
        1215,
        "sr_metric_constraint",
        Fields(&[
            ("metric_type", Number(1)),
            ("flags", Number(1)),
            ("reserved", Number(2)),
            ("margin", Number(4)),
            ("bound", Number(4)),
        ]),
    ),
    (1216, "sr_segment_list_bandwidth", Float),
    (1217, "sr_segment_list_identifier", Number(4)),
    (
        1250,
        "srv6_endpoint_behavior",
        Fields(&[("endpoint_behavior", Number(2)), ("flags", Number(1)), ("algorithm", Number(1))]),
    ),
    (
        1251,
        "srv6_bgp_peer_node_sid",
        Fields(&[
            ("flags", Number(1)),
            ("weight", Number(1)),
            ("reserved", Number(2)),
            ("peer_as", Number(4)),
            ("peer_bgp_id", Ipv4),
        ]),
    ),
    (
        1252,
        "srv6_sid_structure",
        Fields(&[
            ("locator_block_length", Number(1)),
            ("locator_node_length", Number(1)),
            ("function_length", Number(1)),
            ("argument_length", Number(1)),
        ]),
    ),
];

/// RFC 9085, section 2.2.2: after the neighbor, which has six octets of IS-IS or four of OSPF, the SID has three or four: the length
/// says which.
fn lan_adjacency_sid(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let mut fields = numbers(reader, depth, &[("flags", 1), ("weight", 1), ("reserved", 2)])?;
    let octets = if reader.len() > 8 { 6 } else { 4 };
    fields.push(("neighbor", Value::RouterId(reader.take(octets).at("neighbor")?.into())));
    fields.push(("sid", Value::decode_at(AnyNumber, reader, depth).at("sid")?));
    Ok(Value::Fields(fields))
}

/// RFC 9294, section 2: lengths of two masks, the masks, then link attributes for the applications in them.
fn application_specific(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let mut fields =
        numbers(reader, depth, &[("standard_length", 1), ("user_defined_length", 1), ("reserved", 2)])?;
    let length = |index: usize, fields: &[(&str, Value)]| {
        fields.get(index).and_then(|(_, value)| value.number()).and_then(|value| usize::try_from(value).ok())
    };
    let (standard, user_defined) = (length(0, &fields), length(1, &fields));
    fields.push(("standard_applications", Value::Raw(reader.take(standard.unwrap_or(0))?.into())));
    fields.push(("user_defined_applications", Value::Raw(reader.take(user_defined.unwrap_or(0))?.into())));
    fields.push(("attributes", Value::decode_at(Tlvs(ipv4), reader, depth).at("attributes")?));
    Ok(Value::Fields(fields))
}

/// RFC 9857, section 5.1: the binding SID and the one that was asked for; with the D flag (0x8000) they are of SRv6, else labels.
fn binding_sid(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let mut fields = numbers(reader, depth, &[("flags", 2), ("reserved", 2)])?;
    let srv6 = fields.first().and_then(|(_, flags)| flags.number()).is_some_and(|flags| flags & 0x8000 != 0);
    let sid = if srv6 { Ipv6 } else { Number(4) };
    for name in ["binding_sid", "specified_binding_sid"] {
        fields.push((name, Value::decode_at(sid, reader, depth).at(name)?));
    }
    Ok(Value::Fields(fields))
}

/// RFC 9857, section 4: flags say whether the endpoint (0x80) and the originator (0x40) are IPv6.
fn candidate_path(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let mut fields = numbers(reader, depth, &[("protocol_origin", 1), ("flags", 1), ("reserved", 2)])?;
    let flags = fields.get(1).and_then(|(_, flags)| flags.number()).unwrap_or_default();
    let address = |flag: u64| if flags & flag != 0 { Ipv6 } else { Ipv4 };
    for (name, shape) in [
        ("endpoint", address(0x80)),
        ("color", Number(4)),
        ("originator_as", Number(4)),
        ("originator", address(0x40)),
        ("discriminator", Number(4)),
    ] {
        fields.push((name, Value::decode_at(shape, reader, depth).at(name)?));
    }
    Ok(Value::Fields(fields))
}

fn numbers(
    reader: &mut Reader<'_>,
    depth: usize,
    names: &[(&'static str, usize)],
) -> Result<Vec<(&'static str, Value)>> {
    let read = |(name, octets): &(&'static str, usize)| {
        Ok((*name, Value::decode_at(Number(*octets), reader, depth).at(name)?))
    };
    names.iter().map(read).collect()
}
