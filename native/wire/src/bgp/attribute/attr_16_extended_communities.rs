//! EXTENDED COMMUNITIES (RFC 4360).

use serde::Serialize;

use super::PathAttribute;
use crate::bgp::attribute::ExtendedCommunity;
use crate::bgp::Context;
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;

/// Extended communities in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ExtendedCommunities(pub Vec<ExtendedCommunity>);

impl PathAttribute for ExtendedCommunities {
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
