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

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::attributes::PathAttributes;
use crate::deltas::{
    Deltas, EventKind, Id, PeerEvent, PeerRow, Position, RouteChange, RouteDelta, RouterRow,
};
use crate::text;
use crate::view::RibView;

/// Version of the schema.
pub const VERSION: &str = "1.7.0";

const CATEGORY: u32 = 4;
const CLASS: u32 = 4001;

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

#[derive(Serialize)]
struct Event<'a> {
    category_uid: u32,
    category_name: &'static str,
    class_uid: u32,
    class_name: &'static str,
    activity_id: u32,
    activity_name: &'static str,
    type_uid: u32,
    type_name: &'static str,
    severity_id: u32,
    severity: &'static str,
    /// Milliseconds: the router's clock where it gave one, else when its message was received.
    time: i64,
    message: String,
    /// Of an event that is about several routes: how many, and when the first and the last were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<&'a str>,
    metadata: Metadata,
    /// The router that told it.
    device: Device,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_endpoint: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_endpoint: Option<Endpoint<'a>>,
    is_src_dst_assignment_known: bool,
    connection_info: ConnectionInfo,
    observables: Vec<Observable>,
    unmapped: Unmapped<'a>,
}

#[derive(Serialize)]
struct Metadata {
    version: &'static str,
    uid: String,
    /// The BMP session.
    correlation_uid: String,
    sequence: u64,
    event_code: &'static str,
    log_name: &'static str,
    log_provider: &'static str,
    logged_time: i64,
    /// The attribute `device` is of this one.
    profiles: [&'static str; 1],
    product: Product,
}

#[derive(Serialize)]
struct Device {
    uid: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u32,
}

/// Who makes the events.
#[derive(Debug, Serialize)]
pub struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    uid: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    autonomous_system: Option<AutonomousSystem>,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u32,
}

#[derive(Serialize)]
struct AutonomousSystem {
    number: u32,
}

#[derive(Serialize)]
struct ConnectionInfo {
    direction: &'static str,
    direction_id: u32,
    protocol_name: &'static str,
    protocol_num: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol_ver_id: Option<u32>,
}

#[derive(Serialize)]
struct Observable {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u32,
    value: String,
}

#[derive(Serialize)]
struct Unmapped<'a> {
    bgp: Bgp<'a>,
}

/// What OCSF has no attribute for. Absent where it does not apply.
#[derive(Default, Serialize)]
struct Bgp<'a> {
    event: &'static str,
    #[serde(flatten)]
    position: Position,
    synthetic: bool,
    #[serde(skip_serializing_if = "is_zero")]
    router_time_us: i64,
    /// The router's time cannot be right: the event has the time at which it was received.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    router_clock_wrong: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<RibView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_type: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinguisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_bgp_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    afi: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safi: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rd: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vnis: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nlri_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nlri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a PathAttributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_subcode: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fsm_event: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_time: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    routes: Option<u64>,
    /// Some of the routes that an event is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    samples: Vec<Sample>,
}

/// One of many routes.
#[derive(Serialize)]
struct Sample {
    route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_hop: Option<IpAddr>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature.
fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// An activity of the class, with the sibling name that the schema gives it; Other takes a name of
/// our own.
struct Activity {
    id: u32,
    name: &'static str,
    type_name: &'static str,
}

const OPEN: Activity = Activity { id: 1, name: "Open", type_name: "Network Activity: Open" };
const CLOSE: Activity = Activity { id: 2, name: "Close", type_name: "Network Activity: Close" };

const fn other(name: &'static str) -> Activity {
    Activity { id: 99, name, type_name: "Network Activity: Other" }
}

struct Severity(u32, &'static str);

const INFORMATIONAL: Severity = Severity(1, "Informational");
const LOW: Severity = Severity(2, "Low");
const MEDIUM: Severity = Severity(3, "Medium");
const HIGH: Severity = Severity(4, "High");

const TCP: (&str, u32) = ("tcp", 6);

#[derive(Clone, Copy)]
enum Direction {
    Inbound,
    Outbound,
    Local,
}

impl Direction {
    /// Seen from the router.
    fn of(view: RibView) -> Self {
        match view {
            RibView::AdjRibInPre | RibView::AdjRibInPost => Direction::Inbound,
            RibView::AdjRibOutPre | RibView::AdjRibOutPost => Direction::Outbound,
            RibView::LocRib => Direction::Local,
        }
    }
}

fn connection(direction: Direction, address: Option<IpAddr>) -> ConnectionInfo {
    let (direction_id, direction) = match direction {
        Direction::Inbound => (1, "Inbound"),
        Direction::Outbound => (2, "Outbound"),
        Direction::Local => (4, "Local"),
    };
    ConnectionInfo {
        direction,
        direction_id,
        protocol_name: TCP.0,
        protocol_num: TCP.1,
        protocol_ver_id: address.map(|address| if address.is_ipv4() { 4 } else { 6 }),
    }
}

/// Loc-RIB and local routes come from a peer 0.0.0.0 or ::, which is no address of anybody.
pub(crate) fn specified(address: IpAddr) -> Option<IpAddr> {
    (!address.is_unspecified()).then_some(address)
}

pub(crate) fn router_name(router: &RouterRow) -> String {
    if router.sys_name.is_empty() {
        router.address.map_or_else(|| text::uuid::text(&router.router_id), |address| address.to_string())
    } else {
        router.sys_name.clone()
    }
}

pub(crate) fn peer_name(peer: &PeerRow) -> String {
    match (specified(peer.address), peer.table_name.as_deref()) {
        (Some(address), _) => address.to_string(),
        (None, Some(table)) if !table.is_empty() => table.to_owned(),
        (None, _) => "local".to_owned(),
    }
}

fn router_endpoint<'a>(router: &RouterRow, peer: Option<&PeerRow>) -> Endpoint<'a> {
    Endpoint {
        uid: text::uuid::text(&router.router_id),
        name: router_name(router),
        ip: router.address,
        port: peer.and_then(|peer| peer.local_port).filter(|port| *port != 0),
        zone: None,
        autonomous_system: peer.and_then(|peer| peer.local_asn).map(|number| AutonomousSystem { number }),
        kind: "Router",
        type_id: 12,
    }
}

fn peer_endpoint(peer: &PeerRow) -> Endpoint<'_> {
    Endpoint {
        uid: text::uuid::text(&peer.peer_id),
        name: peer_name(peer),
        ip: specified(peer.address),
        port: peer.remote_port.filter(|port| *port != 0),
        zone: peer.table_name.as_deref(),
        autonomous_system: (peer.asn != 0).then_some(AutonomousSystem { number: peer.asn }),
        kind: "Router",
        type_id: 12,
    }
}

/// The station end of a BMP session.
fn collector_endpoint<'a>(router: &RouterRow) -> Endpoint<'a> {
    let name = if router.collector.is_empty() { "bmp" } else { &router.collector };
    Endpoint {
        uid: name.to_owned(),
        name: name.to_owned(),
        ip: None,
        port: None,
        zone: None,
        autonomous_system: None,
        kind: "Server",
        type_id: 1,
    }
}

fn observables(
    router: &RouterRow,
    peer: Option<&PeerRow>,
    outbound: bool,
    prefix: Option<&String>,
) -> Vec<Observable> {
    let (router_path, peer_path) = if outbound || peer.is_none() {
        ("src_endpoint.ip", "dst_endpoint.ip")
    } else {
        ("dst_endpoint.ip", "src_endpoint.ip")
    };
    let address =
        |name, value: IpAddr| Observable { name, kind: "IP Address", type_id: 2, value: value.to_string() };
    let subnet = |value: &String| Observable {
        name: "unmapped.bgp.prefix",
        kind: "Subnet",
        type_id: 12,
        value: value.clone(),
    };
    let router = router.address.map(|value| address(router_path, value));
    let peer = peer.and_then(|peer| specified(peer.address)).map(|value| address(peer_path, value));
    router.into_iter().chain(peer).chain(prefix.map(subnet)).collect()
}

/// A UUID (version 8, RFC 9562) of what makes an event itself and no other.
pub fn identity(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts are the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = Id::default();
    id.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut id;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    text::uuid::text(&id)
}

fn metadata(
    router: &RouterRow,
    code: &'static str,
    position: Position,
    received_at_us: i64,
    rest: &[&[u8]],
) -> Metadata {
    let (generation, sequence) = (position.generation.to_be_bytes(), position.sequence.to_be_bytes());
    let mut parts: Vec<&[u8]> = vec![&router.router_id, &generation, &sequence, code.as_bytes()];
    parts.extend_from_slice(rest);
    Metadata {
        version: VERSION,
        uid: identity(&parts),
        correlation_uid: format!("{}-{}", text::uuid::text(&router.router_id), position.generation),
        sequence: position.sequence,
        event_code: code,
        log_name: "bmp",
        log_provider: "serviceradar_bmp",
        logged_time: received_at_us / 1000,
        profiles: ["host"],
        product: product(),
    }
}

/// What makes the events.
pub fn product() -> Product {
    Product { name: "ServiceRadar BMP", vendor_name: "ServiceRadar", version: env!("CARGO_PKG_VERSION") }
}

fn device(router: &RouterRow) -> Device {
    Device {
        uid: text::uuid::text(&router.router_id),
        name: router_name(router),
        ip: router.address,
        kind: "Router",
        type_id: 12,
    }
}

/// When it happened, as the router says, or else when it was received.
pub(crate) fn event_time_us(router_time_us: i64, received_at_us: i64) -> i64 {
    if router_time_us == 0 || is_clock_wrong(router_time_us, received_at_us) {
        received_at_us
    } else {
        router_time_us
    }
}

fn milliseconds(router_time_us: i64, received_at_us: i64) -> i64 {
    event_time_us(router_time_us, received_at_us) / 1000
}

/// 2010, before there was BMP: a clock that says so was never set, and began at some day when the router started.
const BEFORE_BMP_US: i64 = 1_262_304_000_000_000;
/// A message that is from so far after the time at which it was received.
const FUTURE_US: i64 = 86_400_000_000;

/// Whether the router's time is there and cannot be right.
fn is_clock_wrong(router_time_us: i64, received_at_us: i64) -> bool {
    router_time_us != 0
        && (router_time_us < BEFORE_BMP_US || router_time_us.saturating_sub(received_at_us) > FUTURE_US)
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
    Some(Event {
        category_uid: CATEGORY,
        category_name: "Network Activity",
        class_uid: CLASS,
        class_name: "Network Activity",
        activity_id: activity.id,
        activity_name: activity.name,
        type_uid: CLASS * 100 + activity.id,
        type_name: activity.type_name,
        severity_id: severity.0,
        severity: severity.1,
        time: milliseconds(event.router_time_us, event.received_at_us),
        message: format!("{who}: {what}{why}{how_many}"),
        count: None,
        start_time: None,
        end_time: None,
        device: device(router),
        status_code: event.reason_code.map(|code| code.to_string()),
        status_detail: event.reason.as_deref(),
        metadata: metadata(router, code, event.position, event.received_at_us, &[peer_id, &view, &afi]),
        src_endpoint: Some(src),
        dst_endpoint: Some(dst),
        is_src_dst_assignment_known: peer.is_none(),
        connection_info: connection(Direction::Inbound, address),
        observables: observables(router, peer, false, None),
        unmapped: Unmapped { bgp: peer_fields(bgp, peer) },
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
    Some(Event {
        category_uid: CATEGORY,
        category_name: "Network Activity",
        class_uid: CLASS,
        class_name: "Network Activity",
        activity_id: activity.id,
        activity_name: activity.name,
        type_uid: CLASS * 100 + activity.id,
        type_name: activity.type_name,
        severity_id: severity.0,
        severity: severity.1,
        time: milliseconds(route.router_time_us, route.received_at_us),
        message,
        count: None,
        start_time: None,
        end_time: None,
        device: device(router),
        status_code: None,
        status_detail: None,
        metadata: metadata(
            router,
            code,
            route.position,
            route.received_at_us,
            &[&peer.peer_id, &view, &afi, path_id, &route.nlri],
        ),
        src_endpoint: Some(src),
        dst_endpoint: Some(dst),
        is_src_dst_assignment_known: true,
        connection_info: connection(direction, specified(peer.address)),
        observables: observables(router, Some(peer), outbound, prefix.as_ref()),
        unmapped: Unmapped { bgp: Bgp { prefix, ..peer_fields(bgp, Some(peer)) } },
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
