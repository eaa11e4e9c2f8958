//! Messages of a session as events.

use bytes::Bytes;
use prost::Message as _;
use smallvec::SmallVec;
use wire::bgp::{Action, AddressFamily, Fault, RouteGroup, UpdateView};
use wire::bmp::{self, PeerDownReason, PeerHeader, RouteMonitoringView};
use wire::session::{Content, Frame, Taken};

use super::{offset, Writer, EVENT_OCTETS};
use crate::convert::{address, counter, fault, mirrored, route_group, tlv};
use crate::generated as proto;
use crate::open::{Added, Routes};
use crate::unsure::Kept;

impl Writer {
    /// One frame, whatever it holds, but a plain UPDATE.
    #[inline(never)]
    pub fn frame(&mut self, frame: Frame<'_, Taken<'_>>) {
        let Frame { content, offset, bytes, header } = frame;
        let content = match content {
            Ok(Taken::Plain(peer)) => return self.plain(peer, bytes),
            Ok(Taken::Other(content)) => Ok(*content),
            Err(error) => Err(error),
        };
        let frame = Frame { content, offset, bytes, header };
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
                self.undecodable(frame.bytes, frame.offset + bmp::HEADER_LENGTH as u64, path, reason, false);
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
        self.framed();
    }

    /// A message is told.
    fn framed(&mut self) {
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

    /// An UPDATE of this frame that [`Writer::sink`] took.
    pub fn plain(&mut self, peer: &PeerHeader, frame: &[u8]) {
        if self.session.is_none() {
            self.begin(None);
        }
        let place = match self.open.peer(peer) {
            Some(place) => place,
            None => self.place(peer),
        };
        if let Some(group) = self.plain.only_group(frame) {
            let parts = if group.action == Action::Announce { usize::MAX } else { 0 };
            let attributes = self.plain.canonical_attributes(frame).take(parts);
            // Prefixes without labels are canonical as they are.
            let routes = Routes {
                sequence_offset: offset(self.sequence, self.first_sequence),
                header: peer,
                peer: place,
                group: &group,
                nlri: group.nlri,
            };
            let added = self.open.add(routes, attributes, &mut self.events);
            self.added(&group, added);
            return self.framed();
        }
        let groups: SmallVec<[_; 2]> = self.plain.groups(frame).collect();
        self.attributes.clear();
        if announces(&groups) {
            self.plain.canonical_attributes(frame).for_each(|part| self.attributes.extend_from_slice(part));
        }
        self.routes(place, peer, &groups, &[], Vec::new());
        self.framed();
    }

    fn update(&mut self, peer: &PeerHeader, update: &UpdateView<'_>, tlvs: Vec<proto::Tlv>) {
        let place = self.place(peer);
        if let Some(family) = update.end_of_rib() {
            let end = proto::EndOfRib { afi: family.afi.into(), safi: family.safi.into() };
            return self.push(Some((place, peer)), proto::event::Body::EndOfRib(end), EVENT_OCTETS);
        }
        self.attributes.clear();
        if announces(update.groups()) {
            update.canonical_attributes(&mut self.attributes);
        }
        self.routes(place, peer, update.groups(), update.faults(), tlvs);
    }

    /// Routes with the attributes in `self.attributes`.
    fn routes(
        &mut self,
        place: u32,
        peer: &PeerHeader,
        groups: &[RouteGroup<'_>],
        faults: &[Fault],
        tlvs: Vec<proto::Tlv>,
    ) {
        if let ([group], [], []) = (groups, faults, tlvs.as_slice()) {
            let nlri = group.canonical_nlri();
            let sequence_offset = offset(self.sequence, self.first_sequence);
            let routes = Routes { sequence_offset, header: peer, peer: place, group, nlri: &nlri };
            let attributes = std::iter::once(self.attributes.as_slice());
            let added = self.open.add(routes, attributes, &mut self.events);
            return self.added(group, added);
        }
        self.routes += groups.iter().map(|group| u64::from(group.count)).sum::<u64>();
        let routes = proto::Routes {
            attributes: Bytes::copy_from_slice(&self.attributes),
            groups: groups.iter().map(route_group).collect(),
            faults: faults.iter().map(fault).collect(),
            tlvs,
        };
        let octets = routes.encoded_len();
        self.push(Some((place, peer)), proto::event::Body::Routes(routes), octets);
    }

    fn added(&mut self, group: &RouteGroup<'_>, Added { events, octets }: Added) {
        self.routes += u64::from(group.count);
        self.octets += octets + events * EVENT_OCTETS;
    }
}

fn announces(groups: &[RouteGroup<'_>]) -> bool {
    groups.iter().any(|group| group.action == Action::Announce)
}
