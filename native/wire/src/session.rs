//! One BMP session: bytes in any split become frames, and what the peers' OPENs negotiated is remembered.
//!
//! ```
//! use wire::session::{Decoder, Options};
//!
//! let mut decoder = Decoder::new(Options::default());
//! let initiation = [3, 0, 0, 0, 16, 4, 0, 2, 0, 6, b'f', b'a', b'r', b'm', b'0', b'1'];
//! let (head, tail) = initiation.split_at(7);
//! assert!(decoder.feed(head).next().is_none());
//! let mut feed = decoder.feed(tail);
//! let frame = feed.next().unwrap().unwrap();
//! assert_eq!(frame.to_message().unwrap().body.type_name(), "initiation");
//! ```

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::bgp::flat::Flat;
use crate::bgp::open::Open;
use crate::bgp::{AddressFamily, Context, FamilySet, Update, UpdateView};
pub use crate::bmp::RouteMonitoringView;
use crate::bmp::{
    peer_header, Body, CommonHeader, Initiation, Message, PeerDown, PeerHeader, PeerKey, PeerUp, RibView,
    RouteMirroring, RouteMonitoring, StatisticsReport, Termination, Unknown, HEADER_LENGTH,
};
use crate::error::{At, DecodeError, Result};
use crate::path_ids::PathIds;
use crate::reader::Reader;
use crate::registry::bmp::message;

/// Limits of a session.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A longer message ends the session.
    pub max_message_bytes: u32,
    /// Peers whose OPENs are remembered; those of further ones are not, which is counted.
    pub max_peers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_message_bytes: 1 << 20, max_peers: 1 << 16 }
    }
}

/// What a session's decoder saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    pub messages: u64,
    /// Messages whose framing holds and whose inside could not be read.
    pub undecodable: u64,
    /// Those of them that read with the other ADD-PATH setting, which earlier messages or they themselves rule out.
    pub suspect: u64,
    /// Families of a peer's view whose path identifiers are inferred: their messages do not read as it was negotiated.
    pub add_path_inferred: u64,
    /// How often that was taken back, because more messages read only as it was negotiated.
    pub add_path_taken_back: u64,
    /// UPDATEs whose AS_PATH reads in another width than the A flag says.
    pub as_width_mismatch: u64,
    /// UPDATEs in which RFC 7606 found a fault.
    pub faulty_updates: u64,
    /// Route Monitorings of peers of an unknown type: which table they are about is not known.
    pub unknown_peer_types: u64,
    /// Peer Ups that were not remembered for [`Options::max_peers`].
    pub peers_over_limit: u64,
}

/// The decoder of one session.
#[derive(Clone, Debug)]
pub struct Decoder {
    options: Options,
    peers: Peers,
    /// The start of a message that has not come whole.
    pending: Vec<u8>,
    /// Of the first octet of `pending`, or of what comes next.
    offset: u64,
    counters: Counters,
    fatal: Option<DecodeError>,
    /// Whether plain UPDATEs are read in one pass.
    plain: bool,
}

/// What a peer's OPENs negotiated, and what its messages showed.
#[derive(Clone, Debug, Default)]
struct Peer {
    /// Families with path identifiers towards the router, and from it.
    add_path_in: FamilySet,
    add_path_out: FamilySet,
    /// Families whose NLRI may have more than one label.
    multiple_labels: FamilySet,
    /// What the messages of each RIB view showed, by its number.
    views: [Option<Box<PathIds>>; 5],
    /// The OPENs are of two ASes.
    external: bool,
    /// The next Peer Up replaces this and is not added to it. Until then it still holds, for routers
    /// send withdrawals of a peer after its Peer Down.
    down: bool,
}

impl Peer {
    fn view(&mut self, view: RibView) -> Option<&mut PathIds> {
        self.views.get_mut(view as usize).map(|view| &mut **view.get_or_insert_default())
    }

    fn context(&self, peer: &PeerHeader) -> Context<'static> {
        let (add_path, external) =
            if peer.adj_rib_out() { (self.add_path_out, false) } else { (self.add_path_in, self.external) };
        let (settled, inferred) = match self.views.get(peer.view() as usize) {
            Some(Some(known)) => (known.settled, known.inferred),
            _ => Default::default(),
        };
        Context {
            two_octet_as: peer.two_octet_as_path(),
            add_path,
            inferred,
            settled,
            multiple_labels: self.multiple_labels,
            external,
            ..Context::default()
        }
    }

    /// Takes the OPENs of a Peer Up. What the messages showed holds on, but where something else is negotiated now.
    fn up(&mut self, peer_up: &PeerUp) {
        let (add_path_in, add_path_out) = (self.add_path_in, self.add_path_out);
        if self.down {
            *self = Peer { views: std::mem::take(&mut self.views), ..Peer::default() };
        }
        self.add(peer_up);
        let inwards = add_path_in.difference(self.add_path_in);
        let outwards = add_path_out.difference(self.add_path_out);
        for (number, view) in self.views.iter_mut().enumerate() {
            let out =
                [RibView::AdjRibOutPre, RibView::AdjRibOutPost].map(|view| view as usize).contains(&number);
            if let Some(view) = view {
                view.forget(if out { outwards } else { inwards });
            }
        }
    }

    /// Adds what a Peer Up says. Some routers send several for a peer, each with OPENs of other families: what the OPENs
    /// say of the families that they carry replaces what was known of these, and nothing else. For a Loc-RIB, whose OPENs
    /// are made up, RFC 9069 (section 4.4) adds them all up.
    fn add(&mut self, peer_up: &PeerUp) {
        let opens = || peer_up.sent_open.iter().chain(&peer_up.received_open);
        let loc_rib = peer_up.peer.is_loc_rib();
        if !loc_rib {
            let carried: FamilySet = opens().flat_map(Open::families).collect();
            self.add_path_in = self.add_path_in.without(carried);
            self.add_path_out = self.add_path_out.without(carried);
            self.multiple_labels = self.multiple_labels.without(carried);
        }
        self.add_add_path(peer_up, loc_rib);
        // RFC 8277, section 2.1: counts where both have sent it.
        if let (Some(sent), Some(received)) = (&peer_up.sent_open, &peer_up.received_open) {
            let both: FamilySet = received.multiple_labels().collect();
            let both = sent.multiple_labels().filter(|family| both.contains(*family)).collect();
            self.multiple_labels = self.multiple_labels.union(both);
        }
    }

    /// RFC 7911, section 4: a direction has path identifiers where one side can send and the other can receive.
    fn add_add_path(&mut self, peer_up: &PeerUp, loc_rib: bool) {
        let sent = families(peer_up.sent_open.as_ref());
        let mut received = families(peer_up.received_open.as_ref());
        // Looked up and not searched: an OPEN holds up to 16,000 families. Of one that is given twice the first counts.
        received.sort_by_key(|(family, _)| *family);
        if let (Some(sent), Some(received), false) = (&peer_up.sent_open, &peer_up.received_open, loc_rib) {
            self.external = sent.asn() != received.asn();
        }
        for (family, local) in sent {
            let place = received.partition_point(|(other, _)| *other < family);
            let remote =
                received.get(place).filter(|(other, _)| *other == family).map_or(0, |(_, mode)| *mode);
            // The OPENs of a Loc-RIB are made up by the router and have no direction (RFC 9069, section 4.4).
            if loc_rib && local != 0 || local & RECEIVE != 0 && remote & SEND != 0 {
                self.add_path_in.insert(family);
            }
            if local & SEND != 0 && remote & RECEIVE != 0 {
                self.add_path_out.insert(family);
            }
        }
    }
}

const RECEIVE: u8 = 1;
const SEND: u8 = 2;

fn families(open: Option<&Open>) -> SmallVec<[(AddressFamily, u8); 4]> {
    open.into_iter().flat_map(Open::add_path).collect()
}

/// One message of the session.
#[derive(Debug)]
pub struct Frame<'a, C = Content<'a>> {
    /// Of the frame's first octet, from the session's first octet.
    pub offset: u64,
    /// The whole message, the common header included.
    pub bytes: &'a [u8],
    pub header: CommonHeader,
    /// What it says; an error does not end the session.
    pub content: Result<C>,
}

/// What a frame says. Route Monitoring, which is nearly all of the traffic, is by reference.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // lives for one frame, on the stack
pub enum Content<'a> {
    RouteMonitoring(RouteMonitoringView<'a>),
    Other(Body),
}

impl Content<'_> {
    fn into_body(self) -> Body {
        match self {
            Content::RouteMonitoring(view) => Body::RouteMonitoring(view.to_owned()),
            Content::Other(body) => body,
        }
    }
}

/// What a frame says beside the [`Flat`] that it was read into.
#[derive(Debug)]
pub enum FlatContent<'a> {
    /// A Route Monitoring of this peer. All that it says is in the [`Flat`]: it has no fault and no TLV, and
    /// is no End-of-RIB.
    Plain(PeerHeader),
    /// Any other message. What a Route Monitoring has of routes and attributes is in the [`Flat`] too.
    Other(Box<Content<'a>>),
}

impl Frame<'_> {
    /// The message in owned values.
    pub fn to_message(&self) -> Result<Message> {
        let body = match &self.content {
            Ok(Content::RouteMonitoring(view)) => Body::RouteMonitoring(view.to_owned()),
            Ok(Content::Other(body)) => body.clone(),
            Err(error) => return Err(error.clone()),
        };
        Ok(self.message(body))
    }

    /// The message in owned values, without a copy of what is owned already.
    pub fn into_message(self) -> Result<Message> {
        let Frame { offset, header, content, .. } = self;
        let body = content?.into_body();
        Ok(Message { offset, length: header.length, version: header.version, body })
    }

    fn message(&self, body: Body) -> Message {
        Message { offset: self.offset, length: self.header.length, version: self.header.version, body }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new(Options::default())
    }
}

impl Decoder {
    pub fn new(options: Options) -> Self {
        Decoder {
            options,
            peers: HashMap::default(),
            pending: Vec::new(),
            offset: 0,
            counters: Counters::default(),
            fatal: None,
            plain: true,
        }
    }

    /// Reads no UPDATE in one pass. For tests, which compare what comes out with what does otherwise.
    #[doc(hidden)]
    #[must_use]
    pub fn the_long_way(self) -> Self {
        Decoder { plain: false, ..self }
    }

    /// Gives the decoder more of the session; the frames that are complete come out of the [`Feed`]. What is left
    /// of `bytes` when the feed is dropped is kept, read or not.
    pub fn feed<'a>(&'a mut self, bytes: &'a [u8]) -> Feed<'a> {
        Feed { decoder: self, input: bytes, pending_read: false, failed: false }
    }

    /// How far the session is read, in octets: everything before is in frames that came out.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Octets of a message that has not come whole.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// So many octets of the session will never come, e.g. because a capture lacks them. Goes on behind them, where a
    /// message must begin. A message that has not come whole is forgotten; what the peers negotiated is not.
    pub fn skip(&mut self, octets: u64) {
        self.offset += self.pending.len() as u64 + octets;
        self.pending.clear();
    }

    /// Why the session cannot be read on.
    pub fn fatal(&self) -> Option<&DecodeError> {
        self.fatal.as_ref()
    }
}

/// Frames that are complete; see [`Decoder::feed`].
#[derive(Debug)]
pub struct Feed<'a> {
    decoder: &'a mut Decoder,
    input: &'a [u8],
    /// `Decoder::pending` holds a message that has come out already.
    pending_read: bool,
    failed: bool,
}

impl Feed<'_> {
    /// The next frame; an error ends the session, as framing is lost: every later call gives nothing, and
    /// every later feed the same error.
    #[allow(clippy::should_implement_trait)] // a frame borrows from the feed
    pub fn next(&mut self) -> Option<Result<Frame<'_>>> {
        Some(self.take()?.map(Whole::decode))
    }

    /// The next frame as [`Feed::next`] gives it, with the routes and attributes of a Route Monitoring in `flat`,
    /// which is empty for other messages and for what cannot be read.
    #[inline]
    pub fn next_flat(&mut self, flat: &mut Flat) -> Option<Result<Frame<'_, FlatContent<'_>>>> {
        Some(self.take()?.map(|whole| whole.decode_flat(flat)))
    }

    /// The next frame as an owned message; what [`Frame::into_message`] makes of [`Feed::next`], in less time.
    #[inline]
    pub fn next_message(&mut self) -> Option<Result<Frame<'_, Message>>> {
        Some(self.take()?.map(Whole::decode_message))
    }

    #[inline(always)]
    fn take(&mut self) -> Option<Result<Whole<'_>>> {
        if self.failed {
            return None;
        }
        if let Some(error) = &self.decoder.fatal {
            self.failed = true;
            return Some(Err(error.clone()));
        }
        if self.pending_read {
            self.decoder.pending.clear();
            self.pending_read = false;
        }
        match self.complete() {
            Ok(None) => None,
            Ok(Some((header, from_pending))) => {
                let Decoder { offset, counters, peers, pending, options, plain, .. } = &mut *self.decoder;
                let bytes = if from_pending {
                    self.pending_read = true;
                    pending.as_slice()
                } else {
                    let (frame, rest) = self.input.split_at_checked(header.length as usize)?;
                    self.input = rest;
                    frame
                };
                let start = *offset;
                *offset += u64::from(header.length);
                counters.messages += 1;
                Some(Ok(Whole { offset: start, bytes, header, peers, options, counters, plain: *plain }))
            }
            Err(error) => {
                self.failed = true;
                self.decoder.fatal = Some(error.clone());
                Some(Err(error))
            }
        }
    }

    /// Finds out whether there is a whole message, and whether it is in `pending`.
    #[inline]
    fn complete(&mut self) -> Result<Option<(CommonHeader, bool)>> {
        let Decoder { pending, offset, options, .. } = &mut *self.decoder;
        let limit = options.max_message_bytes;
        if pending.is_empty() {
            if self.input.len() < HEADER_LENGTH {
                return check_start(self.input, *offset, limit);
            }
            let header = CommonHeader::decode(&mut Reader::new(self.input, *offset), limit)?;
            return Ok((header.length as usize <= self.input.len()).then_some((header, false)));
        }
        move_up_to(pending, &mut self.input, HEADER_LENGTH);
        if pending.len() < HEADER_LENGTH {
            return check_start(pending, *offset, limit);
        }
        let header = CommonHeader::decode(&mut Reader::new(pending, *offset), limit)?;
        move_up_to(pending, &mut self.input, header.length as usize);
        Ok((header.length as usize <= pending.len()).then_some((header, true)))
    }
}

/// Fewer octets than a header has: what is there must still be right.
fn check_start(bytes: &[u8], offset: u64, limit: u32) -> Result<Option<(CommonHeader, bool)>> {
    match CommonHeader::decode(&mut Reader::new(bytes, offset), limit) {
        Err(error) if !matches!(error.kind(), crate::ErrorKind::Truncated { .. }) => Err(error),
        _ => Ok(None),
    }
}

/// Moves octets from the input until `pending` has `length` of them.
fn move_up_to(pending: &mut Vec<u8>, input: &mut &[u8], length: usize) {
    let wanted = length.saturating_sub(pending.len()).min(input.len());
    if let Some((taken, rest)) = input.split_at_checked(wanted) {
        pending.extend_from_slice(taken);
        *input = rest;
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        if self.pending_read {
            self.decoder.pending.clear();
        }
        if self.decoder.fatal.is_none() {
            self.decoder.pending.extend_from_slice(self.input);
        }
    }
}

/// A whole message, and what it takes to read it.
struct Whole<'a> {
    offset: u64,
    bytes: &'a [u8],
    header: CommonHeader,
    peers: &'a mut Peers,
    options: &'a Options,
    counters: &'a mut Counters,
    /// Whether it is to be tried as a plain UPDATE.
    plain: bool,
}

/// The peer of a Route Monitoring of version 3, which has the UPDATE at [`UPDATE`].
#[inline(always)]
fn plain_peer(bytes: &[u8], header: CommonHeader, peers: &Peers) -> Option<(PeerHeader, Context<'static>)> {
    let CommonHeader { version: 3, message_type: message::ROUTE_MONITORING, .. } = header else {
        return None;
    };
    let mut reader = Reader::new(bytes.get(HEADER_LENGTH..)?, 0);
    let peer = PeerHeader::decode(&mut reader).ok().filter(PeerHeader::is_known)?;
    Some((peer, context(&peer, peers)))
}

impl<'a> Whole<'a> {
    #[inline(always)]
    fn decode(self) -> Frame<'a> {
        let Whole { offset, bytes, header, peers, .. } = self;
        if header.message_type != message::ROUTE_MONITORING {
            let body = decode(bytes, offset, header, peers, self.options, self.counters);
            return Frame { offset, bytes, header, content: body.map(Content::Other).at("bmp") };
        }
        if let Some((peer, context)) = plain_peer(bytes, header, peers).filter(|_| self.plain) {
            let update = UpdateView::empty(bytes, UPDATE, offset, context);
            let view = RouteMonitoringView { peer, update, tlvs: Vec::new(), update_tlv: None };
            let mut frame = Frame { offset, bytes, header, content: Ok(Content::RouteMonitoring(view)) };
            if let Ok(Content::RouteMonitoring(view)) = &mut frame.content {
                if view.update.read_plain(bytes, UPDATE).is_some() {
                    return frame;
                }
            }
        }
        let content = decode_monitoring(bytes, offset, header, peers, self.options, self.counters);
        Frame { offset, bytes, header, content }
    }

    #[inline(always)]
    fn decode_flat(self, flat: &mut Flat) -> Frame<'a, FlatContent<'a>> {
        let Whole { offset, bytes, header, .. } = self;
        let content = match self.plain(flat) {
            Some(peer) => Ok(FlatContent::Plain(peer)),
            None => self.decode_other(flat),
        };
        Frame { offset, bytes, header, content }
    }

    #[inline(always)]
    fn decode_message(self) -> Frame<'a, Message> {
        let Whole { offset, bytes, header, .. } = self;
        let message = |body| Message { offset, length: header.length, version: header.version, body };
        if let Some((peer, context)) = self.peer() {
            let update = Update::default();
            let monitoring = RouteMonitoring { peer, update, tlvs: Vec::new(), update_tlv: None };
            let content = Ok(message(Body::RouteMonitoring(monitoring)));
            let mut frame = Frame { offset, bytes, header, content };
            if let Ok(Message { body: Body::RouteMonitoring(monitoring), .. }) = &mut frame.content {
                if monitoring.update.read_plain(bytes, UPDATE, context).is_some() {
                    return frame;
                }
            }
        }
        let content = self.decode_other_message().map(message);
        Frame { offset, bytes, header, content }
    }

    #[inline(never)]
    fn decode_other_message(self) -> Result<Body> {
        Whole { plain: false, ..self }.decode().content.map(Content::into_body)
    }

    #[inline(always)]
    fn plain(&self, flat: &mut Flat) -> Option<PeerHeader> {
        let (peer, context) = self.peer()?;
        flat.read_plain(self.bytes, UPDATE, context).then_some(peer)
    }

    #[inline(always)]
    fn peer(&self) -> Option<(PeerHeader, Context<'static>)> {
        if self.plain {
            plain_peer(self.bytes, self.header, self.peers)
        } else {
            None
        }
    }

    #[inline(never)]
    fn decode_other(self, flat: &mut Flat) -> Result<FlatContent<'a>> {
        flat.clear();
        let content = Whole { plain: false, ..self }.decode().content?;
        if let Content::RouteMonitoring(view) = &content {
            flat.read(&view.update);
        }
        Ok(FlatContent::Other(Box::new(content)))
    }
}

/// Where a Route Monitoring of version 3 has its UPDATE.
const UPDATE: usize = HEADER_LENGTH + peer_header::LENGTH;

type Peers = HashMap<PeerKey, Peer, foldhash::fast::RandomState>;

#[inline(never)]
fn decode_monitoring<'a>(
    bytes: &'a [u8],
    offset: u64,
    header: CommonHeader,
    peers: &mut Peers,
    options: &Options,
    counters: &mut Counters,
) -> Result<Content<'a>> {
    let mut reader = Reader::new(bytes, offset);
    reader.take(HEADER_LENGTH)?;
    let content = route_monitoring(header.version, &mut reader, peers, options, counters);
    match &content {
        Ok(view) => {
            counters.as_width_mismatch += u64::from(view.update.as_width_mismatch());
            counters.faulty_updates += u64::from(!view.update.faults().is_empty());
            counters.unknown_peer_types += u64::from(!view.peer.is_known());
        }
        Err(error) => {
            counters.undecodable += 1;
            counters.suspect += u64::from(error.suspect());
        }
    }
    content.map(Content::RouteMonitoring).at("route_monitoring").at("bmp")
}

/// A message of any type but Route Monitoring.
#[inline(never)]
fn decode(
    bytes: &[u8],
    offset: u64,
    header: CommonHeader,
    peers: &mut Peers,
    options: &Options,
    counters: &mut Counters,
) -> Result<Body> {
    let mut reader = Reader::new(bytes, offset);
    reader.take(HEADER_LENGTH)?;
    let body = match header.message_type {
        message::STATISTICS_REPORT => StatisticsReport::decode(header.version, &mut reader)
            .map(Body::StatisticsReport)
            .at("statistics_report"),
        message::PEER_DOWN => PeerDown::decode(&mut reader)
            .map(|message| {
                if let Some(peer) = peers.get_mut(&message.peer.key()) {
                    peer.down = true;
                }
                Body::PeerDown(message)
            })
            .at("peer_down"),
        message::PEER_UP => PeerUp::decode(&mut reader)
            .map(|message| {
                remember(&message, peers, options, counters);
                Body::PeerUp(message)
            })
            .at("peer_up"),
        message::INITIATION => Initiation::decode(&mut reader).map(Body::Initiation).at("initiation"),
        message::TERMINATION => Termination::decode(&mut reader).map(Body::Termination).at("termination"),
        message::ROUTE_MIRRORING => {
            route_mirroring(&mut reader, peers).map(Body::RouteMirroring).at("route_mirroring")
        }
        message_type => Ok(Body::Unknown(Unknown { message_type, data: reader.take_rest().into() })),
    };
    counters.undecodable += u64::from(body.is_err());
    body
}

fn remember(message: &PeerUp, peers: &mut Peers, options: &Options, counters: &mut Counters) {
    match known(message.peer.key(), peers, options) {
        Some(peer) => peer.up(message),
        None => counters.peers_over_limit += 1,
    }
}

/// What is remembered of a peer; nothing is of those above the limit.
fn known<'a>(key: PeerKey, peers: &'a mut Peers, options: &Options) -> Option<&'a mut Peer> {
    if peers.len() >= options.max_peers && !peers.contains_key(&key) {
        return None;
    }
    Some(peers.entry(key).or_default())
}

#[inline(always)]
fn context(peer: &PeerHeader, peers: &Peers) -> Context<'static> {
    match peers.get(&peer.key()) {
        Some(known) => known.context(peer),
        None => Peer::default().context(peer),
    }
}

/// Reads a family as it was negotiated first. Some routers do not keep to what the OPENs say of path identifiers: a family of
/// a peer's view whose messages read only the other way is read so from then on; see [`PathIds`].
fn route_monitoring<'a>(
    version: u8,
    reader: &mut Reader<'a>,
    peers: &mut Peers,
    options: &Options,
    counters: &mut Counters,
) -> Result<RouteMonitoringView<'a>> {
    let peer = PeerHeader::decode(reader)?;
    let read = |context| RouteMonitoringView::decode(version, peer, *reader, context);
    let context = context(&peer, peers);
    match read(context) {
        Ok(mut view) => {
            view.update.weigh();
            if !view.update.evidence.one_way.is_empty() {
                count(&mut view, known(peer.key(), peers, options));
            }
            Ok(view)
        }
        Err(error) => {
            let Some((other, mut view)) = the_other_way(&error, context, read) else { return Err(error) };
            let known = known(peer.key(), peers, options).and_then(|known| known.view(peer.view()));
            let turned = known.map_or(Err(FamilySet::default()), |known| turn(known, context, other));
            if let Err(refused) = turned {
                let family = refused.iter().next();
                return Err(family.map_or(error.clone(), |family| error.of_family(family)).mark_suspect());
            }
            for family in other.iter() {
                let taken_back = context.inferred.contains(family);
                counters.add_path_taken_back += u64::from(taken_back);
                counters.add_path_inferred += u64::from(!taken_back);
            }
            view.update.weigh();
            view.update.evidence.turned = other;
            Ok(view)
        }
    }
}

/// Counts the families of a message that read in one way only, the way in which they were read.
#[cold]
fn count(view: &mut RouteMonitoringView<'_>, known: Option<&mut Peer>) {
    let Some(known) = known.and_then(|known| known.view(view.peer.view())) else { return };
    let evidence = &mut view.update.evidence;
    for family in evidence.one_way.iter() {
        known.count(family, !known.inferred.contains(family));
    }
    evidence.settled = evidence.open.intersection(known.settled);
}

/// The families that have to be read the other way than now for the message to read, and the message so.
#[cold]
fn the_other_way<'a>(
    error: &DecodeError,
    context: Context<'a>,
    read: impl Fn(Context<'a>) -> Result<RouteMonitoringView<'a>>,
) -> Option<(FamilySet, RouteMonitoringView<'a>)> {
    let mut other = FamilySet::default();
    let mut failed = error.family();
    while let Some(family) = failed.filter(|family| !other.contains(*family)) {
        other.insert(family);
        let settled = context.settled.without(other);
        match read(Context { inferred: context.inferred.difference(other), settled, ..context }) {
            Ok(view) => return Some((other, view)),
            Err(error) => failed = error.family(),
        }
    }
    None
}

/// Counts a message that does not read as its families are read now. They are read the other way from it on, or
/// what other messages showed is against that for some, which are given.
#[cold]
fn turn(known: &mut PathIds, context: Context<'_>, families: FamilySet) -> Result<(), FamilySet> {
    let as_negotiated = |family| context.inferred.contains(family);
    let refused: FamilySet =
        families.iter().filter(|family| !known.turns(*family, as_negotiated(*family))).collect();
    let counted = if refused.is_empty() { families } else { refused };
    for family in counted.iter() {
        known.count(family, as_negotiated(family));
    }
    if refused.is_empty() {
        Ok(())
    } else {
        Err(refused)
    }
}

fn route_mirroring(reader: &mut Reader<'_>, peers: &Peers) -> Result<RouteMirroring> {
    let peer = PeerHeader::decode(reader)?;
    RouteMirroring::decode(reader, peer, context(&peer, peers))
}
