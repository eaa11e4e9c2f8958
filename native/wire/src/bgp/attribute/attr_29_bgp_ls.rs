//! BGP-LS (RFC 9552, section 5.3).

use super::shaped_attribute;
use crate::bgp::link_state;
use crate::bgp::tlv::{Namespace, Shape};

shaped_attribute! {
    /// Properties of a node, link or prefix; the types are those of `bgp::link_state`.
    ///
    /// RFC 9552, section 8.2.2: discarded where its TLVs do not end where it ends. A TLV whose value does not have its type's form is
    /// kept raw, and is no malformation of the attribute.
    LinkStateAttribute, Shape::Tlvs(namespace)
}

fn namespace() -> &'static Namespace {
    &link_state::IPV4
}
