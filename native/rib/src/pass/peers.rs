//! Peers that come and go, and their counters.

use std::collections::btree_map::{BTreeMap, Entry};
use std::net::Ipv4Addr;

use batch::proto;
use wire::bgp::Open;
use wire::reader::Reader;
use wire::registry::bmp::peer_up_tlv;

use super::state::{address, family, Limit, Named, Pass};
use super::text;
use crate::deltas::{EventKind, Id, PeerRow, PeerState, RouterRow, Statistic};
use crate::recorder::Moment;
use crate::router::{Peer, Router};

impl Pass<'_> {
    pub fn peer_up(&mut self, router: &mut Router, from: &Named<'_>, up: &proto::PeerUp, moment: Moment) {
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        peer.seen = *current;
        let to = &mut peer.row;
        to.position = moment.position;
        to.state = PeerState::Up;
        to.state_since_us = moment.received_at_us;
        to.down_reason = None;
        to.asn = from.of.asn;
        if let Some(bgp_id) = bgp_id(&from.of.bgp_id) {
            to.bgp_id = bgp_id;
        }
        to.local_address = address(&up.local_address);
        to.local_port = u16::try_from(up.local_port).ok().filter(|port| *port != 0);
        to.remote_port = u16::try_from(up.remote_port).ok().filter(|port| *port != 0);
        to.sent_open = up.sent_open.to_vec();
        to.received_open = up.received_open.to_vec();
        let (sent, received) = (open(&up.sent_open), open(&up.received_open));
        to.local_asn = sent.as_ref().map(Open::asn);
        to.local_bgp_id = sent.as_ref().map(|open| open.bgp_id);
        to.hold_time = sent.zip(received).map(|(sent, received)| sent.hold_time.min(received.hold_time));
        to.table_name = up
            .tlvs
            .iter()
            .find(|tlv| tlv.r#type == u32::from(peer_up_tlv::TABLE_NAME))
            .map(|tlv| String::from_utf8_lossy(&tlv.value).into_owned());
        let index = self.work.out.changed_peer(row, &peer.row);
        let router = self.work.out.router(row);
        self.work.out.event(EventKind::PeerUp, router, Some(index), moment);
    }

    pub fn peer_down(
        &mut self,
        router: &mut Router,
        from: &Named<'_>,
        down: &proto::PeerDown,
        moment: Moment,
    ) {
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        peer.seen = *current;
        self.work.out.deltas.counts.unread_peer_downs += u64::from(!down.data.is_empty());
        let reason = text::peer_down_text(down.reason);
        let changed = peer.row.state != PeerState::Down;
        if changed {
            peer.row.position = moment.position;
            peer.row.state = PeerState::Down;
            peer.row.state_since_us = moment.received_at_us;
            peer.row.down_reason = Some(reason.to_string());
            self.work.out.changed_peer(row, &peer.row);
        }
        let routes = self.work.end_peer(row, peer, moment, false);
        let index = self.work.out.peer(row, &peer.row);
        let router = self.work.out.router(row);
        let event = self.work.out.event(EventKind::PeerDown, router, Some(index), moment);
        event.reason_code = u16::try_from(down.reason).ok();
        event.reason = Some(reason.to_string());
        // RFC 4271, section 4.5: after the 19 octets of the header.
        event.notification_code = down.notification.get(19).copied();
        event.notification_subcode = down.notification.get(20).copied();
        event.notification_data = down.notification.get(21..).unwrap_or_default().to_vec();
        event.fsm_event = down.fsm_event.and_then(|event| u16::try_from(event).ok());
        event.routes = Some(routes);
    }

    pub fn statistics(
        &mut self,
        router: &mut Router,
        from: &Named<'_>,
        report: &proto::Statistics,
        moment: Moment,
    ) {
        let Some(peer) = self.peer(&router.row, &mut router.peers, from, moment) else { return };
        let peer = self.work.out.peer(&router.row, &peer.row);
        for counter in &report.counters {
            if counter.unread || !counter.raw.is_empty() {
                self.work.out.deltas.counts.raw_statistics += 1;
                continue;
            }
            let family = family(counter.afi, counter.safi).filter(|family| *family != (0, 0));
            self.work.out.deltas.statistics.push(Statistic {
                peer,
                stat_type: u16::try_from(counter.r#type).unwrap_or(u16::MAX),
                afi: family.map(|family| family.0),
                safi: family.map(|family| family.1),
                value: counter.value,
                position: moment.position,
                router_time_us: moment.router_time_us,
                received_at_us: moment.received_at_us,
            });
        }
    }

    /// The peer, made where there was none; none above the limit.
    pub fn peer<'p>(
        &mut self,
        router: &RouterRow,
        peers: &'p mut BTreeMap<Id, Peer>,
        from: &Named<'_>,
        moment: Moment,
    ) -> Option<&'p mut Peer> {
        let Named { id, address, of } = *from;
        let full = peers.len() >= self.work.limits.max_peers_per_router;
        let vacant = match peers.entry(id) {
            Entry::Occupied(held) => return Some(held.into_mut()),
            Entry::Vacant(_) if full => {
                self.refuse(Limit::Peers, router, None, moment);
                return None;
            }
            Entry::Vacant(vacant) => vacant,
        };
        let peer = Peer {
            row: PeerRow {
                peer_id: id,
                router: 0,
                position: moment.position,
                peer_type: u8::try_from(of.r#type).unwrap_or(u8::MAX),
                distinguisher: of.distinguisher,
                address,
                asn: of.asn,
                bgp_id: bgp_id(&of.bgp_id).unwrap_or(Ipv4Addr::UNSPECIFIED),
                state: PeerState::Unknown,
                state_since_us: moment.received_at_us,
                local_address: None,
                local_port: None,
                remote_port: None,
                local_asn: None,
                local_bgp_id: None,
                hold_time: None,
                sent_open: Vec::new(),
                received_open: Vec::new(),
                table_name: None,
                down_reason: None,
                changed: false,
            },
            seen: u32::MAX,
            ribs: BTreeMap::new(),
        };
        self.work.out.changed_peer(router, &peer.row);
        Some(vacant.insert(peer))
    }
}

fn open(message: &[u8]) -> Option<Open> {
    Open::decode_message(&mut Reader::new(message, 0)).ok()
}

/// None for 0.0.0.0, which some routers put into Peer Down.
fn bgp_id(bytes: &[u8]) -> Option<Ipv4Addr> {
    let id = Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?);
    (!id.is_unspecified()).then_some(id)
}
