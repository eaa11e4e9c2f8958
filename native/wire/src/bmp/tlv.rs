//! Information TLVs of Initiation, Peer Up, Termination and Peer Down (RFC 7854, section 4.4; RFC 9736).

use serde::Serialize;

use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// A TLV as it was; each message has a namespace of types of its own (RFC 9736).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tlv {
    #[serde(rename = "type")]
    pub tlv_type: u16,
    pub value: Raw,
}

impl Tlv {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let tlv_type = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        Ok(Tlv { tlv_type, value: reader.take(length.into()).at("value")?.into() })
    }

    /// Every TLV to the end of the message.
    pub fn decode_all(reader: &mut Reader<'_>) -> Result<Vec<Self>> {
        let mut tlvs = Vec::new();
        while !reader.is_empty() {
            tlvs.push(Tlv::decode(reader).at_index(tlvs.len()).at("tlvs")?);
        }
        Ok(tlvs)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        encode(self.tlv_type, &self.value, out);
    }

    /// The value as text; octets that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// Writes one TLV; a value above 65,535 octets is cut.
pub fn encode(tlv_type: u16, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&tlv_type.to_be_bytes());
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value.get(..length.into()).unwrap_or(value));
}

/// The first TLV of a type, as text.
pub(crate) fn text(tlvs: &[Tlv], tlv_type: u16) -> Option<String> {
    tlvs.iter().find(|tlv| tlv.tlv_type == tlv_type).map(Tlv::text)
}
