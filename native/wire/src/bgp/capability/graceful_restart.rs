//! Graceful Restart (RFC 4724, section 3; RFC 8538, section 2).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

/// One family of the graceful restart capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyFlags {
    pub family: AddressFamily,
    /// 0x80: forwarding state was kept.
    pub flags: u8,
}

impl Entry for FamilyFlags {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(FamilyFlags { family: reader.family()?, flags: reader.u8()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.flags);
    }
}

impl fmt::Display for FamilyFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.family, if self.flags & 0x80 == 0 { "" } else { " kept" })
    }
}
