//! NOTIFICATION (RFC 4271, section 4.5; RFC 4486, RFC 6608, RFC 8538, RFC 9003, RFC 9384, RFC 9687).

use std::fmt;

use serde::{Serialize, Serializer};

use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

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
        let mut body = super::header_of(reader, 3, "3 (NOTIFICATION)")?;
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
        super::encode(3, out, |out| {
            out.extend_from_slice(&[self.code, self.subcode]);
            out.extend_from_slice(&self.data);
        });
    }

    /// IANA "BGP Error (Notification) Codes".
    pub fn code_name(&self) -> Option<&'static str> {
        Some(match self.code {
            1 => "Message Header Error",
            2 => "OPEN Message Error",
            3 => "UPDATE Message Error",
            4 => "Hold Timer Expired",
            5 => "Finite State Machine Error",
            6 => "Cease",
            7 => "ROUTE-REFRESH Message Error",
            8 => "Send Hold Timer Expired",
            9 => "Loss of LSDB Synchronization",
            _ => return None,
        })
    }

    /// IANA "BGP Error Subcodes" of the code.
    pub fn subcode_name(&self) -> Option<&'static str> {
        Some(match (self.code, self.subcode) {
            (1, 1) => "Connection Not Synchronized",
            (1, 2) => "Bad Message Length",
            (1, 3) => "Bad Message Type",
            (2, 1) => "Unsupported Version Number",
            (2, 2) => "Bad Peer AS",
            (2, 3) => "Bad BGP Identifier",
            (2, 4) => "Unsupported Optional Parameter",
            (2, 6) => "Unacceptable Hold Time",
            (2, 7) => "Unsupported Capability",
            (2, 11) => "Role Mismatch",
            (3, 1) => "Malformed Attribute List",
            (3, 2) => "Unrecognized Well-known Attribute",
            (3, 3) => "Missing Well-known Attribute",
            (3, 4) => "Attribute Flags Error",
            (3, 5) => "Attribute Length Error",
            (3, 6) => "Invalid ORIGIN Attribute",
            (3, 8) => "Invalid NEXT_HOP Attribute",
            (3, 9) => "Optional Attribute Error",
            (3, 10) => "Invalid Network Field",
            (3, 11) => "Malformed AS_PATH",
            (5, 0) => "Unspecified Error",
            (5, 1) => "Receive Unexpected Message in OpenSent State",
            (5, 2) => "Receive Unexpected Message in OpenConfirm State",
            (5, 3) => "Receive Unexpected Message in Established State",
            (6, 1) => "Maximum Number of Prefixes Reached",
            (6, 2) => "Administrative Shutdown",
            (6, 3) => "Peer De-configured",
            (6, 4) => "Administrative Reset",
            (6, 5) => "Connection Rejected",
            (6, 6) => "Other Configuration Change",
            (6, 7) => "Connection Collision Resolution",
            (6, 8) => "Out of Resources",
            (6, 9) => "Hard Reset",
            (6, 10) => "BFD Down",
            (7, 1) => "Invalid Message Length",
            _ => return None,
        })
    }

    /// What a Hard Reset holds (RFC 8538, section 3.1).
    pub fn hard_reset(&self) -> Option<Notification> {
        match (self.code, self.subcode, &*self.data) {
            (6, 9, [code, subcode, data @ ..]) => {
                Some(Notification { code: *code, subcode: *subcode, data: data.into() })
            }
            _ => None,
        }
    }

    /// The family and the number of prefixes that Maximum Number of Prefixes Reached speaks of (RFC 4486, section 4).
    pub fn prefix_limit(&self) -> Option<(AddressFamily, u32)> {
        if (self.code, self.subcode, self.data.len()) != (6, 1, 7) {
            return None;
        }
        let mut reader = Reader::new(&self.data, 0);
        Some((AddressFamily::decode(&mut reader).ok()?, reader.u32().ok()?))
    }

    /// The text an operator gave with Administrative Shutdown or Reset (RFC 9003, section 2), in a Hard Reset too. Octets that are
    /// not UTF-8 are replaced.
    pub fn shutdown_text(&self) -> Option<String> {
        if let Some(inner) = self.hard_reset() {
            return match inner.subcode {
                9 => None,
                _ => inner.shutdown_text(),
            };
        }
        if self.code != 6 || !matches!(self.subcode, 2 | 4) {
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
