//! AGGREGATOR (RFC 4271, section 5.1.7; RFC 6793).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::bgp::AS_TRANS;

/// Who made an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Aggregator {
    pub asn: u32,
    pub address: Ipv4Addr,
    /// The AS number has two octets on the wire: the length of the attribute says so itself.
    #[serde(skip)]
    pub two_octet: bool,
}

impl PathAttribute for Aggregator {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        let two_octet = match reader.len() {
            6 => true,
            8 => false,
            found => return Err(reader.error(ErrorKind::Length { found, expected: "6 or 8" })),
        };
        let asn = if two_octet { reader.u16()?.into() } else { reader.u32()? };
        Ok(Aggregator { asn, address: reader.ipv4()?, two_octet })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if self.two_octet {
            out.extend_from_slice(&u16::try_from(self.asn).unwrap_or(AS_TRANS).to_be_bytes());
        } else {
            out.extend_from_slice(&self.asn.to_be_bytes());
        }
        out.extend_from_slice(&self.address.octets());
    }
}
