//! BFD_DISCRIMINATOR (RFC 9026).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ip, Number},
};

shaped_attribute! {
    /// The BFD session that watches a multicast tunnel.
    BfdDiscriminator, 38, "bfd_discriminator", OPTIONAL_TRANSITIVE, AttributeDiscard, Fields(&[("mode", Number(1)), ("discriminator", Number(4)), ("tlvs", Shape::Tlvs(namespace))])
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

static NAMESPACE: Namespace = Namespace { header: Header::Short, table: &[(1, "source_ip", Ip)] };
