//! Peers and routers in the order of one of their columns, a page at a time.

use std::net::IpAddr;

use serde::de::value::{Error, StrDeserializer};
use serde::Deserialize;

use super::summaries::{peer_summary, router_summary, PeerSummary, RouterSummary};
use crate::deltas::{Id, PeerRow, PeerState, RouterState};
use crate::router::{Peer, Router};
use crate::table::RoutingTable;
use crate::view::RibView;

/// What the rows are ordered by: of peers all but `Address` and `Peers`, of routers all but `Peer` and `As`. Which way
/// each is ordered when it is chosen, and which is the first, is said in `ServiceRadar.BMP.Order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Router,
    Peer,
    As,
    State,
    Address,
    Since,
    Peers,
    Routes,
    Change,
}

impl Column {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<Error>::new(name)).ok()
    }
}

/// A part of what a row is ordered by. Of one column the same parts follow one another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    None,
    Number(i64),
    Address(IpAddr),
    Text(String),
    Id(Id),
}

/// What a row is ordered by, in its column, and at last its id: no two rows have the same.
pub type Key = Vec<Part>;

/// Which rows of the list. Of routers only `router` is a filter.
#[derive(Clone, Debug)]
pub struct List {
    pub router: Option<Id>,
    /// None: any.
    pub states: Vec<PeerState>,
    pub address: Option<IpAddr>,
    /// In small letters; all of them are somewhere in a peer's address, AS number, router's name or table's name.
    pub words: Vec<String>,
    pub column: Column,
    /// The highest first.
    pub down: bool,
    /// The last row of the page before.
    pub after: Option<Key>,
    pub limit: usize,
}

/// A table of a peer that holds routes, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub router_id: Id,
    pub peer_id: Id,
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    pub routes: usize,
}

/// How much there is of what is counted in headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub routers: usize,
    pub routers_connected: usize,
    /// Peers, without what routers originate themselves.
    pub sessions: usize,
    pub sessions_up: usize,
    /// Down, or stale.
    pub sessions_troubled: usize,
    /// Routes of each AFI and SAFI.
    pub families: Vec<(u16, u8, usize)>,
}

impl RoutingTable {
    /// The first peers after the key, in any order.
    pub fn list_peers(&self, list: &List) -> Vec<PeerSummary> {
        let keyed =
            self.wanted(list).map(|(router, peer)| (peer_key(list.column, router, peer), (router, peer)));
        first(list, keyed).into_iter().map(|(router, peer)| peer_summary(router, peer)).collect()
    }

    /// The first routers after the key, in any order.
    pub fn list_routers(&self, list: &List) -> Vec<RouterSummary> {
        let wanted =
            self.routers.values().filter(|held| list.router.is_none_or(|id| id == held.row.router_id));
        let keyed = wanted.map(|router| (router_key(list.column, router), router));
        first(list, keyed).into_iter().map(router_summary).collect()
    }

    /// How many peers the list has on all of its pages.
    pub fn count_peers(&self, list: &List) -> usize {
        self.wanted(list).count()
    }

    /// The peers that have these ids.
    pub fn some_peers(&self, ids: &[Id]) -> Vec<PeerSummary> {
        let of =
            |id| self.routers.values().find_map(|router| Some(peer_summary(router, router.peers.get(id)?)));
        ids.iter().filter_map(of).collect()
    }

    /// How many routes each table holds that has any.
    pub fn held(&self) -> Vec<Held> {
        let peers =
            self.routers.values().flat_map(|router| router.peers.values().map(move |peer| (router, peer)));
        let tables =
            peers.flat_map(|(router, peer)| peer.ribs.iter().map(move |(key, rib)| (router, peer, key, rib)));
        tables
            .filter(|(.., rib)| rib.routes.len() > 0)
            .map(|(router, peer, key, rib)| Held {
                router_id: router.row.router_id,
                peer_id: peer.row.peer_id,
                view: key.view,
                afi: key.afi,
                safi: key.safi,
                routes: rib.routes.len(),
            })
            .collect()
    }

    /// Of a router, or of all.
    pub fn totals(&self, router: Option<&Id>) -> Totals {
        let mut totals = Totals::default();
        for held in self.routers.values().filter(|held| router.is_none_or(|id| *id == held.row.router_id)) {
            totals.routers += 1;
            totals.routers_connected += usize::from(held.row.state == RouterState::Connected);
            for peer in held.peers.values() {
                if !peer.row.is_own() {
                    totals.sessions += 1;
                    totals.sessions_up += usize::from(peer.row.state == PeerState::Up);
                    totals.sessions_troubled +=
                        usize::from(matches!(peer.row.state, PeerState::Down | PeerState::Stale));
                }
                for (key, rib) in &peer.ribs {
                    match totals
                        .families
                        .iter_mut()
                        .find(|(afi, safi, _)| (*afi, *safi) == (key.afi, key.safi))
                    {
                        Some((_, _, routes)) => *routes += rib.routes.len(),
                        None => totals.families.push((key.afi, key.safi, rib.routes.len())),
                    }
                }
            }
        }
        totals
    }

    fn wanted<'a>(&'a self, list: &'a List) -> impl Iterator<Item = (&'a Router, &'a Peer)> {
        self.routers
            .values()
            .filter(|held| list.router.is_none_or(|id| id == held.row.router_id))
            .flat_map(|router| router.peers.values().map(move |peer| (router, peer)))
            .filter(|(_, peer)| list.address.is_none_or(|address| address == peer.row.address))
            .filter(|(_, peer)| list.states.is_empty() || list.states.contains(&peer.row.state))
            .filter(|(router, peer)| list.words.is_empty() || said(router, peer, &list.words))
    }
}

fn said(router: &Router, peer: &Peer, words: &[String]) -> bool {
    let PeerRow { address, asn, table_name, .. } = &peer.row;
    let table = table_name.as_deref().unwrap_or_default();
    let text = format!("{address} as{asn} {} {table}", router.row.name()).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn first<T>(list: &List, rows: impl Iterator<Item = (Key, T)>) -> Vec<T> {
    let follows = |key: &Key| match &list.after {
        None => true,
        Some(last) if list.down => key < last,
        Some(last) => key > last,
    };
    let mut rows: Vec<(Key, T)> = rows.filter(|(key, _)| follows(key)).collect();
    if rows.len() > list.limit {
        rows.select_nth_unstable_by(
            list.limit,
            |(one, _), (other, _)| {
                if list.down {
                    other.cmp(one)
                } else {
                    one.cmp(other)
                }
            },
        );
        rows.truncate(list.limit);
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

fn number(value: impl TryInto<i64>) -> Part {
    Part::Number(value.try_into().unwrap_or(i64::MAX))
}

fn peer_key(column: Column, router: &Router, peer: &Peer) -> Key {
    let row = &peer.row;
    let kind = || number(row.peer_type);
    let mut key = match column {
        Column::Peer => vec![Part::Address(row.address), kind()],
        Column::As => vec![number(row.asn)],
        // What is wrong comes first.
        Column::State => vec![number(match row.state {
            PeerState::Down => 0,
            PeerState::Stale => 1,
            PeerState::Unknown => 2,
            PeerState::Up => 3,
        })],
        Column::Since => vec![number(row.state_since_us)],
        Column::Routes => vec![number(peer.ribs.values().map(|rib| rib.routes.len()).sum::<usize>())],
        Column::Change => vec![number(peer.ribs.values().map(|rib| rib.last_change_us).max().unwrap_or(0))],
        Column::Router | Column::Address | Column::Peers => {
            let router = &router.row;
            vec![Part::Text(router.name()), Part::Id(router.router_id), kind(), Part::Address(row.address)]
        }
    };
    key.push(Part::Id(row.peer_id));
    key
}

fn router_key(column: Column, router: &Router) -> Key {
    let row = &router.row;
    let ribs = || router.peers.values().flat_map(|peer| peer.ribs.values());
    let mut key = match column {
        Column::State => {
            vec![number(u8::from(row.state == RouterState::Connected)), Part::Text(row.name())]
        }
        Column::Address => vec![row.address.map_or(Part::None, Part::Address)],
        Column::Since => vec![number(row.session_started_us)],
        Column::Peers => {
            vec![number(router.peers.values().filter(|peer| peer.row.state == PeerState::Up).count())]
        }
        Column::Routes => vec![number(ribs().map(|rib| rib.routes.len()).sum::<usize>())],
        Column::Change => vec![number(ribs().map(|rib| rib.last_change_us).max().unwrap_or(0))],
        Column::Router | Column::Peer | Column::As => vec![Part::Text(row.name())],
    };
    key.push(Part::Id(row.router_id));
    key
}
