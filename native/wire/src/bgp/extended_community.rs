//! One extended community (RFC 4360), and its text.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Serialize, Serializer};

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
    /// Those of type 0x80 are as they were before RFC 4577 gave them types.
    pub fn ospf(self) -> Option<OspfCommunity> {
        match self.0 {
            [0..=2 | 0x80, 5, ..] => Some(OspfCommunity::DomainId),
            [3, 6, ..] | [0x80, 0, ..] => Some(OspfCommunity::RouteType),
            [1, 7, a, b, c, d, ..] | [0x80, 1, a, b, c, d, ..] => {
                Some(OspfCommunity::RouterId(Ipv4Addr::new(a, b, c, d)))
            }
            _ => None,
        }
    }

    /// Name of the type and subtype (IANA "BGP Extended Communities").
    pub fn name(self) -> Option<&'static str> {
        let [kind, subtype, ..] = self.0;
        Some(match (kind, subtype) {
            // Of an AS number of two octets, of an IPv4 address, of an AS number of four octets
            (0x00..=0x02, 0x02) => "rt",
            (0x00..=0x02, 0x03) => "soo",
            (0x00 | 0x40, 0x04) => "link-bandwidth",
            (0x02 | 0x42, 0x04) => "generic",
            (0x00..=0x02, 0x05) => "ospf-domain-id",
            (0x01, 0x07) => "ospf-router-id",
            (0x00 | 0x02, 0x08) => "bgp-data-collection",
            (0x00 | 0x02, 0x09) => "source-as",
            (0x01, 0x09) => "node-target",
            (0x00 | 0x01, 0x0a) => "l2vpn-id",
            (0x01, 0x0b) => "vrf-route-import",
            (0x01 | 0x41, 0x0c) | (0x08, 0x00) => "redirect-to-ip",
            (0x00..=0x02, 0x10) => "vpn-distinguisher",
            (0x01, 0x12) => "inter-area-p2mp-next-hop",
            (0x00..=0x02, 0x13) => "rt-record",
            (0x01, 0x14) => "vrf-recursive-next-hop",
            (0x00..=0x02, 0x15) => "rt-derived",
            (0x01, 0x20) => "mvpn-sa-rp",
            (0x00 | 0x40, 0x80) => "vni",
            // Opaque
            (0x03 | 0x43, 0x01) => "cost",
            (0x03, 0x03) => "cp-orf",
            (0x03, 0x04) => "extranet-source",
            (0x03, 0x05) => "extranet-separation",
            (0x03, 0x06) => "ospf-route-type",
            (0x03, 0x07) => "additional-pmsi-flags",
            (0x03, 0x08) => "context-label-space",
            (0x03, 0x0b) => "color",
            (0x03, 0x0c) => "encapsulation",
            (0x03, 0x0d) => "default-gateway",
            (0x03, 0x0e) => "ppmp-label",
            (0x03, 0x14) => "consistent-hash-sort-order",
            (0x03, 0xaa) => "load-balance",
            (0x43, 0x00) => "origin-validation",
            (0x04 | 0x44, 0x00) => "qos-marking",
            (0x05, 0x00) => "cos-capability",
            // EVPN
            (0x06, 0x00) => "mac-mobility",
            (0x06, 0x01) => "esi-label",
            (0x06, 0x02) => "es-import",
            (0x06, 0x03) => "router-mac",
            (0x06, 0x04) => "l2-attributes",
            (0x06, 0x05) => "e-tree",
            (0x06, 0x06) => "df-election",
            (0x06, 0x07) => "i-sid",
            (0x06, 0x08) => "arp-nd",
            (0x06, 0x09) => "multicast-flags",
            (0x06, 0x0a..=0x0d) => "evi-rt",
            (0x06, 0x0e) => "attachment-circuit",
            (0x06, 0x0f) => "service-carving-timestamp",
            (0x06, 0x10) => "evpn-link-bandwidth",
            // FlowSpec
            (0x07 | 0x47, 0x02) => "interface-set",
            (0x09, 0x00) => "redirect-to-indirection-id",
            // Transport class, service function chaining, mobile user plane
            (0x0a | 0x4a, 0x02) => "transport-class",
            (0x0b, 0x01) => "sfir-pool",
            (0x0b, 0x02) => "sfc-mpls-label",
            (0x0c, 0x00) => "mup-segment",
            // Generic transitive, parts 1 to 3
            (0x80, 0x00) => "old-ospf-route-type",
            (0x80, 0x01) => "old-ospf-router-id",
            (0x80, 0x05) => "old-ospf-domain-id",
            (0x80, 0x06) => "traffic-rate-bytes",
            (0x80, 0x07) => "traffic-action",
            (0x80..=0x82, 0x08) => "redirect",
            (0x80, 0x09) => "traffic-marking",
            (0x80, 0x0a) => "l2-info",
            (0x80, 0x0b) => "e-tree-info",
            (0x80, 0x0c) => "traffic-rate-packets",
            _ => return None,
        })
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
            // An AS number or an address, and a number; those of EVPN are a route target without its type (RFC 9251, section 9.5)
            (0x00 | 0x40 | 0x0c, _) | (0x80, 0x05 | 0x08) | (0x06, 0x0a) => write!(f, "{first_16}:{last_32}"),
            (0x01 | 0x41 | 0x81, _) | (0x08, 0x00) | (0x80, 0x01) | (0x06, 0x0b) => {
                write!(f, "{a}.{b}.{c}.{d}:{last_16}")
            }
            (0x02 | 0x42 | 0x82, _) | (0x06, 0x0c) => write!(f, "{first_32}:{last_16}"),
            // Point of insertion, identifier, cost
            (0x03 | 0x43, 0x01) => write!(f, "{a}:{b}:{last_32}"),
            // Area, route type, options (RFC 4577, section 4.2.6)
            (0x03, 0x06) | (0x80, 0x00) => write!(f, "{a}.{b}.{c}.{d}:{e}:{g}"),
            // Color-only bits and color (RFC 9012, section 4.3; RFC 9830, section 3)
            (0x03, 0x0b) => write!(f, "{}:{last_32}", first_16 >> 14),
            // Flags and identifier (RFC 9014: the label of a context)
            (0x03, 0x08) => write!(f, "{first_16:#06x}:{}", last_32 >> 12),
            (0x03, 0x0c) => match last_16 {
                1 => f.write_str("l2tpv3"),
                2 => f.write_str("gre"),
                7 => f.write_str("ip-in-ip"),
                8 => f.write_str("vxlan"),
                9 => f.write_str("nvgre"),
                10 => f.write_str("mpls"),
                11 => f.write_str("mpls-in-gre"),
                12 => f.write_str("vxlan-gpe"),
                13 => f.write_str("mpls-in-udp"),
                15 => f.write_str("sr-policy"),
                19 => f.write_str("geneve"),
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
            // Flags and label (RFC 7432, section 7.5; RFC 8317, section 5.1)
            (0x06, 0x01 | 0x05) => write!(f, "{a}:{}", u32::from_be_bytes([0, d, e, g]) >> 4),
            (0x06, 0x02 | 0x03) => write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"),
            // Flags and MTU (RFC 8214, section 3.1)
            (0x06, 0x04) => write!(f, "{first_16:#06x}:{}", u16::from_be_bytes([c, d])),
            // Algorithm, capabilities, preference (RFC 8584, section 2.2; RFC 9785)
            (0x06, 0x06) => {
                write!(f, "{}:{:#06x}:{last_16}", a & 0x1f, u16::from_be_bytes([b, c]))
            }
            (0x06, 0x08) => write!(f, "{a:#04x}"),
            (0x06, 0x09) => write!(f, "{first_16:#06x}"),
            // AS number, flags (0x8000 out, 0x4000 in) and group
            (0x07 | 0x47, 0x02) => write!(f, "{first_32}:{:#x}:{}", last_16 >> 14, last_16 & 0x3fff),
            (0x0a | 0x4a, 0x02) => write!(f, "{last_32}"),
            // Encapsulation, control flags, MTU (RFC 4761, section 3.2.4)
            (0x80, 0x0a) => write!(f, "{a}:{b:#04x}:{}", u16::from_be_bytes([c, d])),
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
