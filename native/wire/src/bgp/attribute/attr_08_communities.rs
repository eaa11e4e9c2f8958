//! COMMUNITIES (RFC 1997).

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Context, PathAttribute};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::communities::well_known;

/// A community, printed `65000:100`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Community(pub u32);

/// Communities in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Communities(pub Vec<Community>);

impl Community {
    /// Name in IANA "BGP Well-known Communities".
    pub fn name(self) -> Option<&'static str> {
        well_known::name(self.0)
    }
}

impl PathAttribute for Communities {
    #[inline]
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        Self::check(*reader, context)?;
        let (chunks, _) = reader.take_rest().as_chunks::<4>();
        Ok(Communities(chunks.iter().map(|octets| Community(u32::from_be_bytes(*octets))).collect()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|community| out.extend_from_slice(&community.0.to_be_bytes()));
    }

    /// RFC 7606, section 7.8
    #[inline]
    fn check(reader: Reader<'_>, _: Context<'_>) -> Result<()> {
        match reader.len() {
            found if found == 0 || found % 4 != 0 => {
                Err(reader.error(ErrorKind::Length { found, expected: "a multiple of 4 that is not 0" }))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0 >> 16, self.0 & 0xffff)
    }
}

impl fmt::Debug for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Community {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
