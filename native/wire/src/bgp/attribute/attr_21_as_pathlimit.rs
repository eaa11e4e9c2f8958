//! AS_PATHLIMIT (draft-ietf-idr-as-pathlimit), which IANA calls deprecated and old routers send.

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// How many AS numbers the path may have, and the AS that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct AsPathLimit {
    pub limit: u8,
    pub asn: u32,
}

impl PathAttribute for AsPathLimit {
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        Ok(AsPathLimit { limit: reader.u8()?, asn: reader.u32()? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.limit);
        out.extend_from_slice(&self.asn.to_be_bytes());
    }
}
