//! UPDATE (RFC 4271, section 4.3; RFC 4760; RFC 7606).
//!
//! [`UpdateView::decode`] checks the whole message in one pass and allocates nothing when it is well formed. What is
//! malformed inside an attribute becomes a [`Fault`], with RFC 7606's treatment already applied to the route groups; what makes
//! the routes themselves unreadable is an error.

mod canonical;
mod decode;
mod fault;
mod group;
mod values;
mod view;

pub(super) use self::canonical::{is_apart, is_canonical};
pub use self::fault::Fault;
pub use self::group::RouteGroup;
pub use self::values::{Routes, Update};
pub(super) use self::view::Slot;
pub use self::view::{Evidence, UpdateView};
