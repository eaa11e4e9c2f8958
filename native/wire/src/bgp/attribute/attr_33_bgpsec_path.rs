//! BGPsec_PATH (RFC 8205).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Number, Octets},
};

shaped_attribute! {
    /// The path with its signatures.
    BgpsecPath, 33, "bgpsec_path", OPTIONAL_NON_TRANSITIVE, TreatAsWithdraw, Shape::Fields(&[
        // Its length, then a segment (pCount, flags, AS number) for each hop, then the signature blocks.
        ("secure_path_length", Number(2)),
        ("segments_and_signatures", Octets),
    ])
}
