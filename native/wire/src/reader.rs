//! A slice that is read from the front, knows where it is in the stream, and never reads past its end.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bgp::family::AddressFamily;
use crate::error::{At, DecodeError, ErrorKind, Result};

/// Reads big-endian fields from a slice.
///
/// `end` is the absolute offset of the slice's end, so that taking octets changes the slice only.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    end: u64,
}

impl<'a> Reader<'a> {
    /// `offset` is where `bytes` starts in the stream.
    #[inline(always)]
    pub fn new(bytes: &'a [u8], offset: u64) -> Self {
        Reader { rest: bytes, end: offset + bytes.len() as u64 }
    }

    #[inline(always)]
    pub fn offset(&self) -> u64 {
        self.end - self.rest.len() as u64
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, without taking it.
    #[inline(always)]
    pub fn peek(&self) -> &'a [u8] {
        self.rest
    }

    #[inline(always)]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.truncated(count)),
        }
    }

    /// Everything that is left.
    #[inline(always)]
    pub fn take_rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// A reader of the next `count` octets.
    #[inline(always)]
    pub fn sub(&mut self, count: usize) -> Result<Reader<'a>> {
        let offset = self.offset();
        Ok(Reader::new(self.take(count)?, offset))
    }

    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.truncated(N)),
        }
    }

    #[inline(always)]
    pub fn u8(&mut self) -> Result<u8> {
        let [value] = self.array()?;
        Ok(value)
    }

    #[inline(always)]
    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline(always)]
    pub fn u24(&mut self) -> Result<u32> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    #[inline(always)]
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline(always)]
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    #[inline(always)]
    pub fn f32(&mut self) -> Result<f32> {
        self.array().map(f32::from_be_bytes)
    }

    #[inline(always)]
    pub fn ipv4(&mut self) -> Result<Ipv4Addr> {
        self.array::<4>().map(Ipv4Addr::from)
    }

    #[inline(always)]
    pub fn ipv6(&mut self) -> Result<Ipv6Addr> {
        self.array::<16>().map(Ipv6Addr::from)
    }

    /// AFI and SAFI.
    #[inline]
    pub fn family(&mut self) -> Result<AddressFamily> {
        Ok(AddressFamily { afi: self.u16().at("afi")?, safi: self.u8().at("safi")? })
    }

    /// Nothing may be left.
    #[inline(always)]
    pub fn finish(&self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error(ErrorKind::Trailing { octets: self.rest.len() }))
        }
    }

    /// An error here.
    #[cold]
    pub fn error(&self, kind: ErrorKind) -> DecodeError {
        DecodeError::new(kind, self.offset())
    }

    #[cold]
    fn truncated(&self, need: usize) -> DecodeError {
        self.error(ErrorKind::Truncated { need, have: self.rest.len() })
    }
}
