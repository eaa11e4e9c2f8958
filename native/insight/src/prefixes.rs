//! What is kept by prefix, for look-ups of everything that covers a prefix.
//!
//! Prefixes that begin alike lie side by side, sorted, so that a look-up goes to few places of the memory: one block for all that are
//! shorter than the first octet, one for each first octet, one for each /16 of IPv4 (/32 of IPv6). A block knows which lengths occur in it.

use hashbrown::HashMap;
use ipnet::IpNet;

/// An address as a number.
trait Address: Copy + Ord {
    /// The lengths of blocks: a prefix is in the block of its first bits, as many as the largest of these
    /// numbers that is not above its length.
    const BLOCKS: [u8; 3];
    /// Its first `bits` bits, the others zero.
    fn first(self, bits: u8) -> Self;
    /// Its first `bits` bits as a number; at most 32.
    fn number(self, bits: u8) -> u32;
}

impl Address for u32 {
    const BLOCKS: [u8; 3] = [0, 8, 16];

    fn first(self, bits: u8) -> Self {
        self & u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
    }

    fn number(self, bits: u8) -> u32 {
        self.checked_shr(32 - u32::from(bits)).unwrap_or(0)
    }
}

impl Address for u128 {
    const BLOCKS: [u8; 3] = [0, 16, 32];

    fn first(self, bits: u8) -> Self {
        self & u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
    }

    fn number(self, bits: u8) -> u32 {
        u32::try_from(self.checked_shr(128 - u32::from(bits)).unwrap_or(0)).unwrap_or(u32::MAX)
    }
}

#[derive(Clone, Debug)]
struct Entry<A, V> {
    address: A,
    length: u8,
    value: V,
}

/// Prefixes that begin with the same bits, sorted by address and length.
#[derive(Clone, Debug)]
struct Block<A, V> {
    /// Bit n: one of them has n bits more than all have in common.
    lengths: u128,
    entries: Vec<Entry<A, V>>,
}

impl<A: Address, V> Block<A, V> {
    fn place(&self, address: A, length: u8) -> usize {
        self.entries.partition_point(|entry| (entry.address, entry.length) < (address, length))
    }

    fn exact(&self, address: A, length: u8) -> impl Iterator<Item = &Entry<A, V>> {
        let from = self.entries.get(self.place(address, length)..).unwrap_or_default();
        from.iter().take_while(move |entry| entry.address == address && entry.length == length)
    }
}

/// The prefixes of one address family.
#[derive(Clone, Debug)]
struct Family<A, V> {
    /// The blocks by the index of their length in `BLOCKS` and by their bits.
    blocks: HashMap<(usize, u32), Block<A, V>>,
    /// How many blocks there are of each length.
    count: [usize; 3],
}

impl<A, V> Default for Family<A, V> {
    fn default() -> Self {
        Family { blocks: HashMap::new(), count: [0; 3] }
    }
}

impl<A: Address, V> Family<A, V> {
    /// Each block that may have prefixes of at most this length that cover the address, with how many bits its prefixes have in common.
    fn places(address: A, length: u8) -> impl DoubleEndedIterator<Item = ((usize, u32), u8)> {
        let all = [0, 1, 2].into_iter().zip(A::BLOCKS).filter(move |(_, bits)| *bits <= length);
        all.map(move |(index, bits)| ((index, address.number(bits)), bits))
    }

    fn insert(&mut self, address: A, length: u8, value: V) {
        let Some((key, bits)) = Self::places(address, length).next_back() else { return };
        let count = &mut self.count;
        let block = self.blocks.entry(key).or_insert_with(|| {
            count.iter_mut().skip(key.0).take(1).for_each(|count| *count += 1);
            Block { lengths: 0, entries: Vec::new() }
        });
        let address = address.first(length);
        let at = block.place(address, length);
        block.lengths |= 1 << (length - bits);
        block.entries.insert(at, Entry { address, length, value });
    }

    fn remove(&mut self, address: A, length: u8, gone: impl Fn(&V) -> bool) -> usize {
        let Some((key, bits)) = Self::places(address, length).next_back() else { return 0 };
        let Some(block) = self.blocks.get_mut(&key) else { return 0 };
        let address = address.first(length);
        let before = block.entries.len();
        block
            .entries
            .retain(|entry| entry.address != address || entry.length != length || !gone(&entry.value));
        let removed = before - block.entries.len();
        block.lengths = block.entries.iter().fold(0, |lengths, entry| lengths | 1 << (entry.length - bits));
        if block.entries.is_empty() {
            self.blocks.remove(&key);
            self.count.iter_mut().skip(key.0).take(1).for_each(|count| *count -= 1);
        }
        removed
    }

    fn exact(&self, address: A, length: u8) -> impl Iterator<Item = &V> {
        let place = Self::places(address, length).next_back().filter(|_| !self.blocks.is_empty());
        let block = place.and_then(|(key, _)| self.blocks.get(&key));
        let address = address.first(length);
        block.into_iter().flat_map(move |block| block.exact(address, length)).map(|entry| &entry.value)
    }

    fn covering(&self, address: A, length: u8, visit: &mut impl FnMut(u8, &V) -> bool) {
        for (key, bits) in Self::places(address, length) {
            if self.count.get(key.0) == Some(&0) {
                continue;
            }
            let Some(block) = self.blocks.get(&key) else { continue };
            let mut lengths = block.lengths;
            while lengths != 0 {
                let of = bits + u8::try_from(lengths.trailing_zeros()).unwrap_or(u8::MAX);
                if of > length {
                    break;
                }
                lengths &= lengths - 1;
                for entry in block.exact(address.first(of), of) {
                    if !visit(of, &entry.value) {
                        return;
                    }
                }
            }
        }
    }
}

/// Values by prefix; one prefix may have several.
#[derive(Clone, Debug)]
pub(crate) struct Prefixes<V> {
    v4: Family<u32, V>,
    v6: Family<u128, V>,
}

impl<V> Default for Prefixes<V> {
    fn default() -> Self {
        Prefixes { v4: Family::default(), v6: Family::default() }
    }
}

impl<V> Prefixes<V> {
    /// Of several values of one prefix the one that was inserted last comes first.
    pub fn insert(&mut self, prefix: &IpNet, value: V) {
        match prefix {
            IpNet::V4(net) => self.v4.insert(net.addr().into(), net.prefix_len(), value),
            IpNet::V6(net) => self.v6.insert(net.addr().into(), net.prefix_len(), value),
        }
    }

    /// Removes the values of a prefix for which `gone` is true; returns how many there were.
    pub fn remove(&mut self, prefix: &IpNet, gone: impl Fn(&V) -> bool) -> usize {
        match prefix {
            IpNet::V4(net) => self.v4.remove(net.addr().into(), net.prefix_len(), gone),
            IpNet::V6(net) => self.v6.remove(net.addr().into(), net.prefix_len(), gone),
        }
    }

    /// The values of this very prefix.
    pub fn exact(&self, prefix: &IpNet) -> impl Iterator<Item = &V> {
        let (v4, v6) = match prefix {
            IpNet::V4(net) => (Some(self.v4.exact(net.addr().into(), net.prefix_len())), None),
            IpNet::V6(net) => (None, Some(self.v6.exact(net.addr().into(), net.prefix_len()))),
        };
        v4.into_iter().flatten().chain(v6.into_iter().flatten())
    }

    /// Visits every value of a prefix that covers this one, the shortest first, with the length of its prefix, for as long as the
    /// visitor says true.
    pub fn covering(&self, prefix: &IpNet, mut visit: impl FnMut(u8, &V) -> bool) {
        match prefix {
            IpNet::V4(net) => self.v4.covering(net.addr().into(), net.prefix_len(), &mut visit),
            IpNet::V6(net) => self.v6.covering(net.addr().into(), net.prefix_len(), &mut visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same every time.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 33
        }

        /// Prefixes that often cover each other.
        fn prefix(&mut self) -> IpNet {
            let (high, low, length) = (self.next() % 3, self.next() % 4, self.next());
            let net = match self.next() % 2 {
                0 => format!("10.{high}.{low}.{}/{}", low * 64, length % 33),
                _ => format!("2001:{high}:{low}:{low}::{low}/{}", length % 129),
            };
            net.parse::<IpNet>().unwrap().trunc()
        }
    }

    fn covering(set: &Prefixes<u64>, prefix: &IpNet) -> Vec<(u8, u64)> {
        let mut found = Vec::new();
        set.covering(prefix, |length, value| {
            found.push((length, *value));
            true
        });
        assert!(found.is_sorted_by_key(|one| one.0), "{prefix}: the shortest first");
        found.sort_unstable();
        found
    }

    #[test]
    fn everything_that_covers_a_prefix_is_found_and_nothing_else() {
        let mut random = Random(1);
        let mut set = Prefixes::default();
        let mut all: Vec<(IpNet, u64)> = Vec::new();
        for value in 0..2_000 {
            let prefix = random.prefix();
            set.insert(&prefix, value);
            all.push((prefix, value));
            if value % 3 == 0 {
                let (prefix, value) = all.swap_remove(usize::try_from(random.next()).unwrap() % all.len());
                assert_eq!(set.remove(&prefix, |held| *held == value), 1);
                assert_eq!(set.remove(&prefix, |held| *held == value), 0);
            }
            if value % 10 == 0 {
                let asked = random.prefix();
                let mut expected: Vec<(u8, u64)> = all
                    .iter()
                    .filter(|(net, _)| net.contains(&asked))
                    .map(|(net, value)| (net.prefix_len(), *value))
                    .collect();
                expected.sort_unstable();
                assert_eq!(covering(&set, &asked), expected, "{asked}");
                let mut exact: Vec<u64> = set.exact(&asked).copied().collect();
                exact.sort_unstable();
                let of = |(length, value): (u8, u64)| (length == asked.prefix_len()).then_some(value);
                assert_eq!(exact, expected.into_iter().filter_map(of).collect::<Vec<_>>(), "{asked}");
            }
        }
        for (prefix, _) in &all {
            set.remove(prefix, |_| true);
        }
        assert!(set.v4.blocks.is_empty() && set.v6.blocks.is_empty());
        assert_eq!((set.v4.count, set.v6.count), ([0; 3], [0; 3]));
    }

    #[test]
    fn a_visitor_that_has_seen_enough_is_asked_no_more() {
        let mut set = Prefixes::default();
        for (text, value) in [("0.0.0.0/0", 1), ("10.0.0.0/8", 2), ("10.1.0.0/16", 3), ("10.1.2.0/24", 4)] {
            set.insert(&text.parse().unwrap(), value);
        }
        let mut seen = Vec::new();
        set.covering(&"10.1.2.3/32".parse().unwrap(), |length, value| {
            seen.push((length, *value));
            *value < 3
        });
        assert_eq!(seen, [(0, 1), (8, 2), (16, 3)]);
    }
}
