//! Multiple Labels (RFC 8277, section 2.1).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

/// How many labels an NLRI of the family may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyCount {
    pub family: AddressFamily,
    pub count: u8,
}

impl Entry for FamilyCount {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(FamilyCount { family: reader.family()?, count: reader.u8()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.count);
    }
}

impl fmt::Display for FamilyCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family, self.count)
    }
}
