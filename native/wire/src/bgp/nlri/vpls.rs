//! VPLS with BGP signaling (RFC 4761, section 3.2.2) and auto-discovery (RFC 6074, section 3.2.2).

use std::fmt;
use std::net::Ipv4Addr;

use serde::Serialize;

use super::label::Label;
use super::rd::RouteDistinguisher;
use super::route::{Route, ToRoute};
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// A VPLS NLRI: its length says which.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Vpls {
    /// 17 octets: labels `label_base` to `label_base + ve_block_size - 1` for VEs from `ve_block_offset` on.
    Signaling {
        rd: RouteDistinguisher,
        ve_id: u16,
        ve_block_offset: u16,
        ve_block_size: u16,
        label_base: Label,
    },
    /// 12 octets
    AutoDiscovery {
        rd: RouteDistinguisher,
        pe: Ipv4Addr,
    },
    Unknown {
        value: Raw,
    },
}

/// Takes one NLRI: length, value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    let length = reader.u16().at("length")?;
    reader.take(length.into()).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

impl Vpls {
    /// `bytes` as `take` gives them.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (_, value) = bytes.split_first_chunk::<2>()?;
        Vpls::read(value).ok()
    }

    fn read(value: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(value, 0);
        Ok(match value.len() {
            17 => Vpls::Signaling {
                rd: RouteDistinguisher(reader.u64()?),
                ve_id: reader.u16()?,
                ve_block_offset: reader.u16()?,
                ve_block_size: reader.u16()?,
                label_base: Label::decode(&mut reader)?,
            },
            12 => Vpls::AutoDiscovery { rd: RouteDistinguisher(reader.u64()?), pe: reader.ipv4()? },
            _ => Vpls::Unknown { value: value.into() },
        })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        crate::bgp::length::with_u16(out, |out| match self {
            Vpls::Signaling { rd, ve_id, ve_block_offset, ve_block_size, label_base } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                for field in [ve_id, ve_block_offset, ve_block_size] {
                    out.extend_from_slice(&field.to_be_bytes());
                }
                label_base.encode(out);
            }
            Vpls::AutoDiscovery { rd, pe } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.extend_from_slice(&pe.octets());
            }
            Vpls::Unknown { value } => out.extend_from_slice(value),
        });
    }

    /// RFC 4761: the label base does not identify a route.
    pub(crate) fn key(&self, out: &mut Vec<u8>) {
        match self {
            Vpls::Signaling { rd, ve_id, ve_block_offset, .. } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.extend_from_slice(&ve_id.to_be_bytes());
                out.extend_from_slice(&ve_block_offset.to_be_bytes());
            }
            other => other.encode(out),
        }
    }
}

impl ToRoute for Vpls {
    fn to_route(&self) -> Route {
        match self {
            Vpls::Signaling { rd, .. } | Vpls::AutoDiscovery { rd, .. } => Route::of_vpn(*rd),
            Vpls::Unknown { .. } => Route::default(),
        }
    }
}

impl fmt::Display for Vpls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Vpls::Signaling { rd, ve_id, ve_block_offset, .. } => write!(f, "{rd}:{ve_id}:{ve_block_offset}"),
            Vpls::AutoDiscovery { rd, pe } => write!(f, "{rd}:{pe}"),
            Vpls::Unknown { value } => value.fmt(f),
        }
    }
}
