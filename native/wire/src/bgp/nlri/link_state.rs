//! BGP-LS (RFC 9552; RFC 9514 for SRv6 SIDs; RFC 9857 for SR policies; SAFI 72 for VPNs).

use std::fmt;

use serde::Serialize;

use super::rd::RouteDistinguisher;
use super::route::{Route, ToRoute};
use crate::bgp::link_state;
use crate::bgp::tlv::{Header, Tlv};
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::link_state::{nlri, protocol};

/// A node, link or prefix of a topology. Printed as its type, protocol, identifier and descriptors.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum LinkState {
    Object {
        nlri_type: u16,
        name: &'static str,
        /// Of SAFI 72.
        #[serde(skip_serializing_if = "Option::is_none")]
        rd: Option<RouteDistinguisher>,
        /// IANA "BGP-LS Protocol-IDs".
        protocol: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        protocol_name: Option<&'static str>,
        identifier: u64,
        descriptors: Vec<Tlv>,
    },
    /// Another type, or one that does not have its type's form.
    Unknown { nlri_type: u16, value: Raw },
}

/// Takes one NLRI: type, length, value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    reader.u16().at("nlri_type")?;
    let length = reader.u16().at("length")?;
    reader.take(length.into()).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

impl LinkState {
    /// `bytes` as `take` gives them. RFC 9552, section 5.2: with SAFI 72 the distinguisher follows the length.
    pub fn decode(bytes: &[u8], vpn: bool) -> Option<Self> {
        let (&[high, low, _, _], value) = bytes.split_first_chunk()?;
        let nlri_type = u16::from_be_bytes([high, low]);
        let object = nlri::name(nlri_type).and_then(|name| LinkState::read(nlri_type, name, value, vpn).ok());
        Some(object.unwrap_or_else(|| LinkState::Unknown { nlri_type, value: value.into() }))
    }

    fn read(nlri_type: u16, name: &'static str, value: &[u8], vpn: bool) -> Result<Self> {
        let mut reader = Reader::new(value, 0);
        let rd = if vpn { Some(RouteDistinguisher(reader.u64()?)) } else { None };
        let protocol = reader.u8()?;
        let identifier = reader.u64()?;
        let namespace = if nlri_type == nlri::IPV6_PREFIX { &link_state::IPV6 } else { &link_state::IPV4 };
        let descriptors = namespace.decode(&mut reader)?;
        Ok(LinkState::Object {
            nlri_type,
            name,
            rd,
            protocol,
            protocol_name: protocol::name(protocol),
            identifier,
            descriptors,
        })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        let (LinkState::Object { nlri_type, .. } | LinkState::Unknown { nlri_type, .. }) = self;
        out.extend_from_slice(&nlri_type.to_be_bytes());
        crate::bgp::length::with_u16(out, |out| match self {
            LinkState::Object { rd, protocol, identifier, descriptors, .. } => {
                out.extend(rd.iter().flat_map(|rd| rd.0.to_be_bytes()));
                out.push(*protocol);
                out.extend_from_slice(&identifier.to_be_bytes());
                descriptors.iter().for_each(|tlv| tlv.encode(Header::Long, out));
            }
            LinkState::Unknown { value, .. } => out.extend_from_slice(value),
        });
    }
}

impl ToRoute for LinkState {
    fn to_route(&self) -> Route {
        match self {
            LinkState::Object { rd, .. } => Route { rd: *rd, ..Route::default() },
            LinkState::Unknown { .. } => Route::default(),
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkState::Object { name, rd, protocol, protocol_name, identifier, descriptors, .. } => {
                write!(f, "[{name}]")?;
                if let Some(rd) = rd {
                    write!(f, ":[{rd}]")?;
                }
                match protocol_name {
                    Some(name) => write!(f, ":[{name}]:[{identifier}]")?,
                    None => write!(f, ":[{protocol}]:[{identifier}]")?,
                }
                descriptors.iter().try_for_each(|tlv| write!(f, ":[{tlv}]"))
            }
            LinkState::Unknown { nlri_type, value } => write!(f, "[{nlri_type}]:[{value}]"),
        }
    }
}
