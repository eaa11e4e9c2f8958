//! BMP sessions as the batches that go over the broker.
//!
//! [`Session`] is fed a session's bytes and gives encoded batches; [`proto`] are their messages.
//! Whoever receives a batch (`rib`) needs nothing of the session that made it.

mod convert;
mod events;
/// The messages of `proto/serviceradar/bmp/v1/batch.proto`.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;
pub mod ids;
#[cfg(feature = "json")]
pub mod json;
mod open;
mod options;
mod protobuf;
mod read;
mod routes;
mod session;
mod unsure;
mod writer;

pub use ids::Identity;
pub use options::SessionOptions;
pub use read::{BatchView, EventView};
pub use routes::{Group, RoutesEvent};
pub use session::{EndReason, Feed, Session};
pub use writer::EncodedBatch;

/// What goes over the broker; see `proto/serviceradar/bmp/v1/batch.proto` for the meaning of every
/// field.
pub mod proto {
    pub use super::generated::*;
    pub use prost::{DecodeError, Message};
}
