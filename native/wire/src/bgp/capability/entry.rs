//! What a capability has one of for each family, or for each of something else.

use crate::error::Result;
use crate::reader::Reader;

/// What a capability has one of for each family.
pub(super) trait Entry: Sized {
    fn decode(reader: &mut Reader<'_>) -> Result<Self>;
    fn encode(&self, out: &mut Vec<u8>);
}

/// Entries to the end of the value; each takes something.
pub(super) fn entries<T: Entry>(reader: &mut Reader<'_>) -> Result<Vec<T>> {
    let mut entries = Vec::new();
    while !reader.is_empty() {
        entries.push(T::decode(reader)?);
    }
    Ok(entries)
}

pub(super) fn encode_all<T: Entry>(entries: &[T], out: &mut Vec<u8>) {
    entries.iter().for_each(|entry| entry.encode(out));
}
