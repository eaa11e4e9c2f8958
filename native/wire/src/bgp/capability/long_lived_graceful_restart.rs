//! Long-Lived Graceful Restart (RFC 9494, section 3).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

/// One family of the long-lived graceful restart capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LongLivedFamily {
    pub family: AddressFamily,
    /// 0x80: forwarding state was kept.
    pub flags: u8,
    /// Seconds, of 24 bits.
    pub stale_time: u32,
}

impl Entry for LongLivedFamily {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let (family, flags) = (reader.family()?, reader.u8()?);
        Ok(LongLivedFamily { family, flags, stale_time: reader.u24()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        let [_, high, middle, low] = self.stale_time.to_be_bytes();
        out.extend_from_slice(&[self.flags, high, middle, low]);
    }
}

impl fmt::Display for LongLivedFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} s", self.family, self.stale_time)
    }
}
