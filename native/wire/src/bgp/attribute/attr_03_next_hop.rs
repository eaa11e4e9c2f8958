//! NEXT_HOP (RFC 4271, section 5.1.3).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// Next hop of the NLRI field's IPv4 prefixes; see [`super::NextHop`] for the one in MP_REACH_NLRI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ClassicNextHop(pub Ipv4Addr);

impl PathAttribute for ClassicNextHop {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        reader.ipv4().map(ClassicNextHop)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.octets());
    }
}
