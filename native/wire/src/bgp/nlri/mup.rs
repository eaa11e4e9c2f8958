//! Mobile User Plane (draft-ietf-bess-mup-safi).

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::evpn::{encode_ip, encode_optional_ip, optional_ip};
use super::rd::RouteDistinguisher;
use super::route::{Route, ToRoute};
use super::unicast;
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::{mup, mup_architecture};

/// A MUP route of the architecture 3GPP-5G. One of another architecture, or whose value does not have its type's form,
/// is `Unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "route_type", rename_all = "snake_case")]
pub enum Mup {
    InterworkSegmentDiscovery {
        rd: RouteDistinguisher,
        prefix: IpNet,
    },
    DirectSegmentDiscovery {
        rd: RouteDistinguisher,
        address: IpAddr,
    },
    Type1SessionTransformed {
        rd: RouteDistinguisher,
        prefix: IpNet,
        teid: u32,
        qfi: u8,
        endpoint: Option<IpAddr>,
        /// The field may be left out.
        source: Option<IpAddr>,
        /// Whether it was there, be it as no address.
        #[serde(skip)]
        with_source: bool,
    },
    Type2SessionTransformed {
        rd: RouteDistinguisher,
        /// Bits of endpoint and TEID.
        length: u8,
        endpoint: IpAddr,
        teid: Raw,
    },
    Unknown {
        architecture: u8,
        number: u16,
        value: Raw,
    },
}

/// Takes one NLRI: architecture type, route type, length, value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    reader.u8().at("architecture_type")?;
    reader.u16().at("route_type")?;
    let length = reader.u8().at("length")?;
    reader.take(length.into()).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

fn prefix(reader: &mut Reader<'_>, v6: bool) -> Result<IpNet> {
    let at = *reader;
    let bytes = unicast::take(reader, if v6 { 128 } else { 32 })?;
    let prefix = if v6 { unicast::decode_v6(bytes) } else { unicast::decode_v4(bytes) };
    prefix.ok_or_else(|| at.error(ErrorKind::Value { found: 0, expected: "a prefix" }))
}

impl Mup {
    /// `bytes` as `take` gives them.
    pub fn decode(bytes: &[u8], v6: bool) -> Option<Self> {
        let (&[architecture, high, low, _], value) = bytes.split_first_chunk()?;
        let number = u16::from_be_bytes([high, low]);
        let mut reader = Reader::new(value, 0);
        let route = Mup::read(architecture, number, &mut reader, v6)
            .and_then(|route| reader.finish().map(|()| route));
        Some(route.unwrap_or_else(|_| Mup::Unknown { architecture, number, value: value.into() }))
    }

    fn read(architecture: u8, number: u16, reader: &mut Reader<'_>, v6: bool) -> Result<Self> {
        if architecture != mup_architecture::THREE_GPP_5G {
            return Err(reader.error(ErrorKind::Value { found: architecture.into(), expected: "1" }));
        }
        let rd = RouteDistinguisher(reader.u64()?);
        Ok(match number {
            mup::INTERWORK_SEGMENT_DISCOVERY => {
                Mup::InterworkSegmentDiscovery { rd, prefix: prefix(reader, v6)? }
            }
            mup::DIRECT_SEGMENT_DISCOVERY => {
                let address = if v6 { IpAddr::V6(reader.ipv6()?) } else { IpAddr::V4(reader.ipv4()?) };
                Mup::DirectSegmentDiscovery { rd, address }
            }
            mup::TYPE_1_SESSION_TRANSFORMED => {
                let prefix = prefix(reader, v6)?;
                let (teid, qfi) = (reader.u32()?, reader.u8()?);
                let endpoint = optional_ip(reader)?;
                let with_source = !reader.is_empty();
                let source = if with_source { optional_ip(reader)? } else { None };
                Mup::Type1SessionTransformed { rd, prefix, teid, qfi, endpoint, source, with_source }
            }
            mup::TYPE_2_SESSION_TRANSFORMED => {
                let at = *reader;
                let length = reader.u8()?;
                let width = if v6 { 128 } else { 32 };
                let Some(bits) = length.checked_sub(width).filter(|bits| *bits <= 32) else {
                    return Err(at.error(ErrorKind::PrefixLength { found: length, limit: width + 32 }));
                };
                let endpoint = if v6 { IpAddr::V6(reader.ipv6()?) } else { IpAddr::V4(reader.ipv4()?) };
                let teid = reader.take(usize::from(bits).div_ceil(8))?.into();
                Mup::Type2SessionTransformed { rd, length, endpoint, teid }
            }
            _ => return Err(reader.error(ErrorKind::Value { found: number.into(), expected: "1 to 4" })),
        })
    }

    /// How many bits of the TEID a type 2 session transformed route has.
    pub fn teid_bits(&self) -> u8 {
        match self {
            Mup::Type2SessionTransformed { length, endpoint, .. } => {
                length.saturating_sub(if endpoint.is_ipv4() { 32 } else { 128 })
            }
            _ => 0,
        }
    }

    /// Architecture type and route type.
    pub fn number(&self) -> (u8, u16) {
        match self {
            Mup::InterworkSegmentDiscovery { .. } => {
                (mup_architecture::THREE_GPP_5G, mup::INTERWORK_SEGMENT_DISCOVERY)
            }
            Mup::DirectSegmentDiscovery { .. } => {
                (mup_architecture::THREE_GPP_5G, mup::DIRECT_SEGMENT_DISCOVERY)
            }
            Mup::Type1SessionTransformed { .. } => {
                (mup_architecture::THREE_GPP_5G, mup::TYPE_1_SESSION_TRANSFORMED)
            }
            Mup::Type2SessionTransformed { .. } => {
                (mup_architecture::THREE_GPP_5G, mup::TYPE_2_SESSION_TRANSFORMED)
            }
            Mup::Unknown { architecture, number, .. } => (*architecture, *number),
        }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        let (architecture, number) = self.number();
        out.push(architecture);
        out.extend_from_slice(&number.to_be_bytes());
        crate::bgp::length::with_u8(out, |out| match self {
            Mup::InterworkSegmentDiscovery { rd, prefix } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                unicast::encode(prefix, out);
            }
            Mup::DirectSegmentDiscovery { rd, address } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                encode_ip(*address, out);
            }
            Mup::Type1SessionTransformed { rd, prefix, teid, qfi, endpoint, source, with_source } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                unicast::encode(prefix, out);
                out.extend_from_slice(&teid.to_be_bytes());
                out.push(*qfi);
                encode_optional_ip(*endpoint, out);
                if *with_source {
                    encode_optional_ip(*source, out);
                }
            }
            Mup::Type2SessionTransformed { rd, length, endpoint, teid } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.push(*length);
                encode_ip(*endpoint, out);
                out.extend_from_slice(teid);
            }
            Mup::Unknown { value, .. } => out.extend_from_slice(value),
        });
    }

    /// The draft's route key: of a type 1 session transformed route the prefix alone. Of a type 2 one the bits of the TEID after
    /// its length are no part of it.
    pub(crate) fn key(&self, out: &mut Vec<u8>) {
        match self {
            Mup::Type1SessionTransformed { rd, prefix, .. } => {
                out.push(mup_architecture::THREE_GPP_5G);
                out.extend_from_slice(&mup::TYPE_1_SESSION_TRANSFORMED.to_be_bytes());
                out.extend_from_slice(&rd.0.to_be_bytes());
                unicast::encode(prefix, out);
            }
            Mup::Type2SessionTransformed { .. } => {
                self.encode(out);
                clear_after(self.teid_bits(), out);
            }
            other => other.encode(out),
        }
    }
}

/// Clears the bits of the last octet that are behind the first `bits` of a TEID.
fn clear_after(bits: u8, octets: &mut [u8]) {
    if let (used @ 1..=7, Some(last)) = (bits % 8, octets.last_mut()) {
        *last &= 0xff << (8 - used);
    }
}

/// The type and the key's fields in brackets.
impl ToRoute for Mup {
    fn to_route(&self) -> Route {
        match self {
            Mup::InterworkSegmentDiscovery { rd, prefix }
            | Mup::Type1SessionTransformed { rd, prefix, .. } => {
                Route { prefix: Some(prefix.trunc()), ..Route::of_vpn(*rd) }
            }
            Mup::DirectSegmentDiscovery { rd, .. } | Mup::Type2SessionTransformed { rd, .. } => {
                Route::of_vpn(*rd)
            }
            Mup::Unknown { .. } => Route::default(),
        }
    }
}

impl fmt::Display for Mup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mup::InterworkSegmentDiscovery { rd, prefix } => write!(f, "[isd]:[{rd}]:[{prefix}]"),
            Mup::DirectSegmentDiscovery { rd, address } => write!(f, "[dsd]:[{rd}]:[{address}]"),
            Mup::Type1SessionTransformed { rd, prefix, .. } => write!(f, "[t1st]:[{rd}]:[{prefix}]"),
            Mup::Type2SessionTransformed { rd, endpoint, teid, .. } => {
                // Where the route covers more than one session, bits of the front of a TEID.
                let bits = self.teid_bits();
                match <[u8; 4]>::try_from(&**teid) {
                    Ok(whole) => write!(f, "[t2st]:[{rd}]:[{endpoint}]:[{}]", u32::from_be_bytes(whole)),
                    Err(_) if bits == 0 => write!(f, "[t2st]:[{rd}]:[{endpoint}]"),
                    Err(_) => {
                        let mut teid = teid.to_vec();
                        clear_after(bits, &mut teid);
                        write!(f, "[t2st]:[{rd}]:[{endpoint}]:[0x{}/{bits}]", Raw::from(teid))
                    }
                }
            }
            Mup::Unknown { architecture, number, value } => {
                write!(f, "[{architecture}]:[{number}]:[{value}]")
            }
        }
    }
}
