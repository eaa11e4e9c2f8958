//! What a batch changed: the rows a store writes and the changes a page shows.
//!
//! A store applies one [`Deltas`] in one transaction, so that the outcome is as if everything came in the
//! order of the positions: a route announced again after its peer went down and came up inside one
//! batch is not closed by the older end, and one announced before an end of the same batch is
//! ([`RouteDelta::ended`]). A row is only ever replaced by a newer one, so that applying the same deltas
//! twice changes nothing.

mod rows;

use serde::{Deserialize, Serialize};

pub use self::rows::*;
use crate::attributes::AttributeSet;
pub use crate::nlri::Nlri;
use crate::view::RibView;

/// 16 octets of a UUID.
pub type Id = [u8; 16];

/// Place of an event in all that a router ever said: generation of its session (a later session's is
/// larger), then sequence in the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    pub generation: u64,
    pub sequence: u64,
}

/// Everything that one batch, or one `expire`, changed.
#[derive(Debug, Default)]
pub struct Deltas {
    /// Every router that the rest speaks of.
    pub routers: Vec<RouterRow>,
    /// Every peer that the rest speaks of.
    pub peers: Vec<PeerRow>,
    /// Every RIB that `routes` speaks of, as it is after all of them.
    pub ribs: Vec<RibRow>,
    /// Attribute sets of `routes`, each once.
    pub attributes: Vec<AttributeSet>,
    /// What changed and withdrawn `routes` had before, each set once. No store writes it: it was told before.
    pub before: Vec<AttributeSet>,
    /// In the order of their positions.
    pub routes: Vec<RouteDelta>,
    /// Set-based endings, in the order of their positions.
    pub ends: Vec<End>,
    /// Sessions that were heard, or whose part changed. Written with what was applied of them, so that
    /// whoever loads them knows what comes next.
    pub sessions: Vec<SessionRow>,
    /// Sessions that have to begin anew, because something of theirs was missed.
    pub resets: Vec<Reset>,
    /// What happened to sessions and peers, in order.
    pub events: Vec<PeerEvent>,
    pub statistics: Vec<Statistic>,
    pub dead_letters: Vec<DeadLetter>,
    /// Counted, not kept.
    pub counts: Counts,
    /// `expire` stopped at its limit: call it again.
    pub more: bool,
}

impl Deltas {
    pub fn router(&self, index: u32) -> Option<&RouterRow> {
        self.routers.get(usize::try_from(index).ok()?)
    }

    pub fn peer(&self, index: u32) -> Option<&PeerRow> {
        self.peers.get(usize::try_from(index).ok()?)
    }

    pub fn rib(&self, index: u32) -> Option<&RibRow> {
        self.ribs.get(usize::try_from(index).ok()?)
    }

    /// The peer whose RIB it is.
    pub fn peer_of(&self, rib: &RibRow) -> Option<&PeerRow> {
        self.peer(rib.peer)
    }

    /// Prefix, route distinguisher and labels of a route, of every family that has them.
    pub fn route_of(&self, route: &RouteDelta) -> wire::bgp::nlri::Route {
        self.rib(route.rib).map(|rib| crate::nlri::route(rib.afi, rib.safi, &route.nlri)).unwrap_or_default()
    }

    /// The attributes of a route delta: of an announcement or change the new ones, of a
    /// withdrawal none.
    pub fn attributes_of(&self, route: &RouteDelta) -> Option<&AttributeSet> {
        self.attributes.get(usize::try_from(route.attributes?).ok()?)
    }

    /// The attributes that a changed or withdrawn route had until now.
    pub fn before_of(&self, route: &RouteDelta) -> Option<&AttributeSet> {
        self.before.get(usize::try_from(route.before?).ok()?)
    }

    /// Nothing for a store to write.
    pub fn is_empty(&self) -> bool {
        self.is_quiet() && self.sessions.is_empty() && self.resets.is_empty()
    }

    /// Nothing changed but how far sessions were heard.
    pub fn is_quiet(&self) -> bool {
        self.routes.is_empty()
            && self.ends.is_empty()
            && self.events.is_empty()
            && self.statistics.is_empty()
            && self.dead_letters.is_empty()
            && !self.ribs.iter().any(|rib| rib.changed)
            && !self.routers.iter().any(|router| router.changed)
            && !self.peers.iter().any(|peer| peer.changed)
    }
}

/// What went by without a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events of the batch.
    pub events: u64,
    /// Routes announced or withdrawn by the batch.
    pub routes: u64,
    /// Announced again with the same attributes.
    pub unchanged: u64,
    /// Events that were applied before: redelivered.
    pub older: u64,
    /// Events of a session that does not feed its router's table.
    pub superseded: u64,
    /// Times that something of a session never came.
    pub gaps: u64,
    /// Mirrored messages, counters of an unknown length and data of unknown Peer Down reasons: they are in the
    /// stream for those who want them, and in no row.
    pub mirrored: u64,
    pub raw_statistics: u64,
    pub unread_peer_downs: u64,
    /// RIBs whose path identifiers came to be inferred, and those of which that was taken back.
    pub add_path_inferred: u64,
    pub add_path_taken_back: u64,
    /// Groups of NLRI of families that cannot be split into routes.
    pub unsplit: u64,
    /// Withdrawn without having been known.
    pub unknown_withdrawals: u64,
    /// Announcements not applied because the limit of routes is reached, events because that of peers is.
    pub over_limit: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteChange {
    Announce,
    /// Other attributes or another next hop on a route that was there.
    Change,
    Withdraw,
}

impl RouteChange {
    pub fn as_str(self) -> &'static str {
        match self {
            RouteChange::Announce => "announce",
            RouteChange::Change => "change",
            RouteChange::Withdraw => "withdraw",
        }
    }
}

/// One route that changed: a row of `bgp_routing_history`, and the newest of a key the row of
/// `bgp_routing_state`.
#[derive(Clone, Debug)]
pub struct RouteDelta {
    pub change: RouteChange,
    /// Index in [`Deltas::ribs`].
    pub rib: u32,
    pub nlri: Nlri,
    pub path_id: Option<u32>,
    /// Index in [`Deltas::attributes`]; none for withdrawals.
    pub attributes: Option<u32>,
    /// Index in [`Deltas::before`]: what the route had until now. None for announcements, and for withdrawals of what the
    /// table did not know.
    pub before: Option<u32>,
    pub position: Position,
    /// Router's own clock, 0 where it gave none.
    pub router_time_us: i64,
    pub received_at_us: i64,
    /// Not said by the router but concluded: not announced again after a session came back.
    pub synthetic: bool,
    /// A withdrawal of what the table did not know; a store may still hold it.
    pub unknown: bool,
    /// An end later in the same deltas closes it: there is no state row.
    pub ended: bool,
    /// It changed while nobody listened, and was found when the router told its routes again.
    pub after_gap: bool,
}

/// Routes that end together: one statement for the store.
#[derive(Clone, Debug)]
pub struct End {
    pub scope: EndScope,
    pub kind: EndKind,
    /// Ends what is older than this.
    pub position: Position,
    pub router_time_us: i64,
    pub received_at_us: i64,
    pub synthetic: bool,
    /// How many routes the table dropped for it.
    pub routes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndScope {
    /// Index in [`Deltas::peers`]: this peer, all views.
    Peer(u32),
    /// Index in [`Deltas::routers`]: all peers of this router.
    Router(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// State rows become inactive.
    Ended,
    /// The session is gone: peers become `stale`, their routes stay as last seen until they are
    /// confirmed, swept, or ended after the hold time.
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    SessionStart,
    SessionEnd,
    Termination,
    PeerUp,
    PeerDown,
    EndOfRib,
    /// Routes that were not announced again after their router came back were withdrawn.
    Swept,
    /// The router, or the peer, did not come back within the hold time: its routes ended.
    Expired,
    /// Something of the router was never heard: nobody listened, or what was said got lost.
    Gap,
    /// Two sessions of one router live at a time.
    Conflict,
}

impl EventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::SessionStart => "session_start",
            EventKind::SessionEnd => "session_end",
            EventKind::Termination => "termination",
            EventKind::PeerUp => "peer_up",
            EventKind::PeerDown => "peer_down",
            EventKind::EndOfRib => "end_of_rib",
            EventKind::Swept => "swept",
            EventKind::Expired => "expired",
            EventKind::Gap => "gap",
            EventKind::Conflict => "conflict",
        }
    }
}

/// A row of `bgp_peer_events`. Unique by (router, position, kind, peer, view, family).
#[derive(Clone, Debug)]
pub struct PeerEvent {
    pub kind: EventKind,
    /// Index in [`Deltas::routers`].
    pub router: u32,
    /// Index in [`Deltas::peers`]; none for events of the whole session.
    pub peer: Option<u32>,
    pub view: Option<RibView>,
    pub afi: Option<u16>,
    pub safi: Option<u8>,
    pub position: Position,
    pub router_time_us: i64,
    pub received_at_us: i64,
    /// Code of Peer Down or Termination as the RFC numbers it.
    pub reason_code: Option<u16>,
    pub reason: Option<String>,
    /// Error code and subcode of the NOTIFICATION.
    pub notification_code: Option<u8>,
    pub notification_subcode: Option<u8>,
    /// What follows code and subcode in the NOTIFICATION; empty where there is none.
    pub notification_data: Vec<u8>,
    pub fsm_event: Option<u16>,
    /// Routes that this event ended.
    pub routes: Option<u64>,
    /// Of a gap: since when nothing was heard.
    pub since_us: Option<i64>,
    pub synthetic: bool,
}

/// A row of `bgp_stats`.
#[derive(Clone, Debug)]
pub struct Statistic {
    /// Index in [`Deltas::peers`].
    pub peer: u32,
    pub stat_type: u16,
    pub afi: Option<u16>,
    pub safi: Option<u8>,
    pub value: u64,
    pub position: Position,
    pub router_time_us: i64,
    pub received_at_us: i64,
}

/// What could not be decoded, kept raw with its reason.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Index in [`Deltas::routers`].
    pub router: u32,
    /// Index in [`Deltas::peers`].
    pub peer: Option<u32>,
    pub position: Position,
    pub received_at_us: i64,
    /// Octets since the session's start; none for a fault that RFC 7606 treats.
    pub offset: Option<u64>,
    pub path: String,
    pub reason: String,
    /// What was done about it: `kept_raw`, `kept` (it stands in the route as it came), or RFC 7606's `attribute_discard`,
    /// `treat_as_withdraw`, `afi_safi_disable`, `session_reset`.
    pub treatment: &'static str,
    pub suspect: bool,
    pub raw: Vec<u8>,
}
