//! AIGP (RFC 7311).

use serde::Serialize;

use super::{flags, Context, PathAttribute, Treatment};
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::attribute_tlvs::aigp;

/// Metric of the whole way inside the administration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Aigp {
    /// Of the first TLV with the accumulated metric, which is the one that counts.
    pub metric: Option<u64>,
    /// The TLVs before it.
    #[serde(skip_serializing_if = "is_empty")]
    pub before: Raw,
    /// The TLVs after it, or all where there is none.
    #[serde(skip_serializing_if = "is_empty")]
    pub others: Raw,
}

/// Octets of a TLV with the accumulated metric, and of them its type and length.
const TLV: u16 = 11;
const HEAD: u16 = 3;

fn is_empty(raw: &Raw) -> bool {
    raw.is_empty()
}

// RFC 7311, section 3.2: as if it were an unrecognized non-transitive attribute. TLVs that are repeated or unknown are no
// malformation.
impl PathAttribute for Aigp {
    /// RFC 7311, section 3.2, speaks of the Transitive flag only; RFC 7606, section 3.c, of the other.
    fn wrong_flags(flags: u8) -> Treatment {
        if flags & flags::TRANSITIVE != 0 {
            Treatment::AttributeDiscard
        } else {
            Treatment::TreatAsWithdraw
        }
    }

    /// A TLV's length counts its type and length too.
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        let mut whole = *reader;
        let mut metric = None;
        let mut before = 0;
        while !reader.is_empty() {
            let ahead = whole.len() - reader.len();
            let kind = reader.u8().at("type")?;
            let at = *reader;
            let length = reader.u16().at("length")?;
            let Some(length) = length
                .checked_sub(HEAD)
                .filter(|value| kind != aigp::ACCUMULATED_METRIC || *value == TLV - HEAD)
            else {
                return Err(at.error(ErrorKind::Length { found: length.into(), expected: "11" }))
                    .at("length");
            };
            let mut value = reader.sub(length.into()).at("value")?;
            if metric.is_none() && kind == aigp::ACCUMULATED_METRIC {
                metric = Some(value.u64()?);
                before = ahead;
            }
        }
        let before = whole.take(before)?.into();
        if metric.is_some() {
            whole.take(TLV.into())?;
        }
        Ok(Aigp { metric, before, others: whole.take_rest().into() })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.before);
        if let Some(metric) = self.metric {
            out.push(aigp::ACCUMULATED_METRIC);
            out.extend_from_slice(&TLV.to_be_bytes());
            out.extend_from_slice(&metric.to_be_bytes());
        }
        out.extend_from_slice(&self.others);
    }
}
