//! Route Mirroring (RFC 7854, section 4.7).

use serde::{Serialize, Serializer};

use super::PeerHeader;
use crate::bgp;
use crate::error::{At, DecodeError, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bmp::{mirroring_information, mirroring_tlv};

/// PDUs as the router received them, also such as it could not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteMirroring {
    pub peer: PeerHeader,
    pub mirrored: Vec<Mirrored>,
}

/// One TLV of a Route Mirroring message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Mirrored {
    /// 0: a BGP message, whole; `error` where it does not read.
    BgpMessage {
        message: Raw,
        #[serde(skip_serializing_if = "Option::is_none")]
        decoded: Option<Box<bgp::Message>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<DecodeError>,
    },
    /// 1: 0 errored PDU, 1 messages lost.
    Information {
        #[serde(flatten, serialize_with = "serialize_code")]
        code: u16,
    },
    Unknown {
        tlv_type: u16,
        value: Raw,
    },
}

/// A message with so many BGP messages that do not read has nothing more to tell: the others in it stay octets. A megabyte
/// holds a quarter of a million of them.
const MOST_UNREADABLE: usize = 64;

impl RouteMirroring {
    pub fn decode(reader: &mut Reader<'_>, peer: PeerHeader, context: bgp::Context<'_>) -> Result<Self> {
        let mut mirrored = Vec::new();
        let mut unreadable = 0;
        while !reader.is_empty() {
            let tlv = Mirrored::decode(reader, context, unreadable < MOST_UNREADABLE);
            let tlv = tlv.at_index(mirrored.len()).at("tlvs")?;
            unreadable += usize::from(matches!(tlv, Mirrored::BgpMessage { error: Some(_), .. }));
            mirrored.push(tlv);
        }
        Ok(RouteMirroring { peer, mirrored })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        for tlv in &self.mirrored {
            match tlv {
                Mirrored::BgpMessage { message, .. } => {
                    super::tlv::encode(mirroring_tlv::BGP_MESSAGE, message, out);
                }
                Mirrored::Information { code } => {
                    super::tlv::encode(mirroring_tlv::INFORMATION, &code.to_be_bytes(), out);
                }
                Mirrored::Unknown { tlv_type, value } => super::tlv::encode(*tlv_type, value, out),
            }
        }
    }
}

impl Mirrored {
    /// Why the message of it does not read.
    pub(crate) fn error(&self) -> Option<&DecodeError> {
        match self {
            Mirrored::BgpMessage { error, .. } => error.as_ref(),
            Mirrored::Information { .. } | Mirrored::Unknown { .. } => None,
        }
    }

    fn decode(reader: &mut Reader<'_>, context: bgp::Context<'_>, try_to_read: bool) -> Result<Self> {
        let tlv_type = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        let mut value = reader.sub(length.into()).at("value")?;
        Ok(match (tlv_type, length) {
            (mirroring_tlv::BGP_MESSAGE, _) if !try_to_read => {
                Mirrored::BgpMessage { message: value.take_rest().into(), decoded: None, error: None }
            }
            (mirroring_tlv::BGP_MESSAGE, _) => {
                let message = value.peek().into();
                match bgp::Message::decode(&mut value, context) {
                    Ok(decoded) => {
                        Mirrored::BgpMessage { message, decoded: Some(Box::new(decoded)), error: None }
                    }
                    Err(error) => Mirrored::BgpMessage { message, decoded: None, error: Some(error) },
                }
            }
            (mirroring_tlv::INFORMATION, 2) => Mirrored::Information { code: value.u16()? },
            _ => Mirrored::Unknown { tlv_type, value: value.take_rest().into() },
        })
    }
}

fn serialize_code<S: Serializer>(code: &u16, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut out = serializer.serialize_map(Some(2))?;
    out.serialize_entry("code", code)?;
    out.serialize_entry("code_name", &mirroring_information::name(*code))?;
    out.end()
}
