//! A session's messages, whole, and those that somebody who comes later has to hear first.

use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use wire::registry::bmp::message::{INITIATION, PEER_DOWN, PEER_UP};

/// Octets of the common header (RFC 7854, section 4.1), and of it with the per-peer header (section 4.2).
const COMMON: usize = 6;
const WITH_PEER: usize = COMMON + 42;
/// Peer Ups of one peer that follow each other without a Peer Down, each of which may say something more.
const UPS: usize = 8;

/// Of the per-peer header: type, distinguisher, address, BGP ID.
type Key = (u8, [u8; 24], [u8; 4]);

#[derive(Debug)]
pub struct Openings {
    /// The start of a message that has not come whole.
    partial: BytesMut,
    initiations: Vec<Bytes>,
    ups: BTreeMap<Key, Vec<Bytes>>,
    max_peers: usize,
}

impl Openings {
    pub fn new(max_peers: usize) -> Self {
        Openings { partial: BytesMut::new(), initiations: Vec::new(), ups: BTreeMap::new(), max_peers }
    }

    /// Takes octets in any split; gives the messages that are complete with them, back to back.
    pub fn take(&mut self, octets: &[u8]) -> Bytes {
        self.partial.extend_from_slice(octets);
        let mut whole = 0;
        while let Some(length) = self.partial.get(whole..).and_then(length) {
            let Some(message) = self.partial.get(whole..whole + length) else { break };
            let message = Bytes::copy_from_slice(message);
            self.look_at(&message);
            whole += length;
        }
        self.partial.split_to(whole).freeze()
    }

    /// All of them, back to back.
    pub fn all(&self) -> Bytes {
        let mut all = BytesMut::new();
        let openings = self.initiations.iter().chain(self.ups.values().flatten());
        openings.for_each(|message| all.extend_from_slice(message));
        all.freeze()
    }

    fn look_at(&mut self, message: &Bytes) {
        match (message.get(COMMON - 1), key(message)) {
            (Some(&INITIATION), _) if self.initiations.len() < UPS => {
                self.initiations.push(message.clone());
            }
            (Some(&PEER_UP), Some(key)) if self.ups.len() < self.max_peers || self.ups.contains_key(&key) => {
                let ups = self.ups.entry(key).or_default();
                if ups.len() == UPS {
                    ups.remove(0);
                }
                ups.push(message.clone());
            }
            (Some(&PEER_DOWN), Some(key)) => drop(self.ups.remove(&key)),
            _ => {}
        }
    }
}

/// Each of the messages that are back to back.
pub fn each(whole: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let length = whole.get(at..).and_then(length)?;
        let message = (at + length <= whole.len()).then(|| whole.slice(at..at + length));
        at += length;
        message
    })
}

/// Of a message, once its header is there. An impossible length is left to whoever reads it: the session ends.
fn length(octets: &[u8]) -> Option<usize> {
    let &[_version, a, b, c, d, _type] = octets.get(..COMMON)? else { return None };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    (length >= COMMON).then_some(length)
}

fn key(message: &[u8]) -> Option<Key> {
    let header = message.get(COMMON..WITH_PEER)?;
    let (kind, rest) = header.split_first()?;
    let address = rest.get(1..25)?.try_into().ok()?;
    let bgp_id = rest.get(29..33)?.try_into().ok()?;
    Some((*kind, address, bgp_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, peer: u8, text: &[u8]) -> Vec<u8> {
        let mut header = [0; 42];
        header[25] = peer;
        let length = u8::try_from(WITH_PEER + text.len()).unwrap();
        [&[3, 0, 0, 0, length, kind][..], &header, text].concat()
    }

    #[test]
    fn what_came_in_any_split_goes_out_whole() {
        let all =
            [message(INITIATION, 0, b"i"), message(0, 1, b"routes"), message(PEER_UP, 1, b"u")].concat();
        for size in 1..all.len() {
            let mut openings = Openings::new(10);
            let out: Vec<u8> = all.chunks(size).flat_map(|part| openings.take(part)).collect();
            assert_eq!(out, all, "pieces of {size}");
            assert!(openings.partial.is_empty());
        }
    }

    #[test]
    fn peers_that_are_up_are_said_again() {
        let mut openings = Openings::new(2);
        let initiation = message(INITIATION, 0, b"i");
        let up = |peer| message(PEER_UP, peer, b"up");
        let _ = openings.take(&[initiation.clone(), up(1), up(2), up(3)].concat());
        assert_eq!(openings.all(), [initiation.clone(), up(1), up(2)].concat());
        let _ = openings.take(&message(PEER_DOWN, 1, b"\x01"));
        let _ = openings.take(&message(0, 2, b"routes"));
        assert_eq!(openings.all(), [initiation, up(2)].concat());
    }
}
