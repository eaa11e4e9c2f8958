//! One frame: version and type of the first octet, the body of the rest; everything is done with it.
#![no_main]

use fuzz::exercise::{self, Tally, Ways};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&first, body)) = data.split_first() else { return };
    let mut frame = Vec::new();
    wire::bmp::encode(3 + (first >> 7), first & 7, &mut frame, |out| out.extend_from_slice(body));
    exercise::frame(&mut Ways::default(), &frame, &mut Tally::default());
});
