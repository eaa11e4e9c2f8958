//! What a table holds, as deltas that announce it: for who begins to listen to a table that is full already.

use std::collections::HashMap;
use std::sync::Arc;

use ipnet::IpNet;

use crate::attributes::AttributeSet;
use crate::attributes::SetId;
use crate::deltas::{rib_id, Deltas, PeerRow, Position, RibRow, RouteChange, RouteDelta};
use crate::router::{Peer, Rib, RibKey, Router};
use crate::routes::Span;
use crate::table::RoutingTable;

impl RoutingTable {
    /// Calls `visit` with everything that is held: of each router first its row and the rows of its peers, then the routes of one
    /// RIB after the other, at most so many at a time. Every route is one that is announced, at the position and the time of its
    /// last change. Nothing is a row that a store has to write.
    pub fn each_held(&self, most_routes: usize, mut visit: impl FnMut(&Deltas)) {
        self.walk(most_routes, None, &mut visit);
    }

    /// The same of the routes to a prefix and to all inside it.
    pub fn each_held_in(&self, prefix: IpNet, most_routes: usize, mut visit: impl FnMut(&Deltas)) {
        self.walk(most_routes, Some(prefix.trunc()), &mut visit);
    }

    fn walk(&self, most_routes: usize, prefix: Option<IpNet>, visit: &mut dyn FnMut(&Deltas)) {
        let span = prefix.map_or(Span::All, Span::MoreSpecifics);
        for router in self.routers.values() {
            let of = |peer: &Peer| PeerRow { router: 0, changed: true, ..peer.row.clone() };
            let mut deltas = Deltas { routers: vec![router.row.clone()], ..Deltas::default() };
            deltas.peers.extend(router.peers.values().map(of));
            for (index, peer) in (0..).zip(router.peers.values()) {
                deltas.ribs.extend(peer.ribs.iter().map(|(key, rib)| row(peer, index, *key, rib)));
            }
            visit(&deltas);
            for peer in router.peers.values() {
                for (key, rib) in &peer.ribs {
                    let begin = || Deltas {
                        routers: vec![router.row.clone()],
                        peers: vec![of(peer)],
                        ribs: vec![row(peer, 0, *key, rib)],
                        ..Deltas::default()
                    };
                    self.held_routes(router, rib, span, most_routes.max(1), &begin, visit);
                }
            }
        }
    }

    fn held_routes(
        &self,
        router: &Router,
        rib: &Rib,
        span: Span,
        most: usize,
        begin: &dyn Fn() -> Deltas,
        visit: &mut dyn FnMut(&Deltas),
    ) {
        let mut deltas = begin();
        let mut known: HashMap<SetId, u32> = HashMap::new();
        rib.routes.visit(span, None, &mut |wire, route| {
            let set = *known.entry(route.attributes).or_insert_with(|| {
                let octets = self.sets.bytes(route.attributes).map(Arc::clone).unwrap_or_default();
                deltas.attributes.push(AttributeSet::new(octets));
                u32::try_from(deltas.attributes.len() - 1).unwrap_or(u32::MAX)
            });
            let wire = wire();
            deltas.routes.push(RouteDelta {
                change: RouteChange::Announce,
                rib: 0,
                nlri: wire.nlri,
                path_id: wire.path_id,
                attributes: Some(set),
                before: None,
                position: Position {
                    generation: router.generations.get(route.changed),
                    sequence: route.sequence,
                },
                router_time_us: 0,
                received_at_us: route.changed_at_us,
                synthetic: false,
                unknown: false,
                ended: false,
                after_gap: false,
            });
            if deltas.routes.len() == most {
                visit(&deltas);
                deltas = begin();
                known.clear();
            }
            true
        });
        if !deltas.routes.is_empty() {
            visit(&deltas);
        }
    }
}

fn row(peer: &Peer, index: u32, key: RibKey, rib: &Rib) -> RibRow {
    RibRow {
        rib_id: rib_id(&peer.row.peer_id, key.view, key.afi, key.safi),
        peer: index,
        view: key.view,
        afi: key.afi,
        safi: key.safi,
        routes: u64::try_from(rib.routes.len()).unwrap_or(u64::MAX),
        verified: rib.verified,
        end_of_rib: rib.end_of_rib,
        filtered: rib.filtered,
        inferred: rib.add_path_inferred,
        changed_at_us: rib.last_change_us,
        changed: false,
    }
}
