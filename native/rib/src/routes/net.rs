//! Prefixes of one address family.

use std::net::IpAddr;

use super::WireKey;
use crate::nlri::Nlri;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What routes are sorted by. The default is the first of all.
pub(crate) trait Key: Copy + Ord + Default {
    /// In the same order as the key itself, and compared faster.
    type Number: Copy + Ord;

    fn number(self) -> Self::Number;
}

impl Key for Ipv4Net {
    type Number = u64;

    fn number(self) -> u64 {
        u64::from(self.addr().to_bits()) << 8 | u64::from(self.prefix_len())
    }
}

impl Key for Ipv6Net {
    type Number = (u128, u8);

    fn number(self) -> (u128, u8) {
        (self.addr().to_bits(), self.prefix_len())
    }
}

/// A prefix with a path identifier.
impl<N: Net> Key for (N, u32) {
    type Number = (N::Number, u32);

    fn number(self) -> Self::Number {
        (self.0.number(), self.1)
    }
}

/// A prefix of one address family. Its order is by address, then by length, so that the more specifics
/// of a prefix follow it without a gap.
pub(crate) trait Net: Key {
    /// Of an NLRI; bits after the length do not count. None where it is none of the family.
    fn of_nlri(nlri: &[u8]) -> Option<Self>;
    fn of_net(net: IpNet) -> Option<Self>;
    /// The longest prefix that holds the address only.
    fn host(address: IpAddr) -> Option<Self>;
    fn shorter(self) -> Option<Self>;
    fn holds(self, other: Self) -> bool;
    fn wire(self, path_id: Option<u32>) -> WireKey;
}

impl Net for Ipv4Net {
    fn of_nlri(nlri: &[u8]) -> Option<Self> {
        let (address, length) = wire::bgp::nlri::unicast::address::<4>(nlri)?;
        Ipv4Net::new(address.into(), length).ok()
    }

    fn of_net(net: IpNet) -> Option<Self> {
        match net {
            IpNet::V4(net) => Some(net.trunc()),
            IpNet::V6(_) => None,
        }
    }

    fn host(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => Some(address.into()),
            IpAddr::V6(_) => None,
        }
    }

    fn shorter(self) -> Option<Self> {
        self.supernet()
    }

    fn holds(self, other: Self) -> bool {
        self.contains(&other)
    }

    fn wire(self, path_id: Option<u32>) -> WireKey {
        wire(self.prefix_len(), &self.addr().octets(), path_id)
    }
}

impl Net for Ipv6Net {
    fn of_nlri(nlri: &[u8]) -> Option<Self> {
        let (address, length) = wire::bgp::nlri::unicast::address::<16>(nlri)?;
        Ipv6Net::new(address.into(), length).ok()
    }

    fn of_net(net: IpNet) -> Option<Self> {
        match net {
            IpNet::V6(net) => Some(net.trunc()),
            IpNet::V4(_) => None,
        }
    }

    fn host(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V6(address) => Some(address.into()),
            IpAddr::V4(_) => None,
        }
    }

    fn shorter(self) -> Option<Self> {
        self.supernet()
    }

    fn holds(self, other: Self) -> bool {
        self.contains(&other)
    }

    fn wire(self, path_id: Option<u32>) -> WireKey {
        wire(self.prefix_len(), &self.addr().octets(), path_id)
    }
}

fn wire(length: u8, address: &[u8], path_id: Option<u32>) -> WireKey {
    let mut nlri = Nlri::new();
    nlri.push(length);
    nlri.extend_from_slice(address.get(..usize::from(length).div_ceil(8)).unwrap_or(address));
    WireKey { nlri, path_id }
}
