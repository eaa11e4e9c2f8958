//! Labeled unicast (RFC 8277), and prefixes of VPNs with labels (RFC 4364, RFC 4659) or without (SAFI 129, RFC 6514).
//!
//! One octet of length in bits over all that follows: labels, route distinguisher, prefix.

use std::fmt;

use ipnet::IpNet;
use serde::Serialize;

use super::label::{self, Labels};
use super::route::{Route, ToRoute};
use super::{unicast, LabelStack, RouteDistinguisher};
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// A prefix with its labels; printed as the prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Labeled {
    pub labels: Labels,
    pub prefix: IpNet,
}

/// A prefix of a VPN; printed `<distinguisher>:<prefix>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Vpn {
    pub rd: RouteDistinguisher,
    pub prefix: IpNet,
    /// Empty for SAFI 129.
    pub labels: Labels,
}

/// What stands before the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// None of SAFI 129.
    pub labels: Option<LabelStack>,
    pub rd: bool,
    pub v6: bool,
}

impl Layout {
    /// Takes one NLRI, its length octet included, and checks it.
    pub fn take<'a>(self, reader: &mut Reader<'a>) -> Result<&'a [u8]> {
        let start = *reader;
        let bits = reader.u8().at("prefix_length")?;
        let mut inner = reader.sub(usize::from(bits).div_ceil(8)).at("prefix")?;
        let labels = self.labels_length(bits, inner)?;
        inner.take(labels).at("labels")?;
        inner.take(self.rd_length()).at("rd")?;
        if self.prefix_length(bits, labels).is_some() {
            return Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default());
        }
        let limit = self.limit() + (labels + self.rd_length()) * 8;
        let limit = u8::try_from(limit).unwrap_or(u8::MAX);
        Err(start.error(ErrorKind::PrefixLength { found: bits, limit })).at("prefix_length")
    }

    fn limit(self) -> usize {
        if self.v6 {
            128
        } else {
            32
        }
    }

    fn rd_length(self) -> usize {
        if self.rd {
            8
        } else {
            0
        }
    }

    /// Octets of labels. Routers from before RFC 8277 send several without having said so, and one without the
    /// bottom-of-stack bit having said so: where what was said leaves no prefix, the other does.
    fn labels_length(self, bits: u8, inner: Reader<'_>) -> Result<usize> {
        let Some(stack) = self.labels else { return Ok(0) };
        let other = if stack == LabelStack::One { LabelStack::ToBottom } else { LabelStack::One };
        let fits = |octets: &usize| self.prefix_length(bits, *octets).is_some();
        let said = label::stack_length(&mut inner.clone(), stack);
        if said.as_ref().is_ok_and(fits) {
            return said;
        }
        label::stack_length(&mut inner.clone(), other).ok().filter(fits).map_or(said, Ok)
    }

    /// Octets of labels in what [`Layout::take`] took.
    pub fn labels_in(self, bytes: &[u8]) -> usize {
        let mut reader = Reader::new(bytes, 0);
        reader.u8().and_then(|bits| self.labels_length(bits, reader)).unwrap_or(0)
    }

    /// Bits of the prefix behind so many octets of labels; `None` where it cannot have as many.
    fn prefix_length(self, bits: u8, labels: usize) -> Option<u8> {
        let ahead = (labels + self.rd_length()) * 8;
        let length = usize::from(bits).checked_sub(ahead).filter(|length| *length <= self.limit())?;
        u8::try_from(length).ok()
    }

    fn decode(self, bytes: &[u8]) -> Result<Vpn> {
        let mut reader = Reader::new(bytes, 0);
        let bits = reader.u8()?;
        let octets = self.labels_length(bits, reader)?;
        let labels = label::decode_stack(&mut reader.sub(octets)?)?;
        let rd = RouteDistinguisher(if self.rd { reader.u64()? } else { 0 });
        let length = self.prefix_length(bits, octets).unwrap_or_default();
        let prefix = unicast::prefix(length, reader.take_rest(), self.v6);
        let prefix =
            prefix.ok_or_else(|| reader.error(ErrorKind::PrefixLength { found: length, limit: 128 }))?;
        Ok(Vpn { rd, prefix, labels })
    }

    /// `bytes` as [`Layout::take`] gives them.
    pub fn vpn(self, bytes: &[u8]) -> Option<Vpn> {
        self.decode(bytes).ok()
    }

    pub fn labeled(self, bytes: &[u8]) -> Option<Labeled> {
        self.decode(bytes).ok().map(|Vpn { labels, prefix, .. }| Labeled { labels, prefix })
    }

    /// Route distinguisher, length of the prefix, prefix: labels do not identify a route (RFC 8277, section 2.4).
    pub fn key(self, bytes: &[u8], out: &mut Vec<u8>) {
        match self.decode(bytes) {
            Ok(Vpn { rd, prefix, .. }) => {
                if self.rd {
                    out.extend_from_slice(&rd.0.to_be_bytes());
                }
                unicast::encode(&prefix, out);
            }
            Err(_) => out.extend_from_slice(bytes),
        }
    }
}

fn encode(labels: &Labels, rd: Option<RouteDistinguisher>, prefix: &IpNet, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(0);
    labels.iter().for_each(|label| label.encode(out));
    if let Some(rd) = rd {
        out.extend_from_slice(&rd.0.to_be_bytes());
    }
    let ahead = (out.len() - start - 1) * 8;
    let at = out.len();
    unicast::encode(prefix, out);
    out.remove(at);
    if let Some(length) = out.get_mut(start) {
        *length = u8::try_from(ahead + usize::from(prefix.prefix_len())).unwrap_or(u8::MAX);
    }
}

impl Labeled {
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode(&self.labels, None, &self.prefix, out);
    }
}

impl Vpn {
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode(&self.labels, Some(self.rd), &self.prefix, out);
    }
}

impl ToRoute for Labeled {
    fn to_route(&self) -> Route {
        Route { prefix: Some(self.prefix.trunc()), labels: self.labels.clone(), rd: None }
    }
}

impl fmt::Display for Labeled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.prefix.fmt(f)
    }
}

impl ToRoute for Vpn {
    fn to_route(&self) -> Route {
        Route { prefix: Some(self.prefix.trunc()), labels: self.labels.clone(), rd: Some(self.rd) }
    }
}

impl fmt::Display for Vpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.rd, self.prefix)
    }
}
