//! TLVs of BGP-LS: the descriptors of its NLRI and its attribute share one space of types (RFC 9552, section 8.3; RFC 8571, RFC 8814,
//! RFC 9085, RFC 9086, RFC 9294, RFC 9351, RFC 9514, RFC 9857).

use super::tlv::Shape::{
    AnyNumber, Bytes, Fields, Float, Floats, Ip, Ipv4, Ipv6, Number, Numbers, Octets, Prefix, Repeat,
    RouterId, Text, Tlvs,
};
use super::tlv::{Header, Namespace, Shape, Value};
use crate::error::{At, Result};
use crate::reader::Reader;
use crate::registry::link_state::tlv;

const V4_PREFIX: Shape = Prefix { v6: false };
const V6_PREFIX: Shape = Prefix { v6: true };

/// Descriptors and attributes; [`IPV6`] where prefixes are IPv6.
pub static IPV4: Namespace = Namespace { header: Header::Long, names: tlv::name, table: &TABLE };
/// The same with IPv6 prefixes.
pub static IPV6: Namespace = Namespace { header: Header::Long, names: tlv::name, table: &TABLE_V6 };

fn ipv4() -> &'static Namespace {
    &IPV4
}

const fn with_v6_prefixes(mut table: [(u16, Shape); COUNT]) -> [(u16, Shape); COUNT] {
    let mut index = 0;
    #[allow(clippy::indexing_slicing)] // evaluated by the compiler
    while index < COUNT {
        if matches!(table[index].1, Prefix { .. }) {
            table[index].1 = V6_PREFIX;
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

static TABLE_V6: [(u16, Shape); COUNT] = with_v6_prefixes(TABLE);

/// Sorted by type.
const TABLE: [(u16, Shape); COUNT] = [
    (tlv::LOCAL_NODE_DESCRIPTORS, Tlvs(ipv4)),
    (tlv::REMOTE_NODE_DESCRIPTORS, Tlvs(ipv4)),
    (tlv::LINK_LOCAL_REMOTE_IDENTIFIERS, Fields(&[("local", Number(4)), ("remote", Number(4))])),
    (tlv::IPV4_INTERFACE_ADDRESS, Ipv4),
    (tlv::IPV4_NEIGHBOR_ADDRESS, Ipv4),
    (tlv::IPV6_INTERFACE_ADDRESS, Ipv6),
    (tlv::IPV6_NEIGHBOR_ADDRESS, Ipv6),
    (tlv::MULTI_TOPOLOGY_IDS, Numbers(2)),
    (tlv::OSPF_ROUTE_TYPE, Number(1)),
    (tlv::IP_REACHABILITY, V4_PREFIX),
    (tlv::NODE_MSD, MSD),
    (tlv::LINK_MSD, MSD),
    (tlv::AUTONOMOUS_SYSTEM, Number(4)),
    (tlv::BGP_LS_IDENTIFIER, Number(4)),
    (tlv::OSPF_AREA_ID, Ipv4),
    (tlv::IGP_ROUTER_ID, RouterId),
    (tlv::BGP_ROUTER_ID, Ipv4),
    (tlv::BGP_CONFEDERATION_MEMBER, Number(4)),
    (tlv::SRV6_SID, Ipv6),
    (tlv::SR_POLICY_CANDIDATE_PATH, Shape::Custom(candidate_path)),
    (tlv::NODE_FLAGS, Number(1)),
    (tlv::OPAQUE_NODE, Octets),
    (tlv::NODE_NAME, Text),
    (tlv::ISIS_AREA_IDENTIFIER, Octets),
    (tlv::IPV4_ROUTER_ID_LOCAL, Ipv4),
    (tlv::IPV6_ROUTER_ID_LOCAL, Ipv6),
    (tlv::IPV4_ROUTER_ID_REMOTE, Ipv4),
    (tlv::IPV6_ROUTER_ID_REMOTE, Ipv6),
    (tlv::S_BFD_DISCRIMINATORS, Numbers(4)),
    (tlv::SR_CAPABILITIES, LABEL_RANGES),
    (tlv::SR_ALGORITHMS, Numbers(1)),
    (tlv::SR_LOCAL_BLOCK, LABEL_RANGES),
    (tlv::SRMS_PREFERENCE, Number(1)),
    (tlv::SRV6_CAPABILITIES, Fields(&[("flags", Number(2)), ("reserved", Number(2))])),
    (
        tlv::FLEXIBLE_ALGORITHM_DEFINITION,
        Fields(&[
            ("algorithm", Number(1)),
            ("metric_type", Number(1)),
            ("calculation_type", Number(1)),
            ("priority", Number(1)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (tlv::FLEX_ALGO_EXCLUDE_ANY_AFFINITY, Numbers(4)),
    (tlv::FLEX_ALGO_INCLUDE_ANY_AFFINITY, Numbers(4)),
    (tlv::FLEX_ALGO_INCLUDE_ALL_AFFINITY, Numbers(4)),
    (tlv::FLEX_ALGO_DEFINITION_FLAGS, Octets),
    (
        tlv::FLEX_ALGO_PREFIX_METRIC,
        Fields(&[
            ("algorithm", Number(1)),
            ("flags", Number(1)),
            ("reserved", Number(2)),
            ("metric", Number(4)),
        ]),
    ),
    (tlv::FLEX_ALGO_EXCLUDE_SRLG, Numbers(4)),
    (tlv::FLEX_ALGO_UNSUPPORTED, Octets),
    (tlv::ADMINISTRATIVE_GROUP, Number(4)),
    (tlv::MAXIMUM_LINK_BANDWIDTH, Float),
    (tlv::MAXIMUM_RESERVABLE_BANDWIDTH, Float),
    (tlv::UNRESERVED_BANDWIDTH, Floats),
    (tlv::TE_DEFAULT_METRIC, AnyNumber),
    (tlv::LINK_PROTECTION_TYPE, Number(2)),
    (tlv::MPLS_PROTOCOL_MASK, Number(1)),
    (tlv::IGP_METRIC, AnyNumber),
    (tlv::SHARED_RISK_LINK_GROUP, Numbers(4)),
    (tlv::OPAQUE_LINK, Octets),
    (tlv::LINK_NAME, Text),
    (tlv::ADJACENCY_SID, ADJACENCY_SID),
    (tlv::LAN_ADJACENCY_SID, Shape::Custom(lan_adjacency_sid)),
    (tlv::PEER_NODE_SID, ADJACENCY_SID),
    (tlv::PEER_ADJACENCY_SID, ADJACENCY_SID),
    (tlv::PEER_SET_SID, ADJACENCY_SID),
    (tlv::RTM_CAPABILITY, Octets),
    (tlv::SRV6_END_X_SID, SRV6_END_X),
    (tlv::ISIS_SRV6_LAN_END_X_SID, srv6_lan_end_x(6)),
    (tlv::OSPFV3_SRV6_LAN_END_X_SID, srv6_lan_end_x(4)),
    (tlv::UNIDIRECTIONAL_LINK_DELAY, DELAY),
    (
        tlv::MIN_MAX_UNIDIRECTIONAL_LINK_DELAY,
        Fields(&[
            ("flags", Number(1)),
            ("min_microseconds", Number(3)),
            ("reserved", Number(1)),
            ("max_microseconds", Number(3)),
        ]),
    ),
    (tlv::UNIDIRECTIONAL_DELAY_VARIATION, DELAY),
    // Of 0.000003 percent each.
    (tlv::UNIDIRECTIONAL_LINK_LOSS, Fields(&[("flags", Number(1)), ("loss", Number(3))])),
    (tlv::UNIDIRECTIONAL_RESIDUAL_BANDWIDTH, Float),
    (tlv::UNIDIRECTIONAL_AVAILABLE_BANDWIDTH, Float),
    (tlv::UNIDIRECTIONAL_UTILIZED_BANDWIDTH, Float),
    (tlv::GRACEFUL_LINK_SHUTDOWN, Octets),
    (tlv::APPLICATION_SPECIFIC_LINK_ATTRIBUTES, Shape::Custom(application_specific)),
    (tlv::IGP_FLAGS, Number(1)),
    (tlv::IGP_ROUTE_TAGS, Numbers(4)),
    (tlv::IGP_EXTENDED_ROUTE_TAGS, Numbers(8)),
    (tlv::PREFIX_METRIC, Number(4)),
    (tlv::OSPF_FORWARDING_ADDRESS, Ip),
    (tlv::OPAQUE_PREFIX, Octets),
    (tlv::PREFIX_SID, PREFIX_SID),
    (
        tlv::RANGE,
        Fields(&[
            ("flags", Number(1)),
            ("reserved", Number(1)),
            ("size", Number(2)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (tlv::SID_LABEL, AnyNumber),
    (
        tlv::SRV6_LOCATOR,
        Fields(&[
            ("flags", Number(1)),
            ("algorithm", Number(1)),
            ("reserved", Number(2)),
            ("metric", Number(4)),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (tlv::PREFIX_ATTRIBUTE_FLAGS, AnyNumber),
    (tlv::SOURCE_ROUTER_ID, Ip),
    (tlv::L2_BUNDLE_MEMBER_ATTRIBUTES, Fields(&[("descriptor", Number(4)), ("sub_tlvs", Tlvs(ipv4))])),
    (tlv::EXTENDED_ADMINISTRATIVE_GROUP, Numbers(4)),
    (tlv::SOURCE_OSPF_ROUTER_ID, Ipv4),
    (tlv::SR_BINDING_SID, Shape::Custom(binding_sid)),
    (
        tlv::SR_CANDIDATE_PATH_STATE,
        Fields(&[
            ("priority", Number(1)),
            ("reserved", Number(1)),
            ("flags", Number(2)),
            ("preference", Number(4)),
        ]),
    ),
    (tlv::SR_CANDIDATE_PATH_NAME, Text),
    (
        tlv::SR_CANDIDATE_PATH_CONSTRAINTS,
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
        tlv::SR_SEGMENT_LIST,
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
        tlv::SR_SEGMENT,
        Fields(&[
            ("segment_type", Number(1)),
            ("reserved", Number(1)),
            ("flags", Number(2)),
            // Which are there, and how long, the segment type and the flags say.
            ("sid_descriptor_and_sub_tlvs", Octets),
        ]),
    ),
    (
        tlv::SR_SEGMENT_LIST_METRIC,
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
        tlv::SR_AFFINITY_CONSTRAINT,
        Fields(&[
            ("exclude_any_size", Number(1)),
            ("include_any_size", Number(1)),
            ("include_all_size", Number(1)),
            ("reserved", Number(1)),
            ("groups", Numbers(4)),
        ]),
    ),
    (tlv::SR_SRLG_CONSTRAINT, Numbers(4)),
    (tlv::SR_BANDWIDTH_CONSTRAINT, Float),
    (
        tlv::SR_DISJOINT_GROUP_CONSTRAINT,
        Fields(&[
            ("request_flags", Number(1)),
            ("status_flags", Number(1)),
            ("reserved", Number(2)),
            ("group", Octets),
        ]),
    ),
    (
        tlv::SRV6_BINDING_SID,
        Fields(&[
            ("flags", Number(2)),
            ("reserved", Number(2)),
            ("binding_sid", Ipv6),
            ("specified_binding_sid", Ipv6),
            ("sub_tlvs", Tlvs(ipv4)),
        ]),
    ),
    (tlv::SR_POLICY_NAME, Text),
    (
        tlv::SR_BIDIRECTIONAL_GROUP_CONSTRAINT,
        Fields(&[("flags", Number(2)), ("reserved", Number(2)), ("group", Octets)]),
    ),
    (
        tlv::SR_METRIC_CONSTRAINT,
        Fields(&[
            ("metric_type", Number(1)),
            ("flags", Number(1)),
            ("reserved", Number(2)),
            ("margin", Number(4)),
            ("bound", Number(4)),
        ]),
    ),
    (tlv::SR_SEGMENT_LIST_BANDWIDTH, Float),
    (tlv::SR_SEGMENT_LIST_IDENTIFIER, Number(4)),
    (
        tlv::SRV6_ENDPOINT_BEHAVIOR,
        Fields(&[("endpoint_behavior", Number(2)), ("flags", Number(1)), ("algorithm", Number(1))]),
    ),
    (
        tlv::SRV6_BGP_PEER_NODE_SID,
        Fields(&[
            ("flags", Number(1)),
            ("weight", Number(1)),
            ("reserved", Number(2)),
            ("peer_as", Number(4)),
            ("peer_bgp_id", Ipv4),
        ]),
    ),
    (
        tlv::SRV6_SID_STRUCTURE,
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
