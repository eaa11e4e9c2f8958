//! EXTENDED COMMUNITIES (RFC 4360).

use std::fmt;

use serde::{Serialize, Serializer};

use super::{flags, Context, PathAttribute, Treatment};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;

/// An extended community: eight octets, of which the first one or two say the type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtendedCommunity(pub [u8; 8]);

/// Extended communities in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ExtendedCommunities(pub Vec<ExtendedCommunity>);

impl PathAttribute for ExtendedCommunities {
    const CODE: u8 = 16;
    const NAME: &'static str = "extended_communities";
    const CLASS: u8 = flags::OPTIONAL_TRANSITIVE;
    const MALFORMED: Treatment = Treatment::TreatAsWithdraw;

    #[inline]
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        Self::check(*reader, context)?;
        let (chunks, _) = reader.take_rest().as_chunks::<8>();
        Ok(ExtendedCommunities(chunks.iter().copied().map(ExtendedCommunity).collect()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|community| out.extend_from_slice(&community.0));
    }

    /// RFC 7606, section 7.14
    #[inline]
    fn check(reader: Reader<'_>, _: Context<'_>) -> Result<()> {
        match reader.len() {
            found if found == 0 || found % 8 != 0 => {
                Err(reader.error(ErrorKind::Length { found, expected: "a multiple of 8 that is not 0" }))
            }
            _ => Ok(()),
        }
    }
}

/// `rt:65000:1` and `soo:192.0.2.1:5` for route targets and route origins, else `0x` and sixteen digits.
impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, subtype, a, b, c, d, e, g] = self.0;
        let name = match subtype {
            2 => "rt",
            3 => "soo",
            _ => "",
        };
        match kind {
            0 if !name.is_empty() => {
                write!(f, "{name}:{}:{}", u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, g]))
            }
            1 if !name.is_empty() => write!(f, "{name}:{a}.{b}.{c}.{d}:{}", u16::from_be_bytes([e, g])),
            2 if !name.is_empty() => {
                write!(f, "{name}:{}:{}", u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, g]))
            }
            _ => write!(f, "0x{:016x}", u64::from_be_bytes(self.0)),
        }
    }
}

impl fmt::Debug for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ExtendedCommunity {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
