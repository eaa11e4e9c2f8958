//! Outbound Route Filtering (RFC 5291, section 5).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

/// One family of the outbound route filtering capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboundRouteFilter {
    pub family: AddressFamily,
    /// ORF type, and 1 receive, 2 send, 3 both.
    pub types: Vec<(u8, u8)>,
}

impl Entry for OutboundRouteFilter {
    /// AFI, a reserved octet, SAFI, then pairs with their number in front.
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let (afi, _reserved, safi) = (reader.u16()?, reader.u8()?, reader.u8()?);
        let count = reader.u8()?;
        let types = (0..count).map(|_| Ok((reader.u8()?, reader.u8()?))).collect::<Result<_>>()?;
        Ok(OutboundRouteFilter { family: AddressFamily::new(afi, safi), types })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.family.afi.to_be_bytes());
        out.extend_from_slice(&[0, self.family.safi, u8::try_from(self.types.len()).unwrap_or(u8::MAX)]);
        out.extend(self.types.iter().flat_map(|(kind, direction)| [*kind, *direction]));
    }
}

impl fmt::Display for OutboundRouteFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family.fmt(f)?;
        self.types.iter().try_for_each(|(kind, direction)| write!(f, " {kind}:{direction}"))
    }
}
