//! Peers that go down: what goes together is one alert and one verdict, and what SNMP tells late revises it.
//!
//! A Peer Down waits a moment for others, then the best explanation is said: a neighbour that several routers lost, an interface
//! that went down, a Kubernetes node that is gone with its blocks, and else what the Peer Down says of itself.

mod alert;
mod explain;
mod flaps;
mod restart;
mod verdict;

use std::collections::{BTreeSet, HashMap};

use rib::Position;

use crate::alerts::Raise;
use crate::calico::Blocks;
use crate::config::{Flapping, Waits};
use crate::interfaces::Interfaces;
use crate::reasons::Reason;
use crate::said::Evidence;
use crate::timers::Timer;
use crate::topology::{Bearer, Protocol, Status};
use crate::voice::Voice;
use crate::world::{Life, World};

#[derive(Clone, Debug)]
struct Down {
    at_ms: i64,
    reason: Reason,
    evidence: Evidence,
    /// What was said to be the cause: the subject of the verdict.
    told: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Downs {
    /// Peers that are down, or were a moment ago, by what was said of it.
    downs: HashMap<u32, Down>,
    /// Those of which nothing was said yet.
    pending: BTreeSet<u32>,
    /// Alerts that are open, with the peers that they wait for.
    alerts: HashMap<String, BTreeSet<u32>>,
    /// Of alerts of before a restart: the peers of which nothing was heard since.
    restored: HashMap<String, BTreeSet<String>>,
    /// Peers that flapped before a restart.
    flapped: BTreeSet<String>,
}

/// What the parts that decide need of the others.
pub(crate) struct Context<'a> {
    pub world: &'a mut World,
    pub interfaces: &'a Interfaces,
    pub blocks: &'a Blocks,
    pub flapping: Flapping,
    pub waits: Waits,
}

impl Downs {
    /// A router says that a peer is down.
    pub fn down(
        &mut self,
        peer: u32,
        reason: Reason,
        position: Position,
        of: &mut Context<'_>,
        voice: &mut Voice,
    ) {
        let now = voice.now;
        let Some(held) = of.world.peer_mut(peer) else { return };
        if held.is_loc_rib() || held.life == Life::Down {
            return;
        }
        let was_up = held.life == Life::Up;
        held.life = Life::Down;
        if !was_up {
            return;
        }
        held.downs.push_back(now);
        while held.downs.front().is_some_and(|at| *at < now - of.flapping.within_ms) {
            held.downs.pop_front();
        }
        let (count, was_flapping, subject) = (held.downs.len(), held.flapping, held.subject.clone());
        if let Some((router, node)) = held.link.take() {
            voice.unbear(&router, &node, Protocol::Bgp, Bearer::Session(peer));
        }
        let router = of.world.router_of(peer).map(|router| router.name.clone()).unwrap_or_default();
        let evidence = Evidence::of(&router, position, format!("{subject} went down: {}", reason.text));
        if was_flapping || count >= of.flapping.downs {
            self.flaps(peer, count, evidence, of, voice);
            return;
        }
        // SNMP may have told already; then nobody else is waited for.
        let known = of.world.peer(peer).and_then(|held| held.interface.clone());
        let explained = known
            .is_some_and(|name| of.interfaces.get(&name).is_some_and(crate::interfaces::Interface::is_down));
        let wait = if reason.soft && !explained && self.is_seen_by_others(peer, of.world) {
            of.waits.neighbour
        } else {
            of.waits.down
        };
        self.downs.insert(peer, Down { at_ms: now, reason, evidence, told: None });
        self.pending.insert(peer);
        voice.after(wait, Timer::Down(peer));
        if wait > of.waits.down {
            // The alert does not wait for the cause.
            self.alert(&subject, &BTreeSet::from([peer]), None, of.world, voice);
        }
    }

    /// Another router still has a session with the same neighbour.
    fn is_seen_by_others(&self, peer: u32, world: &World) -> bool {
        let Some(this) = world.peer(peer) else { return false };
        let Some(others) = world.by_node.get(&this.node) else { return false };
        !world.is_calico(&this.node)
            && others.iter().any(|other| {
                world
                    .peer(*other)
                    .is_some_and(|other| other.router != this.router && other.life != Life::Unknown)
            })
    }

    pub fn up(&mut self, peer: u32, of: &mut Context<'_>, voice: &mut Voice) {
        let now = voice.now;
        let Some(held) = of.world.peer_mut(peer) else { return };
        if held.is_loc_rib() {
            return;
        }
        if held.life != Life::Up {
            held.up_ms = now;
        }
        held.life = Life::Up;
        let flapping = held.flapping;
        if !self.pending.contains(&peer) {
            self.downs.remove(&peer);
        }
        self.recover_everywhere(peer, of.world, voice);
        self.link(peer, of.world, voice);
        let flapping = flapping || self.flapped_before(peer, of.flapping, of.world, voice);
        if flapping {
            if let Some((router, node)) = of.world.peer(peer).and_then(|held| held.link.clone()) {
                voice.topology.link_status(&router, &node, Protocol::Bgp, Status::Flapping);
            }
        }
    }

    /// The session of a peer bears a link.
    pub fn link(&self, peer: u32, world: &mut World, voice: &mut Voice) {
        let Some(held) = world.peer(peer) else { return };
        let Some(router) = world.router(held.router) else { return };
        if held.is_loc_rib() || held.life != Life::Up {
            return;
        }
        let link = (router.name.clone(), held.node.clone());
        if held.link.as_ref() == Some(&link) {
            return;
        }
        if let Some((router, node)) = &held.link {
            // A name that came to be known: nothing happened to the link.
            voice.topology.forget_link(router, node, Protocol::Bgp);
        }
        voice.node(&link.0, crate::topology::NodeKind::Router, None, router.address);
        voice.node(&link.1, held.kind, Some(held.asn), Some(held.address));
        voice.bear(&link.0, &link.1, Protocol::Bgp, Bearer::Session(peer), "BGP session", 1.0, None);
        if let Some(held) = world.peer_mut(peer) {
            held.link = Some(link);
        }
    }

    /// Nothing is known of a peer any more.
    pub fn forget(&mut self, peer: u32, world: &mut World, voice: &mut Voice) {
        self.pending.remove(&peer);
        self.downs.remove(&peer);
        if let Some(held) = world.peer_mut(peer) {
            held.life = Life::Unknown;
        }
        self.recover_everywhere(peer, world, voice);
    }

    /// A peer of which the router said nothing when it came back.
    pub fn gone(&mut self, peer: u32, position: Position, world: &mut World, voice: &mut Voice) {
        let Some(held) = world.peer_mut(peer) else { return };
        if held.is_loc_rib() || held.life == Life::Down {
            return;
        }
        held.life = Life::Down;
        let subject = held.subject.clone();
        if let Some((router, node)) = held.link.take() {
            voice.unbear(&router, &node, Protocol::Bgp, Bearer::Session(peer));
        }
        let router = world.router_of(peer).map(|router| router.name.clone()).unwrap_or_default();
        let text = "its router came back and does not tell of it: it went while nobody listened";
        self.alerts.entry(subject.clone()).or_default().insert(peer);
        let raise = Raise {
            text: text.into(),
            evidence: vec![Evidence::of(&router, position, text)],
            ..Raise::default()
        };
        voice.raise("peer_down", &subject, raise);
    }
}
