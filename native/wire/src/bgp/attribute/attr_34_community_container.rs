//! BGP Community Container (draft-ietf-idr-wide-bgp-communities).

use super::shaped_attribute;
use crate::bgp::tlv::Shape;

shaped_attribute! {
    /// Communities of any form. The draft is not settled: the value is octets.
    CommunityContainer, 34, "community_container", UNCHECKED, AttributeDiscard, Shape::Octets
}
