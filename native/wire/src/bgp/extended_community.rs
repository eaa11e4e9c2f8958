//! One extended community (RFC 4360), and its text.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Serialize, Serializer};

use crate::registry::communities::{extended, validation_state, Form};
use crate::registry::tunnels::tunnel;

/// An extended community: eight octets, of which the first one or two say the type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtendedCommunity(pub [u8; 8]);

/// What an extended community says of OSPF (RFC 4577, section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OspfCommunity {
    DomainId,
    RouteType,
    RouterId(Ipv4Addr),
}

impl ExtendedCommunity {
    /// Those of the generic type are as they were before RFC 4577 gave them types.
    pub fn ospf(self) -> Option<OspfCommunity> {
        let [kind, subtype, a, b, c, d, ..] = self.0;
        match [kind, subtype] {
            extended::OSPF_DOMAIN_ID
            | extended::OSPF_DOMAIN_ID_IPV4
            | extended::OSPF_DOMAIN_ID_FOUR_OCTET_AS
            | extended::OLD_OSPF_DOMAIN_ID => Some(OspfCommunity::DomainId),
            extended::OSPF_ROUTE_TYPE | extended::OLD_OSPF_ROUTE_TYPE => Some(OspfCommunity::RouteType),
            extended::OSPF_ROUTER_ID | extended::OLD_OSPF_ROUTER_ID => {
                Some(OspfCommunity::RouterId(Ipv4Addr::new(a, b, c, d)))
            }
            _ => None,
        }
    }

    /// Name of the type and subtype (IANA "BGP Extended Communities").
    pub fn name(self) -> Option<&'static str> {
        let [kind, subtype, ..] = self.0;
        extended::find(kind, subtype).map(|(name, _)| name)
    }

    /// An IETF community that is passed on to other ASes (RFC 4360, section 2).
    pub fn transitive(self) -> bool {
        let [kind, ..] = self.0;
        kind & 0x40 == 0
    }
}

/// Name and value as routers print them, e.g. `rt:65000:1`, `color:0:100`, `router-mac:00:01:02:03:04:05`; types without a name as `0x` and sixteen digits.
impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, subtype, a, b, c, d, e, g] = self.0;
        let Some((name, form)) = extended::find(kind, subtype) else {
            return write!(f, "0x{:016x}", u64::from_be_bytes(self.0));
        };
        write!(f, "{name}:")?;
        let (first_16, last_16) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([e, g]));
        let (first_32, last_32) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([c, d, e, g]));
        match form {
            Form::Rate => write!(f, "{first_16}:{}", f32::from_bits(last_32)),
            Form::TwoOctetAs => write!(f, "{first_16}:{last_32}"),
            Form::Ipv4 => write!(f, "{a}.{b}.{c}.{d}:{last_16}"),
            Form::FourOctetAs => write!(f, "{first_32}:{last_16}"),
            Form::Cost => write!(f, "{a}:{b}:{last_32}"),
            Form::OspfRouteType => write!(f, "{a}.{b}.{c}.{d}:{e}:{g}"),
            Form::Color => write!(f, "{}:{last_32}", first_16 >> 14),
            Form::FlagsAndIdentifier => write!(f, "{first_16:#06x}:{}", last_32 >> 12),
            Form::Encapsulation => match tunnel::words(last_16) {
                Some(text) => f.write_str(text),
                None => write!(f, "{last_16}"),
            },
            Form::ValidationState => f.write_str(validation_state::name(g).unwrap_or("unknown")),
            Form::MacMobility => write!(f, "{a}:{last_32}"),
            Form::FlagsAndLabel => write!(f, "{a}:{}", u32::from_be_bytes([0, d, e, g]) >> 4),
            Form::Mac => write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"),
            Form::FlagsAndMtu => write!(f, "{first_16:#06x}:{}", u16::from_be_bytes([c, d])),
            Form::DfElection => write!(f, "{}:{:#06x}:{last_16}", a & 0x1f, u16::from_be_bytes([b, c])),
            Form::ArpNd => write!(f, "{a:#04x}"),
            Form::MulticastFlags => write!(f, "{first_16:#06x}"),
            // 2 is out, 1 is in, 3 is both.
            Form::InterfaceSet => write!(f, "{first_32}:{:#x}:{}", last_16 >> 14, last_16 & 0x3fff),
            Form::LastNumber => write!(f, "{last_32}"),
            Form::LayerTwo => write!(f, "{a}:{b:#04x}:{}", u16::from_be_bytes([c, d])),
            Form::LastOctet => write!(f, "{g}"),
            Form::LastOctetInHex => write!(f, "{g:#04x}"),
            Form::Octets => write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{g:02x}"),
        }
    }
}

impl fmt::Debug for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for ExtendedCommunity {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
