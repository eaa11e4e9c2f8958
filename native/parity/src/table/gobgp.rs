//! GoBGP: `gobgp global rib -j`, `gobgp neighbor X adj-in -j`, of any family.
//!
//! `global rib` is what was accepted of all peers, the best path marked; `adj-in` marks none.

use std::net::IpAddr;

use ipnet::IpNet;
use rib::RibView;
use serde_json::Value;
use wire::bgp::attribute::code as attribute_code;
use wire::bgp::nlri::evpn::{Esi, EvpnLabel};
use wire::bgp::nlri::flowspec::{Component, FlowSpec, Term};
use wire::bgp::nlri::{Evpn, Label, Labeled, NlriValue, RouteDistinguisher, Vpn};
use wire::bgp::AddressFamily;
use wire::registry::bgp::{as_path_segment, origin};
use wire::registry::communities::extended;
use wire::registry::families::Layout;
use wire::registry::families::{esi_type, evpn, flowspec, rd_type};
use wire::registry::tunnels::tunnel;

use super::parts::{Format, Hints, Reader, Table};
use super::texts::mac;
use crate::error::{cannot, Result};
use crate::route::{listed, prefix_family, scalar, Attributes, Route, NOBODY};

/// GoBGP's table is an object of lists of paths, each with `nlri`.
pub fn looks_like(table: &Value) -> bool {
    table.as_object().is_some_and(|table| {
        !table.is_empty()
            && table.values().all(|paths| {
                paths.as_array().is_some_and(|paths| paths.iter().all(|path| path.get("nlri").is_some()))
            })
    })
}

pub fn read(table: &Value, hints: &Hints) -> Result<Table> {
    let Some(table) = table.as_object() else { return cannot("the router's table is no JSON object") };
    let paths = || {
        table
            .iter()
            .flat_map(|(name, paths)| paths.as_array().into_iter().flatten().map(move |path| (name, path)))
    };
    let is_best = |path: &Value| path.get("best").and_then(Value::as_bool).unwrap_or(false);
    let accepted = table.is_empty() || paths().any(|(_, path)| is_best(path));
    let view = hints.view.unwrap_or(if accepted { RibView::AdjRibInPost } else { RibView::AdjRibInPre });
    let mut reader = Reader::new(Format::GoBgp, view, hints);
    for (name, path) in paths() {
        let attributes = path.get("attrs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        match path.get("nlri").and_then(|nlri| nlri_of(nlri, attributes)) {
            Some((family, value)) => {
                let peer = path.get("neighbor-ip").and_then(Value::as_str).and_then(|text| text.parse().ok());
                let peer: IpAddr =
                    if reader.view() == RibView::LocRib { NOBODY } else { peer.unwrap_or(NOBODY) };
                let mut route = Route::new(peer, family, &value, self::attributes(attributes, family));
                let id = path.get("nlri").and_then(|nlri| nlri.get("id")).and_then(Value::as_u64);
                route.path_id = id.and_then(|id| u32::try_from(id).ok()).filter(|id| *id != 0);
                reader.path(route, is_best(path));
            }
            None => reader.unread(format!(
                "GoBGP does not show the NLRI of {name} in JSON, or it is of a family that is not compared"
            )),
        }
    }
    Ok(reader.finish())
}

fn nlri_of(nlri: &Value, attributes: &[Value]) -> Option<(AddressFamily, NlriValue)> {
    let reach = attributes.iter().find(|attribute| code(attribute) == Some(attribute_code::MP_REACH_NLRI));
    let said = reach.and_then(|reach| {
        let (afi, safi) = (reach.get("afi")?.as_u64()?, reach.get("safi")?.as_u64()?);
        Some(AddressFamily::new(u16::try_from(afi).ok()?, u8::try_from(safi).ok()?))
    });
    let rd = nlri.get("rd").and_then(rd);
    if let Some(prefix) = nlri.get("prefix").and_then(Value::as_str) {
        let prefix: IpNet = prefix.parse().ok()?;
        let stack: Vec<u32> = nlri
            .get("labels")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|label| u32::try_from(label.as_u64()?).ok())
            .collect();
        let last = stack.len();
        let labels = (1..).zip(&stack).map(|(place, label)| Label::new(*label, place == last)).collect();
        return Some(match (rd, nlri.get("labels")) {
            (Some(rd), _) => (
                said.unwrap_or_else(|| prefix_family(prefix, 128)),
                NlriValue::Vpn(Box::new(Vpn { rd, prefix, labels })),
            ),
            (None, Some(_)) => (
                said.unwrap_or_else(|| prefix_family(prefix, 4)),
                NlriValue::Labeled(Box::new(Labeled { labels, prefix })),
            ),
            (None, None) => (said.unwrap_or_else(|| prefix_family(prefix, 1)), NlriValue::Prefix(prefix)),
        });
    }
    let family = said?;
    match (family, family.layout()) {
        (AddressFamily::L2VPN_EVPN, _) => Some((family, NlriValue::Evpn(Box::new(evpn(nlri)?)))),
        (_, Some(Layout::FlowSpec { .. })) if family.afi != AddressFamily::L2VPN => {
            let parts = nlri.get("value")?.as_array()?;
            let components = parts.iter().map(component).collect::<Option<Vec<_>>>()?;
            Some((family, NlriValue::FlowSpec(Box::new(FlowSpec { rd, components, long: false }))))
        }
        _ => None,
    }
}

fn code(attribute: &Value) -> Option<u8> {
    u8::try_from(attribute.get("type")?.as_u64()?).ok()
}

/// `{"type":0,"admin":65003,"assigned":1}`
fn rd(rd: &Value) -> Option<RouteDistinguisher> {
    let assigned = rd.get("assigned")?.as_u64()?;
    let admin = rd.get("admin")?;
    let number = u16::try_from(rd.get("type")?.as_u64()?).ok()?;
    let [high, low] = number.to_be_bytes();
    let octets = match number {
        rd_type::TWO_OCTET_AS => {
            let [a, b] = u16::try_from(admin.as_u64()?).ok()?.to_be_bytes();
            let [c, d, e, f] = u32::try_from(assigned).ok()?.to_be_bytes();
            [high, low, a, b, c, d, e, f]
        }
        rd_type::IPV4 | rd_type::FOUR_OCTET_AS => {
            let admin = match admin.as_str() {
                Some(text) => text.parse::<std::net::Ipv4Addr>().ok()?.octets(),
                None => u32::try_from(admin.as_u64()?).ok()?.to_be_bytes(),
            };
            let ([a, b, c, d], [e, f]) = (admin, u16::try_from(assigned).ok()?.to_be_bytes());
            [high, low, a, b, c, d, e, f]
        }
        _ => return None,
    };
    Some(RouteDistinguisher(u64::from_be_bytes(octets)))
}

/// Labels, gateways and, but for types 1 and 4, segments are no part of the key, so they are left out.
fn evpn(nlri: &Value) -> Option<Evpn> {
    let value = nlri.get("value")?;
    let rd = rd(value.get("rd")?)?;
    let tag = || u32::try_from(value.get("etag")?.as_u64()?).ok();
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let label = EvpnLabel(0);
    Some(match u8::try_from(nlri.get("type")?.as_u64()?).ok()? {
        evpn::ETHERNET_AUTO_DISCOVERY => {
            Evpn::EthernetAutoDiscovery { rd, esi: esi(text("esi")?)?, ethernet_tag: tag()?, label }
        }
        evpn::MAC_IP_ADVERTISEMENT => Evpn::MacIpAdvertisement {
            rd,
            esi: Esi::default(),
            ethernet_tag: tag()?,
            mac: mac(text("mac")?)?,
            ip: text("ip").and_then(|ip| ip.parse().ok()),
            label_1: label,
            label_2: None,
        },
        evpn::INCLUSIVE_MULTICAST_ETHERNET_TAG => Evpn::InclusiveMulticastEthernetTag {
            rd,
            ethernet_tag: tag()?,
            originator: text("ip")?.parse().ok()?,
        },
        evpn::ETHERNET_SEGMENT => {
            Evpn::EthernetSegment { rd, esi: esi(text("esi")?)?, originator: text("ip")?.parse().ok()? }
        }
        evpn::IP_PREFIX => {
            let prefix: IpNet = text("prefix")?.parse().ok()?;
            Evpn::IpPrefix {
                rd,
                esi: Esi::default(),
                ethernet_tag: tag()?,
                prefix,
                gateway: prefix.addr(),
                label,
            }
        }
        _ => return None,
    })
}

/// `single-homed`, `ESI_LACP | system mac 50:55:aa:bb:cc:dd, port key 100`, `ESI_AS | as 65003, local discriminator 500`
fn esi(text: &str) -> Option<Esi> {
    if text == "single-homed" {
        return Some(Esi::default());
    }
    let (kind, parts) = text.split_once(" | ")?;
    let last = |part: &str| part.rsplit(' ').next().map(str::to_string);
    let (first, second) = parts.split_once(", ")?;
    let (first, second) = (last(first)?, last(second)?);
    let octets: [u8; 10] = match kind {
        "ESI_LACP" => {
            let ([a, b, c, d, e, f], [g, h]) = (mac(&first)?.0, second.parse::<u16>().ok()?.to_be_bytes());
            [esi_type::LACP, a, b, c, d, e, f, g, h, 0]
        }
        "ESI_AS" => {
            let ([a, b, c, d], [e, f, g, h]) =
                (first.parse::<u32>().ok()?.to_be_bytes(), second.parse::<u32>().ok()?.to_be_bytes());
            [esi_type::AS, a, b, c, d, e, f, g, h, 0]
        }
        _ => return None,
    };
    Some(Esi(octets))
}

/// `{"type":3,"value":[{"op":129,"value":6}]}`
fn component(part: &Value) -> Option<Component> {
    let component_type = u8::try_from(part.get("type")?.as_u64()?).ok()?;
    let value = part.get("value")?;
    if let flowspec::DESTINATION_PREFIX | flowspec::SOURCE_PREFIX = component_type {
        let prefix: IpNet = value.get("prefix")?.as_str()?.parse().ok()?;
        let offset = part.get("offset").and_then(Value::as_u64).unwrap_or(0);
        return (offset == 0)
            .then_some(Component::Prefix { source: component_type == flowspec::SOURCE_PREFIX, prefix });
    }
    let terms = value.as_array()?.iter().map(|term| {
        Some(Term {
            operator: u8::try_from(term.get("op")?.as_u64()?).ok()?,
            value: term.get("value")?.as_u64()?,
        })
    });
    let terms = terms.collect::<Option<Vec<_>>>()?;
    Some(match component_type {
        flowspec::TCP_FLAGS | flowspec::FRAGMENT => Component::Bitmask { component_type, terms },
        _ => Component::Numeric { component_type, terms },
    })
}

fn attributes(list: &[Value], family: AddressFamily) -> Attributes {
    let mut out: Attributes = [
        "origin",
        "as_path",
        "next_hop",
        "med",
        "local_pref",
        "atomic_aggregate",
        "aggregator",
        "originator_id",
        "cluster_list",
        "communities",
        "extended_communities",
        "large_communities",
    ]
    .into_iter()
    .map(|name| (name, None))
    .collect();
    for attribute in list {
        let value = || attribute.get("value").and_then(scalar);
        let values = || attribute.get("value").and_then(Value::as_array).into_iter().flatten();
        match code(attribute) {
            Some(attribute_code::ORIGIN) => {
                let number = attribute.get("value").and_then(Value::as_u64);
                let name = number.and_then(|number| origin::name(u8::try_from(number).ok()?));
                out.insert("origin", Some(name.unwrap_or("incomplete").into()));
            }
            Some(attribute_code::AS_PATH) => drop(out.insert("as_path", as_path(attribute))),
            Some(attribute_code::NEXT_HOP | attribute_code::MP_REACH_NLRI) => {
                let next_hop = attribute.get("nexthop").and_then(scalar);
                // FlowSpec has none; GoBGP shows 0.0.0.0.
                let none = matches!(family.layout(), Some(Layout::FlowSpec { .. }));
                out.insert("next_hop", next_hop.filter(|_| !none));
            }
            Some(attribute_code::MULTI_EXIT_DISC) => {
                drop(out.insert("med", attribute.get("metric").and_then(scalar)));
            }
            Some(attribute_code::LOCAL_PREF) => drop(out.insert("local_pref", value())),
            Some(attribute_code::ATOMIC_AGGREGATE) => {
                drop(out.insert("atomic_aggregate", Some("true".into())));
            }
            Some(attribute_code::AGGREGATOR) => {
                let asn = attribute.get("as").and_then(scalar);
                let address = attribute.get("address").and_then(scalar);
                out.insert("aggregator", asn.zip(address).map(|(asn, address)| format!("{asn} {address}")));
            }
            Some(attribute_code::COMMUNITIES) => {
                let numbers = attribute.get("communities").and_then(Value::as_array).into_iter().flatten();
                let texts =
                    numbers.filter_map(Value::as_u64).map(|one| format!("{}:{}", one >> 16, one & 0xffff));
                out.insert("communities", listed(texts));
            }
            Some(attribute_code::ORIGINATOR_ID) => drop(out.insert("originator_id", value())),
            Some(attribute_code::CLUSTER_LIST) => {
                drop(out.insert("cluster_list", listed(values().filter_map(scalar))));
            }
            Some(attribute_code::EXTENDED_COMMUNITIES) => {
                match values().map(extended_community).collect::<Option<Vec<_>>>() {
                    Some(all) => drop(out.insert("extended_communities", listed(all.into_iter()))),
                    // One that we cannot name: not compared.
                    None => drop(out.remove("extended_communities")),
                }
            }
            Some(attribute_code::LARGE_COMMUNITIES) => {
                let number = |one: &Value, name: &str| one.get(name).and_then(Value::as_u64);
                let texts = values().filter_map(|one| {
                    let parts = (number(one, "ASN")?, number(one, "LocalData1")?, number(one, "LocalData2")?);
                    Some(format!("{}:{}:{}", parts.0, parts.1, parts.2))
                });
                out.insert("large_communities", listed(texts));
            }
            _ => {}
        }
    }
    out
}

/// Segments as every router prints them.
fn as_path(attribute: &Value) -> Option<String> {
    let segments = attribute.get("as_paths")?.as_array()?.iter().filter_map(|segment| {
        let asns: Vec<String> = segment.get("asns")?.as_array()?.iter().filter_map(scalar).collect();
        let number = u8::try_from(segment.get("segment_type")?.as_u64()?).ok()?;
        let (open, separator, close) = match number {
            as_path_segment::AS_SET => ("{", ",", "}"),
            as_path_segment::AS_CONFED_SEQUENCE => ("(", " ", ")"),
            as_path_segment::AS_CONFED_SET => ("[", ",", "]"),
            _ => ("", " ", ""),
        };
        Some(format!("{open}{}{close}", asns.join(separator)))
    });
    let text = segments.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// `{"type":0,"subtype":2,"value":"65003:1"}` in our words.
fn extended_community(one: &Value) -> Option<String> {
    let value = one.get("value").and_then(scalar);
    let number =
        |name: &str| one.get(name).and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
    let (kind, subtype) = (number("type")?, number("subtype")?);
    let (name, _) = extended::find(kind, subtype)?;
    let value = match [kind, subtype] {
        extended::ROUTE_TARGET
        | extended::ROUTE_TARGET_IPV4
        | extended::ROUTE_TARGET_FOUR_OCTET_AS
        | extended::ROUTE_ORIGIN
        | extended::ROUTE_ORIGIN_IPV4
        | extended::ROUTE_ORIGIN_FOUR_OCTET_AS
        | extended::ES_IMPORT
        | extended::REDIRECT => value?,
        extended::ROUTER_MAC => one.get("mac").and_then(scalar)?,
        extended::ENCAPSULATION => tunnel::words(number("tunnel_type")?.into())?.into(),
        extended::TRAFFIC_RATE_BYTES => {
            format!("{}:{}", one.get("as").and_then(scalar)?, one.get("rate").and_then(scalar)?)
        }
        _ => return None,
    };
    Some(format!("{name}:{value}"))
}
