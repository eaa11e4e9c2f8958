//! Links as routers tell them themselves: BGP-LS (RFC 9552), the link-state database of an IGP in BGP.
//!
//! A link of the topology is one of the database, whichever end told it; of a LAN, which the database has as a node of its own, every two
//! routers on it are linked. A router is called by its name in the configuration, else by that in the database, else by its router id.
//! What is concluded of OSPF from other routes is less sure, and is left out where the database knows both ends and no link between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use wire::bgp::{AddressFamily, NlriRef, NlriValue};

use crate::config::Waits;
use crate::facts::find;
use crate::route::Changed;
use crate::timers::Timer;
use crate::topology::{Bearer, NodeKind, Protocol};
use crate::voice::Voice;
use crate::world::World;

/// Routers on a LAN that are linked with each other at most.
const MAX_ON_LAN: usize = 32;

/// A node of the database: protocol, instance, and router id of four or six octets, longer for a LAN.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Node {
    protocol: Protocol,
    instance: u64,
    id: Vec<u8>,
}

impl Node {
    /// RFC 9552, section 5.2.1.4: a pseudonode's identifier has the address of the interface, or a number, behind the router's.
    fn is_lan(&self) -> bool {
        matches!(self.id.len(), 7 | 8)
    }

    fn address(&self) -> Option<IpAddr> {
        Some(Ipv4Addr::from(<[u8; 4]>::try_from(self.id.as_slice()).ok()?).into())
    }

    fn text(&self) -> String {
        match (self.address(), self.id.as_slice()) {
            (Some(address), _) => address.to_string(),
            (None, [a, b, c, d, e, f]) => format!("{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{f:02x}"),
            (None, id) => rib::text::hex(id),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Object {
    Node(Node),
    Link(Node, Node),
}

/// A link that is in the topology.
#[derive(Clone, Debug)]
struct Held {
    ends: (String, String, Protocol),
    bearer: Bearer,
    lost_ms: Option<i64>,
}

#[derive(Debug, Default)]
pub(crate) struct LinkState {
    /// By the peer that told it and the hash of its NLRI; a LAN's links by that of its attachment.
    links: BTreeMap<(u32, u64), Vec<Held>>,
    names: HashMap<Node, String>,
    /// Routers on each LAN, with the NLRI that says so.
    lans: HashMap<Node, BTreeMap<(u32, u64), Node>>,
    /// Nodes that the database knows, and which of them are linked, with how often.
    known: HashMap<String, usize>,
    linked: HashMap<(String, String), usize>,
}

impl LinkState {
    /// What the database says of a link between two nodes; none where it does not know both.
    pub fn says(&self, one: &str, other: &str) -> Option<bool> {
        if !self.known.contains_key(one) || !self.known.contains_key(other) {
            return None;
        }
        Some(self.linked.contains_key(&pair(one, other)))
    }

    /// An object of the database came, changed or went.
    pub fn changed(
        &mut self,
        nlri: &[u8],
        route: &Changed<'_>,
        world: &World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        let Some(object) = read(nlri) else { return };
        let key = (route.peer, hash(nlri));
        match (object, route.new) {
            (Object::Node(node), Some(facts)) => {
                if let Some(name) = &facts.node_name {
                    self.names.insert(node, name.clone());
                }
            }
            (Object::Node(_), None) => {}
            (Object::Link(local, remote), Some(facts)) => {
                self.take_back(key, waits, voice);
                let metric = facts.link_metric;
                if remote.is_lan() && !local.is_lan() {
                    let on_lan = self.lans.entry(remote).or_default();
                    let others: BTreeSet<Node> =
                        on_lan.values().filter(|other| **other != local).cloned().collect();
                    on_lan.insert(key, local.clone());
                    for other in others.into_iter().take(MAX_ON_LAN) {
                        self.bear(key, &local, &other, "BGP-LS: both are on a LAN", metric, world, voice);
                    }
                } else if !local.is_lan() && !remote.is_lan() {
                    self.bear(key, &local, &remote, "BGP-LS link", metric, world, voice);
                }
            }
            (Object::Link(..), None) => self.take_back(key, waits, voice),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn bear(
        &mut self,
        key: (u32, u64),
        one: &Node,
        other: &Node,
        evidence: &str,
        metric: Option<u32>,
        world: &World,
        voice: &mut Voice,
    ) {
        let (source, target) = (self.name(one, world), self.name(other, world));
        if source == target {
            return;
        }
        for (name, node) in [(&source, one), (&target, other)] {
            voice.node(name, NodeKind::OspfRouter, None, node.address());
            *self.known.entry(name.clone()).or_default() += 1;
        }
        *self.linked.entry(pair(&source, &target)).or_default() += 1;
        let bearer = Bearer::LinkState(key.0, key.1);
        voice.bear(&source, &target, one.protocol, bearer, evidence, 1.0, metric);
        let held = Held { ends: (source, target, one.protocol), bearer, lost_ms: None };
        let links = self.links.entry(key).or_default();
        // What came again within the wait was never lost.
        links.retain(|known| known.ends != held.ends);
        links.push(held);
        voice.after(1_000, Timer::OspfAgain);
    }

    /// It may come again at once: databases are sent anew when a router's own entry changes.
    fn take_back(&mut self, key: (u32, u64), waits: &Waits, voice: &mut Voice) {
        for lan in self.lans.values_mut() {
            lan.remove(&key);
        }
        self.lans.retain(|_, routers| !routers.is_empty());
        let Some(links) = self.links.get_mut(&key) else { return };
        for held in links.iter_mut().filter(|held| held.lost_ms.is_none()) {
            held.lost_ms = Some(voice.now);
            let (source, target, _) = &held.ends;
            for name in [source, target] {
                less(&mut self.known, name);
            }
            less(&mut self.linked, &pair(source, target));
        }
        voice.after(waits.service, Timer::LinkState(key.0, key.1));
    }

    /// Links that went had the time to come again.
    pub fn look(&mut self, key: (u32, u64), waits: &Waits, voice: &mut Voice) {
        let Some(links) = self.links.get_mut(&key) else { return };
        let now = voice.now;
        links.retain(|held| {
            let over = held.lost_ms.is_some_and(|at| at + waits.service <= now);
            if over {
                voice.unbear(&held.ends.0, &held.ends.1, held.ends.2, held.bearer);
            }
            !over
        });
        if links.is_empty() {
            self.links.remove(&key);
        }
    }

    pub fn peer_ended(&mut self, peer: u32, waits: &Waits, voice: &mut Voice) {
        let keys: Vec<(u32, u64)> =
            self.links.range((peer, 0)..=(peer, u64::MAX)).map(|(key, _)| *key).collect();
        for key in keys {
            self.take_back(key, waits, voice);
        }
    }

    fn name(&self, node: &Node, world: &World) -> String {
        let configured = node.address().map(|address| world.name(address));
        match (configured.filter(|name| *name != node.text()), self.names.get(node)) {
            (Some(name), _) => name,
            (None, Some(name)) => name.clone(),
            (None, None) => node.text(),
        }
    }
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.min(other).into(), one.max(other).into())
}

fn less<K: std::hash::Hash + Eq + Clone>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn hash(octets: &[u8]) -> u64 {
    // The same for the same octets, in this process and in the next.
    octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

/// What of an NLRI of BGP-LS is a node or a link of an IGP.
fn read(nlri: &[u8]) -> Option<Object> {
    let NlriValue::LinkState(object) = NlriRef::canonical(AddressFamily::BGP_LS, None, nlri).value() else {
        return None;
    };
    let wire::bgp::nlri::LinkState::Object { name, protocol_name, identifier, descriptors, .. } = *object
    else {
        return None;
    };
    let protocol = match protocol_name? {
        "isis_level_1" | "isis_level_2" => Protocol::Isis,
        "ospfv2" | "ospfv3" => Protocol::Ospf,
        _ => return None,
    };
    let node = |of: &str| {
        let id = find(find(&descriptors, of)?.tlvs(), "igp_router_id")?;
        Some(Node { protocol, instance: identifier, id: id.octets()?.to_vec() })
    };
    match name {
        "node" => Some(Object::Node(node("local_node_descriptors")?)),
        "link" => Some(Object::Link(node("local_node_descriptors")?, node("remote_node_descriptors")?)),
        _ => None,
    }
}
