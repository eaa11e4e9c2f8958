//! PATHS-LIMIT (draft-abraitis-idr-addpath-paths-limit).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

/// How many paths of a prefix the speaker wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyLimit {
    pub family: AddressFamily,
    pub limit: u16,
}

impl Entry for FamilyLimit {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(FamilyLimit { family: reader.family()?, limit: reader.u16()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.extend_from_slice(&self.limit.to_be_bytes());
    }
}

impl fmt::Display for FamilyLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family, self.limit)
    }
}
