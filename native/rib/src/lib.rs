//! The routing table of a BMP station.
//!
//! Batches go in, [`Deltas`] come out: only what really changed, each with its place in the order
//! of all that the router said.

pub mod attributes;
pub mod copy;
pub mod deltas;
mod error;
mod flaps;
mod held;
mod intern;
mod life;
mod limits;
mod lines;
mod load;
pub mod nlri;
pub mod ocsf;
mod pass;
pub mod query;
mod recorder;
mod router;
mod routes;
pub mod semantic;
mod table;
pub mod text;
pub mod view;
mod work;

pub use attributes::{AttributeSet, AttributesHash, PathAttributes};
pub use deltas::*;
pub use error::ApplyError;
pub use limits::Limits;
pub use load::{Dump, Loader};
pub use query::{
    AsPathPattern, Column, Community, FlappingRoute, Held, Key, List, Page, Part, PeerSummary, PrefixMatch,
    Query, QueryError, RibSummary, RouteRow, RouterSummary, StoredKey, Totals, SETS_AT_A_TIME,
};
pub use table::{RoutingTable, Size};
pub use view::RibView;
