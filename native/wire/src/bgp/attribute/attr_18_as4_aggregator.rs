//! AS4_AGGREGATOR (RFC 6793, section 3).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// Who made an aggregate, with a four-octet AS number, beside an AGGREGATOR of AS 23456.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct As4Aggregator {
    pub asn: u32,
    pub address: Ipv4Addr,
}

// RFC 6793, section 6, which says nothing of flags.
impl PathAttribute for As4Aggregator {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        Ok(As4Aggregator { asn: reader.u32()?, address: reader.ipv4()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.asn.to_be_bytes());
        out.extend_from_slice(&self.address.octets());
    }
}
