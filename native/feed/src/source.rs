//! From the routing table and its deltas to the picture.
//!
//! A route is drawn from where it was heard (its peer; of a Loc-RIB the peer that it was chosen from) to where it originates: the
//! last AS of its path, or its next hop where the path is empty, as with the pods of a Kubernetes node.

use rib::{
    Deltas, EndKind, EndScope, Id, PathAttributes, PeerRow, PeerState, Query, RouterRow, RouterState,
    RoutingTable,
};
use wire::registry::bmp::peer_type;

use crate::entities::{NodeKey, Path, RouteKey, Status};
use crate::known::KnownPeer;
use crate::picture::Picture;

impl Picture {
    /// Draws what a table holds. To be called once a table, before or after its deltas come in.
    pub fn load(&mut self, table: &RoutingTable) {
        for router in table.routers() {
            self.router(&router.row);
        }
        for peer in table.peers(None) {
            let Some(router) = self.known_node(&NodeKey::Router(peer.router_id)) else { continue };
            self.peer(router, &peer.row);
            for rib in &peer.ribs {
                let id = rib::rib_id(&peer.row.peer_id, rib.view, rib.afi, rib.safi);
                self.rib(id, &peer.row.peer_id, u64::try_from(rib.routes).unwrap_or(u64::MAX));
            }
        }
        // A query for all is never refused.
        let _ = table.each_route(&Query::default(), |row| {
            let key = RouteKey {
                peer: row.peer_id,
                view: row.view,
                afi: row.afi,
                safi: row.safi,
                nlri: row.nlri.clone(),
                path_id: row.path_id,
            };
            if !self.has_room(&key) {
                return false;
            }
            if let Some(path) = self.path(&key.peer, &row.attributes, row.changed_at_us) {
                let text = || row.nlri_text.clone().or_else(|| row.prefix.map(|net| net.to_string()));
                self.announce(key, path, || text().unwrap_or_default(), row.position, row.changed_at_us);
            }
            true
        });
    }

    /// Draws what a batch changed.
    pub fn apply(&mut self, deltas: &Deltas) {
        for router in &deltas.routers {
            self.router(router);
        }
        for peer in &deltas.peers {
            let router = deltas.router(peer.router).map(|row| NodeKey::Router(row.router_id));
            if let Some(router) = router.and_then(|key| self.known_node(&key)) {
                self.peer(router, peer);
            }
        }
        for rib in &deltas.ribs {
            if let Some(peer) = deltas.peer_of(rib) {
                self.rib(rib.rib_id, &peer.peer_id, rib.routes);
            }
        }
        for end in deltas.ends.iter().filter(|end| end.kind == EndKind::Ended) {
            let ended: Vec<Id> = match end.scope {
                EndScope::Peer(index) => deltas.peer(index).map(|peer| peer.peer_id).into_iter().collect(),
                EndScope::Router(index) => {
                    let node = deltas.router(index).map(|router| NodeKey::Router(router.router_id));
                    let node = node.and_then(|key| self.known_node(&key));
                    let of = |peer: &KnownPeer| Some(peer.router) == node;
                    self.known.peers.iter().filter(|(_, peer)| of(peer)).map(|(id, _)| *id).collect()
                }
            };
            for peer in ended {
                self.end(&peer, end.position, end.received_at_us);
            }
        }
        for route in &deltas.routes {
            let Some(rib) = deltas.rib(route.rib) else { continue };
            let Some(peer) = deltas.peer_of(rib) else { continue };
            let key = RouteKey {
                peer: peer.peer_id,
                view: rib.view,
                afi: rib.afi,
                safi: rib.safi,
                nlri: route.nlri.clone(),
                path_id: route.path_id,
            };
            match deltas.attributes_of(route).filter(|_| !route.ended) {
                Some(set) if self.has_room(&key) => {
                    let Some(path) = self.path(&key.peer, set.typed(), route.received_at_us) else {
                        continue;
                    };
                    let text = || rib::nlri::text(rib.afi, rib.safi, &route.nlri);
                    self.announce(key, path, text, route.position, route.received_at_us);
                }
                Some(_) => {}
                None => self.withdraw(&key, route.position, route.received_at_us),
            }
        }
    }

    fn router(&mut self, row: &RouterRow) {
        let name = || match (row.sys_name.as_str(), row.address) {
            ("", Some(address)) => address.to_string(),
            (name, _) => name.to_string(),
        };
        let id = self.node(NodeKey::Router(row.router_id), name, row.session_started_us);
        let at = self.places.find(&name(), row.address);
        self.change_node(id, |node| {
            node.label = name();
            node.at = at;
            node.status = match row.state {
                RouterState::Connected => Status::Active,
                RouterState::Disconnected => Status::Stale,
            };
            node.at_us = row.session_ended_us.unwrap_or(row.session_started_us);
        });
    }

    fn peer(&mut self, router: u32, row: &PeerRow) {
        let loc_rib = row.peer_type == peer_type::LOC_RIB;
        // FRR tells what a router originates itself as of a peer without address and AS.
        let own = loc_rib || (row.address.is_unspecified() && row.asn == 0);
        if own {
            self.known.peers.insert(row.peer_id, KnownPeer { router, node: router, loc_rib });
            return;
        }
        let at_us = row.state_since_us;
        let status = match row.state {
            PeerState::Up | PeerState::Unknown => Status::Active,
            PeerState::Down => Status::Down,
            PeerState::Stale => Status::Stale,
        };
        let node = self.node(NodeKey::Peer(row.peer_id), || row.address.to_string(), at_us);
        let at = self.places.find("", Some(row.address));
        self.change_node(node, |node| {
            node.at = at;
            node.status = status;
            node.asn = Some(row.asn);
            node.router = Some(router);
            node.at_us = at_us;
        });
        self.session(router, node, status, at_us);
        self.known.peers.insert(row.peer_id, KnownPeer { router, node, loc_rib });
        self.known.by_address.insert((router, row.address), node);
    }

    /// How many routes a RIB holds, of which not all may be drawn.
    fn rib(&mut self, rib_id: i64, peer: &Id, routes: u64) {
        let Some(peer) = self.known.peers.get(peer).copied() else { return };
        let before = self.known.ribs.insert(rib_id, routes).unwrap_or(0);
        let mut nodes = vec![peer.node];
        if peer.node != peer.router {
            nodes.push(peer.router);
        }
        for id in nodes {
            self.change_node(id, |node| {
                node.routes = node.routes.saturating_sub(before).saturating_add(routes);
            });
        }
    }

    fn path(&mut self, peer: &Id, attributes: &PathAttributes, at_us: i64) -> Option<Path> {
        let peer = self.known.peers.get(peer).copied()?;
        let next_hop = attributes.next_hop.filter(|address| !address.is_unspecified());
        let heard = next_hop.and_then(|address| self.known.by_address.get(&(peer.router, address)).copied());
        let destination = match (attributes.as_path.last(), next_hop) {
            (Some(asn), _) => self.node(NodeKey::As(*asn), || format!("AS{asn}"), at_us),
            (None, Some(address)) => match heard {
                Some(node) => node,
                None => {
                    let node = self.node(NodeKey::NextHop(address), || address.to_string(), at_us);
                    let at = self.places.find("", Some(address));
                    self.change_node(node, |node| node.at = at);
                    node
                }
            },
            (None, None) => peer.node,
        };
        let from = if peer.loc_rib { heard.unwrap_or(peer.node) } else { peer.node };
        let source = if from == destination { peer.router } else { from };
        let (metric, text) = (attributes.med, attributes.as_path_text.clone());
        Some(Path { router: peer.router, source, destination, metric, text })
    }
}
