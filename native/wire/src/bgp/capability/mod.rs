//! Capabilities of an OPEN (RFC 5492).

use serde::Serialize;

use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

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
    /// 128: route refresh of old Cisco routers
    OldRouteRefresh,
    Unknown {
        code: u8,
        value: Raw,
    },
}

/// One family of the ADD-PATH capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AddPathFamily {
    pub family: AddressFamily,
    /// 1 can receive, 2 can send, 3 both.
    pub mode: u8,
}

/// One family of the outbound route filtering capability.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboundRouteFilter {
    pub family: AddressFamily,
    /// ORF type, and 1 receive, 2 send, 3 both.
    pub types: Vec<(u8, u8)>,
}

/// A family whose next hops may be of another address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ExtendedNextHop {
    pub afi: u16,
    pub safi: u16,
    pub next_hop_afi: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyCount {
    pub family: AddressFamily,
    pub count: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyFlags {
    pub family: AddressFamily,
    /// 0x80: forwarding state was kept.
    pub flags: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LongLivedFamily {
    pub family: AddressFamily,
    /// 0x80: forwarding state was kept.
    pub flags: u8,
    /// Seconds.
    pub stale_time: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyLimit {
    pub family: AddressFamily,
    pub limit: u16,
}

/// Text with its length in front; octets that are not UTF-8 print as replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Raw);

impl Text {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let length = reader.u8()?;
        Ok(Text(reader.take(length.into())?.into()))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        super::encode_with_u8_length(out, |out| out.extend_from_slice(&self.0));
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Entries to the end of the value; each takes something.
fn entries<T>(reader: &mut Reader<'_>, read: impl Fn(&mut Reader<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut entries = Vec::new();
    while !reader.is_empty() {
        entries.push(read(reader)?);
    }
    Ok(entries)
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

    fn read(code: u8, reader: &mut Reader<'_>) -> Result<Option<Self>> {
        Ok(Some(match code {
            1 => {
                let afi = reader.u16()?;
                if reader.u8()? != 0 {
                    return Ok(None);
                }
                Capability::Multiprotocol { family: AddressFamily::new(afi, reader.u8()?) }
            }
            2 => Capability::RouteRefresh,
            128 => Capability::OldRouteRefresh,
            3 => {
                Capability::OutboundRouteFiltering { families: entries(reader, OutboundRouteFilter::decode)? }
            }
            5 => Capability::ExtendedNextHop {
                families: entries(reader, |reader| {
                    Ok(ExtendedNextHop {
                        afi: reader.u16()?,
                        safi: reader.u16()?,
                        next_hop_afi: reader.u16()?,
                    })
                })?,
            },
            6 => Capability::ExtendedMessage,
            7 => Capability::Bgpsec { flags: reader.u8()?, afi: reader.u16()? },
            8 => Capability::MultipleLabels {
                families: entries(reader, |reader| {
                    Ok(FamilyCount { family: AddressFamily::decode(reader)?, count: reader.u8()? })
                })?,
            },
            9 => Capability::Role { role: reader.u8()? },
            64 => {
                let head = reader.u16()?;
                Capability::GracefulRestart {
                    flags: u8::try_from(head >> 12).unwrap_or_default(),
                    restart_time: head & 0x0fff,
                    families: entries(reader, |reader| {
                        Ok(FamilyFlags { family: AddressFamily::decode(reader)?, flags: reader.u8()? })
                    })?,
                }
            }
            65 => Capability::FourOctetAs { asn: reader.u32()? },
            67 => Capability::DynamicCapability { capabilities: reader.take_rest().into() },
            68 => Capability::Multisession { flags: reader.u8()?, capabilities: reader.take_rest().into() },
            69 => Capability::AddPath {
                families: entries(reader, |reader| {
                    Ok(AddPathFamily { family: AddressFamily::decode(reader)?, mode: reader.u8()? })
                })?,
            },
            70 => Capability::EnhancedRouteRefresh,
            71 => Capability::LongLivedGracefulRestart {
                families: entries(reader, |reader| {
                    let (family, flags) = (AddressFamily::decode(reader)?, reader.u8()?);
                    Ok(LongLivedFamily { family, flags, stale_time: reader.u24()? })
                })?,
            },
            72 => Capability::RoutingPolicyDistribution { value: reader.take_rest().into() },
            73 => Capability::Fqdn { host: Text::decode(reader)?, domain: Text::decode(reader)? },
            74 => Capability::BfdStrictMode,
            75 => Capability::SoftwareVersion { version: Text::decode(reader)? },
            76 => Capability::PathsLimit {
                families: entries(reader, |reader| {
                    Ok(FamilyLimit { family: AddressFamily::decode(reader)?, limit: reader.u16()? })
                })?,
            },
            _ => return Ok(None),
        }))
    }

    /// IANA "Capability Codes".
    pub fn code(&self) -> u8 {
        match self {
            Capability::Multiprotocol { .. } => 1,
            Capability::RouteRefresh => 2,
            Capability::OutboundRouteFiltering { .. } => 3,
            Capability::ExtendedNextHop { .. } => 5,
            Capability::ExtendedMessage => 6,
            Capability::Bgpsec { .. } => 7,
            Capability::MultipleLabels { .. } => 8,
            Capability::Role { .. } => 9,
            Capability::GracefulRestart { .. } => 64,
            Capability::FourOctetAs { .. } => 65,
            Capability::DynamicCapability { .. } => 67,
            Capability::Multisession { .. } => 68,
            Capability::AddPath { .. } => 69,
            Capability::EnhancedRouteRefresh => 70,
            Capability::LongLivedGracefulRestart { .. } => 71,
            Capability::RoutingPolicyDistribution { .. } => 72,
            Capability::Fqdn { .. } => 73,
            Capability::BfdStrictMode => 74,
            Capability::SoftwareVersion { .. } => 75,
            Capability::PathsLimit { .. } => 76,
            Capability::OldRouteRefresh => 128,
            Capability::Unknown { code, .. } => *code,
        }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code());
        super::encode_with_u8_length(out, |out| self.encode_value(out));
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
            | Capability::BfdStrictMode => {}
            Capability::OutboundRouteFiltering { families } => {
                families.iter().for_each(|entry| entry.encode(out));
            }
            Capability::ExtendedNextHop { families } => {
                for entry in families {
                    for field in [entry.afi, entry.safi, entry.next_hop_afi] {
                        out.extend_from_slice(&field.to_be_bytes());
                    }
                }
            }
            Capability::Bgpsec { flags, afi } => {
                out.push(*flags);
                out.extend_from_slice(&afi.to_be_bytes());
            }
            Capability::MultipleLabels { families } => {
                for entry in families {
                    entry.family.encode(out);
                    out.push(entry.count);
                }
            }
            Capability::Role { role } => out.push(*role),
            Capability::GracefulRestart { flags, restart_time, families } => {
                let head = u16::from(*flags) << 12 | restart_time & 0x0fff;
                out.extend_from_slice(&head.to_be_bytes());
                for entry in families {
                    entry.family.encode(out);
                    out.push(entry.flags);
                }
            }
            Capability::FourOctetAs { asn } => out.extend_from_slice(&asn.to_be_bytes()),
            Capability::Multisession { flags, capabilities } => {
                out.push(*flags);
                out.extend_from_slice(capabilities);
            }
            Capability::AddPath { families } => {
                for entry in families {
                    entry.family.encode(out);
                    out.push(entry.mode);
                }
            }
            Capability::LongLivedGracefulRestart { families } => {
                for entry in families {
                    entry.family.encode(out);
                    let [_, high, middle, low] = entry.stale_time.to_be_bytes();
                    out.extend_from_slice(&[entry.flags, high, middle, low]);
                }
            }
            Capability::Fqdn { host, domain } => {
                host.encode(out);
                domain.encode(out);
            }
            Capability::SoftwareVersion { version } => version.encode(out),
            Capability::PathsLimit { families } => {
                for entry in families {
                    entry.family.encode(out);
                    out.extend_from_slice(&entry.limit.to_be_bytes());
                }
            }
            Capability::DynamicCapability { capabilities: value }
            | Capability::RoutingPolicyDistribution { value }
            | Capability::Unknown { value, .. } => out.extend_from_slice(value),
        }
    }
}

impl OutboundRouteFilter {
    /// AFI, a reserved octet, SAFI, then pairs with their number in front.
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let (afi, _reserved, safi) = (reader.u16()?, reader.u8()?, reader.u8()?);
        let count = reader.u8()?;
        let types = (0..count).map(|_| Ok((reader.u8()?, reader.u8()?))).collect::<Result<_>>()?;
        Ok(OutboundRouteFilter { family: AddressFamily::new(afi, safi), types })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.family.afi.to_be_bytes());
        out.extend_from_slice(&[0, self.family.safi, u8::try_from(self.types.len()).unwrap_or(u8::MAX)]);
        out.extend(self.types.iter().flat_map(|(kind, direction)| [*kind, *direction]));
    }
}
