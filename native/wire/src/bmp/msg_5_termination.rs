//! Termination (RFC 7854, section 4.5).

use serde::{Serialize, Serializer};

use super::{tlv, Tlv};
use crate::error::Result;
use crate::reader::Reader;
use crate::registry::bmp::{termination_reason, termination_tlv};

/// The router ends the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Termination {
    /// One of `registry::bmp::termination_reason`, where the router gave one.
    #[serde(flatten, serialize_with = "serialize_reason")]
    pub reason: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Type 0 is free text, 1 the reason; all of them, the two above too.
    pub tlvs: Vec<Tlv>,
}

impl Termination {
    pub fn new(tlvs: Vec<Tlv>) -> Self {
        let reason = tlvs
            .iter()
            .find(|tlv| tlv.tlv_type == termination_tlv::REASON)
            .and_then(|tlv| <[u8; 2]>::try_from(&*tlv.value).ok())
            .map(u16::from_be_bytes);
        Termination { reason, text: tlv::text(&tlvs, termination_tlv::STRING), tlvs }
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Tlv::decode_all(reader).map(Termination::new)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
    }
}

fn serialize_reason<S: Serializer>(
    reason: &Option<u16>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut out = serializer.serialize_map(Some(2))?;
    out.serialize_entry("reason", reason)?;
    out.serialize_entry("reason_name", &reason.and_then(termination_reason::name))?;
    out.end()
}
