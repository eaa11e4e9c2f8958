//! TUNNEL_ENCAPSULATION (RFC 9012; RFC 9830 and RFC 9831 for SR policies).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ip, Ipv4, Ipv6, Number, Numbers, Octets, Text},
    Value,
};
use crate::registry::tunnels::{segment, sub_tlv, tunnel};

shaped_attribute! {
    /// Tunnels that lead to the next hop, or the segment lists of an SR policy.
    ///
    /// RFC 9012, section 13: malformed, and the routes withdrawn, where there is no TLV, where the sub-TLVs of one do not end where it ends,
    /// or where the Transitive flag is not set; a tunnel type or sub-TLV that is not known, or a sub-TLV with a wrong length, is not.
    /// RFC 9830, section 5: any error inside an SR policy withdraws it.
    TunnelEncapsulation, Shape::Tlvs(namespace);

    fn rule(&self) -> Result<(), &'static str> {
        let tunnels = self.0.tlvs();
        if tunnels.is_empty() {
            return Err("one tunnel TLV or more");
        }
        for one in tunnels {
            let known = one.name.is_some();
            if known && matches!(one.value, Value::Raw(_)) {
                return Err("sub-TLVs that end where their TLV ends");
            }
            if one.number == tunnel::SR_POLICY && !SUB_TLVS.fits(one.value.tlvs()) {
                return Err("an SR policy of well-formed sub-TLVs");
            }
        }
        Ok(())
    }
}

/// RFC 9012, section 3.1: with address family 0 there is none, and the next hop is the endpoint.
const OPTIONAL_ADDRESS: Shape = Shape::Custom(|reader, depth| {
    let shape = if reader.is_empty() { NONE } else { Ip };
    Value::decode_at(shape, reader, depth)
});

/// RFC 9830, section 2.4.2: none, a label with what goes with it in four octets, or an SRv6 SID.
const BINDING_SID: Shape = Shape::Custom(|reader, depth| {
    let shape = match reader.len() {
        0 => NONE,
        4 => Number(4),
        _ => Ipv6,
    };
    Value::decode_at(shape, reader, depth)
});

/// RFC 9831, section 2: an MPLS SID where there is one.
const OPTIONAL_SID: Shape = Shape::Custom(|reader, depth| {
    let shape = if reader.is_empty() { NONE } else { Number(4) };
    Value::decode_at(shape, reader, depth)
});

/// RFC 9830, section 2.4.4.2.4: an SRv6 SID's behavior and structure, where they are given.
const BEHAVIOR: Shape = Shape::Custom(|reader, depth| {
    let shape = if reader.is_empty() { NONE } else { STRUCTURE };
    Value::decode_at(shape, reader, depth)
});

/// RFC 9831, section 2: an SRv6 SID, and behind it its behavior and structure, where they are given.
const SID_AND_BEHAVIOR: Shape = Shape::Custom(|reader, depth| {
    if reader.is_empty() {
        return Value::decode_at(NONE, reader, depth);
    }
    let sid = Value::decode_at(Ipv6, reader, depth)?;
    Ok(Value::Fields(vec![("sid", sid), ("behavior", Value::decode_at(BEHAVIOR, reader, depth)?)]))
});

const NONE: Shape = Fields(&[]);
const STRUCTURE: Shape = Fields(&[
    ("endpoint_behavior", Number(2)),
    ("reserved", Number(2)),
    ("locator_block_length", Number(1)),
    ("locator_node_length", Number(1)),
    ("function_length", Number(1)),
    ("argument_length", Number(1)),
]);

/// IANA "BGP Tunnel Encapsulation Attribute Tunnel Types"
static TUNNELS: Namespace = Namespace {
    header: Header::Long,
    names: tunnel::name,
    table: &[
        (tunnel::L2TPV3_OVER_IP, Shape::Tlvs(l2tpv3)),
        (tunnel::GRE, Shape::Tlvs(gre)),
        (tunnel::TRANSMIT_TUNNEL_ENDPOINT, TUNNEL),
        (tunnel::IPSEC_IN_TUNNEL_MODE, TUNNEL),
        (tunnel::IP_IN_IP_WITH_IPSEC, TUNNEL),
        (tunnel::MPLS_IN_IP_WITH_IPSEC, TUNNEL),
        (tunnel::IP_IN_IP, TUNNEL),
        (tunnel::VXLAN, Shape::Tlvs(vxlan)),
        (tunnel::NVGRE, Shape::Tlvs(vxlan)),
        (tunnel::MPLS, TUNNEL),
        (tunnel::MPLS_IN_GRE, Shape::Tlvs(gre)),
        (tunnel::VXLAN_GPE, Shape::Tlvs(vxlan_gpe)),
        (tunnel::MPLS_IN_UDP, TUNNEL),
        (tunnel::IPV6_TUNNEL, TUNNEL),
        (tunnel::SR_POLICY, TUNNEL),
        (tunnel::BARE, TUNNEL),
        (tunnel::SR_TUNNEL, TUNNEL),
        (tunnel::GENEVE, TUNNEL),
    ],
};

const TUNNEL: Shape = Shape::Tlvs(sub_tlvs);

fn namespace() -> &'static Namespace {
    &TUNNELS
}

fn sub_tlvs() -> &'static Namespace {
    &SUB_TLVS
}

fn segments() -> &'static Namespace {
    &SEGMENTS
}

/// What the encapsulation sub-TLV holds (RFC 9012, section 3.2).
const VXLAN: Shape =
    Fields(&[("flags", Number(1)), ("vni", Number(3)), ("mac", Shape::Bytes(6)), ("reserved", Number(2))]);
const VXLAN_GPE: Shape =
    Fields(&[("flags", Number(1)), ("reserved_1", Number(3)), ("vni", Number(3)), ("reserved_2", Number(1))]);
const L2TPV3: Shape = Fields(&[("session", Number(4)), ("cookie", Octets)]);
const GRE: Shape = Fields(&[("key", Number(4))]);

static SUB_TLVS: Namespace = Namespace { header: Header::ByType, names: sub_tlv::name, table: &TABLE };
static VXLAN_SUB_TLVS: Namespace =
    Namespace { header: Header::ByType, names: sub_tlv::name, table: &with_encapsulation(VXLAN) };
static VXLAN_GPE_SUB_TLVS: Namespace =
    Namespace { header: Header::ByType, names: sub_tlv::name, table: &with_encapsulation(VXLAN_GPE) };
static L2TPV3_SUB_TLVS: Namespace =
    Namespace { header: Header::ByType, names: sub_tlv::name, table: &with_encapsulation(L2TPV3) };
static GRE_SUB_TLVS: Namespace =
    Namespace { header: Header::ByType, names: sub_tlv::name, table: &with_encapsulation(GRE) };

fn vxlan() -> &'static Namespace {
    &VXLAN_SUB_TLVS
}

fn vxlan_gpe() -> &'static Namespace {
    &VXLAN_GPE_SUB_TLVS
}

fn l2tpv3() -> &'static Namespace {
    &L2TPV3_SUB_TLVS
}

fn gre() -> &'static Namespace {
    &GRE_SUB_TLVS
}

/// The sub-TLVs of a tunnel type whose encapsulation has a form.
const fn with_encapsulation(shape: Shape) -> [(u16, Shape); COUNT] {
    let mut table = TABLE;
    let [first, ..] = &mut table;
    first.1 = shape;
    table
}

const COUNT: usize = 18;

/// IANA "BGP Tunnel Encapsulation Attribute Sub-TLVs"; encapsulation comes first.
const TABLE: [(u16, Shape); COUNT] = [
    (sub_tlv::ENCAPSULATION, Octets),
    (sub_tlv::PROTOCOL_TYPE, Number(2)),
    (sub_tlv::COLOR, Fields(&[("type", Number(2)), ("flags", Number(2)), ("color", Number(4))])),
    (sub_tlv::LOAD_BALANCING_BLOCK, Number(2)),
    (
        sub_tlv::TUNNEL_EGRESS_ENDPOINT,
        Fields(&[("reserved", Number(4)), ("afi", Number(2)), ("address", OPTIONAL_ADDRESS)]),
    ),
    (sub_tlv::DS_FIELD, Number(1)),
    (sub_tlv::UDP_DESTINATION_PORT, Number(2)),
    (sub_tlv::EMBEDDED_LABEL_HANDLING, Number(1)),
    (sub_tlv::MPLS_LABEL_STACK, Numbers(4)),
    (sub_tlv::PREFIX_SID, Octets),
    (
        sub_tlv::PREFERENCE,
        Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("preference", Number(4))]),
    ),
    (sub_tlv::BINDING_SID, Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("sid", BINDING_SID)])),
    (
        sub_tlv::EXPLICIT_NULL_LABEL_POLICY,
        Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("policy", Number(1))]),
    ),
    (sub_tlv::PRIORITY, Fields(&[("priority", Number(1)), ("reserved", Number(1))])),
    (
        sub_tlv::SRV6_BINDING_SID,
        Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("sid", Ipv6), ("behavior", BEHAVIOR)]),
    ),
    (sub_tlv::SEGMENT_LIST, Fields(&[("reserved", Number(1)), ("segments", Shape::Tlvs(segments))])),
    (sub_tlv::CANDIDATE_PATH_NAME, Fields(&[("reserved", Number(1)), ("name", Text)])),
    (sub_tlv::POLICY_NAME, Fields(&[("reserved", Number(1)), ("name", Text)])),
];

/// IANA "SR Policy Segment List Sub-TLVs": segments of type A to K, and the list's weight.
static SEGMENTS: Namespace = Namespace {
    header: Header::Short,
    names: segment::name,
    table: &[
        (segment::MPLS_LABEL, Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("label", Number(4))])),
        (
            segment::IPV4_NODE,
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("address", Ipv4),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            segment::IPV6_NODE,
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("address", Ipv6),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            segment::IPV4_NODE_INTERFACE,
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("interface", Number(4)),
                ("address", Ipv4),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            segment::IPV4_ADJACENCY,
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("local", Ipv4),
                ("remote", Ipv4),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            segment::IPV6_LINK_LOCAL,
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("local_interface", Number(4)),
                ("local", Ipv6),
                ("remote_interface", Number(4)),
                ("remote", Ipv6),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            segment::IPV6_ADJACENCY,
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("local", Ipv6),
                ("remote", Ipv6),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (segment::WEIGHT, Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("weight", Number(4))])),
        (
            segment::SRV6_SID,
            Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("sid", Ipv6), ("behavior", BEHAVIOR)]),
        ),
        (
            segment::SRV6_NODE,
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("address", Ipv6),
                ("sid_and_behavior", SID_AND_BEHAVIOR),
            ]),
        ),
        (
            segment::SRV6_LINK_LOCAL,
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("local_interface", Number(4)),
                ("local", Ipv6),
                ("remote_interface", Number(4)),
                ("remote", Ipv6),
                ("sid_and_behavior", SID_AND_BEHAVIOR),
            ]),
        ),
        (
            segment::SRV6_ADJACENCY,
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("local", Ipv6),
                ("remote", Ipv6),
                ("sid_and_behavior", SID_AND_BEHAVIOR),
            ]),
        ),
    ],
};
