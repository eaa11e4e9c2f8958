//! What the table holds of a router: its sessions, its peers, and the routes of each peer's views.

use std::collections::{BTreeMap, VecDeque};

use crate::deltas::{Id, PeerRow, Position, RouterRow, RouterState, SessionRow, SessionState};
use crate::nlri::Nlri;
use crate::routes::{Route, Routes};
use crate::view::RibView;

pub(crate) struct Router {
    pub row: RouterRow,
    /// Of the newest session that it ever had.
    pub generation: u64,
    pub sessions: BTreeMap<Id, Session>,
    /// The session whose events are applied; what comes of others is left out.
    pub feeding: Option<Id>,
    /// Newest position applied.
    pub last: Position,
    pub generations: Generations,
    /// Index of the feeding session in `generations`.
    pub current: u32,
    /// When routes last seen in sessions up to a generation are swept for want of End-of-RIB, on the table's clock.
    pub sweeps: VecDeque<(u64, i64)>,
    /// When the routes of a router that is gone end, on the table's clock.
    pub ends_at: Option<i64>,
    pub peers: BTreeMap<Id, Peer>,
    /// It comes from a store, and nothing was applied since.
    pub loaded: bool,
    /// When that was, on the table's clock.
    pub loaded_at: i64,
}

impl Router {
    pub fn new(id: Id) -> Self {
        Router {
            row: RouterRow {
                router_id: id,
                position: Position::default(),
                address: None,
                port: 0,
                sys_name: String::new(),
                sys_descr: String::new(),
                collector: String::new(),
                state: RouterState::Disconnected,
                session_started_us: 0,
                session_ended_us: None,
                end_reason: None,
                changed: false,
            },
            generation: 0,
            sessions: BTreeMap::new(),
            feeding: None,
            last: Position::default(),
            generations: Generations::default(),
            current: 0,
            sweeps: VecDeque::new(),
            ends_at: None,
            peers: BTreeMap::new(),
            loaded: false,
            loaded_at: 0,
        }
    }

    /// The session that feeds the table.
    pub fn feeding(&mut self) -> Option<&mut Session> {
        self.sessions.get_mut(&self.feeding?)
    }

    /// The newest that is known of a router whose session is not: its row is older than sessions are stored.
    pub fn unknown_session(&self) -> SessionRow {
        SessionRow {
            session_id: Id::default(),
            router: 0,
            generation: self.last.generation,
            sequence: self.last.sequence,
            collector: self.row.collector.clone(),
            address: self.row.address,
            port: self.row.port,
            state: SessionState::Ended,
            started_us: self.row.session_started_us,
            heard_us: self.row.session_started_us,
            ended_us: None,
            end_reason: None,
            changed: false,
        }
    }
}

/// One TCP connection of a router.
pub(crate) struct Session {
    pub row: SessionRow,
    /// It was heard since the table looked last.
    pub heard: bool,
    /// When the table last saw that it had been heard, on the table's clock.
    pub heard_at: i64,
    /// Everything that it said was applied, so that what it did not say again is gone.
    pub whole: bool,
    /// Why it has to begin anew, and when its collector was last asked for that.
    pub reset: Option<(String, i64)>,
    /// Since when another one feeds the table in its place.
    pub superseded_at: i64,
}

impl Session {
    pub fn alive(&self) -> bool {
        self.row.state != SessionState::Ended
    }
}

pub(crate) struct Peer {
    pub row: PeerRow,
    /// Session in which `row.state` was last heard from the router.
    pub seen: u32,
    pub ribs: BTreeMap<RibKey, Rib>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RibKey {
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
}

pub(crate) struct Rib {
    pub routes: Routes,
    /// How many of them were said in the session that feeds the table: where that is all, none is stale.
    pub said: usize,
    pub last_change_us: i64,
    /// RFC 9069, F flag.
    pub filtered: bool,
    /// Whether NLRI have path identifiers was not negotiated but seen.
    pub add_path_inferred: bool,
    /// The newest generation in which routes were read in the wrong way and could not all be read again, so that some are
    /// missing.
    pub incomplete: Option<u64>,
    /// The newest generation in which everything that it holds is known to be the router's own.
    pub verified: Option<u64>,
    /// The newest generation in which its End-of-RIB was seen.
    pub end_of_rib: Option<u64>,
    /// What a sweep that is not done yet has withdrawn.
    pub sweeping: u64,
}

impl Rib {
    /// An empty one that begins in a generation: all that comes into it is said in that one.
    pub fn new(key: RibKey, generation: u64) -> Self {
        Rib {
            routes: Routes::new(key.afi, key.safi),
            said: 0,
            last_change_us: 0,
            filtered: false,
            add_path_inferred: false,
            incomplete: None,
            verified: Some(generation),
            end_of_rib: None,
            sweeping: 0,
        }
    }

    /// Routes that were last said in another session than the one that feeds the table.
    pub fn unsaid(&self) -> usize {
        self.routes.len().saturating_sub(self.said)
    }

    /// Takes a route out; `current` is the index of the session that feeds the table.
    pub fn remove(
        &mut self,
        nlri: &[u8],
        path_id: Option<u32>,
        current: u32,
    ) -> Option<(Route, Option<Nlri>)> {
        let gone = self.routes.remove(nlri, path_id)?;
        self.said -= usize::from(gone.0.seen == current);
        Some(gone)
    }
}

/// Session generations by a small index, so that a route needs four octets for one.
#[derive(Default)]
pub(crate) struct Generations(Vec<u64>);

impl Generations {
    pub fn index(&mut self, generation: u64) -> u32 {
        let place = self.0.iter().rposition(|known| *known == generation).unwrap_or_else(|| {
            self.0.push(generation);
            self.0.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    pub fn get(&self, index: u32) -> u64 {
        usize::try_from(index).ok().and_then(|index| self.0.get(index)).copied().unwrap_or(0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
