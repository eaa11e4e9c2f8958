//! Collects deltas: every router, peer, RIB and attribute set that they point at, each once.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::attributes::AttributeSet;
use crate::deltas::{
    rib_id, Deltas, EventKind, Id, PeerEvent, PeerRow, Position, RibRow, RouteDelta, RouterRow, SessionRow,
};
use crate::router::{Rib, RibKey, Router};

/// When and where an event stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub position: Position,
    pub router_time_us: i64,
    pub received_at_us: i64,
}

#[derive(Default)]
pub(crate) struct Recorder {
    pub deltas: Deltas,
    /// How many routes may change, for the room that the first one makes for all.
    pub routes_expected: usize,
    routers: HashMap<Id, u32>,
    peers: HashMap<Id, u32>,
    ribs: HashMap<(Id, RibKey), u32>,
    /// By the address of the shared bytes, which the deltas keep alive.
    sets: HashMap<*const u8, u32>,
    before: HashMap<*const u8, u32>,
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

    /// A session as it is now, for a store to write.
    pub fn session(&mut self, router: &RouterRow, row: &SessionRow) {
        let row = SessionRow { router: self.router(router), changed: true, ..row.clone() };
        let sessions = &mut self.deltas.sessions;
        match sessions.iter_mut().find(|known| known.session_id == row.session_id) {
            Some(known) => *known = row,
            None => sessions.push(row),
        }
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

    /// Index of a RIB that a delta speaks of. Its row is completed by [`Recorder::finish`].
    pub fn rib(&mut self, router: &RouterRow, peer: &PeerRow, key: RibKey) -> u32 {
        if let Some(index) = self.ribs.get(&(peer.peer_id, key)) {
            return *index;
        }
        let RibKey { view, afi, safi } = key;
        let row = RibRow {
            rib_id: rib_id(&peer.peer_id, view, afi, safi),
            peer: self.peer(router, peer),
            view,
            afi,
            safi,
            routes: 0,
            verified: None,
            end_of_rib: None,
            filtered: false,
            inferred: false,
            changed_at_us: 0,
            changed: false,
        };
        self.deltas.ribs.push(row);
        let index = index(self.deltas.ribs.len());
        self.ribs.insert((peer.peer_id, key), index);
        index
    }

    /// As [`Recorder::rib`], and the row is to be written.
    pub fn changed_rib(&mut self, router: &RouterRow, peer: &PeerRow, key: RibKey) -> u32 {
        let index = self.rib(router, peer, key);
        if let Some(row) = usize::try_from(index).ok().and_then(|index| self.deltas.ribs.get_mut(index)) {
            row.changed = true;
        }
        index
    }

    /// The RIBs of a peer whose routes end.
    pub fn emptied_ribs(&mut self, router: &RouterRow, peer: &PeerRow, keys: &[RibKey], moment: Moment) {
        for key in keys {
            let index = self.changed_rib(router, peer, *key);
            if let Some(row) = usize::try_from(index).ok().and_then(|index| self.deltas.ribs.get_mut(index)) {
                row.changed_at_us = moment.received_at_us;
            }
        }
    }

    #[inline(always)]
    pub fn route(&mut self, delta: RouteDelta) {
        let routes = &mut self.deltas.routes;
        if routes.capacity() == 0 {
            routes.reserve(self.routes_expected);
        }
        routes.push(delta);
    }

    /// Index of an attribute set, which deltas before these told or did not.
    pub fn set(&mut self, identity: &Arc<[u8]>, told: bool) -> u32 {
        let sets = &mut self.deltas.attributes;
        *self.sets.entry(identity.as_ptr()).or_insert_with(|| {
            let identity = Arc::clone(identity);
            sets.push(if told { AttributeSet::stored(identity) } else { AttributeSet::new(identity) });
            index(sets.len())
        })
    }

    /// Index of an attribute set that a route had until now.
    pub fn before(&mut self, identity: Option<&Arc<[u8]>>) -> Option<u32> {
        let identity = identity?;
        let sets = &mut self.deltas.before;
        Some(*self.before.entry(identity.as_ptr()).or_insert_with(|| {
            sets.push(AttributeSet::stored(Arc::clone(identity)));
            index(sets.len())
        }))
    }

    /// Marks what was recorded of a peer's routes as closed by an end.
    pub fn ended_peer(&mut self, peer: u32) {
        self.ended(|row, _| row.peer == peer);
    }

    /// As [`Recorder::ended_peer`], of all peers of a router.
    pub fn ended_router(&mut self, router: u32) {
        self.ended(|_, peer| peer.router == router);
    }

    fn ended(&mut self, wanted: impl Fn(&RibRow, &PeerRow) -> bool) {
        let Deltas { peers, ribs, routes, .. } = &mut self.deltas;
        for route in routes {
            let rib = usize::try_from(route.rib).ok().and_then(|rib| ribs.get(rib));
            let peer = rib.and_then(|rib| peers.get(usize::try_from(rib.peer).ok()?));
            if rib.zip(peer).is_some_and(|(rib, peer)| wanted(rib, peer)) {
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
            notification_data: Vec::new(),
            fsm_event: None,
            routes: None,
            since_us: None,
            synthetic: false,
        });
        #[allow(clippy::indexing_slicing)] // Pushed just above.
        &mut events[place]
    }

    /// The deltas; `routers` are those that they speak of, after all of it.
    pub fn finish<'a>(mut self, router: impl Fn(&Id) -> Option<&'a Router>) -> Deltas {
        for ((peer_id, key), index) in &self.ribs {
            let held = |deltas: &Deltas| {
                let peer = deltas.peer(deltas.rib(*index)?.peer)?;
                router(&deltas.router(peer.router)?.router_id)?.peers.get(peer_id)?.ribs.get(key)
            };
            let held: Option<&Rib> = held(&self.deltas);
            let row = usize::try_from(*index).ok().and_then(|index| self.deltas.ribs.get_mut(index));
            if let (Some(rib), Some(row)) = (held, row) {
                row.routes = rib.routes.len() as u64;
                row.verified = rib.verified;
                row.end_of_rib = rib.end_of_rib;
                row.filtered = rib.filtered;
                row.inferred = rib.add_path_inferred;
                row.changed_at_us = rib.last_change_us;
            }
        }
        self.deltas
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length - 1).unwrap_or(u32::MAX)
}
