//! Collects deltas: every router, peer and attribute set that they point at, each once.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::attributes::AttributeSet;
use crate::deltas::{Deltas, EventKind, Id, PeerEvent, PeerRow, RouterRow};
use crate::table::Moment;

#[derive(Default)]
pub(crate) struct Recorder {
    pub deltas: Deltas,
    routers: HashMap<Id, u32>,
    peers: HashMap<Id, u32>,
    /// By the address of the shared bytes, which the deltas keep alive.
    sets: HashMap<*const u8, u32>,
}

impl Recorder {
    /// Index of a router that a delta speaks of.
    pub fn router(&mut self, row: &RouterRow) -> u32 {
        let deltas = &mut self.deltas.routers;
        *self.routers.entry(row.router_id).or_insert_with(|| {
            deltas.push(RouterRow { changed: false, ..row.clone() });
            index(deltas.len())
        })
    }

    /// As [`Recorder::router`], and the row is to be written.
    pub fn changed_router(&mut self, row: &RouterRow) -> u32 {
        let index = self.router(row);
        if let Some(kept) = usize::try_from(index).ok().and_then(|index| self.deltas.routers.get_mut(index)) {
            *kept = RouterRow { changed: true, ..row.clone() };
        }
        index
    }

    /// Index of a peer that a delta speaks of.
    pub fn peer(&mut self, router: &RouterRow, row: &PeerRow) -> u32 {
        if let Some(index) = self.peers.get(&row.peer_id) {
            return *index;
        }
        let router = self.router(router);
        self.deltas.peers.push(PeerRow { router, changed: false, ..row.clone() });
        let index = index(self.deltas.peers.len());
        self.peers.insert(row.peer_id, index);
        index
    }

    /// As [`Recorder::peer`], and the row is to be written.
    pub fn changed_peer(&mut self, router: &RouterRow, row: &PeerRow) -> u32 {
        let index = self.peer(router, row);
        if let Some(kept) = usize::try_from(index).ok().and_then(|index| self.deltas.peers.get_mut(index)) {
            *kept = PeerRow { router: kept.router, changed: true, ..row.clone() };
        }
        index
    }

    /// Index of an attribute set.
    pub fn set(&mut self, identity: &Arc<[u8]>) -> u32 {
        let sets = &mut self.deltas.attributes;
        *self.sets.entry(identity.as_ptr()).or_insert_with(|| {
            sets.push(AttributeSet::new(Arc::clone(identity)));
            index(sets.len())
        })
    }

    /// Marks what was recorded of a peer's routes as closed by an end.
    pub fn ended_peer(&mut self, peer: u32) {
        self.deltas.routes.iter_mut().filter(|route| route.peer == peer).for_each(|route| route.ended = true);
    }

    /// As [`Recorder::ended_peer`], of all peers of a router.
    pub fn ended_router(&mut self, router: u32) {
        let peers = &self.deltas.peers;
        for route in &mut self.deltas.routes {
            let peer = usize::try_from(route.peer).ok().and_then(|peer| peers.get(peer));
            if peer.is_some_and(|peer| peer.router == router) {
                route.ended = true;
            }
        }
    }

    /// A new event, for its caller to complete.
    pub fn event(
        &mut self,
        kind: EventKind,
        router: u32,
        peer: Option<u32>,
        moment: Moment,
    ) -> &mut PeerEvent {
        let events = &mut self.deltas.events;
        let place = events.len();
        events.push(PeerEvent {
            kind,
            router,
            peer,
            view: None,
            afi: None,
            safi: None,
            position: moment.position,
            router_time_us: moment.router_time_us,
            received_at_us: moment.received_at_us,
            reason_code: None,
            reason: None,
            notification_code: None,
            notification_subcode: None,
            fsm_event: None,
            routes: None,
            synthetic: false,
        });
        #[allow(clippy::indexing_slicing)] // Pushed just above.
        &mut events[place]
    }

    pub fn finish(self) -> Deltas {
        self.deltas
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length - 1).unwrap_or(u32::MAX)
}
