//! The routing table of a BMP station.
//!
//! Batches go in, [`Deltas`] come out: only what really changed, each with its place in the order
//! of all that the router said.

pub mod attributes;
pub mod deltas;
pub mod nlri;
pub mod text;
pub mod view;

pub use attributes::{AttributeSet, AttributesHash, PathAttributes};
pub use deltas::*;
pub use view::RibView;
