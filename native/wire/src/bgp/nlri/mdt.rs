//! Multicast distribution trees of VPNs with PIM, the MDT SAFI (RFC 6037).

use std::fmt;
use std::net::Ipv4Addr;

use serde::Serialize;

use super::route::{Route, ToRoute};
use super::RouteDistinguisher;
use crate::reader::Reader;

/// A provider edge router that is in a multicast distribution tree, printed `rd:pe:group`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Mdt {
    pub rd: RouteDistinguisher,
    pub pe: Ipv4Addr,
    /// The tree's group in the provider's network.
    pub group: Ipv4Addr,
}

/// Of route distinguisher and two addresses.
const BITS: u8 = 128;

impl Mdt {
    /// Length in bits, and so many; one of another length has no reading.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes, 0);
        if reader.u8().ok()? != BITS {
            return None;
        }
        let rd = RouteDistinguisher(reader.u64().ok()?);
        Some(Mdt { rd, pe: reader.ipv4().ok()?, group: reader.ipv4().ok()? })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(BITS);
        out.extend_from_slice(&self.rd.0.to_be_bytes());
        out.extend_from_slice(&self.pe.octets());
        out.extend_from_slice(&self.group.octets());
    }
}

impl ToRoute for Mdt {
    fn to_route(&self) -> Route {
        Route::of_vpn(self.rd)
    }
}

impl fmt::Display for Mdt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.rd, self.pe, self.group)
    }
}
