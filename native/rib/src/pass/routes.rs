//! Routes that are announced and withdrawn.

use batch::proto::{self, route_group::Action};
use hashbrown::{HashMap, HashSet};

use super::state::{Limit, Named, Pass, Update};
use crate::attributes::SetId;
use crate::deltas::{PeerRow, PeerState, Position, RouteChange, RouteDelta, RouterRow};
use crate::flaps::FlapKey;
use crate::nlri::{self, Nlri};
use crate::recorder::Moment;
use crate::router::{Generations, Peer, Rib, RibKey, Router};
use crate::routes::Route;
use crate::view::RibView;

/// What the routes of one group share.
struct Shared<'a> {
    row: &'a RouterRow,
    peer: &'a PeerRow,
    key: RibKey,
    generations: &'a Generations,
    /// Index of the session that feeds the table.
    current: u32,
    moment: Moment,
    /// What the group changes may have changed while nobody listened.
    after_gap: bool,
    /// Where this event's deltas begin.
    first: usize,
}

/// What the announced routes of one group share beside it.
struct Announced {
    set: SetId,
    /// The deltas that groups before made, by key, once a route needs them.
    said: Option<HashMap<(Nlri, Option<u32>), usize>>,
    /// Of RIB and attributes in the deltas, once a route needs them.
    places: Option<(u32, Option<u32>)>,
}

/// Routes by family, path identifier and NLRI.
type Keys<'a> = HashSet<(u16, u8, Option<u32>, &'a [u8])>;

impl Pass<'_> {
    pub fn routes(&mut self, router: &mut Router, from: &Named<'_>, update: &Update<'_>, moment: Moment) {
        let Some(view) = RibView::from_number(update.view) else { return };
        // Until it has told everything again, or the time for that is over.
        let returned = router.last.generation > 1 && !router.sweeps.is_empty();
        let Router { row, peers, generations, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        for fault in update.faults {
            self.fault(row, peer, fault, moment);
        }
        let announces = update.groups.iter().any(|group| group.action == Action::Announce);
        let withdraws = update.groups.iter().any(|group| group.action == Action::Withdraw);
        if announces
            && (peer.seen != *current || matches!(peer.row.state, PeerState::Down | PeerState::Stale))
        {
            // Announced without a Peer Up in this session.
            peer.seen = *current;
            peer.row.position = moment.position;
            peer.row.state = PeerState::Unknown;
            peer.row.state_since_us = moment.received_at_us;
            peer.row.down_reason = None;
            self.work.out.changed_peer(row, &peer.row);
        }
        // RFC 4271, section 4.3: what one UPDATE withdraws and announces is announced.
        let both = if announces && withdraws { announced(update) } else { HashSet::new() };
        let first = self.work.out.deltas.routes.len();
        let generation = moment.position.generation;
        for group in update.groups {
            let (afi, safi) = (group.afi, group.safi);
            if !nlri::splits(afi, safi) {
                self.unsplit(row, peer, group, moment);
                continue;
            }
            let key = RibKey { view, afi, safi };
            let Peer { row: peer_row, ribs, .. } = &mut *peer;
            let mut shared = Shared {
                row,
                peer: peer_row,
                key,
                generations,
                current: *current,
                moment,
                after_gap: false,
                first,
            };
            let whole = match group.action {
                Action::Announce => {
                    let rib = ribs.entry(key).or_insert_with(|| Rib::new(key, generation));
                    rib.filtered = update.filtered;
                    rib.add_path_inferred = group.add_path_inferred;
                    shared.after_gap = returned && rib.end_of_rib != Some(generation);
                    self.announce_group(&shared, rib, group, update.attributes)
                }
                Action::Withdraw => {
                    let rib = ribs.get_mut(&key);
                    shared.after_gap =
                        returned && rib.as_ref().is_some_and(|rib| rib.end_of_rib != Some(generation));
                    self.withdraw_group(&shared, rib, group, &both)
                }
                Action::Unspecified => false,
            };
            if !whole {
                let fault = proto::Fault {
                    reason: "a group of routes in the batch does not split into NLRI".into(),
                    raw: group.nlri.to_vec().into(),
                    ..proto::Fault::default()
                };
                self.fault(row, peer, &fault, moment);
            }
        }
    }

    /// NLRI of a family without a reading are kept raw: a row of them could never be withdrawn.
    fn unsplit(&mut self, row: &RouterRow, peer: &Peer, group: &batch::Group<'_>, moment: Moment) {
        self.work.out.deltas.counts.unsplit += 1;
        let family = wire::bgp::AddressFamily::new(group.afi, group.safi);
        let fault = proto::Fault {
            reason: format!("NLRI of {family} cannot be split into routes: they are kept as they came"),
            raw: group.nlri.to_vec().into(),
            ..proto::Fault::default()
        };
        self.fault(row, peer, &fault, moment);
    }

    /// False where the group's NLRI do not read to their end.
    fn announce_group(
        &mut self,
        shared: &Shared<'_>,
        rib: &mut Rib,
        group: &batch::Group<'_>,
        attributes: &[u8],
    ) -> bool {
        let set = self.work.sets.intern(group.next_hop, attributes);
        let mut announced = Announced { set, said: None, places: None };
        let mut whole = true;
        for one in nlri::split(group.afi, group.safi, group.add_path, group.nlri) {
            let Ok((path_id, nlri)) = one else {
                whole = false;
                break;
            };
            self.announce(shared, &mut announced, rib, nlri, path_id);
        }
        self.work.sets.release(set);
        whole
    }

    fn announce(
        &mut self,
        shared: &Shared<'_>,
        new: &mut Announced,
        rib: &mut Rib,
        nlri: &[u8],
        path_id: Option<u32>,
    ) {
        let &Shared { key, moment, current, .. } = shared;
        self.work.out.deltas.counts.routes += 1;
        if *self.work.total >= self.work.limits.max_routes && rib.routes.get(nlri, path_id).is_none() {
            self.refuse(Limit::Routes, shared.row, Some(shared.peer), moment);
            return;
        }
        let Some((route, whole)) = rib.routes.entry(nlri, path_id) else { return };
        let mut renamed = None;
        let mut before = None;
        let change = if route.is_vacant() {
            *self.work.total += 1;
            rib.said += 1;
            RouteChange::Announce
        } else {
            if shared.held(route) > moment.position {
                self.work.out.deltas.counts.older += 1;
                return;
            }
            rib.said += usize::from(route.seen != current);
            route.seen = current;
            renamed = whole.filter(|whole| whole.as_slice() != nlri);
            if route.attributes == new.set && renamed.is_none() {
                self.work.out.deltas.counts.unchanged += 1;
                return;
            }
            before = self.work.out.before(self.work.sets.bytes(route.attributes));
            self.work.sets.release(route.attributes);
            if renamed.is_some() {
                RouteChange::Announce
            } else {
                RouteChange::Change
            }
        };
        // The same route by another NLRI, e.g. with another label: a store, which knows routes by their whole
        // NLRI, is told that the one went and the other came.
        let renamed = renamed.map(|whole| std::mem::replace(whole, Nlri::from_slice(nlri)));
        let twice = change == RouteChange::Change
            && route.sequence == moment.position.sequence
            && route.changed == current;
        self.work.sets.retain(new.set);
        *route = Route {
            attributes: new.set,
            seen: current,
            changed: current,
            sequence: moment.position.sequence,
            changed_at_us: moment.received_at_us,
        };
        rib.routes.post(new.set, nlri, path_id);
        rib.last_change_us = moment.received_at_us;
        let (rib, attributes) = *new.places.get_or_insert_with(|| {
            let attributes = self.work.sets.tell(new.set).map(|(bytes, told)| self.work.out.set(bytes, told));
            (self.work.out.changed_rib(shared.row, shared.peer, key), attributes)
        });
        let nlri = nlri::key(key.afi, key.safi, nlri);
        // What changed while nobody listened changed once, however often.
        if change == RouteChange::Change && !shared.after_gap {
            self.work.flaps.changed(shared.flap(&nlri, path_id), self.work.now, moment.received_at_us);
        }
        if twice {
            // The same UPDATE said this key before: one position has one delta, with what was said last.
            let deltas = &mut self.work.out.deltas.routes;
            let said = new.said.get_or_insert_with(|| {
                let of_event = deltas.iter().enumerate().skip(shared.first);
                let of_family = of_event.filter(|(_, delta)| delta.rib == rib);
                of_family.map(|(place, delta)| ((delta.nlri.clone(), delta.path_id), place)).collect()
            });
            let place = said.get(&(nlri.clone(), path_id)).copied();
            if let Some(said) = place.and_then(|place| deltas.get_mut(place)) {
                said.attributes = attributes;
                return;
            }
        }
        if let Some(nlri) = renamed {
            let gone = RouteDelta { path_id, before: before.take(), ..shared.withdrawal(rib, nlri) };
            self.work.out.route(RouteDelta { after_gap: false, ..gone });
        }
        self.work.out.route(RouteDelta {
            change,
            path_id,
            attributes,
            before,
            ..shared.withdrawal(rib, nlri)
        });
    }

    /// False where the group's NLRI do not read to their end.
    fn withdraw_group(
        &mut self,
        shared: &Shared<'_>,
        mut rib: Option<&mut Rib>,
        group: &batch::Group<'_>,
        both: &Keys<'_>,
    ) -> bool {
        for one in nlri::split(group.afi, group.safi, group.add_path, group.nlri) {
            let Ok((path_id, nlri)) = one else { return false };
            if both.is_empty() || !both.contains(&(group.afi, group.safi, path_id, nlri)) {
                self.withdraw(shared, rib.as_deref_mut(), nlri, path_id);
            }
        }
        true
    }

    fn withdraw(&mut self, shared: &Shared<'_>, rib: Option<&mut Rib>, nlri: &[u8], path_id: Option<u32>) {
        let &Shared { key, moment, .. } = shared;
        self.work.out.deltas.counts.routes += 1;
        let mut gone = None;
        if let Some(rib) = rib {
            if rib.routes.get(nlri, path_id).is_some_and(|route| shared.held(route) > moment.position) {
                self.work.out.deltas.counts.older += 1;
                return;
            }
            gone = rib.remove(nlri, path_id, shared.current);
            if gone.is_some() {
                rib.last_change_us = moment.received_at_us;
            }
        }
        let Some((route, whole)) = gone else {
            self.work.out.deltas.counts.unknown_withdrawals += 1;
            let rib = self.work.out.rib(shared.row, shared.peer, key);
            let nlri = nlri::key(key.afi, key.safi, nlri);
            let delta = RouteDelta { path_id, unknown: true, ..shared.withdrawal(rib, nlri) };
            self.work.out.route(delta);
            return;
        };
        let before = self.work.out.before(self.work.sets.bytes(route.attributes));
        self.work.sets.release(route.attributes);
        *self.work.total = self.work.total.saturating_sub(1);
        let nlri = whole.unwrap_or_else(|| nlri::key(key.afi, key.safi, nlri));
        if !shared.after_gap {
            let received_at_us = shared.moment.received_at_us;
            self.work.flaps.withdrawn(shared.flap(&nlri, path_id), self.work.now, received_at_us);
        }
        let rib = self.work.out.changed_rib(shared.row, shared.peer, key);
        self.work.out.route(RouteDelta { path_id, before, ..shared.withdrawal(rib, nlri) });
    }
}

impl Shared<'_> {
    /// Position of a route's last change.
    fn held(&self, route: &Route) -> Position {
        Position { generation: self.generations.get(route.changed), sequence: route.sequence }
    }

    fn flap(&self, nlri: &Nlri, path_id: Option<u32>) -> FlapKey {
        FlapKey { peer: self.peer.peer_id, rib: self.key, nlri: nlri.clone(), path_id }
    }

    /// A withdrawal, and what any other change has of it.
    #[inline(always)]
    fn withdrawal(&self, rib: u32, nlri: Nlri) -> RouteDelta {
        RouteDelta {
            change: RouteChange::Withdraw,
            rib,
            nlri,
            path_id: None,
            attributes: None,
            before: None,
            position: self.moment.position,
            router_time_us: self.moment.router_time_us,
            received_at_us: self.moment.received_at_us,
            synthetic: false,
            unknown: false,
            ended: false,
            after_gap: self.after_gap,
        }
    }
}

fn announced<'a>(update: &Update<'a>) -> Keys<'a> {
    let announced = update.groups.iter().filter(|group| group.action == Action::Announce);
    announced
        .flat_map(|group| {
            nlri::split(group.afi, group.safi, group.add_path, group.nlri)
                .map_while(Result::ok)
                .map(move |(path_id, nlri)| (group.afi, group.safi, path_id, nlri))
        })
        .collect()
}
