//! FlowSpec version 2 (draft-ietf-idr-flowspec-v2-04, section 3).
//!
//! IANA has assigned it no SAFI, and the draft suggests none, so no family of the registry has this layout. Its later revisions are still giving its filters other numbers;
//! what has another number than here keeps its octets.

use std::fmt;

use serde::Serialize;

use super::flowspec::Component;
use super::rd::RouteDistinguisher;
use super::route::{Route, ToRoute};
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::flowspec_v2;

/// Flow specifications with an order that their user gave. Printed like `order 10 id 1 dst 10.0.0.0/24 proto =6`, rules with `; ` between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FlowSpecV2 {
    /// Of the VPN SAFI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rd: Option<RouteDistinguisher>,
    pub rules: Vec<Rule>,
}

/// Packets that match every component.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Rule {
    /// Lower ones go first.
    pub order: u32,
    /// The user's own number.
    pub identifier: u32,
    pub filter: Filter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Filter {
    /// 1: components as in version 1, each with its length.
    Ip {
        components: Vec<Component>,
    },
    Unknown {
        number: u16,
        value: Raw,
    },
}

/// Takes one NLRI: length of two octets, value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    let length = reader.u16().at("length")?;
    reader.take(length.into()).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

impl FlowSpecV2 {
    /// `bytes` as `take` gives them; `None` where its rules do not end where it ends.
    pub fn decode(bytes: &[u8], vpn: bool, v6: bool) -> Option<Self> {
        let mut reader = Reader::new(bytes, 0);
        reader.u16().ok()?;
        let rd = if vpn { Some(RouteDistinguisher(reader.u64().ok()?)) } else { None };
        let mut rules = Vec::new();
        while !reader.is_empty() {
            rules.push(Rule::decode(&mut reader, v6).ok()?);
        }
        Some(FlowSpecV2 { rd, rules })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        crate::bgp::length::with_u16(out, |out| {
            out.extend(self.rd.iter().flat_map(|rd| rd.0.to_be_bytes()));
            self.rules.iter().for_each(|rule| rule.encode(out));
        });
    }
}

impl Rule {
    fn decode(reader: &mut Reader<'_>, v6: bool) -> Result<Self> {
        let (order, identifier) = (reader.u32().at("order")?, reader.u32().at("identifier")?);
        let number = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        let value = reader.sub(length.into()).at("value")?;
        let filter = match components(value, v6) {
            Some(components) if number == flowspec_v2::IP => Filter::Ip { components },
            _ => Filter::Unknown { number, value: value.peek().into() },
        };
        Ok(Rule { order, identifier, filter })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.order.to_be_bytes());
        out.extend_from_slice(&self.identifier.to_be_bytes());
        let number = match &self.filter {
            Filter::Ip { .. } => flowspec_v2::IP,
            Filter::Unknown { number, .. } => *number,
        };
        out.extend_from_slice(&number.to_be_bytes());
        crate::bgp::length::with_u16(out, |out| match &self.filter {
            Filter::Ip { components } => components.iter().for_each(|component| encode(component, out)),
            Filter::Unknown { value, .. } => out.extend_from_slice(value),
        });
    }
}

/// Type, length, value to the end. A component that is not known keeps its octets: unlike in version 1 its end is known.
fn components(mut reader: Reader<'_>, v6: bool) -> Option<Vec<Component>> {
    let mut components = Vec::new();
    while !reader.is_empty() {
        let whole = reader.peek();
        let (number, length) = (reader.u8().ok()?, reader.u8().ok()?);
        let value = reader.take(length.into()).ok()?;
        let plain = [&[number], value].concat();
        let mut plain = Reader::new(&plain, 0);
        components.push(match Component::decode(&mut plain, v6) {
            Ok(component) if plain.is_empty() => component,
            _ => Component::Unknown { rest: whole.get(..2 + value.len())?.into() },
        });
    }
    Some(components)
}

fn encode(component: &Component, out: &mut Vec<u8>) {
    if let Component::Unknown { rest } = component {
        return out.extend_from_slice(rest);
    }
    let mut plain = Vec::new();
    component.encode(&mut plain);
    if let Some((number, value)) = plain.split_first() {
        out.push(*number);
        crate::bgp::length::with_u8(out, |out| out.extend_from_slice(value));
    }
}

impl ToRoute for FlowSpecV2 {
    fn to_route(&self) -> Route {
        Route { rd: self.rd, ..Route::default() }
    }
}

impl fmt::Display for FlowSpecV2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rd) = self.rd {
            write!(f, "rd {rd} ")?;
        }
        self.rules.iter().enumerate().try_for_each(|(index, rule)| {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{rule}")
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {} id {}", self.order, self.identifier)?;
        match &self.filter {
            Filter::Ip { components } => {
                components.iter().try_for_each(|component| write!(f, " {component}"))
            }
            Filter::Unknown { number, value } => write!(f, " filter {number} {value}"),
        }
    }
}
