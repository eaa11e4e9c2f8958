//! EXTENDED COMMUNITIES (RFC 4360).

use std::fmt;

use serde::{Serialize, Serializer};

use super::{flags, Context, PathAttribute, Treatment};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;

/// An extended community: eight octets, of which the first one or two say the type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExtendedCommunity(pub [u8; 8]);

/// Extended communities in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ExtendedCommunities(pub Vec<ExtendedCommunity>);

impl PathAttribute for ExtendedCommunities {
    const CODE: u8 = 16;
    const NAME: &'static str = "extended_communities";
    const CLASS: u8 = flags::OPTIONAL_TRANSITIVE;
    const MALFORMED: Treatment = Treatment::TreatAsWithdraw;

    #[inline]
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        Self::check(*reader, context)?;
        let (chunks, _) = reader.take_rest().as_chunks::<8>();
        Ok(ExtendedCommunities(chunks.iter().copied().map(ExtendedCommunity).collect()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|community| out.extend_from_slice(&community.0));
    }

    /// RFC 7606, section 7.14
    #[inline]
    fn check(reader: Reader<'_>, _: Context<'_>) -> Result<()> {
        match reader.len() {
            found if found == 0 || found % 8 != 0 => {
                Err(reader.error(ErrorKind::Length { found, expected: "a multiple of 8 that is not 0" }))
            }
            _ => Ok(()),
        }
    }
}

impl ExtendedCommunity {
    /// Name of the type and subtype (IANA "BGP Extended Communities").
    pub fn name(self) -> Option<&'static str> {
        let [kind, subtype, ..] = self.0;
        Some(match (kind, subtype) {
            (0x00..=0x02, 0x02) => "rt",
            (0x00..=0x02, 0x03) => "soo",
            (0x00 | 0x40, 0x04) => "link-bandwidth",
            (0x00..=0x02, 0x05) => "ospf-domain-id",
            (0x01, 0x07) => "ospf-router-id",
            (0x00 | 0x02, 0x08) => "bgp-data-collection",
            (0x00 | 0x02, 0x09) => "source-as",
            (0x00 | 0x01, 0x0a) => "l2vpn-id",
            (0x01, 0x0b) => "vrf-route-import",
            (0x00, 0x10) => "vpn-distinguisher",
            (0x01, 0x12) => "inter-area-p2mp-next-hop",
            (0x03 | 0x43, 0x01) => "cost",
            (0x03, 0x06) => "ospf-route-type",
            (0x03, 0x0b) => "color",
            (0x03, 0x0c) => "encapsulation",
            (0x03, 0x0d) => "default-gateway",
            (0x43, 0x00) => "origin-validation",
            (0x06, 0x00) => "mac-mobility",
            (0x06, 0x01) => "esi-label",
            (0x06, 0x02) => "es-import",
            (0x06, 0x03) => "router-mac",
            (0x06, 0x04) => "l2-attributes",
            (0x06, 0x05) => "e-tree",
            (0x06, 0x06) => "df-election",
            (0x06, 0x08) => "arp-nd",
            (0x06, 0x09) => "multicast-flags",
            (0x06, 0x0a..=0x0d) => "evi-rt",
            (0x08, 0x00) => "redirect-to-ip",
            (0x0c, 0x00) => "mup-segment",
            (0x80, 0x06) => "traffic-rate-bytes",
            (0x80, 0x07) => "traffic-action",
            (0x80..=0x82, 0x08) => "redirect",
            (0x80, 0x09) => "traffic-marking",
            (0x80, 0x0a) => "l2-info",
            (0x80, 0x0c) => "traffic-rate-packets",
            _ => return None,
        })
    }
}

/// Name and value as routers print them, e.g. `rt:65000:1`, `color:0:100`, `router-mac:00:01:02:03:04:05`; types without a name as `0x` and sixteen digits.
impl fmt::Display for ExtendedCommunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = self.name() else {
            return write!(f, "0x{:016x}", u64::from_be_bytes(self.0));
        };
        write!(f, "{name}:")?;
        let [kind, subtype, a, b, c, d, e, g] = self.0;
        let (first_16, last_16) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([e, g]));
        let (first_32, last_32) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([c, d, e, g]));
        match (kind, subtype) {
            // AS and bytes a second (RFC 10005; RFC 8955, section 7.1), AS and packets a second
            (0x00 | 0x40, 0x04) | (0x80, 0x06 | 0x0c) => write!(f, "{first_16}:{}", f32::from_bits(last_32)),
            (0x00 | 0x80, _) if !matches!((kind, subtype), (0x80, 0x07 | 0x09 | 0x0a)) => {
                write!(f, "{first_16}:{last_32}")
            }
            (0x01 | 0x81, _) | (0x08, 0x00) => write!(f, "{a}.{b}.{c}.{d}:{last_16}"),
            (0x02 | 0x82, _) => write!(f, "{first_32}:{last_16}"),
            // Point of insertion, identifier, cost
            (0x03 | 0x43, 0x01) => write!(f, "{a}:{b}:{last_32}"),
            // Area, route type, options (RFC 4577, section 4.2.6)
            (0x03, 0x06) => write!(f, "{a}.{b}.{c}.{d}:{e}:{g}"),
            (0x03, 0x0b) | (0x0c, _) => write!(f, "{first_16}:{last_32}"),
            (0x03, 0x0c) => match last_16 {
                8 => f.write_str("vxlan"),
                10 => f.write_str("mpls"),
                other => write!(f, "{other}"),
            },
            (0x43, 0x00) => f.write_str(match g {
                0 => "valid",
                1 => "not-found",
                2 => "invalid",
                _ => "unknown",
            }),
            // Flags and sequence number (RFC 7432, section 7.7)
            (0x06, 0x00) => write!(f, "{a}:{last_32}"),
            // Flags and label (RFC 7432, section 7.5)
            (0x06, 0x01) => write!(f, "{a}:{}", u32::from_be_bytes([0, d, e, g]) >> 4),
            (0x06, 0x02 | 0x03) => write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"),
            // Flags and MTU (RFC 8214, section 3.1)
            (0x06, 0x04) => write!(f, "{first_16:#06x}:{}", u16::from_be_bytes([c, d])),
            (0x80, 0x09) => write!(f, "{g}"),
            // Sample and terminal bits (RFC 8955, section 7.3)
            (0x80, 0x07) => write!(f, "{g:#04x}"),
            _ => write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{g:02x}"),
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
