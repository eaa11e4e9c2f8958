//! Sizes of tables: much that goes while its peer is up, a maximum of prefixes that is near.

use std::collections::{BTreeMap, HashMap, VecDeque};

use rib::view::RibView;
use rib::{Position, RibRow, Statistic};
use wire::registry::statistics::number;

use crate::alerts::Raise;
use crate::reasons::PrefixLimit;
use crate::said::Evidence;
use crate::timers::Timer;
use crate::voice::Voice;
use crate::world::{Life, World};

/// At least so many routes, and so many in a hundred, within so long a time.
const MASS_ROUTES: u64 = 50;
const MASS_PERCENT: u64 = 30;
const MASS_MS: i64 = 60_000;
/// A table that lost much and stays so is what the table is now.
const MASS_OVER_MS: i64 = 600_000;
/// From so many in a hundred a maximum is near, and below so many it is not.
const NEAR_PERCENT: u64 = 90;
const FAR_PERCENT: u64 = 85;

type Family = (RibView, u16, u8);
/// Type of a statistic, and AFI and SAFI where it is of one family.
type Statistics = (u16, Option<(u16, u8)>);

#[derive(Debug, Default)]
struct Size {
    /// When the table had how many routes: the largest of the last while first.
    largest: VecDeque<(i64, u64)>,
    routes: u64,
    /// What it had before it lost much, and when that was.
    lost: Option<(u64, i64)>,
}

#[derive(Debug, Default)]
pub(crate) struct Volume {
    /// By peer, so that a look at one does not walk all of them.
    sizes: HashMap<u32, BTreeMap<Family, Size>>,
    /// A peer's maxima: of a family, or of all together.
    limits: HashMap<(u32, Option<(u16, u8)>), u64>,
    /// What the peer may still announce, as the router told last.
    left: HashMap<(u32, Option<(u16, u8)>), u64>,
    /// Routes that the router says that it has of a peer.
    told: HashMap<u32, BTreeMap<Statistics, u64>>,
}

impl Volume {
    pub fn table(&mut self, peer: u32, rib: &RibRow, position: Position, world: &World, voice: &mut Voice) {
        let Some(held) = world.peer(peer).filter(|held| held.life == Life::Up) else { return };
        let counts = match rib.view {
            RibView::AdjRibInPost | RibView::LocRib => true,
            RibView::AdjRibInPre => !held.has_post,
            _ => false,
        };
        let family = (rib.view, rib.afi, rib.safi);
        let size = self.sizes.entry(peer).or_default().entry(family).or_default();
        size.routes = rib.routes;
        let now = voice.now;
        while size.largest.front().is_some_and(|(at, _)| *at + MASS_MS < now) {
            // What it had when the time began still counts.
            if size.largest.get(1).is_none_or(|(at, _)| *at > now - MASS_MS) {
                if let Some(first) = size.largest.front_mut() {
                    first.0 = now - MASS_MS;
                }
                break;
            }
            size.largest.pop_front();
        }
        while size.largest.back().is_some_and(|(_, routes)| *routes <= rib.routes) {
            size.largest.pop_back();
        }
        size.largest.push_back((now, rib.routes));
        let before = size.largest.front().map_or(0, |(_, routes)| *routes);
        let gone = before.saturating_sub(rib.routes);
        if counts && gone >= MASS_ROUTES && gone * 100 >= before * MASS_PERCENT {
            let first = size.lost.is_none();
            size.lost = Some(size.lost.map_or((before, now), |(was, at)| (was.max(before), at)));
            if rib.view == RibView::LocRib {
                if first {
                    voice.after(1_500, Timer::LocRib(held.router));
                }
            } else {
                let text = format!("{gone} of {before} routes were withdrawn while the session is up");
                let evidence = Evidence::of(world.router_name(held.router), position, text.clone());
                voice.raise(
                    "mass_withdrawal",
                    &held.subject,
                    Raise { text, evidence: vec![evidence], ..Raise::default() },
                );
                voice.after(MASS_OVER_MS, Timer::LocRib(held.router));
            }
        } else if size.lost.is_some_and(|(was, _)| rib.routes * 100 >= was * FAR_PERCENT) {
            size.lost = None;
            let subject =
                if rib.view == RibView::LocRib { world.router_name(held.router) } else { &held.subject };
            voice.clear("mass_withdrawal", subject, "the routes are back");
        }
        self.near(peer, Some((rib.afi, rib.safi)), world, voice);
    }

    /// A router's Loc-RIB lost much a moment ago, or some time passed since a table did.
    pub fn look(&mut self, router: u32, world: &World, voice: &mut Voice) {
        let now = voice.now;
        let Some(held) = world.router(router) else { return };
        let name = held.name.clone();
        let explained = held.peers.iter().filter_map(|peer| world.peer(*peer)).any(|peer| {
            !peer.is_loc_rib()
                && (peer.downs.back().is_some_and(|at| *at + MASS_MS >= now)
                    || voice.alerts.is_open("mass_withdrawal", &peer.subject))
        });
        for peer in &held.peers {
            let (Some(of), Some(sizes)) = (world.peer(*peer), self.sizes.get_mut(peer)) else { continue };
            for ((view, ..), size) in sizes {
                let Some((before, at)) = size.lost else { continue };
                let loc_rib = *view == RibView::LocRib;
                let subject = if loc_rib { &name } else { &of.subject };
                if at + MASS_OVER_MS <= now {
                    size.lost = None;
                    voice.clear("mass_withdrawal", subject, "it stays so: that is what the table is now");
                } else if loc_rib && !explained && !voice.alerts.is_open("mass_withdrawal", subject) {
                    let gone = before.saturating_sub(size.routes);
                    if gone >= MASS_ROUTES && gone * 100 >= before * MASS_PERCENT {
                        let text = format!(
                            "{gone} of {before} routes left the Loc-RIB, and no peer of it went down"
                        );
                        voice.raise("mass_withdrawal", subject, Raise { text, ..Raise::default() });
                        voice.after(MASS_OVER_MS, Timer::LocRib(router));
                    }
                }
            }
        }
    }

    /// What a peer's tables were before does not count any more.
    pub fn forget(&mut self, peer: u32, world: &World, voice: &mut Voice) {
        self.sizes.remove(&peer);
        self.left.retain(|(of, _), _| *of != peer);
        self.told.remove(&peer);
        let subject = world.subject(peer).to_string();
        voice.clear("mass_withdrawal", &subject, "the session is down");
        voice.clear("max_prefix_near", &subject, "the session is down");
    }

    pub fn limit(&mut self, peer: u32, limit: &PrefixLimit) {
        if limit.local {
            self.limits.insert((peer, Some((limit.afi, limit.safi))), u64::from(limit.bound));
        }
    }

    pub fn statistic(&mut self, peer: u32, statistic: &Statistic, world: &World, voice: &mut Voice) {
        let family = statistic.afi.zip(statistic.safi);
        match statistic.stat_type {
            // RFC 9972: routes left before the threshold, of all families together and of one.
            number::ROUTES_LEFT_BEFORE_THRESHOLD | number::ROUTES_LEFT_BEFORE_THRESHOLD_PER_FAMILY => {
                self.left.insert((peer, family), statistic.value);
                self.near(peer, family, world, voice);
            }
            // Routes that came in from the peer.
            number::ADJ_RIB_IN_ROUTES
            | number::ADJ_RIB_IN_ROUTES_PER_FAMILY
            | number::ADJ_RIB_IN_PRE_POLICY_ROUTES
            | number::ADJ_RIB_IN_PRE_POLICY_ROUTES_PER_FAMILY => {
                let told = self.told.entry(peer).or_default();
                told.insert((statistic.stat_type, family), statistic.value);
                self.near(peer, family, world, voice);
            }
            _ => {}
        }
    }

    fn near(&mut self, peer: u32, family: Option<(u16, u8)>, world: &World, voice: &mut Voice) {
        if self.limits.is_empty() && self.left.is_empty() {
            return;
        }
        let Some(held) = world.peer(peer).filter(|held| held.life == Life::Up) else { return };
        let in_tables = |wanted: Option<(u16, u8)>| {
            let sum = |of: RibView| -> u64 {
                let sizes = self.sizes.get(&peer).into_iter().flatten();
                let wanted = sizes.filter(|((view, afi, safi), _)| {
                    *view == of && wanted.is_none_or(|family| family == (*afi, *safi))
                });
                wanted.map(|(_, size)| size.routes).sum()
            };
            sum(RibView::AdjRibInPre).max(sum(RibView::AdjRibInPost))
        };
        let told = self.told.get(&peer);
        let routes = |wanted: Option<(u16, u8)>| {
            let told = told.into_iter().flatten().filter(|((_, family), _)| *family == wanted);
            in_tables(wanted).max(told.map(|(_, routes)| *routes).max().unwrap_or(0))
        };
        let mut nearest: Option<(u64, u64)> = None;
        for wanted in [family, None] {
            let has = routes(wanted);
            let bound = self.left.get(&(peer, wanted)).map(|left| left + has);
            for bound in bound.into_iter().chain(self.limits.get(&(peer, wanted)).copied()) {
                let percent = |(has, bound): (u64, u64)| has.saturating_mul(100) / bound.max(1);
                if nearest.is_none_or(|nearest| percent((has, bound)) > percent(nearest)) {
                    nearest = Some((has, bound));
                }
            }
        }
        let Some((has, bound)) = nearest else { return };
        let percent = has.saturating_mul(100) / bound.max(1);
        if percent >= NEAR_PERCENT {
            let text = format!("{has} of at most {bound} prefixes");
            voice.raise("max_prefix_near", &held.subject, Raise { text, ..Raise::default() });
        } else if percent < FAR_PERCENT {
            voice.clear("max_prefix_near", &held.subject, &format!("{has} of at most {bound} prefixes"));
        }
    }
}
