//! AIGP (RFC 7311).

use serde::Serialize;

use super::{flags, Context, PathAttribute, Treatment};
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// Metric of the whole way inside the administration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Aigp {
    /// Of the first TLV of type 1, which is the one that counts.
    pub metric: Option<u64>,
    /// The TLVs after it, or all where there is none.
    #[serde(skip_serializing_if = "is_empty")]
    pub others: Raw,
}

fn is_empty(raw: &Raw) -> bool {
    raw.is_empty()
}

impl PathAttribute for Aigp {
    const CODE: u8 = 26;
    const NAME: &'static str = "aigp";
    const CLASS: u8 = flags::OPTIONAL_NON_TRANSITIVE;
    // RFC 7311, section 3
    const MALFORMED: Treatment = Treatment::AttributeDiscard;
    const WRONG_FLAGS: Treatment = Treatment::AttributeDiscard;

    /// A TLV's length counts its type and length too.
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        let whole = reader.peek();
        let mut metric = None;
        let mut others = whole;
        let mut first = true;
        while !reader.is_empty() {
            let kind = reader.u8().at("type")?;
            let at = *reader;
            let length = reader.u16().at("length")?;
            let Some(length) = length.checked_sub(3).filter(|length| kind != 1 || *length == 8) else {
                return Err(at.error(ErrorKind::Length { found: length.into(), expected: "11" }))
                    .at("length");
            };
            let mut value = reader.sub(length.into()).at("value")?;
            if first && kind == 1 {
                metric = Some(value.u64()?);
                others = reader.peek();
            }
            first = false;
        }
        Ok(Aigp { metric, others: others.into() })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if let Some(metric) = self.metric {
            out.extend_from_slice(&[1, 0, 11]);
            out.extend_from_slice(&metric.to_be_bytes());
        }
        out.extend_from_slice(&self.others);
    }
}
