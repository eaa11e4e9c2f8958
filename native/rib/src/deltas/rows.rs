//! What a store keeps a row of: routers, their sessions, peers and RIBs.

use std::net::{IpAddr, Ipv4Addr};

use serde::Serialize;
use sha2::{Digest, Sha256};
use wire::registry::bmp::peer_type;

use super::{Id, Position};
use crate::view::RibView;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RouterState {
    Connected,
    Disconnected,
}

impl RouterState {
    pub fn as_str(self) -> &'static str {
        match self {
            RouterState::Connected => "connected",
            RouterState::Disconnected => "disconnected",
        }
    }
}

/// A row of `bgp_routers`.
#[derive(Clone, Debug, Serialize)]
pub struct RouterRow {
    #[serde(with = "crate::text::uuid")]
    pub router_id: Id,
    #[serde(flatten)]
    pub position: Position,
    pub address: Option<IpAddr>,
    pub port: u16,
    pub sys_name: String,
    pub sys_descr: String,
    /// Who receives its sessions.
    pub collector: String,
    pub state: RouterState,
    /// When the session of `position.generation` was accepted, and when it ended.
    pub session_started_us: i64,
    pub session_ended_us: Option<i64>,
    pub end_reason: Option<String>,
    /// The row differs from what was told last; else it is here only because others point at it.
    #[serde(skip)]
    pub changed: bool,
}

impl RouterRow {
    /// sysName, or the address of a router that gave none.
    pub fn name(&self) -> String {
        match (self.sys_name.as_str(), self.address) {
            ("", Some(address)) => address.to_string(),
            (name, _) => name.to_string(),
        }
    }
}

/// What a session is to its router's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Its events are applied.
    Feeding,
    /// It lives beside the one that feeds, and may take its place when that one ends.
    Standby,
    /// A later one took its place.
    Superseded,
    Ended,
}

impl SessionState {
    pub const ALL: [SessionState; 4] =
        [SessionState::Feeding, SessionState::Standby, SessionState::Superseded, SessionState::Ended];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            SessionState::Feeding => "feeding",
            SessionState::Standby => "standby",
            SessionState::Superseded => "superseded",
            SessionState::Ended => "ended",
        }
    }
}

/// A row of `bgp_sessions`: one TCP connection of a router.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub session_id: Id,
    /// Index in [`Deltas::routers`].
    pub router: u32,
    pub generation: u64,
    /// Last one applied; the next is one more.
    pub sequence: u64,
    pub collector: String,
    pub address: Option<IpAddr>,
    pub port: u16,
    pub state: SessionState,
    pub started_us: i64,
    pub heard_us: i64,
    pub ended_us: Option<i64>,
    pub end_reason: Option<String>,
    /// See [`RouterRow::changed`].
    pub changed: bool,
}

impl SessionRow {
    /// Where it comes from, in words; `list/routers.sql` says the same.
    pub(crate) fn origin(&self) -> String {
        let address = self.address.map_or_else(|| "an unknown address".into(), |address| address.to_string());
        format!("{address} port {} (collector {})", self.port, self.collector)
    }
}

/// A session that its collector is asked to close, so that the router connects again and sends everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    pub session_id: Id,
    pub collector: String,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerState {
    Up,
    Down,
    /// Its router's session ended: what is held of it is the last that was seen.
    Stale,
    /// Routes came without a Peer Up, as some routers do for Loc-RIB and local routes.
    Unknown,
}

impl PeerState {
    pub fn as_str(self) -> &'static str {
        match self {
            PeerState::Up => "up",
            PeerState::Down => "down",
            PeerState::Stale => "stale",
            PeerState::Unknown => "unknown",
        }
    }
}

/// A row of `bgp_peers`.
#[derive(Clone, Debug, Serialize)]
pub struct PeerRow {
    #[serde(with = "crate::text::uuid")]
    pub peer_id: Id,
    /// Index in [`Deltas::routers`].
    #[serde(skip)]
    pub router: u32,
    #[serde(flatten)]
    pub position: Position,
    /// BMP peer type: 0 global, 1 RD, 2 local, 3 Loc-RIB.
    pub peer_type: u8,
    /// Route distinguisher of RFC 4364, or 0.
    pub distinguisher: u64,
    pub address: IpAddr,
    pub asn: u32,
    pub bgp_id: Ipv4Addr,
    pub state: PeerState,
    /// Since when it is in this state.
    pub state_since_us: i64,
    pub local_address: Option<IpAddr>,
    pub local_port: Option<u16>,
    pub remote_port: Option<u16>,
    pub local_asn: Option<u32>,
    pub local_bgp_id: Option<Ipv4Addr>,
    /// Seconds, the smaller of both OPENs.
    pub hold_time: Option<u16>,
    /// The OPEN messages, whole, as Peer Up carried them.
    #[serde(skip)]
    pub sent_open: Vec<u8>,
    #[serde(skip)]
    pub received_open: Vec<u8>,
    /// VRF or table name TLV (RFC 9069), or none.
    pub table_name: Option<String>,
    /// Why it is down.
    pub down_reason: Option<String>,
    /// See [`RouterRow::changed`].
    #[serde(skip)]
    pub changed: bool,
}

impl PeerRow {
    /// Whether it stands for what its router originates itself: FRR tells that as of a peer without address and AS number.
    pub(crate) fn is_own(&self) -> bool {
        self.asn == 0 && self.peer_type == peer_type::GLOBAL && self.address.is_unspecified()
    }
}

/// A row of `bgp_ribs`: the routes of one family in one view of a peer.
#[derive(Clone, Debug)]
pub struct RibRow {
    pub rib_id: i64,
    /// Index in [`Deltas::peers`].
    pub peer: u32,
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    /// Routes that it holds.
    pub routes: u64,
    /// The newest generation in which everything that it holds is known to be the router's own.
    pub verified: Option<u64>,
    /// The newest generation in which its End-of-RIB was seen.
    pub end_of_rib: Option<u64>,
    /// RFC 9069, F flag: the router shows a part of it only.
    pub filtered: bool,
    /// The router did not send it as a table of its own; it is concluded from others.
    pub inferred: bool,
    /// When one of its routes last changed; 0 where none did.
    pub changed_at_us: i64,
    /// See [`RouterRow::changed`].
    pub changed: bool,
}

/// Names a RIB: the first eight octets of SHA-256 over the peer's id, the view's number, AFI and SAFI.
pub fn rib_id(peer_id: &Id, view: RibView, afi: u16, safi: u8) -> i64 {
    let mut digest = Sha256::new();
    digest.update(peer_id);
    digest.update([view as u8]);
    digest.update(afi.to_be_bytes());
    digest.update([safi]);
    let mut first = [0; 8];
    first.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
    i64::from_be_bytes(first)
}
