//! Policy: routes that went or changed after it, and are as they were before it.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use ipnet::IpNet;
use rib::query::PrefixMatch;
use rib::view::RibView;
use rib::{Query, RouteChange};

use crate::config::Waits;
use crate::route::Changed;
use crate::said::{Cause, Evidence};
use crate::tables::Tables;
use crate::timers::Timer;
use crate::voice::{Judgement, Voice};
use crate::world::{Life, World};

/// So many changes are remembered; of a larger storm, which is no policy of one prefix, the rest is left out.
const MAX_CHANGES: usize = 20_000;
/// More than so many prefixes of a peer are one verdict on the peer.
const SEVERAL: usize = 4;
/// So many are asked the table for; the rest is taken to be like them.
const MAX_ASKED: usize = 1_000;

type Key = (u32, IpNet, Option<u32>);

#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// When a route changed before policy.
    before: HashMap<Key, i64>,
    /// When it changed after policy, and what is to be said of that.
    after: HashMap<Key, (i64, Evidence)>,
    waits: bool,
}

impl Policy {
    pub fn changed(&mut self, route: &Changed<'_>, world: &World, waits: &Waits, voice: &mut Voice) {
        if route.after_gap || !world.peer(route.peer).is_some_and(|peer| peer.has_post) {
            return;
        }
        let key = (route.peer, route.prefix, route.path_id);
        match route.view {
            RibView::AdjRibInPre if self.before.len() < MAX_CHANGES => {
                self.before.insert(key, voice.now);
            }
            RibView::AdjRibInPost
                if route.change != RouteChange::Announce && self.after.len() < MAX_CHANGES =>
            {
                // In most routers the view before policy is told first.
                if self.before.contains_key(&key) {
                    return;
                }
                let text = match route.change {
                    RouteChange::Withdraw => "is gone after policy",
                    _ => "changed after policy",
                };
                self.after.insert(key, (voice.now, route.evidence(world, text)));
            }
            _ => return,
        }
        if !std::mem::replace(&mut self.waits, true) {
            voice.after(waits.policy, Timer::Policy);
        }
    }

    pub fn look(&mut self, tables: &dyn Tables, world: &World, waits: &Waits, voice: &mut Voice) {
        let over = voice.now - waits.policy;
        let mut found: BTreeMap<u32, Vec<(IpNet, Evidence)>> = BTreeMap::new();
        let due: Vec<Key> =
            self.after.iter().filter(|(_, (at, _))| *at <= over).map(|(key, _)| *key).collect();
        for (asked, key) in due.into_iter().enumerate() {
            let Some((at, evidence)) = self.after.remove(&key) else { continue };
            let changed = self.before.get(&key).is_some_and(|before| (before - at).abs() <= waits.policy);
            let (peer, prefix, _) = key;
            let up = world.peer(peer).is_some_and(|peer| peer.life == Life::Up) && world.is_observed(peer);
            if !changed && up && (asked >= MAX_ASKED || has_before(tables, peer, prefix, world)) {
                found.entry(peer).or_default().push((prefix, evidence));
            }
        }
        // Twice the wait, for what is told the other way round.
        let old = voice.now - 2 * waits.policy;
        self.before.retain(|_, at| *at > old);
        self.waits = !(self.after.is_empty() && self.before.is_empty());
        if self.waits {
            voice.after(waits.policy, Timer::Policy);
        }
        for (peer, routes) in found {
            let prefixes: BTreeSet<IpNet> = routes.iter().map(|(prefix, _)| *prefix).collect();
            if prefixes.len() <= SEVERAL {
                for (prefix, evidence) in routes {
                    self.say(&prefix.to_string(), BTreeSet::from([prefix]), vec![evidence], voice);
                }
            } else {
                let evidence = routes.into_iter().map(|(_, evidence)| evidence).take(8).collect();
                self.say(world.subject(peer), prefixes, evidence, voice);
            }
        }
    }

    fn say(&self, subject: &str, prefixes: BTreeSet<IpNet>, evidence: Vec<Evidence>, voice: &mut Voice) {
        let text = "gone or changed after policy, unchanged before it";
        let mut judgement = Judgement::new(subject, Cause::PolicyChange, 0.9, text);
        judgement.evidence = evidence;
        judgement.prefixes = prefixes;
        voice.judge(judgement);
    }
}

/// Whether the peer's table before policy has the prefix.
fn has_before(tables: &dyn Tables, peer: u32, prefix: IpNet, world: &World) -> bool {
    let Some(id) = world.peer(peer).map(|peer| peer.id) else { return false };
    let router = world.router_of(peer).map(|router| router.id);
    let query = Query {
        router,
        peer: Some(id),
        view: Some(RibView::AdjRibInPre),
        prefix: PrefixMatch::Exact(prefix),
        ..Query::default()
    };
    let mut has = false;
    tables.each_route(&query, &mut |_| {
        has = true;
        false
    });
    has
}
