//! CLUSTER_LIST (RFC 4456, section 8).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{Context, PathAttribute, Registered, Treatment};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;

/// Clusters of route reflectors that the route came through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ClusterList(pub Vec<Ipv4Addr>);

impl PathAttribute for ClusterList {
    /// RFC 7606, section 7.10: from an external neighbour it is discarded, whatever is in it.
    fn malformed(_: Reader<'_>, context: Context<'_>) -> Treatment {
        if context.external {
            Treatment::AttributeDiscard
        } else {
            Self::MALFORMED
        }
    }

    #[inline]
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        Self::check(*reader, context)?;
        let (chunks, _) = reader.take_rest().as_chunks::<4>();
        Ok(ClusterList(chunks.iter().map(|octets| Ipv4Addr::from(*octets)).collect()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|id| out.extend_from_slice(&id.octets()));
    }

    /// RFC 7606, section 7.10
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
