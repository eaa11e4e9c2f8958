//! D-PATH (RFC 10039).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Fields, Number},
};

shaped_attribute! {
    /// The domains that a route came through, with the family it had in each.
    DPath, 36, "d_path", OPTIONAL_TRANSITIVE, TreatAsWithdraw, Shape::Segments(&Fields(&[("global_administrator", Number(4)), ("local_administrator", Number(2)), ("isf_safi", Number(1))]))
}
