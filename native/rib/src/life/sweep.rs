//! Withdraws what a router did not say again.

use crate::deltas::{EventKind, PeerState, RouteChange, RouteDelta, RouterRow};
use crate::recorder::{Moment, Recorder};
use crate::router::{Peer, RibKey, Router};
use crate::routes::{Route, Span, WireKey};
use crate::work::Work;

pub(crate) struct Sweep<'w, 'a> {
    pub work: &'w mut Work<'a>,
    pub moment: Moment,
    /// Index of the session that feeds the table.
    pub current: u32,
    /// How many routes it may still withdraw.
    pub left: usize,
}

impl Sweep<'_, '_> {
    /// Withdraws what was last seen in a session up to `generation`; false where not everything could be done.
    pub fn router(&mut self, router: &mut Router, generation: u64) -> bool {
        let moment = self.moment;
        let Router { row, generations, peers, current, .. } = router;
        for peer in peers.values_mut() {
            let stale = |seen: u32| seen != *current && generations.get(seen) <= generation;
            let all: usize = peer.ribs.values().map(|rib| rib.routes.len()).sum();
            let unsaid = peer.ribs.values().filter(|rib| rib.unsaid() > 0);
            let old = unsaid.flat_map(|rib| rib.routes.values()).filter(|route| stale(route.seen)).count();
            // A peer that did not come back at all ends in one statement.
            let gone = generations.get(peer.seen) <= generation && peer.seen != *current;
            if all == old && (gone || old > 0) {
                if gone && peer.row.state != PeerState::Down {
                    peer.row.state = PeerState::Down;
                    peer.row.state_since_us = moment.received_at_us;
                    peer.row.position = moment.position;
                    peer.row.down_reason = Some("not seen again after its router came back".into());
                    self.work.out.changed_peer(row, &peer.row);
                }
                if old > 0 {
                    let ended = self.work.end_peer(row, peer, moment, true);
                    swept_event(row, peer, None, &mut self.work.out, moment, ended);
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
                let done = self.rib(row, peer, key, &stale);
                let Some(swept) = done else { return false };
                if swept > 0 {
                    swept_event(row, peer, Some(key), &mut self.work.out, moment, swept);
                }
            }
        }
        true
    }

    /// Withdraws the stale routes of one view and family; returns how many there were, none where there are more than it
    /// may withdraw.
    pub fn rib(
        &mut self,
        router: &RouterRow,
        peer: &mut Peer,
        key: RibKey,
        stale: &dyn Fn(u32) -> bool,
    ) -> Option<u64> {
        let Sweep { work, moment, current, left } = self;
        let Work { sets, total, out, .. } = &mut **work;
        let Some(rib) = peer.ribs.get_mut(&key) else { return Some(0) };
        let first = out.deltas.routes.len();
        let mut more = false;
        let mut index = None;
        let mut withdraw = |wire: &dyn Fn() -> WireKey, route: &Route| {
            if !stale(route.seen) {
                return true;
            }
            if *left == 0 {
                more = true;
                return false;
            }
            *left -= 1;
            let before = out.before(sets.bytes(route.attributes));
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
            true
        };
        // Where all of it was said in the session in hand there is nothing to look for.
        if rib.unsaid() > 0 || stale(*current) {
            rib.routes.visit(Span::All, None, &mut withdraw);
        }
        let swept = out.deltas.routes.get(first..).unwrap_or_default();
        for delta in swept {
            if let Some((route, _)) = rib.remove(&delta.nlri, delta.path_id, *current) {
                sets.release(route.attributes);
            }
        }
        if !swept.is_empty() {
            rib.last_change_us = moment.received_at_us;
            **total = total.saturating_sub(swept.len());
        }
        // An end in several steps is one event: rows of the same position would be taken for the same.
        rib.sweeping += swept.len() as u64;
        (!more).then(|| std::mem::take(&mut rib.sweeping))
    }
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
