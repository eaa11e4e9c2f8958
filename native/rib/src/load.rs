//! A table from what its store holds, so that a restart does not take every route for new.
//!
//! The streams are Postgres's COPY BINARY of `priv/sql/query/load/{routers,sessions,peers,ribs,routes}.sql`, loaded
//! in that order, before the first batch, each in pieces as they arrive.
//!
//! What is loaded counts as seen in the latest session that its router had: a restart in the midst of a
//! session cannot know which routes that session confirmed already, and the wrong guess would
//! withdraw good routes. The next session's End-of-RIB sweeps as ever.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use crate::deltas::{Id, PeerRow, PeerState, Position, RouterRow, RouterState, SessionRow, SessionState};
use crate::error::ApplyError;
use crate::router::{Peer, Rib, RibKey, Router};
use crate::routes::Route;
use crate::table::RoutingTable;
use crate::view::RibView;

/// What a stream is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    Routers,
    Sessions,
    Peers,
    Ribs,
    Routes,
}

impl Dump {
    /// In the order in which they are loaded.
    pub const ALL: [Dump; 5] = [Dump::Routers, Dump::Sessions, Dump::Peers, Dump::Ribs, Dump::Routes];

    /// The name of its query.
    pub fn as_str(self) -> &'static str {
        match self {
            Dump::Routers => "routers",
            Dump::Sessions => "sessions",
            Dump::Peers => "peers",
            Dump::Ribs => "ribs",
            Dump::Routes => "routes",
        }
    }

    /// The kind of [`Dump::as_str`]'s name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dump| dump.as_str() == name)
    }
}

/// Where a RIB's routes go.
#[derive(Clone, Copy, Debug)]
struct Owner {
    router: Id,
    peer: Id,
    rib: RibKey,
}

/// Loads a table from streams in pieces: [`Loader::begin`] of each, its pieces, [`Loader::end`].
#[derive(Debug)]
pub struct Loader {
    dump: Dump,
    /// The beginning of a row, or of the header, whose end has not arrived yet.
    rest: Vec<u8>,
    begun: bool,
    ended: bool,
    rows: usize,
    routers: HashMap<Id, Id>,
    ribs: HashMap<i64, Owner>,
}

const CUT: ApplyError = ApplyError::Dump("it is cut, or has another shape");

impl Loader {
    #[allow(clippy::new_without_default)] // There is no loader of nothing: a stream begins first.
    pub fn new() -> Self {
        Loader {
            dump: Dump::Routers,
            rest: Vec::new(),
            begun: false,
            ended: true,
            rows: 0,
            routers: HashMap::new(),
            ribs: HashMap::new(),
        }
    }

    /// A stream begins.
    pub fn begin(&mut self, dump: Dump) {
        self.dump = dump;
        self.rest.clear();
        (self.begun, self.ended, self.rows) = (false, false, 0);
    }

    /// Takes a piece of the stream. Rows of peers and RIBs that were not loaded are left out.
    ///
    /// # Errors
    /// When the stream is not what the query gives; rows before the fault are loaded.
    pub fn piece(&mut self, table: &mut RoutingTable, piece: &[u8]) -> Result<(), ApplyError> {
        let mut octets = std::mem::take(&mut self.rest);
        let piece = if octets.is_empty() {
            piece
        } else {
            octets.extend_from_slice(piece);
            &octets
        };
        let mut rest = piece;
        if !self.begun {
            match header(rest) {
                Some(Ok(after)) => (self.begun, rest) = (true, after),
                Some(Err(())) => return Err(ApplyError::Dump("no COPY BINARY header")),
                None => {}
            }
        }
        while self.begun && !self.ended {
            let Some((row, after)) = next_row(rest) else { break };
            rest = after;
            let Some(row) = row else {
                self.ended = true;
                break;
            };
            let loaded = self.row(table, row);
            self.rows +=
                usize::from(loaded.ok_or(ApplyError::Dump("a row has other columns than its query"))?);
        }
        self.rest = rest.to_vec();
        Ok(())
    }

    /// Ends the stream; returns how many of its rows were loaded.
    ///
    /// # Errors
    /// When its end is missing.
    pub fn end(&mut self) -> Result<usize, ApplyError> {
        if self.ended {
            Ok(self.rows)
        } else {
            Err(CUT)
        }
    }

    fn row(&mut self, table: &mut RoutingTable, row: Row) -> Option<bool> {
        match self.dump {
            Dump::Routers => table.load_router(row),
            Dump::Sessions => table.load_session(row),
            Dump::Peers => {
                let (peer, router) = table.load_peer(row)?;
                self.routers.insert(peer, router);
                Some(true)
            }
            Dump::Ribs => self.load_rib(table, row),
            Dump::Routes => self.load_route(table, row),
        }
    }

    fn load_rib(&mut self, table: &mut RoutingTable, mut row: Row) -> Option<bool> {
        let rib_id = row.integer()??;
        let peer_id = row.id()?;
        let rib = RibKey {
            view: RibView::from_name(&row.text()??)?,
            afi: u16::try_from(row.integer()??).ok()?,
            safi: u8::try_from(row.integer()??).ok()?,
        };
        let filtered = row.boolean()?.unwrap_or(false);
        let changed_at_us = row.time()?.unwrap_or(0);
        let routes = row.integer()?.unwrap_or(0);
        let verified = row.integer()?.map(i64::unsigned_abs);
        let end_of_rib = row.integer()?.map(i64::unsigned_abs);
        let add_path_inferred = row.boolean()?.unwrap_or(false);
        let Some(router) = self.routers.get(&peer_id).copied() else { return Some(false) };
        self.ribs.insert(rib_id, Owner { router, peer: peer_id, rib });
        let peer = table.routers.get_mut(&router).and_then(|router| router.peers.get_mut(&peer_id));
        if let Some(peer) = peer.filter(|_| routes > 0) {
            let held = Rib {
                last_change_us: changed_at_us,
                filtered,
                verified,
                end_of_rib,
                add_path_inferred,
                ..Rib::new(rib, 0)
            };
            peer.ribs.insert(rib, held);
        }
        Some(true)
    }

    fn load_route(&self, table: &mut RoutingTable, mut row: Row) -> Option<bool> {
        let rib_id = row.integer()??;
        let path_id = u32::try_from(row.integer()?.unwrap_or(-1)).ok();
        let nlri = row.bytes()??;
        let position = row.position()?;
        let changed_at_us = row.time()?.unwrap_or(0);
        let next_hop = row.bytes()?.unwrap_or_default();
        let canonical = row.bytes()?.unwrap_or_default();

        let Some(owner) = self.ribs.get(&rib_id) else { return Some(false) };
        let Some(router) = table.routers.get_mut(&owner.router) else { return Some(false) };
        let Some(peer) = router.peers.get_mut(&owner.peer) else { return Some(false) };
        let changed = router.generations.index(position.generation);
        let rib = peer.ribs.entry(owner.rib).or_insert_with(|| Rib::new(owner.rib, router.last.generation));
        let (route, _) = rib.routes.entry(nlri, path_id)?;
        rib.said += usize::from(route.is_vacant());
        let set = table.sets.intern(next_hop, canonical);
        table.sets.tell(set);
        if route.is_vacant() {
            table.routes += 1;
        } else {
            table.sets.release(route.attributes);
        }
        *route = Route {
            attributes: set,
            seen: router.current,
            changed,
            sequence: position.sequence,
            changed_at_us,
        };
        rib.routes.post(set, nlri, path_id);
        router.last = router.last.max(position);
        Some(true)
    }
}

impl RoutingTable {
    /// Drops a route that the store refused for good, so that the table does not hold what is not stored. False where it
    /// is not there.
    pub fn forget(&mut self, rib_id: i64, nlri: &[u8], path_id: Option<u32>) -> bool {
        for router in self.routers.values_mut() {
            for (peer_id, peer) in &mut router.peers {
                for (key, rib) in &mut peer.ribs {
                    if crate::deltas::rib_id(peer_id, key.view, key.afi, key.safi) != rib_id {
                        continue;
                    }
                    let Some((route, _)) = rib.remove(nlri, path_id, router.current) else { return false };
                    self.sets.release(route.attributes);
                    self.routes = self.routes.saturating_sub(1);
                    return true;
                }
            }
        }
        false
    }

    fn load_router(&mut self, mut row: Row) -> Option<bool> {
        let id = row.id()?;
        let mut router = Router::new(id);
        router.row = RouterRow {
            router_id: id,
            position: row.position()?,
            sys_name: row.text()?.unwrap_or_default(),
            sys_descr: row.text()?.unwrap_or_default(),
            address: row.inet()?,
            port: u16::try_from(row.integer()?.unwrap_or(0)).ok()?,
            collector: row.text()?.unwrap_or_default(),
            state: match row.text()?.as_deref() {
                Some("connected") => RouterState::Connected,
                _ => RouterState::Disconnected,
            },
            session_started_us: row.time()?.unwrap_or(0),
            session_ended_us: row.time()?,
            end_reason: row.text()?,
            changed: false,
        };
        router.last = router.row.position;
        router.generation = router.last.generation;
        router.current = router.generations.index(router.last.generation);
        (router.loaded, router.loaded_at) = (true, self.clock.now_us);
        if router.row.state == RouterState::Disconnected {
            router.ends_at = Some(self.clock.now_us.saturating_add(self.limits.hold_time_us));
        }
        self.routers.insert(id, router);
        Some(true)
    }

    fn load_session(&mut self, mut row: Row) -> Option<bool> {
        let session_id = row.id()?;
        let router_id = row.id()?;
        let Position { generation, sequence } = row.position()?;
        let session = SessionRow {
            session_id,
            router: 0,
            generation,
            sequence,
            collector: row.text()?.unwrap_or_default(),
            address: row.inet()?,
            port: u16::try_from(row.integer()?.unwrap_or(0)).ok()?,
            state: SessionState::from_name(&row.text()??)?,
            started_us: row.time()?.unwrap_or(0),
            heard_us: row.time()?.unwrap_or(0),
            ended_us: row.time()?,
            end_reason: row.text()?,
            changed: false,
        };
        let Some(router) = self.routers.get_mut(&router_id) else { return Some(false) };
        router.load_session(session, self.clock.now_us);
        Some(true)
    }

    /// Gives the peer's id and its router's.
    fn load_peer(&mut self, mut row: Row) -> Option<(Id, Id)> {
        let peer_id = row.id()?;
        let router_id = row.id()?;
        let peer = PeerRow {
            peer_id,
            router: 0,
            position: row.position()?,
            peer_type: u8::try_from(row.integer()?.unwrap_or(0)).ok()?,
            distinguisher: u64::from_be_bytes(row.bytes()?.unwrap_or(&[0; 8]).try_into().ok()?),
            address: row.inet()??,
            asn: u32::try_from(row.integer()?.unwrap_or(0)).ok()?,
            bgp_id: v4(row.inet()?).unwrap_or(Ipv4Addr::UNSPECIFIED),
            table_name: row.text()?,
            state: match row.text()?.as_deref() {
                Some("up") => PeerState::Up,
                Some("down") => PeerState::Down,
                Some("stale") => PeerState::Stale,
                _ => PeerState::Unknown,
            },
            state_since_us: row.time()?.unwrap_or(0),
            down_reason: row.text()?,
            local_address: row.inet()?,
            local_port: row.integer()?.and_then(|port| u16::try_from(port).ok()),
            remote_port: row.integer()?.and_then(|port| u16::try_from(port).ok()),
            local_asn: row.integer()?.and_then(|asn| u32::try_from(asn).ok()),
            local_bgp_id: v4(row.inet()?),
            hold_time: row.integer()?.and_then(|time| u16::try_from(time).ok()),
            sent_open: row.bytes()?.unwrap_or_default().to_vec(),
            received_open: row.bytes()?.unwrap_or_default().to_vec(),
            changed: false,
        };
        if let Some(router) = self.routers.get_mut(&router_id) {
            let seen = router.generations.index(peer.position.generation);
            router.last = router.last.max(peer.position);
            router.peers.insert(peer_id, Peer { row: peer, seen, ribs: BTreeMap::new() });
        }
        Some((peer_id, router_id))
    }
}

fn v4(address: Option<IpAddr>) -> Option<Ipv4Addr> {
    match address {
        Some(IpAddr::V4(address)) => Some(address),
        _ => None,
    }
}

/// What follows the header of a COPY BINARY stream: `None` where the header is not complete yet, an error
/// where this is no such header.
fn header(stream: &[u8]) -> Option<Result<&[u8], ()>> {
    const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
    let (signature, rest) = stream.split_at_checked(SIGNATURE.len())?;
    if signature != SIGNATURE {
        return Some(Err(()));
    }
    let (_flags, rest) = rest.split_first_chunk::<4>()?;
    let (extension, rest) = rest.split_first_chunk()?;
    let skip = usize::try_from(u32::from_be_bytes(*extension)).ok()?;
    rest.get(skip..).map(Ok)
}

/// The first row (`None` at the trailer), and what follows it; `None` where the row is not complete yet.
fn next_row(stream: &[u8]) -> Option<(Option<Row<'_>>, &[u8])> {
    let (count, mut rest) = stream.split_first_chunk()?;
    let Ok(left) = usize::try_from(i16::from_be_bytes(*count)) else { return Some((None, rest)) };
    let fields = rest;
    for _ in 0..left {
        (_, rest) = field(rest)?;
    }
    Some((Some(Row { rest: fields, left }), rest))
}

/// One field, none for NULL, and what follows it.
fn field(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    match usize::try_from(i32::from_be_bytes(*length)) {
        Ok(length) => rest.split_at_checked(length).map(|(value, rest)| (Some(value), rest)),
        Err(_) => Some((None, rest)),
    }
}

/// Fields of a row, read in order. Each reader's outer Option is none where the field is missing
/// or of another type, the inner one where it is NULL.
struct Row<'a> {
    rest: &'a [u8],
    left: usize,
}

/// Microseconds from the Unix epoch to Postgres's, 2000-01-01.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

impl<'a> Row<'a> {
    fn bytes(&mut self) -> Option<Option<&'a [u8]>> {
        self.left = self.left.checked_sub(1)?;
        let (value, rest) = field(self.rest)?;
        self.rest = rest;
        Some(value)
    }

    fn id(&mut self) -> Option<Id> {
        self.bytes()??.try_into().ok()
    }

    fn text(&mut self) -> Option<Option<String>> {
        self.bytes()?.map(|bytes| String::from_utf8(bytes.to_vec())).transpose().ok()
    }

    /// smallint, integer or bigint.
    fn integer(&mut self) -> Option<Option<i64>> {
        let Some(bytes) = self.bytes()? else { return Some(None) };
        Some(Some(match bytes.len() {
            2 => i64::from(i16::from_be_bytes(bytes.try_into().ok()?)),
            4 => i64::from(i32::from_be_bytes(bytes.try_into().ok()?)),
            8 => i64::from_be_bytes(bytes.try_into().ok()?),
            _ => return None,
        }))
    }

    fn boolean(&mut self) -> Option<Option<bool>> {
        Some(self.bytes()?.map(|octets| octets != [0]))
    }

    fn position(&mut self) -> Option<Position> {
        Some(Position {
            generation: u64::try_from(self.integer()??).ok()?,
            sequence: u64::try_from(self.integer()??).ok()?,
        })
    }

    fn time(&mut self) -> Option<Option<i64>> {
        Some(self.integer()?.map(|time| time.saturating_add(POSTGRES_EPOCH_US)))
    }

    fn inet(&mut self) -> Option<Option<IpAddr>> {
        let Some(bytes) = self.bytes()? else { return Some(None) };
        // Family, prefix length, cidr flag, address length, address.
        let address = bytes.get(4..)?;
        Some(Some(match address.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(address).ok()?),
            16 => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
            _ => return None,
        }))
    }
}
