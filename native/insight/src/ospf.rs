//! OSPF as it shows in BGP: links between routers, concluded from routes that were redistributed.
//!
//! A route was redistributed where it has a configured community, or an extended community of OSPF (RFC 4577: domain identifier, route
//! type, router id) with origin incomplete. Its router id names the router that it comes from; a transit subnet names two routers at its
//! ends; a host route is a loopback, and its router is reached by the one that announces it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hashbrown::HashMap;
use ipnet::IpNet;
use wire::bgp::attribute::{Origin, OspfCommunity};

use crate::config::{Config, Waits};
use crate::facts::{CommunityText, Facts};
use crate::link_state::LinkState;
use crate::route::Changed;
use crate::timers::Timer;
use crate::topology::{Bearer, NodeKind, Protocol};
use crate::voice::Voice;
use crate::world::World;

/// A route that was redistributed is one of its peer's.
type Holder = (u32, IpNet);

#[derive(Clone, Debug)]
struct Held {
    source: String,
    target: String,
    lost_ms: Option<i64>,
}

#[derive(Debug, Default)]
pub(crate) struct Ospf {
    on: bool,
    communities: Vec<CommunityText>,
    med_is_metric: bool,
    links: HashMap<Holder, Held>,
    /// Who announces a transit subnet.
    transit: BTreeMap<IpNet, BTreeSet<u32>>,
}

impl Ospf {
    pub fn new(config: &Config) -> Self {
        let Some(ospf) = &config.ospf else { return Ospf::default() };
        Ospf {
            on: true,
            communities: ospf.communities.iter().filter_map(|text| CommunityText::parse(text)).collect(),
            med_is_metric: ospf.med_is_metric,
            ..Ospf::default()
        }
    }

    pub fn changed(
        &mut self,
        route: &Changed<'_>,
        world: &World,
        database: &LinkState,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        if !self.on || !route.counts(world) {
            return;
        }
        match route.new.filter(|facts| self.is_redistributed(facts)) {
            Some(facts) => self.announced(route, facts, world, database, voice),
            None => self.withdrawn((route.peer, route.prefix), waits, voice),
        }
    }

    fn is_redistributed(&self, facts: &Facts) -> bool {
        self.communities.iter().any(|community| facts.has_community(community))
            || facts.origin == Some(Origin::Incomplete)
                && facts.extended.iter().any(|community| community.ospf().is_some())
    }

    fn announced(
        &mut self,
        route: &Changed<'_>,
        facts: &Facts,
        world: &World,
        database: &LinkState,
        voice: &mut Voice,
    ) {
        let Some(peer) = world.peer(route.peer) else { return };
        let metric = facts.med.filter(|_| self.med_is_metric);
        let source = peer.node.clone();
        let prefix = route.prefix;
        let (host, whole) = (prefix.prefix_len(), prefix.max_prefix_len());
        let router_id = facts.extended.iter().find_map(|community| match community.ospf() {
            Some(OspfCommunity::RouterId(id)) => Some(IpAddr::from(id)),
            _ => None,
        });
        let (target, evidence, confidence) = if let Some(id) = router_id {
            (world.name(id), "OSPF router id of a redistributed route", 0.8)
        } else if host == whole {
            (world.name(prefix.addr()), "loopback in a redistributed route", 0.6)
        } else if whole - host <= 2 {
            self.transit.entry(prefix).or_default().insert(route.peer);
            match self.far_end(prefix, route.peer, world) {
                Some(node) => (node, "transit subnet that both ends announce", 0.9),
                None => match self.other_address(prefix, world, &source) {
                    Some(node) => (node, "transit subnet with a known address", 0.7),
                    None => return,
                },
            }
        } else {
            match facts.next_hop.filter(|next_hop| *next_hop != peer.address) {
                Some(next_hop) => (world.name(next_hop), "next hop of a redistributed route", 0.5),
                None => return,
            }
        };
        let holder = (route.peer, prefix);
        let before = self.links.get(&holder).cloned();
        if let Some(before) = before.filter(|before| before.target != target || before.source != source) {
            voice.unbear(&before.source, &before.target, Protocol::Ospf, Bearer::Route(route.peer, prefix));
        }
        if target == source || database.says(&source, &target) == Some(false) {
            self.links.remove(&holder);
            return;
        }
        voice.node(&source, peer.kind, Some(peer.asn), Some(peer.address));
        voice.node(&target, NodeKind::OspfRouter, None, None);
        voice.bear(
            &source,
            &target,
            Protocol::Ospf,
            Bearer::Route(route.peer, prefix),
            evidence,
            confidence,
            metric,
        );
        self.links.insert(holder, Held { source, target, lost_ms: None });
    }

    /// Another router that announces the same transit subnet.
    fn far_end(&self, prefix: IpNet, peer: u32, world: &World) -> Option<String> {
        let this = &world.peer(peer)?.node;
        let ends = self.transit.get(&prefix)?.iter().filter_map(|other| world.peer(*other));
        ends.map(|other| &other.node).find(|node| *node != this).cloned()
    }

    /// A router that is known by the other address of a transit subnet.
    fn other_address(&self, prefix: IpNet, world: &World, source: &str) -> Option<String> {
        prefix.hosts().take(4).find_map(|address| {
            let name = world.name(address);
            (name != address.to_string() && name != source).then_some(name)
        })
    }

    fn withdrawn(&mut self, holder: Holder, waits: &Waits, voice: &mut Voice) {
        if self.links.is_empty() {
            return;
        }
        let Some(held) = self.links.get_mut(&holder) else { return };
        held.lost_ms = Some(voice.now);
        if let Some(ends) = self.transit.get_mut(&holder.1) {
            ends.remove(&holder.0);
        }
        let (source, target) = (held.source.clone(), held.target.clone());
        voice.after(waits.service, Timer::Ospf(source, target));
    }

    pub fn peer_ended(&mut self, peer: u32, waits: &Waits, voice: &mut Voice) {
        let holders: Vec<Holder> = self.links.keys().filter(|holder| holder.0 == peer).copied().collect();
        for holder in holders {
            self.withdrawn(holder, waits, voice);
        }
    }

    /// What BGP-LS knows better is concluded no more.
    pub fn again(&mut self, database: &LinkState, voice: &mut Voice) {
        self.links.retain(|holder, held| {
            let wrong = database.says(&held.source, &held.target) == Some(false);
            if wrong {
                voice.unbear(&held.source, &held.target, Protocol::Ospf, Bearer::Route(holder.0, holder.1));
            }
            !wrong
        });
    }

    /// Routes of a link had the time to come back.
    pub fn look(&mut self, source: &str, target: &str, waits: &Waits, voice: &mut Voice) {
        let now = voice.now;
        let gone: Vec<Holder> = self
            .links
            .iter()
            .filter(|(_, held)| held.source == source && held.target == target)
            .filter(|(_, held)| held.lost_ms.is_some_and(|at| at + waits.service <= now))
            .map(|(holder, _)| *holder)
            .collect();
        for holder in gone {
            self.links.remove(&holder);
            voice.unbear(source, target, Protocol::Ospf, Bearer::Route(holder.0, holder.1));
        }
    }
}
