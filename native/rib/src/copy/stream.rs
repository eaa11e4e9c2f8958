//! Writer of PostgreSQL's binary COPY format.

use std::net::IpAddr;

use serde_json::Value;

use crate::deltas::{Id, Position};

/// What a stream begins with: its signature, no flags, no header extension.
pub const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in place of a row's number of fields.
pub const TRAILER: &[u8] = &(-1_i16).to_be_bytes();

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;
const INT8: u32 = 20;
const TEXT: u32 = 25;

/// Every field is a four-octet length and the type's own binary form, -1 for null.
pub(super) struct Stream(pub(super) Vec<u8>);

impl Stream {
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn row(&mut self, fields: i16) {
        self.raw(&fields.to_be_bytes());
    }

    pub fn null(&mut self) {
        self.raw(&(-1_i32).to_be_bytes());
    }

    pub fn nulls(&mut self, count: usize) {
        for _ in 0..count {
            self.optional(None::<()>, |_, ()| {});
        }
    }

    pub fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    /// PostgreSQL has no field above 1 GiB and BMP messages are bounded far below.
    pub fn length(&mut self, length: usize) {
        self.raw(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.raw(value);
    }

    /// Text has no zero octet in PostgreSQL; a name of a router may. It becomes U+FFFD.
    pub fn text(&mut self, value: &str) {
        if value.contains('\0') {
            self.bytes(value.replace('\0', "\u{fffd}").as_bytes());
        } else {
            self.bytes(value.as_bytes());
        }
    }

    pub fn uuid(&mut self, value: &Id) {
        self.bytes(value);
    }

    pub fn bool(&mut self, value: bool) {
        self.bytes(&[value.into()]);
    }

    pub fn int2(&mut self, value: i16) {
        self.bytes(&value.to_be_bytes());
    }

    pub fn int4(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    pub fn int8(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Generations, sequences and counts: they stay far below 2^63.
    pub fn count(&mut self, value: u64) {
        self.int8(i64::try_from(value).unwrap_or(i64::MAX));
    }

    pub fn position(&mut self, position: Position) {
        self.count(position.generation);
        self.count(position.sequence);
    }

    pub fn time(&mut self, unix_us: i64) {
        self.int8(unix_us.saturating_sub(POSTGRES_EPOCH_US));
    }

    /// A router's own clock; 0 says that it has none.
    pub fn router_time(&mut self, unix_us: i64) {
        self.optional((unix_us != 0).then_some(unix_us), Stream::time);
    }

    pub fn inet(&mut self, address: IpAddr) {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        self.network(address, bits, false);
    }

    pub fn cidr(&mut self, (address, bits): (IpAddr, u8)) {
        self.network(address, bits, true);
    }

    pub fn network(&mut self, address: IpAddr, bits: u8, cidr: bool) {
        const V4: u8 = 2;
        const V6: u8 = 3;
        match address {
            IpAddr::V4(address) => {
                self.length(8);
                self.raw(&[V4, bits, cidr.into(), 4]);
                self.raw(&address.octets());
            }
            IpAddr::V6(address) => {
                self.length(20);
                self.raw(&[V6, bits, cidr.into(), 16]);
                self.raw(&address.octets());
            }
        }
    }

    /// An integer of `numeric`: its digits to the base 10000.
    pub fn numeric(&mut self, value: u64) {
        let mut digits = Vec::with_capacity(5);
        let mut rest = value;
        while rest > 0 {
            digits.push(u16::try_from(rest % 10_000).unwrap_or(0));
            rest /= 10_000;
        }
        let count = u16::try_from(digits.len()).unwrap_or(0);
        self.length(8 + 2 * digits.len());
        self.raw(&count.to_be_bytes());
        self.raw(&count.saturating_sub(1).to_be_bytes()); // weight of the first digit
        self.raw(&[0; 4]); // positive; no digits after the point
        for digit in digits.iter().rev() {
            self.raw(&digit.to_be_bytes());
        }
    }

    pub fn int8_array(&mut self, items: &[u32]) {
        self.array(items, INT8, |out, item| out.int8(i64::from(*item)));
    }

    pub fn text_array(&mut self, items: &[String]) {
        self.array(items, TEXT, |out, item| out.text(item));
    }

    pub fn array<T>(&mut self, items: &[T], element: u32, write: impl Fn(&mut Self, &T)) {
        let start = self.0.len();
        self.length(0);
        let dimensions: u32 = if items.is_empty() { 0 } else { 1 };
        self.raw(&dimensions.to_be_bytes());
        self.raw(&0_u32.to_be_bytes()); // no nulls
        self.raw(&element.to_be_bytes());
        if !items.is_empty() {
            self.length(items.len());
            self.raw(&1_u32.to_be_bytes()); // lower bound
            items.iter().for_each(|item| write(self, item));
        }
        let length = i32::try_from(self.0.len() - start - 4).unwrap_or(i32::MAX).to_be_bytes();
        if let Some(place) = self.0.get_mut(start..start + 4) {
            place.copy_from_slice(&length);
        }
    }

    pub fn jsonb(&mut self, value: &Value) {
        const VERSION: u8 = 1;
        let text = value.to_string();
        self.length(text.len() + 1);
        self.raw(&[VERSION]);
        self.raw(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn field(write: impl FnOnce(&mut Stream)) -> Vec<u8> {
        let mut out = Stream(Vec::new());
        write(&mut out);
        out.0
    }

    #[test]
    fn fields_have_the_forms_of_postgres() {
        assert_eq!(field(|out| out.int8(-1)), [0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(
            field(|out| out.cidr((IpAddr::V4(Ipv4Addr::new(192, 0, 2, 0)), 24))),
            [0, 0, 0, 8, 2, 24, 1, 4, 192, 0, 2, 0]
        );
        assert_eq!(field(|out| out.numeric(0)), [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        // 1_8446_7440_7370_9551_615 to the base 10000.
        assert_eq!(field(|out| out.numeric(u64::MAX))[4..8], [0, 5, 0, 4]);
        assert_eq!(field(|out| out.text("a\0b")), "\0\0\0\u{5}a\u{fffd}b".as_bytes());
    }
}
