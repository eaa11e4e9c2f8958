//! BGP messages (RFC 4271, section 4).

mod action;
pub mod attribute;
pub mod capability;
mod context;
pub mod extended_community;
pub(crate) mod family;
mod family_set;
pub(crate) mod header;
mod length;
pub mod link_state;
mod message;
pub mod nlri;
pub mod notification;
pub mod open;
mod owned;
pub mod plain;
pub mod route_refresh;
mod spans;
pub mod tlv;
pub mod update;
mod view;

pub use action::Action;
pub use attribute::{
    AsPath, AsPathSegment, Attribute, AttributeValue, Attributes, NextHop, Origin, SegmentType, Treatment,
};
pub use capability::Capability;
pub use context::Context;
pub use family::AddressFamily;
pub use family_set::FamilySet;
pub use header::HEADER_LENGTH;
pub use message::Message;
pub use nlri::{Nlri, NlriRef, NlriValue, RouteDistinguisher};
pub use notification::Notification;
pub use open::Open;
pub use route_refresh::RouteRefresh;
pub use spans::Spans;
pub use update::{Fault, RouteGroup, Update, UpdateView};
