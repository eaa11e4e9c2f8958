//! Packet captures: pcap and pcapng, down to the BMP streams of their TCP connections.

use super::choose::{self, Verdict, BMP_PORT};
use super::tcp::{Direction, Piece, Segment};
use super::{Event, Flow, Report, Selection, StreamId};
use anyhow::{anyhow, bail, Context, Result};
use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, LegacyPcapReader, Linktype, PcapBlockOwned, PcapError, PcapNGReader};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Cursor, Read};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

const BUFFER: usize = 256 << 10;
const MAX_BUFFER: usize = 64 << 20;
/// So much of a stream is looked at before giving up on it; a plausible length may ask for as much to be kept.
const MAX_JUDGED: u64 = 4 << 20;

/// The two kinds of capture files.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    Pcap,
    PcapNg,
}

impl Format {
    /// By the first four bytes of a file: classic pcap in either byte order, with µs or ns, or pcapng.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0xcd, 0x34]
            | [0x34, 0xcd, 0xb2, 0xa1] => Some(Self::Pcap),
            [0x0a, 0x0d, 0x0d, 0x0a] => Some(Self::PcapNg),
            _ => None,
        }
    }
}

/// Reads a whole capture. Errors: as [`super::read`].
pub fn read<'r>(
    reader: Box<dyn Read + 'r>,
    format: Format,
    selection: Selection,
    sink: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Report> {
    let failure = Rc::new(RefCell::new(None));
    let reader = Reader { inner: reader, failure: Rc::clone(&failure) };
    let mut connections = Connections::new(selection);
    let mut report = Report::default();
    let mut packets =
        open(reader, format).map_err(|e| cause(&failure, e)).context("cannot read the capture's header")?;
    let mut links = Links::default();
    loop {
        match packets.next() {
            Ok((size, block)) => {
                if let Some(packet) = links.packet(block) {
                    connections.packet(&packet, sink)?;
                }
                packets.consume(size);
                continue;
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => {}
            Err(PcapError::BufferTooSmall) => {
                let larger = packets.data().len().max(BUFFER) * 2;
                if larger > MAX_BUFFER || !packets.grow(larger) {
                    report.damage(format!(
                        "the capture is damaged at offset {}: a record of more than {MAX_BUFFER} bytes",
                        packets.consumed()
                    ));
                    break;
                }
            }
            Err(PcapError::UnexpectedEof) => {
                report.damage(format!("the capture ends within a packet, at offset {}", packets.consumed()));
                break;
            }
            Err(e) => {
                let e = cause(&failure, e);
                report.damage(format!("the capture is damaged at offset {}: {e}", packets.consumed()));
                break;
            }
        }
        if packets.refill().is_err() {
            let e = failure.borrow_mut().take().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into());
            if !super::is_damage(&e) {
                return Err(e).with_context(|| format!("cannot read on after offset {}", packets.consumed()));
            }
            report.damage(format!(
                "the file is damaged: {e}; {} bytes of the capture were read before",
                packets.consumed()
            ));
            break;
        }
    }
    connections.finish(sink)?;
    connections.notes(&mut report);
    if connections.streams == 0 {
        report.print();
        let which = selection.port.map_or_else(
            || "port 11019, and none looks like BMP (--port takes another)".to_owned(),
            |port| format!("port {port}"),
        );
        bail!(
            "no BMP in this capture: of {} TCP connections with data none is on {which}",
            connections.with_data
        );
    }
    Ok(report)
}

type Failure = Rc<RefCell<Option<io::Error>>>;

/// Keeps the reader's own error, which the capture parser replaces with one that does not say why.
struct Reader<'r> {
    inner: Box<dyn Read + 'r>,
    failure: Failure,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let again = io::Error::new(e.kind(), e.to_string());
                    *self.failure.borrow_mut() = Some(e);
                    return Err(again);
                }
                Ok(n) => return Ok(n),
            }
        }
    }
}

fn cause(failure: &Failure, error: PcapError<&[u8]>) -> anyhow::Error {
    match failure.borrow_mut().take() {
        Some(why) => anyhow!(why),
        None => match error {
            PcapError::NomError(_, kind) | PcapError::OwnedNomError(_, kind) => {
                anyhow!("not what a capture holds here ({kind:?})")
            }
            other => anyhow!("{other:?}"),
        },
    }
}

fn open<'r>(
    mut reader: Reader<'r>,
    format: Format,
) -> Result<Box<dyn PcapReaderIterator + 'r>, PcapError<&'static [u8]>> {
    // the parser wants the file's whole header from its first read
    let mut head = vec![0; 24];
    reader.read_exact(&mut head).or(Err(PcapError::UnexpectedEof))?;
    Ok(match format {
        Format::Pcap => Box::new(LegacyPcapReader::new(BUFFER, Cursor::new(head).chain(reader))?),
        Format::PcapNg => {
            let length = section_header_length(&head);
            let mut options = vec![0; length.saturating_sub(head.len())];
            reader.read_exact(&mut options).or(Err(PcapError::UnexpectedEof))?;
            head.append(&mut options);
            Box::new(PcapNGReader::new(BUFFER, Cursor::new(head).chain(reader))?)
        }
    })
}

/// Block Total Length of the Section Header Block, in the byte order its magic tells.
fn section_header_length(head: &[u8]) -> usize {
    let field =
        |at: usize| head.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).copied().unwrap_or_default();
    let length = if field(8) == [0x1a, 0x2b, 0x3c, 0x4d] {
        u32::from_be_bytes(field(4))
    } else {
        u32::from_le_bytes(field(4))
    };
    usize::try_from(length).unwrap_or(0).min(BUFFER)
}

/// A captured packet: its link layer type and bytes.
struct Packet<'a> {
    link: Linktype,
    time_us: Option<i64>,
    bytes: &'a [u8],
}

/// Link types and clocks of a capture's interfaces.
#[derive(Default)]
struct Links {
    legacy: Option<(Linktype, bool)>,
    interfaces: Vec<(Linktype, Option<u64>, i64)>,
}

impl Links {
    fn packet<'a>(&mut self, block: PcapBlockOwned<'a>) -> Option<Packet<'a>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.legacy = Some((header.network, header.is_nanosecond_precision()));
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let (link, nanoseconds) = self.legacy?;
                let fraction = i64::from(packet.ts_usec) / if nanoseconds { 1000 } else { 1 };
                let time_us = Some(i64::from(packet.ts_sec) * 1_000_000 + fraction);
                Some(Packet { link, time_us, bytes: packet.data.get(..packet.caplen as usize)? })
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.interfaces.clear();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.interfaces.push((interface.linktype, interface.ts_resolution(), interface.if_tsoffset));
                None
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let &(link, resolution, offset) = self.interfaces.get(packet.if_id as usize)?;
                let ticks = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
                let time_us = resolution.and_then(|resolution| time_us(ticks, resolution, offset));
                Some(Packet { link, time_us, bytes: packet.data.get(..packet.caplen as usize)? })
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let &(link, ..) = self.interfaces.first()?;
                let length = packet.data.len().min(packet.origlen as usize);
                Some(Packet { link, time_us: None, bytes: packet.data.get(..length)? })
            }
            PcapBlockOwned::NG(_) => None,
        }
    }
}

fn time_us(ticks: u64, resolution: u64, offset: i64) -> Option<i64> {
    let us = u128::from(ticks) * 1_000_000 / u128::from(resolution.max(1));
    i64::try_from(us).ok()?.checked_add(offset.checked_mul(1_000_000)?)
}

/// Parses the headers of a packet, whatever link it was captured on; `None` for a link type not known here.
fn slice(link: Linktype, bytes: &[u8]) -> Option<Option<LaxSlicedPacket<'_>>> {
    let ip = |at: usize| bytes.get(at..).and_then(|ip| LaxSlicedPacket::from_ip(ip).ok());
    let ether_type = |kind: usize, payload: usize| {
        let kind = EtherType(u16::from_be_bytes(*bytes.get(kind..)?.first_chunk::<2>()?));
        Some(LaxSlicedPacket::from_ether_type(kind, bytes.get(payload..)?))
    };
    Some(match link.0 {
        // Ethernet
        1 => LaxSlicedPacket::from_ethernet(bytes).ok(),
        // BSD loopback and OpenBSD's: an address family of four octets, which the IP version repeats
        0 | 108 => ip(4),
        // raw IP: the three numbers in use, and the ones for IPv4 or IPv6 alone
        12 | 14 | 101 | 228 | 229 => ip(0),
        // Linux "cooked" captures, versions 1 and 2
        113 => ether_type(14, 16),
        276 => ether_type(0, 20),
        _ => return None,
    })
}

/// Every TCP direction of a capture.
struct Connections {
    selection: Selection,
    open: HashMap<Flow, Connection>,
    /// Order of appearance, for what is flushed at the end.
    order: Vec<Flow>,
    streams: usize,
    with_data: usize,
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
    fn new(selection: Selection) -> Self {
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

    fn packet(&mut self, packet: &Packet, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
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
            by_port: self.selection.port.is_some() || flow.has_port(BMP_PORT),
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
            by_port: self.selection.port.is_some() || flow.has_port(BMP_PORT),
            flow,
            streams: &mut self.streams,
            with_data: &mut self.with_data,
        };
        connection.finish(judge, sink)
    }

    fn finish(&mut self, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
        for flow in std::mem::take(&mut self.order) {
            self.close(flow, sink)?;
        }
        Ok(())
    }

    fn notes(&self, report: &mut Report) {
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
