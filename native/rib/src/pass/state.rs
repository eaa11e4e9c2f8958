//! What a pass carries along, and what it reads of a batch: the rest of this folder is what it does with that.

use std::collections::BTreeMap;
use std::net::IpAddr;

use batch::proto;

use crate::deltas::Id;
use crate::work::Work;

pub struct Pass<'a> {
    pub work: Work<'a>,
    pub session: &'a proto::Session,
    pub session_id: Id,
    /// The router's address and port.
    pub from: (Option<IpAddr>, u16),
    /// By their index in the batch.
    pub peers: Vec<Named<'a>>,
    /// What limits refused of this batch: each limit has one dead letter, which tells how often.
    pub refused: BTreeMap<Limit, Refused>,
}

/// A peer as the batch names it.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    pub id: Id,
    pub address: IpAddr,
    pub of: &'a proto::Peer,
}

impl<'a> Named<'a> {
    pub fn read(of: &'a proto::Peer) -> Option<Self> {
        Some(Named { id: id(&of.id)?, address: address(&of.address)?, of })
    }
}

/// What an UPDATE, or several that say the same, has of routes.
pub struct Update<'a> {
    /// Number of the view.
    pub view: i32,
    pub filtered: bool,
    pub attributes: &'a [u8],
    pub groups: &'a [batch::Group<'a>],
    pub faults: &'a [proto::Fault],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    Routes,
    Peers,
}

pub struct Refused {
    pub count: u64,
    /// Index in the deltas' dead letters.
    pub letter: usize,
}

pub fn id(bytes: &[u8]) -> Option<Id> {
    bytes.try_into().ok()
}

pub fn family(afi: u32, safi: u32) -> Option<(u16, u8)> {
    Some((u16::try_from(afi).ok()?, u8::try_from(safi).ok()?))
}

pub fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => None,
    }
}
