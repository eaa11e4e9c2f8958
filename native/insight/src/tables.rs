//! What insight asks of the routing tables.

use ipnet::IpNet;
use rib::{Deltas, Query, RouteRow, RoutingTable};

/// Routes that are read at a time.
pub(crate) const AT_A_TIME: usize = 20_000;

/// What a part may ask of the routing tables, when it has waited: a few questions, never a walk over all routes.
pub trait Tables {
    /// Every route of a query, until `visit` says stop (false).
    fn each_route(&self, query: &Query, visit: &mut dyn FnMut(RouteRow) -> bool);

    /// What is held, of a prefix and all inside it or of all, as [`RoutingTable::each_held`] gives it. For when VRPs change.
    fn each_held(&self, prefix: Option<IpNet>, visit: &mut dyn FnMut(&Deltas));
}

impl Tables for RoutingTable {
    fn each_route(&self, query: &Query, visit: &mut dyn FnMut(RouteRow) -> bool) {
        // Only a cursor can be wrong, and there is none.
        let _ = RoutingTable::each_route(self, query, visit);
    }

    fn each_held(&self, prefix: Option<IpNet>, visit: &mut dyn FnMut(&Deltas)) {
        match prefix {
            Some(prefix) => self.each_held_in(prefix, AT_A_TIME, visit),
            None => RoutingTable::each_held(self, AT_A_TIME, visit),
        }
    }
}
