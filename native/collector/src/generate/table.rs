//! What a synthetic routing table holds: which prefixes come together, and the path each peer has for them.

use super::prefixes;
use super::random::Random;
use clap::ValueEnum;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::bgp::Origin;

/// AS number of the router whose session is made.
pub const LOCAL_AS: u32 = 64_500;
/// Its BGP identifier and address.
pub const LOCAL_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 19, 255, 254);

/// Prefixes that one AS announces with one set of attributes.
#[derive(Debug)]
pub struct Group {
    /// Its place in the table.
    pub number: u64,
    /// Of one address family, at least one.
    pub prefixes: Vec<IpNet>,
}

/// The groups of both families, in order; together they have `ipv4` and `ipv6` prefixes.
pub fn groups(seed: u64, ipv4: u64, ipv6: u64) -> Vec<Group> {
    let mut groups = Vec::new();
    collect(seed, prefixes::ipv4(seed, ipv4), &mut groups);
    collect(seed, prefixes::ipv6(seed, ipv6), &mut groups);
    groups
}

fn collect(seed: u64, mut prefixes: impl Iterator<Item = IpNet>, groups: &mut Vec<Group>) {
    /// How many prefixes an UPDATE of a full feed carries: about 4 on average, more than half of them one.
    const SIZES: [(usize, u64); 8] = [(1, 55), (2, 13), (3, 8), (4, 6), (6, 6), (10, 5), (20, 5), (30, 2)];
    loop {
        let number = groups.len() as u64;
        let size = Random::new(seed, [1, number, 0]).weighted(&SIZES);
        let prefixes: Vec<_> = prefixes.by_ref().take(size).collect();
        if prefixes.is_empty() {
            return;
        }
        groups.push(Group { number, prefixes });
    }
}

/// Of an Adj-RIB-In, before or after the router's import policy (RFC 7854, section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum View {
    Pre,
    Post,
}

/// A BGP neighbour of the router.
#[derive(Clone, Debug)]
pub struct Peer {
    pub number: u64,
    pub asn: u32,
    /// Its address, and its BGP identifier too.
    pub address: Ipv4Addr,
}

impl Peer {
    /// Peers have addresses of 198.18.0.0/15 (RFC 2544); every second AS number needs four octets.
    pub fn new(number: u32) -> Self {
        let asn = if number.is_multiple_of(2) { 64_512 + number % 1000 } else { 4_200_000_000 + number };
        Self { number: u64::from(number), asn, address: Ipv4Addr::from(0xc612_0001 + number) }
    }

    /// The most peers that have addresses of their own.
    pub const MAX: u32 = 100_000;

    fn next_hop(&self, prefix: &IpNet) -> IpAddr {
        match prefix {
            IpNet::V4(_) => IpAddr::V4(self.address),
            // 2001:2::/48 (RFC 5180)
            IpNet::V6(_) => {
                IpAddr::V6(Ipv6Addr::from((0x2001_0002_u128 << 96) | u128::from(self.number + 1)))
            }
        }
    }
}

/// The path attributes of a group's routes from one peer.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    pub origin: Origin,
    pub as_path: Vec<u32>,
    pub next_hop: IpAddr,
    pub med: Option<u32>,
    pub local_pref: Option<u32>,
    pub atomic_aggregate: bool,
    pub aggregator: Option<(u32, Ipv4Addr)>,
    pub communities: Vec<u32>,
    pub large_communities: Vec<[u32; 3]>,
}

impl Path {
    /// The path `peer` has for `group`; another one for each `version`, as churn brings.
    pub fn new(seed: u64, peer: &Peer, group: &Group, version: u64) -> Option<Self> {
        let prefix = group.prefixes.first()?;
        // what the origin AS says is the same from every peer
        let mut origin = Random::new(seed, [2, group.number, 0]);
        let mut random = Random::new(seed, [3 + peer.number, group.number, version]);
        let origin_as = autonomous_system(&mut origin);
        let mut as_path = vec![peer.asn];
        for _ in 0..random.weighted(&[(0, 10), (1, 35), (2, 30), (3, 15), (4, 7), (5, 3)]) {
            as_path.push(transit(&mut random));
        }
        let prepended = random.weighted(&[(1usize, 90), (2, 5), (3, 3), (4, 2)]);
        as_path.extend(std::iter::repeat_n(origin_as, prepended));
        let mut communities: Vec<u32> =
            (0..random.weighted(&[(0, 10), (2, 25), (4, 30), (6, 20), (9, 10), (16, 5)]))
                .map(|_| {
                    ((as_path.get(1).unwrap_or(&peer.asn) & 0xffff) << 16)
                        | u32::try_from(random.below(1 << 16)).unwrap_or_default()
                })
                .collect();
        communities.sort_unstable();
        communities.dedup();
        let large = if random.chance(12) { random.between(1, 3) } else { 0 };
        let large_communities = (0..large)
            .map(|_| [transit(&mut random), small(&mut random, 1000), small(&mut random, 5000)])
            .collect();
        let aggregated = origin.chance(8);
        Some(Self {
            origin: origin
                .weighted(&[(Some(Origin::Igp), 90), (Some(Origin::Egp), 1), (Some(Origin::Incomplete), 9)])
                .unwrap_or(Origin::Igp),
            as_path,
            next_hop: peer.next_hop(prefix),
            med: random.chance(40).then(|| small(&mut random, 1000)),
            local_pref: None,
            atomic_aggregate: aggregated && origin.chance(50),
            aggregator: aggregated
                .then(|| (origin_as, Ipv4Addr::from(0x0a00_0000 | small(&mut origin, 1 << 24)))),
            communities,
            large_communities,
        })
    }

    /// As the router holds it after its import policy: with a preference and a mark of its own.
    pub fn after_policy(mut self, peer: &Peer) -> Self {
        self.local_pref = Some(if peer.number.is_multiple_of(3) { 200 } else { 100 });
        self.communities.push((LOCAL_AS << 16) | 1000);
        self.communities.sort_unstable();
        self
    }
}

fn small(random: &mut Random, end: u64) -> u32 {
    u32::try_from(random.below(end)).unwrap_or_default()
}

fn autonomous_system(random: &mut Random) -> u32 {
    if random.chance(50) {
        1000 + small(random, 63_000)
    } else {
        131_072 + small(random, 270_000)
    }
}

/// Few networks carry most routes.
fn transit(random: &mut Random) -> u32 {
    if random.chance(60) {
        1000 + 37 * small(random, 40)
    } else {
        autonomous_system(random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_prefix_once_and_one_family_each() {
        let groups = groups(1, 1000, 300);
        let count =
            |v4| groups.iter().flat_map(|g| &g.prefixes).filter(|p| matches!(p, IpNet::V4(_)) == v4).count();
        assert_eq!((count(true), count(false)), (1000, 300));
        assert!(groups
            .iter()
            .all(|g| g.prefixes.iter().all(|p| p.max_prefix_len() == g.prefixes[0].max_prefix_len())));
        assert!((200..600).contains(&groups.len()), "{}", groups.len());
    }

    #[test]
    fn paths_differ_by_peer_and_version_but_end_in_the_same_as() {
        let groups = groups(1, 100, 0);
        let (a, b) = (Peer::new(0), Peer::new(1));
        let path = |peer, version| Path::new(1, peer, &groups[3], version).unwrap();
        assert_eq!(path(&a, 0), path(&a, 0));
        assert_ne!(path(&a, 0), path(&a, 1));
        assert_eq!(path(&a, 0).as_path[0], a.asn);
        assert_eq!(path(&a, 0).as_path.last(), path(&b, 7).as_path.last());
        assert_eq!(path(&a, 0).after_policy(&a).local_pref, Some(200));
    }
}
