//! Events as batches.

mod messages;

use std::net::Ipv4Addr;

use bytes::Bytes;
use hashbrown::HashMap;
use wire::bgp::Spans;
use wire::bmp::{self, PeerHeader, PeerKey};

use crate::convert::{address, time, view};
use crate::events::Events;
use crate::generated as proto;
use crate::ids::{self, Id};
use crate::open::OpenEvents;
use crate::options::SessionOptions;
use crate::unsure::Unsure;

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
    open: OpenEvents,
    /// Payload so far, about.
    octets: usize,
    messages: u64,
    routes: u64,
    pub batches: Vec<EncodedBatch>,
    /// The plain UPDATE that was read last.
    plain: Spans,
    /// Scratch for canonical attributes.
    attributes: Vec<u8>,
}

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
            open: OpenEvents::default(),
            octets: 0,
            messages: 0,
            routes: 0,
            batches: Vec::new(),
            plain: Spans::default(),
            attributes: Vec::new(),
        }
    }

    /// What takes a plain UPDATE, for [`Writer::frame`].
    pub fn sink(&mut self) -> &mut Spans {
        &mut self.plain
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
        self.open.seal(&mut self.events);
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

fn offset(sequence: u64, first: u64) -> u32 {
    u32::try_from(sequence - first).unwrap_or(u32::MAX)
}
