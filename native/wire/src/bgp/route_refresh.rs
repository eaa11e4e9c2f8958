//! ROUTE-REFRESH (RFC 2918; RFC 7313; RFC 5291).

use serde::Serialize;

use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// A speaker asks for a family's routes again, or marks the start and the end of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteRefresh {
    pub family: AddressFamily,
    /// 0 request, 1 begin, 2 end (RFC 7313, section 3.2).
    pub subtype: u8,
    /// Outbound route filters (RFC 5291, section 4), as they were.
    pub filters: Raw,
}

impl RouteRefresh {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let afi = reader.u16().at("afi")?;
        let subtype = reader.u8().at("subtype")?;
        let safi = reader.u8().at("safi")?;
        Ok(RouteRefresh {
            family: AddressFamily::new(afi, safi),
            subtype,
            filters: reader.take_rest().into(),
        })
    }

    /// Writes a whole message, its header included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        super::encode(5, out, |out| {
            out.extend_from_slice(&self.family.afi.to_be_bytes());
            out.extend_from_slice(&[self.subtype, self.family.safi]);
            out.extend_from_slice(&self.filters);
        });
    }
}
