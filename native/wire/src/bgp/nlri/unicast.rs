//! Prefixes: unicast and multicast of IPv4 and IPv6 (RFC 4271, section 4.3).
//!
//! One octet of length in bits, then as many octets as hold them. Bits after the length are
//! irrelevant and are cleared in everything that is read.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{Nlri, NlriValue};
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

pub(crate) fn decode_block(mut reader: Reader<'_>, add_path: bool, v6: bool) -> Result<Vec<Nlri>> {
    // IPv4 prefixes of a full table have four octets on the wire, IPv6 ones mostly five to seven.
    let mut nlri = Vec::with_capacity(reader.len() / if add_path { 8 } else { 4 } + 1);
    let limit = if v6 { 128 } else { 32 };
    while !reader.is_empty() {
        let path_id = if add_path { Some(reader.u32().at("path_id").at_index(nlri.len())?) } else { None };
        let bytes = take(&mut reader, limit).at_index(nlri.len())?;
        let prefix = if v6 { decode_v6(bytes) } else { decode_v4(bytes) };
        nlri.extend(prefix.map(|prefix| Nlri { path_id, value: NlriValue::Prefix(prefix) }));
    }
    Ok(nlri)
}

/// A prefix of `length` bits whose octets are all of `octets`.
pub(crate) fn prefix(length: u8, octets: &[u8], v6: bool) -> Option<IpNet> {
    let mut bytes = [0; 17];
    let (first, rest) = bytes.split_first_mut()?;
    *first = length;
    rest.get_mut(..octets.len())?.copy_from_slice(octets);
    let bytes = bytes.get(..=octets.len())?;
    if octets.len() != self::octets(length) {
        return None;
    }
    if v6 {
        decode_v6(bytes)
    } else {
        decode_v4(bytes)
    }
}

/// `bytes` as `take` gives them.
#[inline(always)]
pub(crate) fn decode_v4(bytes: &[u8]) -> Option<IpNet> {
    let (&length, rest) = bytes.split_first()?;
    let mut address = [0; 4];
    address.get_mut(..rest.len())?.copy_from_slice(rest);
    let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
    Ipv4Net::new((u32::from_be_bytes(address) & mask).into(), length).ok().map(IpNet::V4)
}

/// `bytes` as `take` gives them.
#[inline(always)]
pub(crate) fn decode_v6(bytes: &[u8]) -> Option<IpNet> {
    let (&length, rest) = bytes.split_first()?;
    let mut address = [0; 16];
    address.get_mut(..rest.len())?.copy_from_slice(rest);
    let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
    Ipv6Net::new((u128::from_be_bytes(address) & mask).into(), length).ok().map(IpNet::V6)
}

/// Length octet and address octets, bits after the length cleared.
#[inline]
pub(crate) fn key(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(bytes);
    if let [length, .., last] = bytes {
        if length % 8 != 0 {
            let cleared = last & (0xff << (8 - length % 8));
            if let Some(last) = out.last_mut() {
                *last = cleared;
            }
        }
    }
}

pub(crate) fn encode(prefix: &IpNet, out: &mut Vec<u8>) {
    let length = prefix.prefix_len();
    out.push(length);
    match prefix.network() {
        std::net::IpAddr::V4(v4) => out.extend(v4.octets().into_iter().take(octets(length))),
        std::net::IpAddr::V6(v6) => out.extend(v6.octets().into_iter().take(octets(length))),
    }
}
