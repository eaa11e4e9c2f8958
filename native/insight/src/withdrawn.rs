//! Prefixes that go from everywhere at a time while no session is down: their origin withdrew them.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use ipnet::IpNet;
use rib::query::PrefixMatch;
use rib::view::RibView;
use rib::Query;

use crate::config::Waits;
use crate::route::Changed;
use crate::said::{Cause, Evidence};
use crate::tables::Tables;
use crate::timers::Timer;
use crate::voice::{Judgement, Voice};
use crate::world::{Life, World};

/// So many that are not watched are looked at: each is a question to the table for every peer.
const MAX_PENDING: usize = 256;
/// A peer that went down so long before took routes with it.
const DOWN_MS: i64 = 60_000;

#[derive(Debug)]
struct Pending {
    peers: BTreeSet<u32>,
    evidence: Vec<Evidence>,
    last_ms: i64,
    watched: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Withdrawn(HashMap<IpNet, Pending>);

impl Withdrawn {
    pub fn withdrawn(
        &mut self,
        route: &Changed<'_>,
        watched: bool,
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        if route.after_gap || !route.counts(world) || route.prefix.prefix_len() == 0 {
            return;
        }
        if !watched && self.0.len() >= MAX_PENDING && !self.0.contains_key(&route.prefix) {
            return;
        }
        let pending = self.0.entry(route.prefix).or_insert_with(|| Pending {
            peers: BTreeSet::new(),
            evidence: Vec::new(),
            last_ms: voice.now,
            watched,
        });
        pending.last_ms = voice.now;
        if pending.peers.insert(route.peer) {
            pending.evidence.push(route.evidence(world, "withdrawn"));
        }
        voice.after(waits.withdrawn, Timer::Withdrawn(route.prefix));
    }

    pub fn announced(&mut self, prefix: &IpNet) {
        if !self.0.is_empty() {
            self.0.remove(prefix);
        }
    }

    pub fn look(
        &mut self,
        prefix: IpNet,
        tables: &dyn Tables,
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        if self.0.get(&prefix).is_none_or(|pending| pending.last_ms + waits.withdrawn > voice.now) {
            return;
        }
        let Some(pending) = self.0.remove(&prefix) else { return };
        // One peer that lost it says nothing of the others, unless it is ours to know.
        if pending.peers.len() < 2 && !pending.watched {
            return;
        }
        let down = |peer: &crate::world::Peer| {
            peer.life == Life::Down && peer.downs.back().is_some_and(|at| *at + DOWN_MS >= voice.now)
        };
        if world.peers.iter().any(down) {
            return;
        }
        let query = Query { prefix: PrefixMatch::Exact(prefix), ..Query::default() };
        let mut held = false;
        tables.each_route(&query, &mut |row| {
            held = matches!(row.view, RibView::AdjRibInPre | RibView::AdjRibInPost) && !row.stale;
            !held
        });
        if held {
            return;
        }
        let count = pending.peers.len();
        let text = match count {
            1 => "withdrawn by the only peer that had it; no session is down".to_string(),
            _ => format!("withdrawn by all {count} peers that had it; no session is down"),
        };
        let confidence = if count > 1 { 0.9 } else { 0.6 };
        let mut judgement = Judgement::new(&prefix.to_string(), Cause::OriginWithdrawn, confidence, text);
        judgement.evidence = pending.evidence;
        judgement.peers = pending.peers.iter().map(|peer| world.subject(*peer).to_string()).collect();
        voice.judge(judgement);
    }
}
