//! Route target constraint (RFC 4684).

use std::fmt;

use serde::Serialize;

use super::route::ToRoute;
use crate::bgp::attribute::ExtendedCommunity;
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// Route targets that a speaker wants, printed `<origin AS>:<route target>`, `default`, or with `/<bits>` where only a front of
/// them is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct RouteTargetConstraint {
    /// 0 is the default: every route target; else 32 to 96.
    pub length: u8,
    pub origin_as: Option<u32>,
    /// Where all 96 bits are given.
    pub route_target: Option<ExtendedCommunity>,
    /// Octets after the length.
    #[serde(skip)]
    pub octets: Raw,
}

/// Takes one NLRI: length in bits, octets.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    let length = reader.u8().at("prefix_length")?;
    if length > 96 {
        return Err(start.error(ErrorKind::PrefixLength { found: length, limit: 96 })).at("prefix_length");
    }
    reader.take(usize::from(length).div_ceil(8)).at("prefix")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

impl RouteTargetConstraint {
    /// `bytes` as `take` gives them.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&length, octets) = bytes.split_first()?;
        let mut reader = Reader::new(octets, 0);
        let origin_as = if length < 32 { None } else { reader.u32().ok() };
        let route_target = if length == 96 { reader.array().ok().map(ExtendedCommunity) } else { None };
        Some(RouteTargetConstraint { length, origin_as, route_target, octets: octets.into() })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.length);
        out.extend_from_slice(&self.octets);
    }
}

impl ToRoute for RouteTargetConstraint {}

impl fmt::Display for RouteTargetConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.origin_as, self.route_target) {
            (Some(asn), Some(target)) => write!(f, "{asn}:{target}"),
            _ if self.length == 0 => f.write_str("default"),
            // The front of a route target, which is all of those that start so.
            (Some(asn), None) => match self.octets.get(4..) {
                None | Some([]) => write!(f, "{asn}:*/{}", self.length),
                Some(front) => {
                    write!(f, "{asn}:0x")?;
                    front.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
                    write!(f, "/{}", self.length)
                }
            },
            _ => write!(f, "0x{}/{}", self.octets, self.length),
        }
    }
}
