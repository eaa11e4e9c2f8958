//! The PROXY protocol in front of BMP.

#![allow(clippy::unwrap_used)]

use wire::proxy::{detect, Header, Start};

fn v2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
    let mut out = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    out.extend([0x20 | command, family]);
    out.extend(u16::try_from(addresses.len()).unwrap().to_be_bytes());
    out.extend_from_slice(addresses);
    out
}

#[test]
fn version_2_of_ipv4_and_ipv6() {
    let bytes = v2(1, 0x11, &[192, 0, 2, 1, 192, 0, 2, 9, 0x9c, 0x40, 0x2b, 0x0b, 4, 0, 0]);
    assert_eq!(
        detect(&bytes).unwrap(),
        Start::Header(Header {
            source: Some("192.0.2.1:40000".parse().unwrap()),
            destination: Some("192.0.2.9:11019".parse().unwrap()),
            length: 31,
        })
    );
    let mapped = [[0; 10].as_slice(), &[0xff, 0xff, 192, 0, 2, 1], &[0x20; 16], &[0, 1, 0, 2]].concat();
    let Start::Header(header) = detect(&v2(1, 0x21, &mapped)).unwrap() else { unreachable!() };
    assert_eq!(header.source, Some("192.0.2.1:1".parse().unwrap()), "a mapped address is IPv4");
}

#[test]
fn local_and_unknown_say_nothing_of_the_router() {
    for bytes in [v2(0, 0, &[]), v2(1, 0x31, &[0; 216]), b"PROXY UNKNOWN\r\n".to_vec()] {
        let Start::Header(header) = detect(&bytes).unwrap() else { unreachable!() };
        assert_eq!((header.source, header.length), (None, bytes.len()));
    }
}

#[test]
fn every_front_of_a_header_asks_for_more() {
    for bytes in [v2(1, 0x11, &[0; 12]), b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n".to_vec()] {
        for cut in 0..bytes.len() {
            assert_eq!(detect(&bytes[..cut]).unwrap(), Start::Partial, "{cut}");
        }
        assert!(matches!(detect(&bytes).unwrap(), Start::Header(_)));
    }
}

#[test]
fn bmp_is_no_header() {
    assert_eq!(detect(&[3, 0, 0, 0, 6, 4]).unwrap(), Start::None);
    assert_eq!(detect(b"PRO!").unwrap(), Start::None);
}

#[test]
fn what_starts_as_a_header_and_is_none_is_an_error() {
    for bytes in [
        b"PROXY TCP4 192.0.2.1 192.0.2.9 99999 1\r\n".to_vec(),
        b"PROXY TCP4 192.0.2.1\r\n".to_vec(),
        b"PROXY UDP4 1 2 3 4\r\n".to_vec(),
        [b"PROXY ".as_slice(), &[b'x'; 120]].concat(),
        v2(7, 0x11, &[0; 12]),
        v2(1, 0x11, &[0; 11]),
    ] {
        assert!(detect(&bytes).is_err(), "{bytes:?}");
    }
}
