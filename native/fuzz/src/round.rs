//! One session of mutated frames, made from a seed and a number.

use batch::proto::{self, Message as _};
use batch::{EndReason, SessionOptions};
use rib::{Limits, Query, RoutingTable};
use wire::registry::bmp::message;
use wire::session::Decoder;

use crate::corpus::Session;
use crate::exercise::{self, Step, Tally, Ways};
use crate::memory::measure;
use crate::mutate::mutate;
use crate::random::Random;

/// Frames of a round, without the Peer Ups that go ahead of them.
pub const FRAMES: usize = 32;

/// The frames of round `number`: some Peer Ups of a session as they are, then mutated frames, most of them of the same
/// session.
pub fn frames(corpus: &[Session], seed: u64, number: u64) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed, number);
    let session = random.pick(corpus);
    let ups: Vec<&Vec<u8>> = session.iter().filter(|frame| frame[5] == message::PEER_UP).collect();
    let mut frames = Vec::new();
    if !ups.is_empty() {
        frames.extend((0..random.below(5)).map(|_| (*random.pick(&ups)).clone()));
    }
    for _ in 0..FRAMES {
        let other_session = random.pick(corpus);
        let other = random.pick(other_session);
        let frame = match random.below(8) {
            0 => random.pick(other_session),
            1 if !ups.is_empty() => *random.pick(&ups),
            _ => random.pick(session),
        };
        frames.push(if random.once_in(16) { frame.clone() } else { mutate(frame, other, &mut random) });
    }
    frames
}

/// The same, and a failure tells how to have it again.
///
/// # Panics
/// As [`run`].
pub fn checked(corpus: &[Session], seed: u64, number: u64, tally: &mut Tally) {
    let frames = frames(corpus, seed, number);
    let mut last = Vec::new();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(&frames, seed, number, tally, |frame| {
            last.clear();
            last.extend_from_slice(frame);
        });
    }));
    if let Err(failure) = result {
        println!("FAILED: seed {seed}, round {number}, frame {}", wire::Raw(last));
        std::panic::resume_unwind(failure);
    }
}

/// Runs them: each frame with everything, all of them in pieces, and every eighth round through batches into a table.
///
/// # Panics
/// When something does not hold that must.
pub fn run(frames: &[Vec<u8>], seed: u64, number: u64, tally: &mut Tally, mut each: impl FnMut(&[u8])) {
    let mut ways = Ways::default();
    for frame in frames {
        each(frame);
        exercise::frame(&mut ways, frame, tally);
    }
    let mut random = Random::new(!seed, number);
    let bytes = frames.concat();
    in_pieces(&bytes, frames.len(), &mut random);
    if number.is_multiple_of(8) {
        let (lost, used) = measure(|| pipeline(&bytes, &mut random));
        tally.used(Step::Pipeline, bytes.len(), used);
        tally.lost_framing += u64::from(lost);
    }
}

/// In any split as many frames come out, and what they say is the same as when they come whole.
fn in_pieces(bytes: &[u8], frames: usize, random: &mut Random) {
    let mut whole = Decoder::default();
    let mut at_once = whole.feed(bytes);
    let mut pieces = Decoder::default();
    let (mut rest, mut count) = (bytes, 0);
    while !rest.is_empty() {
        let most = if random.once_in(8) { 9000 } else { 300 };
        let (piece, after) = rest.split_at(1 + random.below(rest.len().min(most)));
        rest = after;
        let mut feed = pieces.feed(piece);
        while let Some(frame) = feed.next() {
            count += 1;
            let frame = frame.expect("framing holds");
            let same = at_once.next().expect("as many frames").expect("framing holds");
            assert_eq!((frame.offset, frame.bytes), (same.offset, same.bytes));
            // The contents depend on the bytes and the peers; of some it is looked at.
            if count % 8 == 0 {
                assert_eq!(frame.into_message(), same.into_message());
            }
        }
    }
    assert_eq!(count, frames);
    assert!(at_once.next().is_none());
    drop(at_once);
    assert_eq!((pieces.pending(), pieces.counters()), (0, whole.counters()));
}

/// Bytes to batches to a table, which must take them all and be whole after.
pub fn pipeline(bytes: &[u8], random: &mut Random) -> bool {
    let mut options = SessionOptions::new([192, 0, 2, 1].into(), 40000, [1; 16], "fuzz");
    options.max_batch_events = 1 + random.below(64);
    let mut session = batch::Session::new(options);
    let mut table = RoutingTable::new(Limits { max_step_us: i64::MAX, ..Limits::default() });
    let mut rest = bytes;
    let mut lost = false;
    while !rest.is_empty() && !lost {
        let (piece, after) = rest.split_at(1 + random.below(rest.len().min(20_000)));
        rest = after;
        let feed = session.feed(piece, 1);
        for batch in feed.batches {
            let decoded = proto::Batch::decode(batch.payload.as_slice()).expect("a batch reads");
            assert_eq!(decoded.events.len() as u64, batch.events);
            table.apply(&batch.payload).expect("a table takes every batch");
        }
        lost = feed.fatal.is_some();
    }
    let end = session.end(EndReason::Closed, "", 2).expect("an end");
    table.apply(&end.payload).expect("a table takes every batch");
    let mut rows = 0;
    let listed = table.each_route(&Query::default(), |row| {
        serde_json::to_vec(&row).expect("JSON is total");
        rows += 1;
        true
    });
    listed.expect("no cursor");
    assert_eq!(rows, table.size().routes);
    table.expire(0, 0, true);
    table.expire(i64::MAX, i64::MAX, true);
    lost
}
