//! Text forms.

/// UUIDs as 36 characters.
pub mod uuid {
    use serde::Serializer;

    pub fn serialize<S: Serializer>(id: &[u8; 16], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(id))
    }

    pub fn text(id: &[u8; 16]) -> String {
        let mut out = String::with_capacity(36);
        for (index, octet) in id.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                out.push('-');
            }
            out.push_str(&super::hex(&[*octet]));
        }
        out
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, octet| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{octet:02x}");
        out
    })
}
