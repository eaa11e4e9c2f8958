//! Text forms.

/// UUIDs as 36 characters.
pub mod uuid {
    use serde::Serializer;

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// As the serializer.
    pub fn serialize<S: Serializer>(id: &[u8; 16], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(id))
    }

    pub fn text(id: &[u8; 16]) -> String {
        let mut out = String::with_capacity(36);
        for (index, octet) in id.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                out.push('-');
            }
            super::push_hex(&mut out, *octet);
        }
        out
    }
}

pub(crate) fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}

pub(crate) fn distinguisher<S: serde::Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&wire::bmp::peer_header::distinguisher_text(*value))
}

/// A length of time in its largest two units, as pages say it too: `35s`, `10m`, `8d 8h`.
pub fn duration(seconds: u64) -> String {
    const UNITS: [(u64, char); 4] = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let largest = UNITS.iter().position(|(of, _)| *of <= seconds).unwrap_or(UNITS.len() - 1);
    let parts = UNITS.iter().skip(largest).take(2);
    let mut left = seconds;
    let texts = parts.enumerate().filter_map(|(place, (of, unit))| {
        let count = left / of;
        left %= of;
        (place == 0 || count > 0).then(|| format!("{count}{unit}"))
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// Octets of an even number of hexadecimal digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    Some(digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, octet| {
        push_hex(&mut out, *octet);
        out
    })
}

/// Without the formatter: rows of a full table are printed by the million.
fn push_hex(out: &mut String, octet: u8) {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    out.push(digit(octet >> 4));
    out.push(digit(octet & 0x0f));
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_duration_has_two_units_at_most() {
        let texts = [0, 35, 60, 95, 600, 3_725, 86_400, 723_197].map(duration);
        assert_eq!(texts, ["0s", "35s", "1m", "1m 35s", "10m", "1h 2m", "1d", "8d 8h"]);
    }
}
