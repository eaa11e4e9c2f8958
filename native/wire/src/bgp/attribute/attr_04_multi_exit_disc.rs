//! MULTI_EXIT_DISC (RFC 4271, section 5.1.4).

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// Metric among several ways into the same neighbouring AS; the lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct MultiExitDisc(pub u32);

impl PathAttribute for MultiExitDisc {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        reader.u32().map(MultiExitDisc)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
}
