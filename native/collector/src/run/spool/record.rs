//! A batch as it is in a file.
//!
//! ```text
//! octets  what
//! 4       length of the rest
//! 4       CRC-32 of the rest
//! 16      the router's id
//! 2       length of the message id
//! ...     the message id, in ASCII
//! ...     the batch
//! ```

use batch::ids::Id;
use bytes::Bytes;
use std::io::{self, Read};

const HEADER: usize = 8;
const FIXED: usize = 18;
/// More than any batch: a length above it is no length.
const LONGEST: usize = 64 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub router_id: Id,
    pub message_id: String,
    pub payload: Bytes,
}

impl Record {
    /// The id of the session that it is of, in hexadecimal.
    pub fn session(&self) -> &str {
        self.message_id.split('-').next().unwrap_or_default()
    }

    /// Octets on disk.
    pub fn length(&self) -> u64 {
        (HEADER + FIXED + self.message_id.len() + self.payload.len()) as u64
    }

    pub fn to_octets(&self) -> Vec<u8> {
        let id = self.message_id.as_bytes();
        let id = id.get(..id.len().min(usize::from(u16::MAX))).unwrap_or_default();
        let length = u16::try_from(id.len()).unwrap_or(u16::MAX);
        let rest = [&self.router_id[..], &length.to_be_bytes(), id, &self.payload].concat();
        let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes()[..], &crc32fast::hash(&rest).to_be_bytes(), &rest].concat()
    }

    /// `InvalidData` is a record that is damaged or not whole.
    pub fn read(reader: &mut impl Read) -> io::Result<Self> {
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        let whole = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged("a record is not whole"),
            _ => error,
        };
        let mut header = [0; HEADER];
        reader.read_exact(&mut header).map_err(whole)?;
        let [a, b, c, d, sum @ ..] = header;
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if !(FIXED..=LONGEST).contains(&length) {
            return Err(damaged("an impossible length"));
        }
        let mut rest = vec![0; length];
        reader.read_exact(&mut rest).map_err(whole)?;
        if crc32fast::hash(&rest) != u32::from_be_bytes(sum) {
            return Err(damaged("a checksum is wrong"));
        }
        let rest = Bytes::from(rest);
        let parts = || {
            let router_id = rest.get(..16)?.try_into().ok()?;
            let end = FIXED + usize::from(u16::from_be_bytes(rest.get(16..FIXED)?.try_into().ok()?));
            let message_id = std::str::from_utf8(rest.get(FIXED..end)?).ok()?.to_owned();
            Some(Record { router_id, message_id, payload: rest.slice(end..) })
        };
        parts().ok_or_else(|| damaged("a message id is none"))
    }
}
