//! MCAST-VPN (RFC 6514, section 4).

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::evpn::{encode_ip, encode_optional_ip, optional_ip};
use super::rd::RouteDistinguisher;
use super::route::{Route, ToRoute};
use crate::error::{ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::mcast_vpn;

/// A MCAST-VPN route. One whose value does not have its type's form is `Unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "route_type", rename_all = "snake_case")]
pub enum McastVpn {
    IntraAsIPmsi { rd: RouteDistinguisher, originator: IpAddr },
    InterAsIPmsi { rd: RouteDistinguisher, source_as: u32 },
    SPmsi { rd: RouteDistinguisher, source: Option<IpAddr>, group: Option<IpAddr>, originator: IpAddr },
    LeafAd { route_key: Raw, originator: IpAddr },
    SourceActive { rd: RouteDistinguisher, source: Option<IpAddr>, group: Option<IpAddr> },
    SharedTreeJoin { rd: RouteDistinguisher, source_as: u32, source: Option<IpAddr>, group: Option<IpAddr> },
    SourceTreeJoin { rd: RouteDistinguisher, source_as: u32, source: Option<IpAddr>, group: Option<IpAddr> },
    Unknown { number: u8, value: Raw },
}

/// An address that is all the rest.
fn last_ip(reader: &mut Reader<'_>) -> Result<IpAddr> {
    match reader.len() {
        4 => reader.ipv4().map(IpAddr::V4),
        16 => reader.ipv6().map(IpAddr::V6),
        found => Err(reader.error(ErrorKind::Length { found, expected: "4 or 16" })),
    }
}

impl McastVpn {
    /// `bytes` as `evpn::take` gives them: route type, length, value.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[number, _], value) = bytes.split_first_chunk()?;
        let mut reader = Reader::new(value, 0);
        let route = McastVpn::read(number, &mut reader).and_then(|route| reader.finish().map(|()| route));
        Some(route.unwrap_or_else(|_| McastVpn::Unknown { number, value: value.into() }))
    }

    fn read(number: u8, reader: &mut Reader<'_>) -> Result<Self> {
        let rd = |reader: &mut Reader<'_>| reader.u64().map(RouteDistinguisher);
        Ok(match number {
            mcast_vpn::INTRA_AS_I_PMSI => {
                McastVpn::IntraAsIPmsi { rd: rd(reader)?, originator: last_ip(reader)? }
            }
            mcast_vpn::INTER_AS_I_PMSI => {
                McastVpn::InterAsIPmsi { rd: rd(reader)?, source_as: reader.u32()? }
            }
            mcast_vpn::S_PMSI => McastVpn::SPmsi {
                rd: rd(reader)?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
                originator: last_ip(reader)?,
            },
            mcast_vpn::LEAF_AD => {
                // The route key is a whole NLRI; the originator follows it.
                let route_key = super::evpn::take(reader)?.into();
                McastVpn::LeafAd { route_key, originator: last_ip(reader)? }
            }
            mcast_vpn::SOURCE_ACTIVE => McastVpn::SourceActive {
                rd: rd(reader)?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
            },
            mcast_vpn::SHARED_TREE_JOIN => McastVpn::SharedTreeJoin {
                rd: rd(reader)?,
                source_as: reader.u32()?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
            },
            mcast_vpn::SOURCE_TREE_JOIN => McastVpn::SourceTreeJoin {
                rd: rd(reader)?,
                source_as: reader.u32()?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
            },
            _ => return Err(reader.error(ErrorKind::Value { found: number.into(), expected: "1 to 7" })),
        })
    }

    /// IANA "MCAST-VPN Route Types".
    pub fn number(&self) -> u8 {
        match self {
            McastVpn::IntraAsIPmsi { .. } => mcast_vpn::INTRA_AS_I_PMSI,
            McastVpn::InterAsIPmsi { .. } => mcast_vpn::INTER_AS_I_PMSI,
            McastVpn::SPmsi { .. } => mcast_vpn::S_PMSI,
            McastVpn::LeafAd { .. } => mcast_vpn::LEAF_AD,
            McastVpn::SourceActive { .. } => mcast_vpn::SOURCE_ACTIVE,
            McastVpn::SharedTreeJoin { .. } => mcast_vpn::SHARED_TREE_JOIN,
            McastVpn::SourceTreeJoin { .. } => mcast_vpn::SOURCE_TREE_JOIN,
            McastVpn::Unknown { number, .. } => *number,
        }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.number());
        crate::bgp::length::with_u8(out, |out| match self {
            McastVpn::IntraAsIPmsi { rd, originator } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                encode_ip(*originator, out);
            }
            McastVpn::InterAsIPmsi { rd, source_as } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.extend_from_slice(&source_as.to_be_bytes());
            }
            McastVpn::SPmsi { rd, source, group, originator } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                encode_optional_ip(*source, out);
                encode_optional_ip(*group, out);
                encode_ip(*originator, out);
            }
            McastVpn::LeafAd { route_key, originator } => {
                out.extend_from_slice(route_key);
                encode_ip(*originator, out);
            }
            McastVpn::SourceActive { rd, source, group } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                encode_optional_ip(*source, out);
                encode_optional_ip(*group, out);
            }
            McastVpn::SharedTreeJoin { rd, source_as, source, group }
            | McastVpn::SourceTreeJoin { rd, source_as, source, group } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.extend_from_slice(&source_as.to_be_bytes());
                encode_optional_ip(*source, out);
                encode_optional_ip(*group, out);
            }
            McastVpn::Unknown { value, .. } => out.extend_from_slice(value),
        });
    }
}

fn any(address: Option<IpAddr>) -> String {
    address.map_or("*".into(), |address| address.to_string())
}

/// The type and the fields in brackets.
impl ToRoute for McastVpn {
    fn to_route(&self) -> Route {
        match self {
            McastVpn::IntraAsIPmsi { rd, .. }
            | McastVpn::InterAsIPmsi { rd, .. }
            | McastVpn::SPmsi { rd, .. }
            | McastVpn::SourceActive { rd, .. }
            | McastVpn::SharedTreeJoin { rd, .. }
            | McastVpn::SourceTreeJoin { rd, .. } => Route::of_vpn(*rd),
            McastVpn::LeafAd { .. } | McastVpn::Unknown { .. } => Route::default(),
        }
    }
}

impl fmt::Display for McastVpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.number())?;
        match self {
            McastVpn::IntraAsIPmsi { rd, originator } => write!(f, ":[{rd}]:[{originator}]"),
            McastVpn::InterAsIPmsi { rd, source_as } => write!(f, ":[{rd}]:[{source_as}]"),
            McastVpn::SPmsi { rd, source, group, originator } => {
                write!(f, ":[{rd}]:[{}]:[{}]:[{originator}]", any(*source), any(*group))
            }
            McastVpn::LeafAd { route_key, originator } => match McastVpn::decode(route_key) {
                Some(route) => write!(f, ":[{route}]:[{originator}]"),
                None => write!(f, ":[{route_key}]:[{originator}]"),
            },
            McastVpn::SourceActive { rd, source, group } => {
                write!(f, ":[{rd}]:[{}]:[{}]", any(*source), any(*group))
            }
            McastVpn::SharedTreeJoin { rd, source_as, source, group }
            | McastVpn::SourceTreeJoin { rd, source_as, source, group } => {
                write!(f, ":[{rd}]:[{source_as}]:[{}]:[{}]", any(*source), any(*group))
            }
            McastVpn::Unknown { value, .. } => write!(f, ":[{value}]"),
        }
    }
}
