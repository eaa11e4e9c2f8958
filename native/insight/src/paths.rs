//! Path shifts: prefixes whose next hop goes from one node to another. What shifts together is told once.
//!
//! A router's Loc-RIB says which path it uses. Of a router that does not show it, only a change of next hop inside what one peer
//! announces is seen.

use std::collections::BTreeSet;
use std::net::IpAddr;

use hashbrown::HashMap;
use ipnet::IpNet;
use rib::view::RibView;
use rib::RouteChange;

use crate::config::Waits;
use crate::keys::ShiftKey;
use crate::route::Changed;
use crate::said::{Change, Evidence, MAX_LISTED};
use crate::timers::Timer;
use crate::voice::Voice;
use crate::world::World;

/// A route that comes back within this time with another next hop shifted.
const GONE_MS: i64 = 2_000;
/// So many routes that went are remembered for that.
const MAX_GONE: usize = 10_000;
/// Of a shift the first routes are its evidence.
const EVIDENCE: usize = 4;

/// Prefixes that went from one next hop to another.
#[derive(Debug)]
pub(crate) struct Shift {
    pub from: IpAddr,
    pub to: IpAddr,
    /// The first of them.
    pub prefixes: BTreeSet<IpNet>,
    pub count: u64,
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Default)]
pub(crate) struct Paths {
    shifts: HashMap<ShiftKey, Shift>,
    /// By peer, prefix and, where a peer announces several paths of one, the path.
    gone: HashMap<(u32, IpNet, Option<u32>), (IpAddr, i64)>,
}

impl Paths {
    pub fn changed(&mut self, route: &Changed<'_>, world: &World, waits: &Waits, voice: &mut Voice) {
        let loc_rib = route.view == RibView::LocRib;
        let shows_loc_rib = world.router(route.router).is_some_and(|router| router.has_loc_rib);
        if !loc_rib && (shows_loc_rib || !route.counts(world)) {
            return;
        }
        let (old, new) = (route.old.and_then(|old| old.next_hop), route.new.and_then(|new| new.next_hop));
        let key = (route.peer, route.prefix, route.path_id.filter(|_| !loc_rib));
        match (route.change, old, new) {
            (RouteChange::Change, Some(old), Some(new)) if old != new => {
                self.shift(route, old, new, world, waits, voice);
            }
            // FRR tells it so: after policy a route is withdrawn until its new next hop is known to be reachable.
            (RouteChange::Withdraw, Some(old), _) => {
                if self.gone.len() >= MAX_GONE {
                    self.gone.retain(|_, (_, at)| *at + GONE_MS >= voice.now);
                }
                if self.gone.len() < MAX_GONE {
                    self.gone.insert(key, (old, voice.now));
                }
            }
            (RouteChange::Announce, _, Some(new)) if !self.gone.is_empty() => {
                if let Some((old, at)) = self.gone.remove(&key) {
                    if at + GONE_MS >= voice.now && old != new {
                        self.shift(route, old, new, world, waits, voice);
                    }
                }
            }
            _ => {}
        }
    }

    fn shift(
        &mut self,
        route: &Changed<'_>,
        from: IpAddr,
        to: IpAddr,
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        let (mut names, addresses) = ((world.name(from), world.name(to)), (from.to_string(), to.to_string()));
        // From one link to another between the same two nodes.
        if names.0 == names.1 {
            names = addresses;
        }
        let key = (route.router, names.0, names.1);
        let shift = self.shifts.entry(key.clone()).or_insert_with(|| {
            voice.after(waits.shift, Timer::Shift(key));
            Shift { from, to, prefixes: BTreeSet::new(), count: 0, evidence: Vec::new() }
        });
        shift.count += 1;
        if shift.prefixes.len() < MAX_LISTED {
            shift.prefixes.insert(route.prefix);
        }
        if shift.evidence.len() < EVIDENCE {
            shift.evidence.push(route.evidence(world, format!("goes by {to}, not by {from} any more")));
        }
    }

    /// What shifted together is told.
    pub fn tell(&mut self, key: &ShiftKey, world: &World, voice: &mut Voice) -> Option<Shift> {
        let shift = self.shifts.remove(key)?;
        let Shift { prefixes, count, .. } = &shift;
        let (router, from, to) = key;
        let one = (*count == 1 || prefixes.len() == 1).then(|| prefixes.first().copied()).flatten();
        let prefixes = if one.is_some() { Vec::new() } else { prefixes.iter().copied().collect() };
        voice.change(Change::PathShift {
            router: world.router_name(*router).into(),
            from: from.clone(),
            to: to.clone(),
            prefix: one,
            prefixes,
            count: *count,
        });
        Some(shift)
    }
}
