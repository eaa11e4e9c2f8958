//! Protobuf's fields, a word at a time and without a loop over octets: what prost has for them takes and gives messages.

use prost::encoding::{decode_varint, encoded_len_varint};

/// Fields of a message.
pub(crate) struct Fields<'a> {
    pub rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Takes the next one, whichever it is; gives its number, and its octets where it is no number itself.
    #[inline(always)]
    pub fn any(&mut self) -> Option<(u32, Option<&'a [u8]>)> {
        let key = u32::try_from(self.varint()?).ok()?;
        let octets = match key & 7 {
            0 => {
                self.varint()?;
                None
            }
            LENGTH_DELIMITED => Some(self.delimited()?),
            _ => return None,
        };
        Some((key >> 3, octets))
    }

    /// A field of a number below 16 if it is the next one, as it is in the order in which prost writes them; else 0, which is
    /// what a number has that is left out.
    #[inline(always)]
    pub fn number(&mut self, field: u8) -> Option<u64> {
        match self.rest.split_first() {
            Some((key, rest)) if *key == field << 3 => {
                self.rest = rest;
                self.varint()
            }
            _ => Some(0),
        }
    }

    /// The same of octets.
    #[inline(always)]
    pub fn octets(&mut self, field: u8) -> Option<Option<&'a [u8]>> {
        match self.rest.split_first() {
            Some((key, rest)) if u32::from(*key) == u32::from(field) << 3 | LENGTH_DELIMITED => {
                self.rest = rest;
                self.delimited().map(Some)
            }
            _ => Some(None),
        }
    }

    /// A field of octets, which must be the next one; its key may have several octets.
    #[inline(always)]
    pub fn required(&mut self, field: u32) -> Option<&'a [u8]> {
        (self.varint()? == u64::from(field << 3 | LENGTH_DELIMITED)).then_some(())?;
        self.delimited()
    }

    #[inline(always)]
    fn delimited(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (octets, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(octets)
    }

    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        if let [short @ ..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Some(u64::from(*short));
        }
        let Some(word) = self.rest.first_chunk().map(|octets| u64::from_le_bytes(*octets)) else {
            return decode_varint(&mut self.rest).ok();
        };
        // The last octet has no highest bit.
        let last = !word & 0x8080_8080_8080_8080;
        if last == 0 {
            return decode_varint(&mut self.rest).ok();
        }
        let bits = last.trailing_zeros() + 1;
        self.rest = self.rest.get(bits as usize / 8..)?;
        // Seven bits of each octet: octets, then quarters, then halves move together.
        let octets = word & (u64::MAX >> (64 - bits)) & 0x7f7f_7f7f_7f7f_7f7f;
        let quarters = octets & 0x007f_007f_007f_007f | (octets & 0x7f00_7f00_7f00_7f00) >> 1;
        let halves = quarters & 0x0000_3fff_0000_3fff | (quarters & 0x3fff_0000_3fff_0000) >> 2;
        Some(halves & 0x0fff_ffff | (halves & 0x0fff_ffff_0000_0000) >> 4)
    }
}

/// The wire type of what has a length ahead.
const LENGTH_DELIMITED: u32 = 2;

/// Up to eight octets, the first in the lowest bits.
#[derive(Clone, Copy, Default)]
pub(crate) struct Word {
    octets: u64,
    pub length: usize,
}

impl Word {
    /// None where it has more than eight octets.
    #[inline(always)]
    pub fn varint(value: u64) -> Option<Self> {
        if value < 1 << 7 {
            return Some(Word { octets: value, length: 1 });
        }
        let length = encoded_len_varint(value);
        if length > 8 {
            return None;
        }
        // Seven bits an octet: halves, then quarters, then octets move apart.
        let halves = value & 0x0fff_ffff | (value & 0x00ff_ffff_f000_0000) << 4;
        let quarters = halves & 0x0000_3fff_0000_3fff | (halves & 0x0fff_c000_0fff_c000) << 2;
        let octets = quarters & 0x007f_007f_007f_007f | (quarters & 0x3f80_3f80_3f80_3f80) << 1;
        // All but the last say that there are more.
        let more = 0x8080_8080_8080_8080 & ((1 << (8 * (length - 1))) - 1);
        Some(Word { octets: octets | more, length })
    }

    /// A varint of at most five octets after the key of its field, which has at most two.
    #[inline(always)]
    fn keyed(key: u32, value: u32) -> Self {
        let (key, value) = (Self::varint(key.into()), Self::varint(value.into()));
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        Word { octets: key.octets | value.octets << (8 * key.length), length: key.length + value.length }
    }

    /// A field that is left out where it is 0.
    #[inline(always)]
    pub fn number(field: u32, value: u32) -> Self {
        if value == 0 {
            Word::default()
        } else {
            Self::keyed(field << 3, value)
        }
    }

    /// What is ahead of a field of so many octets. No batch has 2^32.
    #[inline(always)]
    pub fn ahead(field: u32, length: usize) -> Self {
        Self::keyed(field << 3 | LENGTH_DELIMITED, u32::try_from(length).unwrap_or(u32::MAX))
    }

    /// All eight octets, of which what is too much is cut off again: that needs no loop.
    #[inline(always)]
    pub fn add_to(self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.octets.to_le_bytes());
        out.truncate(end);
    }
}

/// A field of octets, left out where there are none.
#[derive(Clone, Copy)]
pub(crate) struct Octets<'a> {
    ahead: Word,
    value: &'a [u8],
}

impl<'a> Octets<'a> {
    #[inline(always)]
    pub fn of(field: u32, value: &'a [u8]) -> Self {
        let ahead = if value.is_empty() { Word::default() } else { Word::ahead(field, value.len()) };
        Octets { ahead, value }
    }

    #[inline(always)]
    pub fn length(&self) -> usize {
        self.ahead.length + self.value.len()
    }

    #[inline(always)]
    pub fn add_to(self, out: &mut Vec<u8>) {
        self.ahead.add_to(out);
        out.extend_from_slice(self.value);
    }
}

/// Fields of few octets that follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Small<const N: usize> {
    octets: [u8; N],
    pub length: usize,
}

impl<const N: usize> Default for Small<N> {
    fn default() -> Self {
        Small { octets: [0; N], length: 0 }
    }
}

impl<const N: usize> Small<N> {
    pub fn field(&mut self, field: u8, mut value: u64) {
        self.push(field << 3);
        while value >= 0x80 {
            let [low, ..] = value.to_le_bytes();
            self.push(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.push(low);
    }

    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    /// All octets there can be, of which what is too much is cut off again: how many they are is known when this is compiled.
    #[inline(always)]
    pub fn add_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.octets);
        out.truncate(end);
    }
}
