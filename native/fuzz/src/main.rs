//! The long run: `cargo run --release -p fuzz -- --frames 10000000`. See the README beside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::{Duration, Instant};

use fuzz::exercise::{self, Tally, Ways};
use fuzz::{corpus, memory, round, worst};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Above this a frame is a failure.
const SLOWEST: Duration = Duration::from_millis(50);

/// From here on a frame that is slower than all before is told.
const TOLD: Duration = Duration::from_millis(5);

const USAGE: &str = "fuzz [--frames 1000000] [--seed 1] [--round N]   (that round alone, told in full)
     fuzz --session FILE [--frames 1000000] [--seed 1]   (mutated frames to a file, for other programs to read)
     fuzz --write FOLDER   (the corpus, for libfuzzer's target `frame`)";

/// A frame a file: version and type in the first octet, then the body.
fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let dear = worst::sessions().into_iter().map(|(_, session)| session);
    for (number, frame) in corpus::sessions().into_iter().chain(dear).flatten().enumerate() {
        let first = frame[5] & 7 | if frame[0] == 4 { 0x80 } else { 0 };
        std::fs::write(folder.join(number.to_string()), [&[first], &frame[6..]].concat()).unwrap();
    }
}

fn main() {
    let (mut frames, mut seed, mut only, mut session) = (1_000_000, 1, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next();
        if let ("--write", Some(folder)) = (argument.as_str(), &value) {
            return write(Path::new(folder));
        }
        if argument == "--session" {
            session = value;
            continue;
        }
        match (argument.as_str(), value.and_then(|value| value.parse().ok())) {
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
    if let Some(file) = session {
        let rounds = (0..u64::div_ceil(frames, round::FRAMES as u64))
            .map(|number| round::frames(&corpus, seed, number));
        std::fs::write(file, rounds.flatten().flatten().collect::<Vec<u8>>()).unwrap();
        return;
    }
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
    let mut worst = Tally::default();
    for (name, session) in worst::sessions() {
        let mut dear = Tally::default();
        let mut ways = Ways::default();
        for frame in &session {
            exercise::frame(&mut ways, frame, &mut dear);
        }
        if dear.decoding > TOLD {
            println!("{name}: {:.1?} {:.1?}", dear.decoding, dear.slowest);
        }
        worst.add(&dear);
    }
    println!("dear frames: {worst}\n");
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
