//! ROUTE-REFRESH (RFC 2918; RFC 7313; RFC 5291 and RFC 5292 for outbound route filters).

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::nlri::unicast;
use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::{filter_action, message, refresh_subtype, route_filter};

/// A speaker asks for a family's routes again, or marks the start and the end of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRefresh {
    pub family: AddressFamily,
    /// 0 request, 1 begin, 2 end (RFC 7313, section 3.2).
    pub subtype: u8,
    /// Outbound route filters (RFC 5291, section 4), as they were; see [`RouteRefresh::outbound_route_filters`].
    pub filters: Raw,
}

/// Filters that a speaker asks its peer to apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboundRouteFilters {
    /// 1 at once, 2 when asked again.
    pub when_to_refresh: u8,
    pub filters: Vec<FiltersOfType>,
}

/// Entries of one type (IANA "BGP Outbound Route Filtering (ORF) Types").
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FiltersOfType {
    #[serde(rename = "type")]
    pub number: u8,
    /// Of type 64; others are kept raw.
    pub entries: Entries,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Entries {
    Prefixes(Vec<PrefixFilter>),
    Raw(Raw),
}

/// An entry of an address prefix filter (RFC 5292, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PrefixFilter {
    /// 0 add, 1 remove, 2 remove all.
    pub action: u8,
    pub permit: bool,
    /// None where all are removed.
    pub rule: Option<PrefixRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PrefixRule {
    pub sequence: u32,
    /// 0 is none.
    pub min_length: u8,
    pub max_length: u8,
    pub prefix: IpNet,
}

impl RouteRefresh {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let afi = reader.u16().at("afi")?;
        let subtype = reader.u8().at("subtype")?;
        let safi = reader.u8().at("safi")?;
        Ok(RouteRefresh {
            family: AddressFamily::new(afi, safi),
            subtype,
            filters: reader.take_rest().into(),
        })
    }

    /// Writes a whole message, its header included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        super::header::encode(message::ROUTE_REFRESH, out, |out| {
            out.extend_from_slice(&self.family.afi.to_be_bytes());
            out.extend_from_slice(&[self.subtype, self.family.safi]);
            out.extend_from_slice(&self.filters);
        });
    }

    /// IANA "BGP Route Refresh Subcodes".
    pub fn subtype_name(&self) -> Option<&'static str> {
        refresh_subtype::name(self.subtype)
    }

    /// The filters, where there are any and they read.
    pub fn outbound_route_filters(&self) -> Option<OutboundRouteFilters> {
        let reader = &mut Reader::new(&self.filters, 0);
        let when_to_refresh = reader.u8().ok()?;
        let mut filters = Vec::new();
        while !reader.is_empty() {
            let (number, length) = (reader.u8().ok()?, reader.u16().ok()?);
            let value = reader.sub(length.into()).ok()?;
            let prefixes = if number == route_filter::ADDRESS_PREFIX {
                prefixes(value, self.family.is_ipv6())
            } else {
                None
            };
            let entries = prefixes.map_or_else(|| Entries::Raw(value.peek().into()), Entries::Prefixes);
            filters.push(FiltersOfType { number, entries });
        }
        Some(OutboundRouteFilters { when_to_refresh, filters })
    }
}

fn prefixes(mut reader: Reader<'_>, v6: bool) -> Option<Vec<PrefixFilter>> {
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let head = reader.u8().ok()?;
        let action = head >> 6;
        let rule = if action == filter_action::REMOVE_ALL { None } else { Some(rule(&mut reader, v6)?) };
        filters.push(PrefixFilter { action, permit: head & 0x20 == 0, rule });
    }
    Some(filters)
}

fn rule(reader: &mut Reader<'_>, v6: bool) -> Option<PrefixRule> {
    let (sequence, min_length, max_length) = (reader.u32().ok()?, reader.u8().ok()?, reader.u8().ok()?);
    let bytes = unicast::take(reader, if v6 { 128 } else { 32 }).ok()?;
    let prefix = if v6 { unicast::decode_v6(bytes)? } else { unicast::decode_v4(bytes)? };
    Some(PrefixRule { sequence, min_length, max_length, prefix })
}

impl Serialize for RouteRefresh {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("RouteRefresh", 5)?;
        out.serialize_field("family", &self.family)?;
        out.serialize_field("subtype", &self.subtype)?;
        out.serialize_field("subtype_name", &self.subtype_name())?;
        out.serialize_field("filters", &self.filters)?;
        if let Some(filters) = self.outbound_route_filters() {
            out.serialize_field("outbound_route_filters", &filters)?;
        }
        out.end()
    }
}
