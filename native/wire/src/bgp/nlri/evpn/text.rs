//! EVPN as routers print it: the type, the distinguisher, then the key's fields in brackets.

use std::fmt;
use std::net::IpAddr;

use super::{Esi, Evpn, Group, Mac};
use crate::raw::Raw;

impl fmt::Display for Evpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.number())?;
        match self {
            Evpn::EthernetAutoDiscovery { rd, esi, ethernet_tag, .. } => {
                write!(f, ":[{rd}]:[{esi}]:[{ethernet_tag}]")
            }
            Evpn::MacIpAdvertisement { rd, ethernet_tag, mac, ip, .. } => {
                write!(f, ":[{rd}]:[{ethernet_tag}]:[48]:[{mac}]")?;
                ip.map_or(Ok(()), |ip| write!(f, ":[{}]:[{ip}]", bits(&ip)))
            }
            Evpn::InclusiveMulticastEthernetTag { rd, ethernet_tag, originator } => {
                write!(f, ":[{rd}]:[{ethernet_tag}]:[{}]:[{originator}]", bits(originator))
            }
            Evpn::EthernetSegment { rd, esi, originator } => {
                write!(f, ":[{rd}]:[{esi}]:[{}]:[{originator}]", bits(originator))
            }
            Evpn::IpPrefix { rd, ethernet_tag, prefix, .. } => {
                write!(f, ":[{rd}]:[{ethernet_tag}]:[{}]:[{}]", prefix.prefix_len(), prefix.network())
            }
            Evpn::SelectiveMulticastEthernetTag { rd, ethernet_tag, group, .. }
            | Evpn::SPmsi { rd, ethernet_tag, group } => {
                write!(f, ":[{rd}]:[{ethernet_tag}]:{group}")
            }
            Evpn::MulticastMembershipReportSynch { rd, esi, ethernet_tag, group, .. }
            | Evpn::MulticastLeaveSynch { rd, esi, ethernet_tag, group, .. } => {
                write!(f, ":[{rd}]:[{esi}]:[{ethernet_tag}]:{group}")
            }
            Evpn::PerRegionIPmsi { rd, ethernet_tag, region } => {
                write!(f, ":[{rd}]:[{ethernet_tag}]:[{region}]")
            }
            Evpn::LeafAd { route_key, originator } => {
                write!(f, ":[{}]:[{}]:[{originator}]", Key(route_key), bits(originator))
            }
            Evpn::Unknown { value, .. } => write!(f, ":[{value}]"),
        }
    }
}

/// A whole NLRI in another.
struct Key<'a>(&'a Raw);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Evpn::decode(self.0) {
            Some(route) => route.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for address in [self.source, self.group] {
            match address {
                Some(address) => write!(f, "[{}]:[{address}]:", bits(&address))?,
                None => f.write_str("[0]:[*]:")?,
            }
        }
        write!(f, "[{}]:[{}]", bits(&self.originator), self.originator)
    }
}

fn colons(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    octets.iter().enumerate().try_for_each(|(index, octet)| {
        let separator = if index == 0 { "" } else { ":" };
        write!(f, "{separator}{octet:02x}")
    })
}

impl fmt::Display for Esi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        colons(&self.0, f)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        colons(&self.0, f)
    }
}

fn bits(address: &IpAddr) -> u8 {
    if address.is_ipv4() {
        32
    } else {
        128
    }
}
