//! What one transaction writes, in the form that PostgreSQL reads fastest: rows of its binary COPY, written at once,
//! without a driver in between.
//!
//! A [`Commit`] says what the deltas of consecutive batches come to, as rows of a few kinds. The columns of a kind are those
//! of the table that it is copied to (`priv/sql/store/copy`), in their order; the integration tests hold the two
//! together.

mod stream;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::ops::{Deref, Range};

use serde_json::{json, Map, Value};

use self::stream::Stream;
pub use self::stream::{HEADER, TRAILER};
use crate::attributes::{AttributeSet, PathAttributes};
use crate::deltas::{
    DeadLetter, Deltas, End, EndKind, EndScope, Id, PeerEvent, PeerRow, Position, RibRow, RouteChange,
    RouteDelta, RouterRow, SessionRow, Statistic,
};
use crate::nlri;
use crate::view::RibView;

/// What rows are of: the name of the file in `priv/sql/store/copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Routers,
    Sessions,
    Peers,
    Ends,
    Ribs,
    AttributeSets,
    /// Routes that are not there any more.
    RoutesGone,
    /// Routes that were there, as they are now.
    RoutesChanged,
    /// Routes that were not there.
    RoutesNew,
    History,
    Events,
    Statistics,
    DeadLetters,
}

impl Kind {
    /// In the order in which a commit writes them.
    pub const ALL: [Kind; 13] = [
        Kind::Routers,
        Kind::Sessions,
        Kind::Peers,
        Kind::Ends,
        Kind::Ribs,
        Kind::AttributeSets,
        Kind::RoutesGone,
        Kind::RoutesChanged,
        Kind::RoutesNew,
        Kind::History,
        Kind::Events,
        Kind::Statistics,
        Kind::DeadLetters,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Routers => "routers",
            Kind::Sessions => "sessions",
            Kind::Peers => "peers",
            Kind::Ends => "ends",
            Kind::Ribs => "ribs",
            Kind::AttributeSets => "attribute_sets",
            Kind::RoutesGone => "routes_gone",
            Kind::RoutesChanged => "routes_changed",
            Kind::RoutesNew => "routes_new",
            Kind::History => "history",
            Kind::Events => "events",
            Kind::Statistics => "statistics",
            Kind::DeadLetters => "dead_letters",
        }
    }

    /// The kind of [`Kind::as_str`]'s name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Where a row comes from: which of the commit's deltas, and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    deltas: u32,
    index: u32,
}

/// What the deltas of consecutive batches come to. A table tells a change against what it has told before, and deltas are
/// committed in their order, so what a route's first change in the commit says tells whether the store has the route.
#[derive(Debug)]
pub struct Commit<D> {
    deltas: Vec<D>,
    routers: Vec<Place>,
    sessions: Vec<Place>,
    peers: Vec<Place>,
    ends: Vec<Place>,
    ribs: Vec<Place>,
    attribute_sets: Vec<Place>,
    routes_gone: Vec<Place>,
    routes_changed: Vec<Place>,
    routes_new: Vec<Place>,
    history: Vec<Place>,
    events: Vec<Place>,
    statistics: Vec<Place>,
    dead_letters: Vec<Place>,
    /// Tells the dead letters of one event apart, in the order of `dead_letters`.
    ordinals: Vec<i32>,
}

/// What a refused row was about, for its dead letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrigin {
    pub router_id: Option<Id>,
    pub peer_id: Option<Id>,
    pub rib_id: Option<i64>,
    pub nlri: Option<Vec<u8>>,
    pub path_id: Option<u32>,
    pub generation: u64,
    pub sequence: u64,
}

impl<D: Deref<Target = Deltas>> Commit<D> {
    pub fn new(deltas: Vec<D>) -> Self {
        let routes = Routes::of(&deltas);
        let dead_letters = all(&deltas, |deltas| deltas.dead_letters.len());
        Commit {
            routers: latest(&deltas, |deltas| deltas.routers.iter().map(|row| Some(row.router_id))),
            sessions: latest(&deltas, |deltas| deltas.sessions.iter().map(|row| Some(row.session_id))),
            peers: latest(&deltas, |deltas| deltas.peers.iter().map(|row| Some(row.peer_id))),
            ends: all(&deltas, |deltas| deltas.ends.len()),
            ribs: latest(&deltas, |deltas| deltas.ribs.iter().map(|row| row.changed.then_some(row.rib_id))),
            attribute_sets: latest(&deltas, |deltas| {
                deltas.attributes.iter().map(|set| (!set.is_stored()).then(|| set.hash()))
            }),
            routes_gone: routes.gone,
            routes_changed: routes.changed,
            routes_new: routes.new,
            history: routes.history,
            events: all(&deltas, |deltas| deltas.events.len()),
            statistics: all(&deltas, |deltas| deltas.statistics.len()),
            ordinals: ordinals(&deltas, &dead_letters),
            dead_letters,
            deltas,
        }
    }

    fn places(&self, kind: Kind) -> &[Place] {
        match kind {
            Kind::Routers => &self.routers,
            Kind::Sessions => &self.sessions,
            Kind::Peers => &self.peers,
            Kind::Ends => &self.ends,
            Kind::Ribs => &self.ribs,
            Kind::AttributeSets => &self.attribute_sets,
            Kind::RoutesGone => &self.routes_gone,
            Kind::RoutesChanged => &self.routes_changed,
            Kind::RoutesNew => &self.routes_new,
            Kind::History => &self.history,
            Kind::Events => &self.events,
            Kind::Statistics => &self.statistics,
            Kind::DeadLetters => &self.dead_letters,
        }
    }

    /// How many rows of a kind there are.
    pub fn rows(&self, kind: Kind) -> usize {
        self.places(kind).len()
    }

    /// Some rows of a kind, to be put between [`HEADER`] and [`TRAILER`].
    pub fn copy(&self, kind: Kind, rows: Range<usize>) -> Vec<u8> {
        let mut out = Stream(Vec::with_capacity(rows.len().saturating_mul(96)));
        for row in rows {
            self.row(&mut out, kind, row);
        }
        out.0
    }

    /// A row; of what points at nothing, which no table makes, none.
    fn row(&self, out: &mut Stream, kind: Kind, row: usize) -> Option<()> {
        let place = self.places(kind).get(row)?;
        let deltas: &Deltas = at(&self.deltas, place.deltas)?;
        let index = place.index;
        match kind {
            Kind::Routers => router(out, deltas.router(index)?),
            Kind::Sessions => session(out, deltas, at(&deltas.sessions, index)?),
            Kind::Peers => peer(out, deltas, deltas.peer(index)?),
            Kind::Ends => end(out, deltas, at(&deltas.ends, index)?),
            Kind::Ribs => rib(out, deltas.rib(index)?, &deltas.peer_of(deltas.rib(index)?)?.peer_id),
            Kind::AttributeSets => attribute_set(out, at(&deltas.attributes, index)?),
            Kind::RoutesGone => {
                let route = at(&deltas.routes, index)?;
                out.row(3);
                route_key(out, deltas.rib(route.rib)?, route);
            }
            Kind::RoutesChanged | Kind::RoutesNew => {
                let route = at(&deltas.routes, index)?;
                state(out, deltas.rib(route.rib)?, route, deltas.attributes_of(route)?);
            }
            Kind::History => {
                let route = at(&deltas.routes, index)?;
                history(out, deltas.rib(route.rib)?, route, deltas.attributes_of(route));
            }
            Kind::Events => event(out, deltas, at(&deltas.events, index)?),
            Kind::Statistics => statistic(out, deltas, at(&deltas.statistics, index)?),
            Kind::DeadLetters => {
                let row_of = at(&deltas.dead_letters, index)?;
                dead_letter(out, deltas, row_of, deltas.router_id(row_of.router)?, *self.ordinals.get(row)?);
            }
        }
        Some(())
    }

    /// What a row is about.
    pub fn origin(&self, kind: Kind, row: usize) -> RowOrigin {
        self.find_origin(kind, row).unwrap_or_default()
    }

    fn find_origin(&self, kind: Kind, row: usize) -> Option<RowOrigin> {
        let place = self.places(kind).get(row)?;
        let deltas: &Deltas = at(&self.deltas, place.deltas)?;
        let index = place.index;
        let origin = |router: Option<u32>, peer: Option<u32>, position: Position| {
            let peer = peer.and_then(|peer| deltas.peer(peer));
            let router = peer.map(|peer| peer.router).or(router);
            RowOrigin {
                router_id: router.and_then(|router| deltas.router_id(router)).copied(),
                peer_id: peer.map(|peer| peer.peer_id),
                generation: position.generation,
                sequence: position.sequence,
                ..RowOrigin::default()
            }
        };
        Some(match kind {
            Kind::Routers => origin(Some(index), None, deltas.router(index)?.position),
            Kind::Sessions => {
                let session = at(&deltas.sessions, index)?;
                let position = Position { generation: session.generation, sequence: session.sequence };
                origin(Some(session.router), None, position)
            }
            Kind::Peers => origin(None, Some(index), deltas.peer(index)?.position),
            Kind::Ends => match at(&deltas.ends, index)? {
                End { scope: EndScope::Peer(peer), position, .. } => origin(None, Some(*peer), *position),
                End { scope: EndScope::Router(router), position, .. } => {
                    origin(Some(*router), None, *position)
                }
            },
            Kind::Ribs => {
                let rib = deltas.rib(index)?;
                RowOrigin { rib_id: Some(rib.rib_id), ..origin(None, Some(rib.peer), Position::default()) }
            }
            Kind::AttributeSets => RowOrigin::default(),
            Kind::RoutesGone | Kind::RoutesChanged | Kind::RoutesNew | Kind::History => {
                let route = at(&deltas.routes, index)?;
                let rib = deltas.rib(route.rib)?;
                RowOrigin {
                    rib_id: Some(rib.rib_id),
                    nlri: Some(route.nlri.to_vec()),
                    path_id: route.path_id,
                    ..origin(None, Some(rib.peer), route.position)
                }
            }
            Kind::Events => {
                let event = at(&deltas.events, index)?;
                origin(Some(event.router), event.peer, event.position)
            }
            Kind::Statistics => {
                let statistic = at(&deltas.statistics, index)?;
                origin(None, Some(statistic.peer), statistic.position)
            }
            Kind::DeadLetters => {
                let letter = at(&deltas.dead_letters, index)?;
                origin(Some(letter.router), letter.peer, letter.position)
            }
        })
    }
}

fn at<T>(items: &[T], index: u32) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}

/// Every row, of which `count` says how many deltas have.
fn all<D: Deref<Target = Deltas>>(commit: &[D], count: impl Fn(&Deltas) -> usize) -> Vec<Place> {
    let each = (0_u32..).zip(commit);
    each.flat_map(|(deltas, of)| (0_u32..).take(count(of)).map(move |index| Place { deltas, index }))
        .collect()
}

/// The last row of each id; those without one are left out.
fn latest<'a, D, I, K>(commit: &'a [D], ids: impl Fn(&'a Deltas) -> I) -> Vec<Place>
where
    D: Deref<Target = Deltas>,
    I: Iterator<Item = Option<K>>,
    K: std::hash::Hash + Eq,
{
    let mut order = Vec::new();
    let mut last = HashMap::new();
    for (deltas, of) in (0_u32..).zip(commit) {
        for (index, id) in (0_u32..).zip(ids(of)) {
            let Some(id) = id else { continue };
            let place = *last.entry(id).or_insert_with(|| {
                order.push(Place { deltas, index });
                order.len() - 1
            });
            if let Some(place) = order.get_mut(place) {
                *place = Place { deltas, index };
            }
        }
    }
    order
}

fn ordinals<D: Deref<Target = Deltas>>(commit: &[D], letters: &[Place]) -> Vec<i32> {
    let (mut before, mut ordinal) = (None, 0);
    let next = |place: &Place| {
        let letter = at(commit, place.deltas).and_then(|deltas| {
            let letter = at(&deltas.dead_letters, place.index)?;
            Some((*deltas.router_id(letter.router)?, letter.position))
        });
        ordinal = if before == letter { ordinal + 1 } else { 0 };
        before = letter;
        ordinal
    };
    letters.iter().map(next).collect()
}

/// What a commit does to the routes.
#[derive(Default)]
struct Routes {
    gone: Vec<Place>,
    changed: Vec<Place>,
    new: Vec<Place>,
    history: Vec<Place>,
}

/// One route in a commit.
struct Net {
    /// The store has it.
    stored: bool,
    /// It is there after the commit.
    present: bool,
    last: Place,
}

impl Routes {
    fn of<D: Deref<Target = Deltas>>(commit: &[D]) -> Self {
        let mut routes = Routes::default();
        let mut net: Vec<Net> = Vec::new();
        let mut known: HashMap<(i64, Option<u32>, &[u8]), usize> =
            HashMap::with_capacity(commit.iter().map(|deltas| deltas.routes.len()).sum());
        for (number, deltas) in (0_u32..).zip(commit) {
            wipe(commit, deltas, &mut net);
            for (index, route) in (0_u32..).zip(&deltas.routes) {
                let Some(rib) = deltas.rib(route.rib).filter(|_| !route.unknown) else { continue };
                let last = Place { deltas: number, index };
                routes.history.push(last);
                // What an end of these deltas closes is gone with its RIB.
                if route.ended {
                    continue;
                }
                let present = route.change != RouteChange::Withdraw;
                match known
                    .get(&(rib.rib_id, route.path_id, &*route.nlri))
                    .and_then(|place| net.get_mut(*place))
                {
                    Some(net) => {
                        net.present = present;
                        net.last = last;
                    }
                    None => {
                        known.insert((rib.rib_id, route.path_id, &*route.nlri), net.len());
                        net.push(Net { stored: route.change != RouteChange::Announce, present, last });
                    }
                }
            }
        }
        for Net { stored, present, last } in net {
            match (stored, present) {
                (true, true) => routes.changed.push(last),
                (false, true) => routes.new.push(last),
                (true, false) => routes.gone.push(last),
                (false, false) => {}
            }
        }
        routes
    }
}

/// Forgets the routes of RIBs that end in `deltas`: the store deletes them by RIB.
fn wipe<D: Deref<Target = Deltas>>(commit: &[D], deltas: &Deltas, net: &mut [Net]) {
    let ended: Vec<EndScope> =
        deltas.ends.iter().filter(|end| end.kind == EndKind::Ended).map(|end| end.scope).collect();
    if ended.is_empty() {
        return;
    }
    let (mut peers, mut routers): (HashSet<&Id>, HashSet<&Id>) = Default::default();
    for scope in ended {
        match scope {
            EndScope::Peer(peer) => peers.extend(deltas.peer(peer).map(|peer| &peer.peer_id)),
            EndScope::Router(router) => routers.extend(deltas.router_id(router)),
        }
    }
    for route in net {
        let ids = at(commit, route.last.deltas).and_then(|deltas| {
            let rib = deltas.rib(at(&deltas.routes, route.last.index)?.rib)?;
            deltas.peer_ids(rib.peer)
        });
        if ids.is_some_and(|(router, peer)| routers.contains(router) || peers.contains(peer)) {
            (route.stored, route.present) = (false, false);
        }
    }
}

impl Deltas {
    fn router_id(&self, index: u32) -> Option<&Id> {
        self.router(index).map(|router| &router.router_id)
    }

    /// Router and peer.
    fn peer_ids(&self, index: u32) -> Option<(&Id, &Id)> {
        let peer = self.peer(index)?;
        Some((self.router_id(peer.router)?, &peer.peer_id))
    }
}

fn router(out: &mut Stream, row: &RouterRow) {
    out.row(12);
    out.uuid(&row.router_id);
    out.position(row.position);
    out.text(&row.sys_name);
    out.text(&row.sys_descr);
    out.optional(row.address, Stream::inet);
    out.int4(row.port.into());
    out.text(&row.collector);
    out.text(row.state.as_str());
    out.time(row.session_started_us);
    out.optional(row.session_ended_us, Stream::time);
    out.optional(row.end_reason.as_deref(), Stream::text);
}

fn session(out: &mut Stream, deltas: &Deltas, row: &SessionRow) {
    let Some(router_id) = deltas.router_id(row.router) else { return };
    out.row(12);
    out.uuid(&row.session_id);
    out.uuid(router_id);
    out.position(Position { generation: row.generation, sequence: row.sequence });
    out.text(&row.collector);
    out.optional(row.address, Stream::inet);
    out.int4(row.port.into());
    out.text(row.state.as_str());
    out.time(row.started_us);
    out.time(row.heard_us);
    out.optional(row.ended_us, Stream::time);
    out.optional(row.end_reason.as_deref(), Stream::text);
}

fn peer(out: &mut Stream, deltas: &Deltas, row: &PeerRow) {
    let Some(router_id) = deltas.router_id(row.router) else { return };
    out.row(21);
    out.uuid(&row.peer_id);
    out.uuid(router_id);
    out.position(row.position);
    out.int2(row.peer_type.into());
    out.bytes(&row.distinguisher.to_be_bytes());
    out.inet(row.address);
    out.int8(row.asn.into());
    out.inet(row.bgp_id.into());
    out.optional(row.table_name.as_deref(), Stream::text);
    out.text(row.state.as_str());
    out.time(row.state_since_us);
    out.optional(row.down_reason.as_deref(), Stream::text);
    out.optional(row.local_address, Stream::inet);
    out.optional(row.local_port.map(i32::from), Stream::int4);
    out.optional(row.remote_port.map(i32::from), Stream::int4);
    out.optional(row.local_asn.map(i64::from), Stream::int8);
    out.optional(row.local_bgp_id.map(IpAddr::from), Stream::inet);
    out.optional(row.hold_time.map(i32::from), Stream::int4);
    out.optional(present(&row.sent_open), Stream::bytes);
    out.optional(present(&row.received_open), Stream::bytes);
}

fn present(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

fn rib(out: &mut Stream, row: &RibRow, peer_id: &Id) {
    out.row(11);
    out.int8(row.rib_id);
    out.uuid(peer_id);
    out.text(row.view.as_str());
    out.int4(row.afi.into());
    out.int2(row.safi.into());
    out.count(row.routes);
    out.optional(row.verified, Stream::count);
    out.optional(row.end_of_rib, Stream::count);
    out.bool(row.filtered);
    out.bool(row.inferred);
    out.time(row.changed_at_us);
}

fn route_key(out: &mut Stream, rib: &RibRow, route: &RouteDelta) {
    out.int8(rib.rib_id);
    out.int8(route.path_id.map_or(-1, i64::from));
    out.bytes(&nlri::stored_key(&route.nlri).0);
}

/// A row of `bgp_routing_state`.
fn state(out: &mut Stream, rib: &RibRow, route: &RouteDelta, set: &AttributeSet) {
    out.row(13);
    route_key(out, rib, route);
    out.position(route.position);
    out.time(route.received_at_us);
    out.uuid(&set.hash());
    nlri_columns(out, rib, route, Some(set));
}

/// A row of `bgp_routing_history`.
fn history(out: &mut Stream, rib: &RibRow, route: &RouteDelta, set: Option<&AttributeSet>) {
    out.row(17);
    route_key(out, rib, route);
    out.position(route.position);
    out.time(route.received_at_us);
    out.router_time(route.router_time_us);
    out.text(route.change.as_str());
    out.bool(route.synthetic);
    out.bool(route.after_gap);
    out.optional(set, |out, set| out.uuid(&set.hash()));
    nlri_columns(out, rib, route, set);
}

/// Prefix, route distinguisher, labels or VNIs, the text where the NLRI is more than a prefix, and the NLRI where its key
/// does not hold it. What a withdrawal has in place of labels says nothing.
fn nlri_columns(out: &mut Stream, rib: &RibRow, route: &RouteDelta, set: Option<&AttributeSet>) {
    if let Some(prefix) = nlri::prefix(rib.afi, rib.safi, &route.nlri) {
        out.cidr((prefix.network(), prefix.prefix_len()));
        out.nulls(4);
    } else {
        let parts = nlri::route(rib.afi, rib.safi, &route.nlri);
        out.optional(parts.prefix, |out, prefix| out.cidr((prefix.network(), prefix.prefix_len())));
        out.optional(parts.rd, |out, rd| out.text(&rd.to_string()));
        let (labels, vnis) = set.map(|set| set.typed().labels_of(&parts)).unwrap_or_default();
        out.optional(some(&labels), Stream::int8_array);
        out.optional(some(&vnis), Stream::int8_array);
        out.text(&nlri::text(rib.afi, rib.safi, &route.nlri));
    }
    let digested = nlri::stored_key(&route.nlri).1;
    out.optional(digested.then_some(&*route.nlri), Stream::bytes);
}

fn attribute_set(out: &mut Stream, set: &AttributeSet) {
    let typed = set.typed();
    out.row(14);
    out.uuid(&set.hash());
    out.optional(typed.next_hop, Stream::inet);
    out.optional(typed.origin, Stream::text);
    out.int8_array(&typed.as_path);
    out.optional(typed.as_path.last().map(|asn| i64::from(*asn)), Stream::int8);
    out.text(&typed.as_path_text);
    out.optional(typed.med.map(i64::from), Stream::int8);
    out.optional(typed.local_pref.map(i64::from), Stream::int8);
    out.optional(some(&typed.communities), Stream::int8_array);
    out.optional(some(&typed.large_communities), Stream::text_array);
    out.optional(some(&typed.extended_communities), Stream::text_array);
    out.optional(other_attributes(typed), |out, value| out.jsonb(&value));
    out.bytes(set.next_hop());
    out.bytes(set.canonical());
}

fn some<T>(items: &[T]) -> Option<&[T]> {
    (!items.is_empty()).then_some(items)
}

/// What has no column of its own.
fn other_attributes(typed: &PathAttributes) -> Option<Value> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        object.insert(name.into(), value);
    };
    if let Some(address) = typed.next_hop_link_local {
        put("next_hop_link_local", json!(address));
    }
    if typed.atomic_aggregate {
        put("atomic_aggregate", json!(true));
    }
    if let Some(aggregator) = &typed.aggregator {
        put("aggregator", json!(aggregator));
    }
    if let Some(id) = typed.originator_id {
        put("originator_id", json!(id));
    }
    if !typed.cluster_list.is_empty() {
        put("cluster_list", json!(typed.cluster_list));
    }
    for (name, value) in &typed.fields {
        put(name, value.clone());
    }
    if !typed.other.is_empty() {
        put("other", json!(typed.other));
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

fn end(out: &mut Stream, deltas: &Deltas, row: &End) {
    let ids = match row.scope {
        EndScope::Peer(peer) => deltas.peer_ids(peer).map(|(router_id, peer_id)| (router_id, Some(peer_id))),
        EndScope::Router(router) => deltas.router_id(router).map(|router_id| (router_id, None)),
    };
    let Some((router_id, peer_id)) = ids else { return };
    out.row(6);
    out.uuid(router_id);
    out.optional(peer_id, Stream::uuid);
    out.text(match row.kind {
        EndKind::Ended => "ended",
        EndKind::Stale => "stale",
    });
    out.position(row.position);
    out.time(row.received_at_us);
}

fn event(out: &mut Stream, deltas: &Deltas, row: &PeerEvent) {
    let Some(router_id) = deltas.router_id(row.router) else { return };
    out.row(18);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.optional(row.peer.and_then(|peer| deltas.peer_ids(peer)), |out, (_, peer_id)| out.uuid(peer_id));
    out.position(row.position);
    out.text(row.kind.as_str());
    out.optional(row.view.map(RibView::as_str), Stream::text);
    out.optional(row.afi.map(i32::from), Stream::int4);
    out.optional(row.safi.map(i16::from), Stream::int2);
    out.bool(row.synthetic);
    out.optional(row.reason_code.map(i32::from), Stream::int4);
    out.optional(row.reason.as_deref(), Stream::text);
    out.optional(row.notification_code.map(i16::from), Stream::int2);
    out.optional(row.notification_subcode.map(i16::from), Stream::int2);
    out.optional(row.fsm_event.map(i32::from), Stream::int4);
    out.optional(row.routes, Stream::count);
    out.router_time(row.router_time_us);
    out.optional(row.since_us, Stream::time);
}

fn statistic(out: &mut Stream, deltas: &Deltas, row: &Statistic) {
    let Some((router_id, peer_id)) = deltas.peer_ids(row.peer) else { return };
    out.row(10);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.uuid(peer_id);
    out.position(row.position);
    out.int4(row.stat_type.into());
    out.optional(row.afi.map(i32::from), Stream::int4);
    out.optional(row.safi.map(i16::from), Stream::int2);
    out.numeric(row.value);
    out.router_time(row.router_time_us);
}

fn dead_letter(out: &mut Stream, deltas: &Deltas, row: &DeadLetter, router_id: &Id, ordinal: i32) {
    out.row(12);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.optional(row.peer.and_then(|peer| deltas.peer_ids(peer)), |out, (_, peer_id)| out.uuid(peer_id));
    out.position(row.position);
    out.int4(ordinal);
    out.optional(row.offset, Stream::count);
    out.text(&row.path);
    out.text(&row.reason);
    out.text(row.treatment);
    out.bool(row.suspect);
    out.bytes(&row.raw);
}
