//! [`Deltas`] as PostgreSQL reads them fastest: one binary COPY stream a stage table
//! (`priv/sql/store/stage`), written at once, without a driver in between.
//!
//! The columns of a stream are those of its stage table, in their order; the integration tests hold
//! the two together.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{json, Map, Value};

use crate::attributes::{AttributeSet, PathAttributes};
use crate::deltas::{
    DeadLetter, Deltas, End, EndKind, EndScope, Id, PeerEvent, PeerRow, Position, RibRow, RouteChange,
    RouteDelta, RouterRow, SessionRow, Statistic,
};
use crate::nlri;
use crate::view::RibView;

/// What a stream carries: the name of its stage table after `bmp_stage_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Routers,
    Sessions,
    Peers,
    Routes,
    Ends,
    Events,
    Statistics,
    DeadLetters,
}

impl Kind {
    /// In the order in which a commit stages them.
    pub const ALL: [Kind; 8] = [
        Kind::Routers,
        Kind::Sessions,
        Kind::Peers,
        Kind::Routes,
        Kind::Ends,
        Kind::Events,
        Kind::Statistics,
        Kind::DeadLetters,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Routers => "routers",
            Kind::Sessions => "sessions",
            Kind::Peers => "peers",
            Kind::Routes => "routes",
            Kind::Ends => "ends",
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

/// The rows of a kind as a whole COPY stream (header, rows, trailer); empty where there are none,
/// so that the caller can leave out the stage and its statements.
///
/// `commit` is what one transaction writes: the deltas of consecutive batches, in their order.
pub fn copy(commit: &[&Deltas], kind: Kind) -> Vec<u8> {
    let mut out = Stream::new();
    match kind {
        Kind::Routes => routes(&mut out, commit),
        Kind::DeadLetters => dead_letters(&mut out, commit),
        _ => commit.iter().for_each(|deltas| rows(&mut out, deltas, kind)),
    }
    out.finish()
}

fn rows(out: &mut Stream, deltas: &Deltas, kind: Kind) {
    match kind {
        Kind::Routers => deltas.routers.iter().for_each(|row| router(out, row)),
        Kind::Sessions => deltas.sessions.iter().for_each(|row| session(out, deltas, row)),
        Kind::Peers => deltas.peers.iter().for_each(|row| peer(out, deltas, row)),
        Kind::Ends => deltas.ends.iter().for_each(|row| end(out, deltas, row)),
        Kind::Events => deltas.events.iter().for_each(|row| event(out, deltas, row)),
        Kind::Statistics => deltas.statistics.iter().for_each(|row| statistic(out, deltas, row)),
        Kind::Routes | Kind::DeadLetters => {}
    }
}

impl Deltas {
    /// [`copy`] of these deltas alone.
    pub fn copy(&self, kind: Kind) -> Vec<u8> {
        copy(&[self], kind)
    }

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

/// Where a route's row stands among the other rows of its key in the same commit.
#[derive(Clone, Copy, Default)]
struct Place {
    superseded: bool,
    supersedes: bool,
    /// Withdrawn again what this commit already withdrew or ended.
    idle: bool,
}

type RouteKey<'a> = (i64, Option<u32>, &'a [u8]);

/// Where a commit first ends all routes of a router, or of a peer.
#[derive(Default)]
struct FirstEnds<'a>(HashMap<&'a Id, Position>);

impl<'a> FirstEnds<'a> {
    fn of(commit: &[&'a Deltas]) -> Self {
        let mut first = HashMap::new();
        for deltas in commit {
            for end in deltas.ends.iter().filter(|end| end.kind == EndKind::Ended) {
                let id = match end.scope {
                    EndScope::Peer(peer) => deltas.peer(peer).map(|peer| &peer.peer_id),
                    EndScope::Router(router) => deltas.router_id(router),
                };
                if let Some(id) = id {
                    let first = first.entry(id).or_insert(end.position);
                    *first = end.position.min(*first);
                }
            }
        }
        FirstEnds(first)
    }

    fn before(&self, (router_id, peer_id): (&Id, &Id), position: Position) -> bool {
        let ended = |id| self.0.get(id).is_some_and(|end| *end < position);
        !self.0.is_empty() && (ended(peer_id) || ended(router_id))
    }
}

fn places(commit: &[&Deltas]) -> Vec<Place> {
    let ends = FirstEnds::of(commit);
    let count = commit.iter().map(|deltas| deltas.routes.len()).sum();
    let mut places = vec![Place::default(); count];
    let mut last: HashMap<RouteKey<'_>, usize> = HashMap::with_capacity(count);
    let routes = commit.iter().flat_map(|deltas| deltas.routes.iter().map(move |route| (deltas, route)));
    for (index, (deltas, route)) in routes.enumerate() {
        let Some((rib, ids)) = deltas.rib(route.rib).and_then(|rib| Some((rib, deltas.peer_ids(rib.peer)?)))
        else {
            continue;
        };
        let key = (rib.rib_id, route.path_id, &*route.nlri);
        let ended = ends.before(ids, route.position);
        let withdrawn = route.change == RouteChange::Withdraw;
        let place = if withdrawn && route.unknown && (ended || last.contains_key(&key)) {
            Place { idle: true, ..Place::default() }
        } else {
            let before = last.insert(key, index);
            if let Some(before) = before.and_then(|before| places.get_mut(before)) {
                before.superseded = true;
            }
            Place { supersedes: before.is_some() || (ended && !withdrawn), ..Place::default() }
        };
        if let Some(slot) = places.get_mut(index) {
            *slot = place;
        }
    }
    places
}

fn routes(out: &mut Stream, commit: &[&Deltas]) {
    let mut places = places(commit).into_iter();
    let none = withdrawn_columns();
    for deltas in commit {
        // Routes share attribute sets: each set's columns are written once and copied.
        let mut sets: Vec<Option<Box<[u8]>>> = vec![None; deltas.attributes.len()];
        for (route, place) in deltas.routes.iter().zip(&mut places) {
            let Some(rib) = deltas.rib(route.rib).filter(|_| !place.idle) else { continue };
            let Some(ids) = deltas.peer_ids(rib.peer) else { continue };
            route_key(out, ids, rib, route, place);
            let slot = route.attributes.and_then(|set| sets.get_mut(usize::try_from(set).ok()?));
            match (slot, deltas.attributes_of(route)) {
                (Some(slot), Some(set)) => out.raw(slot.get_or_insert_with(|| attribute_columns(set))),
                _ => out.raw(&none),
            }
        }
    }
}

/// The columns of `bmp_stage_routes` before `next_hop_octets`.
fn route_key(
    out: &mut Stream,
    (router_id, peer_id): (&Id, &Id),
    rib: &RibRow,
    route: &RouteDelta,
    place: Place,
) {
    let prefix = nlri::prefix(rib.afi, rib.safi, &route.nlri);
    out.row(29);
    out.position(route.position);
    out.time(route.received_at_us);
    out.router_time(route.router_time_us);
    out.text(route.change.as_str());
    out.bool(route.synthetic);
    out.bool(place.superseded);
    out.bool(place.supersedes);
    out.uuid(router_id);
    out.uuid(peer_id);
    out.text(rib.view.as_str());
    out.int4(rib.afi.into());
    out.int2(rib.safi.into());
    out.bytes(&route.nlri);
    out.int8(route.path_id.map_or(-1, i64::from));
    out.optional(prefix, Stream::cidr);
    let text = prefix.is_none().then(|| nlri::text(rib.afi, rib.safi, &route.nlri));
    out.optional(text, |out, text| out.text(&text));
}

/// The last twelve columns of `bmp_stage_routes`, from `next_hop_octets` on.
fn attribute_columns(set: &AttributeSet) -> Box<[u8]> {
    let typed = set.typed();
    let mut out = Stream(Vec::with_capacity(256));
    out.bytes(set.next_hop());
    out.bytes(set.canonical());
    out.optional(typed.next_hop, Stream::inet);
    out.optional(typed.origin, Stream::text);
    out.int8_array(&typed.as_path);
    out.text(&typed.as_path_text);
    out.optional(typed.med.map(i64::from), Stream::int8);
    out.optional(typed.local_pref.map(i64::from), Stream::int8);
    out.optional(some(&typed.communities), Stream::int8_array);
    out.optional(some(&typed.large_communities), Stream::text_array);
    out.optional(some(&typed.extended_communities), Stream::text_array);
    out.optional(other_attributes(typed), |out, value| out.jsonb(&value));
    out.0.into_boxed_slice()
}

fn withdrawn_columns() -> Box<[u8]> {
    let mut out = Stream(Vec::new());
    out.bytes(&[]);
    out.bytes(&[]);
    for _ in 0..10 {
        out.null();
    }
    out.0.into_boxed_slice()
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
    if let Some(asn) = typed.only_to_customer {
        put("only_to_customer", json!(asn));
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
    out.row(17);
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
}

fn statistic(out: &mut Stream, deltas: &Deltas, row: &Statistic) {
    let Some((router_id, peer_id)) = deltas.peer_ids(row.peer) else { return };
    out.row(10);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.uuid(peer_id);
    out.position(row.position);
    out.int4(row.stat_type.into());
    out.int4(row.afi.unwrap_or(0).into());
    out.int2(row.safi.unwrap_or(0).into());
    out.numeric(row.value);
    out.router_time(row.router_time_us);
}

fn dead_letters(out: &mut Stream, commit: &[&Deltas]) {
    let (mut before, mut ordinal) = (None, 0);
    let rows = commit.iter().flat_map(|deltas| deltas.dead_letters.iter().map(move |row| (deltas, row)));
    for (deltas, row) in rows {
        let Some(router_id) = deltas.router_id(row.router) else { continue };
        let here = Some((router_id, row.position));
        ordinal = if before == here { ordinal + 1 } else { 0 };
        before = here;
        dead_letter(out, deltas, row, router_id, ordinal);
    }
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

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;
const INT8: u32 = 20;
const TEXT: u32 = 25;

/// Writer of PostgreSQL's binary COPY format: every field is a four-octet length and the type's
/// own binary form, -1 for null.
struct Stream(Vec<u8>);

impl Stream {
    const HEADER: &'static [u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

    fn new() -> Self {
        Stream(Self::HEADER.to_vec())
    }

    fn finish(mut self) -> Vec<u8> {
        if self.0.len() == Self::HEADER.len() {
            return Vec::new();
        }
        self.raw(&(-1_i16).to_be_bytes());
        self.0
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn row(&mut self, fields: i16) {
        self.raw(&fields.to_be_bytes());
    }

    fn null(&mut self) {
        self.raw(&(-1_i32).to_be_bytes());
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    /// PostgreSQL has no field above 1 GiB and BMP messages are bounded far below.
    fn length(&mut self, length: usize) {
        self.raw(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.raw(value);
    }

    /// Text has no zero octet in PostgreSQL; a name of a router may. It becomes U+FFFD.
    fn text(&mut self, value: &str) {
        if value.contains('\0') {
            self.bytes(value.replace('\0', "\u{fffd}").as_bytes());
        } else {
            self.bytes(value.as_bytes());
        }
    }

    fn uuid(&mut self, value: &Id) {
        self.bytes(value);
    }

    fn bool(&mut self, value: bool) {
        self.bytes(&[value.into()]);
    }

    fn int2(&mut self, value: i16) {
        self.bytes(&value.to_be_bytes());
    }

    fn int4(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    fn int8(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Generations, sequences and counts: they stay far below 2^63.
    fn count(&mut self, value: u64) {
        self.int8(i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn position(&mut self, position: Position) {
        self.count(position.generation);
        self.count(position.sequence);
    }

    fn time(&mut self, unix_us: i64) {
        self.int8(unix_us.saturating_sub(POSTGRES_EPOCH_US));
    }

    /// A router's own clock; 0 says that it has none.
    fn router_time(&mut self, unix_us: i64) {
        self.optional((unix_us != 0).then_some(unix_us), Stream::time);
    }

    fn inet(&mut self, address: IpAddr) {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        self.network(address, bits, false);
    }

    fn cidr(&mut self, (address, bits): (IpAddr, u8)) {
        self.network(address, bits, true);
    }

    fn network(&mut self, address: IpAddr, bits: u8, cidr: bool) {
        const V4: u8 = 2;
        const V6: u8 = 3;
        match address {
            IpAddr::V4(address) => {
                self.length(8);
                self.raw(&[V4, bits, cidr.into(), 4]);
                self.raw(&address.octets());
            }
            IpAddr::V6(address) => {
                self.length(20);
                self.raw(&[V6, bits, cidr.into(), 16]);
                self.raw(&address.octets());
            }
        }
    }

    /// An integer of `numeric`: its digits to the base 10000.
    fn numeric(&mut self, value: u64) {
        let mut digits = Vec::with_capacity(5);
        let mut rest = value;
        while rest > 0 {
            digits.push(u16::try_from(rest % 10_000).unwrap_or(0));
            rest /= 10_000;
        }
        let count = u16::try_from(digits.len()).unwrap_or(0);
        self.length(8 + 2 * digits.len());
        self.raw(&count.to_be_bytes());
        self.raw(&count.saturating_sub(1).to_be_bytes()); // weight of the first digit
        self.raw(&[0; 4]); // positive; no digits after the point
        for digit in digits.iter().rev() {
            self.raw(&digit.to_be_bytes());
        }
    }

    fn int8_array(&mut self, items: &[u32]) {
        self.array(items, INT8, |out, item| out.int8(i64::from(*item)));
    }

    fn text_array(&mut self, items: &[String]) {
        self.array(items, TEXT, |out, item| out.text(item));
    }

    fn array<T>(&mut self, items: &[T], element: u32, write: impl Fn(&mut Self, &T)) {
        let start = self.0.len();
        self.length(0);
        let dimensions: u32 = if items.is_empty() { 0 } else { 1 };
        self.raw(&dimensions.to_be_bytes());
        self.raw(&0_u32.to_be_bytes()); // no nulls
        self.raw(&element.to_be_bytes());
        if !items.is_empty() {
            self.length(items.len());
            self.raw(&1_u32.to_be_bytes()); // lower bound
            items.iter().for_each(|item| write(self, item));
        }
        let length = i32::try_from(self.0.len() - start - 4).unwrap_or(i32::MAX).to_be_bytes();
        if let Some(place) = self.0.get_mut(start..start + 4) {
            place.copy_from_slice(&length);
        }
    }

    fn jsonb(&mut self, value: &Value) {
        const VERSION: u8 = 1;
        let text = value.to_string();
        self.length(text.len() + 1);
        self.raw(&[VERSION]);
        self.raw(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn field(write: impl FnOnce(&mut Stream)) -> Vec<u8> {
        let mut out = Stream(Vec::new());
        write(&mut out);
        out.0
    }

    #[test]
    fn nothing_to_write_is_no_stream() {
        let deltas = Deltas::default();
        assert!(Kind::ALL.into_iter().all(|kind| deltas.copy(kind).is_empty()));
    }

    #[test]
    fn fields_have_the_forms_of_postgres() {
        assert_eq!(field(|out| out.int8(-1)), [0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(
            field(|out| out.cidr((IpAddr::V4(Ipv4Addr::new(192, 0, 2, 0)), 24))),
            [0, 0, 0, 8, 2, 24, 1, 4, 192, 0, 2, 0]
        );
        assert_eq!(field(|out| out.numeric(0)), [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        // 1_8446_7440_7370_9551_615 to the base 10000.
        assert_eq!(field(|out| out.numeric(u64::MAX))[4..8], [0, 5, 0, 4]);
        assert_eq!(field(|out| out.text("a\0b")), "\0\0\0\u{5}a\u{fffd}b".as_bytes());
    }
}
