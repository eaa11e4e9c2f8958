//! Routes in order of their keys.
//!
//! They lie in leaves of some dozens, and a tree says where each leaf begins. Most routers tell their table in the order of its
//! prefixes: the place after the last route is looked at first, so that such a route costs neither a search nor a wait for
//! memory. `bench/README.md` has what that is worth, and what a table costs that is told in any order.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::net::Key;
use super::Route;

/// Routes of a leaf that is full: what lies after a new one is moved.
const FULL: usize = 64;

pub(super) struct Sorted<K: Key> {
    leaves: Vec<Leaf<K>>,
    /// The leaves in use, each by the first key that could lie in it. The first leaf begins with the default, which is the least
    /// of all keys.
    index: BTreeMap<K::Number, usize>,
    /// Leaves that are not in use.
    free: Vec<usize>,
    len: usize,
    /// Leaf and place of the route that was said last.
    last: (usize, usize),
}

/// Keys and routes lie apart, so that a search has to reach as little memory as it can.
struct Leaf<K> {
    keys: Vec<K>,
    routes: Vec<Route>,
    from: K,
    /// Where the next leaf begins; the last one has no end.
    until: Option<K>,
}

impl<K: Key> Leaf<K> {
    fn holds(&self, key: K) -> bool {
        self.from.number() <= key.number() && self.until.is_none_or(|until| key.number() < until.number())
    }

    /// Where the key is, or where it would be; `near` is looked at first.
    fn place(&self, key: K, near: usize) -> Result<usize, usize> {
        match self.keys.get(near) {
            Some(other) if *other == key => Ok(near),
            None if self.keys.last().is_none_or(|other| other.number() < key.number()) => {
                Err(self.keys.len())
            }
            _ => self.keys.binary_search_by_key(&key.number(), |other| other.number()),
        }
    }
}

// Every number in `index` and `last` is one of a leaf, and every place was found in it.
#[allow(clippy::indexing_slicing)]
impl<K: Key> Sorted<K> {
    pub fn new() -> Self {
        let first = Leaf { keys: Vec::new(), routes: Vec::new(), from: K::default(), until: None };
        Sorted {
            leaves: vec![first],
            index: [(K::default().number(), 0)].into(),
            free: Vec::new(),
            len: 0,
            last: (0, 0),
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, key: K) -> Option<&Route> {
        let leaf = &self.leaves[self.leaf_of(key)];
        let place = leaf.place(key, 0).ok()?;
        Some(&leaf.routes[place])
    }

    /// The route, made vacant where there was none.
    pub fn entry(&mut self, key: K) -> &mut Route {
        let (mut at, near) = self.last;
        if !self.leaves[at].holds(key) {
            at = self.leaf_of(key);
        }
        let mut place = match self.leaves[at].place(key, near + 1) {
            Ok(place) => {
                self.last = (at, place);
                return &mut self.leaves[at].routes[place];
            }
            Err(place) => place,
        };
        if self.leaves[at].routes.len() == FULL {
            (at, place) = self.split(at, place, key);
        }
        self.len += 1;
        self.last = (at, place);
        let leaf = &mut self.leaves[at];
        leaf.keys.insert(place, key);
        leaf.routes.insert(place, Route::VACANT);
        &mut leaf.routes[place]
    }

    pub fn remove(&mut self, key: K) -> Option<Route> {
        let at = self.leaf_of(key);
        let leaf = &mut self.leaves[at];
        let place = leaf.place(key, 0).ok()?;
        leaf.keys.remove(place);
        let route = leaf.routes.remove(place);
        self.len -= 1;
        if leaf.routes.len() < FULL / 4 {
            self.join(at);
        }
        Some(route)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &Route)> {
        self.range(Bound::Unbounded)
    }

    pub fn values(&self) -> impl Iterator<Item = &Route> {
        self.iter().map(|(_, route)| route)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Route> {
        self.leaves.iter_mut().flat_map(|leaf| &mut leaf.routes)
    }

    /// In order.
    pub fn range(&self, from: Bound<K>) -> impl Iterator<Item = (K, &Route)> {
        let (first, before) = match from {
            Bound::Unbounded => (0, 0),
            Bound::Included(key) | Bound::Excluded(key) => {
                let at = self.leaf_of(key);
                let before = match (self.leaves[at].place(key, 0), from) {
                    (Ok(place), Bound::Excluded(_)) => place + 1,
                    (Ok(place) | Err(place), _) => place,
                };
                (at, before)
            }
        };
        let leaves = self.index.range(self.leaves[first].from.number()..).map(|(_, at)| &self.leaves[*at]);
        leaves.flat_map(|leaf| leaf.keys.iter().copied().zip(&leaf.routes)).skip(before)
    }

    fn leaf_of(&self, key: K) -> usize {
        self.index.range(..=key.number()).next_back().map_or(0, |(_, at)| *at)
    }

    /// Makes room in a full leaf; returns leaf and place where the new route belongs.
    fn split(&mut self, at: usize, place: usize, key: K) -> (usize, usize) {
        let full = &mut self.leaves[at];
        // After the last one there is no need to move any: a table that is told in order has full leaves.
        let (mut keys, mut routes) = (Vec::with_capacity(FULL), Vec::with_capacity(FULL));
        if place < FULL {
            keys.extend(full.keys.drain(FULL / 2..));
            routes.extend(full.routes.drain(FULL / 2..));
        }
        let from = keys.first().copied().unwrap_or(key);
        let leaf = Leaf { keys, routes, from, until: full.until.replace(from) };
        let new = match self.free.pop() {
            Some(free) => {
                self.leaves[free] = leaf;
                free
            }
            None => {
                self.leaves.push(leaf);
                self.leaves.len() - 1
            }
        };
        self.index.insert(from.number(), new);
        match place {
            FULL => (new, 0),
            _ if place > FULL / 2 => (new, place - FULL / 2),
            _ => (at, place),
        }
    }

    /// Puts the routes of a leaf that has few into the one before it, if there is room.
    fn join(&mut self, at: usize) {
        let Leaf { from, ref routes, .. } = self.leaves[at];
        let Some((_, &before)) = self.index.range(..from.number()).next_back() else { return };
        if self.leaves[before].routes.len() + routes.len() > FULL / 2 && !routes.is_empty() {
            return;
        }
        let leaf = &mut self.leaves[at];
        let (keys, routes) = (std::mem::take(&mut leaf.keys), std::mem::take(&mut leaf.routes));
        let until = leaf.until;
        let joined = &mut self.leaves[before];
        joined.keys.extend(keys);
        joined.routes.extend(routes);
        joined.until = until;
        self.index.remove(&from.number());
        self.free.push(at);
        // The leaf may be used again for other prefixes.
        self.last = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ipnet::Ipv4Net;
    use proptest::prelude::*;

    use super::*;

    fn net(number: u32) -> Ipv4Net {
        Ipv4Net::new((number << 8).into(), 24).unwrap()
    }

    /// Every leaf holds what its bounds say, in order, and those in use are all that the index names.
    fn check(routes: &Sorted<Ipv4Net>) {
        let used: Vec<_> = routes.index.iter().map(|(from, at)| (*from, &routes.leaves[*at])).collect();
        assert_eq!(used.len() + routes.free.len(), routes.leaves.len());
        for (place, (from, leaf)) in used.iter().enumerate() {
            assert_eq!(*from, leaf.from.number());
            assert_eq!(leaf.until.map(Key::number), used.get(place + 1).map(|next| next.0));
            assert!(leaf.keys.len() <= FULL && leaf.keys.iter().all(|net| leaf.holds(*net)));
            assert!(leaf.keys.is_sorted_by(|one, other| one < other));
        }
        assert!(used.iter().all(|(_, leaf)| leaf.keys.len() == leaf.routes.len()));
        assert_eq!(routes.len, used.iter().map(|(_, leaf)| leaf.routes.len()).sum::<usize>());
    }

    #[test]
    fn a_table_that_is_told_in_order_has_full_leaves_and_one_that_is_withdrawn_has_few() {
        let mut routes = Sorted::new();
        for number in 0..6_400 {
            routes.entry(net(number));
        }
        check(&routes);
        assert_eq!(routes.index.len(), 100);
        for number in (0..6_400).filter(|number| number % 64 != 0) {
            routes.remove(net(number));
        }
        check(&routes);
        assert_eq!(routes.len(), 100);
        assert!(routes.index.len() <= 8, "{} leaves for 100 routes", routes.index.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_comes_and_goes_they_are_what_a_sorted_map_has(
            runs in prop::collection::vec((any::<bool>(), 0..2_000_u32, 1..400_u32, 1..5_u32, any::<bool>()), 1..30),
            from in 0..2_500_u32,
        ) {
            let mut routes = Sorted::new();
            let mut held = BTreeMap::new();
            for (add, start, count, step, down) in runs {
                for turn in 0..count {
                    let number = start + step * if down { count - turn } else { turn };
                    if add {
                        let route = routes.entry(net(number));
                        prop_assert_eq!(route.is_vacant(), held.insert(net(number), number).is_none());
                        route.attributes = number;
                    } else {
                        let gone = routes.remove(net(number)).map(|route| route.attributes);
                        prop_assert_eq!(gone, held.remove(&net(number)));
                    }
                }
                check(&routes);
            }
            prop_assert_eq!(routes.len(), held.len());
            let mut found: Vec<u32> = routes.values_mut().map(|route| route.attributes).collect();
            found.sort_unstable();
            let mut expected: Vec<u32> = held.values().copied().collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
            let from = net(from);
            for bound in [Bound::Unbounded, Bound::Included(from), Bound::Excluded(from)] {
                let found: Vec<_> = routes.range(bound).map(|(net, route)| (net, route.attributes)).collect();
                let expected: Vec<_> = held.range((bound, Bound::Unbounded)).map(|(net, id)| (*net, *id)).collect();
                prop_assert_eq!(found, expected);
            }
            prop_assert_eq!(routes.get(from).map(|route| route.attributes), held.get(&from).copied());
        }
    }
}
