//! TUNNEL_ENCAPSULATION (RFC 9012; RFC 9830 and RFC 9831 for SR policies).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ip, Ipv4, Ipv6, Number, Numbers, Octets, Text},
    Value,
};

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
        for tunnel in tunnels {
            let known = tunnel.name.is_some();
            if known && matches!(tunnel.value, Value::Raw(_)) {
                return Err("sub-TLVs that end where their TLV ends");
            }
            if tunnel.number == SR_POLICY && !SUB_TLVS.fits(tunnel.value.tlvs()) {
                return Err("an SR policy of well-formed sub-TLVs");
            }
        }
        Ok(())
    }
}

const SR_POLICY: u16 = 15;

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
    table: &[
        (1, "l2tpv3_over_ip", Shape::Tlvs(l2tpv3)),
        (2, "gre", Shape::Tlvs(gre)),
        (3, "transmit_tunnel_endpoint", TUNNEL),
        (4, "ipsec_in_tunnel_mode", TUNNEL),
        (5, "ip_in_ip_with_ipsec", TUNNEL),
        (6, "mpls_in_ip_with_ipsec", TUNNEL),
        (7, "ip_in_ip", TUNNEL),
        (8, "vxlan", Shape::Tlvs(vxlan)),
        (9, "nvgre", Shape::Tlvs(vxlan)),
        (10, "mpls", TUNNEL),
        (11, "mpls_in_gre", Shape::Tlvs(gre)),
        (12, "vxlan_gpe", Shape::Tlvs(vxlan_gpe)),
        (13, "mpls_in_udp", TUNNEL),
        (14, "ipv6_tunnel", TUNNEL),
        (15, "sr_policy", TUNNEL),
        (16, "bare", TUNNEL),
        (17, "sr_tunnel", TUNNEL),
        (19, "geneve", TUNNEL),
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

static SUB_TLVS: Namespace = Namespace { header: Header::ByType, table: &TABLE };
static VXLAN_SUB_TLVS: Namespace = Namespace { header: Header::ByType, table: &with_encapsulation(VXLAN) };
static VXLAN_GPE_SUB_TLVS: Namespace =
    Namespace { header: Header::ByType, table: &with_encapsulation(VXLAN_GPE) };
static L2TPV3_SUB_TLVS: Namespace = Namespace { header: Header::ByType, table: &with_encapsulation(L2TPV3) };
static GRE_SUB_TLVS: Namespace = Namespace { header: Header::ByType, table: &with_encapsulation(GRE) };

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
const fn with_encapsulation(shape: Shape) -> [(u16, &'static str, Shape); COUNT] {
    let mut table = TABLE;
    let [first, ..] = &mut table;
    first.2 = shape;
    table
}

const COUNT: usize = 18;

/// IANA "BGP Tunnel Encapsulation Attribute Sub-TLVs"; encapsulation comes first.
const TABLE: [(u16, &str, Shape); COUNT] = [
    (1, "encapsulation", Octets),
    (2, "protocol_type", Number(2)),
    (4, "color", Fields(&[("type", Number(2)), ("flags", Number(2)), ("color", Number(4))])),
    (5, "load_balancing_block", Number(2)),
    (
        6,
        "tunnel_egress_endpoint",
        Fields(&[("reserved", Number(4)), ("afi", Number(2)), ("address", OPTIONAL_ADDRESS)]),
    ),
    (7, "ds_field", Number(1)),
    (8, "udp_destination_port", Number(2)),
    (9, "embedded_label_handling", Number(1)),
    (10, "mpls_label_stack", Numbers(4)),
    (11, "prefix_sid", Octets),
    (12, "preference", Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("preference", Number(4))])),
    (13, "binding_sid", Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("sid", BINDING_SID)])),
    (
        14,
        "explicit_null_label_policy",
        Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("policy", Number(1))]),
    ),
    (15, "priority", Fields(&[("priority", Number(1)), ("reserved", Number(1))])),
    (
        20,
        "srv6_binding_sid",
        Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("sid", Ipv6), ("behavior", BEHAVIOR)]),
    ),
    (128, "segment_list", Fields(&[("reserved", Number(1)), ("segments", Shape::Tlvs(segments))])),
    (129, "candidate_path_name", Fields(&[("reserved", Number(1)), ("name", Text)])),
    (130, "policy_name", Fields(&[("reserved", Number(1)), ("name", Text)])),
];

/// IANA "SR Policy Segment List Sub-TLVs": segments of type A to K, and the list's weight.
static SEGMENTS: Namespace = Namespace {
    header: Header::Short,
    table: &[
        (1, "mpls_label", Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("label", Number(4))])),
        (
            3,
            "ipv4_node",
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("address", Ipv4),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            4,
            "ipv6_node",
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("address", Ipv6),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            5,
            "ipv4_node_interface",
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("interface", Number(4)),
                ("address", Ipv4),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            6,
            "ipv4_adjacency",
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("local", Ipv4),
                ("remote", Ipv4),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (
            7,
            "ipv6_link_local",
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
            8,
            "ipv6_adjacency",
            Fields(&[
                ("flags", Number(1)),
                ("reserved", Number(1)),
                ("local", Ipv6),
                ("remote", Ipv6),
                ("sid", OPTIONAL_SID),
            ]),
        ),
        (9, "weight", Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("weight", Number(4))])),
        (
            13,
            "srv6_sid",
            Fields(&[("flags", Number(1)), ("reserved", Number(1)), ("sid", Ipv6), ("behavior", BEHAVIOR)]),
        ),
        (
            14,
            "srv6_node",
            Fields(&[
                ("flags", Number(1)),
                ("algorithm", Number(1)),
                ("address", Ipv6),
                ("sid_and_behavior", SID_AND_BEHAVIOR),
            ]),
        ),
        (
            15,
            "srv6_link_local",
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
            16,
            "srv6_adjacency",
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
