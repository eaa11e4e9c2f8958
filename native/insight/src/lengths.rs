//! Which lengths the prefixes of a set have, by where they are: a look-up of all that cover a prefix tries these and no others.

use std::net::IpAddr;

use hashbrown::HashMap;
use ipnet::IpNet;

/// Lengths up to these are kept for each first octet, longer ones for each block of this length.
const BLOCK_V4: u8 = 16;
const BLOCK_V6: u8 = 32;

/// Bit n: a prefix of the set has the length n. A length of 128 is as good as one of 127.
type Mask = u128;

#[derive(Clone, Debug, Default)]
pub(crate) struct Lengths {
    short: HashMap<(bool, u8), Mask>,
    long: HashMap<(bool, u32), Mask>,
}

impl Lengths {
    pub fn insert(&mut self, prefix: &IpNet) {
        let (octet, block) = place(prefix);
        let (v6, length) = (is_v6(prefix), prefix.prefix_len());
        let bit = 1 << length.min(127);
        if length >= block_length(prefix) {
            *self.long.entry((v6, block)).or_default() |= bit;
            return;
        }
        let last = octet | u8::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        for octet in octet..=last {
            *self.short.entry((v6, octet)).or_default() |= bit;
        }
    }

    /// Every prefix that may be in the set and covers this one, the shortest first.
    pub fn covering(&self, prefix: &IpNet) -> impl Iterator<Item = IpNet> {
        let (octet, block) = place(prefix);
        let (v6, length, address) = (is_v6(prefix), prefix.prefix_len(), prefix.addr());
        let mut mask = self.short.get(&(v6, octet)).copied().unwrap_or(0);
        if length >= block_length(prefix) {
            mask |= self.long.get(&(v6, block)).copied().unwrap_or(0);
        }
        if length < 127 {
            mask &= (1 << (length + 1)) - 1;
        }
        let lengths = std::iter::from_fn(move || {
            let length = u8::try_from(mask.trailing_zeros()).ok().filter(|_| mask != 0)?;
            mask &= mask - 1;
            Some(length)
        });
        // Both that the last bit stands for.
        let both = move |of: u8| std::iter::once(of).chain((of == 127 && length == 128).then_some(128));
        lengths.flat_map(both).filter_map(move |length| Some(IpNet::new(address, length).ok()?.trunc()))
    }
}

fn is_v6(prefix: &IpNet) -> bool {
    matches!(prefix, IpNet::V6(_))
}

fn block_length(prefix: &IpNet) -> u8 {
    if is_v6(prefix) {
        BLOCK_V6
    } else {
        BLOCK_V4
    }
}

/// The first octet of a prefix, and the block that it is in.
fn place(prefix: &IpNet) -> (u8, u32) {
    let (first, block) = match prefix.addr() {
        IpAddr::V4(address) => (address.octets()[0], u32::from(address) >> (32 - BLOCK_V4)),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.octets();
            (a, u32::from_be_bytes([a, b, c, d]) >> (32 - BLOCK_V6))
        }
    };
    (first, block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_of_the_set_that_covers_is_tried_and_few_others() {
        let set = [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.0/24",
            "10.1.2.3/32",
            "10.2.0.0/20",
            "128.0.0.0/1",
        ];
        let v6 = [
            "::/0",
            "2000::/3",
            "2001:db8::/32",
            "2001:db8:1::/48",
            "2001:db8::1/128",
            "2001:db8::/127",
            "2001::/16",
        ];
        let set: Vec<IpNet> = set.iter().chain(&v6).map(|text| text.parse().unwrap()).collect();
        let mut lengths = Lengths::default();
        set.iter().for_each(|prefix| lengths.insert(prefix));
        let asked = [
            "10.1.2.3/32",
            "10.1.2.0/24",
            "10.1.0.0/17",
            "10.0.0.0/8",
            "192.0.2.0/24",
            "0.0.0.0/0",
            "10.2.3.4/32",
        ];
        let asked_v6 =
            ["2001:db8::1/128", "2001:db8::/127", "2001:db8:1:2::/64", "2001:db9::/32", "3000::/8", "::/0"];
        for text in asked.iter().chain(&asked_v6) {
            let prefix: IpNet = text.parse().unwrap();
            let tried: Vec<IpNet> = lengths.covering(&prefix).collect();
            assert!(tried.iter().all(|net| net.contains(&prefix)), "{text}: {tried:?}");
            for net in set.iter().filter(|net| net.contains(&prefix)) {
                assert!(tried.contains(net), "{text}: {net} is not tried");
            }
        }
        let tried = |text: &str| lengths.covering(&text.parse().unwrap()).count();
        // Of the set's lengths those that occur near.
        assert_eq!((tried("10.2.3.4/32"), tried("10.1.2.3/32"), tried("192.0.2.0/24")), (3, 5, 2));
    }
}
