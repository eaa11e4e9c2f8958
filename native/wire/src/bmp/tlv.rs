//! Information TLVs of Initiation, Peer Up, Termination and Peer Down (RFC 7854, section 4.4; RFC 9736), and the
//! indexed ones of Route Monitoring in version 4 (draft-ietf-grow-bmp-tlv).

use serde::Serialize;

use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bmp::peer_up_tlv;

/// A TLV as it was; each message has a namespace of types of its own (RFC 9736).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tlv {
    /// The highest bit says that the value starts with an enterprise number; see [`Tlv::enterprise`].
    #[serde(rename = "type")]
    pub tlv_type: u16,
    /// Version 4, Route Monitoring: which NLRI of the message it is about, counted from 1; 0 is all of
    /// them, and with the highest bit set a group of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u16>,
    pub value: Raw,
}

impl Tlv {
    /// A TLV without an index.
    pub fn new(tlv_type: u16, value: impl Into<Raw>) -> Self {
        Tlv { tlv_type, index: None, value: value.into() }
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let tlv_type = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        Ok(Tlv { tlv_type, index: None, value: reader.take(length.into()).at("value")?.into() })
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
        match self.index {
            None => encode(self.tlv_type, &self.value, out),
            Some(index) => encode_indexed(self.tlv_type, index, &self.value, out),
        }
    }

    /// IANA private enterprise number of a TLV whose type has the E bit.
    pub fn enterprise(&self) -> Option<u32> {
        let number = self.value.first_chunk::<4>()?;
        (self.tlv_type & 0x8000 != 0).then_some(u32::from_be_bytes(*number))
    }

    /// The value as text; octets that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).into_owned()
    }
}

/// TLVs of Peer Up, and of the Peer Down that goes with it (RFC 9736, RFC 9069), with their names, and with their text where they are text.
pub(crate) fn serialize_peer_tlvs<S: serde::Serializer>(
    tlvs: &[Tlv],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'a> {
        #[serde(flatten)]
        tlv: &'a Tlv,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    }
    serializer.collect_seq(tlvs.iter().map(|tlv| {
        let name = peer_up_tlv::name(tlv.tlv_type);
        Named { tlv, name, text: name.map(|_| tlv.text()) }
    }))
}

/// Writes one TLV; a value above 65,535 octets is cut.
pub fn encode(tlv_type: u16, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&tlv_type.to_be_bytes());
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(value.get(..length.into()).unwrap_or(value));
}

/// Writes one indexed TLV of version 4; the length is that of the value alone.
pub fn encode_indexed(tlv_type: u16, index: u16, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&tlv_type.to_be_bytes());
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&index.to_be_bytes());
    out.extend_from_slice(value.get(..length.into()).unwrap_or(value));
}

/// An indexed TLV where it is on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexedTlvRef<'a> {
    pub tlv_type: u16,
    pub index: u16,
    pub value: Reader<'a>,
}

impl<'a> IndexedTlvRef<'a> {
    pub fn read(reader: &mut Reader<'a>) -> Result<Self> {
        let tlv_type = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        let index = reader.u16().at("index")?;
        Ok(IndexedTlvRef { tlv_type, index, value: reader.sub(length.into()).at("value")? })
    }
}

/// The first TLV of a type, as text.
pub(crate) fn text(tlvs: &[Tlv], tlv_type: u16) -> Option<String> {
    tlvs.iter().find(|tlv| tlv.tlv_type == tlv_type).map(Tlv::text)
}
