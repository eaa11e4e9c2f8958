//! The long run: `cargo run --release -p fuzz -- --frames 10000000`. See the README beside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use fuzz::exercise::{self, Buffers, Tally};
use fuzz::{corpus, memory, round, worst};
use wire::session::Decoder;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Above this a frame is a failure.
const SLOWEST: Duration = Duration::from_millis(50);

/// From here on a frame that is slower than all before is told.
const TOLD: Duration = Duration::from_millis(5);

const USAGE: &str =
    "fuzz [--frames 1000000] [--seed 1] [--round N]   (--round: that round alone, told in full)";

fn main() {
    let (mut frames, mut seed, mut only) = (1_000_000, 1, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok());
        match (argument.as_str(), value) {
            ("--frames", Some(value)) => frames = value,
            ("--seed", Some(value)) => seed = value,
            ("--round", Some(value)) => only = Some(value),
            _ => {
                eprintln!("{USAGE}");
                std::process::exit(2);
            }
        }
    }
    let corpus = corpus::sessions();
    println!(
        "{} sessions, {} frames to start from",
        corpus.len(),
        corpus.iter().map(Vec::len).sum::<usize>()
    );
    let mut tally = Tally::default();
    if let Some(number) = only {
        for frame in round::frames(&corpus, seed, number) {
            println!("{}", wire::Raw(frame));
        }
        round::checked(&corpus, seed, number, &mut tally);
        println!("{tally}");
        return;
    }
    for (name, session) in worst::sessions() {
        let mut dear = Tally::default();
        let mut decoder = Decoder::default();
        for frame in &session {
            exercise::frame(&mut decoder, frame, &mut Buffers::default(), &mut dear);
        }
        if dear.decoding > TOLD {
            println!("{name}: {:.1?} {:.1?}", dear.decoding, dear.slowest);
        }
        tally.add(&dear);
    }
    println!("dear frames: {tally}");
    let start = Instant::now();
    let mut number = 0;
    let mut told = Instant::now();
    while tally.frames < frames {
        let before = tally.decoding;
        round::checked(&corpus, seed, number, &mut tally);
        if tally.decoding > before.max(TOLD) {
            println!("round {number}: a frame took {:.1?}", tally.decoding);
        }
        number += 1;
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            println!("round {number}, {:.0?}: {tally}", start.elapsed());
        }
    }
    println!("seed {seed}, {number} rounds, {:.0?}\n{tally}", start.elapsed());
    assert!(tally.decoding <= SLOWEST, "a frame took {:?} of the processor", tally.decoding);
}
