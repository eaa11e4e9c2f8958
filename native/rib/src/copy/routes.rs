//! What a commit comes to for each route, whatever it did to it in between.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use super::place::{at, Place};
use crate::deltas::{Deltas, EndKind, EndScope, Id, RouteChange};

/// What a commit does to the routes.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) gone: Vec<Place>,
    pub(super) changed: Vec<Place>,
    pub(super) new: Vec<Place>,
    pub(super) history: Vec<Place>,
}

/// One route in a commit.
pub(super) struct Net {
    /// The store has it.
    stored: bool,
    /// It is there after the commit.
    present: bool,
    last: Place,
}

impl Routes {
    pub(super) fn of<D: Deref<Target = Deltas>>(commit: &[D]) -> Self {
        let mut routes = Routes::default();
        let mut net: Vec<Net> = Vec::new();
        let mut known: HashMap<(i64, Option<u32>, &[u8]), usize> =
            HashMap::with_capacity(commit.iter().map(|deltas| deltas.routes.len()).sum());
        for (number, deltas) in (0_u32..).zip(commit) {
            wipe(commit, deltas, &mut net);
            for (index, route) in (0_u32..).zip(&deltas.routes) {
                let Some(rib) = deltas.rib(route.rib).filter(|_| !route.unknown) else { continue };
                let last = Place { deltas: number, index };
                routes.history.push(last);
                // What an end of these deltas closes is gone with its RIB.
                if route.ended {
                    continue;
                }
                let present = route.change != RouteChange::Withdraw;
                match known
                    .get(&(rib.rib_id, route.path_id, &*route.nlri))
                    .and_then(|place| net.get_mut(*place))
                {
                    Some(net) => {
                        net.present = present;
                        net.last = last;
                    }
                    None => {
                        known.insert((rib.rib_id, route.path_id, &*route.nlri), net.len());
                        net.push(Net { stored: route.change != RouteChange::Announce, present, last });
                    }
                }
            }
        }
        for Net { stored, present, last } in net {
            match (stored, present) {
                (true, true) => routes.changed.push(last),
                (false, true) => routes.new.push(last),
                (true, false) => routes.gone.push(last),
                (false, false) => {}
            }
        }
        routes
    }
}

/// Forgets the routes of RIBs that end in `deltas`: the store deletes them by RIB.
pub(super) fn wipe<D: Deref<Target = Deltas>>(commit: &[D], deltas: &Deltas, net: &mut [Net]) {
    let ended: Vec<EndScope> =
        deltas.ends.iter().filter(|end| end.kind == EndKind::Ended).map(|end| end.scope).collect();
    if ended.is_empty() {
        return;
    }
    let (mut peers, mut routers): (HashSet<&Id>, HashSet<&Id>) = Default::default();
    for scope in ended {
        match scope {
            EndScope::Peer(peer) => peers.extend(deltas.peer(peer).map(|peer| &peer.peer_id)),
            EndScope::Router(router) => routers.extend(deltas.router_id(router)),
        }
    }
    for route in net {
        let ids = at(commit, route.last.deltas).and_then(|deltas| {
            let rib = deltas.rib(at(&deltas.routes, route.last.index)?.rib)?;
            deltas.peer_ids(rib.peer)
        });
        if ids.is_some_and(|(router, peer)| routers.contains(router) || peers.contains(peer)) {
            (route.stored, route.present) = (false, false);
        }
    }
}
