//! The topology: nodes, the links between them, and the routes that use a link.
//!
//! Every change gives what it changed a new revision, so that a reader asks for what is newer than the last revision it saw
//! ([`Topology::changed_since`]) and needs no copy of all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// It sends BMP, or is named as a site.
    Router,
    /// A BGP speaker of the same AS of which nothing else is known.
    Peer,
    /// A BGP speaker of another AS.
    ExternalAs,
    KubernetesNode,
    /// Known from routes of OSPF only.
    OspfRouter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Up,
    Down,
    /// Nobody observes it any more: it is as it was last seen.
    Stale,
    /// Up and down again and again.
    Flapping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Bgp,
    Ospf,
    Calico,
    Isis,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Name of the configuration, sysName, or an address.
    pub id: String,
    pub kind: NodeKind,
    pub asn: Option<u32>,
    pub addresses: BTreeSet<IpAddr>,
    pub status: Status,
    /// Revision of the topology that changed it last.
    pub revision: u64,
}

/// A link. There is one of it, whichever of its ends reported it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    pub source: String,
    pub target: String,
    pub protocol: Protocol,
    /// What it was derived from.
    pub evidence: BTreeSet<String>,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
    /// The cost in OSPF.
    pub metric: Option<u32>,
    pub status: Status,
    /// Routes that are known to use it: pod blocks and redistributed routes, not a full table.
    pub routes: BTreeMap<IpNet, Route>,
    /// Revision of the topology that changed it, or one of its routes, last.
    pub revision: u64,
    /// The sessions and routes that show that the link exists.
    #[serde(skip)]
    bearers: BTreeSet<Bearer>,
}

/// A route on a link.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Route {
    pub metric: Option<u32>,
    pub status: Status,
    pub revision: u64,
}

/// Something that shows that a link exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearer {
    /// A peer's session.
    Session(u32),
    /// A prefix that a peer, or a router, announces.
    Route(u32, IpNet),
    /// A link of BGP-LS that a peer announces, by the hash of its NLRI.
    LinkState(u32, u64),
}

impl Bearer {
    fn prefix(&self) -> Option<IpNet> {
        match self {
            Bearer::Route(_, prefix) => Some(*prefix),
            Bearer::Session(_) | Bearer::LinkState(..) => None,
        }
    }
}

/// A link by its ends, in order, and protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkKey(String, String, Protocol);

impl LinkKey {
    pub fn new(one: &str, other: &str, protocol: Protocol) -> Self {
        let (first, second) = if one <= other { (one, other) } else { (other, one) };
        LinkKey(first.into(), second.into(), protocol)
    }
}

/// One row of [`Topology::rows`]: a route on its link.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row<'a> {
    pub source: &'a str,
    pub target: &'a str,
    /// None: the link itself.
    pub prefix: Option<IpNet>,
    pub metric: Option<u32>,
    pub status: Status,
}

/// Nodes and links as they are now.
#[derive(Debug, Default)]
pub struct Topology {
    revision: u64,
    nodes: BTreeMap<String, Node>,
    links: BTreeMap<LinkKey, Link>,
    /// How many links that are not down a node has.
    degree: BTreeMap<String, usize>,
}

/// What a report of a link changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Same,
    Added,
    Lost,
}

impl Topology {
    /// The revision of the newest change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.values()
    }

    pub fn link(&self, one: &str, other: &str, protocol: Protocol) -> Option<&Link> {
        self.links.get(&LinkKey::new(one, other, protocol))
    }

    /// Nodes and links with a later revision.
    pub fn changed_since(&self, revision: u64) -> (Vec<&Node>, Vec<&Link>) {
        (
            self.nodes().filter(|node| node.revision > revision).collect(),
            self.links().filter(|link| link.revision > revision).collect(),
        )
    }

    /// Every link and every route on it, as source, target, prefix, metric and status.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.links.values().flat_map(|link| {
            let row = |prefix, metric, status| Row {
                source: &link.source,
                target: &link.target,
                prefix,
                metric,
                status,
            };
            std::iter::once(row(None, link.metric, link.status)).chain(
                link.routes.iter().map(move |(prefix, route)| row(Some(*prefix), route.metric, route.status)),
            )
        })
    }

    fn next(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    /// Records that a node exists; returns whether that is new.
    pub(crate) fn node_up(
        &mut self,
        id: &str,
        kind: NodeKind,
        asn: Option<u32>,
        address: Option<IpAddr>,
    ) -> bool {
        let revision = self.revision + 1;
        let mut changed = false;
        let mut added = false;
        let node = self.nodes.entry(id.into()).or_insert_with(|| {
            changed = true;
            added = true;
            Node { id: id.into(), kind, asn, addresses: BTreeSet::new(), status: Status::Up, revision }
        });
        if kind < node.kind || (node.kind == NodeKind::OspfRouter && kind == NodeKind::KubernetesNode) {
            node.kind = kind;
            changed = true;
        }
        if node.status != Status::Up {
            added |= node.status == Status::Down;
            node.status = Status::Up;
            changed = true;
        }
        if asn.is_some() && node.asn != asn {
            node.asn = asn;
            changed = true;
        }
        if let Some(address) = address.filter(|address| !address.is_unspecified()) {
            changed |= node.addresses.insert(address);
        }
        if changed {
            node.revision = revision;
            self.revision = revision;
        }
        added
    }

    /// Sets the status of a node; returns whether that is new.
    pub(crate) fn node_status(&mut self, id: &str, status: Status) -> bool {
        let revision = self.revision + 1;
        match self.nodes.get_mut(id) {
            Some(node) if node.status != status => {
                node.status = status;
                node.revision = revision;
                self.revision = revision;
                true
            }
            _ => false,
        }
    }

    /// How many links of a node are not down.
    pub(crate) fn degree(&self, node: &str) -> usize {
        self.degree.get(node).copied().unwrap_or(0)
    }

    /// Records that a session or a route shows that a link exists.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn bear(
        &mut self,
        source: &str,
        target: &str,
        protocol: Protocol,
        bearer: Bearer,
        evidence: &str,
        confidence: f32,
        metric: Option<u32>,
    ) -> Told {
        let revision = self.next();
        let mut added = false;
        let link = self.links.entry(LinkKey::new(source, target, protocol)).or_insert_with(|| {
            added = true;
            Link {
                source: source.into(),
                target: target.into(),
                protocol,
                evidence: BTreeSet::new(),
                confidence,
                metric,
                status: Status::Up,
                routes: BTreeMap::new(),
                revision,
                bearers: BTreeSet::new(),
            }
        });
        added |= link.status == Status::Down;
        link.status = Status::Up;
        link.revision = revision;
        link.confidence = link.confidence.max(confidence);
        link.bearers.insert(bearer);
        if !link.evidence.contains(evidence) {
            link.evidence.insert(evidence.into());
        }
        match bearer.prefix() {
            Some(prefix) => {
                link.routes.insert(prefix, Route { metric, status: Status::Up, revision });
                // The shortest way over a link is its own cost.
                link.metric = link.metric.into_iter().chain(metric).min();
            }
            None => link.metric = metric.or(link.metric),
        }
        if added {
            *self.degree.entry(source.into()).or_default() += 1;
            *self.degree.entry(target.into()).or_default() += 1;
            return Told::Added;
        }
        Told::Same
    }

    /// Records that a session or a route does not show the link any more.
    pub(crate) fn unbear(&mut self, one: &str, other: &str, protocol: Protocol, bearer: Bearer) -> Told {
        let revision = self.revision + 1;
        let Some(link) = self.links.get_mut(&LinkKey::new(one, other, protocol)) else { return Told::Same };
        if !link.bearers.remove(&bearer) {
            return Told::Same;
        }
        self.revision = revision;
        link.revision = revision;
        if let Some(prefix) = bearer.prefix() {
            if !link.bearers.iter().any(|held| held.prefix() == Some(prefix)) {
                link.routes.remove(&prefix);
            }
        }
        if !link.bearers.is_empty() || link.status == Status::Down {
            return Told::Same;
        }
        link.status = Status::Down;
        for end in [one, other] {
            if let Some(degree) = self.degree.get_mut(end) {
                *degree = degree.saturating_sub(1);
            }
        }
        Told::Lost
    }

    /// Removes a link without reporting it, because it was recorded under a name that turned out to be wrong.
    pub(crate) fn forget_link(&mut self, one: &str, other: &str, protocol: Protocol) {
        let Some(link) = self.links.remove(&LinkKey::new(one, other, protocol)) else { return };
        self.revision += 1;
        if link.status == Status::Down {
            return;
        }
        for end in [one, other] {
            let degree = self.degree.entry(end.into()).or_default();
            *degree = degree.saturating_sub(1);
            if *degree == 0 {
                self.nodes.remove(end);
            }
        }
    }

    /// Changes the status of all links of a router that is not observed any more, or is observed again.
    pub(crate) fn links_status(&mut self, node: &str, from: Status, to: Status) {
        let revision = self.revision + 1;
        for link in self.links.values_mut() {
            if link.source == node && link.status == from {
                link.status = to;
                link.revision = revision;
                self.revision = revision;
            }
        }
    }

    /// Sets the status of a link that is not down.
    pub(crate) fn link_status(&mut self, one: &str, other: &str, protocol: Protocol, status: Status) {
        let revision = self.revision + 1;
        if let Some(link) = self.links.get_mut(&LinkKey::new(one, other, protocol)) {
            if link.status != Status::Down && link.status != status {
                link.status = status;
                link.revision = revision;
                self.revision = revision;
            }
        }
    }
}
