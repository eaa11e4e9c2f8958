//! Mutated BMP sessions: whatever comes, nothing panics, nothing runs on, and memory stays bounded by the octets present.
//!
//! * [`corpus`]: sessions to start from.
//! * [`mutate`]: what is done to their frames; knows where lengths, attributes, TLVs and capabilities are.
//! * [`exercise`]: everything that can be done with a frame, and what must hold of it.
//! * [`round`]: one session of mutated frames, made from a seed and a number: the same for ever.
//! * [`memory`]: the allocator that counts.
//!
//! `tests/short.rs` is what `cargo test` runs; the program is the long run; `libfuzzer/` holds targets for cargo-fuzz.

// A failure here is a panic: that is how it is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

pub mod corpus;
pub mod exercise;
// The values that wire's own tests are made of.
#[path = "../../wire/tests/generators/mod.rs"]
pub mod generators;
pub mod memory;
pub mod mutate;
pub mod random;
pub mod round;
pub mod worst;
