//! The header of a BGP message (RFC 4271, section 4.1).

use crate::error::{At, DecodeError, ErrorKind, Result};
use crate::reader::Reader;

/// Octets of a BGP message's header: marker, length, type.
pub const HEADER_LENGTH: usize = 19;

/// Reads a header; gives the message type and a reader of the body.
#[inline(always)]
pub(crate) fn read<'a>(reader: &mut Reader<'a>) -> Result<(u8, Reader<'a>)> {
    let at = *reader;
    let marker = reader.array::<16>().at("marker")?;
    if u128::from_ne_bytes(marker) != u128::MAX {
        return Err(at.error(ErrorKind::Value {
            found: marker.into_iter().find(|octet| *octet != 0xff).unwrap_or(0).into(),
            expected: "16 octets of 255",
        }))
        .at("marker");
    }
    let at = *reader;
    let length = reader.u16().at("length")?;
    let message_type = reader.u8().at("type")?;
    let Some(body) = usize::from(length).checked_sub(HEADER_LENGTH) else {
        return Err(at.error(ErrorKind::Length { found: length.into(), expected: "19 or more" }))
            .at("length");
    };
    Ok((message_type, reader.sub(body).at("length")?))
}

/// Reads a header and requires the message type.
#[inline(always)]
pub(crate) fn read_of<'a>(reader: &mut Reader<'a>, wanted: u8, expected: &'static str) -> Result<Reader<'a>> {
    let at = *reader;
    let (message_type, body) = read(reader)?;
    if message_type == wanted {
        Ok(body)
    } else {
        Err(DecodeError::new(ErrorKind::Value { found: message_type.into(), expected }, at.offset() + 18))
            .at("type")
    }
}

/// Writes a header around what `body` writes; a message above 65,535 octets has a wrong length.
pub(crate) fn encode(message_type: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0xff; 16]);
    out.extend_from_slice(&[0; 2]);
    out.push(message_type);
    body(out);
    let length = u16::try_from(out.len() - start).unwrap_or(u16::MAX);
    if let Some(field) = out.get_mut(start + 16..start + 18) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}
