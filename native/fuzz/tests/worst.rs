//! Frames made to be dear: each within the bounds of memory and of work.

use fuzz::exercise::{self, Tally, Ways};
use fuzz::{memory, worst};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

#[test]
fn dear_frames_stay_within_bounds() {
    for (name, session) in worst::sessions() {
        println!("{name}");
        let mut tally = Tally::default();
        let mut ways = Ways::default();
        for frame in &session {
            exercise::frame(&mut ways, frame, &mut tally);
        }
        println!("  {tally}");
    }
}
