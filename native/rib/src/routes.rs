//! The routes of one family in one view of one peer, in order of their keys.
//!
//! A sorted map serves every question that is asked of it: the exact route, the more specifics of
//! a prefix (they lie side by side), the longest match (one look-up a prefix length that occurs),
//! and going on from a cursor. Measured against a prefix trie it also needs less memory, since it
//! has no inner nodes without a route.

use std::collections::btree_map::{BTreeMap, Entry};
use std::net::IpAddr;
use std::ops::Bound;

use ipnet::IpNet;

use crate::deltas::Nlri;
use crate::intern::SetId;
use crate::nlri;

/// What the table holds of a route. 28 octets: a full table has millions of them.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(crate) struct Route {
    pub attributes: SetId,
    /// Session it was last announced in (index of the router's epochs).
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

/// Order: address, length, path id; so more specifics of a prefix follow it without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<A> {
    address: A,
    length: u8,
    has_path_id: bool,
    path_id: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RawKey {
    nlri: Box<[u8]>,
    path_id: Option<u32>,
}

type V4 = Key<u32>;
/// Two halves: an u128 would be aligned to 16.
type V6 = Key<[u64; 2]>;

pub(crate) enum Routes {
    V4(BTreeMap<V4, Route>, Lengths),
    V6(BTreeMap<V6, Route>, Lengths),
    /// Families whose NLRI is not a bare prefix, by all of its bytes.
    Raw(BTreeMap<RawKey, Route>),
}

/// Prefix lengths that ever occurred, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lengths([u64; 3]);

impl Lengths {
    fn add(&mut self, length: u8) {
        if let Some(word) = self.0.get_mut(usize::from(length / 64)) {
            *word |= 1 << (length % 64);
        }
    }

    fn contains(&self, length: u8) -> bool {
        self.0.get(usize::from(length / 64)).is_some_and(|word| word >> (length % 64) & 1 == 1)
    }
}

/// Which routes of a family a query looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    All,
    Exact(IpNet),
    Longest(IpAddr),
    MoreSpecifics(IpNet),
}

/// A route's key in wire form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WireKey {
    pub nlri: Nlri,
    pub path_id: Option<u32>,
}

impl Routes {
    pub fn new(afi: u16, safi: u8) -> Self {
        match (nlri::is_prefix_family(afi, safi), afi) {
            (true, 1) => Routes::V4(BTreeMap::new(), Lengths::default()),
            (true, _) => Routes::V6(BTreeMap::new(), Lengths::default()),
            _ => Routes::Raw(BTreeMap::new()),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Routes::V4(map, _) => map.len(),
            Routes::V6(map, _) => map.len(),
            Routes::Raw(map) => map.len(),
        }
    }

    /// The route, made vacant where there was none; none where the NLRI is not of this family.
    pub fn entry(&mut self, nlri: &[u8], path_id: Option<u32>) -> Option<&mut Route> {
        Some(match self {
            Routes::V4(map, lengths) => match map.entry(v4(nlri, path_id)?) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    lengths.add(entry.key().length);
                    entry.insert(Route::VACANT)
                }
            },
            Routes::V6(map, lengths) => match map.entry(v6(nlri, path_id)?) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    lengths.add(entry.key().length);
                    entry.insert(Route::VACANT)
                }
            },
            Routes::Raw(map) => map.entry(raw(nlri, path_id)).or_insert(Route::VACANT),
        })
    }

    pub fn get(&self, nlri: &[u8], path_id: Option<u32>) -> Option<&Route> {
        match self {
            Routes::V4(map, _) => map.get(&v4(nlri, path_id)?),
            Routes::V6(map, _) => map.get(&v6(nlri, path_id)?),
            Routes::Raw(map) => map.get(&raw(nlri, path_id)),
        }
    }

    pub fn remove(&mut self, nlri: &[u8], path_id: Option<u32>) -> Option<Route> {
        match self {
            Routes::V4(map, _) => map.remove(&v4(nlri, path_id)?),
            Routes::V6(map, _) => map.remove(&v6(nlri, path_id)?),
            Routes::Raw(map) => map.remove(&raw(nlri, path_id)),
        }
    }

    /// Keeps what `keep` keeps; it is asked in order of the keys.
    pub fn retain(&mut self, mut keep: impl FnMut(&dyn Fn() -> WireKey, &mut Route) -> bool) {
        match self {
            Routes::V4(map, _) => map.retain(|key, route| keep(&|| key.wire(), route)),
            Routes::V6(map, _) => map.retain(|key, route| keep(&|| key.wire(), route)),
            Routes::Raw(map) => map.retain(|key, route| keep(&|| key.wire(), route)),
        }
    }

    pub fn values(&self) -> Box<dyn Iterator<Item = &Route> + '_> {
        match self {
            Routes::V4(map, _) => Box::new(map.values()),
            Routes::V6(map, _) => Box::new(map.values()),
            Routes::Raw(map) => Box::new(map.values()),
        }
    }

    pub fn values_mut(&mut self) -> Box<dyn Iterator<Item = &mut Route> + '_> {
        match self {
            Routes::V4(map, _) => Box::new(map.values_mut()),
            Routes::V6(map, _) => Box::new(map.values_mut()),
            Routes::Raw(map) => Box::new(map.values_mut()),
        }
    }

    /// Routes of `span` with a key after `after`, in order, until `visit` says stop (false).
    /// Returns false when it was stopped.
    pub fn visit(
        &self,
        span: Span,
        after: Option<&WireKey>,
        mut visit: impl FnMut(&dyn Fn() -> WireKey, &Route) -> bool,
    ) -> bool {
        match self {
            Routes::V4(map, lengths) => {
                let after = match after.map(|key| v4(&key.nlri, key.path_id)) {
                    Some(None) => return true,
                    other => other.flatten(),
                };
                let Some((from, to)) = bounds(
                    span,
                    *lengths,
                    after,
                    |length, path, address| match address {
                        IpAddr::V4(address) if length <= 32 => Some(Key {
                            address: u32::from(address),
                            length,
                            has_path_id: path.is_some(),
                            path_id: path.unwrap_or(0),
                        }),
                        _ => None,
                    },
                    |key| map.range(key.0..=key.1).next().is_some(),
                ) else {
                    return true;
                };
                if from_after_to(&from, &to) {
                    return true;
                }
                map.range((from, to)).all(|(key, route)| visit(&|| key.wire(), route))
            }
            Routes::V6(map, lengths) => {
                let after = match after.map(|key| v6(&key.nlri, key.path_id)) {
                    Some(None) => return true,
                    other => other.flatten(),
                };
                let Some((from, to)) = bounds(
                    span,
                    *lengths,
                    after,
                    |length, path, address| match address {
                        IpAddr::V6(address) if length <= 128 => Some(Key {
                            address: halves(address.octets()),
                            length,
                            has_path_id: path.is_some(),
                            path_id: path.unwrap_or(0),
                        }),
                        _ => None,
                    },
                    |key| map.range(key.0..=key.1).next().is_some(),
                ) else {
                    return true;
                };
                if from_after_to(&from, &to) {
                    return true;
                }
                map.range((from, to)).all(|(key, route)| visit(&|| key.wire(), route))
            }
            Routes::Raw(map) => {
                if !matches!(span, Span::All) {
                    return true;
                }
                let from = match after {
                    Some(key) => Bound::Excluded(raw(&key.nlri, key.path_id)),
                    None => Bound::Unbounded,
                };
                map.range((from, Bound::Unbounded)).all(|(key, route)| visit(&|| key.wire(), route))
            }
        }
    }
}

type Bounds<A> = (Bound<Key<A>>, Bound<Key<A>>);

/// Where `span` begins and ends in a map of prefixes, going on after `after`; none where it holds
/// nothing. `key` makes a key of a masked address; `occurs` says whether the map has one between two.
fn bounds<A: Copy + Ord>(
    span: Span,
    lengths: Lengths,
    after: Option<Key<A>>,
    key: impl Fn(u8, Option<u32>, IpAddr) -> Option<Key<A>>,
    occurs: impl Fn((Key<A>, Key<A>)) -> bool,
) -> Option<Bounds<A>> {
    let one = |net: IpNet| {
        let from = key(net.prefix_len(), None, net.network())?;
        let to = key(net.prefix_len(), Some(u32::MAX), net.network())?;
        Some((from, to))
    };
    let (from, to) = match span {
        Span::All => (Bound::Unbounded, Bound::Unbounded),
        Span::Exact(net) => {
            let (from, to) = one(net)?;
            (Bound::Included(from), Bound::Included(to))
        }
        Span::MoreSpecifics(net) => {
            let from = key(net.prefix_len(), None, net.network())?;
            let to = key(net.max_prefix_len(), Some(u32::MAX), net.broadcast())?;
            (Bound::Included(from), Bound::Included(to))
        }
        Span::Longest(address) => {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let (from, to) = (0..=most)
                .rev()
                .filter(|length| lengths.contains(*length))
                .filter_map(|length| one(IpNet::new(address, length).ok()?.trunc()))
                .find(|range| occurs(*range))?;
            (Bound::Included(from), Bound::Included(to))
        }
    };
    let from = match (after, from) {
        (Some(after), Bound::Included(from)) if after < from => Bound::Included(from),
        (Some(after), _) => Bound::Excluded(after),
        (None, from) => from,
    };
    Some((from, to))
}

/// BTreeMap::range panics on such a range.
fn from_after_to<K: Ord>(from: &Bound<K>, to: &Bound<K>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Excluded(from), Bound::Included(to)) => from >= to,
        _ => false,
    }
}

impl Key<u32> {
    fn wire(&self) -> WireKey {
        wire(self.length, &self.address.to_be_bytes(), self.path())
    }
}

impl Key<[u64; 2]> {
    fn wire(&self) -> WireKey {
        let [high, low] = self.address;
        wire(self.length, &((u128::from(high) << 64) | u128::from(low)).to_be_bytes(), self.path())
    }
}

impl<A> Key<A> {
    fn path(&self) -> Option<u32> {
        self.has_path_id.then_some(self.path_id)
    }
}

impl RawKey {
    fn wire(&self) -> WireKey {
        WireKey { nlri: Nlri::from_slice(&self.nlri), path_id: self.path_id }
    }
}

fn wire(length: u8, address: &[u8], path_id: Option<u32>) -> WireKey {
    let mut nlri = Nlri::new();
    nlri.push(length);
    nlri.extend_from_slice(address.get(..usize::from(length).div_ceil(8)).unwrap_or(address));
    WireKey { nlri, path_id }
}

fn v4(nlri: &[u8], path_id: Option<u32>) -> Option<V4> {
    let (length, octets) = nlri.split_first()?;
    Some(Key {
        address: u32::from_be_bytes(nlri::padded(*length, octets)?),
        length: *length,
        has_path_id: path_id.is_some(),
        path_id: path_id.unwrap_or(0),
    })
}

fn v6(nlri: &[u8], path_id: Option<u32>) -> Option<V6> {
    let (length, octets) = nlri.split_first()?;
    Some(Key {
        address: halves(nlri::padded(*length, octets)?),
        length: *length,
        has_path_id: path_id.is_some(),
        path_id: path_id.unwrap_or(0),
    })
}

fn raw(nlri: &[u8], path_id: Option<u32>) -> RawKey {
    RawKey { nlri: nlri.into(), path_id }
}

#[allow(clippy::cast_possible_truncation)]
fn halves(octets: [u8; 16]) -> [u64; 2] {
    let address = u128::from_be_bytes(octets);
    [(address >> 64) as u64, address as u64]
}
