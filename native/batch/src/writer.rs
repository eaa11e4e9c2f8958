//! Messages of a session as events, and events as batches.

use std::net::Ipv4Addr;

use bytes::Bytes;
use hashbrown::HashMap;
use prost::Message as _;
use wire::bgp::{Action, AddressFamily, UpdateView};
use wire::bmp::{self, PeerDownReason, PeerHeader, PeerKey, RouteMonitoringView};
use wire::session::{Content, Frame};

use crate::convert::{action, address, counter, fault, mirrored, route_group, time, tlv, view};
use crate::events::Events;
use crate::generated as proto;
use crate::ids::{self, Id};
use crate::options::SessionOptions;
use crate::routes::{Group, RoutesEvent};
use crate::unsure::{Kept, Unsure};

/// One message for the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedBatch {
    /// `SESSION_ID-FIRST_SEQUENCE`: what the batch is, never when it came, so that a broker which drops duplicates by it (JetStream's `Nats-Msg-Id`) does so rightly.
    pub message_id: String,
    pub router_id: Id,
    pub first_sequence: u64,
    /// A `serviceradar.bmp.v1.Batch`.
    pub payload: Vec<u8>,
    /// BMP messages in it.
    pub messages: u64,
    /// Routes announced or withdrawn.
    pub routes: u64,
    pub events: u64,
}

/// A peer, its BGP ID and AS number.
type Named = (PeerKey, Ipv4Addr, u32);

/// Makes events, and of events batches.
#[derive(Debug)]
pub(crate) struct Writer {
    options: SessionOptions,
    /// None before the first message: it decides the router's id.
    pub session: Option<proto::Session>,
    pub router_id: Id,
    /// Sequence of the next message.
    pub sequence: u64,
    peer_ids: HashMap<PeerKey, Id>,
    pub terminated: bool,
    pub done: bool,
    unsure: Unsure,

    pub received_at_us: i64,
    first_sequence: u64,
    peers: Vec<proto::Peer>,
    /// Index in `peers`. BGP ID and AS number are not part of what a peer is but must not get lost.
    places: HashMap<Named, u32>,
    /// The one that was looked up last.
    last: Option<(Named, u32)>,
    events: Events,
    /// Events that the next messages may add routes to, of each peer and view one at most.
    open: [OpenRoutes; MAX_OPEN],
    /// Payload so far, about.
    octets: usize,
    messages: u64,
    routes: u64,
    pub batches: Vec<EncodedBatch>,
    /// Scratch for canonical attributes.
    attributes: Vec<u8>,
}

/// The last event of a peer's view while messages that say the same may still join it. Some routers
/// send a message a route, and each route's views in turn.
#[derive(Debug, Default)]
struct OpenRoutes {
    /// In `Writer::events`. None where no event is open; the buffers of the last one are kept.
    place: Option<usize>,
    key: Option<PeerKey>,
    /// What its messages say alike, without attributes and next hop.
    head: RoutesEvent<'static>,
    attributes: Vec<u8>,
    next_hop: Vec<u8>,
    nlri: Vec<u8>,
}

/// Open events at once; they are looked through for every message.
const MAX_OPEN: usize = 8;

/// Octets of an event besides its byte fields, about.
pub(crate) const EVENT_OCTETS: usize = 32;

impl Writer {
    pub fn new(options: SessionOptions) -> Self {
        Writer {
            options,
            session: None,
            router_id: Id::default(),
            sequence: 1,
            peer_ids: HashMap::new(),
            terminated: false,
            done: false,
            unsure: Unsure::default(),
            received_at_us: 0,
            first_sequence: 1,
            peers: Vec::new(),
            places: HashMap::new(),
            last: None,
            events: Events::default(),
            open: Default::default(),
            octets: 0,
            messages: 0,
            routes: 0,
            batches: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The session's first event, when the first message, or the end, says who the router is.
    pub fn begin(&mut self, initiation: Option<&bmp::Initiation>) {
        if self.session.is_some() {
            return;
        }
        let sys_name = initiation.and_then(|initiation| initiation.sys_name.clone()).unwrap_or_default();
        let sys_descr = initiation.and_then(|initiation| initiation.sys_descr.clone()).unwrap_or_default();
        self.router_id = ids::router(self.options.identity, &sys_name, self.options.router_address);
        self.session = Some(proto::Session {
            router_id: Bytes::copy_from_slice(&self.router_id),
            router_address: self.options.router_address.to_string(),
            router_port: self.options.router_port.into(),
            sys_name,
            sys_descr,
            collector: self.options.collector.clone(),
            session_id: Bytes::copy_from_slice(&self.options.session_id),
        });
        self.push(None, proto::event::Body::SessionStart(proto::SessionStart {}), EVENT_OCTETS);
        self.sequence += 1;
    }

    pub fn frame(&mut self, frame: Frame<'_>) {
        let initiation = match &frame.content {
            Ok(Content::Other(bmp::Body::Initiation(initiation))) => Some(initiation),
            _ => None,
        };
        self.begin(initiation);
        match frame.content {
            // Which table it is about is not known: what its flags mean is not.
            Ok(Content::RouteMonitoring(message)) if !message.peer.is_known() => {
                let reason = format!("value is {}, not that of a known peer type", message.peer.peer_type.0);
                let path = "bmp.route_monitoring.peer_header.peer_type".into();
                self.undecodable(frame.bytes, frame.offset + 6, path, reason, false);
            }
            Ok(Content::RouteMonitoring(message)) => {
                let tlvs = message.tlvs.iter().map(tlv).collect();
                self.evidence(&message, frame.bytes);
                self.update(&message.peer, &message.update, tlvs);
            }
            Ok(Content::Other(body)) => self.body(body, frame.offset, frame.bytes),
            Err(error) => {
                let peer = error.suspect_family().zip(PeerHeader::of_frame(frame.bytes));
                if let Some((family, peer)) = peer {
                    self.unsure.keep(&peer, family, frame.bytes);
                }
                let (offset, path) = (error.offset(), error.path().to_string());
                self.undecodable(frame.bytes, offset, path, error.reason(), error.suspect());
            }
        }
        self.sequence += 1;
        self.messages += 1;
        if self.octets >= self.options.max_batch_bytes || self.events.len() >= self.options.max_batch_events {
            self.close();
        }
    }

    fn body(&mut self, body: bmp::Body, offset: u64, frame: &[u8]) {
        use proto::event::Body;
        let peer = body.peer().copied();
        let mut faults = Vec::new();
        let (event, octets) = match body {
            bmp::Body::Initiation(message) => {
                if let Some(session) = &mut self.session {
                    // A later Initiation may say more; the id stays.
                    session.sys_name =
                        message.sys_name.unwrap_or_else(|| std::mem::take(&mut session.sys_name));
                    session.sys_descr =
                        message.sys_descr.unwrap_or_else(|| std::mem::take(&mut session.sys_descr));
                }
                let tlvs = message.tlvs.iter().map(tlv).collect();
                (Body::Initiation(proto::Initiation { tlvs }), frame.len())
            }
            bmp::Body::Termination(message) => {
                self.terminated = true;
                let termination = proto::Termination {
                    reason: message.reason.map(Into::into),
                    text: message.text.unwrap_or_default(),
                    tlvs: message.tlvs.iter().map(tlv).collect(),
                };
                (Body::Termination(termination), 2 * frame.len())
            }
            bmp::Body::PeerUp(message) => {
                faults = message.faults;
                let up = proto::PeerUp {
                    local_address: match message.local_address {
                        address if address.is_unspecified() => Bytes::new(),
                        address => self::address(address),
                    },
                    local_port: message.local_port.into(),
                    remote_port: message.remote_port.into(),
                    sent_open: Bytes::copy_from_slice(&message.sent_open_message),
                    received_open: Bytes::copy_from_slice(&message.received_open_message),
                    tlvs: message.tlvs.iter().map(tlv).collect(),
                };
                (Body::PeerUp(up), frame.len())
            }
            bmp::Body::PeerDown(message) => {
                self.unsure.forget(&message.peer);
                let mut down =
                    proto::PeerDown { reason: message.reason.number().into(), ..Default::default() };
                match &message.reason {
                    PeerDownReason::LocalNotification { .. } | PeerDownReason::RemoteNotification { .. } => {
                        down.notification = Bytes::copy_from_slice(&message.data);
                    }
                    PeerDownReason::LocalFsmEvent { event } => down.fsm_event = event.map(Into::into),
                    PeerDownReason::LocalSystemClosed { tlvs } => down.tlvs = tlvs.iter().map(tlv).collect(),
                    _ => down.data = Bytes::copy_from_slice(&message.data),
                }
                (Body::PeerDown(down), frame.len())
            }
            bmp::Body::StatisticsReport(message) => {
                let counters = message.statistics.iter().map(counter).collect();
                (Body::Statistics(proto::Statistics { counters }), 2 * frame.len())
            }
            bmp::Body::RouteMirroring(message) => {
                let tlvs = message.mirrored.iter().map(mirrored).collect();
                (Body::Mirroring(proto::Mirroring { tlvs }), frame.len())
            }
            bmp::Body::RouteMonitoring(message) => {
                // The decoder gives these by reference, see `update`.
                let kind = message.peer.peer_type.name();
                return self.undecodable(
                    frame,
                    offset,
                    "bmp".into(),
                    format!("{kind}: not by reference"),
                    false,
                );
            }
            bmp::Body::Unknown(message) => {
                let reason = format!("message type {} has no reading", message.message_type);
                return self.undecodable(frame, offset + 5, "bmp.type".into(), reason, false);
            }
        };
        let place = peer.as_ref().map(|peer| (self.place(peer), peer));
        self.push(place, event, octets);
        for fault in faults {
            // Every event has a place of its own.
            self.sequence += 1;
            let (offset, path) = (fault.offset(), fault.path().to_string());
            self.undecodable(frame, offset, path, fault.reason(), fault.suspect());
        }
    }

    fn undecodable(&mut self, frame: &[u8], offset: u64, path: String, mut reason: String, suspect: bool) {
        // A message of the broker has a limit; the start of a message that long tells enough.
        let raw = frame.get(..self.options.max_batch_bytes).unwrap_or(frame);
        if raw.len() < frame.len() {
            reason = format!("{reason} (of {} octets the first {} are kept)", frame.len(), raw.len());
        }
        let octets = raw.len() + reason.len();
        let raw = Bytes::copy_from_slice(raw);
        // Which peer, where at least the per-peer header reads.
        let header = PeerHeader::of_frame(frame);
        let place = header.as_ref().map(|peer| (self.place(peer), peer));
        let undecodable = proto::Undecodable { offset, path, reason, raw, suspect };
        self.push(place, proto::event::Body::Undecodable(undecodable), octets);
    }

    /// Tells which families are read in another way from this message on, and says again what of them was read before.
    fn evidence(&mut self, message: &RouteMonitoringView<'_>, frame: &[u8]) {
        let (evidence, peer) = (message.update.evidence(), &message.peer);
        for family in evidence.turned.iter() {
            let Kept { frames, lost } = self.unsure.take(peer, family);
            let place = self.place(peer);
            let event = proto::AddPathInferred {
                afi: family.afi.into(),
                safi: family.safi.into(),
                as_negotiated: !message.update.is_inferred(family),
                incomplete: lost,
            };
            self.push(Some((place, peer)), proto::event::Body::AddPathInferred(event), EVENT_OCTETS);
            self.sequence += 1;
            for frame in frames {
                let Ok(again) = message.read_again(&frame) else { continue };
                self.family_again(&again.peer, &again.update, family);
                self.unsure.keep(peer, family, &frame);
            }
        }
        for family in evidence.open.iter() {
            if evidence.settled.contains(family) {
                self.unsure.settled(peer, family);
            } else {
                self.unsure.keep(peer, family, frame);
            }
        }
    }

    /// Routes of one family of an UPDATE whose other families have been told.
    fn family_again(&mut self, peer: &PeerHeader, update: &UpdateView<'_>, family: AddressFamily) {
        let place = self.place(peer);
        self.attributes.clear();
        update.canonical_attributes(&mut self.attributes);
        let groups = update.groups().iter().filter(|group| group.family == family);
        let routes = proto::Routes {
            attributes: Bytes::copy_from_slice(&self.attributes),
            groups: groups.map(route_group).collect(),
            ..proto::Routes::default()
        };
        let octets = routes.encoded_len();
        self.push(Some((place, peer)), proto::event::Body::Routes(routes), octets);
        self.sequence += 1;
    }

    fn update(&mut self, peer: &PeerHeader, update: &UpdateView<'_>, tlvs: Vec<proto::Tlv>) {
        let place = self.place(peer);
        if let Some(family) = update.end_of_rib() {
            let end = proto::EndOfRib { afi: family.afi.into(), safi: family.safi.into() };
            return self.push(Some((place, peer)), proto::event::Body::EndOfRib(end), EVENT_OCTETS);
        }
        self.attributes.clear();
        if update.groups().iter().any(|group| group.action == Action::Announce) {
            update.canonical_attributes(&mut self.attributes);
        }
        self.routes += update.groups().iter().map(|group| u64::from(group.count)).sum::<u64>();

        if let ([group], [], []) = (update.groups(), update.faults(), tlvs.as_slice()) {
            return self.route_group(place, peer, group);
        }

        let routes = proto::Routes {
            attributes: Bytes::copy_from_slice(&self.attributes),
            groups: update.groups().iter().map(route_group).collect(),
            faults: update.faults().iter().map(fault).collect(),
            tlvs,
        };
        let octets = routes.encoded_len();
        self.push(Some((place, peer)), proto::event::Body::Routes(routes), octets);
    }

    /// Adds a group to the open event of its peer and view where that says the same of its routes;
    /// else opens another.
    fn route_group(&mut self, place: u32, peer: &PeerHeader, group: &wire::bgp::RouteGroup<'_>) {
        let head = RoutesEvent {
            sequence_offset: 0,
            peer: place,
            view: view(peer) as i32,
            filtered: peer.filtered(),
            router_time_us: time(peer),
            attributes: &[],
            group: Group {
                action: action(group.action),
                afi: group.family.afi,
                safi: group.family.safi,
                add_path: group.add_path,
                add_path_inferred: group.inferred,
                next_hop: &[],
                nlri: &[],
            },
        };
        let key = Some(peer.key());
        let found = self.open.iter_mut().position(|open| open.is_of(key, head.view));
        // Where all are open the oldest goes; one that is free has no place, which is less than any.
        let oldest =
            || self.open.iter().enumerate().min_by_key(|(_, open)| open.place).map(|(index, _)| index);
        let Some(open) = found.or_else(oldest).and_then(|index| self.open.get_mut(index)) else { return };
        let same = found.is_some()
            && RoutesEvent { sequence_offset: 0, ..open.head } == head
            && open.next_hop == group.next_hop
            && open.attributes == self.attributes
            // A family without a reading has one NLRI a block, whose end nobody knows.
            && wire::bgp::nlri::has_reading(group.family);
        let nlri = group.canonical_nlri();
        if same {
            open.nlri.extend_from_slice(&nlri);
            self.octets += nlri.len();
            return;
        }
        open.seal(&mut self.events);
        open.place = Some(self.events.keep());
        open.key = key;
        open.head = RoutesEvent { sequence_offset: offset(self.sequence, self.first_sequence), ..head };
        std::mem::swap(&mut open.attributes, &mut self.attributes);
        open.next_hop.clear();
        open.next_hop.extend_from_slice(group.next_hop);
        open.nlri.clear();
        open.nlri.extend_from_slice(&nlri);
        self.octets += open.attributes.len() + nlri.len() + EVENT_OCTETS;
    }

    /// Index of a peer in the batch.
    fn place(&mut self, header: &PeerHeader) -> u32 {
        let key = header.key();
        let named = (key, header.bgp_id, header.asn);
        // Most messages are of the peer of the one before.
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == named) {
            return place;
        }
        if let Some(place) = self.places.get(&named).copied() {
            self.last = Some((named, place));
            return place;
        }
        // Bounded: a session that makes up peers only makes this slower.
        if self.peer_ids.len() >= self.options.max_peers {
            self.peer_ids.clear();
        }
        let router_id = &self.router_id;
        let id = *self.peer_ids.entry(key).or_insert_with(|| ids::peer(router_id, header));
        let place = u32::try_from(self.peers.len()).unwrap_or(u32::MAX);
        self.peers.push(proto::Peer {
            id: Bytes::copy_from_slice(&id),
            r#type: header.peer_type.0.into(),
            distinguisher: header.distinguisher,
            address: address(header.address),
            asn: header.asn,
            bgp_id: Bytes::copy_from_slice(&header.bgp_id.octets()),
        });
        self.places.insert(named, place);
        self.last = Some((named, place));
        self.octets += 3 * EVENT_OCTETS;
        place
    }

    fn event(&mut self, peer: Option<(u32, &PeerHeader)>, body: proto::event::Body) -> proto::Event {
        let header = peer.map(|(_, header)| header);
        proto::Event {
            sequence_offset: offset(self.sequence, self.first_sequence),
            peer: peer.map(|(place, _)| place),
            view: header.map_or(0, |header| view(header) as i32),
            filtered: header.is_some_and(PeerHeader::filtered),
            router_time_us: header.map_or(0, time),
            body: Some(body),
        }
    }

    pub fn push(&mut self, peer: Option<(u32, &PeerHeader)>, body: proto::event::Body, octets: usize) {
        self.seal();
        let event = self.event(peer, body);
        self.octets += octets + EVENT_OCTETS;
        self.events.push(&event);
    }

    /// Nothing joins what is there any more: what comes next may concern its routes.
    fn seal(&mut self) {
        self.open.iter_mut().for_each(|open| open.seal(&mut self.events));
    }

    /// Encodes what is there as one batch.
    pub fn close(&mut self) {
        self.seal();
        if self.events.is_empty() {
            return;
        }
        let batch = proto::Batch {
            session: self.session.clone(),
            first_sequence: self.first_sequence,
            received_at_us: self.received_at_us,
            peers: std::mem::take(&mut self.peers),
            events: Vec::new(),
            next_sequence: self.sequence,
        };
        self.places.clear();
        self.last = None;
        self.octets = 0;
        self.batches.push(EncodedBatch {
            message_id: format!(
                "{:032x}-{}",
                u128::from_be_bytes(self.options.session_id),
                self.first_sequence
            ),
            router_id: self.router_id,
            first_sequence: self.first_sequence,
            messages: std::mem::take(&mut self.messages),
            routes: std::mem::take(&mut self.routes),
            events: self.events.len() as u64,
            payload: self.events.close(&batch),
        });
        self.first_sequence = self.sequence;
    }
}

impl OpenRoutes {
    fn is_of(&self, key: Option<PeerKey>, view: i32) -> bool {
        self.place.is_some() && self.head.view == view && self.key == key
    }

    /// Encodes the event where one is open.
    fn seal(&mut self, events: &mut Events) {
        if let Some(place) = self.place.take() {
            let group = Group { next_hop: &self.next_hop, nlri: &self.nlri, ..self.head.group };
            events.fill(place, &RoutesEvent { attributes: &self.attributes, group, ..self.head });
        }
    }
}

fn offset(sequence: u64, first: u64) -> u32 {
    u32::try_from(sequence - first).unwrap_or(u32::MAX)
}
