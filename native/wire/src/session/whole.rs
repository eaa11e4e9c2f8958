//! A whole message is read: a plain UPDATE in one pass, all else the long way, and a family whose path identifiers are not as
//! negotiated the other way.

use super::last::Last;
use super::peers::{context, known, remember, Peer, Peers};
use super::{Content, Counters, Frame, Options, Taken};
use crate::bgp::plain::{self, Sink};
use crate::bgp::{Context, FamilySet, Update, UpdateView};
use crate::bmp::{
    peer_header, Body, CommonHeader, Initiation, Message, PeerDown, PeerHeader, PeerUp, RouteMirroring,
    RouteMonitoring, RouteMonitoringView, StatisticsReport, Termination, Unknown, HEADER_LENGTH,
};
use crate::error::{At, DecodeError, Result};
use crate::path_ids::PathIds;
use crate::reader::Reader;
use crate::registry::bmp::message;

/// A whole message, and what it takes to read it.
pub(super) struct Whole<'a> {
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
    pub(super) header: CommonHeader,
    pub(super) peers: &'a mut Peers,
    pub(super) last: &'a mut Last,
    pub(super) options: &'a Options,
    pub(super) counters: &'a mut Counters,
    /// Whether it is to be tried as a plain UPDATE.
    pub(super) plain: bool,
}

impl<'a> Whole<'a> {
    #[inline(always)]
    pub(super) fn decode(mut self) -> Frame<'a> {
        let known = self.known();
        let Whole { offset, bytes, header, peers, last, .. } = self;
        if header.message_type != message::ROUTE_MONITORING {
            last.forget();
            let body = decode(bytes, offset, header, peers, self.options, self.counters);
            return Frame { offset, bytes, header, content: body.map(Content::Other).at("bmp") };
        }
        if known.is_some() {
            let update = UpdateView::empty(bytes, UPDATE, offset, last.context);
            let view = RouteMonitoringView { peer: last.peer, update, tlvs: Vec::new(), update_tlv: None };
            let mut frame = Frame { offset, bytes, header, content: Ok(Content::RouteMonitoring(view)) };
            if let Ok(Content::RouteMonitoring(view)) = &mut frame.content {
                if view.update.read_plain(bytes, UPDATE).is_some() {
                    return frame;
                }
            }
        }
        last.forget();
        let content = decode_monitoring(bytes, offset, header, peers, self.options, self.counters);
        Frame { offset, bytes, header, content }
    }

    #[inline(always)]
    pub(super) fn decode_into(mut self, sink: &mut impl Sink<'a>) -> Frame<'a, Taken<'a>> {
        let Whole { offset, bytes, header, .. } = self;
        let taken = self.known().and_then(|()| plain::read(bytes, UPDATE, &self.last.context, sink));
        let content = match taken {
            Some(()) => Ok(Taken::Plain(&self.last.peer)),
            None => self.decode_other(),
        };
        Frame { offset, bytes, header, content }
    }

    /// Whether it is to be tried as a plain UPDATE of the peer that is the last one then.
    #[inline(always)]
    fn known(&mut self) -> Option<()> {
        if self.plain {
            self.last.find(self.bytes, self.header, self.peers)
        } else {
            None
        }
    }

    #[inline(always)]
    pub(super) fn decode_message(mut self) -> Frame<'a, Message> {
        let Whole { offset, bytes, header, .. } = self;
        let message = |body| Message { offset, length: header.length, version: header.version, body };
        if self.known().is_some() {
            let update = Update::default();
            let monitoring =
                RouteMonitoring { peer: self.last.peer, update, tlvs: Vec::new(), update_tlv: None };
            let content = Ok(message(Body::RouteMonitoring(monitoring)));
            let mut frame = Frame { offset, bytes, header, content };
            if let Ok(Message { body: Body::RouteMonitoring(monitoring), .. }) = &mut frame.content {
                if monitoring.update.read_plain(bytes, UPDATE, &self.last.context).is_some() {
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

    #[inline(never)]
    fn decode_other(self) -> Result<Taken<'a>> {
        Whole { plain: false, ..self }.decode().content.map(|content| Taken::Other(Box::new(content)))
    }
}

/// Where a Route Monitoring of version 3 has its UPDATE.
const UPDATE: usize = HEADER_LENGTH + peer_header::LENGTH;

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
