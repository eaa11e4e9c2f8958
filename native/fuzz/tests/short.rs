//! The short run: enough for a mistake to show, the same frames every time. The program of this crate is the long one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fuzz::exercise::Tally;
use fuzz::random::Random;
use fuzz::{corpus, memory, round};
use wire::session::Decoder;

#[macro_use]
extern crate needs;

needs::main!();

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const SEED: u64 = 0x5eed;
const ROUNDS: u64 = 1500;

fn hold(corpus: &[corpus::Session]) {
    let mut tally = Tally::default();
    for number in 0..ROUNDS {
        round::checked(corpus, SEED, number, &mut tally);
    }
    println!("{tally}");
    assert!(tally.read > tally.frames / 4 && tally.unreadable > tally.frames / 20, "{tally}");
}

#[test]
fn mutated_sessions_hold() {
    hold(&corpus::own());
}

#[test]
fn mutated_sessions_of_real_routers_hold() {
    hold(&corpus::captures(&needs::captures()));
}

#[test]
fn random_octets_end_a_session_or_wait() {
    for number in 0..20_000 {
        let mut random = Random::new(SEED, number);
        let mut bytes: Vec<u8> = (0..random.below(64)).map(|_| random.octet()).collect();
        if let (Some(version), true) = (bytes.first_mut(), random.once_in(2)) {
            *version = 3;
        }
        let mut decoder = Decoder::default();
        let mut feed = decoder.feed(&bytes);
        let mut frames = 0;
        let fatal = loop {
            match feed.next() {
                Some(Ok(frame)) => frames += frame.bytes.len(),
                Some(Err(error)) => break Some(error),
                None => break None,
            }
        };
        assert!(feed.next().is_none(), "an error is the last");
        drop(feed);
        assert_eq!(decoder.fatal(), fatal.as_ref());
        if fatal.is_none() {
            assert_eq!(frames + decoder.pending(), bytes.len());
        } else {
            assert_eq!(
                decoder.feed(&bytes).next().expect("an error").err(),
                fatal,
                "a session that ended stays so"
            );
        }
    }
}
