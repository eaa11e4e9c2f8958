//! Route distinguishers.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::registry::families::rd_type;

/// A route distinguisher (RFC 4364, section 4.2), printed `65000:1`, `192.0.2.1:1` or `4200000000:1`;
/// types 0 and 2 that would print the same, and types not known, print with their type in front.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteDistinguisher(pub u64);

impl fmt::Display for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [t0, t1, a, b, c, d, e, g] = self.0.to_be_bytes();
        match u16::from_be_bytes([t0, t1]) {
            rd_type::TWO_OCTET_AS => {
                write!(f, "{}:{}", u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, g]))
            }
            rd_type::IPV4 => write!(f, "{a}.{b}.{c}.{d}:{}", u16::from_be_bytes([e, g])),
            rd_type::FOUR_OCTET_AS => {
                let asn = u32::from_be_bytes([a, b, c, d]);
                if asn <= u16::MAX.into() {
                    write!(f, "{}:", rd_type::FOUR_OCTET_AS)?;
                }
                write!(f, "{asn}:{}", u16::from_be_bytes([e, g]))
            }
            other => write!(f, "{other}:{:#014x}", self.0 & 0xffff_ffff_ffff),
        }
    }
}

impl fmt::Debug for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteDistinguisher({self})")
    }
}

impl Serialize for RouteDistinguisher {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
