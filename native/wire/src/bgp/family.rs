//! An address family, by IANA's numbers. It reads and names nothing, so that errors and the reader can speak of families:
//! the reader takes one ([`Reader::family`](crate::reader::Reader::family)), and what the registry says of it is in
//! [`registry::families`](crate::registry::families).

/// IANA address family number and subsequent address family identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressFamily {
    pub afi: u16,
    pub safi: u8,
}

impl AddressFamily {
    pub const fn new(afi: u16, safi: u8) -> Self {
        AddressFamily { afi, safi }
    }

    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.afi.to_be_bytes());
        out.push(self.safi);
    }

    /// Whether it is that of the unicast routes of IPv4 or IPv6, which are not of a VPN.
    pub const fn is_unicast(self) -> bool {
        matches!(self, Self::IPV4_UNICAST | Self::IPV6_UNICAST)
    }

    /// Whether it is that of a VPN's unicast or multicast routes (RFC 4364, RFC 4659, RFC 6514).
    pub(crate) const fn is_ip_vpn(self) -> bool {
        matches!(self, Self::IPV4_VPN | Self::IPV6_VPN | Self::IPV4_VPN_MULTICAST | Self::IPV6_VPN_MULTICAST)
    }

    /// Whether its addresses are those of IPv6.
    #[inline(always)]
    pub const fn is_ipv6(self) -> bool {
        self.afi == Self::IPV6
    }
}
