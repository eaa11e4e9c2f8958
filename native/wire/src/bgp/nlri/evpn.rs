//! EVPN (RFC 7432; RFC 9136 for type 5, RFC 9251 for 6 to 8, RFC 9572 for 9 to 11).

mod text;

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use super::label::Label;
use super::rd::RouteDistinguisher;
use super::route::{Route, ToRoute};
use crate::bgp::attribute::ExtendedCommunity;
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::evpn;

/// An EVPN route. One whose value does not have its type's form is `Unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "route_type", rename_all = "snake_case")]
pub enum Evpn {
    EthernetAutoDiscovery {
        rd: RouteDistinguisher,
        esi: Esi,
        ethernet_tag: u32,
        label: EvpnLabel,
    },
    MacIpAdvertisement {
        rd: RouteDistinguisher,
        esi: Esi,
        ethernet_tag: u32,
        mac: Mac,
        ip: Option<IpAddr>,
        label_1: EvpnLabel,
        label_2: Option<EvpnLabel>,
    },
    InclusiveMulticastEthernetTag {
        rd: RouteDistinguisher,
        ethernet_tag: u32,
        originator: IpAddr,
    },
    EthernetSegment {
        rd: RouteDistinguisher,
        esi: Esi,
        originator: IpAddr,
    },
    IpPrefix {
        rd: RouteDistinguisher,
        esi: Esi,
        ethernet_tag: u32,
        prefix: IpNet,
        gateway: IpAddr,
        label: EvpnLabel,
    },
    SelectiveMulticastEthernetTag {
        rd: RouteDistinguisher,
        ethernet_tag: u32,
        group: Group,
        flags: u8,
    },
    MulticastMembershipReportSynch {
        rd: RouteDistinguisher,
        esi: Esi,
        ethernet_tag: u32,
        group: Group,
        flags: u8,
    },
    MulticastLeaveSynch {
        rd: RouteDistinguisher,
        esi: Esi,
        ethernet_tag: u32,
        group: Group,
        reserved: u32,
        max_response_time: u8,
        flags: u8,
    },
    PerRegionIPmsi {
        rd: RouteDistinguisher,
        ethernet_tag: u32,
        region: ExtendedCommunity,
    },
    SPmsi {
        rd: RouteDistinguisher,
        ethernet_tag: u32,
        group: Group,
    },
    LeafAd {
        route_key: Raw,
        originator: IpAddr,
    },
    Unknown {
        number: u8,
        value: Raw,
    },
}

/// Source, group and originator of a multicast route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Group {
    /// `None` is any.
    pub source: Option<IpAddr>,
    pub group: Option<IpAddr>,
    pub originator: IpAddr,
}

/// Ethernet Segment Identifier: ten octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Esi(pub [u8; 10]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

/// Three octets that are an MPLS label or a VNI: which, the encapsulation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvpnLabel(pub u32);

/// Takes one NLRI: route type, length, value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8]> {
    let start = *reader;
    reader.u8().at("route_type")?;
    let length = reader.u8().at("length")?;
    reader.take(length.into()).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

impl Evpn {
    /// `bytes` as `take` gives them.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[number, _], value) = bytes.split_first_chunk()?;
        let mut reader = Reader::new(value, 0);
        let route = Evpn::read(number, &mut reader).and_then(|route| reader.finish().map(|()| route));
        Some(route.unwrap_or_else(|_| Evpn::Unknown { number, value: value.into() }))
    }

    fn read(number: u8, reader: &mut Reader<'_>) -> Result<Self> {
        let rd = |reader: &mut Reader<'_>| reader.u64().map(RouteDistinguisher);
        let esi = |reader: &mut Reader<'_>| reader.array().map(Esi);
        let label = |reader: &mut Reader<'_>| reader.u24().map(EvpnLabel);
        Ok(match number {
            evpn::ETHERNET_AUTO_DISCOVERY => Evpn::EthernetAutoDiscovery {
                rd: rd(reader)?,
                esi: esi(reader)?,
                ethernet_tag: reader.u32()?,
                label: label(reader)?,
            },
            evpn::MAC_IP_ADVERTISEMENT => {
                let (rd, esi, ethernet_tag) = (rd(reader)?, esi(reader)?, reader.u32()?);
                if reader.u8()? != 48 {
                    return Err(
                        reader.error(ErrorKind::Length { found: 0, expected: "a MAC address of 48 bits" })
                    );
                }
                let mac = Mac(reader.array()?);
                let ip = optional_ip(reader)?;
                let label_1 = label(reader)?;
                let label_2 = if reader.is_empty() { None } else { Some(label(reader)?) };
                Evpn::MacIpAdvertisement { rd, esi, ethernet_tag, mac, ip, label_1, label_2 }
            }
            evpn::INCLUSIVE_MULTICAST_ETHERNET_TAG => Evpn::InclusiveMulticastEthernetTag {
                rd: rd(reader)?,
                ethernet_tag: reader.u32()?,
                originator: ip(reader)?,
            },
            evpn::ETHERNET_SEGMENT => {
                Evpn::EthernetSegment { rd: rd(reader)?, esi: esi(reader)?, originator: ip(reader)? }
            }
            evpn::IP_PREFIX => {
                let (rd, esi, ethernet_tag) = (rd(reader)?, esi(reader)?, reader.u32()?);
                let length = reader.u8()?;
                // RFC 9136, section 3.1: 34 octets for IPv4, 58 for IPv6.
                let v6 = reader.len() == 35;
                let width = if v6 { 16 } else { 4 };
                let address = reader.take(width)?;
                // The field has the whole address, also behind the prefix length.
                let prefix = as_is(address, length).ok_or_else(|| {
                    reader.error(ErrorKind::PrefixLength { found: length, limit: if v6 { 128 } else { 32 } })
                })?;
                let gateway = if v6 { IpAddr::V6(reader.ipv6()?) } else { IpAddr::V4(reader.ipv4()?) };
                Evpn::IpPrefix { rd, esi, ethernet_tag, prefix, gateway, label: label(reader)? }
            }
            evpn::SELECTIVE_MULTICAST_ETHERNET_TAG => Evpn::SelectiveMulticastEthernetTag {
                rd: rd(reader)?,
                ethernet_tag: reader.u32()?,
                group: Group::decode(reader)?,
                flags: reader.u8()?,
            },
            evpn::MULTICAST_MEMBERSHIP_REPORT_SYNCH => Evpn::MulticastMembershipReportSynch {
                rd: rd(reader)?,
                esi: esi(reader)?,
                ethernet_tag: reader.u32()?,
                group: Group::decode(reader)?,
                flags: reader.u8()?,
            },
            evpn::MULTICAST_LEAVE_SYNCH => Evpn::MulticastLeaveSynch {
                rd: rd(reader)?,
                esi: esi(reader)?,
                ethernet_tag: reader.u32()?,
                group: Group::decode(reader)?,
                reserved: reader.u32()?,
                max_response_time: reader.u8()?,
                flags: reader.u8()?,
            },
            evpn::PER_REGION_I_PMSI => Evpn::PerRegionIPmsi {
                rd: rd(reader)?,
                ethernet_tag: reader.u32()?,
                region: ExtendedCommunity(reader.array()?),
            },
            evpn::S_PMSI => {
                Evpn::SPmsi { rd: rd(reader)?, ethernet_tag: reader.u32()?, group: Group::decode(reader)? }
            }
            evpn::LEAF_AD => {
                // The route key is a whole NLRI of another type; the originator follows it.
                let route_key = take(reader)?.into();
                Evpn::LeafAd { route_key, originator: ip(reader)? }
            }
            _ => return Err(reader.error(ErrorKind::Value { found: number.into(), expected: "1 to 11" })),
        })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.number());
        crate::bgp::length::with_u8(out, |out| self.encode_value(out));
    }

    fn encode_value(&self, out: &mut Vec<u8>) {
        match self {
            Evpn::EthernetAutoDiscovery { rd, esi, ethernet_tag, label } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
                label.encode(out);
            }
            Evpn::MacIpAdvertisement { rd, esi, ethernet_tag, mac, ip, label_1, label_2 } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
                out.push(48);
                out.extend_from_slice(&mac.0);
                encode_optional_ip(*ip, out);
                label_1.encode(out);
                if let Some(label) = label_2 {
                    label.encode(out);
                }
            }
            Evpn::InclusiveMulticastEthernetTag { rd, ethernet_tag, originator } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                encode_optional_ip(Some(*originator), out);
            }
            Evpn::EthernetSegment { rd, esi, originator } => {
                head(out, Some(rd), Some(esi), None);
                encode_optional_ip(Some(*originator), out);
            }
            Evpn::IpPrefix { rd, esi, ethernet_tag, prefix, gateway, label } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
                out.push(prefix.prefix_len());
                encode_ip(prefix.addr(), out);
                encode_ip(*gateway, out);
                label.encode(out);
            }
            Evpn::SelectiveMulticastEthernetTag { rd, ethernet_tag, group, flags } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                group.encode(out);
                out.push(*flags);
            }
            Evpn::MulticastMembershipReportSynch { rd, esi, ethernet_tag, group, flags } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
                group.encode(out);
                out.push(*flags);
            }
            Evpn::MulticastLeaveSynch {
                rd,
                esi,
                ethernet_tag,
                group,
                reserved,
                max_response_time,
                flags,
            } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
                group.encode(out);
                out.extend_from_slice(&reserved.to_be_bytes());
                out.extend_from_slice(&[*max_response_time, *flags]);
            }
            Evpn::PerRegionIPmsi { rd, ethernet_tag, region } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                out.extend_from_slice(&region.0);
            }
            Evpn::SPmsi { rd, ethernet_tag, group } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                group.encode(out);
            }
            Evpn::LeafAd { route_key, originator } => {
                out.extend_from_slice(route_key);
                encode_optional_ip(Some(*originator), out);
            }
            Evpn::Unknown { value, .. } => out.extend_from_slice(value),
        }
    }

    /// IANA "EVPN Route Types".
    pub fn number(&self) -> u8 {
        match self {
            Evpn::EthernetAutoDiscovery { .. } => evpn::ETHERNET_AUTO_DISCOVERY,
            Evpn::MacIpAdvertisement { .. } => evpn::MAC_IP_ADVERTISEMENT,
            Evpn::InclusiveMulticastEthernetTag { .. } => evpn::INCLUSIVE_MULTICAST_ETHERNET_TAG,
            Evpn::EthernetSegment { .. } => evpn::ETHERNET_SEGMENT,
            Evpn::IpPrefix { .. } => evpn::IP_PREFIX,
            Evpn::SelectiveMulticastEthernetTag { .. } => evpn::SELECTIVE_MULTICAST_ETHERNET_TAG,
            Evpn::MulticastMembershipReportSynch { .. } => evpn::MULTICAST_MEMBERSHIP_REPORT_SYNCH,
            Evpn::MulticastLeaveSynch { .. } => evpn::MULTICAST_LEAVE_SYNCH,
            Evpn::PerRegionIPmsi { .. } => evpn::PER_REGION_I_PMSI,
            Evpn::SPmsi { .. } => evpn::S_PMSI,
            Evpn::LeafAd { .. } => evpn::LEAF_AD,
            Evpn::Unknown { number, .. } => *number,
        }
    }

    /// The parts that RFC 7432, section 7, and RFC 9136, section 3.1, call the route key; other types are whole.
    pub(crate) fn key(&self, out: &mut Vec<u8>) {
        out.push(self.number());
        match self {
            Evpn::EthernetAutoDiscovery { rd, esi, ethernet_tag, .. } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
            }
            Evpn::MacIpAdvertisement { rd, ethernet_tag, mac, ip, .. } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                out.extend_from_slice(&mac.0);
                encode_optional_ip(*ip, out);
            }
            Evpn::IpPrefix { rd, ethernet_tag, prefix, .. } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                out.push(prefix.prefix_len());
                encode_ip(prefix.network(), out);
            }
            // Flags, timers: RFC 9251, section 9.
            Evpn::SelectiveMulticastEthernetTag { rd, ethernet_tag, group, .. } => {
                head(out, Some(rd), None, Some(*ethernet_tag));
                group.encode(out);
            }
            Evpn::MulticastMembershipReportSynch { rd, esi, ethernet_tag, group, .. }
            | Evpn::MulticastLeaveSynch { rd, esi, ethernet_tag, group, .. } => {
                head(out, Some(rd), Some(esi), Some(*ethernet_tag));
                group.encode(out);
            }
            _ => self.encode_value(out),
        }
    }
}

/// An address as a prefix, its host bits kept so that they show.
fn as_is(address: &[u8], length: u8) -> Option<IpNet> {
    let address = match (<[u8; 4]>::try_from(address), <[u8; 16]>::try_from(address)) {
        (Ok(v4), _) => IpAddr::from(v4),
        (_, Ok(v6)) => IpAddr::from(v6),
        _ => return None,
    };
    IpNet::new(address, length).ok()
}

fn head(out: &mut Vec<u8>, rd: Option<&RouteDistinguisher>, esi: Option<&Esi>, ethernet_tag: Option<u32>) {
    out.extend(rd.iter().flat_map(|rd| rd.0.to_be_bytes()));
    out.extend(esi.iter().flat_map(|esi| esi.0));
    out.extend(ethernet_tag.iter().flat_map(|tag| tag.to_be_bytes()));
}

/// An address with its length in bits in front; 0 is none.
pub(super) fn optional_ip(reader: &mut Reader<'_>) -> Result<Option<IpAddr>> {
    let at = *reader;
    Ok(match reader.u8()? {
        0 => None,
        32 => Some(IpAddr::V4(reader.ipv4()?)),
        128 => Some(IpAddr::V6(reader.ipv6()?)),
        found => return Err(at.error(ErrorKind::Value { found: found.into(), expected: "0, 32 or 128" })),
    })
}

fn ip(reader: &mut Reader<'_>) -> Result<IpAddr> {
    let at = *reader;
    optional_ip(reader)?.ok_or_else(|| at.error(ErrorKind::Value { found: 0, expected: "32 or 128" }))
}

pub(super) fn encode_ip(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
}

pub(super) fn encode_optional_ip(address: Option<IpAddr>, out: &mut Vec<u8>) {
    out.push(match address {
        None => 0,
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
    });
    if let Some(address) = address {
        encode_ip(address, out);
    }
}

impl Group {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Group { source: optional_ip(reader)?, group: optional_ip(reader)?, originator: ip(reader)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        encode_optional_ip(self.source, out);
        encode_optional_ip(self.group, out);
        encode_optional_ip(Some(self.originator), out);
    }
}

impl EvpnLabel {
    fn encode(self, out: &mut Vec<u8>) {
        let [_, high, middle, low] = self.0.to_be_bytes();
        out.extend_from_slice(&[high, middle, low]);
    }
}

impl ToRoute for Evpn {
    fn to_route(&self) -> Route {
        let (rd, prefix, labels) = match self {
            Evpn::EthernetAutoDiscovery { rd, label, .. } => (rd, None, [Some(label), None]),
            Evpn::MacIpAdvertisement { rd, label_1, label_2, .. } => {
                (rd, None, [Some(label_1), label_2.as_ref()])
            }
            Evpn::IpPrefix { rd, prefix, label, .. } => (rd, Some(prefix.trunc()), [Some(label), None]),
            Evpn::InclusiveMulticastEthernetTag { rd, .. }
            | Evpn::EthernetSegment { rd, .. }
            | Evpn::SelectiveMulticastEthernetTag { rd, .. }
            | Evpn::MulticastMembershipReportSynch { rd, .. }
            | Evpn::MulticastLeaveSynch { rd, .. }
            | Evpn::PerRegionIPmsi { rd, .. }
            | Evpn::SPmsi { rd, .. } => (rd, None, [None; 2]),
            Evpn::LeafAd { .. } | Evpn::Unknown { .. } => return Route::default(),
        };
        let labels = labels.into_iter().flatten().map(|label| Label(label.0)).collect();
        Route { prefix, rd: Some(*rd), labels }
    }
}

impl Serialize for Esi {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Both readings: `{"mpls": 20 bits, "vni": 24 bits}`.
impl Serialize for EvpnLabel {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("EvpnLabel", 2)?;
        out.serialize_field("mpls", &(self.0 >> 4))?;
        out.serialize_field("vni", &self.0)?;
        out.end()
    }
}
