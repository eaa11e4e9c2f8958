//! A station that starts over a table that is full already: what it knew and said before is taken up, nothing is said twice.
//!
//! [`Insight::kept`] is what has to outlive a restart: open alerts, and what people marked. [`Insight::restore`] takes it back, and
//! [`Insight::adopt`] reads the table as if every route were announced, without a word of what is there. What then still holds goes on
//! as the same alert, what does not closes, and so does, after ten minutes, what nothing tells of any more.

use std::collections::BTreeSet;

use rib::view::RibView;
use rib::{Deltas, PeerState, RoutingTable};

use crate::facts::Sets;
use crate::insight::Insight;
use crate::kept::{Kept, KeptAlert};
use crate::said::Said;
use crate::tables::AT_A_TIME;
use crate::timers::Timer;

/// An alert of before of which nothing is heard for so long is over.
const FORGET_MS: i64 = 600_000;

impl Insight {
    /// What has to outlive a restart, as it is now.
    pub fn kept(&self, now_ms: i64) -> Kept {
        Kept { at_ms: now_ms, alerts: self.voice.alerts.kept(), marks: self.voice.alerts.marks() }
    }

    /// Takes up what was kept; to be called before anything else.
    pub fn restore(&mut self, kept: Kept, now_ms: i64) {
        self.voice.now = self.voice.now.max(now_ms);
        self.kept_ms = Some(kept.at_ms);
        kept.marks
            .iter()
            .for_each(|marked| self.voice.alerts.mark(&marked.rule, &marked.subject, marked.mark));
        for alert in kept.alerts {
            let Some(rule) = self.voice.alerts.restore(&alert, now_ms) else { continue };
            let KeptAlert { subject, prefixes, peers, text, .. } = alert;
            match rule {
                "peer_down" => self.downs.restore(subject, peers),
                "peer_flapping" => self.downs.restore_flapping(subject),
                "pod_route_lost" => {
                    if self.blocks.restore(&subject, prefixes) {
                        self.voice.alerts.claim(rule, &subject);
                    }
                }
                "default_route_lost" => self.defaults.restore(subject, text.starts_with("::")),
                "visibility_loss" => self.watched.restore(&subject, peers),
                "session_gap" | "route_flapping" | "mass_withdrawal" | "max_prefix_near" | "router_clock" => {
                }
                // The others are of routes that break a rule.
                _ => self.conditions.restore(rule, subject, prefixes),
            }
        }
        self.voice.after(FORGET_MS, Timer::Restored);
    }

    /// Reads a table that is full already. To be called before the first deltas of that table.
    pub fn adopt(&mut self, table: &RoutingTable, now_ms: i64) -> Vec<Said> {
        self.voice.now = self.voice.now.max(now_ms);
        self.voice.silent = true;
        let mut known = BTreeSet::new();
        table.each_held(AT_A_TIME, |deltas| self.adopt_deltas(deltas, &mut known));
        let Insight { world, defaults, voice, .. } = self;
        defaults.adopted(world, voice);
        voice.silent = false;
        std::mem::take(&mut voice.out)
    }

    fn adopt_deltas(&mut self, deltas: &Deltas, known: &mut BTreeSet<u32>) {
        let now_ms = self.voice.now;
        let (routers, peers) = self.world.absorb(deltas, now_ms);
        let number =
            |of: &[u32], index: u32| usize::try_from(index).ok().and_then(|index| of.get(index)).copied();
        for (row, router) in deltas.routers.iter().zip(&routers).filter(|(_, router)| known.insert(**router))
        {
            let Insight { world, observation, downs, volume, config, voice, kept_ms, .. } = self;
            observation.adopted(row, *router, *kept_ms, world, &config.waits, voice);
            for rib in deltas.ribs.iter().filter(|rib| rib.view == RibView::AdjRibInPost && rib.routes > 0) {
                if let Some(peer) = number(&peers, rib.peer).and_then(|peer| world.peer_mut(peer)) {
                    peer.has_post = true;
                }
            }
            for (row, peer) in deltas.peers.iter().zip(&peers) {
                match row.state {
                    PeerState::Down => {
                        let told = row.state_since_us / 1000 <= kept_ms.unwrap_or(i64::MAX);
                        downs.adopted_down(*peer, row, told, world, voice);
                    }
                    // Of a stale one is told when its router comes back, or does not.
                    PeerState::Up | PeerState::Stale | PeerState::Unknown => {
                        downs.adopted_up(*peer, config.flapping, world, voice);
                    }
                }
            }
            for rib in &deltas.ribs {
                if let Some(peer) = number(&peers, rib.peer) {
                    volume.table(peer, rib, rib::Position::default(), world, voice);
                }
            }
            // Links of a router that nobody hears are as they were last seen.
            observation.stale(*router, world, voice);
        }
        let mut sets = Sets::new(&deltas.attributes);
        for delta in &deltas.routes {
            let peer = deltas.rib(delta.rib).and_then(|rib| number(&peers, rib.peer));
            if let Some(peer) = peer {
                sets.read(delta.attributes);
                self.route(deltas, delta, peer, sets.get(delta.attributes), None, true);
            }
        }
    }
}
