//! Routers and peers as insight knows them: a small number stands for each, and each has a name.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};

use rib::{Deltas, Id, PeerRow, PeerState, RouterRow, RouterState};
use smallvec::SmallVec;
use wire::bgp::open::OptionalParameter;
use wire::bgp::{Capability, Open};
use wire::registry::bmp::peer_type;

use crate::config::{Config, InterfaceName, Relationship};
use crate::neighbours::Neighbours;
use crate::topology::NodeKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Nothing was said of the session yet.
    Unknown,
    Up,
    Down,
}

/// What a name stands for, by the ids of the routing table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Router(Id),
    Peer(Id),
    /// A Kubernetes node, of which only the address may be known.
    Address(IpAddr),
}

#[derive(Debug)]
pub(crate) struct Router {
    pub id: Id,
    pub name: String,
    pub address: Option<IpAddr>,
    /// Its BMP session is there.
    pub observed: bool,
    /// Since when its BMP session is there; of a session that is over, since when the last one was.
    pub observed_ms: i64,
    /// When it last sent something.
    pub heard_ms: i64,
    pub has_loc_rib: bool,
    pub peers: BTreeSet<u32>,
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub id: Id,
    pub router: u32,
    pub address: IpAddr,
    pub asn: u32,
    pub local_asn: Option<u32>,
    pub peer_type: u8,
    pub local: Option<IpAddr>,
    pub distinguisher: u64,
    /// `ROUTER peer ADDRESS`, and the distinguisher where there is one.
    pub subject: String,
    /// The node at the other end.
    pub node: String,
    pub kind: NodeKind,
    pub life: Life,
    pub up_ms: i64,
    /// The latest times when it went down.
    pub downs: VecDeque<i64>,
    pub flapping: bool,
    pub interface: Option<InterfaceName>,
    pub relationship: Option<Relationship>,
    pub hold_ms: i64,
    /// Whether it ever sent routes after policy.
    pub has_post: bool,
    /// The link that its session shows.
    pub link: Option<(String, String)>,
}

impl Peer {
    /// Whether it stands for the router's own table (RFC 9069): no session ends there.
    pub fn is_loc_rib(&self) -> bool {
        self.peer_type == peer_type::LOC_RIB
    }
}

/// Names by address.
#[derive(Debug, Default)]
struct Names {
    /// From configuration.
    sites: HashMap<IpAddr, String>,
    calico: HashMap<IpAddr, String>,
    /// Addresses of routers that send BMP, and of neighbours that are known by their BGP Identifier or that named
    /// themselves in their OPEN.
    learned: HashMap<IpAddr, String>,
    /// Routers that send BMP by BGP Identifier, with their AS where it is known. An identifier is unique inside an AS
    /// only (RFC 6286): two neighbours may well have the same.
    identities: HashMap<Ipv4Addr, BTreeSet<(Option<u32>, String)>>,
}

impl Names {
    fn known(&self, address: &IpAddr) -> Option<&String> {
        let configured = self.sites.get(address).or_else(|| self.calico.get(address));
        configured.or_else(|| self.learned.get(address))
    }

    /// The only router with this BGP Identifier (and in this AS, where one is given) beside `but`, which is
    /// known not to be meant; `None` where there are several.
    fn identified(&self, identity: Ipv4Addr, asn: Option<u32>, but: &str) -> Option<&String> {
        let of = |known: &&(Option<u32>, String)| asn.is_none() || known.0.is_none() || known.0 == asn;
        let names: BTreeSet<&String> =
            self.identities.get(&identity)?.iter().filter(of).map(|(_, name)| name).collect();
        let mut names = names.into_iter().filter(|name| *name != but);
        names.next().filter(|_| names.next().is_none())
    }
}

#[derive(Debug, Default)]
pub(crate) struct World {
    names: Names,
    site_names: BTreeSet<String>,
    sessions: HashMap<(String, IpAddr), Vec<crate::config::Session>>,
    /// Interfaces by the address at their other end, also of sessions that no router tells of.
    interfaces: HashMap<IpAddr, Vec<InterfaceName>>,
    router_of: HashMap<Id, u32>,
    peer_of: HashMap<Id, u32>,
    pub routers: Vec<Router>,
    pub peers: Vec<Peer>,
    pub by_node: BTreeMap<String, BTreeSet<u32>>,
    pub by_interface: HashMap<InterfaceName, BTreeSet<u32>>,
    /// AS numbers of neighbours by what they are to us.
    neighbours: Neighbours,
    /// Peers by both addresses of their session, the smaller first: two routers that send BMP tell one session twice.
    by_session: HashMap<(IpAddr, IpAddr), SmallVec<[u32; 2]>>,
}

impl World {
    pub fn new(config: &Config) -> Self {
        let mut world = World::default();
        for (name, site) in &config.sites {
            world.site_names.insert(name.clone());
            for address in site.addresses() {
                world.names.sites.insert(address, name.clone());
            }
        }
        world.names.calico = config.calico.nodes.iter().map(|(a, name)| (*a, name.clone())).collect();
        for session in &config.sessions {
            if let Some(interface) = &session.interface {
                world.interfaces.entry(session.peer).or_default().push(interface.clone());
            }
            let key = (session.router.clone(), session.peer);
            world.sessions.entry(key).or_default().push(session.clone());
        }
        world
    }

    pub fn peer(&self, peer: u32) -> Option<&Peer> {
        self.peers.get(usize::try_from(peer).ok()?)
    }

    /// The interfaces behind which an address is, without those that have a BGP session, which would itself
    /// tell that they are down.
    pub fn interfaces_to(&self, address: &IpAddr) -> impl Iterator<Item = &InterfaceName> {
        let all = self.interfaces.get(address).into_iter().flatten();
        all.filter(|name| self.by_interface.get(*name).is_none_or(BTreeSet::is_empty))
    }

    pub fn neighbours(&self) -> &Neighbours {
        &self.neighbours
    }

    pub fn peer_mut(&mut self, peer: u32) -> Option<&mut Peer> {
        self.peers.get_mut(usize::try_from(peer).ok()?)
    }

    pub fn router(&self, router: u32) -> Option<&Router> {
        self.routers.get(usize::try_from(router).ok()?)
    }

    pub fn router_mut(&mut self, router: u32) -> Option<&mut Router> {
        self.routers.get_mut(usize::try_from(router).ok()?)
    }

    pub fn router_name(&self, router: u32) -> &str {
        self.router(router).map_or("", |router| &router.name)
    }

    pub fn router_of(&self, peer: u32) -> Option<&Router> {
        self.router(self.peer(peer)?.router)
    }

    pub fn subject(&self, peer: u32) -> &str {
        self.peer(peer).map_or("", |peer| &peer.subject)
    }

    /// Whether what was last seen of a peer still holds: its router's BMP session is there.
    pub fn is_observed(&self, peer: u32) -> bool {
        self.router_of(peer).is_some_and(|router| router.observed)
    }

    /// A node's name, or its address. Most routers have their BGP Identifier from an address of their own.
    pub fn name(&self, address: IpAddr) -> String {
        let by_identity = || match address {
            IpAddr::V4(identity) => self.names.identified(identity, None, ""),
            IpAddr::V6(_) => None,
        };
        self.names.known(&address).or_else(by_identity).cloned().unwrap_or_else(|| address.to_string())
    }

    pub fn calico_node(&self, address: &IpAddr) -> Option<&String> {
        self.names.calico.get(address)
    }

    pub fn is_calico(&self, node: &str) -> bool {
        self.names.calico.values().any(|name| name == node)
    }

    /// What is known by a name: routers, sessions, and the nodes at their other ends.
    pub fn places(&self) -> HashMap<String, Place> {
        let nodes = self.names.calico.iter().map(|(address, name)| (name.clone(), Place::Address(*address)));
        let mut places: HashMap<String, Place> = nodes.collect();
        for peer in self.peers.iter().filter(|peer| !peer.is_loc_rib()) {
            places.insert(peer.node.clone(), Place::Peer(peer.id));
        }
        // A router that sends BMP is known by its own entry, and not by what its neighbours tell of it.
        for router in &self.routers {
            places.insert(router.name.clone(), Place::Router(router.id));
        }
        for peer in &self.peers {
            places.insert(peer.subject.clone(), Place::Peer(peer.id));
        }
        places
    }

    /// The other router's end of a peer's session, where that router sends BMP too.
    pub fn other_end(&self, peer: u32) -> Option<u32> {
        let this = self.peer(peer)?;
        let ends = self.by_session.get(&pair(this.local?, this.address))?;
        ends.iter().copied().find(|other| {
            self.peer(*other)
                .is_some_and(|other| other.router != this.router && other.local == Some(this.address))
        })
    }

    /// Takes over the rows of deltas; returns the numbers of their routers and peers.
    pub fn absorb(&mut self, deltas: &Deltas, now_ms: i64) -> (Vec<u32>, Vec<u32>) {
        let routers: Vec<u32> = deltas.routers.iter().map(|row| self.router_row(row, now_ms)).collect();
        let peers = deltas.peers.iter().map(|row| {
            let router = usize::try_from(row.router).ok().and_then(|index| routers.get(index)).copied();
            self.peer_row(row, router.unwrap_or(0), now_ms)
        });
        let peers = peers.collect();
        (routers, peers)
    }

    pub fn router_row(&mut self, row: &RouterRow, now_ms: i64) -> u32 {
        let number = match self.router_of.get(&row.router_id) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.routers.len()).unwrap_or(u32::MAX);
                self.router_of.insert(row.router_id, number);
                self.routers.push(Router {
                    id: row.router_id,
                    name: String::new(),
                    address: None,
                    observed: row.state == RouterState::Connected,
                    observed_ms: now_ms,
                    heard_ms: now_ms,
                    has_loc_rib: false,
                    peers: BTreeSet::new(),
                });
                number
            }
        };
        let name = self.name_of_router(row);
        let Some(router) = self.router_mut(number) else { return number };
        router.heard_ms = now_ms;
        if router.name != name || router.address != row.address {
            router.name.clone_from(&name);
            router.address = row.address;
            let peers: Vec<u32> = router.peers.iter().copied().collect();
            if let Some(address) = row.address {
                self.names.learned.insert(address, name);
            }
            for peer in peers {
                self.describe(peer);
            }
        }
        number
    }

    fn name_of_router(&self, row: &RouterRow) -> String {
        let site = row.address.and_then(|address| self.names.sites.get(&address));
        match (site, row.sys_name.as_str(), row.address) {
            // An address may be that of a balancer or a NAT: the router's own name counts more where it is a site's.
            (_, name, _) if self.site_names.contains(name) => name.into(),
            (Some(site), _, _) => site.clone(),
            (None, "", Some(address)) => address.to_string(),
            (None, name, _) => name.into(),
        }
    }

    pub fn peer_row(&mut self, row: &PeerRow, router: u32, now_ms: i64) -> u32 {
        if let Some(number) = self.peer_of.get(&row.peer_id).copied() {
            if row.changed {
                self.update_peer(number, row);
            }
            return number;
        }
        let number = u32::try_from(self.peers.len()).unwrap_or(u32::MAX);
        self.peer_of.insert(row.peer_id, number);
        self.peers.push(Peer {
            id: row.peer_id,
            router,
            address: row.address,
            asn: row.asn,
            local_asn: None,
            peer_type: row.peer_type,
            local: None,
            distinguisher: row.distinguisher,
            subject: String::new(),
            node: String::new(),
            kind: NodeKind::Peer,
            life: if row.state == PeerState::Unknown { Life::Up } else { Life::Unknown },
            up_ms: now_ms,
            downs: VecDeque::new(),
            flapping: false,
            interface: None,
            relationship: None,
            hold_ms: 180_000,
            has_post: false,
            link: None,
        });
        if let Some(held) = self.router_mut(router) {
            held.peers.insert(number);
            held.has_loc_rib |= row.peer_type == peer_type::LOC_RIB;
        }
        self.update_peer(number, row);
        number
    }

    fn update_peer(&mut self, number: u32, row: &PeerRow) {
        let identity = IpAddr::V4(row.bgp_id);
        let host = host_name(&row.received_open);
        let own = self.peer(number).map(|peer| self.router_name(peer.router).to_string()).unwrap_or_default();
        if row.distinguisher == 0 && row.peer_type != peer_type::LOC_RIB {
            // A neighbour is known by its address, else by its BGP Identifier, else by what it calls itself.
            if self.names.known(&row.address).is_none() {
                // A neighbour with the same identifier as the router is still another router.
                let known = self.names.known(&identity).filter(|name| **name != own);
                let known = known.or_else(|| self.names.identified(row.bgp_id, Some(row.asn), &own));
                if let Some(name) = known.cloned().or(host) {
                    self.names.learned.insert(row.address, name);
                }
            }
            let local =
                row.local_address.filter(|address| !address.is_unspecified() && !address.is_loopback());
            if let Some(address) = local.filter(|address| self.names.known(address).is_none()) {
                if !own.is_empty() {
                    self.names.learned.insert(address, own.clone());
                }
            }
            if let Some(identity) = row.local_bgp_id.filter(|identity| !identity.is_unspecified()) {
                if !own.is_empty() {
                    self.names.identities.entry(identity).or_default().insert((row.local_asn, own));
                }
            }
        }
        let Some(peer) = self.peer_mut(number) else { return };
        peer.asn = row.asn;
        peer.local_asn = row.local_asn.or(peer.local_asn);
        peer.hold_ms = row.hold_time.filter(|hold| *hold > 0).map_or(180_000, |hold| i64::from(hold) * 1000);
        let before = peer.local;
        peer.local = row.local_address.filter(|address| !address.is_unspecified()).or(peer.local);
        if let (true, Some(local), 0) = (peer.local != before, peer.local, row.distinguisher) {
            let ends = self.by_session.entry(pair(local, row.address)).or_default();
            if !ends.contains(&number) {
                ends.push(number);
            }
        }
        self.describe(number);
    }

    /// Names a peer and finds what configuration says of it.
    fn describe(&mut self, number: u32) {
        let Some(peer) = self.peer(number) else { return };
        let router = self.router_name(peer.router).to_string();
        let mut subject = format!("{router} peer {}", peer.address);
        let rd = wire::bmp::peer_header::distinguisher_text(peer.distinguisher);
        if peer.distinguisher != 0 {
            subject += &format!(" rd {rd}");
        }
        let node = if peer.distinguisher == 0 {
            self.name(peer.address)
        } else {
            // Addresses of VRFs overlap.
            self.names
                .sites
                .get(&peer.address)
                .cloned()
                .unwrap_or_else(|| format!("{} rd {rd}", peer.address))
        };
        let kind = if self.site_names.contains(&node) || self.routers.iter().any(|known| known.name == node) {
            NodeKind::Router
        } else if self.names.calico.contains_key(&peer.address) {
            NodeKind::KubernetesNode
        } else if peer.local_asn.is_some_and(|local| local != peer.asn) {
            NodeKind::ExternalAs
        } else {
            NodeKind::Peer
        };
        let known = self.sessions.get(&(router, peer.address)).and_then(|sessions| {
            sessions.iter().find(|session| match &session.rd {
                Some(configured) => *configured == rd,
                None => peer.distinguisher == 0 || sessions.len() == 1,
            })
        });
        let interface = known.and_then(|session| session.interface.clone());
        let relationship = known.and_then(|session| session.relationship);
        let asn = peer.asn;
        match relationship {
            Some(Relationship::Provider) => self.neighbours.providers.insert(asn),
            Some(Relationship::Peer) => self.neighbours.peers.insert(asn),
            _ => false,
        };
        let Some(peer) = self.peer_mut(number) else { return };
        let (old_node, old_interface) =
            (std::mem::replace(&mut peer.node, node.clone()), peer.interface.take());
        peer.subject = subject;
        peer.kind = kind;
        peer.relationship = relationship;
        peer.interface.clone_from(&interface);
        if peer.is_loc_rib() {
            return;
        }
        if let Some(held) = self.by_node.get_mut(&old_node) {
            held.remove(&number);
        }
        self.by_node.entry(node).or_default().insert(number);
        if let Some(held) = old_interface.and_then(|old| self.by_interface.get_mut(&old)) {
            held.remove(&number);
        }
        if let Some(interface) = interface {
            self.by_interface.entry(interface).or_default().insert(number);
        }
    }
}

fn pair(one: IpAddr, other: IpAddr) -> (IpAddr, IpAddr) {
    (one.min(other), one.max(other))
}

/// What a speaker calls itself in its OPEN (the FQDN capability, 73).
fn host_name(open: &[u8]) -> Option<String> {
    let open = Open::decode_message(&mut wire::reader::Reader::new(open, 0)).ok()?;
    let capabilities = open.parameters.into_iter().filter_map(|parameter| match parameter {
        OptionalParameter::Capabilities(capabilities) => Some(capabilities),
        OptionalParameter::Unknown { .. } => None,
    });
    let named = capabilities.flatten().find_map(|capability| match capability {
        Capability::Fqdn { host, .. } => Some(host.to_string()),
        _ => None,
    });
    named.filter(|name| !name.is_empty())
}
