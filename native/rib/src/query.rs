//! Questions to the table.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Bound;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;
use thiserror::Error;
use wire::bgp::attribute::code;
use wire::bgp::{AsPath, AttributeValue, RouteDistinguisher};

use crate::attributes::{attribute_of, community_text, next_hop_of, AttributeSet, PathAttributes};
use crate::deltas::{Id, PeerRow, PeerState, Position, RouterRow, SessionRow};
use crate::flaps::FlapKey;
use crate::intern::{Interner, SetId};
use crate::lines::{Expression, Marks};
use crate::nlri::{self, Nlri};
use crate::router::{Peer, Rib, RibKey, Router};
use crate::routes::{Route, Routes, Span, WireKey};
use crate::table::RoutingTable;
use crate::text;
use crate::view::RibView;

/// Rows of a page where the query says nothing, and at most.
pub const DEFAULT_LIMIT: usize = 100;
pub const MAX_LIMIT: usize = 10_000;

/// Which routes. Everything that is set must hold; the default is all routes.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub router: Option<Id>,
    pub peer: Option<Id>,
    pub peer_address: Option<IpAddr>,
    pub view: Option<RibView>,
    pub afi: Option<u16>,
    pub safi: Option<u8>,
    pub prefix: PrefixMatch,
    /// The whole NLRI as text, of any family; see [`RouteRow::nlri_text`].
    pub nlri_text: Option<String>,
    /// An AS number anywhere in AS_PATH.
    pub as_in_path: Option<u32>,
    /// The last AS number of AS_PATH.
    pub origin_as: Option<u32>,
    /// Found somewhere in [`PathAttributes::as_path_text`].
    pub as_path: Option<AsPathPattern>,
    pub next_hop: Option<IpAddr>,
    pub community: Option<Community>,
    /// Rows of a page; 0: [`DEFAULT_LIMIT`].
    pub limit: usize,
    /// [`Page::cursor`] of the page before.
    pub cursor: Option<String>,
}

impl Query {
    fn asks_for_path(&self) -> bool {
        self.as_in_path.is_some() || self.origin_as.is_some() || self.as_path.is_some()
    }

    /// Whether an attribute set, by its identity, has what is asked of attributes. Only what is asked for is read: a table has
    /// hundreds of thousands of sets.
    fn wants(&self, set: &[u8]) -> bool {
        self.wants_beside_path(set) && (!self.asks_for_path() || self.wants_path(set))
    }

    fn wants_beside_path(&self, set: &[u8]) -> bool {
        self.next_hop.is_none_or(|next_hop| next_hop_of(set) == Some(next_hop))
            && self.community.as_ref().is_none_or(|community| community.is_in(set))
    }

    fn wants_path(&self, set: &[u8]) -> bool {
        let path = match attribute_of(set, code::AS_PATH) {
            Some(AttributeValue::AsPath(path)) => path,
            _ => AsPath::default(),
        };
        self.as_in_path.is_none_or(|asn| path.asns().any(|held| held == asn))
            && self.origin_as.is_none_or(|asn| path.asns().last() == Some(asn))
            && self.as_path.as_ref().is_none_or(|pattern| pattern.0.is_match(&path.to_string()))
    }

    /// What is asked of next hop and communities, as expressions over their line; None where one is too long.
    fn mark_expressions(&self) -> Option<Vec<Expression>> {
        let next_hop = self.next_hop.map(|address| Marks::expression(Marks::NEXT_HOP, &address.to_string()));
        let community = self.community.as_ref().map(|community| match community {
            Community::Standard(one) => Marks::expression(Marks::COMMUNITY, &community_text(*one)),
            Community::Large(text) => Marks::expression(Marks::LARGE, text),
            Community::Extended(text) => Marks::expression(Marks::EXTENDED, text),
        });
        next_hop.into_iter().chain(community).collect()
    }

    /// What is asked of the AS path, as expressions over its text.
    fn path_expressions(&self) -> Vec<Expression> {
        let built = |text: String| Expression::new(&text, MOST_PATTERN_OCTETS).ok();
        let own = self.as_path.as_ref().map(|pattern| pattern.0.clone());
        let origin = self.origin_as.and_then(|asn| built(format!(r"\b{asn}[\]}})]?$")));
        let within = self.as_in_path.and_then(|asn| built(format!(r"\b{asn}\b")));
        origin.into_iter().chain(within).chain(own).collect()
    }
}

/// Which attribute sets are wanted. At first each is looked at when a route has it: of what many routes have a page is full soon. Then
/// all of them are looked at, and it is known how many routes there are: where none is left the search is over.
struct Wanted<'a> {
    query: &'a Query,
    sets: &'a Interner,
    /// Routes that are looked at before all sets are.
    before: usize,
    all: Option<All>,
}

struct All {
    /// By set.
    wanted: Vec<bool>,
    /// Routes that are not yet seen.
    left: u64,
}

/// As many routes as are looked at in a millisecond or two.
const ONE_BY_ONE: usize = 4_096;

impl<'a> Wanted<'a> {
    /// None where the query asks nothing of attributes.
    fn new(query: &'a Query, sets: &'a Interner) -> Option<Self> {
        let asks = query.asks_for_path() || query.next_hop.is_some() || query.community.is_some();
        asks.then_some(Wanted { query, sets, before: ONE_BY_ONE, all: None })
    }

    fn take(&mut self, set: SetId) -> bool {
        match &mut self.all {
            Some(all) => {
                let wanted = all.wants(set);
                all.left = all.left.saturating_sub(u64::from(wanted));
                wanted
            }
            None => {
                self.before = self.before.saturating_sub(1);
                self.sets.bytes(set).is_some_and(|bytes| self.query.wants(bytes))
            }
        }
    }

    /// Whether it is time to look at all sets, which is done once.
    fn turns(&mut self) -> bool {
        let turns = self.before == 0 && self.all.is_none();
        if turns {
            self.all = Some(All::new(self.query, self.sets));
        }
        turns
    }

    fn is_over(&self) -> bool {
        self.all.as_ref().is_some_and(|all| all.left == 0)
    }
}

impl All {
    fn new(query: &Query, sets: &Interner) -> Self {
        let mut all = All { wanted: vec![false; sets.names()], left: 0 };
        // What is longer than an expression may be is in no set.
        let Some(marks) = query.mark_expressions() else { return all };
        if !marks.is_empty() {
            sets.search_marks(&marks, |set, references| all.put(set, references));
        }
        if query.asks_for_path() {
            let marked = std::mem::replace(&mut all, All { wanted: vec![false; sets.names()], left: 0 });
            sets.search_paths(&query.path_expressions(), |set, references| {
                if marks.is_empty() || marked.wants(set) {
                    all.put(set, references);
                }
            });
        }
        all
    }

    fn put(&mut self, set: SetId, references: u32) {
        if let Some(wanted) = usize::try_from(set).ok().and_then(|set| self.wanted.get_mut(set)) {
            *wanted = true;
            self.left += u64::from(references);
        }
    }

    fn wants(&self, set: SetId) -> bool {
        usize::try_from(set).is_ok_and(|set| self.wanted.get(set) == Some(&true))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrefixMatch {
    #[default]
    Any,
    Exact(IpNet),
    /// The longest prefix that holds the address, in each peer's every view.
    Longest(IpAddr),
    /// The prefix itself and all inside it.
    MoreSpecifics(IpNet),
    /// The prefix itself and all that hold it.
    LessSpecifics(IpNet),
}

/// A community of one of the three kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Community {
    /// RFC 1997, `65000:100`.
    Standard(u32),
    /// RFC 8092, `65000:1:2`.
    Large(String),
    /// RFC 4360, as [`PathAttributes::extended_communities`] prints it, e.g. `rt:65000:1`.
    Extended(String),
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum QueryError {
    #[error("not a cursor of this table")]
    Cursor,
    #[error("not a community: {0}")]
    Community(String),
    #[error("not a regular expression: {0}")]
    AsPath(String),
}

/// A regular expression over an AS path as text.
#[derive(Clone, Debug)]
pub struct AsPathPattern(Expression);

/// An expression that takes more memory than this is refused: whoever may search may not fill the station's.
const MOST_PATTERN_OCTETS: usize = 1 << 20;

impl AsPathPattern {
    /// As it was written.
    pub fn expression(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for AsPathPattern {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let built = Expression::new(text, MOST_PATTERN_OCTETS);
        built.map(AsPathPattern).map_err(|reason| QueryError::AsPath(reason.to_string()))
    }
}

impl FromStr for Community {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([high, low]) if *high <= 0xffff && *low <= 0xffff => {
                Ok(Community::Standard(high << 16 | low))
            }
            Some([global, one, two]) => Ok(Community::Large(format!("{global}:{one}:{two}"))),
            None if text.contains(':') => Ok(Community::Extended(text.to_string())),
            _ => Err(QueryError::Community(text.to_string())),
        }
    }
}

impl Community {
    fn is_in(&self, set: &[u8]) -> bool {
        match self {
            Community::Standard(community) => match attribute_of(set, code::COMMUNITIES) {
                Some(AttributeValue::Communities(held)) => held.0.iter().any(|held| held.0 == *community),
                _ => false,
            },
            Community::Large(community) => match attribute_of(set, code::LARGE_COMMUNITIES) {
                Some(AttributeValue::LargeCommunities(held)) => {
                    held.0.iter().any(|held| held.to_string() == *community)
                }
                _ => false,
            },
            Community::Extended(community) => match attribute_of(set, code::EXTENDED_COMMUNITIES) {
                Some(AttributeValue::ExtendedCommunities(held)) => {
                    held.0.iter().any(|held| held.to_string() == *community)
                }
                _ => false,
            },
        }
    }
}

/// Rows in order of router, peer, view, family, prefix and path id.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<RouteRow>,
    /// Goes on after the last row; none where there is no more.
    pub cursor: Option<String>,
}

/// One route as the table holds it; as JSON, a line of `bmp-collector rib`.
#[derive(Clone, Debug, Serialize)]
pub struct RouteRow {
    /// sysName, or the address of a router that gave none.
    pub router: String,
    #[serde(serialize_with = "text::uuid::serialize")]
    pub router_id: Id,
    pub view: RibView,
    pub peer: IpAddr,
    #[serde(serialize_with = "text::uuid::serialize")]
    pub peer_id: Id,
    pub peer_type: u8,
    pub peer_asn: u32,
    pub peer_bgp_id: Ipv4Addr,
    /// Route distinguisher as `0:0` or `65000:1` prints it (RFC 4364, section 4.2).
    #[serde(serialize_with = "text::distinguisher")]
    pub distinguisher: u64,
    pub afi: u16,
    pub safi: u8,
    /// Of every family whose NLRI hold one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<IpNet>,
    /// Route distinguisher of the NLRI, as `65000:1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rd: Option<RouteDistinguisher>,
    /// MPLS labels of the NLRI, top first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<u32>,
    /// VXLAN Network Identifiers that stand in place of the labels (RFC 8365).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vnis: Vec<u32>,
    /// Of families whose NLRI is more than a prefix: the NLRI as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nlri_text: Option<String>,
    /// The NLRI as on the wire, without path id; hexadecimal in JSON.
    #[serde(serialize_with = "text::as_hex")]
    pub nlri: Nlri,
    pub path_id: Option<u32>,
    #[serde(flatten)]
    pub attributes: Arc<PathAttributes>,
    /// Of the last change.
    #[serde(flatten)]
    pub position: Position,
    pub changed_at_us: i64,
    /// Whether there is a path id was not negotiated but seen in the messages.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub add_path_inferred: bool,
    /// Last seen in an earlier session than the router's latest, or that session is over.
    pub stale: bool,
}

/// A router and how much is held of it.
#[derive(Clone, Debug, Serialize)]
pub struct RouterSummary {
    #[serde(flatten)]
    pub row: RouterRow,
    pub peers: usize,
    pub peers_up: usize,
    pub routes: usize,
    /// 0 where no route ever changed.
    pub last_change_us: i64,
    /// Where its further sessions come from that feed nothing while the first lives, the newest first.
    pub standby: Vec<String>,
}

/// A peer and how many routes each of its views holds.
#[derive(Clone, Debug, Serialize)]
pub struct PeerSummary {
    #[serde(serialize_with = "text::uuid::serialize")]
    pub router_id: Id,
    #[serde(flatten)]
    pub row: PeerRow,
    pub routes: usize,
    pub last_change_us: i64,
    pub ribs: Vec<RibSummary>,
}

/// One view and family of a peer.
#[derive(Clone, Debug, Serialize)]
pub struct RibSummary {
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    pub routes: usize,
    pub last_change_us: i64,
    /// RFC 9069: the Loc-RIB shows a part only.
    pub filtered: bool,
    /// Whether its NLRI have path identifiers was not negotiated but seen in its messages.
    pub add_path_inferred: bool,
    /// Everything that it holds is known to be what the router holds now.
    pub verified: bool,
}

/// A route that changes again and again.
#[derive(Clone, Debug)]
pub struct FlappingRoute {
    pub router_id: Id,
    pub peer_id: Id,
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    pub nlri: Nlri,
    /// The NLRI as text, of any family.
    pub nlri_text: String,
    /// Of every family whose NLRI hold one.
    pub prefix: Option<IpNet>,
    pub path_id: Option<u32>,
    /// As RFC 2439 counts: 1000 a withdrawal, 500 a change, halved every quarter of an hour.
    pub penalty: u32,
    pub withdrawals: u32,
    pub changes: u32,
    /// When the last of them was received.
    pub changed_at_us: i64,
}

impl RoutingTable {
    /// Routes that changed more than once of late, the worst first, at most `limit`: of a router and of a peer where given.
    pub fn flapping(&self, router: Option<&Id>, peer: Option<&Id>, limit: usize) -> Vec<FlappingRoute> {
        let now = self.clock.now_us;
        let router = router.map(|id| self.routers.values().find(|router| router.row.router_id == *id));
        let wanted = |key: &FlapKey| {
            peer.is_none_or(|id| *id == key.peer)
                && router
                    .is_none_or(|router| router.is_some_and(|router| router.peers.contains_key(&key.peer)))
        };
        let worst = self.flaps.worst(now, limit.min(MAX_LIMIT), wanted);
        let router_of = |peer: &Id| self.routers.values().find(|router| router.peers.contains_key(peer));
        worst
            .into_iter()
            .filter_map(|(key, flap)| {
                Some(FlappingRoute {
                    router_id: router_of(&key.peer)?.row.router_id,
                    peer_id: key.peer,
                    view: key.rib.view,
                    afi: key.rib.afi,
                    safi: key.rib.safi,
                    nlri: key.nlri.clone(),
                    nlri_text: nlri::text(key.rib.afi, key.rib.safi, &key.nlri),
                    prefix: nlri::route(key.rib.afi, key.rib.safi, &key.nlri).prefix,
                    path_id: key.path_id,
                    penalty: flap.points(now),
                    withdrawals: flap.withdrawals,
                    changes: flap.changes,
                    changed_at_us: flap.last_us,
                })
            })
            .collect()
    }

    /// Every router, by id.
    pub fn routers(&self) -> Vec<RouterSummary> {
        self.routers
            .values()
            .map(|router| {
                let ribs = || router.peers.values().flat_map(|peer| peer.ribs.values());
                RouterSummary {
                    row: router.row.clone(),
                    peers: router.peers.len(),
                    peers_up: router.peers.values().filter(|peer| peer.row.state == PeerState::Up).count(),
                    routes: ribs().map(|rib| rib.routes.len()).sum(),
                    last_change_us: ribs().map(|rib| rib.last_change_us).max().unwrap_or(0),
                    standby: router.standby().map(SessionRow::origin).collect(),
                }
            })
            .collect()
    }

    /// The peers of a router, or of all, by id.
    pub fn peers(&self, router: Option<&Id>) -> Vec<PeerSummary> {
        self.routers
            .values()
            .filter(|held| router.is_none_or(|id| *id == held.row.router_id))
            .flat_map(|router| router.peers.values().map(|peer| summary(router, peer)))
            .collect()
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

/// The routes of a table whose attributes are wanted: by a walk through them, and when it is known which sets are wanted and how many
/// routes that is by the postings.
fn of_attributes(
    routes: &Routes,
    span: Span,
    after: Option<&WireKey>,
    wanted: &mut Wanted<'_>,
    tell: &mut dyn FnMut(&dyn Fn() -> WireKey, &Route) -> bool,
) -> bool {
    let mut reached = None;
    if wanted.all.is_none() || span != Span::All {
        let mut stopped = false;
        let whole = routes.visit(span, after, &mut |wire, route| {
            if wanted.is_over() {
                stopped = true;
                return false;
            }
            if wanted.take(route.attributes) && !tell(wire, route) {
                stopped = true;
                return false;
            }
            // Here the walk ends and the postings go on.
            let turns = wanted.turns() && span == Span::All;
            if turns {
                reached = Some(wire());
            }
            !turns
        });
        if whole || stopped {
            return whole;
        }
    }
    let Some(all) = &mut wanted.all else { return true };
    let after = reached.as_ref().or(after);
    if all.left == 0 {
        return false;
    }
    let wants = |set| all.wants(set);
    match routes.visit_sets(&wants, after, &mut |wire, route| tell(wire, route)) {
        Some(whole) => whole,
        None => {
            routes.visit(span, after, &mut |wire, route| !wanted.take(route.attributes) || tell(wire, route))
        }
    }
}

fn asks_for(query: &Query, key: RibKey) -> bool {
    query.view.is_none_or(|view| view == key.view)
        && query.afi.is_none_or(|afi| afi == key.afi)
        && query.safi.is_none_or(|safi| safi == key.safi)
}

fn row(
    router: &Router,
    peer: &Peer,
    key: RibKey,
    wire: WireKey,
    route: &Route,
    inferred: bool,
    attributes: Arc<PathAttributes>,
) -> RouteRow {
    let parts = nlri::route(key.afi, key.safi, &wire.nlri);
    let bare = nlri::is_prefix_family(key.afi, key.safi);
    let (labels, vnis) = attributes.labels_of(&parts);
    RouteRow {
        router: match (router.row.sys_name.as_str(), router.row.address) {
            ("", Some(address)) => address.to_string(),
            (name, _) => name.to_string(),
        },
        router_id: router.row.router_id,
        view: key.view,
        peer: peer.row.address,
        peer_id: peer.row.peer_id,
        peer_type: peer.row.peer_type,
        peer_asn: peer.row.asn,
        peer_bgp_id: peer.row.bgp_id,
        distinguisher: peer.row.distinguisher,
        afi: key.afi,
        safi: key.safi,
        prefix: parts.prefix,
        rd: parts.rd,
        labels,
        vnis,
        nlri_text: (!bare).then(|| nlri::text(key.afi, key.safi, &wire.nlri)),
        nlri: wire.nlri,
        path_id: wire.path_id,
        attributes,
        position: Position { generation: router.generations.get(route.changed), sequence: route.sequence },
        changed_at_us: route.changed_at_us,
        add_path_inferred: inferred,
        stale: route.seen != router.current || router.ends_at.is_some(),
    }
}

fn summary(router: &Router, peer: &Peer) -> PeerSummary {
    let ribs = || peer.ribs.iter().map(|(key, rib): (&RibKey, &Rib)| (key, rib));
    PeerSummary {
        router_id: router.row.router_id,
        row: peer.row.clone(),
        routes: ribs().map(|(_, rib)| rib.routes.len()).sum(),
        last_change_us: ribs().map(|(_, rib)| rib.last_change_us).max().unwrap_or(0),
        ribs: ribs()
            .map(|(key, rib)| RibSummary {
                view: key.view,
                afi: key.afi,
                safi: key.safi,
                routes: rib.routes.len(),
                last_change_us: rib.last_change_us,
                filtered: rib.filtered,
                add_path_inferred: rib.add_path_inferred,
                verified: rib.verified.is_some_and(|verified| verified >= router.last.generation),
            })
            .collect(),
    }
}

/// Where a page ended.
struct Place {
    router: Id,
    peer: Id,
    rib: RibKey,
    key: WireKey,
}

impl Place {
    fn text(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&self.router);
        bytes.extend_from_slice(&self.peer);
        bytes.push(self.rib.view as u8);
        bytes.extend_from_slice(&self.rib.afi.to_be_bytes());
        bytes.push(self.rib.safi);
        bytes.push(u8::from(self.key.path_id.is_some()));
        bytes.extend_from_slice(&self.key.path_id.unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(&self.key.nlri);
        text::hex(&bytes)
    }

    fn parse(cursor: &str) -> Result<Self, QueryError> {
        let bytes = text::unhex(cursor).ok_or(QueryError::Cursor)?;
        Self::read(&bytes).ok_or(QueryError::Cursor)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (router, rest) = bytes.split_first_chunk()?;
        let (peer, rest) = rest.split_first_chunk()?;
        let (view, rest) = rest.split_first()?;
        let (afi, rest) = rest.split_first_chunk()?;
        let (safi, rest) = rest.split_first()?;
        let (has_path_id, rest) = rest.split_first()?;
        let (path_id, nlri) = rest.split_first_chunk()?;
        Some(Place {
            router: *router,
            peer: *peer,
            rib: RibKey {
                view: RibView::from_number(i32::from(*view))?,
                afi: u16::from_be_bytes(*afi),
                safi: *safi,
            },
            key: WireKey {
                nlri: Nlri::from_slice(nlri),
                path_id: (*has_path_id == 1).then(|| u32::from_be_bytes(*path_id)),
            },
        })
    }
}
