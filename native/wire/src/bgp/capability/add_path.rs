//! ADD-PATH (RFC 7911, section 4).

use std::fmt;

use serde::Serialize;

use super::Entry;
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::reader::Reader;

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
        match self.mode {
            1 => write!(f, "{} receive", self.family),
            2 => write!(f, "{} send", self.family),
            3 => write!(f, "{} both", self.family),
            mode => write!(f, "{} {mode}", self.family),
        }
    }
}
