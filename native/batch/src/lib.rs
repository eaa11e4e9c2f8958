//! BMP sessions as batches.

/// The messages of `proto/serviceradar/bmp/v1/batch.proto`.
#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;

/// What goes over the broker; see `proto/serviceradar/bmp/v1/batch.proto` for the meaning of every
/// field.
pub mod proto {
    pub use super::generated::*;
    pub use prost::{DecodeError, Message};
}
