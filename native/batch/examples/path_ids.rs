//! What it costs that a family's messages do not tell whether there are path identifiers, or that they are inferred:
//!
//! ```sh
//! cargo run --release -p batch --example path_ids
//! ```
//!
//! Prints the time of the decoder and of a session's batches for the same number of routes, as multiples of a
//! family that is known to be read as negotiated.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use batch::{Session, SessionOptions};
use wire::session::Decoder;

/// How many messages; `SERVICERADAR_BMP_ROUTES` asks for another number.
fn messages() -> usize {
    std::env::var("SERVICERADAR_BMP_ROUTES").map_or(200_000, |number| number.parse().unwrap())
}

const ROUNDS: usize = 7;

/// A Route Monitoring with one route.
fn message(nlri: &[u8]) -> Vec<u8> {
    let attributes = [
        &[0x40, 1, 1, 0, 0x40, 2, 14, 2, 3][..],
        &[0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 0, 0xfd, 0xeb],
        &[0x40, 3, 4, 10, 0, 0, 1, 0xc0, 8, 4, 0xfd, 0xe9, 0, 1],
    ]
    .concat();
    let length = u16::try_from(23 + attributes.len() + nlri.len()).unwrap();
    let mut frame = vec![3];
    frame.extend((u32::from(length) + 48).to_be_bytes());
    frame
        .extend([&[0; 1 + 2 + 8 + 12][..], &[192, 0, 2, 1, 0, 0, 0xfd, 0xe9, 10, 0, 0, 1], &[0; 8]].concat());
    frame.extend([0xff; 16]);
    frame.extend(length.to_be_bytes());
    frame.extend([2, 0, 0, 0, u8::try_from(attributes.len()).unwrap()]);
    frame.extend(attributes);
    frame.extend(nlri);
    frame
}

/// After `first`, which shows how it is read or does not, routes with one path identifier and prefixes in 10.0.0.0/8.
fn stream(first: &[&[u8]], route: impl Fn([u8; 2]) -> Vec<u8>) -> Vec<u8> {
    let mut stream: Vec<u8> = first.iter().flat_map(|nlri| message(nlri)).collect();
    for number in 0..messages() {
        let [.., high, low] = u32::try_from(number).unwrap().to_be_bytes();
        stream.extend(message(&route([high, low])));
    }
    stream
}

fn median(mut run: impl FnMut() -> usize) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            assert!(run() >= messages());
            start.elapsed()
        })
        .collect();
    times.sort();
    times.swap_remove(ROUNDS / 2)
}

fn decode(stream: &[u8]) -> usize {
    let (mut decoder, mut messages) = (Decoder::default(), 0);
    let mut feed = decoder.feed(stream);
    while let Some(frame) = feed.next() {
        messages += usize::from(frame.expect("framing holds").content.is_ok());
    }
    messages
}

fn batches(stream: &[u8]) -> usize {
    let mut session = Session::new(SessionOptions::new([192, 0, 2, 9].into(), 40000, [1; 16], "bench"));
    let mut messages = 0;
    for piece in stream.chunks(1 << 16) {
        messages += session.feed(piece, 1).batches.iter().map(|batch| batch.messages).sum::<u64>();
    }
    usize::try_from(messages).unwrap()
}

fn main() {
    let plain = |[high, low]: [u8; 2]| vec![24, 10, high, low];
    let with_id = |[high, low]: [u8; 2]| vec![0, 0, 0, 7, 24, 10, high, low];
    let without: &[u8] = &[24, 10, 9, 9];
    let only_with: &[u8] = &[0, 0, 0, 9, 32, 10, 1, 2, 3];
    let streams = [
        ("as negotiated, known", stream(&[without; 4], plain)),
        ("reads both ways, never known", stream(&[], with_id)),
        ("inferred, known", stream(&[only_with; 4], with_id)),
    ];
    let base = [median(|| decode(&streams[0].1)), median(|| batches(&streams[0].1))];
    println!("{:<30} {:>9} {:>9}", "", "decoder", "batches");
    for (name, stream) in &streams {
        let times = [median(|| decode(stream)), median(|| batches(stream))];
        let [decoder, batches] = [0, 1].map(|of| times[of].as_secs_f64() / base[of].as_secs_f64());
        println!("{name:<30} {decoder:>9.2} {batches:>9.2}");
    }
}
