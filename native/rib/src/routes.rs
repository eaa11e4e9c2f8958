//! The routes of one family in one view of one peer, in order of their keys.

mod by_set;
mod net;
mod others;
mod postings;
mod prefixes;
mod sorted;

use std::net::IpAddr;
use std::ops::Bound;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use wire::bgp::AddressFamily;

use self::net::Net;
use self::others::{Other, Others};
use self::prefixes::Prefixes;
use crate::attributes::SetId;
use crate::nlri::{self, Nlri};

/// What the table holds of a route. 28 octets: a full table has millions of them.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(crate) struct Route {
    pub attributes: SetId,
    /// Session it was last announced in (index of the router's generations).
    pub seen: u32,
    /// Session and sequence of its last change.
    pub changed: u32,
    pub sequence: u64,
    pub changed_at_us: i64,
}

impl Route {
    const VACANT: Route =
        Route { attributes: SetId::MAX, seen: 0, changed: 0, sequence: 0, changed_at_us: 0 };

    /// Just made by [`Routes::entry`], to be filled by its caller.
    pub fn is_vacant(&self) -> bool {
        self.attributes == SetId::MAX
    }
}

/// A route's key in wire form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WireKey {
    pub nlri: Nlri,
    pub path_id: Option<u32>,
}

/// Which routes of a family a query looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    All,
    Exact(IpNet),
    Longest(IpAddr),
    MoreSpecifics(IpNet),
    LessSpecifics(IpNet),
}

/// Called with a maker of a route's key, and the route; false stops.
type Visit<'a> = dyn FnMut(&dyn Fn() -> WireKey, &Route) -> bool + 'a;

pub(crate) enum Routes {
    V4(Prefixes<Ipv4Net>),
    V6(Prefixes<Ipv6Net>),
    Others(Others),
}

impl Routes {
    pub fn new(afi: u16, safi: u8) -> Self {
        match (nlri::is_prefix_family(afi, safi), afi) {
            (true, AddressFamily::IPV4) => Routes::V4(Prefixes::new()),
            (true, _) => Routes::V6(Prefixes::new()),
            _ => Routes::Others(Others::new(AddressFamily::new(afi, safi))),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Routes::V4(prefixes) => prefixes.len(),
            Routes::V6(prefixes) => prefixes.len(),
            Routes::Others(others) => others.routes.len(),
        }
    }

    /// The route, made vacant where there was none, and where not all of the NLRI identifies the route, the
    /// NLRI it was announced with. None where the NLRI is not of this family.
    pub fn entry(&mut self, nlri: &[u8], path_id: Option<u32>) -> Option<(&mut Route, Option<&mut Nlri>)> {
        Some(match self {
            Routes::V4(prefixes) => (prefixes.entry(Net::of_nlri(nlri)?, path_id), None),
            Routes::V6(prefixes) => (prefixes.entry(Net::of_nlri(nlri)?, path_id), None),
            Routes::Others(others) => {
                let new = || Other { route: Route::VACANT, nlri: Nlri::from_slice(nlri) };
                let key = others.key(nlri, path_id);
                let other = others.routes.entry(key).or_insert_with(new);
                (&mut other.route, Some(&mut other.nlri))
            }
        })
    }

    pub fn get(&self, nlri: &[u8], path_id: Option<u32>) -> Option<&Route> {
        match self {
            Routes::V4(prefixes) => prefixes.get(Net::of_nlri(nlri)?, path_id),
            Routes::V6(prefixes) => prefixes.get(Net::of_nlri(nlri)?, path_id),
            Routes::Others(others) => Some(&others.routes.get(&others.key(nlri, path_id))?.route),
        }
    }

    /// The route that was there, and the NLRI as in [`Routes::entry`].
    pub fn remove(&mut self, nlri: &[u8], path_id: Option<u32>) -> Option<(Route, Option<Nlri>)> {
        match self {
            Routes::V4(prefixes) => Some((prefixes.remove(Net::of_nlri(nlri)?, path_id)?, None)),
            Routes::V6(prefixes) => Some((prefixes.remove(Net::of_nlri(nlri)?, path_id)?, None)),
            Routes::Others(others) => {
                let key = others.key(nlri, path_id);
                others.routes.remove(&key).map(|other| (other.route, Some(other.nlri)))
            }
        }
    }

    pub fn values(&self) -> Box<dyn Iterator<Item = &Route> + '_> {
        match self {
            Routes::V4(prefixes) => Box::new(prefixes.values()),
            Routes::V6(prefixes) => Box::new(prefixes.values()),
            Routes::Others(others) => Box::new(others.routes.values().map(|other| &other.route)),
        }
    }

    pub fn values_mut(&mut self) -> Box<dyn Iterator<Item = &mut Route> + '_> {
        match self {
            Routes::V4(prefixes) => Box::new(prefixes.values_mut()),
            Routes::V6(prefixes) => Box::new(prefixes.values_mut()),
            Routes::Others(others) => Box::new(others.routes.values_mut().map(|other| &mut other.route)),
        }
    }

    /// Routes of `span` with a key after `after`, in order (those without path identifier, then those
    /// with one, by prefix each), until `visit` says stop (false). Returns false when it was stopped.
    pub fn visit(&self, span: Span, after: Option<&WireKey>, visit: &mut Visit) -> bool {
        match self {
            Routes::V4(prefixes) => prefixes.visit_span(span, after, visit),
            Routes::V6(prefixes) => prefixes.visit_span(span, after, visit),
            Routes::Others(others) => {
                let wanted = others.matching(span);
                let from = match after {
                    Some(after) => Bound::Excluded(others.key(&after.nlri, after.path_id)),
                    None => Bound::Unbounded,
                };
                others
                    .routes
                    .range((from, Bound::Unbounded))
                    .filter(|(_, other)| wanted.is_none_or(|wanted| wanted.holds(others.prefix(other))))
                    .all(|(key, other)| visit(&|| other.wire(key.path_id), &other.route))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The routes of a span by looking at every one.
    fn expected(held: &BTreeMap<(bool, Ipv4Net, u32), u32>, span: Span) -> Vec<u32> {
        let all = held.iter();
        match span {
            Span::All => all.map(|(_, id)| *id).collect(),
            Span::Exact(net) => all.filter(|(key, _)| IpNet::V4(key.1) == net).map(|(_, id)| *id).collect(),
            Span::MoreSpecifics(net) => {
                all.filter(|(key, _)| net.contains(&IpNet::V4(key.1))).map(|(_, id)| *id).collect()
            }
            Span::LessSpecifics(net) => {
                all.filter(|(key, _)| IpNet::V4(key.1).contains(&net)).map(|(_, id)| *id).collect()
            }
            Span::Longest(address) => [false, true]
                .into_iter()
                .flat_map(|paths| {
                    let holding: Vec<_> = held
                        .iter()
                        .filter(|(key, _)| key.0 == paths && IpNet::V4(key.1).contains(&address))
                        .collect();
                    let longest = holding.iter().map(|(key, _)| key.1.prefix_len()).max();
                    holding
                        .into_iter()
                        .filter(move |(key, _)| Some(key.1.prefix_len()) == longest)
                        .map(|(_, id)| *id)
                        .collect::<Vec<_>>()
                })
                .collect(),
        }
    }

    fn net() -> impl Strategy<Value = Ipv4Net> {
        // Few bits at both ends, so that prefixes meet and every level of the trie is used.
        (0..4_u32, 0..4_u32, prop_oneof![0..=8_u8, 24..=32_u8])
            .prop_map(|(high, low, length)| Ipv4Net::new((high << 30 | low).into(), length).unwrap().trunc())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_span_is_what_looking_at_every_route_finds(
            steps in prop::collection::vec((any::<bool>(), net(), prop::option::of(0..2_u32)), 1..80),
            asked in net(),
        ) {
            let mut routes = Routes::new(1, 1);
            let mut held = BTreeMap::new();
            for (number, (add, net, path)) in (0_u32..).zip(steps) {
                let key = net.wire(path);
                let model = (path.is_some(), net, path.unwrap_or(0));
                if add {
                    let (route, _) = routes.entry(&key.nlri, path).unwrap();
                    prop_assert_eq!(route.is_vacant(), held.insert(model, number).is_none());
                    *route = Route { attributes: number, ..Route::VACANT };
                } else {
                    let gone = routes.remove(&key.nlri, path).map(|(route, _)| route.attributes);
                    prop_assert_eq!(gone, held.remove(&model));
                }
                let found = routes.get(&key.nlri, path).map(|route| route.attributes);
                prop_assert_eq!(found, held.get(&model).copied());
            }
            prop_assert_eq!(routes.len(), held.len());
            prop_assert_eq!(routes.values().count(), held.len());

            let host = IpAddr::V4(asked.addr());
            let asked = IpNet::V4(asked);
            let spans = [
                Span::All,
                Span::Exact(asked),
                Span::MoreSpecifics(asked),
                Span::LessSpecifics(asked),
                Span::Longest(host),
            ];
            for span in spans {
                let expected = expected(&held, span);
                // Whole, and route by route from a cursor.
                let (mut whole, mut keys) = (Vec::new(), Vec::new());
                routes.visit(span, None, &mut |key, route| {
                    whole.push(route.attributes);
                    keys.push(key());
                    true
                });
                prop_assert_eq!(&whole, &expected, "{:?}", span);
                for (place, key) in keys.iter().enumerate() {
                    let mut rest = Vec::new();
                    routes.visit(span, Some(key), &mut |_, route| {
                        rest.push(route.attributes);
                        true
                    });
                    prop_assert_eq!(&rest[..], &expected[place + 1..], "{:?} after {:?}", span, key);
                }
            }
        }
    }
}
