//! What a balancer says, by the PROXY protocol, of the router it speaks for.

use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt};
use wire::proxy::{detect, Start};

/// With all that a balancer may add to the addresses.
const LONGEST: usize = 4096;

/// Reads the header and nothing after it. `None` is a balancer that speaks for itself, such as a health check.
pub async fn source(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut octets = Vec::with_capacity(128);
    loop {
        // One at a time, for what follows is not ours: it may be TLS.
        octets.push(stream.read_u8().await?);
        match detect(&octets) {
            Ok(Start::Header(header)) => return Ok(header.source),
            Ok(Start::Partial) if octets.len() < LONGEST => {}
            Ok(Start::Partial) => return Err(io::Error::other("the PROXY header is too long")),
            Ok(Start::None) => return Err(io::Error::other("there is no PROXY header")),
            Err(error) => return Err(io::Error::other(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(octets: &[u8]) -> (io::Result<Option<SocketAddr>>, usize) {
        let mut stream = octets;
        let source = source(&mut stream).await;
        (source, stream.len())
    }

    #[tokio::test]
    async fn nothing_after_the_header_is_taken() {
        let (source, left) = read(b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 11019\r\n\x03\0\0").await;
        assert_eq!(source.unwrap(), Some("192.0.2.1:40000".parse().unwrap()));
        assert_eq!(left, 3);
        let (source, left) = read(b"PROXY UNKNOWN\r\n\x03").await;
        assert_eq!((source.unwrap(), left), (None, 1));
    }

    #[tokio::test]
    async fn what_is_no_header_is_an_error() {
        assert!(read(b"\x03\0\0\0\x06\x04").await.0.is_err());
        assert!(read(b"PROXY TCP4 nobody").await.0.is_err());
        let long = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"[..], &[0; 70_000]].concat();
        assert!(read(&long).await.0.unwrap_err().to_string().contains("too long"));
    }
}
