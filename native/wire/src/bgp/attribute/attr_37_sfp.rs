//! SFP (RFC 9015).

use super::shaped_attribute;
use crate::bgp::tlv::{Header, Namespace, Shape, Shape::Octets};

shaped_attribute! {
    /// A service function path.
    ServiceFunctionPath, 37, "sfp", OPTIONAL_TRANSITIVE, AttributeDiscard, Shape::Tlvs(namespace)
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

/// IANA "SFP Attribute TLVs"
static NAMESPACE: Namespace = Namespace {
    header: Header::Mixed,
    table: &[
        (1, "association", Octets),
        (2, "hop", Octets),
        (3, "sft", Octets),
        (4, "mpls_swapping", Octets),
        (5, "mpls_hierarchy", Octets),
    ],
};
