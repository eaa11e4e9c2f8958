//! NOTIFICATION (RFC 4271, section 4.5; RFC 4486, RFC 6608, RFC 8538, RFC 9003, RFC 9384, RFC 9687).

use std::fmt;

use serde::{Serialize, Serializer};

use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::notification::{cease, CEASE};
use crate::registry::bgp::{message, notification};

/// Why a session was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub code: u8,
    pub subcode: u8,
    pub data: Raw,
}

impl Notification {
    /// Reads a whole message, its header included.
    pub fn decode_message(reader: &mut Reader<'_>) -> Result<Self> {
        let mut body = super::header::read_of(reader, message::NOTIFICATION, "3 (NOTIFICATION)")?;
        Notification::decode(&mut body)
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Notification {
            code: reader.u8().at("code")?,
            subcode: reader.u8().at("subcode")?,
            data: reader.take_rest().into(),
        })
    }

    /// Writes a whole message, its header included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        super::header::encode(message::NOTIFICATION, out, |out| {
            out.extend_from_slice(&[self.code, self.subcode]);
            out.extend_from_slice(&self.data);
        });
    }

    /// IANA "BGP Error (Notification) Codes".
    pub fn code_name(&self) -> Option<&'static str> {
        notification::name(self.code)
    }

    /// IANA "BGP Error Subcodes" of the code.
    pub fn subcode_name(&self) -> Option<&'static str> {
        notification::subcode_name(self.code, self.subcode)
    }

    /// What a Hard Reset holds (RFC 8538, section 3.1).
    pub fn hard_reset(&self) -> Option<Notification> {
        match (self.code, self.subcode, &*self.data) {
            (CEASE, cease::HARD_RESET, [code, subcode, data @ ..]) => {
                Some(Notification { code: *code, subcode: *subcode, data: data.into() })
            }
            _ => None,
        }
    }

    /// The family and the number of prefixes that Maximum Number of Prefixes Reached speaks of (RFC 4486, section 4).
    pub fn prefix_limit(&self) -> Option<(AddressFamily, u32)> {
        if (self.code, self.subcode, self.data.len()) != (CEASE, cease::MAXIMUM_NUMBER_OF_PREFIXES_REACHED, 7)
        {
            return None;
        }
        let mut reader = Reader::new(&self.data, 0);
        Some((reader.family().ok()?, reader.u32().ok()?))
    }

    /// The text an operator gave with Administrative Shutdown or Reset (RFC 9003, section 2), in a Hard Reset too. Octets that are
    /// not UTF-8 are replaced.
    pub fn shutdown_text(&self) -> Option<String> {
        if let Some(inner) = self.hard_reset() {
            return match inner.subcode {
                cease::HARD_RESET => None,
                _ => inner.shutdown_text(),
            };
        }
        let has_text = matches!(self.subcode, cease::ADMINISTRATIVE_SHUTDOWN | cease::ADMINISTRATIVE_RESET);
        if self.code != CEASE || !has_text {
            return None;
        }
        let (length, text) = self.data.split_first()?;
        text.get(..usize::from(*length)).map(|text| String::from_utf8_lossy(text).into_owned())
    }
}

/// `Cease, Administrative Shutdown: text`; numbers where there is no name.
impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code_name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "{}", self.code)?,
        }
        match (self.subcode_name(), self.subcode) {
            (Some(name), _) => write!(f, ", {name}")?,
            (None, 0) => {}
            (None, subcode) => write!(f, ", {subcode}")?,
        }
        match self.shutdown_text() {
            Some(text) if !text.is_empty() => write!(f, ": {text}"),
            _ => Ok(()),
        }
    }
}

impl Serialize for Notification {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Notification", 8)?;
        out.serialize_field("code", &self.code)?;
        out.serialize_field("subcode", &self.subcode)?;
        out.serialize_field("code_name", &self.code_name())?;
        out.serialize_field("subcode_name", &self.subcode_name())?;
        out.serialize_field("shutdown_text", &self.shutdown_text())?;
        if let Some(inner) = self.hard_reset() {
            let name = (inner.code_name(), inner.subcode_name());
            out.serialize_field("hard_reset", &(inner.code, inner.subcode, name.0, name.1))?;
        }
        if let Some((family, limit)) = self.prefix_limit() {
            out.serialize_field("prefix_limit", &(family, limit))?;
        }
        out.serialize_field("data", &self.data)?;
        out.end()
    }
}
