//! Octets through batches into a table, which must take them all.
#![no_main]

use fuzz::random::Random;
use fuzz::round;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    round::pipeline(data, &mut Random::new(data.len() as u64, 1));
});
