//! What a picture is made of: nodes, the links between them, and routes.

use std::net::IpAddr;

use insight::Coordinates;
use rib::{Id, Nlri, Position, RibView};

/// Something that is drawn, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    Node(u32),
    Link(u32),
    Route(u32),
    Finding(u32),
}

/// How something is. What is withdrawn is told once more and then forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    Active,
    Withdrawn,
    /// Of a route that changes again and again.
    Flapping,
    /// Of a router or peer: its session ended, and what is known of it is the last that was seen.
    Stale,
    /// Of a peer that its router lost.
    Down,
}

impl Status {
    pub(crate) const NAMES: [&'static str; 5] = ["active", "withdrawn", "flapping", "stale", "down"];
}

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NodeKey {
    Router(Id),
    Peer(Id),
    /// Where routes without an AS path lead.
    NextHop(IpAddr),
    /// Where routes originate.
    As(u32),
}

impl NodeKey {
    pub(crate) const NAMES: [&'static str; 4] = ["router", "peer", "next_hop", "as"];

    // The place of each kind's name in `NAMES`, which is what a row has of it.
    const ROUTER: u8 = 0;
    const PEER: u8 = 1;
    const NEXT_HOP: u8 = 2;
    const AS: u8 = 3;

    /// Whether a node of this kind may be in the pictures of several stations: routers and their peers are of one.
    pub(crate) fn is_shared(kind: u8) -> bool {
        matches!(kind, Self::NEXT_HOP | Self::AS)
    }

    pub(crate) fn kind(&self) -> u8 {
        match self {
            NodeKey::Router(_) => Self::ROUTER,
            NodeKey::Peer(_) => Self::PEER,
            NodeKey::NextHop(_) => Self::NEXT_HOP,
            NodeKey::As(_) => Self::AS,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub revision: u64,
    pub key: NodeKey,
    pub label: String,
    pub status: Status,
    pub asn: Option<u32>,
    pub at: Option<Coordinates>,
    /// Of a router or peer what its tables hold; else the routes of this picture that lead here.
    pub routes: u64,
    /// Of a peer: its router's node.
    pub router: Option<u32>,
    pub at_us: i64,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub revision: u64,
    pub source: u32,
    pub destination: u32,
    pub status: Status,
    /// Routes of this picture on it.
    pub routes: u64,
    pub at_us: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RouteKey {
    pub peer: Id,
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    pub nlri: Nlri,
    pub path_id: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Route {
    pub revision: u64,
    pub key: RouteKey,
    pub path: Path,
    pub prefix: String,
    pub status: Status,
    pub position: Position,
    pub at_us: i64,
    /// As RFC 2439 counts, at `at_us`.
    pub penalty: u32,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub router: u32,
    pub source: u32,
    pub destination: u32,
    pub metric: Option<u32>,
    pub text: String,
}
