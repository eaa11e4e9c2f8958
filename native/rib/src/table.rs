//! The routing table: routers, their peers, and every view's routes.

use std::collections::{BTreeMap, VecDeque};

use batch::proto;
use batch::proto::Message;
use bytes::Bytes;
use thiserror::Error;

use crate::deltas::{
    Deltas, End, EndKind, EndScope, EventKind, Id, PeerRow, PeerState, Position, RouteChange, RouteDelta,
    RouterRow, RouterState, SessionRow,
};
use crate::flaps::Flaps;
use crate::intern::Interner;
use crate::recorder::Recorder;
use crate::routes::Routes;
use crate::sessions::{Clock, Session};
use crate::view::RibView;

/// What a table may hold and how long it waits.
#[derive(Clone, Debug)]
pub struct Limits {
    pub max_routers: usize,
    pub max_peers_per_router: usize,
    /// Over all routers; announcements past it are refused, counted, and told once a batch as a
    /// dead letter.
    pub max_routes: usize,
    /// A router that came back and sent no End-of-RIB for a family by then has its routes of older
    /// sessions withdrawn.
    pub eor_timeout_us: i64,
    /// Routes of a lost session stay this long for its router to come back; 0: they end at once.
    pub hold_time_us: i64,
    /// Withdrawals that one `expire` may make; the rest is left to the next.
    pub max_expired: usize,
    /// A session whose router is quiet is heard this often ([`proto::Alive`]). One that is not heard for
    /// three times as long, and a half, is lost; 0: none is lost by silence.
    pub heartbeat_us: i64,
    /// When `expire` was not called for longer than this, the time since does not count as waiting.
    pub max_step_us: i64,
}

impl Limits {
    /// So long a time without a word means that a session is lost.
    pub(crate) fn is_silence(&self, time_us: i64) -> bool {
        self.heartbeat_us > 0 && time_us > self.silence_us()
    }

    /// After so much silence a session is lost.
    pub(crate) fn silence_us(&self) -> i64 {
        self.heartbeat_us.saturating_mul(7) / 2
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_routers: 10_000,
            max_peers_per_router: 10_000,
            max_routes: 50_000_000,
            eor_timeout_us: 300_000_000,
            hold_time_us: 300_000_000,
            max_expired: 100_000,
            heartbeat_us: 10_000_000,
            max_step_us: 5_000_000,
        }
    }
}

/// Why a batch was refused as a whole; nothing of it was applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    #[error("not a batch: {0}")]
    Protobuf(#[from] proto::DecodeError),
    #[error("not a batch: {0}")]
    Malformed(&'static str),
    #[error("not a table dump: {0}")]
    Dump(&'static str),
    #[error("limit of {0} routers reached")]
    Routers(usize),
}

/// Routes of many routers, by router, peer, view and family.
#[derive(Default)]
pub struct RoutingTable {
    pub(crate) limits: Limits,
    pub(crate) routers: BTreeMap<Id, Router>,
    pub(crate) sets: Interner,
    pub(crate) routes: usize,
    pub(crate) clock: Clock,
    pub(crate) flaps: Flaps,
}

impl std::fmt::Debug for RoutingTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoutingTable").field("size", &self.size()).finish_non_exhaustive()
    }
}

pub(crate) struct Router {
    pub row: RouterRow,
    /// Of the newest session that it ever had.
    pub generation: u64,
    pub sessions: BTreeMap<Id, Session>,
    /// The session whose events are applied; what comes of others is left out.
    pub feeding: Option<Id>,
    /// Newest position applied.
    pub last: Position,
    pub generations: Generations,
    /// Index of the feeding session in `generations`.
    pub current: u32,
    /// When routes last seen in sessions up to a generation are swept for want of End-of-RIB, on the table's clock.
    pub sweeps: VecDeque<(u64, i64)>,
    /// When the routes of a router that is gone end, on the table's clock.
    pub ends_at: Option<i64>,
    pub peers: BTreeMap<Id, Peer>,
    /// It comes from a store, and nothing was applied since.
    pub loaded: bool,
    /// When that was, on the table's clock.
    pub loaded_at: i64,
}

pub(crate) struct Peer {
    pub row: PeerRow,
    /// Session in which `row.state` was last heard from the router.
    pub seen: u32,
    pub ribs: BTreeMap<RibKey, Rib>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RibKey {
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
}

pub(crate) struct Rib {
    pub routes: Routes,
    pub last_change_us: i64,
    /// RFC 9069, F flag.
    pub filtered: bool,
    /// Whether NLRI have path identifiers was not negotiated but seen.
    pub add_path_inferred: bool,
    /// The newest generation in which routes were read in the wrong way and could not all be read again, so that some are
    /// missing.
    pub incomplete: Option<u64>,
    /// The newest generation in which everything that it holds is known to be the router's own.
    pub verified: Option<u64>,
    /// The newest generation in which its End-of-RIB was seen.
    pub end_of_rib: Option<u64>,
    /// What a sweep that is not done yet has withdrawn.
    pub sweeping: u64,
}

impl Rib {
    /// An empty one that begins in a generation: all that comes into it is said in that one.
    pub fn new(key: RibKey, generation: u64) -> Self {
        Rib {
            routes: Routes::new(key.afi, key.safi),
            last_change_us: 0,
            filtered: false,
            add_path_inferred: false,
            incomplete: None,
            verified: Some(generation),
            end_of_rib: None,
            sweeping: 0,
        }
    }
}

/// Session generations by a small index, so that a route needs four octets for one.
#[derive(Default)]
pub(crate) struct Generations(Vec<u64>);

impl Generations {
    pub fn index(&mut self, generation: u64) -> u32 {
        let place = self.0.iter().rposition(|known| *known == generation).unwrap_or_else(|| {
            self.0.push(generation);
            self.0.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    pub fn get(&self, index: u32) -> u64 {
        usize::try_from(index).ok().and_then(|index| self.0.get(index)).copied().unwrap_or(0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Above this many remembered generations, those without a route are forgotten.
const MAX_GENERATIONS: usize = 1024;
/// Sweeps that may be pending for a router; past it the two oldest become one, at the later time.
const MAX_SWEEPS: usize = 64;

/// When and where an event stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub position: Position,
    pub router_time_us: i64,
    pub received_at_us: i64,
}

impl RoutingTable {
    pub fn new(limits: Limits) -> Self {
        RoutingTable { limits, ..Self::default() }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Applies one encoded [`proto::Batch`].
    ///
    /// # Errors
    /// When `payload` is not a batch, or its router is over the limit. Nothing is applied then.
    pub fn apply(&mut self, payload: &[u8]) -> Result<Deltas, ApplyError> {
        self.apply_batch(&proto::Batch::decode(Bytes::copy_from_slice(payload))?)
    }

    /// Applies one batch.
    ///
    /// # Errors
    /// As [`RoutingTable::apply`].
    pub fn apply_batch(&mut self, batch: &proto::Batch) -> Result<Deltas, ApplyError> {
        crate::apply::apply(self, batch)
    }

    /// Ends what has waited long enough: sessions that are not heard any more, routes of lost sessions after
    /// the hold time, and routes that a router which came back never announced again. To be called every
    /// second, and at once again while [`Deltas::more`] is set.
    ///
    /// `now_us` is what the rows say, `monotonic_us` is a clock that is never set: only it decides.
    /// `caught_up` tells that everything sent so far was applied; while it was not, deadlines wait.
    pub fn expire(&mut self, now_us: i64, monotonic_us: i64, caught_up: bool) -> Deltas {
        let mut out = Recorder::default();
        let mut left = self.limits.max_expired;
        self.clock.advance(monotonic_us, caught_up, self.limits.max_step_us);
        let now = self.clock.now_us;
        self.flaps.tidy(now);
        for router in self.routers.values_mut() {
            if left == 0 {
                out.deltas.more = true;
                break;
            }
            router.check_loaded(&mut out, now);
            if !caught_up {
                continue;
            }
            router.watch(&mut out, &self.limits, now);
            let moment = Moment { position: router.last, router_time_us: 0, received_at_us: now_us };
            if router.ends_at.is_some_and(|at| at <= now) {
                router.ends_at = None;
                end_router(router, &mut self.sets, &mut self.routes, &mut out, moment);
            }
            // Those that are due at a time are one sweep: of a RIB one position tells one.
            let due = router.sweeps.iter().filter(|sweep| sweep.1 <= now).map(|sweep| sweep.0).max();
            if let Some(generation) = due {
                if !sweep(router, generation, &mut self.sets, &mut self.routes, &mut out, moment, &mut left) {
                    out.deltas.more = true;
                    break;
                }
                router.sweeps.retain(|sweep| sweep.1 > now);
                if router.sweeps.is_empty() {
                    router.verify(&mut out);
                }
            }
        }
        out.finish(|id| self.routers.get(id))
    }

    /// Routers, peers, routes, attribute sets and their octets that are held.
    pub fn size(&self) -> Size {
        let (attribute_sets, attribute_octets) = self.sets.size();
        Size {
            routers: self.routers.len(),
            peers: self.routers.values().map(|router| router.peers.len()).sum(),
            routes: self.routes,
            attribute_sets,
            attribute_octets,
        }
    }
}

/// See [`RoutingTable::size`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Size {
    pub routers: usize,
    pub peers: usize,
    pub routes: usize,
    pub attribute_sets: usize,
    pub attribute_octets: usize,
}

impl Router {
    /// A session begins to feed the table: what is held is stale until it is said again.
    pub fn begin(&mut self, out: &mut Recorder, moment: Moment, starts: bool, limits: &Limits, now: i64) {
        let before = self.last.generation;
        let generation = moment.position.generation;
        if self.row.state == RouterState::Connected && before > 0 {
            // Its end was never told, and its session is not known: it is from before the table was loaded.
            let last = SessionRow { ended_us: None, ..self.unknown_session() };
            self.lost(out, &last, "replaced by a later session", 0, now);
        }
        if self.generations.len() >= MAX_GENERATIONS {
            self.forget_generations();
        }
        self.current = self.generations.index(generation);
        self.last = Position { generation, sequence: moment.position.sequence.saturating_sub(1) };
        self.ends_at = None;
        self.loaded = false;
        let mut holds = false;
        for rib in self.peers.values_mut().flat_map(|peer| peer.ribs.values_mut()) {
            match rib.routes.len() {
                // All that comes into it is said in this session.
                0 => rib.verified = Some(generation),
                _ => holds = true,
            }
        }
        if holds && starts {
            if self.sweeps.len() >= MAX_SWEEPS {
                self.sweeps.pop_front();
            }
            self.sweeps.push_back((before, now.saturating_add(limits.eor_timeout_us)));
        }
        if let (Some(ended_us), true) = (self.row.session_ended_us, starts) {
            let blind_s = moment.received_at_us.saturating_sub(ended_us).max(0) / 1_000_000;
            let why = self.row.end_reason.as_deref().unwrap_or("unknown");
            let text = format!("nothing was heard of the router for {blind_s} s: {why}");
            self.told(out, EventKind::Gap, moment, text);
            if let Some(event) = out.deltas.events.last_mut() {
                event.since_us = Some(ended_us);
            }
        }
        self.row.state = RouterState::Connected;
        self.row.session_started_us = moment.received_at_us;
        self.row.session_ended_us = None;
        self.row.end_reason = None;
        self.row.position = moment.position;
        out.changed_router(&self.row);
    }

    /// All that it holds was said in this session: the rest was withdrawn.
    fn verify(&mut self, out: &mut Recorder) {
        let generation = self.generations.get(self.current);
        for peer in self.peers.values_mut() {
            for (key, rib) in &mut peer.ribs {
                if rib.verified != Some(generation) && rib.incomplete != Some(generation) {
                    rib.verified = Some(generation);
                    out.changed_rib(&self.row, &peer.row, *key);
                }
            }
        }
    }

    fn forget_generations(&mut self) {
        let old = std::mem::take(&mut self.generations);
        let generations = &mut self.generations;
        let mut again = |index: u32| generations.index(old.get(index));
        self.current = again(self.current);
        for peer in self.peers.values_mut() {
            peer.seen = again(peer.seen);
            for rib in peer.ribs.values_mut() {
                for route in rib.routes.values_mut() {
                    route.seen = again(route.seen);
                    route.changed = again(route.changed);
                }
            }
        }
    }

    /// Its session ended without anybody telling so: at the time when it was last heard.
    pub fn lost(
        &mut self,
        out: &mut Recorder,
        session: &SessionRow,
        reason: &str,
        hold_time_us: i64,
        now: i64,
    ) {
        // After everything that the session said, and nothing more will be applied of it.
        let position =
            Position { generation: session.generation, sequence: session.sequence.saturating_add(1) };
        self.last = self.last.max(position);
        let moment = Moment { position, router_time_us: 0, received_at_us: session.heard_us };
        if self.row.state == RouterState::Connected {
            self.disconnect(out, moment, reason.into(), now.saturating_add(hold_time_us));
        }
        self.told(out, EventKind::SessionEnd, moment, reason.into());
    }

    /// Its session is over: peers are stale, routes wait for the hold time.
    pub fn disconnect(&mut self, out: &mut Recorder, moment: Moment, reason: String, ends_at: i64) {
        self.row.state = RouterState::Disconnected;
        self.row.position = moment.position;
        self.row.session_ended_us = Some(moment.received_at_us);
        self.row.end_reason = Some(reason);
        self.ends_at = Some(ends_at);
        let index = out.changed_router(&self.row);
        out.deltas.ends.push(End {
            scope: EndScope::Router(index),
            kind: EndKind::Stale,
            position: moment.position,
            router_time_us: moment.router_time_us,
            received_at_us: moment.received_at_us,
            synthetic: false,
            routes: 0,
        });
        for peer in self.peers.values_mut() {
            if peer.row.state != PeerState::Down {
                peer.row.state = PeerState::Stale;
                peer.row.state_since_us = moment.received_at_us;
                peer.row.position = moment.position;
            }
        }
    }
}

/// Drops all routes of a peer; returns how many.
fn drop_routes(
    router: &RouterRow,
    peer: &mut Peer,
    sets: &mut Interner,
    total: &mut usize,
    out: &mut Recorder,
    moment: Moment,
) -> u64 {
    let keys: Vec<RibKey> = peer.ribs.keys().copied().collect();
    out.emptied_ribs(router, &peer.row, &keys, moment);
    let mut dropped = 0;
    for rib in peer.ribs.values() {
        for route in rib.routes.values() {
            sets.release(route.attributes);
            dropped += 1;
        }
    }
    peer.ribs.clear();
    *total = total.saturating_sub(dropped);
    dropped as u64
}

/// Ends a whole router that did not come back.
pub(crate) fn end_router(
    router: &mut Router,
    sets: &mut Interner,
    total: &mut usize,
    out: &mut Recorder,
    moment: Moment,
) {
    let mut routes = 0;
    for peer in router.peers.values_mut() {
        routes += drop_routes(&router.row, peer, sets, total, out, moment);
        if peer.row.state != PeerState::Down {
            peer.row.state = PeerState::Down;
            peer.row.state_since_us = moment.received_at_us;
            peer.row.position = moment.position;
            peer.row.down_reason = Some("the router did not come back within the hold time".into());
            out.changed_peer(&router.row, &peer.row);
        }
    }
    router.sweeps.clear();
    let index = out.router(&router.row);
    out.ended_router(index);
    out.deltas.ends.push(End {
        scope: EndScope::Router(index),
        kind: EndKind::Ended,
        position: moment.position,
        router_time_us: 0,
        received_at_us: moment.received_at_us,
        synthetic: true,
        routes,
    });
    let event = out.event(EventKind::Expired, index, None, moment);
    event.routes = Some(routes);
    event.synthetic = true;
}

/// Ends all routes of a peer.
pub(crate) fn end_peer(
    router: &RouterRow,
    peer: &mut Peer,
    sets: &mut Interner,
    total: &mut usize,
    out: &mut Recorder,
    moment: Moment,
    synthetic: bool,
) -> u64 {
    let routes = drop_routes(router, peer, sets, total, out, moment);
    let index = out.peer(router, &peer.row);
    out.ended_peer(index);
    out.deltas.ends.push(End {
        scope: EndScope::Peer(index),
        kind: EndKind::Ended,
        position: moment.position,
        router_time_us: moment.router_time_us,
        received_at_us: moment.received_at_us,
        synthetic,
        routes,
    });
    routes
}

/// Withdraws what was last seen in a session up to `generation`; false when `left` ran out before all
/// was done.
fn sweep(
    router: &mut Router,
    generation: u64,
    sets: &mut Interner,
    total: &mut usize,
    out: &mut Recorder,
    moment: Moment,
    left: &mut usize,
) -> bool {
    let Router { row, generations, peers, current, .. } = router;
    for peer in peers.values_mut() {
        let stale = |seen: u32| seen != *current && generations.get(seen) <= generation;
        let (mut old, mut all) = (0_u64, 0_u64);
        for route in peer.ribs.values().flat_map(|rib| rib.routes.values()) {
            all += 1;
            old += u64::from(stale(route.seen));
        }
        // A peer that did not come back at all ends in one statement.
        let gone = generations.get(peer.seen) <= generation && peer.seen != *current;
        if all == old && (gone || old > 0) {
            if gone && peer.row.state != PeerState::Down {
                peer.row.state = PeerState::Down;
                peer.row.state_since_us = moment.received_at_us;
                peer.row.position = moment.position;
                peer.row.down_reason = Some("not seen again after its router came back".into());
                out.changed_peer(row, &peer.row);
            }
            if old > 0 {
                let ended = end_peer(row, peer, sets, total, out, moment, true);
                swept_event(row, peer, None, out, moment, ended);
            }
            continue;
        }
        if old == 0 {
            continue;
        }
        // Of a RIB that could not all be read again nobody knows what was not said.
        let now = generations.get(*current);
        let known = peer.ribs.iter().filter(|(_, rib)| rib.incomplete != Some(now));
        let keys: Vec<RibKey> = known.map(|(key, _)| *key).collect();
        for key in keys {
            let done = sweep_rib(row, peer, key, sets, total, out, moment, left, &stale);
            let Some(swept) = done else { return false };
            if swept > 0 {
                swept_event(row, peer, Some(key), out, moment, swept);
            }
        }
    }
    true
}

fn swept_event(
    router: &RouterRow,
    peer: &Peer,
    rib: Option<RibKey>,
    out: &mut Recorder,
    moment: Moment,
    routes: u64,
) {
    let index = out.router(router);
    let peer = out.peer(router, &peer.row);
    let event = out.event(EventKind::Swept, index, Some(peer), moment);
    event.routes = Some(routes);
    event.synthetic = true;
    if let Some(rib) = rib {
        event.view = Some(rib.view);
        event.afi = Some(rib.afi);
        event.safi = Some(rib.safi);
    }
}

/// Withdraws the stale routes of one view and family, at most `left`; returns how many there were, none where
/// there are more.
#[allow(clippy::too_many_arguments)]
pub(crate) fn sweep_rib(
    router: &RouterRow,
    peer: &mut Peer,
    key: RibKey,
    sets: &mut Interner,
    total: &mut usize,
    out: &mut Recorder,
    moment: Moment,
    left: &mut usize,
    stale: &dyn Fn(u32) -> bool,
) -> Option<u64> {
    let Some(rib) = peer.ribs.get_mut(&key) else { return Some(0) };
    let mut swept = 0;
    let mut more = false;
    let mut index = None;
    rib.routes.retain(&mut |wire, route| {
        if !stale(route.seen) {
            return true;
        }
        if *left == 0 {
            more = true;
            return true;
        }
        *left -= 1;
        swept += 1;
        let before = out.before(sets.bytes(route.attributes));
        sets.release(route.attributes);
        let wire = wire();
        let rib = *index.get_or_insert_with(|| out.changed_rib(router, &peer.row, key));
        out.deltas.routes.push(RouteDelta {
            change: RouteChange::Withdraw,
            rib,
            nlri: wire.nlri,
            path_id: wire.path_id,
            attributes: None,
            before,
            position: moment.position,
            router_time_us: moment.router_time_us,
            received_at_us: moment.received_at_us,
            synthetic: true,
            unknown: false,
            ended: false,
            after_gap: true,
        });
        false
    });
    if swept > 0 {
        rib.last_change_us = moment.received_at_us;
        *total = total.saturating_sub(usize::try_from(swept).unwrap_or(usize::MAX));
    }
    // An end in several steps is one event: rows of the same position would be taken for the same.
    rib.sweeping += swept;
    (!more).then(|| std::mem::take(&mut rib.sweeping))
}
