//! LARGE_COMMUNITY (RFC 8092).

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Context, PathAttribute};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;

/// A large community, printed `65000:1:2`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LargeCommunity {
    pub global_administrator: u32,
    pub local_data_1: u32,
    pub local_data_2: u32,
}

/// Large communities in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct LargeCommunities(pub Vec<LargeCommunity>);

impl LargeCommunity {
    /// As on the wire.
    #[inline]
    pub fn from_octets([a, b, c, d, e, f, g, h, i, j, k, l]: [u8; 12]) -> Self {
        [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_be_bytes).into()
    }
}

impl From<[u32; 3]> for LargeCommunity {
    #[inline]
    fn from([global_administrator, local_data_1, local_data_2]: [u32; 3]) -> Self {
        LargeCommunity { global_administrator, local_data_1, local_data_2 }
    }
}

impl PathAttribute for LargeCommunities {
    #[inline]
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        Self::check(*reader, context)?;
        let mut communities = Vec::with_capacity(reader.len() / 12);
        while !reader.is_empty() {
            communities.push(LargeCommunity {
                global_administrator: reader.u32()?,
                local_data_1: reader.u32()?,
                local_data_2: reader.u32()?,
            });
        }
        Ok(LargeCommunities(communities))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for community in &self.0 {
            out.extend_from_slice(&community.global_administrator.to_be_bytes());
            out.extend_from_slice(&community.local_data_1.to_be_bytes());
            out.extend_from_slice(&community.local_data_2.to_be_bytes());
        }
    }

    /// RFC 8092, section 6
    #[inline]
    fn check(reader: Reader<'_>, _: Context<'_>) -> Result<()> {
        match reader.len() {
            found if found == 0 || found % 12 != 0 => {
                Err(reader.error(ErrorKind::Length { found, expected: "a multiple of 12 that is not 0" }))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for LargeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.global_administrator, self.local_data_1, self.local_data_2)
    }
}

impl fmt::Debug for LargeCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for LargeCommunity {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
