//! Prefixes: unicast and multicast of IPv4 and IPv6 (RFC 4271, section 4.3).
//!
//! One octet of length in bits, then as many octets as hold them. Bits after the length are
//! irrelevant and are cleared in everything that is read.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// Takes one prefix, its length octet included.
#[inline(always)]
pub(crate) fn take<'a>(reader: &mut Reader<'a>, limit: u8) -> Result<&'a [u8]> {
    let Some(&length) = reader.peek().first() else {
        return reader.take(1).at("prefix_length");
    };
    if length > limit {
        return Err(reader.error(ErrorKind::PrefixLength { found: length, limit })).at("prefix_length");
    }
    reader.take(1 + octets(length)).at("prefix")
}

#[inline(always)]
fn octets(length: u8) -> usize {
    usize::from(length).div_ceil(8)
}

#[inline(always)]
pub(crate) fn check(mut reader: Reader<'_>, add_path: bool, limit: u8) -> Result<u32> {
    let mut count = 0;
    while !reader.is_empty() {
        if add_path {
            reader.take(4).at("path_id").at_index(count as usize)?;
        }
        take(&mut reader, limit).at_index(count as usize)?;
        count += 1;
    }
    Ok(count)
}

/// A prefix of `length` bits whose octets are all of `octets`.
pub(crate) fn prefix(length: u8, octets: &[u8], v6: bool) -> Option<IpNet> {
    let mut bytes = [0; 17];
    let (first, rest) = bytes.split_first_mut()?;
    *first = length;
    rest.get_mut(..octets.len())?.copy_from_slice(octets);
    let bytes = bytes.get(..=octets.len())?;
    if v6 {
        decode_v6(bytes)
    } else {
        decode_v4(bytes)
    }
}

/// The address of a prefix, and its length; `bytes` as they are on the wire, length octet and address octets. `N` octets are an
/// address of the family.
#[inline(always)]
pub fn address<const N: usize>(bytes: &[u8]) -> Option<([u8; N], u8)> {
    let (&length, rest) = bytes.split_first()?;
    let mut address = [0; N];
    match *rest {
        // Most prefixes have so many octets: to copy them costs less than to call what copies any number.
        [a, b, c] => *address.first_chunk_mut()? = [a, b, c],
        [a, b] => *address.first_chunk_mut()? = [a, b],
        _ => address.get_mut(..rest.len())?.copy_from_slice(rest),
    }
    if rest.len() != octets(length) {
        return None;
    }
    clear_after(length, &mut address);
    Some((address, length))
}

/// Path identifier, address and length of each prefix of a block, up to what is malformed; `N` octets are an address of the family.
#[inline]
pub fn each<const N: usize>(block: &[u8], add_path: bool, mut visit: impl FnMut(Option<u32>, [u8; N], u8)) {
    let limit = if N == 4 { 32 } else { 128 };
    let mut reader = Reader::new(block, 0);
    while !reader.is_empty() {
        let path_id = if add_path { reader.u32().ok() } else { None };
        let Ok(bytes) = take(&mut reader, limit) else { return };
        let Some((address, length)) = address(bytes) else { return };
        visit(path_id, address, length);
    }
}

/// `bytes` as `take` gives them.
#[inline(always)]
pub(crate) fn decode_v4(bytes: &[u8]) -> Option<IpNet> {
    let (address, length) = address::<4>(bytes)?;
    Ipv4Net::new(address.into(), length).ok().map(IpNet::V4)
}

/// `bytes` as `take` gives them.
#[inline(always)]
pub(crate) fn decode_v6(bytes: &[u8]) -> Option<IpNet> {
    let (address, length) = address::<16>(bytes)?;
    Ipv6Net::new(address.into(), length).ok().map(IpNet::V6)
}

/// Clears what comes after the first `bits` bits in the octet that has the last of them. The one place that makes prefixes
/// which are the same look the same.
#[inline(always)]
pub(crate) fn clear_after(bits: u8, octets: &mut [u8]) {
    if let (1..=7, Some(last)) = (bits % 8, octets.get_mut(usize::from(bits / 8))) {
        *last &= 0xff << (8 - bits % 8);
    }
}

/// The same of length octet and address octets.
#[inline(always)]
pub fn canonicalize(bytes: &mut [u8]) {
    if let Some((length, octets)) = bytes.split_first_mut() {
        clear_after(*length, octets);
    }
}

/// Length octet and address octets, bits after the length cleared.
#[inline]
pub(crate) fn key(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(bytes);
    canonicalize(out.get_mut(start..).unwrap_or_default());
}

pub(crate) fn encode(prefix: &IpNet, out: &mut Vec<u8>) {
    let length = prefix.prefix_len();
    out.push(length);
    match prefix.network() {
        std::net::IpAddr::V4(v4) => out.extend(v4.octets().into_iter().take(octets(length))),
        std::net::IpAddr::V6(v6) => out.extend(v6.octets().into_iter().take(octets(length))),
    }
}
