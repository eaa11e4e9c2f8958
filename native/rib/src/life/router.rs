//! How a router comes, goes, and comes back.

use crate::deltas::{End, EndKind, EndScope, EventKind, PeerState, Position, RouterState, SessionRow};
use crate::recorder::{Moment, Recorder};
use crate::router::Router;
use crate::text::duration;
use crate::work::Work;

/// Above this many remembered generations, those without a route are forgotten.
const MAX_GENERATIONS: usize = 1024;
/// Sweeps that may be pending for a router; past it the two oldest become one, at the later time.
const MAX_SWEEPS: usize = 64;

impl Router {
    /// A session begins to feed the table: what is held is stale until it is said again.
    pub fn begin(&mut self, work: &mut Work<'_>, moment: Moment, starts: bool) {
        let before = self.last.generation;
        let generation = moment.position.generation;
        if self.row.state == RouterState::Connected && before > 0 {
            // Its end was never told, and its session is not known: it is from before the table was loaded.
            let last = SessionRow { ended_us: None, ..self.unknown_session() };
            self.lost(work, &last, "replaced by a later session", 0);
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
            rib.said = 0;
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
            self.sweeps.push_back((before, work.now.saturating_add(work.limits.eor_timeout_us)));
        }
        if let (Some(ended_us), true) = (self.row.session_ended_us, starts) {
            let blind_s = moment.received_at_us.saturating_sub(ended_us).max(0).unsigned_abs() / 1_000_000;
            let why = self.row.end_reason.as_deref().unwrap_or("unknown");
            let text = format!("nothing was heard of the router for {}: {why}", duration(blind_s));
            self.told(&mut work.out, EventKind::Gap, moment, text);
            if let Some(event) = work.out.deltas.events.last_mut() {
                event.since_us = Some(ended_us);
            }
        }
        self.row.state = RouterState::Connected;
        self.row.session_started_us = moment.received_at_us;
        self.row.session_ended_us = None;
        self.row.end_reason = None;
        self.row.position = moment.position;
        work.out.changed_router(&self.row);
    }

    /// All that it holds was said in this session: the rest was withdrawn.
    pub fn verify(&mut self, out: &mut Recorder) {
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
    pub fn lost(&mut self, work: &mut Work<'_>, session: &SessionRow, reason: &str, hold_time_us: i64) {
        // After everything that the session said, and nothing more will be applied of it.
        let position =
            Position { generation: session.generation, sequence: session.sequence.saturating_add(1) };
        self.last = self.last.max(position);
        let moment = Moment { position, router_time_us: 0, received_at_us: session.heard_us };
        if self.row.state == RouterState::Connected {
            let ends_at = work.now.saturating_add(hold_time_us);
            self.disconnect(&mut work.out, moment, reason.into(), ends_at);
        }
        self.told(&mut work.out, EventKind::SessionEnd, moment, reason.into());
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
