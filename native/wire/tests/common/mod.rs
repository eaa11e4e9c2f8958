//! How tests build messages from bytes.
#![allow(dead_code)]

use std::io::Read;

use wire::bmp::Message;
use wire::session::{Decoder, Options};
use wire::DecodeError;

pub fn gunzip(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Every message of a session; framing must hold and the last message be whole.
pub fn decode_all(bytes: &[u8]) -> Vec<Result<Message, DecodeError>> {
    decode_split(bytes, bytes.len().max(1))
}

/// The same, fed in pieces.
pub fn decode_split(bytes: &[u8], piece: usize) -> Vec<Result<Message, DecodeError>> {
    let mut decoder = Decoder::new(Options::default());
    let mut messages = Vec::new();
    for bytes in bytes.chunks(piece) {
        let mut feed = decoder.feed(bytes);
        while let Some(frame) = feed.next() {
            messages.push(frame.expect("framing holds").into_message());
        }
    }
    assert_eq!(decoder.pending(), 0, "the last message is whole");
    messages
}

/// A BMP message around a body.
pub fn bmp(message_type: u8, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    wire::bmp::encode(3, message_type, &mut out, |out| out.extend_from_slice(body));
    out
}

/// A per-peer header of 192.0.2.1, AS 65000.
pub fn peer(peer_type: u8, flags: u8) -> Vec<u8> {
    peer_at(peer_type, flags, 0, [192, 0, 2, 1])
}

pub fn peer_at(peer_type: u8, flags: u8, distinguisher: u64, address: [u8; 4]) -> Vec<u8> {
    let mut out = vec![peer_type, flags];
    out.extend(distinguisher.to_be_bytes());
    out.extend([0; 12]);
    out.extend(address);
    out.extend(65000u32.to_be_bytes());
    out.extend(address);
    out.extend(1_700_000_000u32.to_be_bytes());
    out.extend(250_000u32.to_be_bytes());
    out
}

/// A BGP message around a body.
pub fn bgp(message_type: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0xff; 16];
    out.extend(u16::try_from(body.len() + 19).unwrap().to_be_bytes());
    out.push(message_type);
    out.extend_from_slice(body);
    out
}

/// An UPDATE, whole.
pub fn update(withdrawn: &[u8], attributes: &[&[u8]], nlri: &[u8]) -> Vec<u8> {
    let attributes = attributes.concat();
    let mut body = Vec::new();
    body.extend(u16::try_from(withdrawn.len()).unwrap().to_be_bytes());
    body.extend_from_slice(withdrawn);
    body.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
    body.extend_from_slice(&attributes);
    body.extend_from_slice(nlri);
    bgp(2, &body)
}

/// One path attribute with a length of one octet.
pub fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![flags, code, u8::try_from(value.len()).unwrap()];
    out.extend_from_slice(value);
    out
}

pub const ORIGIN_IGP: &[u8] = &[0x40, 1, 1, 0];
pub const AS_PATH_65001: &[u8] = &[0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9];
pub const NEXT_HOP: &[u8] = &[0x40, 3, 4, 192, 0, 2, 1];
/// 10.1.2.0/24
pub const PREFIX: &[u8] = &[24, 10, 1, 2];

/// Route Monitoring of a global peer.
pub fn route_monitoring(flags: u8, update: &[u8]) -> Vec<u8> {
    bmp(0, &[peer(0, flags).as_slice(), update].concat())
}

/// An OPEN with capabilities as (code, value).
pub fn open(asn: u16, capabilities: &[(u8, &[u8])]) -> Vec<u8> {
    let mut parameter = Vec::new();
    for (code, value) in capabilities {
        parameter.extend([*code, u8::try_from(value.len()).unwrap()]);
        parameter.extend_from_slice(value);
    }
    let mut body = vec![4];
    body.extend(asn.to_be_bytes());
    body.extend([0, 90, 192, 0, 2, 9]);
    if parameter.is_empty() {
        body.push(0);
    } else {
        body.extend([u8::try_from(parameter.len() + 2).unwrap(), 2, u8::try_from(parameter.len()).unwrap()]);
        body.extend_from_slice(&parameter);
    }
    bgp(1, &body)
}

/// Peer Up with these two OPENs.
pub fn peer_up(peer: &[u8], sent: &[u8], received: &[u8]) -> Vec<u8> {
    let local = [[0; 12].as_slice(), &[192, 0, 2, 9], &[0, 179, 0x80, 1]].concat();
    bmp(3, &[peer, &local, sent, received].concat())
}
