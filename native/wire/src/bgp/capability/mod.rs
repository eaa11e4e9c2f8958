//! Capabilities of an OPEN (RFC 5492); what has a structure of its own has a file of its own.

use std::fmt;

use serde::Serialize;

use self::entry::{encode_all, entries};
use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::role;
use crate::registry::capabilities::code;

mod add_path;
mod entry;
mod extended_next_hop;
mod graceful_restart;
mod long_lived_graceful_restart;
mod multiple_labels;
mod outbound_route_filtering;
mod paths_limit;
mod text;

pub use add_path::AddPathFamily;
pub use extended_next_hop::ExtendedNextHop;
pub use graceful_restart::FamilyFlags;
pub use long_lived_graceful_restart::LongLivedFamily;
pub use multiple_labels::FamilyCount;
pub use outbound_route_filtering::OutboundRouteFilter;
pub use paths_limit::FamilyLimit;
pub use text::Text;

/// One capability. A value that does not have its capability's form is kept as `Unknown`: a
/// capability never makes an OPEN fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Capability {
    /// 1 (RFC 4760)
    Multiprotocol {
        family: AddressFamily,
    },
    /// 2 (RFC 2918)
    RouteRefresh,
    /// 3 (RFC 5291)
    OutboundRouteFiltering {
        families: Vec<OutboundRouteFilter>,
    },
    /// 5 (RFC 8950)
    ExtendedNextHop {
        families: Vec<ExtendedNextHop>,
    },
    /// 6 (RFC 8654)
    ExtendedMessage,
    /// 7 (RFC 8205): version in the high four bits, direction in the next
    Bgpsec {
        flags: u8,
        afi: u16,
    },
    /// 8 (RFC 8277)
    MultipleLabels {
        families: Vec<FamilyCount>,
    },
    /// 9 (RFC 9234): 0 provider, 1 route server, 2 route server client, 3 customer, 4 peer
    Role {
        role: u8,
    },
    /// 64 (RFC 4724, RFC 8538)
    GracefulRestart {
        /// 0x8 restarted, 0x4 NOTIFICATION too.
        flags: u8,
        /// Seconds.
        restart_time: u16,
        families: Vec<FamilyFlags>,
    },
    /// 65 (RFC 6793)
    FourOctetAs {
        asn: u32,
    },
    /// 67 (draft-ietf-idr-dynamic-cap)
    DynamicCapability {
        capabilities: Raw,
    },
    /// 68 (draft-ietf-idr-bgp-multisession)
    Multisession {
        flags: u8,
        capabilities: Raw,
    },
    /// 69 (RFC 7911)
    AddPath {
        families: Vec<AddPathFamily>,
    },
    /// 70 (RFC 7313)
    EnhancedRouteRefresh,
    /// 71 (RFC 9494)
    LongLivedGracefulRestart {
        families: Vec<LongLivedFamily>,
    },
    /// 72 (draft-ietf-idr-rpd)
    RoutingPolicyDistribution {
        value: Raw,
    },
    /// 73 (draft-walton-bgp-hostname-capability)
    Fqdn {
        host: Text,
        domain: Text,
    },
    /// 74 (draft-ietf-idr-bgp-bfd-strict-mode)
    BfdStrictMode,
    /// 75 (draft-abraitis-bgp-version-capability)
    SoftwareVersion {
        version: Text,
    },
    /// 76 (draft-abraitis-idr-addpath-paths-limit)
    PathsLimit {
        families: Vec<FamilyLimit>,
    },
    /// 77 (draft-ietf-idr-linklocal-capability)
    LinkLocalNextHop,
    /// 128 (RFC 8810): route refresh before RFC 2918
    OldRouteRefresh,
    /// 130 (RFC 8810): outbound route filtering before RFC 5291
    OldOutboundRouteFiltering {
        families: Vec<OutboundRouteFilter>,
    },
    /// 131 (RFC 8810): multisession before it had a code
    OldMultisession {
        flags: u8,
        capabilities: Raw,
    },
    /// 184 (RFC 8810): FQDN before it had a code
    OldFqdn {
        host: Text,
        domain: Text,
    },
    Unknown {
        code: u8,
        value: Raw,
    },
}

impl Capability {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let code = reader.u8().at("code")?;
        let length = reader.u8().at("length")?;
        let value = reader.sub(length.into()).at("value")?;
        let mut rest = value;
        Ok(match Capability::read(code, &mut rest) {
            Ok(Some(capability)) if rest.is_empty() => capability,
            _ => Capability::Unknown { code, value: value.peek().into() },
        })
    }

    fn read(number: u8, reader: &mut Reader<'_>) -> Result<Option<Self>> {
        Ok(Some(match number {
            code::MULTIPROTOCOL => {
                // RFC 4760, section 8: the reserved octet is ignored.
                let (afi, _reserved, safi) = (reader.u16()?, reader.u8()?, reader.u8()?);
                Capability::Multiprotocol { family: AddressFamily::new(afi, safi) }
            }
            code::ROUTE_REFRESH => Capability::RouteRefresh,
            code::OUTBOUND_ROUTE_FILTERING => {
                Capability::OutboundRouteFiltering { families: entries(reader)? }
            }
            code::EXTENDED_NEXT_HOP => Capability::ExtendedNextHop { families: entries(reader)? },
            code::EXTENDED_MESSAGE => Capability::ExtendedMessage,
            code::BGPSEC => Capability::Bgpsec { flags: reader.u8()?, afi: reader.u16()? },
            code::MULTIPLE_LABELS => Capability::MultipleLabels { families: entries(reader)? },
            code::ROLE => Capability::Role { role: reader.u8()? },
            code::GRACEFUL_RESTART => {
                let head = reader.u16()?;
                Capability::GracefulRestart {
                    flags: u8::try_from(head >> 12).unwrap_or_default(),
                    restart_time: head & 0x0fff,
                    families: entries(reader)?,
                }
            }
            code::FOUR_OCTET_AS => Capability::FourOctetAs { asn: reader.u32()? },
            code::DYNAMIC_CAPABILITY => {
                Capability::DynamicCapability { capabilities: reader.take_rest().into() }
            }
            code::MULTISESSION => {
                Capability::Multisession { flags: reader.u8()?, capabilities: reader.take_rest().into() }
            }
            code::ADD_PATH => Capability::AddPath { families: entries(reader)? },
            code::ENHANCED_ROUTE_REFRESH => Capability::EnhancedRouteRefresh,
            code::LONG_LIVED_GRACEFUL_RESTART => {
                Capability::LongLivedGracefulRestart { families: entries(reader)? }
            }
            code::ROUTING_POLICY_DISTRIBUTION => {
                Capability::RoutingPolicyDistribution { value: reader.take_rest().into() }
            }
            code::FQDN => Capability::Fqdn { host: Text::decode(reader)?, domain: Text::decode(reader)? },
            code::BFD_STRICT_MODE => Capability::BfdStrictMode,
            code::SOFTWARE_VERSION => Capability::SoftwareVersion { version: Text::decode(reader)? },
            code::PATHS_LIMIT => Capability::PathsLimit { families: entries(reader)? },
            code::LINK_LOCAL_NEXT_HOP => Capability::LinkLocalNextHop,
            code::OLD_ROUTE_REFRESH => Capability::OldRouteRefresh,
            code::OLD_OUTBOUND_ROUTE_FILTERING => {
                Capability::OldOutboundRouteFiltering { families: entries(reader)? }
            }
            code::OLD_MULTISESSION => {
                Capability::OldMultisession { flags: reader.u8()?, capabilities: reader.take_rest().into() }
            }
            code::OLD_FQDN => {
                Capability::OldFqdn { host: Text::decode(reader)?, domain: Text::decode(reader)? }
            }
            _ => return Ok(None),
        }))
    }

    /// IANA "Capability Codes".
    pub fn code(&self) -> u8 {
        match self {
            Capability::Multiprotocol { .. } => code::MULTIPROTOCOL,
            Capability::RouteRefresh => code::ROUTE_REFRESH,
            Capability::OutboundRouteFiltering { .. } => code::OUTBOUND_ROUTE_FILTERING,
            Capability::ExtendedNextHop { .. } => code::EXTENDED_NEXT_HOP,
            Capability::ExtendedMessage => code::EXTENDED_MESSAGE,
            Capability::Bgpsec { .. } => code::BGPSEC,
            Capability::MultipleLabels { .. } => code::MULTIPLE_LABELS,
            Capability::Role { .. } => code::ROLE,
            Capability::GracefulRestart { .. } => code::GRACEFUL_RESTART,
            Capability::FourOctetAs { .. } => code::FOUR_OCTET_AS,
            Capability::DynamicCapability { .. } => code::DYNAMIC_CAPABILITY,
            Capability::Multisession { .. } => code::MULTISESSION,
            Capability::AddPath { .. } => code::ADD_PATH,
            Capability::EnhancedRouteRefresh => code::ENHANCED_ROUTE_REFRESH,
            Capability::LongLivedGracefulRestart { .. } => code::LONG_LIVED_GRACEFUL_RESTART,
            Capability::RoutingPolicyDistribution { .. } => code::ROUTING_POLICY_DISTRIBUTION,
            Capability::Fqdn { .. } => code::FQDN,
            Capability::BfdStrictMode => code::BFD_STRICT_MODE,
            Capability::SoftwareVersion { .. } => code::SOFTWARE_VERSION,
            Capability::PathsLimit { .. } => code::PATHS_LIMIT,
            Capability::LinkLocalNextHop => code::LINK_LOCAL_NEXT_HOP,
            Capability::OldRouteRefresh => code::OLD_ROUTE_REFRESH,
            Capability::OldOutboundRouteFiltering { .. } => code::OLD_OUTBOUND_ROUTE_FILTERING,
            Capability::OldMultisession { .. } => code::OLD_MULTISESSION,
            Capability::OldFqdn { .. } => code::OLD_FQDN,
            Capability::Unknown { code, .. } => *code,
        }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code());
        crate::bgp::length::with_u8(out, |out| self.encode_value(out));
    }

    fn encode_value(&self, out: &mut Vec<u8>) {
        match self {
            Capability::Multiprotocol { family } => {
                out.extend_from_slice(&family.afi.to_be_bytes());
                out.extend_from_slice(&[0, family.safi]);
            }
            Capability::RouteRefresh
            | Capability::OldRouteRefresh
            | Capability::ExtendedMessage
            | Capability::EnhancedRouteRefresh
            | Capability::BfdStrictMode
            | Capability::LinkLocalNextHop => {}
            Capability::OutboundRouteFiltering { families }
            | Capability::OldOutboundRouteFiltering { families } => encode_all(families, out),
            Capability::ExtendedNextHop { families } => encode_all(families, out),
            Capability::Bgpsec { flags, afi } => {
                out.push(*flags);
                out.extend_from_slice(&afi.to_be_bytes());
            }
            Capability::MultipleLabels { families } => encode_all(families, out),
            Capability::Role { role } => out.push(*role),
            Capability::GracefulRestart { flags, restart_time, families } => {
                let head = u16::from(*flags) << 12 | restart_time & 0x0fff;
                out.extend_from_slice(&head.to_be_bytes());
                encode_all(families, out);
            }
            Capability::FourOctetAs { asn } => out.extend_from_slice(&asn.to_be_bytes()),
            Capability::Multisession { flags, capabilities }
            | Capability::OldMultisession { flags, capabilities } => {
                out.push(*flags);
                out.extend_from_slice(capabilities);
            }
            Capability::AddPath { families } => encode_all(families, out),
            Capability::LongLivedGracefulRestart { families } => encode_all(families, out),
            Capability::Fqdn { host, domain } | Capability::OldFqdn { host, domain } => {
                host.encode(out);
                domain.encode(out);
            }
            Capability::SoftwareVersion { version } => version.encode(out),
            Capability::PathsLimit { families } => encode_all(families, out),
            Capability::DynamicCapability { capabilities: value }
            | Capability::RoutingPolicyDistribution { value }
            | Capability::Unknown { value, .. } => out.extend_from_slice(value),
        }
    }
}

/// Name and value, as `add-path ipv4-unicast both`; without a reading `capability 200 01ff`.
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Capability::Multiprotocol { family } => write!(f, "multiprotocol {family}"),
            Capability::RouteRefresh => f.write_str("route-refresh"),
            Capability::OutboundRouteFiltering { families } => list(f, "outbound-route-filtering", families),
            Capability::ExtendedNextHop { families } => list(f, "extended-next-hop", families),
            Capability::ExtendedMessage => f.write_str("extended-message"),
            Capability::Bgpsec { flags, afi } => write!(f, "bgpsec {flags:#04x} afi {afi}"),
            Capability::MultipleLabels { families } => list(f, "multiple-labels", families),
            Capability::Role { role } => match role::name(*role) {
                Some(name) => write!(f, "role {name}"),
                None => write!(f, "role {role}"),
            },
            Capability::GracefulRestart { flags, restart_time, families } => {
                write!(f, "graceful-restart {restart_time} s")?;
                if flags & 0x8 != 0 {
                    f.write_str(" restarted")?;
                }
                if flags & 0x4 != 0 {
                    f.write_str(" notification")?;
                }
                families.iter().try_for_each(|family| write!(f, ", {family}"))
            }
            Capability::FourOctetAs { asn } => write!(f, "four-octet-as {asn}"),
            Capability::DynamicCapability { capabilities } => write!(f, "dynamic-capability {capabilities}"),
            Capability::Multisession { flags, capabilities } => {
                write!(f, "multisession {flags:#04x} {capabilities}")
            }
            Capability::AddPath { families } => list(f, "add-path", families),
            Capability::EnhancedRouteRefresh => f.write_str("enhanced-route-refresh"),
            Capability::LongLivedGracefulRestart { families } => {
                list(f, "long-lived-graceful-restart", families)
            }
            Capability::RoutingPolicyDistribution { value } => {
                write!(f, "routing-policy-distribution {value}")
            }
            Capability::Fqdn { host, domain } => write!(f, "fqdn {host}.{domain}"),
            Capability::BfdStrictMode => f.write_str("bfd-strict-mode"),
            Capability::SoftwareVersion { version } => write!(f, "software-version {version}"),
            Capability::PathsLimit { families } => list(f, "paths-limit", families),
            Capability::LinkLocalNextHop => f.write_str("link-local-next-hop"),
            Capability::OldRouteRefresh => f.write_str("old-route-refresh"),
            Capability::OldOutboundRouteFiltering { families } => {
                list(f, "old-outbound-route-filtering", families)
            }
            Capability::OldMultisession { flags, capabilities } => {
                write!(f, "old-multisession {flags:#04x} {capabilities}")
            }
            Capability::OldFqdn { host, domain } => write!(f, "old-fqdn {host}.{domain}"),
            Capability::Unknown { code, value } => write!(f, "capability {code} {value}"),
        }
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, items: &[T]) -> fmt::Result {
    f.write_str(name)?;
    items.iter().enumerate().try_for_each(|(index, item)| {
        let separator = if index == 0 { " " } else { ", " };
        write!(f, "{separator}{item}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::capabilities;

    #[test]
    fn each_has_the_name_and_the_code_of_the_registry() {
        for known in capabilities::ALL {
            let read = (0..8).find_map(|length| {
                let octets = [[known.code, length].as_slice(), &vec![0; length.into()]].concat();
                let read = Capability::decode(&mut Reader::new(&octets, 0)).ok()?;
                (!matches!(read, Capability::Unknown { .. })).then_some(read)
            });
            let read = read.unwrap_or_else(|| panic!("{} has no reading", known.name));
            assert_eq!(read.code(), known.code);
            assert_eq!(serde_json::to_value(&read).unwrap()["name"], known.name);
        }
    }
}
