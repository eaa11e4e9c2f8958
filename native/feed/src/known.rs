//! What is known of peers and their routes beside what is drawn.

use std::collections::HashMap;
use std::net::IpAddr;

use rib::Id;

/// What is known beside what is drawn.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub peers: HashMap<Id, KnownPeer>,
    /// Peers of a router by address: a Loc-RIB names them as next hops.
    pub by_address: HashMap<(u32, IpAddr), u32>,
    /// Routes of each RIB.
    pub ribs: HashMap<i64, u64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownPeer {
    pub router: u32,
    /// Its node: that of its router where it stands for the router itself.
    pub node: u32,
    pub loc_rib: bool,
}
