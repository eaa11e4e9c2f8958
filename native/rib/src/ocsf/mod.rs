//! [`Deltas`] as events of the Open Cybersecurity Schema Framework, version 1.7.0: class Network
//! Activity (4001), one JSON object an event.
//!
//! | what happened | activity | endpoints |
//! |---|---|---|
//! | peer up, session start | 1 Open | peer and router; router and collector |
//! | peer down, session end | 2 Close | the same |
//! | route announced, changed, withdrawn | 99 Other, named | from the peer to the router, for Adj-RIB-Out the other way |
//! | routes swept or expired | 99 Other, named | router, or peer and router |
//!
//! The schema has no class for routing. What it has a place for stands there (endpoints with their
//! autonomous systems, direction, observables, status); the rest of BGP is in `unmapped.bgp`.
//! `metadata.uid` is the event's identity: a batch that is delivered again makes the same ones.
//!
//! Routes of one batch of which the same is told (the same peer, view and family, and what happened to them) are one event where
//! they are many ([`Grouping`]): with `count`, the times of the first and the last, and some of them as samples.

mod parts;
mod schema;
mod time;

use std::collections::HashMap;

use self::parts::{collector_endpoint, device, metadata, observables, peer_endpoint, router_endpoint};
pub use self::parts::{identity, product};
pub(crate) use self::parts::{peer_name, router_name, specified};
use self::schema::{
    connection, other, Bgp, Direction, Event, Observable, Sample, Unmapped, CLOSE, HIGH, INFORMATIONAL, LOW,
    MEDIUM, OPEN,
};
pub use self::schema::{Product, VERSION};
pub(crate) use self::time::event_time_us;
use self::time::{is_clock_wrong, milliseconds};
use crate::deltas::{Deltas, EventKind, PeerEvent, PeerRow, RouteChange, RouteDelta};
use crate::text;

/// From how many routes on likes of one batch are one event, and how many of them it shows.
#[derive(Clone, Copy, Debug)]
pub struct Grouping {
    pub from: usize,
    pub samples: usize,
}

impl Default for Grouping {
    fn default() -> Self {
        Grouping { from: 20, samples: 10 }
    }
}

impl Grouping {
    /// Every route is an event of its own.
    pub const NONE: Grouping = Grouping { from: usize::MAX, samples: 0 };
}

impl Deltas {
    /// Every event a person or a SIEM would want to hear of, as JSON: peers and sessions in their order, then
    /// routes in theirs. End-of-RIB and Termination are not events of their own here: the first says that
    /// nothing more comes, the second is told by the session end that follows it.
    pub fn ocsf(&self, grouping: Grouping) -> Vec<String> {
        let peers = self.events.iter().filter_map(|event| peer_event(self, event));
        let routes = self.likes().into_iter().flat_map(|likes| match likes.len() >= grouping.from.max(2) {
            true => many_event(self, &likes, grouping.samples).into_iter().collect(),
            false => likes.into_iter().filter_map(|route| route_event(self, route)).collect::<Vec<_>>(),
        });
        peers.chain(routes).filter_map(|event| serde_json::to_string(&event).ok()).collect()
    }

    /// Routes of which the same is told, each kind in the order of its first.
    fn likes(&self) -> Vec<Vec<&RouteDelta>> {
        let mut places = HashMap::new();
        let mut likes: Vec<Vec<&RouteDelta>> = Vec::new();
        // Of what nobody knew nothing is told.
        for route in self.routes.iter().filter(|route| !route.unknown) {
            let next = likes.len();
            let place = *places.entry((route.rib, route.change, route.synthetic)).or_insert(next);
            if place == next {
                likes.push(Vec::new());
            }
            if let Some(of) = likes.get_mut(place) {
                of.push(route);
            }
        }
        likes
    }
}

fn peer_fields<'a>(bgp: Bgp<'a>, peer: Option<&PeerRow>) -> Bgp<'a> {
    Bgp {
        peer_type: peer.map(|peer| peer.peer_type),
        distinguisher: peer
            .map(|peer| peer.distinguisher)
            .filter(|rd| *rd != 0)
            .map(wire::bmp::peer_header::distinguisher_text),
        peer_bgp_id: peer.map(|peer| peer.bgp_id).filter(|id| !id.is_unspecified()).map(|id| id.to_string()),
        ..bgp
    }
}

fn peer_event<'a>(deltas: &'a Deltas, event: &'a PeerEvent) -> Option<Event<'a>> {
    let router = deltas.router(event.router)?;
    let peer = event.peer.and_then(|peer| deltas.peer(peer));
    let (activity, severity, code) = match event.kind {
        EventKind::SessionStart => (OPEN, INFORMATIONAL, "session_start"),
        EventKind::SessionEnd => (CLOSE, MEDIUM, "session_end"),
        EventKind::PeerUp => (OPEN, INFORMATIONAL, "peer_up"),
        EventKind::PeerDown => (CLOSE, HIGH, "peer_down"),
        EventKind::Swept => (other("Routes Swept"), LOW, "routes_swept"),
        EventKind::Expired => (other("Routes Expired"), MEDIUM, "routes_expired"),
        EventKind::Gap => (other("Observation Gap"), MEDIUM, "observation_gap"),
        EventKind::Conflict => (other("Session Conflict"), MEDIUM, "session_conflict"),
        EventKind::Termination | EventKind::EndOfRib => return None,
    };
    let who = peer.map_or_else(
        || router_name(router),
        |peer| format!("{}: {} (AS{})", router_name(router), peer_name(peer), peer.asn),
    );
    let why = event.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
    let how_many = event.routes.map(|routes| format!(", {routes} routes ended")).unwrap_or_default();
    let what = match event.kind {
        EventKind::SessionStart => "BMP session started",
        EventKind::SessionEnd => "BMP session ended",
        EventKind::PeerUp => "BGP peer is up",
        EventKind::PeerDown => "BGP peer is down",
        EventKind::Swept => "routes not announced again were withdrawn",
        EventKind::Gap => "part of what the router said was not heard",
        EventKind::Conflict => "more than one session of the router",
        _ => "did not come back",
    };
    let view = [event.view.map_or(0, |view| view as u8), event.safi.unwrap_or(0)];
    let afi = event.afi.unwrap_or(0).to_be_bytes();
    let peer_id: &[u8] = peer.map_or(&[], |peer| &peer.peer_id);
    let bgp = Bgp {
        event: code,
        position: event.position,
        synthetic: event.synthetic,
        router_time_us: event.router_time_us,
        router_clock_wrong: is_clock_wrong(event.router_time_us, event.received_at_us),
        view: event.view,
        afi: event.afi,
        safi: event.safi,
        reason_code: event.reason_code,
        notification_code: event.notification_code,
        notification_subcode: event.notification_subcode,
        fsm_event: event.fsm_event,
        hold_time: peer.and_then(|peer| peer.hold_time),
        routes: event.routes,
        ..Bgp::default()
    };
    // A BMP session runs from the router to the collector; a BGP session has no direction of its own
    // that BMP tells, and is shown as the peer's towards the router.
    let (src, dst) = match peer {
        Some(peer) => (peer_endpoint(peer), router_endpoint(router, Some(peer))),
        None => (router_endpoint(router, None), collector_endpoint(router)),
    };
    let address = peer.map_or(router.address, |peer| specified(peer.address));
    let metadata = metadata(router, code, event.position, event.received_at_us, &[peer_id, &view, &afi]);
    Some(Event {
        time: milliseconds(event.router_time_us, event.received_at_us),
        message: format!("{who}: {what}{why}{how_many}"),
        status_code: event.reason_code.map(|code| code.to_string()),
        status_detail: event.reason.as_deref(),
        src_endpoint: Some(src),
        dst_endpoint: Some(dst),
        is_src_dst_assignment_known: peer.is_none(),
        connection_info: connection(Direction::Inbound, address),
        observables: observables(router, peer, false, None),
        unmapped: Unmapped { bgp: peer_fields(bgp, peer) },
        ..Event::new(activity, severity, metadata, device(router))
    })
}

fn route_event<'a>(deltas: &'a Deltas, route: &'a RouteDelta) -> Option<Event<'a>> {
    let rib = deltas.rib(route.rib)?;
    let peer = deltas.peer_of(rib)?;
    let router = deltas.router(peer.router)?;
    let attributes = deltas.attributes_of(route).map(crate::attributes::AttributeSet::typed);
    let (activity, severity, code, verb) = match route.change {
        RouteChange::Announce => (other("Route Announce"), INFORMATIONAL, "route_announce", "announced"),
        RouteChange::Change => (other("Route Change"), INFORMATIONAL, "route_change", "changed the path of"),
        RouteChange::Withdraw => (other("Route Withdraw"), LOW, "route_withdraw", "withdrew"),
    };
    let parts = deltas.route_of(route);
    let (labels, vnis) = attributes.map(|attributes| attributes.labels_of(&parts)).unwrap_or_default();
    let prefix = parts.prefix.map(|prefix| prefix.to_string());
    let nlri_text = (!crate::nlri::is_prefix_family(rib.afi, rib.safi))
        .then(|| crate::nlri::text(rib.afi, rib.safi, &route.nlri));
    let nlri = text::hex(&route.nlri);
    let path = attributes
        .map(|attributes| {
            let next_hop = attributes.next_hop.map(|hop| format!(", next hop {hop}")).unwrap_or_default();
            format!(", AS path [{}]{next_hop}", attributes.as_path_text)
        })
        .unwrap_or_default();
    let message = format!(
        "{}: {} (AS{}) {verb} {} in {}{path}{}",
        router_name(router),
        peer_name(peer),
        peer.asn,
        nlri_text.as_deref().or(prefix.as_deref()).unwrap_or(&nlri),
        rib.view.as_str(),
        if route.synthetic { ", concluded: not announced again" } else { "" },
    );
    let view = [rib.view as u8, rib.safi];
    let (afi, path_id) = (rib.afi.to_be_bytes(), route.path_id.map(u32::to_be_bytes));
    let path_id: &[u8] = path_id.as_ref().map_or(&[], |path_id| path_id);
    let direction = Direction::of(rib.view);
    let outbound = matches!(direction, Direction::Outbound);
    let (src, dst) = (peer_endpoint(peer), router_endpoint(router, Some(peer)));
    let (src, dst) = if outbound { (dst, src) } else { (src, dst) };
    let bgp = Bgp {
        event: code,
        position: route.position,
        synthetic: route.synthetic,
        router_time_us: route.router_time_us,
        router_clock_wrong: is_clock_wrong(route.router_time_us, route.received_at_us),
        view: Some(rib.view),
        afi: Some(rib.afi),
        safi: Some(rib.safi),
        rd: parts.rd.map(|rd| rd.to_string()),
        labels,
        vnis,
        nlri_text,
        nlri: Some(nlri),
        path_id: route.path_id,
        attributes,
        ..Bgp::default()
    };
    let parts: [&[u8]; 5] = [&peer.peer_id, &view, &afi, path_id, &route.nlri];
    let metadata = metadata(router, code, route.position, route.received_at_us, &parts);
    Some(Event {
        time: milliseconds(route.router_time_us, route.received_at_us),
        message,
        src_endpoint: Some(src),
        dst_endpoint: Some(dst),
        is_src_dst_assignment_known: true,
        connection_info: connection(direction, specified(peer.address)),
        observables: observables(router, Some(peer), outbound, prefix.as_ref()),
        unmapped: Unmapped { bgp: Bgp { prefix, ..peer_fields(bgp, Some(peer)) } },
        ..Event::new(activity, severity, metadata, device(router))
    })
}

/// Several routes of which the same is told.
fn many_event<'a>(deltas: &'a Deltas, routes: &[&'a RouteDelta], samples: usize) -> Option<Event<'a>> {
    let (first, last) = (*routes.first()?, *routes.last()?);
    let rib = deltas.rib(first.rib)?;
    let peer = deltas.peer_of(rib)?;
    let router = deltas.router(peer.router)?;
    let sample = |route: &&RouteDelta| {
        let parts = deltas.route_of(route);
        let attributes = deltas.attributes_of(route).map(crate::attributes::AttributeSet::typed);
        Sample {
            route: crate::nlri::text(rib.afi, rib.safi, &route.nlri),
            rd: parts.rd.map(|rd| rd.to_string()),
            path_id: route.path_id,
            as_path: attributes.map(|attributes| attributes.as_path_text.clone()),
            next_hop: attributes.and_then(|attributes| attributes.next_hop),
        }
    };
    let samples: Vec<Sample> = routes.iter().take(samples).map(sample).collect();
    let event = route_event(deltas, first)?;
    let code = event.metadata.event_code;
    let verb = match first.change {
        RouteChange::Announce => "announced",
        RouteChange::Change => "changed the path of",
        RouteChange::Withdraw => "withdrew",
    };
    let names: Vec<&str> = samples.iter().take(3).map(|sample| sample.route.as_str()).collect();
    let message = format!(
        "{}: {} (AS{}) {verb} {} routes in {}: {}, …{}",
        router_name(router),
        peer_name(peer),
        peer.asn,
        routes.len(),
        rib.view.as_str(),
        names.join(", "),
        if first.synthetic { ", concluded: not announced again" } else { "" },
    );
    let times = || routes.iter().map(|route| milliseconds(route.router_time_us, route.received_at_us));
    let (view, afi) = ([rib.view as u8, rib.safi], rib.afi.to_be_bytes());
    let (count, end) = (routes.len().to_be_bytes(), last.position.sequence.to_be_bytes());
    let parts: [&[u8]; 6] = [&peer.peer_id, &view, &afi, b"many", &count, &end];
    let mut observables = event.observables;
    observables.retain(|observable| observable.type_id != 12);
    observables.extend(samples.iter().filter(|sample| sample.route.contains('/')).map(|sample| Observable {
        name: "unmapped.bgp.samples",
        kind: "Subnet",
        type_id: 12,
        value: sample.route.clone(),
    }));
    let one = event.unmapped.bgp;
    let bgp = Bgp {
        event: code,
        position: first.position,
        synthetic: first.synthetic,
        view: one.view,
        peer_type: one.peer_type,
        distinguisher: one.distinguisher,
        peer_bgp_id: one.peer_bgp_id,
        afi: one.afi,
        safi: one.safi,
        routes: u64::try_from(routes.len()).ok(),
        samples,
        ..Bgp::default()
    };
    Some(Event {
        message,
        count: Some(routes.len()),
        start_time: times().min(),
        end_time: times().max(),
        metadata: metadata(router, code, first.position, first.received_at_us, &parts),
        observables,
        unmapped: Unmapped { bgp },
        ..event
    })
}
