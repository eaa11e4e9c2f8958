//! Text of FQDN (draft-walton-bgp-hostname-capability) and software version (draft-abraitis-bgp-version-capability).

use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::raw::Raw;
use crate::reader::Reader;

/// Text with its length in front; octets that are not UTF-8 print as replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Raw);

impl Text {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let length = reader.u8()?;
        Ok(Text(reader.take(length.into())?.into()))
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        crate::bgp::length::with_u8(out, |out| out.extend_from_slice(&self.0));
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
