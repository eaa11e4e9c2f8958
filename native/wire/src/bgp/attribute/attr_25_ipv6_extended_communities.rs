//! IPv6 Address Specific Extended Community (RFC 5701).

use std::fmt;
use std::net::Ipv6Addr;

use serde::{Serialize, Serializer};

use super::{Context, PathAttribute};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::communities::ipv6;

/// An extended community of twenty octets, printed `rt:2001:db8::1:5` with its name or `0x0002:…` with its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ipv6ExtendedCommunity {
    /// Type and subtype.
    pub kind: u16,
    pub global_administrator: Ipv6Addr,
    pub local_administrator: u16,
}

/// In the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Ipv6ExtendedCommunities(pub Vec<Ipv6ExtendedCommunity>);

// RFC 7606, section 7.15
impl PathAttribute for Ipv6ExtendedCommunities {
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        if reader.is_empty() || !reader.len().is_multiple_of(20) {
            let found = reader.len();
            return Err(reader.error(ErrorKind::Length { found, expected: "a multiple of 20 that is not 0" }));
        }
        let mut communities = Vec::with_capacity(reader.len() / 20);
        while !reader.is_empty() {
            communities.push(Ipv6ExtendedCommunity {
                kind: reader.u16()?,
                global_administrator: reader.ipv6()?,
                local_administrator: reader.u16()?,
            });
        }
        Ok(Ipv6ExtendedCommunities(communities))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for community in &self.0 {
            out.extend_from_slice(&community.kind.to_be_bytes());
            out.extend_from_slice(&community.global_administrator.octets());
            out.extend_from_slice(&community.local_administrator.to_be_bytes());
        }
    }
}

impl Ipv6ExtendedCommunity {
    /// Name of the type (IANA "Transitive IPv6-Address-Specific Extended Community Types").
    pub fn name(self) -> Option<&'static str> {
        ipv6::name(self.kind)
    }
}

impl fmt::Display for Ipv6ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "{:#06x}", self.kind)?,
        }
        write!(f, ":{}:{}", self.global_administrator, self.local_administrator)
    }
}

impl fmt::Debug for Ipv6ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Ipv6ExtendedCommunity {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
