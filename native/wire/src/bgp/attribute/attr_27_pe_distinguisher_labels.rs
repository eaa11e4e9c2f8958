//! PE Distinguisher Labels (RFC 6514, section 8).

use super::shaped_attribute;
use crate::bgp::tlv::Shape;

shaped_attribute! {
    /// A label for each PE of a multicast VPN: an address (4 or 16 octets, as the VPN) and a label of three octets each.
    PeDistinguisherLabels, 27, "pe_distinguisher_labels", OPTIONAL_TRANSITIVE, TreatAsWithdraw, Shape::Octets
}
