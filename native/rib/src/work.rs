//! What everything that changes the table works with, beside the router in hand.

use crate::flaps::Flaps;
use crate::intern::Interner;
use crate::limits::Limits;
use crate::recorder::Recorder;

pub(crate) struct Work<'a> {
    pub limits: &'a Limits,
    pub sets: &'a mut Interner,
    /// How many routes the table holds, of all routers.
    pub total: &'a mut usize,
    pub flaps: &'a mut Flaps,
    /// The time on the table's clock.
    pub now: i64,
    pub out: Recorder,
}
