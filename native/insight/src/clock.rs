//! Clocks of routers, held against the station's.
//!
//! Routes of a dump and Peer Up carry the time when they came about, so that only what is sent because something happens now, statistics
//! and Peer Down, tells that a clock is behind. Anything may tell that it is ahead.

use std::collections::HashMap;

use rib::text::duration;
use rib::Deltas;

use crate::alerts::Raise;
use crate::config::Waits;
use crate::voice::Voice;
use crate::world::World;

/// What was seen within this time says what the clock is.
const WINDOW_MS: i64 = 120_000;

#[derive(Debug, Default)]
pub(crate) struct Clocks {
    /// How far ahead of ours the newest of its times was, and when that was seen.
    best: HashMap<u32, (i64, i64)>,
    off: HashMap<u32, bool>,
}

impl Clocks {
    pub fn look(
        &mut self,
        deltas: &Deltas,
        routers: &[u32],
        peers: &[u32],
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        let router_of = |peer: u32| {
            usize::try_from(peer).ok().and_then(|index| peers.get(index)).and_then(|peer| world.peer(*peer))
        };
        let skew = |router_us: i64, received_us: i64| (router_us - received_us) / 1000;
        let ends = [deltas.routes.first(), deltas.routes.last()];
        for route in ends.into_iter().flatten().filter(|route| route.router_time_us > 0 && !route.synthetic) {
            let peer = deltas.rib(route.rib).and_then(|rib| router_of(rib.peer));
            if let Some(peer) = peer {
                self.seen(
                    peer.router,
                    skew(route.router_time_us, route.received_at_us),
                    false,
                    world,
                    waits,
                    voice,
                );
            }
        }
        for event in deltas.events.iter().filter(|event| event.router_time_us > 0 && !event.synthetic) {
            let live = event.kind == rib::EventKind::PeerDown;
            let router = usize::try_from(event.router).ok().and_then(|index| routers.get(index));
            if let Some(router) = router {
                self.seen(
                    *router,
                    skew(event.router_time_us, event.received_at_us),
                    live,
                    world,
                    waits,
                    voice,
                );
            }
        }
        for statistic in deltas.statistics.iter().filter(|statistic| statistic.router_time_us > 0) {
            if let Some(peer) = router_of(statistic.peer) {
                let skew = skew(statistic.router_time_us, statistic.received_at_us);
                self.seen(peer.router, skew, true, world, waits, voice);
            }
        }
    }

    fn seen(
        &mut self,
        router: u32,
        skew_ms: i64,
        live: bool,
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        let best = self.best.entry(router).or_insert((skew_ms, voice.now));
        if skew_ms >= best.0 || best.1 + WINDOW_MS < voice.now {
            *best = (skew_ms, voice.now);
        }
        let skew = best.0;
        let off = skew > waits.clock || live && skew < -waits.clock;
        let was = self.off.get(&router).copied().unwrap_or(false);
        let name = world.router_name(router);
        if off {
            let how = if skew > 0 { "ahead" } else { "behind" };
            let text = format!("its clock is {} {how}", duration((skew.unsigned_abs() + 500) / 1000));
            if !was {
                voice.raise("router_clock", name, Raise { text, ..Raise::default() });
            }
            self.off.insert(router, true);
        } else if was && live {
            voice.clear("router_clock", name, "its clock is right");
            self.off.insert(router, false);
        }
    }
}
