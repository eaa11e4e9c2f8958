//! TRAFFIC_ENGINEERING (RFC 5543).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Fields, Number, Octets},
};

shaped_attribute! {
    /// Interface switching capability of the links to a destination.
    ///
    /// RFC 7606, section 7.13: whatever is malformed about it withdraws. RFC 5543 does not say what is; fewer octets than a
    /// descriptor's fixed part have no reading.
    TrafficEngineering, Shape::Fields(&[
        ("switching_capability", Number(1)),
        ("encoding", Number(1)),
        ("reserved", Number(2)),
        ("max_lsp_bandwidth", Fields(&[
            ("priority_0", Shape::Float),
            ("priority_1", Shape::Float),
            ("priority_2", Shape::Float),
            ("priority_3", Shape::Float),
            ("priority_4", Shape::Float),
            ("priority_5", Shape::Float),
            ("priority_6", Shape::Float),
            ("priority_7", Shape::Float),
        ])),
        ("specific", Octets),
    ])
}
