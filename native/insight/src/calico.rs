//! Calico's pod blocks: which node announces which, and whether one that goes is lost or only moves.
//!
//! A block is at a node while an observed router has a route to it from there. The routes that routers
//! receive from the node decide; a Loc-RIB is looked at only where no router shows what it receives.

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;
use rib::view::RibView;

use crate::alerts::Raise;
use crate::config::{Calico, Waits};
use crate::route::Changed;
use crate::said::{Cause, Change, Evidence};
use crate::timers::Timer;
use crate::topology::{Bearer, NodeKind, Protocol};
use crate::voice::{Judgement, Voice};
use crate::world::World;

/// What the text of every alert begins with.
const LOST: &str = "Route to Pod Subnet Lost - Check Calico Node BGP Peer";
/// A block that is at two nodes for longer is at both on purpose.
const OVERLAP_MS: i64 = 60_000;

#[derive(Clone, Debug)]
struct Holder {
    peer: u32,
    node: String,
    pre: bool,
    post: bool,
    loc: bool,
    since_ms: i64,
}

impl Holder {
    fn has(&self, world: &World) -> bool {
        match world.peer(self.peer) {
            Some(peer) if peer.has_post => self.post,
            _ => self.pre || self.post,
        }
    }

    fn is_empty(&self) -> bool {
        !(self.pre || self.post || self.loc)
    }
}

#[derive(Clone, Debug)]
struct Lost {
    at_ms: i64,
    from: String,
    evidence: Evidence,
    /// `prefix_lost` was said.
    told: bool,
    /// The alert that it is in.
    alert: Option<String>,
}

#[derive(Debug, Default)]
struct Block {
    holders: Vec<Holder>,
    /// Where it is, as it was told.
    home: Option<String>,
    lost: Option<Lost>,
    /// Whether a router shows the route as it receives it.
    comes_in: bool,
}

impl Block {
    /// The nodes that announce it, with the time since when.
    fn nodes(&self, world: &World) -> Vec<(&str, i64)> {
        let has = |holder: &&Holder| {
            world.is_observed(holder.peer)
                && if self.comes_in { holder.has(world) } else { holder.loc || holder.has(world) }
        };
        self.holders.iter().filter(has).map(|holder| (holder.node.as_str(), holder.since_ms)).collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Blocks {
    pools: Vec<IpNet>,
    blocks: HashMap<IpNet, Block>,
    by_peer: HashMap<u32, BTreeSet<IpNet>>,
    /// Blocks by the node that they were reported to be at, or were lost from.
    by_node: HashMap<String, BTreeSet<IpNet>>,
    /// Blocks that the alert on a subject waits for.
    alerts: HashMap<String, BTreeSet<IpNet>>,
    /// Blocks that were lost before a restart, by the alert that they are in.
    restored: HashMap<IpNet, String>,
}

impl Blocks {
    pub fn new(config: &Calico) -> Self {
        Blocks { pools: config.pools.iter().map(IpNet::trunc).collect(), ..Blocks::default() }
    }

    /// Blocks that were lost before a restart; whether there are any. They are lost until a node announces them.
    pub fn restore(&mut self, subject: &str, prefixes: BTreeSet<IpNet>) -> bool {
        let lost: BTreeSet<IpNet> = prefixes.into_iter().filter(|prefix| self.is_block(prefix)).collect();
        self.restored.extend(lost.iter().map(|prefix| (*prefix, subject.to_string())));
        let any = !lost.is_empty();
        if any {
            self.alerts.insert(subject.into(), lost);
        }
        any
    }

    /// Whether a prefix is a block of a pool.
    pub fn is_block(&self, prefix: &IpNet) -> bool {
        self.pools.iter().any(|pool| pool.prefix_len() < prefix.prefix_len() && pool.contains(prefix))
    }

    /// Whether a node announces any block.
    pub fn announces(&self, node: &str, world: &World) -> bool {
        self.by_node.get(node).is_some_and(|blocks| {
            blocks
                .iter()
                .filter_map(|prefix| self.blocks.get(prefix))
                .any(|block| block.nodes(world).iter().any(|(at, _)| *at == node))
        })
    }

    /// Blocks that a node lost and that are nowhere.
    pub fn lost_by(&self, node: &str) -> BTreeSet<IpNet> {
        let blocks = self.by_node.get(node).into_iter().flatten().copied();
        blocks.filter(|prefix| self.blocks.get(prefix).is_some_and(|block| block.lost.is_some())).collect()
    }

    pub fn changed(&mut self, route: &Changed<'_>, world: &World, waits: &Waits, voice: &mut Voice) {
        if !self.is_block(&route.prefix)
            || matches!(route.view, RibView::AdjRibOutPre | RibView::AdjRibOutPost)
        {
            return;
        }
        let block = self.blocks.entry(route.prefix).or_default();
        let node = route.new.map(|facts| node_of(facts.next_hop, route.peer, world));
        let place = block.holders.iter().position(|holder| holder.peer == route.peer);
        let mut holder = match place {
            Some(place) => block.holders.swap_remove(place),
            None => Holder {
                peer: route.peer,
                node: String::new(),
                pre: false,
                post: false,
                loc: false,
                since_ms: voice.now,
            },
        };
        if let Some(node) = &node {
            if holder.node != *node {
                holder.node.clone_from(node);
                holder.since_ms = voice.now;
            }
        }
        match route.view {
            RibView::AdjRibInPre => holder.pre = node.is_some(),
            RibView::AdjRibInPost => holder.post = node.is_some(),
            _ => holder.loc = node.is_some(),
        }
        block.comes_in |= holder.pre || holder.post;
        if holder.is_empty() {
            if let Some(prefixes) = self.by_peer.get_mut(&route.peer) {
                prefixes.remove(&route.prefix);
            }
        } else {
            block.holders.push(holder);
            self.by_peer.entry(route.peer).or_default().insert(route.prefix);
        }
        let evidence = match &node {
            Some(node) => route.evidence(world, format!("announced by {node}")),
            None => route.evidence(world, "withdrawn"),
        };
        self.look(route.prefix, &evidence, world, waits, voice);
    }

    /// All routes of a peer are gone.
    pub fn peer_ended(
        &mut self,
        peer: u32,
        evidence: &Evidence,
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        for prefix in self.by_peer.remove(&peer).unwrap_or_default() {
            if let Some(block) = self.blocks.get_mut(&prefix) {
                block.holders.retain(|holder| holder.peer != peer);
            }
            self.look(prefix, evidence, world, waits, voice);
        }
    }

    /// Forgets what a peer had, because its router is not observed any more.
    pub fn forget(&mut self, peer: u32) {
        for prefix in self.by_peer.remove(&peer).unwrap_or_default() {
            if let Some(block) = self.blocks.get_mut(&prefix) {
                block.holders.retain(|holder| holder.peer != peer);
            }
        }
    }

    /// Finds out where a block is now, and tells what that means.
    fn look(&mut self, prefix: IpNet, evidence: &Evidence, world: &World, waits: &Waits, voice: &mut Voice) {
        let Some(block) = self.blocks.get_mut(&prefix) else { return };
        let nodes = block.nodes(world);
        let newest =
            nodes.iter().max_by_key(|(_, since)| *since).map(|(node, since)| (node.to_string(), *since));
        let at_home = block.home.as_ref().is_some_and(|home| nodes.iter().any(|(node, _)| node == home));
        if at_home {
            return;
        }
        let (home, lost) = (block.home.take(), block.lost.take());
        match (home, lost, newest) {
            (None, None, None) => {}
            (None, None, Some((node, _))) => self.settle(prefix, None, node, voice, world),
            (Some(from), _, None) => {
                voice.after(waits.blocks, Timer::BlocksLost(from.clone()));
                voice.after(waits.block, Timer::BlockGone(prefix));
                let lost =
                    Lost { at_ms: voice.now, from, evidence: evidence.clone(), told: false, alert: None };
                block.lost = Some(lost);
            }
            (None, Some(lost), None) => block.lost = Some(lost),
            (Some(from), _, Some((to, since))) => {
                if since + OVERLAP_MS >= voice.now {
                    self.moved(prefix, &from, &to, vec![evidence.clone()], voice);
                }
                self.settle(prefix, Some(from), to, voice, world);
            }
            (None, Some(lost), Some((to, _))) => {
                let moved = lost.from != to;
                if moved {
                    self.moved(prefix, &lost.from, &to, vec![lost.evidence, evidence.clone()], voice);
                }
                if let Some(subject) = lost.alert {
                    self.found(&subject, prefix, moved, &to, voice);
                }
                self.settle(prefix, Some(lost.from), to, voice, world);
            }
        }
    }

    /// Records that a block is at a node.
    fn settle(&mut self, prefix: IpNet, from: Option<String>, to: String, voice: &mut Voice, world: &World) {
        let Some(block) = self.blocks.get_mut(&prefix) else { return };
        let bearers: Vec<u32> =
            block.holders.iter().filter(|holder| holder.node == to).map(|holder| holder.peer).collect();
        block.home = Some(to.clone());
        if let Some(from) = from {
            if let Some(prefixes) = self.by_node.get_mut(&from) {
                prefixes.remove(&prefix);
            }
            self.unbear(prefix, &from, world, voice);
        }
        self.by_node.entry(to.clone()).or_default().insert(prefix);
        if let Some(subject) = self.restored.remove(&prefix) {
            self.found(&subject, prefix, false, &to, voice);
        }
        voice.node(&to, NodeKind::KubernetesNode, None, None);
        for peer in bearers {
            let Some(router) = world.router_of(peer) else { continue };
            voice.node(&router.name, NodeKind::Router, None, router.address);
            let bearer = Bearer::Route(router_number(peer, world), prefix);
            voice.bear(
                &router.name,
                &to,
                Protocol::Calico,
                bearer,
                "pod blocks that the node announces",
                0.95,
                None,
            );
        }
    }

    fn unbear(&self, prefix: IpNet, node: &str, world: &World, voice: &mut Voice) {
        for (number, router) in (0..).zip(&world.routers) {
            voice.unbear(&router.name, node, Protocol::Calico, Bearer::Route(number, prefix));
        }
    }

    fn moved(&self, prefix: IpNet, from: &str, to: &str, evidence: Vec<Evidence>, voice: &mut Voice) {
        voice.change(Change::PrefixMoved { prefix, from: from.into(), to: to.into() });
        let text = format!("the block left {from} and came at {to}");
        let mut judgement = Judgement::new(&prefix.to_string(), Cause::WorkloadMoved, 0.9, text);
        judgement.evidence = evidence;
        voice.judge(judgement);
    }

    /// Records that a lost block is back.
    fn found(&mut self, subject: &str, prefix: IpNet, moved: bool, node: &str, voice: &mut Voice) {
        let Some(prefixes) = self.alerts.get_mut(subject) else { return };
        prefixes.remove(&prefix);
        if !prefixes.is_empty() {
            return;
        }
        self.alerts.remove(subject);
        if moved {
            voice.close("pod_route_lost", subject, &format!("moved to {node}"));
        } else {
            voice.clear("pod_route_lost", subject, &format!("back at {node}"));
        }
    }

    /// Raises one alert for all blocks that a node has just lost.
    pub fn alert(&mut self, node: &str, world: &World, voice: &mut Voice) {
        let lost = self.lost_by(node);
        let new: BTreeSet<IpNet> = lost
            .iter()
            .copied()
            .filter(|prefix| {
                let block = self.blocks.get(prefix);
                block.and_then(|block| block.lost.as_ref()).is_some_and(|lost| lost.alert.is_none())
            })
            .collect();
        if new.is_empty() {
            return;
        }
        // A node that has an open alert of all its blocks has no second one.
        let subject = match (new.len(), new.first()) {
            (1, Some(prefix)) if !self.alerts.contains_key(node) => prefix.to_string(),
            _ => node.to_string(),
        };
        let held = self.alerts.entry(subject.clone()).or_default();
        held.extend(&new);
        let all = held.clone();
        let mut raise = Raise { prefixes: all.clone(), ..Raise::default() };
        for prefix in &new {
            if let Some(lost) = self.blocks.get_mut(prefix).and_then(|block| block.lost.as_mut()) {
                lost.alert = Some(subject.clone());
                raise.evidence.push(lost.evidence.clone());
            }
        }
        let peers = world.by_node.get(node).into_iter().flatten();
        let sessions: Vec<&str> = peers.map(|peer| world.subject(*peer)).collect();
        let which: Vec<String> = all.iter().take(3).map(ToString::to_string).collect();
        let more = if all.len() > which.len() { ", …" } else { "" };
        raise.text = format!("{LOST}: {}{more} of {node} ({})", which.join(", "), sessions.join(", "));
        voice.raise("pod_route_lost", &subject, raise);
    }

    /// The time in which a block might have appeared at another node is over.
    pub fn gone(&mut self, prefix: IpNet, waits: &Waits, world: &World, voice: &mut Voice) {
        let Some(lost) = self.blocks.get_mut(&prefix).and_then(|block| block.lost.as_mut()) else { return };
        if lost.told || lost.at_ms + waits.block > voice.now {
            return;
        }
        lost.told = true;
        let node = lost.from.clone();
        voice.change(Change::PrefixLost { prefix, node: node.clone() });
        self.unbear(prefix, &node, world, voice);
    }
}

/// The node of a route: that of its next hop, else the peer itself.
fn node_of(next_hop: Option<std::net::IpAddr>, peer: u32, world: &World) -> String {
    let held = world.peer(peer);
    let by_address = next_hop.and_then(|address| world.calico_node(&address));
    let by_peer = held.and_then(|held| world.calico_node(&held.address));
    match (by_address.or(by_peer), next_hop) {
        (Some(node), _) => node.clone(),
        (None, Some(address)) if held.is_none_or(super::world::Peer::is_loc_rib) => world.name(address),
        _ => held.map(|held| held.node.clone()).unwrap_or_default(),
    }
}

fn router_number(peer: u32, world: &World) -> u32 {
    world.peer(peer).map_or(u32::MAX, |peer| peer.router)
}
