//! A table from what its store holds, so that a restart does not take every route for new.
//!
//! The streams are Postgres's COPY BINARY of `priv/sql/query/load/{routers,sessions,peers,routes}.sql`, loaded
//! in that order, before the first batch.
//!
//! What is loaded counts as seen in the latest session that its router had: a restart in the midst of a
//! session cannot know which routes that session confirmed already, and the wrong guess would
//! withdraw good routes. The next session's End-of-RIB sweeps as ever.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::attributes;
use crate::deltas::{Id, PeerRow, PeerState, Position, RouterRow, RouterState, SessionRow, SessionState};
use crate::routes::Route;
use crate::table::{ApplyError, Peer, Rib, RibKey, Router, RoutingTable};
use crate::view::RibView;

/// Which stream [`RoutingTable::load`] is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    Routers,
    Sessions,
    Peers,
    Routes,
}

impl Dump {
    /// The kind of its name: `routers`, `sessions`, `peers`, `routes`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "routers" => Some(Dump::Routers),
            "sessions" => Some(Dump::Sessions),
            "peers" => Some(Dump::Peers),
            "routes" => Some(Dump::Routes),
            _ => None,
        }
    }
}

impl RoutingTable {
    /// Loads one whole stream; returns how many rows. Routes of peers that were not loaded are
    /// left out.
    ///
    /// # Errors
    /// When the stream is not what the query gives; rows before the fault are loaded.
    pub fn load(&mut self, dump: Dump, stream: &[u8]) -> Result<usize, ApplyError> {
        let mut rows = Rows::new(stream).ok_or(ApplyError::Dump("no COPY BINARY header"))?;
        let mut loaded = 0;
        let mut owners = BTreeMap::new();
        if dump == Dump::Routes {
            owners = self
                .routers
                .iter()
                .flat_map(|(router, held)| held.peers.keys().map(|peer| (*peer, *router)))
                .collect();
        }
        while let Some(row) = rows.next_row().ok_or(ApplyError::Dump("it is cut, or has another shape"))? {
            let done = match dump {
                Dump::Routers => self.load_router(row),
                Dump::Sessions => self.load_session(row),
                Dump::Peers => self.load_peer(row),
                Dump::Routes => self.load_route(row, &owners),
            };
            loaded += usize::from(done.ok_or(ApplyError::Dump("a row has other columns than its query"))?);
        }
        Ok(loaded)
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

    fn load_peer(&mut self, mut row: Row) -> Option<bool> {
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
        // Where its routes last ended; -1 where they never did. Commits are in order, so everything up to
        // the newest position that the store knows was committed.
        let ended = match (row.integer()??, row.integer()??) {
            (generation @ 0.., sequence @ 0..) => {
                Position { generation: generation.unsigned_abs(), sequence: sequence.unsigned_abs() }
            }
            _ => Position::default(),
        };
        let Some(router) = self.routers.get_mut(&router_id) else { return Some(false) };
        let seen = router.generations.index(peer.position.generation);
        router.last = router.last.max(peer.position).max(ended);
        router.peers.insert(peer_id, Peer { row: peer, seen, ribs: BTreeMap::new() });
        Some(true)
    }

    fn load_route(&mut self, mut row: Row, owners: &BTreeMap<Id, Id>) -> Option<bool> {
        let peer_id = row.id()?;
        let view = RibView::from_name(&row.text()??)?;
        let afi = u16::try_from(row.integer()??).ok()?;
        let safi = u8::try_from(row.integer()??).ok()?;
        let nlri = row.bytes()??;
        let path_id = u32::try_from(row.integer()?.unwrap_or(-1)).ok();
        let next_hop = row.bytes()?.unwrap_or_default();
        let canonical = row.bytes()?.unwrap_or_default();
        let position = row.position()?;
        let changed_at_us = row.time()?.unwrap_or(0);

        let router = owners.get(&peer_id).and_then(|id| self.routers.get_mut(id));
        let Some(router) = router else { return Some(false) };
        let Some(peer) = router.peers.get_mut(&peer_id) else { return Some(false) };
        let changed = router.generations.index(position.generation);
        let key = RibKey { view, afi, safi };
        let rib = peer.ribs.entry(key).or_insert_with(|| Rib::new(key, router.last.generation));
        let (route, _) = rib.routes.entry(nlri, path_id)?;
        let mut identity = Vec::new();
        attributes::identity(&mut identity, next_hop, canonical);
        let set = self.sets.intern(&identity);
        if route.is_vacant() {
            self.routes += 1;
        } else {
            self.sets.release(route.attributes);
        }
        *route = Route {
            attributes: set,
            seen: router.current,
            changed,
            sequence: position.sequence,
            changed_at_us,
        };
        rib.last_change_us = rib.last_change_us.max(changed_at_us);
        router.last = router.last.max(position);
        Some(true)
    }
}

fn v4(address: Option<IpAddr>) -> Option<Ipv4Addr> {
    match address {
        Some(IpAddr::V4(address)) => Some(address),
        _ => None,
    }
}

/// Rows of a COPY BINARY stream.
struct Rows<'a> {
    rest: &'a [u8],
}

impl<'a> Rows<'a> {
    fn new(stream: &'a [u8]) -> Option<Self> {
        let rest = stream.strip_prefix(b"PGCOPY\n\xff\r\n\0")?;
        let (_flags, rest) = rest.split_first_chunk::<4>()?;
        let (extension, rest) = rest.split_first_chunk()?;
        let skip = usize::try_from(u32::from_be_bytes(*extension)).ok()?;
        Some(Rows { rest: rest.get(skip..)? })
    }

    /// The next row, `Some(None)` at the trailer, none where the stream is cut.
    fn next_row(&mut self) -> Option<Option<Row<'a>>> {
        let (count, mut rest) = self.rest.split_first_chunk()?;
        let Ok(count) = usize::try_from(i16::from_be_bytes(*count)) else { return Some(None) };
        let fields = rest;
        for _ in 0..count {
            (_, rest) = field(rest)?;
        }
        self.rest = rest;
        Some(Some(Row { rest: fields, left: count }))
    }
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
