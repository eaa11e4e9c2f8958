//! The routing table of a BMP station.
//!
//! Batches go in, [`Deltas`] come out: only what really changed, each with its place in the order
//! of all that the router said.

mod apply;
pub mod attributes;
pub mod copy;
pub mod deltas;
mod flaps;
mod intern;
mod load;
pub mod nlri;
pub mod ocsf;
pub mod query;
mod recorder;
mod routes;
mod sessions;
mod table;
pub mod text;
pub mod view;

pub use attributes::{AttributeSet, AttributesHash, PathAttributes};
pub use deltas::*;
pub use load::{Dump, Loader};
pub use query::{
    Community, FlappingRoute, Page, PeerSummary, PrefixMatch, Query, QueryError, RibSummary, RouteRow,
    RouterSummary,
};
pub use table::{ApplyError, Limits, RoutingTable, Size};
pub use view::RibView;
