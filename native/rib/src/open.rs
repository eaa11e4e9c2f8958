//! The little that a peer's row shows of an OPEN message.

use std::net::Ipv4Addr;

pub(crate) struct Open {
    /// Four octets where the capability (RFC 6793) gives them.
    pub asn: u32,
    pub hold_time: u16,
    pub bgp_id: Ipv4Addr,
}

/// Reads an OPEN message with its header (RFC 4271, section 4.2).
pub(crate) fn read(message: &[u8]) -> Option<Open> {
    let body = message.get(19..)?;
    let (_, rest) = body.split_first()?;
    let (asn, rest) = rest.split_first_chunk()?;
    let (hold_time, rest) = rest.split_first_chunk()?;
    let (bgp_id, _) = rest.split_first_chunk::<4>()?;
    Some(Open {
        asn: u32::from(u16::from_be_bytes(*asn)),
        hold_time: u16::from_be_bytes(*hold_time),
        bgp_id: Ipv4Addr::from(*bgp_id),
    })
}
