//! The TCP connections of a capture: which of them are BMP, and where its messages begin.

use super::links::{slice, Packet};
use crate::input::choose::{self, Verdict};
use crate::input::event::{Event, Flow, Report, Selection, StreamId};
use crate::input::tcp::{Direction, Piece, Segment};
use anyhow::Result;
use etherparse::{LaxNetSlice, TransportSlice};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use wire::registry::bmp;

/// So much of a stream is looked at before giving up on it; a plausible length may ask for as much to be kept.
const MAX_JUDGED: u64 = 4 << 20;

/// Every TCP direction of a capture.
pub(super) struct Connections {
    selection: Selection,
    open: HashMap<Flow, Connection>,
    /// Order of appearance, for what is flushed at the end.
    order: Vec<Flow>,
    pub(super) streams: usize,
    pub(super) with_data: usize,
    unknown_links: BTreeMap<i32, u64>,
    fragments: u64,
}

struct Connection {
    direction: Direction,
    state: State,
    time_us: Option<i64>,
}

enum State {
    /// Not yet known to be BMP, or where its messages begin.
    Judging {
        bytes: Vec<u8>,
        middle: bool,
        lost: u64,
    },
    Bmp(StreamId),
    /// Bytes are missing; the next message's beginning is looked for in what follows.
    Resuming {
        stream: StreamId,
        bytes: Vec<u8>,
        lost: u64,
    },
    Other,
}

impl Connections {
    pub(super) fn new(selection: Selection) -> Self {
        Self {
            selection,
            open: HashMap::new(),
            order: Vec::new(),
            streams: 0,
            with_data: 0,
            unknown_links: BTreeMap::new(),
            fragments: 0,
        }
    }

    pub(super) fn packet(
        &mut self,
        packet: &Packet,
        sink: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        let Some(sliced) = slice(packet.link, packet.bytes) else {
            *self.unknown_links.entry(packet.link.0).or_default() += 1;
            return Ok(());
        };
        let Some(sliced) = sliced else { return Ok(()) };
        let (source, destination) = match &sliced.net {
            Some(LaxNetSlice::Ipv4(ip)) => {
                (IpAddr::V4(ip.header().source_addr()), IpAddr::V4(ip.header().destination_addr()))
            }
            Some(LaxNetSlice::Ipv6(ip)) => {
                (IpAddr::V6(ip.header().source_addr()), IpAddr::V6(ip.header().destination_addr()))
            }
            _ => return Ok(()),
        };
        let fragmented = sliced
            .net
            .as_ref()
            .and_then(LaxNetSlice::ip_payload_ref)
            .is_some_and(|payload| payload.fragmented);
        if fragmented {
            self.fragments += 1;
        }
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { return Ok(()) };
        let flow = Flow {
            router: SocketAddr::new(source, tcp.source_port()),
            station: SocketAddr::new(destination, tcp.destination_port()),
        };
        if self.selection.port.is_some_and(|port| !flow.has_port(port)) {
            return Ok(());
        }
        let segment = Segment {
            sequence: tcp.sequence_number(),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            payload: tcp.payload(),
        };
        self.segment(flow, &segment, packet.time_us, sink)
    }

    fn segment(
        &mut self,
        flow: Flow,
        segment: &Segment,
        time_us: Option<i64>,
        sink: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        let reopened =
            self.open.get(&flow).is_some_and(|connection| connection.direction.is_reopened_by(segment));
        if reopened {
            self.close(flow, sink)?;
        }
        if !self.open.contains_key(&flow) {
            if segment.payload.is_empty() && !segment.syn {
                return Ok(());
            }
            self.order.push(flow);
            self.open.insert(flow, Connection::new());
        }
        let Some(connection) = self.open.get_mut(&flow) else { return Ok(()) };
        connection.time_us = time_us;
        let judge = Judge {
            by_port: self.selection.port.is_some() || flow.has_port(bmp::PORT),
            flow,
            streams: &mut self.streams,
            with_data: &mut self.with_data,
        };
        connection.push(segment, judge, sink)?;
        if connection.direction.is_finished() {
            self.close(flow, sink)?;
        }
        Ok(())
    }

    fn close(&mut self, flow: Flow, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
        let Some(mut connection) = self.open.remove(&flow) else { return Ok(()) };
        let judge = Judge {
            by_port: self.selection.port.is_some() || flow.has_port(bmp::PORT),
            flow,
            streams: &mut self.streams,
            with_data: &mut self.with_data,
        };
        connection.finish(judge, sink)
    }

    pub(super) fn finish(&mut self, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
        for flow in std::mem::take(&mut self.order) {
            self.close(flow, sink)?;
        }
        Ok(())
    }

    pub(super) fn notes(&self, report: &mut Report) {
        for (link, packets) in &self.unknown_links {
            report.note(format!(
                "{packets} packets of link type {link} were left out: not a link type known here"
            ));
        }
        if self.fragments > 0 {
            report.note(format!("{} IP fragments were left out; they are not put together", self.fragments));
        }
    }
}

impl Flow {
    fn has_port(&self, port: u16) -> bool {
        self.router.port() == port || self.station.port() == port
    }
}

/// What deciding about a stream needs to know and to count.
struct Judge<'a> {
    flow: Flow,
    by_port: bool,
    streams: &'a mut usize,
    with_data: &'a mut usize,
}

impl Connection {
    fn new() -> Self {
        Self {
            direction: Direction::default(),
            state: State::Judging { bytes: Vec::new(), middle: false, lost: 0 },
            time_us: None,
        }
    }

    fn push(
        &mut self,
        segment: &Segment,
        mut judge: Judge,
        sink: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        let Self { direction, state, time_us } = self;
        let opens = segment.syn || direction.begins_at_the_start();
        direction.push(segment, &mut |piece| state.piece(&piece, opens, *time_us, &mut judge, sink))
    }

    /// The connection or the capture ended.
    fn finish(&mut self, mut judge: Judge, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
        let Self { direction, state, time_us } = self;
        let opens = direction.begins_at_the_start();
        direction.flush(&mut |piece| state.piece(&piece, opens, *time_us, &mut judge, sink))?;
        state.decide(true, *time_us, &mut judge, sink)?;
        match *state {
            State::Bmp(stream) | State::Resuming { stream, .. } => sink(Event::End { stream }),
            State::Judging { .. } | State::Other => Ok(()),
        }
    }
}

impl State {
    fn piece(
        &mut self,
        piece: &Piece,
        opens: bool,
        time_us: Option<i64>,
        judge: &mut Judge,
        sink: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        match (&mut *self, piece) {
            (Self::Other, _) => Ok(()),
            (Self::Bmp(stream), Piece::Data(bytes)) => sink(Event::Data { stream: *stream, bytes, time_us }),
            (Self::Bmp(stream), Piece::Missing(n)) => {
                *self = Self::Resuming { stream: *stream, bytes: Vec::new(), lost: *n };
                Ok(())
            }
            (Self::Judging { bytes, middle, lost }, Piece::Data(more)) => {
                if bytes.is_empty() && *lost == 0 {
                    *middle = !opens;
                    *judge.with_data += 1;
                }
                bytes.extend_from_slice(more);
                self.decide(false, time_us, judge, sink)
            }
            (Self::Judging { bytes, middle, lost }, Piece::Missing(n)) => {
                *lost += bytes.len() as u64 + n;
                bytes.clear();
                *middle = true;
                Ok(())
            }
            (Self::Resuming { bytes, .. }, Piece::Data(more)) => {
                bytes.extend_from_slice(more);
                self.decide(false, time_us, judge, sink)
            }
            (Self::Resuming { bytes, lost, .. }, Piece::Missing(n)) => {
                *lost += bytes.len() as u64 + n;
                bytes.clear();
                Ok(())
            }
        }
    }

    /// Looks at what was kept back; `last` when nothing will follow.
    fn decide(
        &mut self,
        last: bool,
        time_us: Option<i64>,
        judge: &mut Judge,
        sink: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Bmp(_) | Self::Other => Ok(()),
            Self::Judging { bytes, middle, lost } => {
                let last = last || *lost + bytes.len() as u64 > MAX_JUDGED;
                let verdict = if *middle {
                    choose::judge_middle(bytes, last)
                } else {
                    choose::judge_start(bytes, last)
                };
                let start = match verdict {
                    Verdict::Wait(useless) => {
                        *lost += skip(bytes, useless);
                        return Ok(());
                    }
                    Verdict::Bmp(start) => start,
                    // on BMP's port, what is wrong with it is for the decoder to say
                    Verdict::Other if judge.by_port && !bytes.is_empty() => 0,
                    Verdict::Other => {
                        *self = Self::Other;
                        return Ok(());
                    }
                };
                let stream = *judge.streams;
                *judge.streams += 1;
                sink(Event::Start { stream, flow: Some(judge.flow) })?;
                let (bytes, lost) = (std::mem::take(bytes), *lost);
                *self = Self::Bmp(stream);
                resume(stream, start, &bytes, lost, time_us, sink)
            }
            Self::Resuming { stream, bytes, lost } => {
                let start = match choose::judge_middle(bytes, last) {
                    Verdict::Wait(useless) => {
                        *lost += skip(bytes, useless);
                        return Ok(());
                    }
                    Verdict::Bmp(start) => start,
                    Verdict::Other => bytes.len(),
                };
                let (stream, bytes, lost) = (*stream, std::mem::take(bytes), *lost);
                *self = Self::Bmp(stream);
                resume(stream, start, &bytes, lost, time_us, sink)
            }
        }
    }
}

fn skip(bytes: &mut Vec<u8>, count: usize) -> u64 {
    bytes.drain(..count.min(bytes.len()));
    count as u64
}

fn resume(
    stream: StreamId,
    start: usize,
    bytes: &[u8],
    lost: u64,
    time_us: Option<i64>,
    sink: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let lost = lost + start as u64;
    if lost > 0 {
        sink(Event::Lost { stream, bytes: lost })?;
    }
    match bytes.get(start..) {
        Some(rest) if !rest.is_empty() => sink(Event::Data { stream, bytes: rest, time_us }),
        _ => Ok(()),
    }
}
