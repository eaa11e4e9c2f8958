//! Routes of the families of bare prefixes.
//!
//! Prefixes are in a [`PrefixMap`]: exact and longest match, more specifics and going on from a cursor are
//! all its own. Measured on the 901,899 IPv4 prefixes of a full table in random order against a
//! sorted map (`BTreeMap`) of the same routes: 39 octets a route against 63, half the time to insert, a
//! fifth to look up. Routes with a path identifier (RFC 7911), several of which may share a prefix, are
//! in a sorted map beside it.

use std::collections::BTreeMap;
use std::ops::Bound;

use prefix_trie::PrefixMap;

use super::net::Net;
use super::postings::Postings;
use super::{Route, Span, Visit, WireKey};

/// Routes of a family of bare prefixes.
pub(crate) struct Prefixes<N: Net> {
    pub(super) plain: PrefixMap<N, Route>,
    pub(super) paths: BTreeMap<(N, u32), Route>,
    pub(super) postings: Postings<N>,
}

impl<N: Net> Prefixes<N> {
    pub fn new() -> Self {
        Prefixes { plain: PrefixMap::new(), paths: BTreeMap::new(), postings: Postings::default() }
    }

    pub fn len(&self) -> usize {
        self.plain.len() + self.paths.len()
    }

    pub fn entry(&mut self, net: N, path_id: Option<u32>) -> &mut Route {
        match path_id {
            None => self.plain.entry(net).or_insert(Route::VACANT),
            Some(id) => self.paths.entry((net, id)).or_insert(Route::VACANT),
        }
    }

    pub fn get(&self, net: N, path_id: Option<u32>) -> Option<&Route> {
        match path_id {
            None => self.plain.get(&net),
            Some(id) => self.paths.get(&(net, id)),
        }
    }

    pub fn remove(&mut self, net: N, path_id: Option<u32>) -> Option<Route> {
        match path_id {
            None => self.plain.remove(&net),
            Some(id) => self.paths.remove(&(net, id)),
        }
    }

    pub fn values(&self) -> impl Iterator<Item = &Route> {
        self.plain.values().chain(self.paths.values())
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Route> {
        self.plain.values_mut().chain(self.paths.values_mut())
    }

    pub fn visit_span(&self, span: Span, after: Option<&WireKey>, visit: &mut Visit) -> bool {
        let (net, id) = match after {
            None => (None, None),
            Some(key) => match N::of_nlri(&key.nlri) {
                Some(net) => (Some(net), key.path_id),
                None => return true,
            },
        };
        let plain = id.is_some() || self.visit_plain(span, net, visit);
        plain && self.visit_paths(span, net.zip(id), visit)
    }

    fn visit_plain(&self, span: Span, after: Option<N>, visit: &mut Visit) -> bool {
        let mut tell = |(net, route): (N, &Route)| visit(&|| net.wire(None), route);
        // One route, if it is not the cursor's or before it.
        let mut one = |found: Option<(N, &Route)>| match found {
            Some(found) if after.is_none_or(|after| after < found.0) => tell(found),
            _ => true,
        };
        match span {
            Span::All => match after {
                None => self.plain.iter().all(tell),
                Some(after) => self.plain.iter_from(&after, false).all(tell),
            },
            Span::Exact(net) => one(N::of_net(net).and_then(|net| self.plain.get_key_value(&net))),
            Span::Longest(address) => one(N::host(address).and_then(|host| self.plain.get_lpm(&host))),
            Span::MoreSpecifics(net) => {
                let Some(net) = N::of_net(net) else { return true };
                match after {
                    Some(after) if after >= net => {
                        self.plain.iter_from(&after, false).take_while(|found| net.holds(found.0)).all(tell)
                    }
                    _ => self.plain.children(&net).all(tell),
                }
            }
            Span::LessSpecifics(net) => {
                let Some(net) = N::of_net(net) else { return true };
                self.plain.cover(&net).filter(|found| after.is_none_or(|after| after < found.0)).all(tell)
            }
        }
    }

    fn visit_paths(&self, span: Span, after: Option<(N, u32)>, visit: &mut Visit) -> bool {
        if self.paths.is_empty() {
            return true;
        }
        if let Span::LessSpecifics(net) = span {
            return self.visit_paths_around(N::of_net(net), after, visit);
        }
        let start = |net: N| (Bound::Included((net, 0)), Some(net));
        let (from, net) = match span {
            Span::All | Span::LessSpecifics(_) => (Bound::Unbounded, None),
            Span::Exact(net) | Span::MoreSpecifics(net) => match N::of_net(net) {
                Some(net) => start(net),
                None => return true,
            },
            Span::Longest(address) => {
                let mut candidate = N::host(address);
                while let Some(net) = candidate {
                    if self.paths.range((net, 0)..=(net, u32::MAX)).next().is_some() {
                        break;
                    }
                    candidate = net.shorter();
                }
                match candidate {
                    Some(net) => start(net),
                    None => return true,
                }
            }
        };
        let from = match (after, from) {
            (Some(after), Bound::Included(from)) if after < from => Bound::Included(from),
            (Some(after), _) => Bound::Excluded(after),
            (None, from) => from,
        };
        let only = matches!(span, Span::Exact(_) | Span::Longest(_));
        self.paths
            .range((from, Bound::Unbounded))
            .take_while(|((found, _), _)| match net {
                Some(net) if only => *found == net,
                Some(net) => net.holds(*found),
                None => true,
            })
            .all(|((net, id), route)| visit(&|| net.wire(Some(*id)), route))
    }

    /// Of the prefix and of all that hold it, the shortest first: at most 33 or 129 of them.
    fn visit_paths_around(&self, net: Option<N>, after: Option<(N, u32)>, visit: &mut Visit) -> bool {
        let mut around: Vec<N> = std::iter::successors(net, |net| net.shorter()).collect();
        around.reverse();
        around
            .into_iter()
            .flat_map(|net| self.paths.range((net, 0)..=(net, u32::MAX)))
            .filter(|(key, _)| after.is_none_or(|after| after < **key))
            .all(|((net, id), route)| visit(&|| net.wire(Some(*id)), route))
    }
}
