//! Where the routes of a question are in a store that has no index on what it asks for.

use super::error::QueryError;
use super::question::Query;
use crate::deltas::rib_id;
use crate::nlri;
use crate::table::RoutingTable;

/// What a store knows a route by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredKey {
    pub rib_id: i64,
    /// As [`nlri::stored_key`] gives it.
    pub nlri_key: Vec<u8>,
    pub path_id: Option<u32>,
}

impl RoutingTable {
    /// The keys of a query's routes, up to `most` of them and one more, in any order. The query's cursor and limit do not count.
    ///
    /// # Errors
    /// As [`RoutingTable::routes`].
    pub fn keys(&self, query: &Query, most: usize) -> Result<Vec<StoredKey>, QueryError> {
        let query = Query { cursor: None, ..query.clone() };
        let mut keys: Vec<StoredKey> = Vec::new();
        // Routes come RIB by RIB, and its id is a digest.
        let mut last = None;
        self.visit(&query, |place, _| {
            let place = place();
            let rib_id = match last {
                Some((peer, rib, id)) if peer == place.peer && rib == place.rib => id,
                _ => rib_id(&place.peer, place.rib.view, place.rib.afi, place.rib.safi),
            };
            last = Some((place.peer, place.rib, rib_id));
            let nlri_key = nlri::stored_key(&place.key.nlri).0.into_owned();
            keys.push(StoredKey { rib_id, nlri_key, path_id: place.key.path_id });
            keys.len() <= most
        })?;
        Ok(keys)
    }

    /// Whether a question about attributes is answered at once, and not after [`RoutingTable::prepare_search`] or what it does.
    pub fn is_ready_to_search(&self) -> bool {
        let peers = || self.routers.values().flat_map(|router| router.peers.values());
        self.sets.is_ready() && peers().flat_map(|peer| peer.ribs.values()).all(|rib| rib.routes.is_ready())
    }
}
