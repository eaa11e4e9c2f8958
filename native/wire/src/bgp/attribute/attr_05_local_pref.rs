//! LOCAL_PREF (RFC 4271, section 5.1.5).
//!
//! RFC 7606, section 7.5, discards it from an external neighbour. Where it is well formed that is the router's own decision: a station shows
//! what the router reports.

use serde::Serialize;

use super::{Context, PathAttribute, Registered, Treatment};
use crate::error::Result;
use crate::reader::Reader;

/// Degree of preference inside an AS; the higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct LocalPref(pub u32);

impl PathAttribute for LocalPref {
    /// RFC 7606, section 7.5: from an external neighbour it is discarded, whatever is in it.
    fn malformed(_: Reader<'_>, context: Context<'_>) -> Treatment {
        if context.external {
            Treatment::AttributeDiscard
        } else {
            Self::MALFORMED
        }
    }

    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        reader.u32().map(LocalPref)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
}
