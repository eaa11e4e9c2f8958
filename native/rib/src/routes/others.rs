//! Routes of the families whose NLRI is more than a prefix.

use std::collections::BTreeMap;

use ipnet::IpNet;
use wire::bgp::{AddressFamily, NlriRef};

use super::{Route, Span, WireKey};
use crate::nlri::Nlri;

/// Routes of a family whose NLRI is more than a prefix, by what of it identifies the route: a label for
/// example does not (RFC 8277, section 2.4).
pub(crate) struct Others {
    family: AddressFamily,
    pub(super) routes: BTreeMap<WireKey, Other>,
}

pub(super) struct Other {
    pub route: Route,
    /// As it was announced, whole.
    pub nlri: Nlri,
}

impl Others {
    pub fn new(family: AddressFamily) -> Self {
        Others { family, routes: BTreeMap::new() }
    }

    pub fn key(&self, nlri: &[u8], path_id: Option<u32>) -> WireKey {
        let mut key = Vec::with_capacity(nlri.len());
        NlriRef::canonical(self.family, path_id, nlri).key(&mut key);
        WireKey { nlri: Nlri::from_vec(key), path_id }
    }

    /// The prefix in a route's NLRI, where there is one.
    pub(super) fn prefix(&self, other: &Other) -> Option<IpNet> {
        NlriRef::canonical(self.family, None, &other.nlri).prefix()
    }

    /// Which prefixes a query wants; none where it wants all routes. Every route is looked at: the keys begin with
    /// other things than the prefix.
    pub(super) fn matching(&self, span: Span) -> Option<Wanted> {
        match span {
            Span::All => None,
            Span::Exact(net) => Some(Wanted::Exact(Some(net))),
            Span::MoreSpecifics(net) => Some(Wanted::Inside(net)),
            Span::LessSpecifics(net) => Some(Wanted::Around(net)),
            Span::Longest(address) => {
                let held = self.routes.values().filter_map(|other| self.prefix(other));
                let holding = held.filter(|prefix| prefix.contains(&address));
                Some(Wanted::Exact(holding.max_by_key(IpNet::prefix_len)))
            }
        }
    }
}

/// Prefixes that a query wants of a family whose NLRI is more than a prefix.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Exact(Option<IpNet>),
    Inside(IpNet),
    Around(IpNet),
}

impl Wanted {
    pub fn holds(self, prefix: Option<IpNet>) -> bool {
        match (self, prefix) {
            (_, None) => false,
            (Wanted::Exact(wanted), prefix) => wanted == prefix,
            (Wanted::Inside(net), Some(prefix)) => net.contains(&prefix),
            (Wanted::Around(net), Some(prefix)) => prefix.contains(&net),
        }
    }
}

impl Other {
    pub fn wire(&self, path_id: Option<u32>) -> WireKey {
        WireKey { nlri: self.nlri.clone(), path_id }
    }
}
