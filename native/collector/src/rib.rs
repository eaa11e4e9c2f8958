//! `rib`: the routing table left at the end of a file.

use crate::decode::{ended, lost, undecodable, MAX_MESSAGE};
use crate::input::{self, Event, Flow, Selection, StreamId};
use crate::outcome::Outcome;
use crate::output::Objects;
use anyhow::{Context, Result};
use batch::{Session, SessionOptions};
use clap::Args;
use rib::{Limits, PeerSummary, Query, RouteRow, RoutingTable};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

/// Plays a file and prints the routing table left at its end, one JSON object a route
///
/// The file goes through the decoder and the routing table of the station itself. What is printed is what the table
/// holds after the last message, as if the sessions were still up: every route with its router (sysName, or the
/// address where there is none), view, peer, distinguisher, address family, prefix or NLRI, path id and attributes. A
/// peer's routes are gone after its Peer Down; `stale` marks those of a session that sent Termination, or that the
/// router has not repeated since it connected again.
///
/// Routes are sorted by router, peer, view, family and prefix.
#[derive(Args)]
pub struct Options {
    /// Raw BMP, gzip of it, pcap or pcapng; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The router's address, for a file that is no capture and so does not say it
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    router: IpAddr,
    /// Print each object over many lines, for reading
    #[arg(long)]
    pretty: bool,
    /// Of a capture, take only TCP connections with this port [default: 11019, and whatever looks like BMP]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

pub fn run(options: &Options) -> Result<Outcome> {
    let mut player = Player::new(options.router);
    let selection = Selection { port: options.port };
    let report = input::read(&options.file, selection, &mut |event| player.event(&event))?;
    let mut out = Objects::new(options.pretty);
    player.each_route(|route| out.print(&route))?;
    out.finish()?;
    if let Some(count) = undecodable(player.undecodable) {
        eprintln!("bmp-collector: {count}; `decode` shows them");
    }
    player.print_left_out();
    Ok(player.outcome.max(report.print()))
}

/// A station without a network: sessions into one table.
pub struct Player {
    /// Of sessions whose router is not known otherwise.
    router: IpAddr,
    table: RoutingTable,
    streams: BTreeMap<StreamId, Stream>,
    /// Sessions so far: a number is name enough in one run.
    sessions: u128,
    undecodable: u64,
    /// Route Monitorings of peers of an unknown type.
    unknown_peer_types: u64,
    /// Blocks of NLRI of families that cannot be split into routes.
    unsplit: u64,
    pub outcome: Outcome,
}

struct Stream {
    flow: Option<Flow>,
    /// From the first bytes on.
    session: Option<Session>,
}

impl Player {
    pub fn new(router: IpAddr) -> Self {
        // whatever a file holds is wanted
        let limits = Limits {
            max_routers: usize::MAX,
            max_peers_per_router: usize::MAX,
            max_routes: usize::MAX,
            ..Limits::default()
        };
        let table = RoutingTable::new(limits);
        Self {
            router,
            table,
            streams: BTreeMap::new(),
            sessions: 0,
            undecodable: 0,
            unknown_peer_types: 0,
            unsplit: 0,
            outcome: Outcome::Clean,
        }
    }

    pub fn event(&mut self, event: &Event) -> Result<()> {
        match *event {
            Event::Start { stream, flow } => {
                self.streams.insert(stream, Stream { flow, session: None });
            }
            Event::Data { stream, bytes, time_us } => {
                self.feed(stream, bytes, time_us)?;
                let session = self.streams.get(&stream).and_then(|stream| stream.session.as_ref());
                if session.is_some_and(|session| session.decoder().fatal().is_some()) {
                    return self.end(stream);
                }
            }
            Event::Lost { stream, bytes } => {
                self.outcome = Outcome::Damaged;
                if let Some(Stream { flow, session: Some(session) }) = self.streams.get_mut(&stream) {
                    eprintln!("bmp-collector: {}", lost(*flow, session.decoder(), bytes));
                    session.skip(bytes);
                }
            }
            Event::End { stream } => self.end(stream)?,
        }
        Ok(())
    }

    fn end(&mut self, stream: StreamId) -> Result<()> {
        let Some(Stream { flow, session: Some(session) }) = self.streams.remove(&stream) else {
            return Ok(());
        };
        let counters = session.counters();
        self.undecodable += counters.undecodable;
        self.unknown_peer_types += counters.unknown_peer_types;
        let (outcome, go_on) = ended(flow, session.decoder());
        self.outcome = self.outcome.max(outcome);
        go_on
    }

    fn feed(&mut self, stream: StreamId, bytes: &[u8], time_us: Option<i64>) -> Result<()> {
        let Some(Stream { flow, session }) = self.streams.get_mut(&stream) else { return Ok(()) };
        let time_us = time_us.unwrap_or_default();
        let session = match session {
            Some(session) => session,
            None => {
                self.sessions += 1;
                let (address, port) =
                    flow.map_or((self.router, 0), |flow| (flow.router.ip(), flow.router.port()));
                let mut options =
                    SessionOptions::new(address, port, self.sessions.to_be_bytes(), "bmp-collector");
                options.max_message_bytes = MAX_MESSAGE;
                session.insert(Session::new(options))
            }
        };
        for batch in session.feed(bytes, time_us).batches {
            let deltas = self.table.apply(&batch.payload).context("cannot apply a batch to the table")?;
            self.unsplit += deltas.counts.unsplit;
        }
        Ok(())
    }

    /// Says what of the routes is not in the table, if anything is.
    fn print_left_out(&self) {
        if self.unknown_peer_types > 0 {
            let messages = self.unknown_peer_types;
            eprintln!("bmp-collector: messages about peers of an unknown type, left out: {messages}");
        }
        if self.unsplit > 0 {
            let blocks = self.unsplit;
            eprintln!(
                "bmp-collector: blocks of families that cannot be split into routes, left out: {blocks}"
            );
        }
    }

    /// Every route that is left, sorted by router, peer, view, family and prefix.
    pub fn each_route(&self, mut visit: impl FnMut(RouteRow) -> Result<()>) -> Result<()> {
        let mut routers = self.table.routers();
        routers.sort_by_cached_key(|router| {
            (router.row.sys_name.clone(), router.row.address, router.row.router_id)
        });
        for router in routers {
            let id = router.row.router_id;
            let mut peers = self.table.peers(Some(&id));
            peers.sort_by_key(|PeerSummary { row, .. }| {
                (row.peer_type, row.distinguisher, row.address, row.peer_id)
            });
            for peer in peers {
                let query = Query { router: Some(id), peer: Some(peer.row.peer_id), ..Query::default() };
                let mut visited = Ok(());
                self.table.each_route(&query, |route| {
                    visited = visit(route);
                    visited.is_ok()
                })?;
                visited?;
            }
        }
        Ok(())
    }
}
