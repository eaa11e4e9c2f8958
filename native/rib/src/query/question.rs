//! What is asked for.

use std::net::IpAddr;

use ipnet::IpNet;

use super::terms::{AsPathPattern, Community};
use crate::deltas::Id;
use crate::view::RibView;

/// Rows of a page where the query says nothing, and at most.
pub const DEFAULT_LIMIT: usize = 100;
pub const MAX_LIMIT: usize = 10_000;

/// Which routes. Everything that is set must hold; the default is all routes.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub router: Option<Id>,
    pub peer: Option<Id>,
    pub peer_address: Option<IpAddr>,
    pub view: Option<RibView>,
    pub afi: Option<u16>,
    pub safi: Option<u8>,
    pub prefix: PrefixMatch,
    /// The whole NLRI as text, of any family; see [`RouteRow::nlri_text`](super::RouteRow::nlri_text).
    pub nlri_text: Option<String>,
    /// An AS number anywhere in AS_PATH.
    pub as_in_path: Option<u32>,
    /// The last AS number of AS_PATH.
    pub origin_as: Option<u32>,
    /// Found somewhere in [`PathAttributes::as_path_text`](crate::attributes::PathAttributes::as_path_text).
    pub as_path: Option<AsPathPattern>,
    pub next_hop: Option<IpAddr>,
    pub community: Option<Community>,
    /// Rows of a page; 0: [`DEFAULT_LIMIT`].
    pub limit: usize,
    /// [`Page::cursor`](super::Page::cursor) of the page before.
    pub cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrefixMatch {
    #[default]
    Any,
    Exact(IpNet),
    /// The longest prefix that holds the address, in each peer's every view.
    Longest(IpAddr),
    /// The prefix itself and all inside it.
    MoreSpecifics(IpNet),
    /// The prefix itself and all that hold it.
    LessSpecifics(IpNet),
}
