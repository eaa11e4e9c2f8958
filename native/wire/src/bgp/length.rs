//! Lengths that are ahead of what they measure.

/// Writes a two-octet length in front of what `body` writes.
pub(crate) fn with_u16(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 2]);
    body(out);
    let length = u16::try_from(out.len() - start - 2).unwrap_or(u16::MAX);
    if let Some(field) = out.get_mut(start..start + 2) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Writes a one-octet length in front of what `body` writes.
pub(crate) fn with_u8(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(0);
    body(out);
    let length = u8::try_from(out.len() - start - 1).unwrap_or(u8::MAX);
    if let Some(field) = out.get_mut(start) {
        *field = length;
    }
}
