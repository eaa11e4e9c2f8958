//! FlowSpec (RFC 8955; RFC 8956 for IPv6).

use std::fmt;

use ipnet::{IpNet, Ipv6Net};
use serde::{Serialize, Serializer};

use super::route::{Route, ToRoute};
use super::{unicast, RouteDistinguisher};
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::flowspec;

/// A flow specification: packets that match every component. Printed like `dst 10.0.0.0/24 proto =6 dport >=80&<=443`,
/// with the distinguisher in front where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FlowSpec {
    /// Of SAFI 134.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rd: Option<RouteDistinguisher>,
    pub components: Vec<Component>,
    /// The length of the NLRI has two octets though one would do.
    #[serde(skip)]
    pub long: bool,
}

/// One component (RFC 8955, section 4.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// Of the destination or the source.
    Prefix { source: bool, prefix: IpNet },
    /// The same of IPv6 with an offset: bits from `offset` to `length` are compared (RFC 8956, section 3.1).
    Pattern { source: bool, length: u8, offset: u8, pattern: Raw },
    /// Numbers that are compared.
    Numeric { component_type: u8, terms: Vec<Term> },
    /// Bits that are compared: TCP flags and fragments.
    Bitmask { component_type: u8, terms: Vec<Term> },
    /// A type that is not known: where it ends is not known either, so this is all the rest.
    Unknown { rest: Raw },
}

/// An operator with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// As on the wire (RFC 8955, sections 4.2.1.1 and 4.2.1.2).
    pub operator: u8,
    pub value: u64,
}

impl Term {
    const END: u8 = 0x80;
    const AND: u8 = 0x40;

    /// The value's length: 1, 2, 4 or 8.
    fn width(operator: u8) -> usize {
        1 << (operator >> 4 & 3)
    }

    fn decode_all(reader: &mut Reader<'_>) -> Result<Vec<Self>> {
        let mut terms = Vec::new();
        loop {
            let operator = reader.u8().at("operator")?;
            let octets = reader.take(Term::width(operator)).at("value")?;
            let value = octets.iter().fold(0, |high, low| high << 8 | u64::from(*low));
            terms.push(Term { operator, value });
            if operator & Term::END != 0 {
                return Ok(terms);
            }
        }
    }

    fn encode(self, out: &mut Vec<u8>) {
        out.push(self.operator);
        out.extend(self.value.to_be_bytes().into_iter().skip(8 - Term::width(self.operator)));
    }

    fn join(self, index: usize) -> &'static str {
        match (index, self.operator & Term::AND) {
            (0, _) => "",
            (_, 0) => "|",
            _ => "&",
        }
    }
}

/// Takes one NLRI: length of one or two octets, value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    let length = length(reader)?;
    reader.take(length).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

/// RFC 8955, section 4.1: from 240 on there are two octets, of which the first four bits are set.
fn length(reader: &mut Reader<'_>) -> Result<usize> {
    let first = reader.u8().at("length")?;
    if first < 0xf0 {
        return Ok(first.into());
    }
    Ok(usize::from(first & 0x0f) << 8 | usize::from(reader.u8().at("length")?))
}

/// Adds what identifies the route: the same whether a short length has one octet or two.
pub(crate) fn key(bytes: &[u8], out: &mut Vec<u8>) {
    let mut reader = Reader::new(bytes, 0);
    match length(&mut reader) {
        Ok(length) if length < 0xf0 => {
            out.extend(u8::try_from(length));
            out.extend_from_slice(reader.peek());
        }
        _ => out.extend_from_slice(bytes),
    }
}

impl FlowSpec {
    /// `bytes` as `take` gives them.
    pub fn decode(bytes: &[u8], vpn: bool, v6: bool) -> Option<Self> {
        let mut reader = Reader::new(bytes, 0);
        let length = length(&mut reader).ok()?;
        let long = length < 0xf0 && bytes.first().is_some_and(|first| *first >= 0xf0);
        let rd = if vpn { Some(RouteDistinguisher(reader.u64().ok()?)) } else { None };
        let mut components = Vec::new();
        while !reader.is_empty() {
            let rest = reader.peek();
            match Component::decode(&mut reader, v6) {
                Ok(component) => components.push(component),
                Err(_) => {
                    components.push(Component::Unknown { rest: rest.into() });
                    break;
                }
            }
        }
        Some(FlowSpec { rd, components, long })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut value = Vec::new();
        value.extend(self.rd.iter().flat_map(|rd| rd.0.to_be_bytes()));
        self.components.iter().for_each(|component| component.encode(&mut value));
        match u8::try_from(value.len()) {
            Ok(length) if length < 0xf0 && !self.long => out.push(length),
            _ => {
                let length = u16::try_from(value.len()).unwrap_or(u16::MAX) | 0xf000;
                out.extend_from_slice(&length.to_be_bytes());
            }
        }
        out.extend_from_slice(&value);
    }
}

impl Component {
    pub(super) fn decode(reader: &mut Reader<'_>, v6: bool) -> Result<Self> {
        let at = *reader;
        let component_type = reader.u8().at("type")?;
        Ok(match component_type {
            flowspec::DESTINATION_PREFIX | flowspec::SOURCE_PREFIX if v6 => {
                Component::decode_v6_prefix(reader, component_type == flowspec::SOURCE_PREFIX)?
            }
            flowspec::DESTINATION_PREFIX | flowspec::SOURCE_PREFIX => {
                let bytes = unicast::take(reader, 32)?;
                let prefix = unicast::decode_v4(bytes)
                    .ok_or_else(|| at.error(ErrorKind::Value { found: 0, expected: "a prefix" }))?;
                Component::Prefix { source: component_type == flowspec::SOURCE_PREFIX, prefix }
            }
            flowspec::TCP_FLAGS | flowspec::FRAGMENT => {
                Component::Bitmask { component_type, terms: Term::decode_all(reader)? }
            }
            known if flowspec::name(known).is_some() && (v6 || known != flowspec::FLOW_LABEL) => {
                Component::Numeric { component_type, terms: Term::decode_all(reader)? }
            }
            found => return Err(at.error(ErrorKind::Value { found: found.into(), expected: "1 to 13" })),
        })
    }

    fn decode_v6_prefix(reader: &mut Reader<'_>, source: bool) -> Result<Self> {
        let at = *reader;
        let (length, offset) = (reader.u8()?, reader.u8()?);
        let Some(bits) = length.checked_sub(offset).filter(|_| length <= 128) else {
            return Err(at.error(ErrorKind::PrefixLength { found: length, limit: 128 }));
        };
        let pattern = reader.take(usize::from(bits).div_ceil(8))?;
        if offset != 0 {
            return Ok(Component::Pattern { source, length, offset, pattern: pattern.into() });
        }
        let prefix = unicast::prefix(length, pattern, true)
            .ok_or_else(|| at.error(ErrorKind::PrefixLength { found: length, limit: 128 }))?;
        Ok(Component::Prefix { source, prefix })
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Component::Prefix { source, prefix } => {
                out.push(prefix_type(*source));
                match prefix {
                    IpNet::V4(_) => unicast::encode(prefix, out),
                    IpNet::V6(v6) => {
                        let at = out.len();
                        unicast::encode(&IpNet::V6(Ipv6Net::trunc(v6)), out);
                        out.insert(at + 1, 0);
                    }
                }
            }
            Component::Pattern { source, length, offset, pattern } => {
                out.extend_from_slice(&[prefix_type(*source), *length, *offset]);
                out.extend_from_slice(pattern);
            }
            Component::Numeric { component_type, terms } | Component::Bitmask { component_type, terms } => {
                out.push(*component_type);
                terms.iter().for_each(|term| term.encode(out));
            }
            Component::Unknown { rest } => out.extend_from_slice(rest),
        }
    }

    /// Short name of the type.
    pub fn name(&self) -> &'static str {
        let number = match self {
            Component::Prefix { source, .. } | Component::Pattern { source, .. } => prefix_type(*source),
            Component::Numeric { component_type, .. } | Component::Bitmask { component_type, .. } => {
                *component_type
            }
            Component::Unknown { .. } => return "unknown",
        };
        flowspec::name(number).unwrap_or("unknown")
    }

    /// What is compared, without the name.
    fn condition(&self) -> String {
        let joined = |terms: &[Term], text: fn(&Term) -> String| {
            let terms = terms.iter().enumerate();
            terms.map(|(index, term)| format!("{}{}", term.join(index), text(term))).collect::<String>()
        };
        match self {
            Component::Prefix { prefix, .. } => prefix.to_string(),
            Component::Pattern { length, offset, pattern, .. } => format!("{pattern}/{offset}-{length}"),
            Component::Numeric { terms, .. } => joined(terms, numeric),
            Component::Bitmask { terms, .. } => joined(terms, bitmask),
            Component::Unknown { rest } => rest.to_string(),
        }
    }
}

/// The type of a component that is a prefix.
fn prefix_type(source: bool) -> u8 {
    if source {
        flowspec::SOURCE_PREFIX
    } else {
        flowspec::DESTINATION_PREFIX
    }
}

/// RFC 8955, section 4.2.1.1
fn numeric(term: &Term) -> String {
    let operator = match term.operator & 7 {
        0 => return "false".into(),
        1 => "=",
        2 => ">",
        3 => ">=",
        4 => "<",
        5 => "<=",
        6 => "!=",
        _ => return "true".into(),
    };
    format!("{operator}{}", term.value)
}

/// RFC 8955, section 4.2.1.2
fn bitmask(term: &Term) -> String {
    let not = if term.operator & 2 != 0 { "!" } else { "" };
    let exact = if term.operator & 1 != 0 { "=" } else { "" };
    format!("{not}{exact}{:#x}", term.value)
}

impl ToRoute for FlowSpec {
    fn to_route(&self) -> Route {
        Route { rd: self.rd, ..Route::default() }
    }
}

impl fmt::Display for FlowSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rd = self.rd.map(|rd| format!("rd {rd}"));
        let components = self.components.iter().map(ToString::to_string);
        f.write_str(&rd.into_iter().chain(components).collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.condition())
    }
}

/// `{"type": …, "condition": …}`
impl Serialize for Component {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Component", 2)?;
        out.serialize_field("type", self.name())?;
        out.serialize_field("condition", &self.condition())?;
        out.end()
    }
}
