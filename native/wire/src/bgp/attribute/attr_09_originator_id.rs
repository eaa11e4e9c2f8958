//! ORIGINATOR_ID (RFC 4456, section 8).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{Context, PathAttribute, Registered, Treatment};
use crate::error::Result;
use crate::reader::Reader;

/// BGP ID of the router that brought the route into the AS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct OriginatorId(pub Ipv4Addr);

impl PathAttribute for OriginatorId {
    /// RFC 7606, section 7.9: from an external neighbour it is discarded, whatever is in it.
    fn malformed(_: Reader<'_>, context: Context<'_>) -> Treatment {
        if context.external {
            Treatment::AttributeDiscard
        } else {
            Self::MALFORMED
        }
    }

    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        reader.ipv4().map(OriginatorId)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.octets());
    }
}
