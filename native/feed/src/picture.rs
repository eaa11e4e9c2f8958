//! What is drawn, and when it changed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use insight::Config;
use rib::{Id, Position};

use crate::entities::{Entity, Link, Node, NodeKey, Path, Route, RouteKey, Status};
use crate::finding::Findings;
use crate::known::Known;
use crate::places::Places;

/// What a picture may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Routes that are told one by one. Further ones are in the counts of their peers only.
    pub max_routes: usize,
    /// The most withdrawn things that are still remembered, so that clients hear that they are gone.
    pub max_gone: usize,
    /// For how long these are remembered at most, in microseconds.
    pub gone_us: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_routes: 20_000, max_gone: 10_000, gone_us: 60_000_000 }
    }
}

const WITHDRAWAL: u32 = 1000;
const CHANGE: u32 = 500;
const HALF_LIFE_US: i64 = 900_000_000;
/// A route flaps from the first of these penalties on, until its penalty is below the second.
const FLAPS: u32 = 2000;
const RESTS: u32 = 750;

#[derive(Debug, Default)]
pub struct Picture {
    pub(crate) limits: Limits,
    revision: u64,
    /// The revision of the last thing that was forgotten: a client with an earlier revision may not know that
    /// it is gone.
    horizon: u64,
    next_id: u32,
    changed: BTreeMap<u64, Entity>,
    gone: VecDeque<(u64, Entity, i64)>,
    pub(crate) nodes: HashMap<u32, Node>,
    node_ids: HashMap<NodeKey, u32>,
    pub(crate) links: HashMap<u32, Link>,
    link_ids: HashMap<(u32, u32), u32>,
    pub(crate) routes: HashMap<u32, Route>,
    route_ids: HashMap<RouteKey, u32>,
    of_peer: HashMap<Id, HashSet<u32>>,
    flapping: BTreeSet<u32>,
    pub(crate) findings: Findings,
    /// Routes that are not withdrawn.
    active: usize,
    pub(crate) known: Known,
    pub(crate) places: Places,
}

impl Picture {
    pub fn new(limits: Limits) -> Self {
        Picture { limits, ..Picture::default() }
    }

    /// A picture that knows where the sites of the configuration stand.
    #[must_use]
    pub fn with_places(self, config: &Config) -> Self {
        Picture { places: Places::new(config), ..self }
    }

    /// A number that rises with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Routes that are told one by one.
    pub fn routes(&self) -> usize {
        self.active
    }

    /// What changed after a revision, in the order nodes, links, routes, findings; nothing where that is not known any more.
    pub(crate) fn since(&self, revision: u64) -> Option<Vec<Entity>> {
        if revision < self.horizon {
            return None;
        }
        let mut changed: Vec<Entity> =
            self.changed.range(revision.saturating_add(1)..).map(|(_, entity)| *entity).collect();
        changed.sort_unstable();
        Some(changed)
    }

    /// All that there is, in the same order.
    pub(crate) fn all(&self) -> Vec<Entity> {
        let mut all: Vec<Entity> = self.changed.values().copied().filter(|one| !self.is_gone(*one)).collect();
        all.sort_unstable();
        all
    }

    /// Time passes: what flapped comes to rest, and what is long withdrawn is forgotten.
    pub fn tick(&mut self, now_us: i64) {
        let rested: Vec<u32> = self
            .flapping
            .iter()
            .copied()
            .filter(|id| self.routes.get(id).is_none_or(|route| points(route, now_us) < RESTS))
            .collect();
        for id in rested {
            self.flapping.remove(&id);
            if let Some(route) = self.routes.get_mut(&id).filter(|route| route.status == Status::Flapping) {
                route.status = Status::Active;
                self.touch(Entity::Route(id));
            }
        }
        while let Some((revision, entity, at_us)) = self.gone.front().copied() {
            if self.gone.len() <= self.limits.max_gone && now_us.saturating_sub(at_us) < self.limits.gone_us {
                break;
            }
            self.gone.pop_front();
            // It may have come back, or have been withdrawn again since.
            if self.changed.get(&revision) == Some(&entity) {
                self.forget(revision, entity);
            }
        }
    }

    fn forget(&mut self, revision: u64, entity: Entity) {
        self.changed.remove(&revision);
        self.horizon = self.horizon.max(revision);
        match entity {
            Entity::Node(id) => {
                if let Some(node) = self.nodes.remove(&id) {
                    self.node_ids.remove(&node.key);
                }
            }
            Entity::Link(id) => {
                if let Some(link) = self.links.remove(&id) {
                    self.link_ids.remove(&(link.source, link.destination));
                }
            }
            Entity::Route(id) => {
                if let Some(route) = self.routes.remove(&id) {
                    self.route_ids.remove(&route.key);
                }
            }
            Entity::Finding(id) => self.findings.forget(id),
        }
    }

    fn status(&self, entity: Entity) -> Option<Status> {
        match entity {
            Entity::Node(id) => self.nodes.get(&id).map(|node| node.status),
            Entity::Link(id) => self.links.get(&id).map(|link| link.status),
            Entity::Route(id) => self.routes.get(&id).map(|route| route.status),
            Entity::Finding(id) => self.findings.of.get(&id).map(|finding| finding.status),
        }
    }

    fn is_gone(&self, entity: Entity) -> bool {
        self.status(entity).is_none_or(|status| status == Status::Withdrawn)
    }

    /// Records that an entity has just changed.
    pub(crate) fn touch(&mut self, entity: Entity) {
        self.revision = self.revision.saturating_add(1);
        let revision = self.revision;
        let (before, at_us, status) = match entity {
            Entity::Node(id) => match self.nodes.get_mut(&id) {
                Some(node) => (std::mem::replace(&mut node.revision, revision), node.at_us, node.status),
                None => return,
            },
            Entity::Link(id) => match self.links.get_mut(&id) {
                Some(link) => (std::mem::replace(&mut link.revision, revision), link.at_us, link.status),
                None => return,
            },
            Entity::Route(id) => match self.routes.get_mut(&id) {
                Some(route) => (std::mem::replace(&mut route.revision, revision), route.at_us, route.status),
                None => return,
            },
            Entity::Finding(id) => match self.findings.of.get_mut(&id) {
                Some(held) => (std::mem::replace(&mut held.revision, revision), held.at_us, held.status),
                None => return,
            },
        };
        self.changed.remove(&before);
        self.changed.insert(revision, entity);
        if status == Status::Withdrawn {
            self.gone.push_back((revision, entity, at_us));
        }
    }

    pub(crate) fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        id
    }

    /// The node of a key, made where there is none.
    pub(crate) fn node(&mut self, key: NodeKey, label: impl FnOnce() -> String, at_us: i64) -> u32 {
        if let Some(id) = self.node_ids.get(&key) {
            return *id;
        }
        let id = self.id();
        let asn = if let NodeKey::As(asn) = key { Some(asn) } else { None };
        let node = Node {
            revision: 0,
            key: key.clone(),
            label: label(),
            status: Status::Active,
            asn,
            at: None,
            routes: 0,
            router: None,
            at_us,
        };
        self.nodes.insert(id, node);
        self.node_ids.insert(key, id);
        self.touch(Entity::Node(id));
        id
    }

    pub(crate) fn known_node(&self, key: &NodeKey) -> Option<u32> {
        self.node_ids.get(key).copied()
    }

    /// Changes a node, and says so only where it is different then.
    pub(crate) fn change_node(&mut self, id: u32, change: impl FnOnce(&mut Node)) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        let before = (node.label.clone(), node.status, node.asn, node.routes, node.router, node.at);
        change(node);
        if before != (node.label.clone(), node.status, node.asn, node.routes, node.router, node.at) {
            self.touch(Entity::Node(id));
        }
    }

    /// The session between a router and a peer.
    pub(crate) fn session(&mut self, router: u32, peer: u32, status: Status, at_us: i64) {
        let id = self.link(router, peer, at_us);
        if let Some(link) = self.links.get_mut(&id) {
            if link.status != status {
                link.status = status;
                link.at_us = at_us;
                self.touch(Entity::Link(id));
            }
        }
    }

    fn link(&mut self, source: u32, destination: u32, at_us: i64) -> u32 {
        if let Some(id) = self.link_ids.get(&(source, destination)) {
            return *id;
        }
        let id = self.id();
        let link = Link { revision: 0, source, destination, status: Status::Active, routes: 0, at_us };
        self.links.insert(id, link);
        self.link_ids.insert((source, destination), id);
        self.touch(Entity::Link(id));
        id
    }

    /// Counts a route more or a route less on a path.
    fn count(&mut self, path: &Path, by: i64, at_us: i64) {
        let counted = |routes: u64| routes.saturating_add_signed(by);
        let drawn = |routes: u64| if routes == 0 { Status::Withdrawn } else { Status::Active };
        if let Some(node) = self.nodes.get_mut(&path.destination) {
            if matches!(node.key, NodeKey::As(_) | NodeKey::NextHop(_)) {
                node.routes = counted(node.routes);
                node.status = drawn(node.routes);
                node.at_us = at_us;
                self.touch(Entity::Node(path.destination));
            }
        }
        if path.source == path.destination {
            return;
        }
        let id = self.link(path.source, path.destination, at_us);
        // The link of a session lives as long as the session does.
        let session = self.nodes.get(&path.destination).is_some_and(|node| node.router == Some(path.source));
        if let Some(link) = self.links.get_mut(&id) {
            link.routes = counted(link.routes);
            if !session {
                link.status = drawn(link.routes);
            }
            link.at_us = at_us;
            self.touch(Entity::Link(id));
        }
    }

    /// Whether a route is among those that are told one by one, or can be.
    pub(crate) fn has_room(&self, key: &RouteKey) -> bool {
        self.active < self.limits.max_routes || self.route_ids.contains_key(key)
    }

    /// Records that a route is there, or has another path.
    pub(crate) fn announce(
        &mut self,
        key: RouteKey,
        path: Path,
        prefix: impl FnOnce() -> String,
        position: Position,
        at_us: i64,
    ) {
        let Some(id) = self.route_ids.get(&key).copied() else {
            let id = self.id();
            self.active += 1;
            self.count(&path, 1, at_us);
            self.of_peer.entry(key.peer).or_default().insert(id);
            self.route_ids.insert(key.clone(), id);
            let (prefix, status) = (prefix(), Status::Active);
            let route = Route { revision: 0, key, path, prefix, status, position, at_us, penalty: 0 };
            self.routes.insert(id, route);
            self.touch(Entity::Route(id));
            return;
        };
        let Some(route) = self.routes.get_mut(&id) else { return };
        // Told before, by the table itself.
        if route.position > position || (route.status != Status::Withdrawn && route.path == path) {
            return;
        }
        let back = route.status == Status::Withdrawn;
        if !back {
            route.penalty = points(route, at_us).saturating_add(CHANGE);
        }
        let before = std::mem::replace(&mut route.path, path.clone());
        let flaps = route.penalty >= FLAPS;
        route.status = if flaps { Status::Flapping } else { Status::Active };
        (route.position, route.at_us) = (position, at_us);
        let peer = route.key.peer;
        if back {
            self.active += 1;
            self.of_peer.entry(peer).or_default().insert(id);
        } else {
            self.count(&before, -1, at_us);
        }
        self.count(&path, 1, at_us);
        if flaps {
            self.flapping.insert(id);
        }
        self.touch(Entity::Route(id));
    }

    /// Records that a route is withdrawn.
    pub(crate) fn withdraw(&mut self, key: &RouteKey, position: Position, at_us: i64) {
        if let Some(id) = self.route_ids.get(key).copied() {
            self.withdraw_id(id, position, at_us);
        }
    }

    /// Withdraws all routes of a peer that are older than its end.
    pub(crate) fn end(&mut self, peer: &Id, position: Position, at_us: i64) {
        let routes: Vec<u32> = self.of_peer.get(peer).into_iter().flatten().copied().collect();
        for id in routes {
            self.withdraw_id(id, position, at_us);
        }
    }

    fn withdraw_id(&mut self, id: u32, position: Position, at_us: i64) {
        let Some(route) = self.routes.get_mut(&id) else { return };
        if route.status == Status::Withdrawn || route.position > position {
            return;
        }
        route.penalty = points(route, at_us).saturating_add(WITHDRAWAL);
        route.status = Status::Withdrawn;
        (route.position, route.at_us) = (position, at_us);
        let (path, peer) = (route.path.clone(), route.key.peer);
        self.active -= 1;
        self.flapping.remove(&id);
        if let Some(of_peer) = self.of_peer.get_mut(&peer) {
            of_peer.remove(&id);
        }
        self.count(&path, -1, at_us);
        self.touch(Entity::Route(id));
    }
}

/// What is left of a penalty.
fn points(route: &Route, now_us: i64) -> u32 {
    let halves = now_us.saturating_sub(route.at_us).max(0) / HALF_LIFE_US;
    route.penalty.checked_shr(u32::try_from(halves).unwrap_or(u32::MAX)).unwrap_or(0)
}
