//! TLVs that are described by tables and not by code: BGP-LS, tunnel encapsulation, prefix SIDs have some two hundred of them.
//!
//! A [`Namespace`] says how a TLV's header looks, what the registry calls its types and which has which [`Shape`]; [`Tlv`] is one that was read. A value
//! that does not have its shape, or whose type is not in the table, is kept raw. What is written is what was read.

use std::fmt;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::nlri::unicast;
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// An unsigned number of this many octets (1 to 8).
    Number(usize),
    /// An unsigned number of all octets that are left (1 to 8).
    AnyNumber,
    /// Unsigned numbers of this many octets each, to the end.
    Numbers(usize),
    Ipv4,
    Ipv6,
    /// An IPv4 or IPv6 address: the length says which.
    Ip,
    /// IEEE 754 single precision.
    Float,
    Floats,
    Text,
    /// All octets that are left.
    Octets,
    /// This many octets.
    Bytes(usize),
    /// A length in bits and the octets that hold it.
    Prefix {
        v6: bool,
    },
    /// An IGP router: 4 octets OSPF, 6 IS-IS, one more for a pseudonode (RFC 9552, section 5.2.1.4).
    RouterId,
    /// Several values, one after the other, each with a name.
    Fields(&'static [(&'static str, Shape)]),
    /// An octet with a length, then as many octets.
    Counted,
    /// Values of one shape, to the end.
    Repeat(&'static Shape),
    /// Groups to the end, each an octet with a count and as many values of one shape.
    Segments(&'static Shape),
    /// TLVs to the end.
    Tlvs(fn() -> &'static Namespace),
    /// One TLV; what follows it is left.
    Tlv(fn() -> &'static Namespace),
    /// A form that no other shape can describe, because it depends on what was read before it.
    Custom(Custom),
}

/// Reads a value of a [`Shape::Custom`]; the number is how deep it is in other TLVs.
pub type Custom = fn(&mut Reader<'_>, usize) -> Result<Value>;

/// TLVs that share types and header.
#[derive(Debug)]
pub struct Namespace {
    pub header: Header,
    /// What the registry calls a type.
    pub names: fn(u16) -> Option<&'static str>,
    /// The form of each type, by type.
    pub table: &'static [(u16, Shape)],
}

/// How many octets type and length have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Header {
    /// One and one.
    Short,
    /// One and two.
    Mixed,
    /// Two and two.
    Long,
    /// One, and one for types below 128, two from there on (RFC 9012, section 2).
    ByType,
}

/// How deep TLVs inside TLVs are read.
pub(crate) const DEEPEST: usize = 6;

/// One TLV.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tlv {
    pub number: u16,
    /// `None` where the type is not in the table.
    pub name: Option<&'static str>,
    pub value: Value,
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Number {
        value: u64,
        octets: usize,
    },
    Address(IpAddr),
    /// The bits of an IEEE 754 number.
    Float(u32),
    Text(Raw),
    Prefix {
        prefix: IpNet,
    },
    RouterId(Raw),
    List(Vec<Value>),
    /// The values of a group whose first octet is their count.
    Counted(Vec<Value>),
    /// Octets with their length in front.
    CountedOctets(Raw),
    Fields(Vec<(&'static str, Value)>),
    Tlvs {
        header: Header,
        tlvs: Vec<Tlv>,
    },
    Raw(Raw),
}

impl Namespace {
    pub(crate) fn find(&self, number: u16) -> Option<(&'static str, Shape)> {
        let index = self.table.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        let (_, shape) = self.table.get(index)?;
        Some(((self.names)(number)?, *shape))
    }

    /// TLVs to the end.
    pub fn decode(&'static self, reader: &mut Reader<'_>) -> Result<Vec<Tlv>> {
        self.decode_at(reader, 0)
    }

    /// Whether every TLV of a type that is known has its type's form.
    pub(crate) fn fits(&self, tlvs: &[Tlv]) -> bool {
        tlvs.iter().all(|tlv| self.find(tlv.number).is_none_or(|(_, shape)| shape.fits(&tlv.value)))
    }

    fn decode_at(&'static self, reader: &mut Reader<'_>, depth: usize) -> Result<Vec<Tlv>> {
        let mut tlvs = Vec::new();
        while !reader.is_empty() {
            tlvs.push(Tlv::decode(reader, self, depth).at_index(tlvs.len()).at("tlvs")?);
        }
        Ok(tlvs)
    }
}

impl Shape {
    /// Whether a value that was read with this shape has the shape. One that has not was kept raw.
    pub(crate) fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Shape::Octets | Shape::Bytes(_), _) => true,
            (_, Value::Raw(_)) => false,
            (Shape::Tlvs(namespace) | Shape::Tlv(namespace), Value::Tlvs { tlvs, .. }) => {
                namespace().fits(tlvs)
            }
            (Shape::Fields(shapes), Value::Fields(values)) => {
                shapes.iter().zip(values).all(|((_, shape), (_, value))| shape.fits(value))
            }
            (Shape::Repeat(shape) | Shape::Segments(shape), Value::List(values) | Value::Counted(values)) => {
                values.iter().all(|value| shape.fits(value))
            }
            _ => true,
        }
    }
}

impl Header {
    pub(crate) fn decode(self, reader: &mut Reader<'_>) -> Result<(u16, usize)> {
        let number = match self {
            Header::Long => reader.u16().at("type")?,
            Header::Short | Header::Mixed | Header::ByType => reader.u8().at("type")?.into(),
        };
        let length = if self.short_length(number) {
            reader.u8().at("length")?.into()
        } else {
            reader.u16().at("length")?.into()
        };
        Ok((number, length))
    }

    /// How many octets type and length have.
    pub(crate) fn octets(self, number: u16) -> (usize, usize) {
        (if self == Header::Long { 2 } else { 1 }, if self.short_length(number) { 1 } else { 2 })
    }

    fn short_length(self, number: u16) -> bool {
        match self {
            Header::Short => true,
            Header::Mixed | Header::Long => false,
            Header::ByType => number < 128,
        }
    }

    fn encode(self, number: u16, out: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
        match (self, u8::try_from(number)) {
            (Header::Long, _) | (_, Err(_)) => out.extend_from_slice(&number.to_be_bytes()),
            (_, Ok(number)) => out.push(number),
        }
        if self.short_length(number) {
            crate::bgp::length::with_u8(out, value);
        } else {
            crate::bgp::length::with_u16(out, value);
        }
    }
}

impl Tlv {
    fn decode(reader: &mut Reader<'_>, namespace: &'static Namespace, depth: usize) -> Result<Self> {
        let (number, length) = namespace.header.decode(reader)?;
        let value = reader.sub(length).at("value")?;
        let (name, value) = match namespace.find(number) {
            Some((name, shape)) => (Some(name), Value::read_at(shape, value, depth)),
            None => (None, Value::Raw(value.peek().into())),
        };
        Ok(Tlv { number, name, value })
    }

    pub(crate) fn encode(&self, header: Header, out: &mut Vec<u8>) {
        header.encode(self.number, out, |out| self.value.encode(out));
    }
}

impl Value {
    /// A whole value; raw where it does not have the shape.
    fn read_at(shape: Shape, value: Reader<'_>, depth: usize) -> Self {
        let mut reader = value;
        match Value::decode_at(shape, &mut reader, depth) {
            Ok(decoded) if reader.is_empty() => decoded,
            _ => Value::Raw(value.peek().into()),
        }
    }

    /// Reads a value of the shape. Octets that are no part of it are left.
    pub(crate) fn decode(shape: Shape, reader: &mut Reader<'_>) -> Result<Self> {
        Value::decode_at(shape, reader, 0)
    }

    pub(crate) fn decode_at(shape: Shape, reader: &mut Reader<'_>, depth: usize) -> Result<Self> {
        Ok(match shape {
            Shape::Number(octets) => number(reader, octets)?,
            Shape::AnyNumber => {
                let octets = reader.len();
                if octets == 0 || octets > 8 {
                    return Err(reader.error(ErrorKind::Length { found: octets, expected: "1 to 8" }));
                }
                number(reader, octets)?
            }
            Shape::Numbers(octets) => repeat(reader, |reader| number(reader, octets))?,
            Shape::Ipv4 => Value::Address(IpAddr::V4(reader.ipv4()?)),
            Shape::Ip if reader.len() == 4 => Value::decode_at(Shape::Ipv4, reader, depth)?,
            Shape::Ipv6 | Shape::Ip => Value::Address(IpAddr::V6(reader.ipv6()?)),
            Shape::Float => Value::Float(reader.u32()?),
            Shape::Floats => repeat(reader, |reader| reader.u32().map(Value::Float))?,
            Shape::Text => Value::Text(reader.take_rest().into()),
            Shape::Octets => Value::Raw(reader.take_rest().into()),
            Shape::Bytes(count) => Value::Raw(reader.take(count)?.into()),
            Shape::Prefix { v6 } => {
                let at = *reader;
                let bytes = unicast::take(reader, if v6 { 128 } else { 32 })?;
                let prefix = if v6 { unicast::decode_v6(bytes) } else { unicast::decode_v4(bytes) };
                let prefix =
                    prefix.ok_or_else(|| at.error(ErrorKind::Value { found: 0, expected: "a prefix" }))?;
                Value::Prefix { prefix }
            }
            Shape::RouterId => Value::RouterId(reader.take_rest().into()),
            Shape::Fields(fields) => {
                let mut values = Vec::with_capacity(fields.len());
                for (name, shape) in fields {
                    values.push((*name, Value::decode_at(*shape, reader, depth).at(name)?));
                }
                Value::Fields(values)
            }
            Shape::Counted => {
                let length = reader.u8().at("length")?;
                Value::CountedOctets(reader.take(length.into())?.into())
            }
            Shape::Segments(shape) => repeat(reader, |reader| {
                let count = reader.u8().at("length")?;
                (0..count)
                    .map(|_| Value::decode_at(*shape, reader, depth))
                    .collect::<Result<_>>()
                    .map(Value::Counted)
            })?,
            Shape::Repeat(shape) => repeat(reader, |reader| Value::decode_at(*shape, reader, depth))?,
            // No RFC nests deeper, and what is on the wire must not be able to overflow the stack.
            Shape::Tlvs(_) | Shape::Tlv(_) if depth >= DEEPEST => Value::Raw(reader.take_rest().into()),
            Shape::Tlvs(namespace) => {
                let namespace = namespace();
                Value::Tlvs { header: namespace.header, tlvs: namespace.decode_at(reader, depth + 1)? }
            }
            Shape::Tlv(namespace) => {
                let namespace = namespace();
                let tlv = Tlv::decode(reader, namespace, depth + 1)?;
                Value::Tlvs { header: namespace.header, tlvs: vec![tlv] }
            }
            Shape::Custom(read) => read(reader, depth)?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Value::Number { value, octets } => {
                out.extend(value.to_be_bytes().into_iter().skip(8usize.saturating_sub(*octets)));
            }
            Value::Address(IpAddr::V4(address)) => out.extend_from_slice(&address.octets()),
            Value::Address(IpAddr::V6(address)) => out.extend_from_slice(&address.octets()),
            Value::Float(bits) => out.extend_from_slice(&bits.to_be_bytes()),
            Value::Text(raw) | Value::RouterId(raw) | Value::Raw(raw) => out.extend_from_slice(raw),
            Value::Prefix { prefix } => unicast::encode(prefix, out),
            Value::List(values) => values.iter().for_each(|value| value.encode(out)),
            Value::Counted(values) => {
                out.push(u8::try_from(values.len()).unwrap_or(u8::MAX));
                values.iter().for_each(|value| value.encode(out));
            }
            Value::CountedOctets(raw) => crate::bgp::length::with_u8(out, |out| out.extend_from_slice(raw)),
            Value::Fields(fields) => fields.iter().for_each(|(_, value)| value.encode(out)),
            Value::Tlvs { header, tlvs } => tlvs.iter().for_each(|tlv| tlv.encode(*header, out)),
        }
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Fields(fields) => fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The TLVs.
    pub fn tlvs(&self) -> &[Tlv] {
        match self {
            Value::Tlvs { tlvs, .. } => tlvs,
            _ => &[],
        }
    }

    /// The values of a list.
    pub fn list(&self) -> &[Value] {
        match self {
            Value::List(values) | Value::Counted(values) => values,
            _ => &[],
        }
    }

    /// A number.
    pub fn number(&self) -> Option<u64> {
        match self {
            Value::Number { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// Octets: of a text, of a router's id, and of a value that has no reading.
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            Value::Text(octets) | Value::RouterId(octets) | Value::Raw(octets) => Some(octets),
            _ => None,
        }
    }
}

fn number(reader: &mut Reader<'_>, octets: usize) -> Result<Value> {
    let value = reader.take(octets)?.iter().fold(0, |high, low| high << 8 | u64::from(*low));
    Ok(Value::Number { value, octets })
}

/// Reads values until nothing is left. A value that takes no octet is an error, so that this comes to an end.
fn repeat(reader: &mut Reader<'_>, mut read: impl FnMut(&mut Reader<'_>) -> Result<Value>) -> Result<Value> {
    let mut values = Vec::new();
    while !reader.is_empty() {
        let before = reader.len();
        values.push(read(reader)?);
        if reader.len() == before {
            return Err(reader.error(ErrorKind::Length { found: 0, expected: "1 or more" }));
        }
    }
    Ok(Value::List(values))
}

/// Prints an IGP router as its IGP writes it.
fn router_id(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match octets {
        [a, b, c, d] => Ipv4Addr::new(*a, *b, *c, *d).fmt(f),
        // OSPF pseudonode: designated router and its interface to the network.
        [a, b, c, d, e, g, h, i] => {
            write!(f, "{}:{}", Ipv4Addr::new(*a, *b, *c, *d), Ipv4Addr::new(*e, *g, *h, *i))
        }
        [a, b, c, d, e, g] => write!(f, "{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{g:02x}"),
        [a, b, c, d, e, g, pseudonode] => {
            write!(f, "{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{g:02x}.{pseudonode:02x}")
        }
        _ => match <[u8; 16]>::try_from(octets) {
            Ok(v6) => Ipv6Addr::from(v6).fmt(f),
            Err(_) => octets.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        },
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number { value, .. } => value.fmt(f),
            Value::Address(address) => address.fmt(f),
            Value::Float(bits) => f32::from_bits(*bits).fmt(f),
            Value::Text(raw) => String::from_utf8_lossy(raw).fmt(f),
            Value::Prefix { prefix } => prefix.fmt(f),
            Value::RouterId(raw) => router_id(raw, f),
            Value::List(values) | Value::Counted(values) => join(f, values.iter(), "/"),
            Value::Fields(fields) => join(f, fields.iter().map(|(_, value)| value), "/"),
            Value::Tlvs { tlvs, .. } => join(f, tlvs.iter(), " "),
            Value::Raw(raw) | Value::CountedOctets(raw) => raw.fmt(f),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = impl fmt::Display>,
    separator: &str,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for Tlv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{name} {}", self.value),
            None => write!(f, "{} {}", self.number, self.value),
        }
    }
}

impl Serialize for Tlv {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Tlv", 3)?;
        out.serialize_field("type", &self.number)?;
        out.serialize_field("name", &self.name)?;
        out.serialize_field("value", &self.value)?;
        out.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Value::Number { value, .. } => serializer.serialize_u64(*value),
            Value::Address(address) => address.serialize(serializer),
            Value::Float(bits) => serializer.serialize_f32(f32::from_bits(*bits)),
            Value::List(values) | Value::Counted(values) => serializer.collect_seq(values),
            Value::Fields(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (*name, value)))
            }
            Value::Tlvs { tlvs, .. } => serializer.collect_seq(tlvs),
            Value::Prefix { prefix } => prefix.serialize(serializer),
            Value::CountedOctets(raw) | Value::Raw(raw) => raw.serialize(serializer),
            Value::Text(_) | Value::RouterId(_) => serializer.collect_str(self),
        }
    }
}
