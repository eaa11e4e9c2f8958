//! Routes that come and go again and again.
//!
//! Every withdrawal counts two, another path one (another community or metric none); routes are counted by the hash of their key
//! in two halves, of which the older is dropped, so that what is remembered has a bound.

use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use ipnet::IpNet;
use rib::text::duration;
use rib::RouteChange;

use crate::alerts::Raise;
use crate::config::Flapping;
use crate::route::Changed;
use crate::said::Cause;
use crate::timers::Timer;
use crate::voice::{Judgement, Voice};
use crate::world::World;

const MAX_COUNTED: usize = 100_000;
/// More flapping prefixes of a peer are one alert on the peer.
const SEVERAL: usize = 10;

#[derive(Clone, Copy, Debug)]
struct Count {
    points: usize,
    first_ms: i64,
}

#[derive(Debug, Default)]
pub(crate) struct RouteFlaps {
    hasher: DefaultHashBuilder,
    young: hashbrown::HashMap<u64, Count>,
    old: hashbrown::HashMap<u64, Count>,
    turned_ms: i64,
    /// When a flapping prefix last changed, its alert's subject, and the peer.
    flapping: HashMap<IpNet, (i64, String, u32)>,
    alerts: HashMap<String, BTreeSet<IpNet>>,
}

impl RouteFlaps {
    pub fn changed(&mut self, route: &Changed<'_>, world: &World, flapping: Flapping, voice: &mut Voice) {
        if route.after_gap || !route.counts(world) {
            return;
        }
        let points = match route.change {
            RouteChange::Announce => return,
            RouteChange::Withdraw => 2,
            RouteChange::Change => {
                let (Some(old), Some(new)) = (route.old, route.new) else { return };
                if old.path == new.path && old.next_hop == new.next_hop {
                    return;
                }
                1
            }
        };
        let now = voice.now;
        if now - self.turned_ms > flapping.within_ms || self.young.len() >= MAX_COUNTED {
            self.old = std::mem::take(&mut self.young);
            self.turned_ms = now;
        }
        let key = self.hasher.hash_one((route.peer, route.prefix, route.path_id));
        let known = self.young.remove(&key).or_else(|| self.old.remove(&key));
        let mut count = known.unwrap_or(Count { points: 0, first_ms: now });
        if count.first_ms + flapping.within_ms < now {
            count = Count { points: 0, first_ms: now };
        }
        count.points += points;
        self.young.insert(key, count);
        if let Some((last, ..)) = self.flapping.get_mut(&route.prefix) {
            *last = now;
            voice.after(flapping.quiet_ms, Timer::RouteQuiet(route.prefix));
        } else if count.points >= 2 * flapping.downs {
            self.open(route, count, world, flapping, voice);
        }
    }

    fn open(
        &mut self,
        route: &Changed<'_>,
        count: Count,
        world: &World,
        flapping: Flapping,
        voice: &mut Voice,
    ) {
        let of_peer = self.flapping.values().filter(|(_, _, peer)| *peer == route.peer).count();
        let subject = match of_peer < SEVERAL {
            true => route.prefix.to_string(),
            false => world.subject(route.peer).to_string(),
        };
        self.flapping.insert(route.prefix, (voice.now, subject.clone(), route.peer));
        voice.after(flapping.quiet_ms, Timer::RouteQuiet(route.prefix));
        let prefixes = self.alerts.entry(subject.clone()).or_default();
        prefixes.insert(route.prefix);
        let time = duration((voice.now - count.first_ms).unsigned_abs() / 1000);
        let text = format!("{} comes and goes: {} changes in {time}", route.prefix, count.points.div_ceil(2));
        let evidence = vec![route.evidence(world, "changed again")];
        let first = prefixes.len() == 1;
        let raise = Raise {
            text: text.clone(),
            evidence: evidence.clone(),
            prefixes: prefixes.clone(),
            ..Raise::default()
        };
        voice.raise("route_flapping", &subject, raise);
        if first {
            let mut judgement = Judgement::new(&subject, Cause::Flapping, 0.9, text);
            judgement.evidence = evidence;
            judgement.prefixes.insert(route.prefix);
            voice.judge(judgement);
        }
    }

    pub fn quiet(&mut self, prefix: IpNet, flapping: Flapping, voice: &mut Voice) {
        let Some((last, ..)) = self.flapping.get(&prefix) else { return };
        if last + flapping.quiet_ms > voice.now {
            return;
        }
        let Some((_, subject, _)) = self.flapping.remove(&prefix) else { return };
        let Some(prefixes) = self.alerts.get_mut(&subject) else { return };
        prefixes.remove(&prefix);
        if prefixes.is_empty() {
            self.alerts.remove(&subject);
            voice.close("route_flapping", &subject, "quiet for as long as the rule says");
        }
    }
}
