//! SR Policy (RFC 9830, section 2.1).

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::route::ToRoute;
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// A candidate path of an SR policy, printed `[distinguisher]:[color]:[endpoint]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SrPolicy {
    pub distinguisher: u32,
    pub color: u32,
    pub endpoint: IpAddr,
}

/// Takes one NLRI: length in bits (96, 192 for IPv6), value.
pub(crate) fn take<'a>(reader: &mut Reader<'a>, v6: bool) -> Result<&'a [u8]> {
    let start = *reader;
    let length = reader.u8().at("length")?;
    let (wanted, expected) = if v6 { (192, "192") } else { (96, "96") };
    if length != wanted {
        return Err(start.error(ErrorKind::Length { found: length.into(), expected })).at("length");
    }
    reader.take(usize::from(length) / 8).at("value")?;
    Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
}

impl SrPolicy {
    /// `bytes` as `take` gives them.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes, 0);
        let v6 = reader.u8().ok()? == 192;
        let (distinguisher, color) = (reader.u32().ok()?, reader.u32().ok()?);
        let endpoint = if v6 { IpAddr::V6(reader.ipv6().ok()?) } else { IpAddr::V4(reader.ipv4().ok()?) };
        Some(SrPolicy { distinguisher, color, endpoint })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(if self.endpoint.is_ipv6() { 192 } else { 96 });
        out.extend_from_slice(&self.distinguisher.to_be_bytes());
        out.extend_from_slice(&self.color.to_be_bytes());
        super::evpn::encode_ip(self.endpoint, out);
    }
}

impl ToRoute for SrPolicy {}

impl fmt::Display for SrPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]:[{}]:[{}]", self.distinguisher, self.color, self.endpoint)
    }
}
