//! The PROXY protocol, version 1 and 2, that a load balancer writes in front of a BMP session.
//!
//! Only for connections from a balancer that is named: anybody can write such a header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::error::{At, DecodeError, ErrorKind, Result};
use crate::reader::Reader;

/// What a balancer says of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The router's address; `None` where the balancer speaks for itself (a health check) or of no IP connection.
    pub source: Option<SocketAddr>,
    pub destination: Option<SocketAddr>,
    /// Octets of the header: BMP starts after them.
    pub length: usize,
}

/// What the first octets of a connection are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// No such header: BMP from the first octet on.
    None,
    /// The octets so far may become a header: read more.
    Partial,
    Header(Header),
}

const SIGNATURE_V2: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header of version 1, its end of line included.
const LONGEST_V1: usize = 107;

/// Looks at the first octets of a connection.
///
/// ```
/// use wire::proxy::{detect, Start};
///
/// let bytes = b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 11019\r\n\x03";
/// let Ok(Start::Header(header)) = detect(bytes) else { panic!() };
/// assert_eq!(header.source, Some("192.0.2.1:40000".parse().unwrap()));
/// assert_eq!(header.length, 44);
/// assert_eq!(detect(b"\x03\0\0"), Ok(Start::None));
/// ```
///
/// # Errors
/// What starts as a header and is none.
pub fn detect(bytes: &[u8]) -> Result<Start> {
    if starts(bytes, &SIGNATURE_V2) {
        version_2(bytes).at("proxy")
    } else if starts(bytes, b"PROXY ") {
        version_1(bytes).at("proxy")
    } else {
        Ok(Start::None)
    }
}

/// Whether the octets are the signature, or so far like it; no octets at all are like any.
fn starts(bytes: &[u8], signature: &[u8]) -> bool {
    bytes.iter().zip(signature).all(|(a, b)| a == b)
}

fn version_1(bytes: &[u8]) -> Result<Start> {
    let line = bytes.get(..LONGEST_V1).unwrap_or(bytes);
    let Some(end) = line.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LONGEST_V1 { Ok(Start::Partial) } else { Err(bad_line(bytes.len())) };
    };
    let line =
        line.get(..end).and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(|| bad_line(end))?;
    let length = end + 2;
    let mut words = line.split(' ').skip(1);
    let (source, destination) = match words.next() {
        Some("UNKNOWN") => (None, None),
        Some("TCP4" | "TCP6") => {
            let mut word = || words.next().ok_or_else(|| bad_line(end));
            let (source, destination) = (word()?, word()?);
            let (source_port, destination_port) = (word()?, word()?);
            let socket = |address: &str, port: &str| {
                let address: IpAddr = address.parse().ok()?;
                Some(SocketAddr::new(address, port.parse().ok()?))
            };
            let source = socket(source, source_port).ok_or_else(|| bad_line(end))?;
            let destination = socket(destination, destination_port).ok_or_else(|| bad_line(end))?;
            (Some(source), Some(destination))
        }
        _ => return Err(bad_line(end)),
    };
    Ok(Start::Header(Header { source, destination, length }))
}

fn bad_line(found: usize) -> DecodeError {
    DecodeError::new(ErrorKind::Length { found, expected: "a line of PROXY protocol version 1" }, 0)
}

fn version_2(bytes: &[u8]) -> Result<Start> {
    if bytes.len() < 16 {
        return Ok(Start::Partial);
    }
    let mut reader = Reader::new(bytes, 0);
    reader.take(SIGNATURE_V2.len())?;
    let at = reader;
    let version_command = reader.u8()?;
    if version_command >> 4 != 2 || version_command & 0x0f > 1 {
        let kind = ErrorKind::Value { found: version_command.into(), expected: "version 2, LOCAL or PROXY" };
        return Err(at.error(kind)).at("version_and_command");
    }
    let family = reader.u8()?;
    let length = usize::from(reader.u16()?);
    let total = 16 + length;
    if bytes.len() < total {
        return Ok(Start::Partial);
    }
    let mut addresses = reader.sub(length)?;
    let reader = &mut addresses;
    let (source, destination) = match (version_command & 0x0f, family >> 4) {
        (1, 1) => {
            let (source, destination) = (reader.ipv4().at("addresses")?, reader.ipv4().at("addresses")?);
            ports(reader, source.into(), destination.into())?
        }
        (1, 2) => {
            let (source, destination) = (reader.ipv6().at("addresses")?, reader.ipv6().at("addresses")?);
            ports(reader, unmap(source), unmap(destination))?
        }
        _ => (None, None),
    };
    Ok(Start::Header(Header { source, destination, length: total }))
}

type Ends = (Option<SocketAddr>, Option<SocketAddr>);

fn ports(reader: &mut Reader<'_>, source: IpAddr, destination: IpAddr) -> Result<Ends> {
    let (from, to) = (reader.u16().at("addresses")?, reader.u16().at("addresses")?);
    Ok((Some(SocketAddr::new(source, from)), Some(SocketAddr::new(destination, to))))
}

/// An IPv4 address as a balancer with one IPv6 socket sees it.
fn unmap(address: Ipv6Addr) -> IpAddr {
    address.to_ipv4_mapped().map_or(IpAddr::V6(address), |v4: Ipv4Addr| IpAddr::V4(v4))
}
