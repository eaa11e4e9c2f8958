//! The long run: `cargo run --release -p fuzz -- --frames 10000000`. See the README beside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use fuzz::exercise::{Step, Tally, BOUNDS};
use fuzz::{corpus, memory, round};

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
    let start = Instant::now();
    let mut number = 0;
    let mut told = Instant::now();
    while tally.frames < frames {
        let slowest = tally.slowest;
        round::checked(&corpus, seed, number, &mut tally);
        for (bound, (now, before)) in BOUNDS.iter().zip(tally.slowest.iter().zip(slowest)) {
            if *now > before.max(TOLD) && bound.step != Step::Pipeline {
                println!("round {number}: {:?} of a frame took {now:.1?}", bound.step);
            }
        }
        number += 1;
        if told.elapsed() > Duration::from_secs(30) {
            told = Instant::now();
            println!("round {number}, {:.0?}: {tally}", start.elapsed());
        }
    }
    println!("seed {seed}, {number} rounds, {:.0?}\n{tally}", start.elapsed());
    let slowest: Duration = tally.slowest.iter().take(BOUNDS.len() - 1).sum();
    assert!(slowest <= SLOWEST, "a frame may take {slowest:?} of the processor");
}
