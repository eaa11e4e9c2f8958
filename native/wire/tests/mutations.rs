//! Mutated real frames: no panic, no allocation beyond what is there, the session lives as long as framing does.
//! `WIRE_MUTATIONS` says how many (200,000 by default).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;

use std::time::{Duration, Instant};

use common::*;
use wire::bmp::Body;
use wire::session::{Content, Decoder};

/// xorshift64*: the same frames every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Frames to start from: one of each kind built here, and those of the real streams where they are.
fn corpus() -> Vec<Vec<u8>> {
    let add_path = [0, 1, 1, 3];
    let up = open(65000, &[(69, &add_path), (65, &[0, 0, 0xfd, 0xe8]), (1, &[0, 1, 0, 1])]);
    let mut frames = vec![
        bmp(4, &[0, 2, 0, 1, b'a', 0, 1, 0, 1, b'b']),
        bmp(5, &[0, 1, 0, 2, 0, 1]),
        peer_up(&peer(0, 0), &up, &up),
        bmp(2, &[peer(0, 0), vec![3], bgp(3, &[6, 2, 1, b'x'])].concat()),
        bmp(
            1,
            &[peer(0, 0).as_slice(), &[0, 0, 0, 1, 0, 9, 0, 11, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 5]].concat(),
        ),
        bmp(6, &[peer(0, 0), vec![0, 0, 0, 23], update(&[], &[], &[])].concat()),
        route_monitoring(
            0x20,
            &update(&[24, 1, 2, 3], &[ORIGIN_IGP, &attribute(0x40, 2, &[2, 1, 0, 1]), NEXT_HOP], PREFIX),
        ),
    ];
    if let Some(folder) = data("mutations of real frames") {
        for entry in std::fs::read_dir(folder.join("streams")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "bmp") {
                let bytes = std::fs::read(path).unwrap();
                let mut decoder = Decoder::default();
                let mut feed = decoder.feed(&bytes);
                while let Some(frame) = feed.next() {
                    frames.push(frame.unwrap().bytes.to_vec());
                }
            }
        }
    }
    frames
}

fn mutate(frame: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    for _ in 0..1 + random.below(4) {
        let at = 6 + random.below(bytes.len().saturating_sub(6));
        if let Some(octet) = bytes.get_mut(at) {
            *octet = match random.below(4) {
                0 => 0,
                1 => 0xff,
                2 => *octet ^ 1 << random.below(8),
                _ => random.next() as u8,
            };
        }
    }
    if random.below(8) == 0 {
        bytes.truncate(6 + random.below(bytes.len() - 5));
    }
    // Framing holds: the length is true.
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[1..5].copy_from_slice(&length.to_be_bytes());
    bytes
}

#[test]
fn mutated_frames_neither_panic_nor_stall() {
    let count = std::env::var("WIRE_MUTATIONS").map_or(200_000, |count| count.parse().unwrap());
    let corpus = corpus();
    let mut random = Random(0x5eed);
    let mut encoded = Vec::new();
    let mut decoder = Decoder::default();
    let (mut good, mut undecodable, mut slowest) = (0u64, 0u64, Duration::ZERO);
    for _ in 0..count {
        let frame = mutate(&corpus[random.below(corpus.len())], &mut random);
        let start = Instant::now();
        let mut feed = decoder.feed(&frame);
        let decoded = feed.next().expect("one frame").expect("framing holds");
        match &decoded.content {
            Ok(Content::RouteMonitoring(view)) => {
                let mut canonical = Vec::new();
                view.update.canonical_attributes(&mut canonical);
                wire::bgp::Attributes::decode_canonical(&canonical).expect("canonical attributes read back");
                for group in view.update.groups() {
                    let mut key = Vec::new();
                    let walked = group.iter().map(|nlri| nlri.expect("checked").key(&mut key)).count();
                    assert_eq!(walked, group.count as usize);
                }
            }
            Ok(Content::Other(Body::Unknown(_) | _)) => {}
            Err(error) => assert!(error.offset() >= decoded.offset, "{error}"),
        }
        match decoded.into_message() {
            Ok(message) => {
                good += 1;
                serde_json::to_string(&message).unwrap();
                let comparable = match &message.body {
                    // A fault leaves out what it is about; a mirrored PDU's error has its offset.
                    Body::RouteMonitoring(route) => route.update.faults.is_empty(),
                    body => !matches!(body, Body::RouteMirroring(_)),
                };
                if comparable {
                    encoded.clear();
                    message.encode(&mut encoded);
                    drop(feed);
                    feed = decoder.feed(&encoded);
                    let again = feed.next().expect("one frame").expect("framing holds").into_message();
                    let again = again.expect("what was written reads");
                    assert_eq!(again.body, message.body, "{frame:02x?}\n{encoded:02x?}");
                }
            }
            Err(_) => undecodable += 1,
        }
        assert!(feed.next().is_none());
        drop(feed);
        let mut took = start.elapsed();
        if took > Duration::from_millis(5) {
            // The machine may have done something else meanwhile: again, alone.
            let start = Instant::now();
            let mut feed = decoder.feed(&frame);
            let again = feed.next().expect("one frame").expect("framing holds").into_message();
            drop(again);
            took = took.min(start.elapsed());
        }
        slowest = slowest.max(took);
    }
    println!(
        "{count} mutated frames of {}: {good} read, {undecodable} not; slowest {slowest:?}",
        corpus.len()
    );
    assert!(good > 0 && undecodable > 0);
    assert!(slowest < Duration::from_millis(50), "{slowest:?}");
}

#[test]
fn random_bytes_end_a_session_or_wait() {
    let mut random = Random(1);
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..random.below(64)).map(|_| random.next() as u8).collect();
        let mut decoder = Decoder::default();
        let mut feed = decoder.feed(&bytes);
        while let Some(frame) = feed.next() {
            if frame.is_err() {
                break;
            }
        }
    }
}
