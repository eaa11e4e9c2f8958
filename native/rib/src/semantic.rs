//! [`Deltas`] as the events that ServiceRadar's event writer reads from `bmp.events.<kind>`: JSON with the names of its
//! `CausalSignals` processor.
//!
//! | kind | what happened |
//! |---|---|
//! | `peer_up`, `peer_down` | a BGP session of the router came up or went down |
//! | `route_update` | a route was announced or got another path |
//! | `route_withdraw` | a route was withdrawn, or not announced again (`synthetic`) |
//! | `stats` | the counters of one Statistics Report |
//!
//! An event's id is made of what it says and never of when it was received. A Peer Down ends the peer's routes: there is
//! no withdrawal for each of them, but their number, `routes`.

use std::net::IpAddr;

use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

use crate::attributes::PathAttributes;
use crate::deltas::{
    Deltas, EventKind, PeerEvent, PeerRow, Position, RouteChange, RouteDelta, RouterRow, Statistic,
};
use crate::ocsf::{event_time_us, identity, peer_name, router_name, specified};
use crate::text;
use crate::view::RibView;

/// One event: the last token of its subject, its id, and itself as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Semantic {
    pub kind: &'static str,
    pub id: String,
    pub json: String,
}

/// OCSF's severities, which ServiceRadar takes.
const INFORMATIONAL: u8 = 1;
const LOW: u8 = 2;
const HIGH: u8 = 4;

#[derive(Debug, Serialize)]
struct Event<'a> {
    event_type: &'static str,
    event_id: String,
    signal_type: &'static str,
    signal_domain: &'static str,
    severity_id: u8,
    message: String,
    /// RFC 3339: the router's clock where it gave one, else when its message was received.
    timestamp: Option<String>,
    source: &'static str,
    version: &'static str,
    collector: &'a str,
    /// Its name, which is a host name; its address where it gives none.
    router_id: String,
    router_uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    router_ip: Option<IpAddr>,
    #[serde(flatten)]
    position: Position,
    #[serde(flatten)]
    peer: Peer<'a>,
    synthetic: bool,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Debug, Serialize)]
struct Peer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_ip: Option<IpAddr>,
    peer_uid: String,
    peer_asn: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_asn: Option<u32>,
    peer_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_bgp_id: Option<String>,
    /// Table name (RFC 9069), else the peer's distinguisher.
    #[serde(skip_serializing_if = "Option::is_none")]
    vrf: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinguisher: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What<'a> {
    Peer {
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason_code: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notification_code: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notification_subcode: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        routes: Option<u64>,
    },
    Route {
        announced: bool,
        view: RibView,
        afi: u16,
        safi: u8,
        /// The prefix; of families without one the NLRI in words.
        prefix: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix_addr: Option<IpAddr>,
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix_len: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rd: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        path_id: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attrs: Option<&'a PathAttributes>,
    },
    Stats {
        counters: Vec<Counter>,
    },
}

#[derive(Debug, Serialize)]
struct Counter {
    #[serde(rename = "type")]
    kind: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    afi: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safi: Option<u8>,
    value: u64,
}

impl Deltas {
    /// Peers in their order, then routes in theirs, then statistics.
    pub fn semantic(&self) -> Vec<Semantic> {
        let peers = self.events.iter().filter_map(|event| peer(self, event));
        let routes = self.routes.iter().filter_map(|change| route(self, change));
        let reports =
            self.statistics.chunk_by(|one, other| one.peer == other.peer && one.position == other.position);
        let statistics = reports.filter_map(|report| stats(self, report));
        peers
            .chain(routes)
            .chain(statistics)
            .filter_map(|event| {
                let json = serde_json::to_string(&event).ok()?;
                Some(Semantic { kind: event.event_type, id: event.event_id, json })
            })
            .collect()
    }
}

/// What every event has; the caller adds the rest.
struct Base<'a> {
    deltas: &'a Deltas,
    peer: u32,
    position: Position,
    router_time_us: i64,
    received_at_us: i64,
    synthetic: bool,
}

impl<'a> Base<'a> {
    fn rows(&self) -> Option<(&'a PeerRow, &'a RouterRow)> {
        let peer = self.deltas.peer(self.peer)?;
        Some((peer, self.deltas.router(peer.router)?))
    }

    fn event(
        &self,
        event_type: &'static str,
        severity_id: u8,
        text: &str,
        rest: &[&[u8]],
        what: What<'a>,
    ) -> Option<Event<'a>> {
        let (peer, router) = self.rows()?;
        let (generation, sequence) =
            (self.position.generation.to_be_bytes(), self.position.sequence.to_be_bytes());
        let mut parts: Vec<&[u8]> = vec![
            b"bmp.events",
            event_type.as_bytes(),
            &router.router_id,
            &generation,
            &sequence,
            &peer.peer_id,
        ];
        parts.extend_from_slice(rest);
        let distinguisher =
            (peer.distinguisher != 0).then(|| wire::bmp::peer_header::distinguisher_text(peer.distinguisher));
        Some(Event {
            event_type,
            event_id: identity(&parts),
            signal_type: "bmp",
            signal_domain: "routing",
            severity_id,
            message: format!("{}: {} (AS{}) {text}", router_name(router), peer_name(peer), peer.asn),
            timestamp: rfc3339(event_time_us(self.router_time_us, self.received_at_us)),
            source: "serviceradar_bmp",
            version: "1.0",
            collector: &router.collector,
            router_id: router_name(router),
            router_uid: text::uuid::text(&router.router_id),
            router_ip: router.address,
            position: self.position,
            peer: Peer {
                peer_ip: specified(peer.address),
                peer_uid: text::uuid::text(&peer.peer_id),
                peer_asn: peer.asn,
                local_asn: peer.local_asn,
                peer_type: peer.peer_type,
                peer_bgp_id: (!peer.bgp_id.is_unspecified()).then(|| peer.bgp_id.to_string()),
                vrf: peer.table_name.as_deref().filter(|name| !name.is_empty()),
                distinguisher,
            },
            synthetic: self.synthetic,
            what,
        })
    }
}

fn peer<'a>(deltas: &'a Deltas, event: &'a PeerEvent) -> Option<Event<'a>> {
    let (kind, severity, text) = match event.kind {
        EventKind::PeerUp => ("peer_up", INFORMATIONAL, "is up"),
        EventKind::PeerDown => ("peer_down", HIGH, "is down"),
        _ => return None,
    };
    let base = Base {
        deltas,
        peer: event.peer?,
        position: event.position,
        router_time_us: event.router_time_us,
        received_at_us: event.received_at_us,
        synthetic: event.synthetic,
    };
    let why = event.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
    let what = What::Peer {
        reason: event.reason.as_deref(),
        reason_code: event.reason_code,
        notification_code: event.notification_code,
        notification_subcode: event.notification_subcode,
        routes: event.routes,
    };
    base.event(kind, severity, &format!("{text}{why}"), &[&[event.view.map_or(0, |view| view as u8)]], what)
}

fn route<'a>(deltas: &'a Deltas, route: &'a RouteDelta) -> Option<Event<'a>> {
    // Nobody knew the route: nothing happened.
    if route.unknown {
        return None;
    }
    let rib = deltas.rib(route.rib)?;
    let (kind, severity, verb) = match route.change {
        RouteChange::Announce => ("route_update", INFORMATIONAL, "announced"),
        RouteChange::Change => ("route_update", INFORMATIONAL, "changed the path of"),
        RouteChange::Withdraw => ("route_withdraw", LOW, "withdrew"),
    };
    let base = Base {
        deltas,
        peer: rib.peer,
        position: route.position,
        router_time_us: route.router_time_us,
        received_at_us: route.received_at_us,
        synthetic: route.synthetic,
    };
    let parts = deltas.route_of(route);
    let prefix = match parts.prefix {
        Some(prefix) => prefix.to_string(),
        None => crate::nlri::text(rib.afi, rib.safi, &route.nlri),
    };
    let text = format!("{verb} {prefix} in {}", rib.view.as_str());
    let path_id = route.path_id.map(u32::to_be_bytes);
    let rest: [&[u8]; 4] = [
        &[rib.view as u8, rib.safi],
        &rib.afi.to_be_bytes(),
        path_id.as_ref().map_or(&[], |id| id),
        &route.nlri,
    ];
    let what = What::Route {
        announced: route.change != RouteChange::Withdraw,
        view: rib.view,
        afi: rib.afi,
        safi: rib.safi,
        prefix,
        prefix_addr: parts.prefix.map(|prefix| prefix.addr()),
        prefix_len: parts.prefix.map(|prefix| prefix.prefix_len()),
        rd: parts.rd.map(|rd| rd.to_string()),
        path_id: route.path_id,
        attrs: deltas.attributes_of(route).map(crate::attributes::AttributeSet::typed),
    };
    base.event(kind, severity, &text, &rest, what)
}

fn stats<'a>(deltas: &'a Deltas, report: &[Statistic]) -> Option<Event<'a>> {
    let first = report.first()?;
    let base = Base {
        deltas,
        peer: first.peer,
        position: first.position,
        router_time_us: first.router_time_us,
        received_at_us: first.received_at_us,
        synthetic: false,
    };
    let counters = report.iter().map(|one| Counter {
        kind: one.stat_type,
        afi: one.afi,
        safi: one.safi,
        value: one.value,
    });
    let counters: Vec<Counter> = counters.collect();
    let text = format!("has {} statistics", counters.len());
    base.event("stats", INFORMATIONAL, &text, &[], What::Stats { counters })
}

fn rfc3339(us: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(us) * 1000).ok()?.format(&Rfc3339).ok()
}
