//! BIER (RFC 9793).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Number, Octets},
};

shaped_attribute! {
    /// BIER sub-domains of a router.
    Bier, 41, "bier", UNCHECKED, AttributeDiscard, Shape::Tlvs(namespace)
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

static NAMESPACE: Namespace = Namespace {
    header: Header::Long,
    table: &[(
        1,
        "bier",
        Fields(&[
            ("sub_domain", Number(1)),
            ("bfr_id", Number(2)),
            ("reserved", Number(1)),
            ("sub_tlvs", Octets),
        ]),
    )],
};
