//! MP_REACH_NLRI (RFC 4760, section 3; RFC 2545; RFC 4364; RFC 4659; RFC 8950).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};

use super::PathAttribute;
use crate::bgp::nlri::rd::RouteDistinguisher;
use crate::bgp::{nlri, Action, AddressFamily, Context, Nlri};
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::Layout;

/// Routes of any family that an UPDATE announces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MpReach {
    pub family: AddressFamily,
    pub next_hop: NextHop,
    pub nlri: Vec<Nlri>,
}

/// A next hop as MP_REACH_NLRI carries it: its length says what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// 0 octets: the family has none, e.g. FlowSpec.
    None,
    /// 4 octets
    Ipv4(Ipv4Addr),
    /// 16 octets, or 32 with the link-local address (RFC 2545, section 3)
    Ipv6 { global: Ipv6Addr, link_local: Option<Ipv6Addr> },
    /// 12 octets (RFC 4364, section 4.3.2)
    VpnIpv4 { rd: RouteDistinguisher, address: Ipv4Addr },
    /// 24 octets, or 48 with the link-local address and its distinguisher (RFC 4659, section 3.2.1)
    VpnIpv6 { rd: RouteDistinguisher, global: Ipv6Addr, link_local: Option<(RouteDistinguisher, Ipv6Addr)> },
    /// Any other length.
    Raw(Raw),
}

/// The attribute where it is on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MpReachRef<'a> {
    pub family: AddressFamily,
    pub next_hop: &'a [u8],
    pub nlri: Reader<'a>,
}

impl<'a> MpReachRef<'a> {
    #[inline]
    pub fn read(reader: &mut Reader<'a>) -> Result<Self> {
        let family = reader.family()?;
        let length = reader.u8().at("next_hop_length")?;
        let next_hop = reader.take(length.into()).at("next_hop")?;
        // Reserved; RFC 4760 had here the number of SNPAs, which nothing ever used.
        reader.u8().at("reserved")?;
        let offset = reader.offset();
        Ok(MpReachRef { family, next_hop, nlri: Reader::new(reader.take_rest(), offset) })
    }
}

/// Whether a next hop of so many octets is one of the family (RFC 2545, RFC 4364, RFC 4659, RFC 8950). Of routes of its own a
/// router gives no address, of VPNs also a distinguisher without one. Of families whose specifications leave it open any form
/// will do, and of a family without a reading any length.
#[inline]
pub(crate) fn fits(family: AddressFamily, length: usize) -> bool {
    let Some(layout) = family.layout() else { return true };
    // IPv4 routes may have a next hop of IPv6 (RFC 8950), and IPv6 ones none of IPv4.
    let of_ipv4 = !family.is_ipv6();
    match layout {
        Layout::Prefix | Layout::Labeled => matches!(length, 0 | 16 | 32) || length == 4 && of_ipv4,
        _ if family.is_ip_vpn() => matches!(length, 0 | 8 | 24 | 48) || length == 12 && of_ipv4,
        _ => matches!(length, 0 | 4 | 8 | 12 | 16 | 24 | 32 | 48),
    }
}

impl NextHop {
    pub fn decode(octets: &[u8]) -> Self {
        Self::read(octets).unwrap_or_else(|_| NextHop::Raw(octets.into()))
    }

    #[inline]
    fn read(octets: &[u8]) -> Result<Self> {
        let reader = &mut Reader::new(octets, 0);
        Ok(match octets.len() {
            0 => NextHop::None,
            4 => NextHop::Ipv4(reader.ipv4()?),
            16 => NextHop::Ipv6 { global: reader.ipv6()?, link_local: None },
            32 => NextHop::Ipv6 { global: reader.ipv6()?, link_local: Some(reader.ipv6()?) },
            12 => NextHop::VpnIpv4 { rd: RouteDistinguisher(reader.u64()?), address: reader.ipv4()? },
            24 => NextHop::VpnIpv6 {
                rd: RouteDistinguisher(reader.u64()?),
                global: reader.ipv6()?,
                link_local: None,
            },
            48 => NextHop::VpnIpv6 {
                rd: RouteDistinguisher(reader.u64()?),
                global: reader.ipv6()?,
                link_local: Some((RouteDistinguisher(reader.u64()?), reader.ipv6()?)),
            },
            _ => NextHop::Raw(octets.into()),
        })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            NextHop::None => {}
            NextHop::Ipv4(address) => out.extend_from_slice(&address.octets()),
            NextHop::Ipv6 { global, link_local } => {
                out.extend_from_slice(&global.octets());
                out.extend(link_local.iter().flat_map(Ipv6Addr::octets));
            }
            NextHop::VpnIpv4 { rd, address } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.extend_from_slice(&address.octets());
            }
            NextHop::VpnIpv6 { rd, global, link_local } => {
                out.extend_from_slice(&rd.0.to_be_bytes());
                out.extend_from_slice(&global.octets());
                if let Some((rd, address)) = link_local {
                    out.extend_from_slice(&rd.0.to_be_bytes());
                    out.extend_from_slice(&address.octets());
                }
            }
            NextHop::Raw(raw) => out.extend_from_slice(raw),
        }
    }

    /// The (global) address.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            NextHop::Ipv4(address) | NextHop::VpnIpv4 { address, .. } => Some(IpAddr::V4(*address)),
            NextHop::Ipv6 { global, .. } | NextHop::VpnIpv6 { global, .. } => Some(IpAddr::V6(*global)),
            NextHop::None | NextHop::Raw(_) => None,
        }
    }

    pub fn link_local(&self) -> Option<Ipv6Addr> {
        match self {
            NextHop::Ipv6 { link_local, .. } => *link_local,
            NextHop::VpnIpv6 { link_local, .. } => link_local.map(|(_, address)| address),
            _ => None,
        }
    }
}

// RFC 7606, sections 5.3 and 7.11: routes that cannot be read cannot be withdrawn either.
impl PathAttribute for MpReach {
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        let MpReachRef { family, next_hop, nlri: block } = MpReachRef::read(reader)?;
        let nlri = nlri::decode(family, context.form(Action::Announce, family), block).at("nlri")?;
        Ok(MpReach { family, next_hop: NextHop::decode(next_hop), nlri })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        crate::bgp::length::with_u8(out, |out| self.next_hop.encode(out));
        out.push(0);
        self.nlri.iter().for_each(|nlri| nlri.encode(out));
    }
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.address()) {
            (_, Some(address)) => address.fmt(f),
            (NextHop::Raw(raw), None) => raw.fmt(f),
            _ => Ok(()),
        }
    }
}

/// `{"address": …}` with `link_local`, `rd` and `link_local_rd` where they are, null where there is none, hexadecimal where it is raw.
impl Serialize for NextHop {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let (rd, link_local_rd) = match self {
            NextHop::None => return serializer.serialize_none(),
            NextHop::Raw(raw) => return raw.serialize(serializer),
            NextHop::Ipv4(_) | NextHop::Ipv6 { .. } => (None, None),
            NextHop::VpnIpv4 { rd, .. } => (Some(rd), None),
            NextHop::VpnIpv6 { rd, link_local, .. } => (Some(rd), link_local.as_ref().map(|(rd, _)| rd)),
        };
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("address", &self.address())?;
        if let Some(address) = self.link_local() {
            out.serialize_entry("link_local", &address)?;
        }
        if let Some(rd) = rd {
            out.serialize_entry("rd", rd)?;
        }
        if let Some(rd) = link_local_rd {
            out.serialize_entry("link_local_rd", rd)?;
        }
        out.end()
    }
}
