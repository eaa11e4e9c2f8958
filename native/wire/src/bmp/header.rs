//! The common header (RFC 7854, section 4.1).

use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// Octets of the common header: version, message length, message type.
pub const HEADER_LENGTH: usize = 6;

/// The common header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommonHeader {
    pub version: u8,
    /// Of the whole message.
    pub length: u32,
    pub message_type: u8,
}

impl CommonHeader {
    /// Reads version and length, the two fields that framing rests on. An error here is fatal for
    /// the session: where the next message starts is not known any more.
    #[inline(always)]
    pub fn decode(reader: &mut Reader<'_>, limit: u32) -> Result<Self> {
        let at = *reader;
        let version = reader.u8().at("version").at("bmp")?;
        if !matches!(version, 3 | 4) {
            return Err(at.error(ErrorKind::Version { found: version })).at("version").at("bmp");
        }
        let at = *reader;
        let length = reader.u32().at("length").at("bmp")?;
        if (length as usize) < HEADER_LENGTH || length > limit {
            return Err(at.error(ErrorKind::MessageLength { found: length, limit })).at("length").at("bmp");
        }
        let message_type = reader.u8().at("type").at("bmp")?;
        Ok(CommonHeader { version, length, message_type })
    }
}
