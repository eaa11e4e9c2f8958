//! NLRI as keys: what identifies a route of a family.

use std::net::IpAddr;

use crate::deltas::Nlri;

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

/// The NLRI as a key: the bits after a prefix's length cleared.
pub(crate) fn key(afi: u16, safi: u8, nlri: &[u8]) -> Nlri {
    let mut key = Nlri::from_slice(nlri);
    if is_prefix_family(afi, safi) && nlri.len() > 1 {
        let rest = nlri.first().map_or(0, |length| length % 8);
        if let (true, Some(last)) = (rest != 0, key.last_mut()) {
            *last &= 0xff << (8 - rest);
        }
    }
    key
}

/// An NLRI that ends before its length says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut;

/// Path id and NLRI of each route in a block.
pub fn split(
    afi: u16,
    safi: u8,
    add_path: bool,
    block: &[u8],
) -> impl Iterator<Item = Result<(Option<u32>, &[u8]), Cut>> {
    let prefixes = is_prefix_family(afi, safi);
    let mut rest = block;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let one = (|| {
            let mut at = rest;
            let mut path_id = None;
            if add_path {
                let (id, after) = at.split_first_chunk()?;
                path_id = Some(u32::from_be_bytes(*id));
                at = after;
            }
            let length = if prefixes { 1 + usize::from(*at.first()?).div_ceil(8) } else { at.len() };
            let (nlri, after) = at.split_at_checked(length)?;
            rest = after;
            Some((path_id, nlri))
        })();
        if one.is_none() {
            rest = &[];
        }
        Some(one.ok_or(Cut))
    })
}
