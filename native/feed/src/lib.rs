//! The routing topology as a picture that changes, for any Arrow client.
//!
//! A [`Picture`] holds what is drawn: nodes, links and routes, each with the revision at which it changed last. A [`Stream`] is one
//! client's endless Arrow IPC stream of it, and remembers only which revision the client has. So what is not yet sent is never a
//! queue: however slow a client is, what it gets next is what has changed since, each thing once and as it is now. What is
//! withdrawn stays in the picture for a while, so that clients hear of it; one that comes too late for that gets a new picture.
//! A [`Merge`] makes one stream of several stations' streams.

mod encode;
mod entities;
mod finding;
mod known;
mod merge;
mod overlay;
mod picture;
mod places;
mod source;
mod stream;

pub use encode::schema;
pub use entities::Entity;
pub use merge::Merge;
pub use picture::{Limits, Picture};
pub use stream::Stream;
