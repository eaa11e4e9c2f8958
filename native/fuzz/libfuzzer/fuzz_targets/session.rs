//! A session with state: frames of any length (true in the header, whatever the octets say), so that Peer Ups and Route
//! Monitorings meet, each read every way; then the octets as they are, in pieces, where framing may be lost.
#![no_main]

use fuzz::exercise::{self, Tally, Ways};
use libfuzzer_sys::fuzz_target;
use wire::session::Decoder;

fuzz_target!(|data: &[u8]| {
    let mut ways = Ways::default();
    let mut rest = data;
    while let [kind, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (body, after) = after.split_at(length);
        rest = after;
        let mut frame = Vec::new();
        wire::bmp::encode(3 + (kind >> 7), kind & 7, &mut frame, |out| out.extend_from_slice(body));
        exercise::frame(&mut ways, &frame, &mut Tally::default());
    }
    let mut decoder = Decoder::default();
    let piece = usize::from(data.first().copied().unwrap_or(0)) + 1;
    for piece in data.chunks(piece) {
        let mut feed = decoder.feed(piece);
        while let Some(frame) = feed.next() {
            let Ok(frame) = frame else { return };
            let _ = frame.into_message();
        }
    }
});
