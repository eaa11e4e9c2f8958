//! Prefixes as a full table has them: all different, in order, mostly /24 and /48, some covering others.

use super::random::Random;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// A family's part of the address space, in units of its commonest prefix.
struct Space {
    unit: u8,
    units: u64,
    /// Lengths and how often they come, in percent, after what the global tables held in 2025.
    lengths: &'static [(u8, u64)],
}

/// 1.0.0.0 to 223.255.255.255 in /24.
const IPV4: Space = Space {
    unit: 24,
    units: 223 << 16,
    lengths: &[(24, 60), (23, 9), (22, 12), (21, 5), (20, 5), (19, 4), (18, 2), (16, 3)],
};
/// 2400::/6 in /48.
const IPV6: Space =
    Space { unit: 48, units: 1 << 42, lengths: &[(48, 50), (32, 18), (44, 12), (40, 10), (36, 6), (33, 4)] };

/// `count` different IPv4 prefixes, in ascending order of their addresses.
pub fn ipv4(seed: u64, count: u64) -> impl Iterator<Item = IpNet> {
    Prefixes::new(&IPV4, seed, 4, count).filter_map(|(unit, length)| {
        let address = u32::try_from((unit + (1 << 16)) << 8).ok()?;
        Ipv4Net::new(Ipv4Addr::from(address), length).ok().map(IpNet::V4)
    })
}

/// `count` different IPv6 prefixes, in ascending order of their addresses.
pub fn ipv6(seed: u64, count: u64) -> impl Iterator<Item = IpNet> {
    Prefixes::new(&IPV6, seed, 6, count).filter_map(|(unit, length)| {
        let address = (0x2400u128 << 112) | (u128::from(unit) << 80);
        Ipv6Net::new(Ipv6Addr::from(address), length).ok().map(IpNet::V6)
    })
}

/// Walks through a space in steps wide enough to spread over all of it.
struct Prefixes {
    space: &'static Space,
    random: Random,
    at: u64,
    left: u64,
    /// For each length shorter than the unit, the first unit that no prefix of that length covers yet.
    free: [u64; 64],
}

impl Prefixes {
    fn new(space: &'static Space, seed: u64, family: u64, count: u64) -> Self {
        Self {
            space,
            random: Random::new(seed, [family, 0, 0]),
            at: 0,
            left: count.min(space.units),
            free: [0; 64],
        }
    }
}

impl Iterator for Prefixes {
    type Item = (u64, u8);

    fn next(&mut self) -> Option<(u64, u8)> {
        self.left = self.left.checked_sub(1)?;
        let at = self.at;
        // at least one unit stays for each prefix to come
        let spare = self.space.units - at - 1 - self.left;
        let mean = spare / (self.left + 1);
        self.at += 1 + self.random.below(2 * mean + 1).min(spare);
        let length = self.random.weighted(self.space.lengths);
        let size = 1u64 << (self.space.unit - length);
        let start = at & !(size - 1);
        let free = self.free.get_mut(usize::from(length))?;
        if length < self.space.unit && start >= *free {
            *free = start + size;
            return Some((start, length));
        }
        Some((at, self.space.unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn as_many_as_asked_for_and_all_different() {
        for count in [0, 1, 10, 1000, 300_000] {
            let v4: HashSet<_> = ipv4(7, count).collect();
            let v6: HashSet<_> = ipv6(7, count).collect();
            assert_eq!((v4.len() as u64, v6.len() as u64), (count, count));
            assert!(v4.iter().chain(&v6).all(|prefix| prefix.trunc() == *prefix), "no host bits");
        }
    }

    #[test]
    fn the_space_can_be_filled() {
        let space = ipv4(7, u64::MAX).count() as u64;
        assert_eq!(space, IPV4.units);
    }

    #[test]
    fn lengths_are_those_of_a_full_table() {
        let slash_24 = ipv4(7, 100_000).filter(|prefix| prefix.prefix_len() == 24).count();
        assert!((55_000..80_000).contains(&slash_24), "{slash_24}");
        let last = ipv4(7, 100_000).last().unwrap();
        assert!(
            last.network() > std::net::IpAddr::from([200, 0, 0, 0]),
            "spread over the whole space: {last}"
        );
    }
}
