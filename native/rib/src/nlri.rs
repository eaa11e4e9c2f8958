//! NLRI as keys: what identifies a route of a family.

use std::net::IpAddr;

/// IANA address family numbers and subsequent ones whose NLRI is a bare prefix.
pub fn is_prefix_family(afi: u16, safi: u8) -> bool {
    matches!((afi, safi), (1 | 2, 1 | 2))
}

/// Address and length of a bare prefix's NLRI.
pub fn prefix(afi: u16, safi: u8, nlri: &[u8]) -> Option<(IpAddr, u8)> {
    if !is_prefix_family(afi, safi) {
        return None;
    }
    let (length, octets) = nlri.split_first()?;
    if afi == 1 {
        Some((IpAddr::from(padded::<4>(*length, octets)?), *length))
    } else {
        Some((IpAddr::from(padded::<16>(*length, octets)?), *length))
    }
}

/// `octets` as a whole address, the bits after `length` cleared.
pub(crate) fn padded<const N: usize>(length: u8, octets: &[u8]) -> Option<[u8; N]> {
    let used = usize::from(length).div_ceil(8);
    if used > N || octets.len() != used {
        return None;
    }
    let mut address = [0; N];
    address.get_mut(..used)?.copy_from_slice(octets);
    let rest = length % 8;
    if rest != 0 {
        *address.get_mut(used - 1)? &= 0xff << (8 - rest);
    }
    Some(address)
}
