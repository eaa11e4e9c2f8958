//! What is ahead of an attribute's value: flags, code and length.

use super::flags;

pub(super) fn write(out: &mut impl Extend<u8>, flags: u8, code: u8, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    match u8::try_from(length) {
        Ok(length) if flags & flags::EXTENDED_LENGTH == 0 => out.extend([flags, code, length]),
        _ => {
            out.extend([flags | flags::EXTENDED_LENGTH, code]);
            out.extend(length.to_be_bytes());
        }
    }
}

/// Writes one attribute in canonical form: the shortest length, no unused flag bits.
#[inline]
pub(crate) fn encode_canonical(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    write_canonical_head(out, flags, code, value.len());
    out.extend_from_slice(value);
}

#[inline]
pub(crate) fn write_canonical_head(out: &mut Vec<u8>, flags: u8, code: u8, length: usize) {
    const KEPT: u8 = flags::CLASS | flags::PARTIAL;
    match u8::try_from(length) {
        Ok(length) => out.extend_from_slice(&[flags & KEPT, code, length]),
        Err(_) => {
            let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
            out.extend_from_slice(&[flags & KEPT | flags::EXTENDED_LENGTH, code, high, low]);
        }
    }
}
