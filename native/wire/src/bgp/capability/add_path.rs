//! ADD-PATH (RFC 7911, section 4).

use std::fmt;

use serde::Serialize;

use super::entry::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;
use crate::registry::bgp::add_path_mode;

/// One family of the ADD-PATH capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AddPathFamily {
    pub family: AddressFamily,
    /// 1 can receive, 2 can send, 3 both; others are to be ignored.
    pub mode: u8,
}

impl Entry for AddPathFamily {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(AddPathFamily { family: reader.family()?, mode: reader.u8()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.push(self.mode);
    }
}

impl fmt::Display for AddPathFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match add_path_mode::name(self.mode) {
            Some(name) => write!(f, "{} {name}", self.family),
            None => write!(f, "{} {}", self.family, self.mode),
        }
    }
}
