//! Extended Next Hop Encoding (RFC 8950, section 4).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

/// A family whose next hops may be of another address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExtendedNextHop {
    pub afi: u16,
    /// Two octets here, unlike everywhere else.
    pub safi: u16,
    pub next_hop_afi: u16,
}

impl Entry for ExtendedNextHop {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(ExtendedNextHop { afi: reader.u16()?, safi: reader.u16()?, next_hop_afi: reader.u16()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for field in [self.afi, self.safi, self.next_hop_afi] {
            out.extend_from_slice(&field.to_be_bytes());
        }
    }
}

impl fmt::Display for ExtendedNextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u8::try_from(self.safi) {
            Ok(safi) => write!(f, "{} by afi {}", AddressFamily::new(self.afi, safi), self.next_hop_afi),
            Err(_) => write!(f, "{}/{} by afi {}", self.afi, self.safi, self.next_hop_afi),
        }
    }
}
