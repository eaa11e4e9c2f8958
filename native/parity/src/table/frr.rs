//! FRR: `show bgp … json`, with and without `detail`; `… neighbors X routes json`; `… neighbors X received-routes json`.
//!
//! The first two are what was accepted, all peers together: Adj-RIB-In post-policy, or the Loc-RIB when only the best paths
//! are asked for. The last is Adj-RIB-In pre-policy and does not say whose.

use std::net::IpAddr;

use ipnet::IpNet;
use rib::RibView;
use serde_json::{Map, Value};
use wire::bgp::nlri::evpn::{Esi, EvpnLabel};
use wire::bgp::nlri::label::Labels;
use wire::bgp::nlri::{Evpn, Label, Labeled, NlriValue, RouteDistinguisher, Vpn};
use wire::bgp::AddressFamily;
use wire::registry::families::Layout;

use super::parts::{Format, Hints, Reader, Table};
use super::texts::{community, distinguisher, mac};
use crate::error::{cannot, Result};
use crate::route::{listed, prefix_family, scalar, Attributes, Route, NOBODY};

pub fn read(table: &Value, hints: &Hints) -> Result<Table> {
    let Some(table) = table.as_object() else { return cannot("the router's table is no JSON object") };
    if let Some(warning) = table.get("warning").and_then(Value::as_str) {
        return cannot(format!("the router itself says in its table: {warning}"));
    }
    let received = table.get("receivedRoutes").or_else(|| table.get("advertisedRoutes"));
    let view = hints.view.unwrap_or(match (received, table.contains_key("advertisedRoutes")) {
        (Some(_), false) => RibView::AdjRibInPre,
        (Some(_), true) => RibView::AdjRibOutPost,
        _ => RibView::AdjRibInPost,
    });
    let mut reader = Reader::new(Format::Frr, view, hints);
    reader.local_as(table.get("localAS").and_then(Value::as_u64).and_then(|asn| u32::try_from(asn).ok()));
    match received.or_else(|| table.get("routes")) {
        Some(Value::Object(routes)) => match routes.get("routeDistinguishers").and_then(Value::as_object) {
            Some(distinguishers) => {
                for (rd, routes) in distinguishers {
                    under(&mut reader, hints, rd, routes)?;
                }
            }
            None => {
                for (text, paths) in routes {
                    match paths.get("rd") {
                        Some(_) => under(&mut reader, hints, text, paths)?,
                        None => prefix_paths(&mut reader, hints, None, text, paths)?,
                    }
                }
            }
        },
        _ => {
            for (rd, routes) in table.iter().filter(|(_, routes)| routes.is_object()) {
                under(&mut reader, hints, rd, routes)?;
            }
        }
    }
    Ok(reader.finish())
}

/// Routes under a route distinguisher: of EVPN, or of a VPN.
fn under(reader: &mut Reader, hints: &Hints, rd: &str, routes: &Value) -> Result<()> {
    let Some(rd) = distinguisher(rd) else {
        reader.unread(format!("{rd} is no route distinguisher"));
        return Ok(());
    };
    for (text, held) in routes.as_object().into_iter().flatten() {
        if text.starts_with('[') {
            match evpn(rd, text) {
                Some(route) => {
                    let value = NlriValue::Evpn(Box::new(route));
                    let paths = held.get("paths").unwrap_or(held);
                    add_paths(reader, hints, AddressFamily::L2VPN_EVPN, &value, paths)?;
                }
                None => reader.unread(format!("the EVPN route {text}")),
            }
        } else if text.parse::<IpNet>().is_ok() {
            prefix_paths(reader, hints, Some(rd), text, held.get("paths").unwrap_or(held))?;
        }
    }
    Ok(())
}

const UNICAST: u8 = AddressFamily::IPV4_UNICAST.safi;
const VPN: u8 = AddressFamily::IPV4_VPN.safi;

fn prefix_paths(
    reader: &mut Reader,
    hints: &Hints,
    rd: Option<RouteDistinguisher>,
    text: &str,
    paths: &Value,
) -> Result<()> {
    let Ok(prefix) = text.parse::<IpNet>() else {
        reader.unread(format!("the prefix {text}"));
        return Ok(());
    };
    let safi = hints.family.map_or(if rd.is_some() { VPN } else { UNICAST }, |family| family.safi);
    let family = prefix_family(prefix, safi);
    let value = match (rd, family.layout()) {
        (Some(rd), _) => NlriValue::Vpn(Box::new(Vpn { rd, prefix, labels: any_label() })),
        (None, Some(Layout::Labeled)) => {
            NlriValue::Labeled(Box::new(Labeled { labels: any_label(), prefix }))
        }
        (None, _) => NlriValue::Prefix(prefix),
    };
    add_paths(reader, hints, family, &value, paths)
}

/// An NLRI of these families has a label on the wire; which one, this form of FRR's table does not show.
fn any_label() -> Labels {
    [Label::new(0, true)].into_iter().collect()
}

/// `[2]:[0]:[48]:[02:00:00:00:01:01]:[32]:[10.0.0.1]`; the distinguisher stands elsewhere. What is not in the text is no
/// part of the key either.
fn evpn(rd: RouteDistinguisher, text: &str) -> Option<Evpn> {
    let fields: Vec<&str> = text.strip_prefix('[')?.strip_suffix(']')?.split("]:[").collect();
    let (esi, label) = (Esi::default(), EvpnLabel(0));
    Some(match fields.as_slice() {
        ["2", tag, "48", address, ip @ ..] => Evpn::MacIpAdvertisement {
            rd,
            esi,
            ethernet_tag: tag.parse().ok()?,
            mac: mac(address)?,
            ip: match ip {
                [] => None,
                [_, ip] => Some(ip.parse().ok()?),
                _ => return None,
            },
            label_1: label,
            label_2: None,
        },
        ["3", tag, _, originator] => Evpn::InclusiveMulticastEthernetTag {
            rd,
            ethernet_tag: tag.parse().ok()?,
            originator: originator.parse().ok()?,
        },
        ["4", esi, _, originator] => {
            let octets = rib::text::unhex(&esi.replace(':', ""))?;
            Evpn::EthernetSegment {
                rd,
                esi: Esi(octets.try_into().ok()?),
                originator: originator.parse().ok()?,
            }
        }
        ["5", tag, length, address] => {
            let prefix = IpNet::new(address.parse().ok()?, length.parse().ok()?).ok()?;
            Evpn::IpPrefix { rd, esi, ethernet_tag: tag.parse().ok()?, prefix, gateway: prefix.addr(), label }
        }
        _ => return None,
    })
}

/// One path, a list of them, or lists in a list: versions of FRR differ.
fn add_paths(
    reader: &mut Reader,
    hints: &Hints,
    family: AddressFamily,
    value: &NlriValue,
    paths: &Value,
) -> Result<()> {
    match paths {
        Value::Array(paths) => {
            for path in paths {
                add_paths(reader, hints, family, value, path)?;
            }
        }
        Value::Object(path)
            if path.contains_key("nexthops")
                || path.contains_key("nextHop")
                || path.contains_key("nextHopGlobal") =>
        {
            add_path(reader, hints, family, value, path)?;
        }
        _ => {}
    }
    Ok(())
}

fn add_path(
    reader: &mut Reader,
    hints: &Hints,
    family: AddressFamily,
    value: &NlriValue,
    path: &Map<String, Value>,
) -> Result<()> {
    // A path that is not valid is not in the table: FRR says nothing of it over BMP.
    let received = !path.contains_key("nexthops");
    if !received && path.get("valid").and_then(Value::as_bool) != Some(true) {
        return Ok(());
    }
    let Some(peer) = peer(path, if received { hints.peer } else { None }) else {
        return cannot("the router's table does not say whose routes these are (--peer says it)");
    };
    let best = match path.get("bestpath") {
        Some(Value::Bool(best)) => *best,
        Some(best) => best.get("overall").and_then(Value::as_bool).unwrap_or(false),
        None => false,
    };
    let mut route = Route::new(peer, family, value, attributes(path, received));
    route.attributes.remove("labels");
    let id = path.get("addpathRxId").and_then(Value::as_u64);
    route.path_id = id.and_then(|id| u32::try_from(id).ok()).filter(|id| *id != 0);
    reader.path(route, best);
    Ok(())
}

fn peer(path: &Map<String, Value>, said: Option<IpAddr>) -> Option<IpAddr> {
    if said.is_some() {
        return said;
    }
    let id = path.get("peerId").or_else(|| path.get("peer").and_then(|peer| peer.get("peerId")));
    match id.and_then(Value::as_str) {
        Some("(unspec)") => Some(NOBODY),
        Some(text) => text.parse().ok(),
        None => None,
    }
}

fn attributes(path: &Map<String, Value>, received: bool) -> Attributes {
    let mut out = Attributes::new();
    let text = |name: &str| path.get(name).and_then(Value::as_str);
    let origin = text("origin").map(str::to_ascii_lowercase).or_else(|| {
        let word = match text("bgpOriginCode")? {
            "i" => "igp",
            "e" => "egp",
            _ => "incomplete",
        };
        Some(word.to_string())
    });
    out.insert("origin", origin);

    let as_path = text("path").or_else(|| path.get("aspath")?.get("string")?.as_str());
    out.insert("as_path", as_path.filter(|path| !matches!(*path, "" | "Local")).map(str::to_string));
    out.insert("med", path.get("metric").and_then(scalar));

    let hops = || path.get("nexthops").and_then(Value::as_array).into_iter().flatten();
    let hop = |link_local: bool| {
        let scope =
            |hop: &&Value| (hop.get("scope").and_then(Value::as_str) == Some("link-local")) == link_local;
        hops().find(scope).and_then(|hop| hop.get("ip")).and_then(scalar)
    };
    if received {
        let next_hop = text("nextHop").or_else(|| text("nextHopGlobal"));
        out.insert("next_hop", next_hop.map(str::to_string));
        // received-routes of FRR shows LOCAL_PREF as the inbound policy makes it, and no communities at all.
        return out;
    }
    out.insert("next_hop", hop(false));
    out.insert("next_hop_link_local", hop(true));
    out.insert("local_pref", path.get("locPrf").or_else(|| path.get("localpref")).and_then(scalar));

    let extended = path.get("extendedCommunity").and_then(|set| set.get("string")).and_then(Value::as_str);
    let known: Option<Vec<String>> =
        extended.into_iter().flat_map(str::split_whitespace).map(extended_community).collect();
    // One that we cannot name, or a form of the table that may not show them: not compared.
    if let Some(all) = known.filter(|_| extended.is_some() || path.contains_key("aspath")) {
        out.insert("extended_communities", listed(all.into_iter()));
    }
    if path.contains_key("aspath") {
        let list = |name: &str| {
            let list = path.get(name).and_then(|set| set.get("list")).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(scalar)
        };
        out.insert("communities", listed(list("community").map(|one| community(&one))));
        out.insert("large_communities", listed(list("largeCommunity")));
        out.insert("atomic_aggregate", path.get("atomicAggregate").and_then(scalar));
        let aggregator =
            path.get("aggregatorAs").and_then(scalar).zip(path.get("aggregatorId").and_then(scalar));
        out.insert("aggregator", aggregator.map(|(asn, id)| format!("{asn} {id}")));
        out.insert("originator_id", path.get("originatorId").and_then(scalar));
        out.insert("cluster_list", listed(list("clusterList")));
    }
    out
}

/// `RT:65001:1000`, `ET:8`, `Rmac:72:49:d2:74:b3:93` in our words.
fn extended_community(text: &str) -> Option<String> {
    let (name, value) = text.split_once(':')?;
    Some(match name {
        "RT" => format!("rt:{value}"),
        "SoO" => format!("soo:{value}"),
        "Rmac" => format!("router-mac:{value}"),
        "ET" if value == "8" => "encapsulation:vxlan".into(),
        _ => return None,
    })
}
