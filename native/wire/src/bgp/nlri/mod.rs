//! Network Layer Reachability Information, one file a family.
//!
//! A block of NLRI is first checked ([`check`]), then walked ([`iter`]) or made into owned values
//! ([`decode`]). Families without a reading are one opaque NLRI: the whole block.

use std::fmt;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

pub mod unicast;

/// One NLRI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Nlri {
    /// RFC 7911
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_id: Option<u32>,
    #[serde(flatten)]
    pub value: NlriValue,
}

/// An NLRI without its path identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NlriValue {
    /// Unicast and multicast of IPv4 and IPv6 (RFC 4271, section 4.3; RFC 4760, section 5).
    Prefix(IpNet),
    /// Of a family that has no reading: the block as it was.
    Raw(Raw),
}

/// One NLRI by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NlriRef<'a> {
    pub family: AddressFamily,
    /// RFC 7911
    pub path_id: Option<u32>,
    /// Without the path identifier, as on the wire.
    pub bytes: &'a [u8],
}

impl NlriRef<'_> {
    /// The address prefix, where the family's NLRI hold one.
    pub fn prefix(&self) -> Option<IpNet> {
        match Kind::of(self.family) {
            Kind::Prefix { v6: false } => unicast::decode_v4(self.bytes),
            Kind::Prefix { v6: true } => unicast::decode_v6(self.bytes),
            Kind::Opaque => None,
        }
    }

    /// Adds the octets that identify the route among all of its family: what is irrelevant on the
    /// wire (bits after a prefix's length, labels) is cleared or left out. The path identifier is not part of it.
    pub fn key(&self, out: &mut Vec<u8>) {
        match Kind::of(self.family) {
            Kind::Prefix { .. } => unicast::key(self.bytes, out),
            Kind::Opaque => out.extend_from_slice(self.bytes),
        }
    }

    /// The NLRI in owned, typed form.
    pub fn value(&self) -> NlriValue {
        match self.prefix() {
            Some(prefix) => NlriValue::Prefix(prefix),
            None => NlriValue::Raw(self.bytes.into()),
        }
    }

    pub fn to_owned(&self) -> Nlri {
        Nlri { path_id: self.path_id, value: self.value() }
    }
}

impl Nlri {
    pub fn encode(&self, out: &mut Vec<u8>) {
        if let Some(path_id) = self.path_id {
            out.extend_from_slice(&path_id.to_be_bytes());
        }
        self.value.encode(out);
    }
}

impl NlriValue {
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            NlriValue::Prefix(prefix) => unicast::encode(prefix, out),
            NlriValue::Raw(raw) => out.extend_from_slice(raw),
        }
    }

    pub fn prefix(&self) -> Option<IpNet> {
        match self {
            NlriValue::Prefix(prefix) => Some(*prefix),
            NlriValue::Raw(_) => None,
        }
    }
}

impl fmt::Display for NlriValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NlriValue::Prefix(prefix) => prefix.fmt(f),
            NlriValue::Raw(raw) => raw.fmt(f),
        }
    }
}

/// How the NLRI of a family are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Prefix { v6: bool },
    Opaque,
}

impl Kind {
    #[inline]
    fn of(family: AddressFamily) -> Self {
        match (family.afi, family.safi) {
            (1, 1 | 2) => Kind::Prefix { v6: false },
            (2, 1 | 2) => Kind::Prefix { v6: true },
            _ => Kind::Opaque,
        }
    }
}

/// Whether the family's NLRI have a reading, so that a block of them splits.
pub fn has_reading(family: AddressFamily) -> bool {
    Kind::of(family) != Kind::Opaque
}

/// Checks a block of NLRI from end to end; gives how many there are.
#[inline]
pub fn check(family: AddressFamily, add_path: bool, reader: Reader<'_>) -> Result<u32> {
    match Kind::of(family) {
        Kind::Prefix { v6: false } => unicast::check(reader, add_path, 32),
        Kind::Prefix { v6: true } => unicast::check(reader, add_path, 128),
        Kind::Opaque => Ok(u32::from(!reader.is_empty())),
    }
}

/// Walks a block of NLRI. After an error there is nothing more.
pub fn iter(family: AddressFamily, add_path: bool, block: &[u8]) -> Iter<'_> {
    Iter { family, kind: Kind::of(family), add_path, reader: Reader::new(block, 0), index: 0 }
}

/// Makes a block of NLRI into owned values.
pub fn decode(family: AddressFamily, add_path: bool, block: Reader<'_>) -> Result<Vec<Nlri>> {
    match Kind::of(family) {
        Kind::Prefix { v6 } => unicast::decode_block(block, add_path, v6),
        kind => {
            let iter = Iter { family, kind, add_path, reader: block, index: 0 };
            iter.map(|nlri| nlri.map(|nlri| nlri.to_owned())).collect()
        }
    }
}

/// See [`iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    family: AddressFamily,
    kind: Kind,
    add_path: bool,
    reader: Reader<'a>,
    index: usize,
}

impl<'a> Iter<'a> {
    #[inline]
    fn read(&mut self) -> Result<NlriRef<'a>> {
        let reader = &mut self.reader;
        if self.kind == Kind::Opaque {
            return Ok(NlriRef { family: self.family, path_id: None, bytes: reader.take_rest() });
        }
        let path_id = if self.add_path { Some(reader.u32().at("path_id")?) } else { None };
        let bytes = match self.kind {
            Kind::Prefix { v6 } => unicast::take(reader, if v6 { 128 } else { 32 })?,
            Kind::Opaque => &[],
        };
        Ok(NlriRef { family: self.family, path_id, bytes })
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Result<NlriRef<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let nlri = self.read().at_index(self.index);
        self.index += 1;
        if nlri.is_err() {
            self.reader.take_rest();
        }
        Some(nlri)
    }
}

/// A route distinguisher (RFC 4364, section 4.2), printed `65000:1`, `192.0.2.1:1` or `4200000000:1`;
/// types 0 and 2 that would print the same, and types not known, print with their type in front.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteDistinguisher(pub u64);

impl fmt::Display for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [t0, t1, a, b, c, d, e, g] = self.0.to_be_bytes();
        match u16::from_be_bytes([t0, t1]) {
            0 => write!(f, "{}:{}", u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, g])),
            1 => write!(f, "{a}.{b}.{c}.{d}:{}", u16::from_be_bytes([e, g])),
            2 => {
                let asn = u32::from_be_bytes([a, b, c, d]);
                let prefix = if asn <= u16::MAX.into() { "2:" } else { "" };
                write!(f, "{prefix}{asn}:{}", u16::from_be_bytes([e, g]))
            }
            other => write!(f, "{other}:{:#014x}", self.0 & 0xffff_ffff_ffff),
        }
    }
}

impl fmt::Debug for RouteDistinguisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteDistinguisher({self})")
    }
}

impl Serialize for RouteDistinguisher {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
