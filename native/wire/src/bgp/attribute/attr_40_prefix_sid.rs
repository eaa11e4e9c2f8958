//! BGP Prefix-SID (RFC 8669; RFC 9252 for SRv6).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ipv6, Number, Repeat, Tlvs},
};

shaped_attribute! {
    /// Segments of a prefix.
    PrefixSid, 40, "prefix_sid", OPTIONAL_TRANSITIVE, AttributeDiscard, Shape::Tlvs(namespace)
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

/// IANA "BGP Prefix-SID TLV Types"
static NAMESPACE: Namespace = Namespace {
    header: Header::Mixed,
    table: &[
        (1, "label_index", Fields(&[("reserved", Number(1)), ("flags", Number(2)), ("index", Number(4))])),
        (
            3,
            "originator_srgb",
            Fields(&[
                ("flags", Number(2)),
                ("ranges", Repeat(&Fields(&[("base", Number(3)), ("range", Number(3))]))),
            ]),
        ),
        (5, "srv6_l3_service", Fields(&[("reserved", Number(1)), ("sub_tlvs", Tlvs(service))])),
        (6, "srv6_l2_service", Fields(&[("reserved", Number(1)), ("sub_tlvs", Tlvs(service))])),
    ],
};

fn service() -> &'static Namespace {
    &SERVICE
}

fn sid() -> &'static Namespace {
    &SID
}

/// IANA "SRv6 Service Sub-TLV Types"
static SERVICE: Namespace = Namespace {
    header: Header::Mixed,
    table: &[(
        1,
        "srv6_sid_information",
        Fields(&[
            ("reserved_1", Number(1)),
            ("sid", Ipv6),
            ("flags", Number(1)),
            ("endpoint_behavior", Number(2)),
            ("reserved_2", Number(1)),
            ("sub_sub_tlvs", Tlvs(sid)),
        ]),
    )],
};

/// IANA "SRv6 Service Data Sub-Sub-TLV Types"
static SID: Namespace = Namespace {
    header: Header::Mixed,
    table: &[(
        1,
        "srv6_sid_structure",
        Fields(&[
            ("locator_block_length", Number(1)),
            ("locator_node_length", Number(1)),
            ("function_length", Number(1)),
            ("argument_length", Number(1)),
            ("transposition_length", Number(1)),
            ("transposition_offset", Number(1)),
        ]),
    )],
};
