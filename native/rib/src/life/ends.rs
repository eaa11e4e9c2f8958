//! Routes that end together, with their peer or their router.

use crate::deltas::{End, EndKind, EndScope, EventKind, PeerState, RouterRow};
use crate::recorder::Moment;
use crate::router::{Peer, RibKey, Router};
use crate::work::Work;

impl Work<'_> {
    /// Drops all routes of a peer; returns how many.
    fn drop_routes(&mut self, router: &RouterRow, peer: &mut Peer, moment: Moment) -> u64 {
        let keys: Vec<RibKey> = peer.ribs.keys().copied().collect();
        self.out.emptied_ribs(router, &peer.row, &keys, moment);
        let mut dropped = 0;
        for rib in peer.ribs.values() {
            for route in rib.routes.values() {
                self.sets.release(route.attributes);
                dropped += 1;
            }
        }
        peer.ribs.clear();
        *self.total = self.total.saturating_sub(dropped);
        dropped as u64
    }

    /// Ends a whole router that did not come back.
    pub fn end_router(&mut self, router: &mut Router, moment: Moment) {
        let mut routes = 0;
        for peer in router.peers.values_mut() {
            routes += self.drop_routes(&router.row, peer, moment);
            if peer.row.state != PeerState::Down {
                peer.row.state = PeerState::Down;
                peer.row.state_since_us = moment.received_at_us;
                peer.row.position = moment.position;
                peer.row.down_reason = Some("the router did not come back within the hold time".into());
                self.out.changed_peer(&router.row, &peer.row);
            }
        }
        router.sweeps.clear();
        let index = self.out.router(&router.row);
        self.out.ended_router(index);
        self.out.deltas.ends.push(End {
            scope: EndScope::Router(index),
            kind: EndKind::Ended,
            position: moment.position,
            router_time_us: 0,
            received_at_us: moment.received_at_us,
            synthetic: true,
            routes,
        });
        let event = self.out.event(EventKind::Expired, index, None, moment);
        event.routes = Some(routes);
        event.synthetic = true;
    }

    /// Ends all routes of a peer.
    pub fn end_peer(&mut self, router: &RouterRow, peer: &mut Peer, moment: Moment, synthetic: bool) -> u64 {
        let routes = self.drop_routes(router, peer, moment);
        let index = self.out.peer(router, &peer.row);
        self.out.ended_peer(index);
        self.out.deltas.ends.push(End {
            scope: EndScope::Peer(index),
            kind: EndKind::Ended,
            position: moment.position,
            router_time_us: moment.router_time_us,
            received_at_us: moment.received_at_us,
            synthetic,
            routes,
        });
        routes
    }
}
