//! Is what a BMP station holds of a router the router's own table?
//!
//! A router's table comes as its operator gets it: `show bgp … json` of FRR, `gobgp … -j`, `show route` of BIRD. Ours comes
//! as JSON lines, one route a line, as the collector's `rib` prints them. Both are brought into one form ([`Route`]) and
//! compared by key and by every attribute that the router's table shows; what it does not show is not compared.
//!
//! Routers do not always send over BMP what they hold. Where it is known how one differs, [`Fault`] says so; and where the
//! BMP messages themselves are at hand, [`Frames`] tells the last one that spoke of a route.

mod compare;
mod error;
mod fault;
mod frames;
mod report;
mod route;
mod table;

pub use compare::{compare, Options};
pub use error::{CannotCompare, Result};
pub use fault::Fault;
pub use frames::Frames;
pub use report::{Cause, Difference, Kind, Report, Says, Status};
pub use route::{Attributes, Key, Ours, Route};
pub use table::{Format, Table};
