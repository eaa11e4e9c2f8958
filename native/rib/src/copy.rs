//! What one transaction writes, in the form that PostgreSQL reads fastest: rows of its binary COPY, written at once,
//! without a driver in between.
//!
//! A [`Commit`] says what the deltas of consecutive batches come to, as rows of a few kinds. The columns of a kind are those
//! of the table that it is copied to (`priv/sql/store/copy`), in their order; the integration tests hold the two
//! together.

mod place;
mod routes;
mod rows;
mod stream;

use std::collections::HashMap;
use std::ops::{Deref, Range};

use self::place::{at, Place};
use self::routes::Routes;
use self::stream::Stream;
pub use self::stream::{HEADER, TRAILER};
use crate::deltas::{Deltas, End, EndScope, Id, Position};

/// What rows are of: the name of the file in `priv/sql/store/copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Routers,
    Sessions,
    Peers,
    Ends,
    Ribs,
    AttributeSets,
    /// Routes that are not there any more.
    RoutesGone,
    /// Routes that were there, as they are now.
    RoutesChanged,
    /// Routes that were not there.
    RoutesNew,
    History,
    Events,
    Statistics,
    DeadLetters,
}

impl Kind {
    /// In the order in which a commit writes them.
    pub const ALL: [Kind; 13] = [
        Kind::Routers,
        Kind::Sessions,
        Kind::Peers,
        Kind::Ends,
        Kind::Ribs,
        Kind::AttributeSets,
        Kind::RoutesGone,
        Kind::RoutesChanged,
        Kind::RoutesNew,
        Kind::History,
        Kind::Events,
        Kind::Statistics,
        Kind::DeadLetters,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Routers => "routers",
            Kind::Sessions => "sessions",
            Kind::Peers => "peers",
            Kind::Ends => "ends",
            Kind::Ribs => "ribs",
            Kind::AttributeSets => "attribute_sets",
            Kind::RoutesGone => "routes_gone",
            Kind::RoutesChanged => "routes_changed",
            Kind::RoutesNew => "routes_new",
            Kind::History => "history",
            Kind::Events => "events",
            Kind::Statistics => "statistics",
            Kind::DeadLetters => "dead_letters",
        }
    }

    /// The kind of [`Kind::as_str`]'s name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What the deltas of consecutive batches come to. A table tells a change against what it has told before, and deltas are
/// committed in their order, so what a route's first change in the commit says tells whether the store has the route.
#[derive(Debug)]
pub struct Commit<D> {
    deltas: Vec<D>,
    routers: Vec<Place>,
    sessions: Vec<Place>,
    peers: Vec<Place>,
    ends: Vec<Place>,
    ribs: Vec<Place>,
    attribute_sets: Vec<Place>,
    routes_gone: Vec<Place>,
    routes_changed: Vec<Place>,
    routes_new: Vec<Place>,
    history: Vec<Place>,
    events: Vec<Place>,
    statistics: Vec<Place>,
    dead_letters: Vec<Place>,
    /// Tells the dead letters of one event apart, in the order of `dead_letters`.
    ordinals: Vec<i32>,
}

/// What a refused row was about, for its dead letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrigin {
    pub router_id: Option<Id>,
    pub peer_id: Option<Id>,
    pub rib_id: Option<i64>,
    pub nlri: Option<Vec<u8>>,
    pub path_id: Option<u32>,
    pub generation: u64,
    pub sequence: u64,
}

impl<D: Deref<Target = Deltas>> Commit<D> {
    pub fn new(deltas: Vec<D>) -> Self {
        let routes = Routes::of(&deltas);
        let dead_letters = all(&deltas, |deltas| deltas.dead_letters.len());
        Commit {
            routers: latest(&deltas, |deltas| deltas.routers.iter().map(|row| Some(row.router_id))),
            sessions: latest(&deltas, |deltas| deltas.sessions.iter().map(|row| Some(row.session_id))),
            peers: latest(&deltas, |deltas| deltas.peers.iter().map(|row| Some(row.peer_id))),
            ends: all(&deltas, |deltas| deltas.ends.len()),
            ribs: latest(&deltas, |deltas| deltas.ribs.iter().map(|row| row.changed.then_some(row.rib_id))),
            attribute_sets: latest(&deltas, |deltas| {
                deltas.attributes.iter().map(|set| (!set.is_stored()).then(|| set.hash()))
            }),
            routes_gone: routes.gone,
            routes_changed: routes.changed,
            routes_new: routes.new,
            history: routes.history,
            events: all(&deltas, |deltas| deltas.events.len()),
            statistics: all(&deltas, |deltas| deltas.statistics.len()),
            ordinals: ordinals(&deltas, &dead_letters),
            dead_letters,
            deltas,
        }
    }

    fn places(&self, kind: Kind) -> &[Place] {
        match kind {
            Kind::Routers => &self.routers,
            Kind::Sessions => &self.sessions,
            Kind::Peers => &self.peers,
            Kind::Ends => &self.ends,
            Kind::Ribs => &self.ribs,
            Kind::AttributeSets => &self.attribute_sets,
            Kind::RoutesGone => &self.routes_gone,
            Kind::RoutesChanged => &self.routes_changed,
            Kind::RoutesNew => &self.routes_new,
            Kind::History => &self.history,
            Kind::Events => &self.events,
            Kind::Statistics => &self.statistics,
            Kind::DeadLetters => &self.dead_letters,
        }
    }

    /// How many rows of a kind there are.
    pub fn rows(&self, kind: Kind) -> usize {
        self.places(kind).len()
    }

    /// Some rows of a kind, to be put between [`HEADER`] and [`TRAILER`].
    pub fn copy(&self, kind: Kind, rows: Range<usize>) -> Vec<u8> {
        let mut out = Stream(Vec::with_capacity(rows.len().saturating_mul(96)));
        for row in rows {
            self.row(&mut out, kind, row);
        }
        out.0
    }

    /// A row; of what points at nothing, which no table makes, none.
    fn row(&self, out: &mut Stream, kind: Kind, row: usize) -> Option<()> {
        let place = self.places(kind).get(row)?;
        let deltas: &Deltas = at(&self.deltas, place.deltas)?;
        let index = place.index;
        match kind {
            Kind::Routers => rows::router(out, deltas.router(index)?),
            Kind::Sessions => rows::session(out, deltas, at(&deltas.sessions, index)?),
            Kind::Peers => rows::peer(out, deltas, deltas.peer(index)?),
            Kind::Ends => rows::end(out, deltas, at(&deltas.ends, index)?),
            Kind::Ribs => rows::rib(out, deltas.rib(index)?, &deltas.peer_of(deltas.rib(index)?)?.peer_id),
            Kind::AttributeSets => rows::attribute_set(out, at(&deltas.attributes, index)?),
            Kind::RoutesGone => {
                let route = at(&deltas.routes, index)?;
                out.row(3);
                rows::route_key(out, deltas.rib(route.rib)?, route);
            }
            Kind::RoutesChanged | Kind::RoutesNew => {
                let route = at(&deltas.routes, index)?;
                rows::state(out, deltas.rib(route.rib)?, route, deltas.attributes_of(route)?);
            }
            Kind::History => {
                let route = at(&deltas.routes, index)?;
                rows::history(out, deltas.rib(route.rib)?, route, deltas.attributes_of(route));
            }
            Kind::Events => rows::event(out, deltas, at(&deltas.events, index)?),
            Kind::Statistics => rows::statistic(out, deltas, at(&deltas.statistics, index)?),
            Kind::DeadLetters => {
                let row_of = at(&deltas.dead_letters, index)?;
                rows::dead_letter(
                    out,
                    deltas,
                    row_of,
                    deltas.router_id(row_of.router)?,
                    *self.ordinals.get(row)?,
                );
            }
        }
        Some(())
    }

    /// What a row is about.
    pub fn origin(&self, kind: Kind, row: usize) -> RowOrigin {
        self.find_origin(kind, row).unwrap_or_default()
    }

    fn find_origin(&self, kind: Kind, row: usize) -> Option<RowOrigin> {
        let place = self.places(kind).get(row)?;
        let deltas: &Deltas = at(&self.deltas, place.deltas)?;
        let index = place.index;
        let origin = |router: Option<u32>, peer: Option<u32>, position: Position| {
            let peer = peer.and_then(|peer| deltas.peer(peer));
            let router = peer.map(|peer| peer.router).or(router);
            RowOrigin {
                router_id: router.and_then(|router| deltas.router_id(router)).copied(),
                peer_id: peer.map(|peer| peer.peer_id),
                generation: position.generation,
                sequence: position.sequence,
                ..RowOrigin::default()
            }
        };
        Some(match kind {
            Kind::Routers => origin(Some(index), None, deltas.router(index)?.position),
            Kind::Sessions => {
                let session = at(&deltas.sessions, index)?;
                let position = Position { generation: session.generation, sequence: session.sequence };
                origin(Some(session.router), None, position)
            }
            Kind::Peers => origin(None, Some(index), deltas.peer(index)?.position),
            Kind::Ends => match at(&deltas.ends, index)? {
                End { scope: EndScope::Peer(peer), position, .. } => origin(None, Some(*peer), *position),
                End { scope: EndScope::Router(router), position, .. } => {
                    origin(Some(*router), None, *position)
                }
            },
            Kind::Ribs => {
                let rib = deltas.rib(index)?;
                RowOrigin { rib_id: Some(rib.rib_id), ..origin(None, Some(rib.peer), Position::default()) }
            }
            Kind::AttributeSets => RowOrigin::default(),
            Kind::RoutesGone | Kind::RoutesChanged | Kind::RoutesNew | Kind::History => {
                let route = at(&deltas.routes, index)?;
                let rib = deltas.rib(route.rib)?;
                RowOrigin {
                    rib_id: Some(rib.rib_id),
                    nlri: Some(route.nlri.to_vec()),
                    path_id: route.path_id,
                    ..origin(None, Some(rib.peer), route.position)
                }
            }
            Kind::Events => {
                let event = at(&deltas.events, index)?;
                origin(Some(event.router), event.peer, event.position)
            }
            Kind::Statistics => {
                let statistic = at(&deltas.statistics, index)?;
                origin(None, Some(statistic.peer), statistic.position)
            }
            Kind::DeadLetters => {
                let letter = at(&deltas.dead_letters, index)?;
                origin(Some(letter.router), letter.peer, letter.position)
            }
        })
    }
}

/// Every row, of which `count` says how many deltas have.
fn all<D: Deref<Target = Deltas>>(commit: &[D], count: impl Fn(&Deltas) -> usize) -> Vec<Place> {
    let each = (0_u32..).zip(commit);
    each.flat_map(|(deltas, of)| (0_u32..).take(count(of)).map(move |index| Place { deltas, index }))
        .collect()
}

/// The last row of each id; those without one are left out.
fn latest<'a, D, I, K>(commit: &'a [D], ids: impl Fn(&'a Deltas) -> I) -> Vec<Place>
where
    D: Deref<Target = Deltas>,
    I: Iterator<Item = Option<K>>,
    K: std::hash::Hash + Eq,
{
    let mut order = Vec::new();
    let mut last = HashMap::new();
    for (deltas, of) in (0_u32..).zip(commit) {
        for (index, id) in (0_u32..).zip(ids(of)) {
            let Some(id) = id else { continue };
            let place = *last.entry(id).or_insert_with(|| {
                order.push(Place { deltas, index });
                order.len() - 1
            });
            if let Some(place) = order.get_mut(place) {
                *place = Place { deltas, index };
            }
        }
    }
    order
}

fn ordinals<D: Deref<Target = Deltas>>(commit: &[D], letters: &[Place]) -> Vec<i32> {
    let (mut before, mut ordinal) = (None, 0);
    let next = |place: &Place| {
        let letter = at(commit, place.deltas).and_then(|deltas| {
            let letter = at(&deltas.dead_letters, place.index)?;
            Some((*deltas.router_id(letter.router)?, letter.position))
        });
        ordinal = if before == letter { ordinal + 1 } else { 0 };
        before = letter;
        ordinal
    };
    letters.iter().map(next).collect()
}
