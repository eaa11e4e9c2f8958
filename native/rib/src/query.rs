//! Questions to the table.

mod error;
mod keys;
mod list;
mod place;
mod question;
mod row;
mod summaries;
mod terms;
mod wanted;

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

pub use self::error::QueryError;
pub use self::keys::StoredKey;
pub use self::list::{Column, Held, Key, List, Part, Totals};
use self::place::Place;
pub use self::question::{PrefixMatch, Query, DEFAULT_LIMIT, MAX_LIMIT};
use self::row::row;
pub use self::row::RouteRow;
pub use self::summaries::{FlappingRoute, PeerSummary, RibSummary, RouterSummary};
pub use self::terms::{AsPathPattern, Community};
use self::wanted::{of_attributes, Wanted};
use crate::attributes::SetId;
use crate::attributes::{AttributeSet, PathAttributes};
use crate::nlri;
use crate::router::RibKey;
use crate::routes::{Route, Span, WireKey};
use crate::table::RoutingTable;

/// For [`RoutingTable::prepare_search`]: as many as are made ready in some milliseconds.
pub const SETS_AT_A_TIME: usize = 16_384;

/// Rows in order of router, peer, view, family, prefix and path id.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<RouteRow>,
    /// Goes on after the last row; none where there is no more.
    pub cursor: Option<String>,
}

impl RoutingTable {
    /// Makes ready for questions about attributes, a step of so many attribute sets, or of a RIB, at a time: others have the table in
    /// between. Else the first question does it all. True when nothing is left to do.
    pub fn prepare_search(&self, most_sets: usize) -> bool {
        let peers = || self.routers.values().flat_map(|router| router.peers.values());
        self.sets.prepare(most_sets)
            && !peers().flat_map(|peer| peer.ribs.values()).any(|rib| rib.routes.prepare())
    }

    /// One page of routes.
    ///
    /// # Errors
    /// When the cursor is none of this table's.
    pub fn routes(&self, query: &Query) -> Result<Page, QueryError> {
        let limit = match query.limit {
            0 => DEFAULT_LIMIT,
            limit => limit.min(MAX_LIMIT),
        };
        let mut page = Page::default();
        let mut last = None;
        self.visit(query, |at, row| {
            if page.rows.len() == limit {
                page.cursor = last.as_ref().map(Place::text);
                return false;
            }
            last = Some(at());
            page.rows.push(row());
            true
        })?;
        Ok(page)
    }

    /// How many routes a query has, counted up to `most`: more than that is one more than it.
    ///
    /// # Errors
    /// As [`RoutingTable::routes`].
    pub fn count(&self, query: &Query, most: usize) -> Result<usize, QueryError> {
        let mut count = 0;
        self.visit(query, |_, _| {
            count += 1;
            count <= most
        })?;
        Ok(count)
    }

    /// Every route of a query in order, without a limit, until `visit` says stop (false).
    ///
    /// # Errors
    /// As [`RoutingTable::routes`].
    pub fn each_route(
        &self,
        query: &Query,
        mut visit: impl FnMut(RouteRow) -> bool,
    ) -> Result<(), QueryError> {
        self.visit(query, |_, row| visit(row()))
    }

    /// Calls `visit` with makers of a route's place and row.
    fn visit(
        &self,
        query: &Query,
        mut visit: impl FnMut(&dyn Fn() -> Place, &mut dyn FnMut() -> RouteRow) -> bool,
    ) -> Result<(), QueryError> {
        let cursor = query.cursor.as_deref().map(Place::parse).transpose()?;
        let mut wanted = Wanted::new(query, &self.sets);
        let span = match query.prefix {
            PrefixMatch::Any => Span::All,
            PrefixMatch::Exact(net) => Span::Exact(net.trunc()),
            PrefixMatch::Longest(address) => Span::Longest(address),
            PrefixMatch::MoreSpecifics(net) => Span::MoreSpecifics(net.trunc()),
            PrefixMatch::LessSpecifics(net) => Span::LessSpecifics(net.trunc()),
        };
        let mut typed: HashMap<SetId, Arc<PathAttributes>> = HashMap::new();
        let from = cursor.as_ref().map_or(Bound::Unbounded, |place| Bound::Included(place.router));
        for (router_id, router) in self.routers.range((from, Bound::Unbounded)) {
            if query.router.is_some_and(|id| id != *router_id) {
                continue;
            }
            let cursor = cursor.as_ref().filter(|place| place.router == *router_id);
            let from = cursor.map_or(Bound::Unbounded, |place| Bound::Included(place.peer));
            for (peer_id, peer) in router.peers.range((from, Bound::Unbounded)) {
                if query.peer.is_some_and(|id| id != *peer_id)
                    || query.peer_address.is_some_and(|address| address != peer.row.address)
                {
                    continue;
                }
                let cursor = cursor.filter(|place| place.peer == *peer_id);
                let from = cursor.map_or(Bound::Unbounded, |place| Bound::Included(place.rib));
                for (key, rib) in peer.ribs.range((from, Bound::Unbounded)) {
                    if !asks_for(query, *key) {
                        continue;
                    }
                    let cursor = cursor.filter(|place| place.rib == *key);
                    let mut tell = |wire: &dyn Fn() -> WireKey, route: &Route| {
                        let set = route.attributes;
                        let text = query.nlri_text.as_deref();
                        if text.is_some_and(|text| nlri::text(key.afi, key.safi, &wire().nlri) != text) {
                            return true;
                        }
                        let place = || Place { router: *router_id, peer: *peer_id, rib: *key, key: wire() };
                        let mut row = || {
                            let attributes = typed.get(&set).cloned().unwrap_or_else(|| {
                                let bytes = self.sets.bytes(set).map(Arc::clone).unwrap_or_default();
                                let decoded = Arc::new(AttributeSet::new(bytes).into_typed());
                                typed.insert(set, Arc::clone(&decoded));
                                decoded
                            });
                            row(router, peer, *key, wire(), route, rib.add_path_inferred, attributes)
                        };
                        visit(&place, &mut row)
                    };
                    let after = cursor.map(|place| &place.key);
                    let whole = match &mut wanted {
                        Some(wanted) => of_attributes(&rib.routes, span, after, wanted, &mut tell),
                        None => rib.routes.visit(span, after, &mut tell),
                    };
                    if !whole {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

fn asks_for(query: &Query, key: RibKey) -> bool {
    query.view.is_none_or(|view| view == key.view)
        && query.afi.is_none_or(|afi| afi == key.afi)
        && query.safi.is_none_or(|safi| safi == key.safi)
}
