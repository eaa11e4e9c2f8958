//! The life of sessions, routers and RIBs: how they begin, are confirmed, swept, and end.

mod ends;
mod router;
mod session;
mod sweep;

pub(crate) use session::Arrival;
pub(crate) use sweep::Sweep;
