//! Next Hop Dependent Characteristics (draft-ietf-idr-next-hop-capability).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ipv4, Number, Octets},
};

shaped_attribute! {
    /// What the next hop can do; void where it is not the route's next hop.
    NextHopCapabilities, 39, "next_hop_capabilities", UNCHECKED, AttributeDiscard, Fields(&[("afi", Number(2)), ("safi", Number(1)), ("next_hop", Shape::Counted), ("characteristics", Shape::Tlvs(namespace))])
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

static NAMESPACE: Namespace =
    Namespace { header: Header::Long, table: &[(1, "entropy_label", Octets), (3, "bgp_id", Ipv4)] };
