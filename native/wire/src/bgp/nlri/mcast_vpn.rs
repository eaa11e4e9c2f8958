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

/// A MCAST-VPN route. One whose value does not have its type's form is `Unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "route_type", rename_all = "snake_case")]
pub enum McastVpn {
    /// 1
    IntraAsIPmsi {
        rd: RouteDistinguisher,
        originator: IpAddr,
    },
    /// 2
    InterAsIPmsi {
        rd: RouteDistinguisher,
        source_as: u32,
    },
    /// 3
    SPmsi {
        rd: RouteDistinguisher,
        source: Option<IpAddr>,
        group: Option<IpAddr>,
        originator: IpAddr,
    },
    /// 4
    LeafAd {
        route_key: Raw,
        originator: IpAddr,
    },
    /// 5
    SourceActive {
        rd: RouteDistinguisher,
        source: Option<IpAddr>,
        group: Option<IpAddr>,
    },
    /// 6
    SharedTreeJoin {
        rd: RouteDistinguisher,
        source_as: u32,
        source: Option<IpAddr>,
        group: Option<IpAddr>,
    },
    /// 7
    SourceTreeJoin {
        rd: RouteDistinguisher,
        source_as: u32,
        source: Option<IpAddr>,
        group: Option<IpAddr>,
    },
    Unknown {
        number: u8,
        value: Raw,
    },
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
            1 => McastVpn::IntraAsIPmsi { rd: rd(reader)?, originator: last_ip(reader)? },
            2 => McastVpn::InterAsIPmsi { rd: rd(reader)?, source_as: reader.u32()? },
            3 => McastVpn::SPmsi {
                rd: rd(reader)?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
                originator: last_ip(reader)?,
            },
            4 => {
                // The route key is a whole NLRI; the originator follows it.
                let route_key = super::evpn::take(reader)?.into();
                McastVpn::LeafAd { route_key, originator: last_ip(reader)? }
            }
            5 => McastVpn::SourceActive {
                rd: rd(reader)?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
            },
            6 => McastVpn::SharedTreeJoin {
                rd: rd(reader)?,
                source_as: reader.u32()?,
                source: optional_ip(reader)?,
                group: optional_ip(reader)?,
            },
            7 => McastVpn::SourceTreeJoin {
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
            McastVpn::IntraAsIPmsi { .. } => 1,
            McastVpn::InterAsIPmsi { .. } => 2,
            McastVpn::SPmsi { .. } => 3,
            McastVpn::LeafAd { .. } => 4,
            McastVpn::SourceActive { .. } => 5,
            McastVpn::SharedTreeJoin { .. } => 6,
            McastVpn::SourceTreeJoin { .. } => 7,
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
