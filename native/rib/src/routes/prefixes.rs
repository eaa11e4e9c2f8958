//! Routes of the families of bare prefixes.
//!
//! Those with a path identifier (RFC 7911), several of which may share a prefix, are kept apart from the others, by prefix and
//! identifier.

use std::ops::Bound;

use super::net::Net;
use super::postings::Postings;
use super::sorted::Sorted;
use super::{Route, Span, Visit, WireKey};

/// Routes of a family of bare prefixes.
pub(crate) struct Prefixes<N: Net> {
    pub(super) plain: Sorted<N>,
    pub(super) paths: Sorted<(N, u32)>,
    pub(super) postings: Postings<N>,
}

impl<N: Net> Prefixes<N> {
    pub fn new() -> Self {
        Prefixes { plain: Sorted::new(), paths: Sorted::new(), postings: Postings::default() }
    }

    pub fn len(&self) -> usize {
        self.plain.len() + self.paths.len()
    }

    pub fn entry(&mut self, net: N, path_id: Option<u32>) -> &mut Route {
        match path_id {
            None => self.plain.entry(net),
            Some(id) => self.paths.entry((net, id)),
        }
    }

    pub fn get(&self, net: N, path_id: Option<u32>) -> Option<&Route> {
        match path_id {
            None => self.plain.get(net),
            Some(id) => self.paths.get((net, id)),
        }
    }

    pub fn remove(&mut self, net: N, path_id: Option<u32>) -> Option<Route> {
        match path_id {
            None => self.plain.remove(net),
            Some(id) => self.paths.remove((net, id)),
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
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        match span {
            Span::All => self.plain.range(from).all(tell),
            Span::Exact(net) => one(N::of_net(net).and_then(|net| Some((net, self.plain.get(net)?)))),
            Span::Longest(address) => one(N::host(address).and_then(|host| self.around(host).next())),
            Span::MoreSpecifics(net) => {
                let Some(net) = N::of_net(net) else { return true };
                let from = if after.is_none_or(|after| after < net) { Bound::Included(net) } else { from };
                self.plain.range(from).take_while(|found| net.holds(found.0)).all(tell)
            }
            Span::LessSpecifics(net) => {
                let Some(net) = N::of_net(net) else { return true };
                let mut around: Vec<_> = self.around(net).collect();
                around.reverse();
                around.into_iter().filter(|found| after.is_none_or(|after| after < found.0)).all(tell)
            }
        }
    }

    /// The prefix and all that hold it, the longest first.
    fn around(&self, net: N) -> impl Iterator<Item = (N, &Route)> {
        std::iter::successors(Some(net), |net| net.shorter())
            .filter_map(|net| Some((net, self.plain.get(net)?)))
    }

    fn paths_of(&self, net: N) -> impl Iterator<Item = ((N, u32), &Route)> {
        self.paths.range(Bound::Included((net, 0))).take_while(move |((other, _), _)| *other == net)
    }

    fn visit_paths(&self, span: Span, after: Option<(N, u32)>, visit: &mut Visit) -> bool {
        if self.paths.len() == 0 {
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
                    if self.paths_of(net).next().is_some() {
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
            .range(from)
            .take_while(|((found, _), _)| match net {
                Some(net) if only => *found == net,
                Some(net) => net.holds(*found),
                None => true,
            })
            .all(|((net, id), route)| visit(&|| net.wire(Some(id)), route))
    }

    /// Of the prefix and of all that hold it, the shortest first: at most 33 or 129 of them.
    fn visit_paths_around(&self, net: Option<N>, after: Option<(N, u32)>, visit: &mut Visit) -> bool {
        let mut around: Vec<N> = std::iter::successors(net, |net| net.shorter()).collect();
        around.reverse();
        around
            .into_iter()
            .flat_map(|net| self.paths_of(net))
            .filter(|(key, _)| after.is_none_or(|after| after < *key))
            .all(|((net, id), route)| visit(&|| net.wire(Some(id)), route))
    }
}
