//! Frames made to be dear: each within the bounds of memory and of work.

use fuzz::exercise::{self, Buffers, Tally};
use fuzz::{memory, worst};
use wire::session::Decoder;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn dear_frames_stay_within_bounds() {
    for (name, session) in worst::sessions() {
        println!("{name}");
        let mut tally = Tally::default();
        let mut decoder = Decoder::default();
        for frame in &session {
            exercise::frame(&mut decoder, frame, &mut Buffers::default(), &mut tally);
        }
        println!("  {tally}");
    }
}
