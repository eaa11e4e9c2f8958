//! A batch's events, one after the other, onto the table.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use batch::proto::event::Body;
use batch::proto::{self, fault::Treatment, route_group::Action};

use wire::bgp::Open;
use wire::reader::Reader;

use crate::attributes;
use crate::deltas::{
    DeadLetter, Deltas, EventKind, Id, Nlri, PeerRow, PeerState, Position, RouteChange, RouteDelta,
    RouterRow, RouterState, Statistic,
};
use crate::flaps::{FlapKey, Flaps};
use crate::intern::{Interner, SetId};
use crate::nlri;
use crate::recorder::Recorder;
use crate::routes::Route;
use crate::sessions::Arrival;
use crate::table::{
    end_peer, end_router, sweep_rib, ApplyError, Generations, Limits, Moment, Peer, Rib, RibKey, Router,
    RoutingTable,
};
use crate::view::RibView;

pub(crate) fn apply(table: &mut RoutingTable, batch: &proto::Batch) -> Result<Deltas, ApplyError> {
    let session = batch.session.as_ref().ok_or(ApplyError::Malformed("it has no session"))?;
    let id = id(&session.router_id).ok_or(ApplyError::Malformed("its router id has not 16 octets"))?;
    for peer in &batch.peers {
        if self::id(&peer.id).is_none() || address(&peer.address).is_none() {
            return Err(ApplyError::Malformed("a peer has no id or no address"));
        }
    }
    if !table.routers.contains_key(&id) && table.routers.len() >= table.limits.max_routers {
        return Err(ApplyError::Routers(table.limits.max_routers));
    }
    let session_id =
        self::id(&session.session_id).ok_or(ApplyError::Malformed("its session id has not 16 octets"))?;
    let RoutingTable { limits, routers, sets, routes, clock, flaps, .. } = table;
    let router = routers.entry(id).or_insert_with(|| Router::new(id));
    let mut pass = Pass {
        limits,
        sets,
        total: routes,
        now: clock.now_us,
        flaps,
        out: Recorder::default(),
        identity: Vec::new(),
        refused: BTreeMap::new(),
        after_gap: false,
    };
    pass.batch(router, session, session_id, batch);
    let out = pass.out;
    Ok(out.finish(|id| routers.get(id)))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Routes,
    Peers,
}

struct Refused {
    count: u64,
    /// Index in the deltas' dead letters.
    letter: usize,
}

struct Pass<'a> {
    limits: &'a Limits,
    sets: &'a mut Interner,
    total: &'a mut usize,
    /// The table's clock.
    now: i64,
    flaps: &'a mut Flaps,
    out: Recorder,
    /// Scratch for identity bytes.
    identity: Vec<u8>,
    /// What limits refused of this batch: each limit has one dead letter, which tells how often.
    refused: BTreeMap<Limit, Refused>,
    /// What the event in hand changes may have changed while nobody listened.
    after_gap: bool,
}

impl Pass<'_> {
    fn batch(&mut self, router: &mut Router, session: &proto::Session, session_id: Id, batch: &proto::Batch) {
        router.check_loaded(&mut self.out, self.now);
        let first_sequence = batch.first_sequence;
        if !router.sessions.contains_key(&session_id) {
            let starts = matches!(
                batch.events.first().and_then(|event| event.body.as_ref()),
                Some(Body::SessionStart(_))
            );
            let received_at_us = batch.received_at_us;
            let new = Arrival { session, session_id, first_sequence, starts, received_at_us };
            router.arrive(&new, &mut self.out, self.limits, self.now);
        }
        let Some(known) = router.sessions.get_mut(&session_id) else { return };
        let (generation, expected) = (known.row.generation, known.row.sequence.saturating_add(1));
        let at = |sequence: u64, router_time_us: i64| Moment {
            position: Position { generation, sequence },
            router_time_us,
            received_at_us: batch.received_at_us,
        };
        let next = next_sequence(batch);
        if next > expected {
            known.row.sequence = next.saturating_sub(1);
            known.row.heard_us = batch.received_at_us;
            known.heard = true;
        }
        if first_sequence > expected {
            let missed = format!("{} messages of its session never came", first_sequence - expected);
            router.gap(&mut self.out, session_id, at(first_sequence, 0), &missed, self.now);
        }
        for event in &batch.events {
            self.out.deltas.counts.events += 1;
            let sequence = first_sequence.saturating_add(u64::from(event.sequence_offset));
            let moment = at(sequence, event.router_time_us);
            let peer = event.peer.and_then(|index| batch.peers.get(usize::try_from(index).ok()?));
            if sequence < expected {
                self.out.deltas.counts.older += 1;
            } else if router.feeding == Some(session_id) {
                router.last = router.last.max(moment.position);
                router.describe(session, &mut self.out, moment);
                self.event(router, peer, event, moment);
            } else {
                self.left_out(router, session_id, peer, event, moment);
            }
        }
        self.tell_refused();
        if next > expected {
            if let Some(known) = router.sessions.get(&session_id) {
                self.out.session(&router.row, &known.row);
            }
        }
    }

    /// An event of a session that does not feed the table.
    fn left_out(
        &mut self,
        router: &mut Router,
        session_id: Id,
        peer: Option<&proto::Peer>,
        event: &proto::Event,
        moment: Moment,
    ) {
        self.out.deltas.counts.superseded += 1;
        match &event.body {
            // What could not be decoded is still told.
            Some(Body::Undecodable(undecodable)) => self.undecodable(router, peer, undecodable, moment),
            Some(Body::SessionEnd(end)) => {
                return router.left_out_over(session_id, moment.received_at_us, &session_end_reason(end));
            }
            _ => {}
        }
        let said = !matches!(event.body, Some(Body::Alive(_) | Body::SessionStart(_)));
        router.left_out(session_id, said, moment, &mut self.out, self.limits, self.now);
    }

    fn event(
        &mut self,
        router: &mut Router,
        peer: Option<&proto::Peer>,
        event: &proto::Event,
        moment: Moment,
    ) {
        match (&event.body, peer) {
            (Some(Body::SessionStart(_)), _) => {
                let index = self.out.router(&router.row);
                self.out.event(EventKind::SessionStart, index, None, moment);
            }
            (Some(Body::SessionEnd(end)), _) => self.session_end(router, end, moment),
            (Some(Body::Termination(termination)), _) => self.termination(router, termination, moment),
            (Some(Body::PeerUp(up)), Some(peer)) => self.peer_up(router, peer, up, moment),
            (Some(Body::PeerDown(down)), Some(peer)) => self.peer_down(router, peer, down, moment),
            (Some(Body::Routes(routes)), Some(peer)) => self.routes(router, peer, event, routes, moment),
            (Some(Body::AddPathInferred(of)), Some(peer)) => {
                self.add_path_inferred(router, peer, event, of, moment);
            }
            (Some(Body::EndOfRib(end)), Some(peer)) => self.end_of_rib(router, peer, event, end, moment),
            (Some(Body::Statistics(statistics)), Some(peer)) => {
                self.statistics(router, peer, statistics, moment);
            }
            (Some(Body::Undecodable(undecodable)), peer) => {
                self.undecodable(router, peer, undecodable, moment);
            }
            // In the stream for those who want it.
            (Some(Body::Mirroring(_)), _) => self.out.deltas.counts.mirrored += 1,
            // Initiation is in the session already; a later version's events are none of ours.
            _ => {}
        }
    }

    fn session_end(&mut self, router: &mut Router, end: &proto::SessionEnd, moment: Moment) {
        let reason = session_end_reason(end);
        let ends_at = self.now.saturating_add(self.limits.hold_time_us);
        if router.row.state == RouterState::Connected {
            router.disconnect(&mut self.out, moment, reason.clone(), ends_at);
        }
        router.session_over(&mut self.out, moment.received_at_us, &reason, self.now);
        let index = self.out.router(&router.row);
        let event = self.out.event(EventKind::SessionEnd, index, None, moment);
        event.reason_code = u16::try_from(end.reason).ok();
        event.reason = Some(reason);
        if self.limits.hold_time_us == 0 {
            router.ends_at = None;
            end_router(router, self.sets, self.total, &mut self.out, moment);
        }
    }

    fn termination(&mut self, router: &mut Router, termination: &proto::Termination, moment: Moment) {
        let reason = match (termination.reason.map(termination_text), termination.text.as_str()) {
            (Some(reason), "") => reason.to_string(),
            (Some(reason), text) => format!("{reason}: {text}"),
            (None, text) => text.to_string(),
        };
        if router.row.state == RouterState::Connected {
            let ends_at = self.now.saturating_add(self.limits.hold_time_us);
            router.disconnect(&mut self.out, moment, format!("router terminated: {reason}"), ends_at);
        }
        let index = self.out.router(&router.row);
        let event = self.out.event(EventKind::Termination, index, None, moment);
        event.reason_code = termination.reason.and_then(|reason| u16::try_from(reason).ok());
        event.reason = Some(reason);
    }

    fn peer_up(&mut self, router: &mut Router, from: &proto::Peer, up: &proto::PeerUp, moment: Moment) {
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        peer.seen = *current;
        let to = &mut peer.row;
        to.position = moment.position;
        to.state = PeerState::Up;
        to.state_since_us = moment.received_at_us;
        to.down_reason = None;
        to.asn = from.asn;
        if let Some(bgp_id) = bgp_id(&from.bgp_id) {
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
            .find(|tlv| tlv.r#type == TLV_TABLE_NAME)
            .map(|tlv| String::from_utf8_lossy(&tlv.value).into_owned());
        let index = self.out.changed_peer(row, &peer.row);
        let router = self.out.router(row);
        self.out.event(EventKind::PeerUp, router, Some(index), moment);
    }

    fn peer_down(&mut self, router: &mut Router, from: &proto::Peer, down: &proto::PeerDown, moment: Moment) {
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        peer.seen = *current;
        self.out.deltas.counts.unread_peer_downs += u64::from(!down.data.is_empty());
        let reason = peer_down_text(down.reason);
        let changed = peer.row.state != PeerState::Down;
        if changed {
            peer.row.position = moment.position;
            peer.row.state = PeerState::Down;
            peer.row.state_since_us = moment.received_at_us;
            peer.row.down_reason = Some(reason.to_string());
            self.out.changed_peer(row, &peer.row);
        }
        let routes = end_peer(row, peer, self.sets, self.total, &mut self.out, moment, false);
        let index = self.out.peer(row, &peer.row);
        let router = self.out.router(row);
        let event = self.out.event(EventKind::PeerDown, router, Some(index), moment);
        event.reason_code = u16::try_from(down.reason).ok();
        event.reason = Some(reason.to_string());
        // RFC 4271, section 4.5: after the 19 octets of the header.
        event.notification_code = down.notification.get(19).copied();
        event.notification_subcode = down.notification.get(20).copied();
        event.notification_data = down.notification.get(21..).unwrap_or_default().to_vec();
        event.fsm_event = down.fsm_event.and_then(|event| u16::try_from(event).ok());
        event.routes = Some(routes);
    }

    fn end_of_rib(
        &mut self,
        router: &mut Router,
        from: &proto::Peer,
        event: &proto::Event,
        end: &proto::EndOfRib,
        moment: Moment,
    ) {
        let (Some(view), Some((afi, safi))) = (RibView::from_number(event.view), family(end.afi, end.safi))
        else {
            return;
        };
        let whole = router.feeding().is_some_and(|session| session.whole);
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        let current = *current;
        let key = RibKey { view, afi, safi };
        let incomplete = peer.ribs.get(&key).and_then(|rib| rib.incomplete);
        let whole = whole && incomplete != Some(moment.position.generation);
        // Of a session that was not heard whole nobody knows what it did not say.
        let stale = |seen: u32| whole && seen != current;
        let mut left = usize::MAX;
        let swept =
            sweep_rib(row, peer, key, self.sets, self.total, &mut self.out, moment, &mut left, &stale);
        if let Some(rib) = peer.ribs.get_mut(&key) {
            rib.end_of_rib = Some(moment.position.generation);
            if whole {
                rib.verified = rib.end_of_rib;
            }
            self.out.changed_rib(row, &peer.row, key);
        }
        let index = self.out.peer(row, &peer.row);
        let router = self.out.router(row);
        let event = self.out.event(EventKind::EndOfRib, router, Some(index), moment);
        event.view = Some(view);
        event.afi = Some(afi);
        event.safi = Some(safi);
        event.routes = swept;
    }

    /// What this session said of the family was read in the wrong way: it is withdrawn. What is there to be read again follows.
    fn add_path_inferred(
        &mut self,
        router: &mut Router,
        from: &proto::Peer,
        event: &proto::Event,
        of: &proto::AddPathInferred,
        moment: Moment,
    ) {
        let (Some(view), Some((afi, safi))) = (RibView::from_number(event.view), family(of.afi, of.safi))
        else {
            return;
        };
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        let (current, key) = (*current, RibKey { view, afi, safi });
        let stale = |seen: u32| seen == current;
        let mut left = usize::MAX;
        let swept =
            sweep_rib(row, peer, key, self.sets, self.total, &mut self.out, moment, &mut left, &stale);
        self.out.deltas.counts.add_path_inferred += u64::from(!of.as_negotiated);
        self.out.deltas.counts.add_path_taken_back += u64::from(of.as_negotiated);
        let generation = moment.position.generation;
        let rib = peer.ribs.entry(key).or_insert_with(|| Rib::new(key, generation));
        rib.add_path_inferred = !of.as_negotiated;
        if of.incomplete {
            rib.incomplete = Some(generation);
            rib.verified = None;
        }
        rib.last_change_us = rib.last_change_us.max(moment.received_at_us);
        self.out.changed_rib(row, &peer.row, key);
        let index = self.out.peer(row, &peer.row);
        let router = self.out.router(row);
        let event = self.out.event(EventKind::Swept, router, Some(index), moment);
        event.view = Some(view);
        event.afi = Some(afi);
        event.safi = Some(safi);
        event.routes = swept;
        let mut reason = if of.as_negotiated {
            "its messages do read as path identifiers were negotiated: what was inferred is taken back"
                .to_string()
        } else {
            "its messages do not read as path identifiers were negotiated: whether there are some is inferred from \
             here on"
                .to_string()
        };
        if of.incomplete {
            reason += "; not everything that was read before could be read again, so routes may be missing";
        }
        event.reason = Some(reason);
        event.synthetic = true;
    }

    fn statistics(
        &mut self,
        router: &mut Router,
        from: &proto::Peer,
        report: &proto::Statistics,
        moment: Moment,
    ) {
        let Some(peer) = self.peer(&router.row, &mut router.peers, from, moment) else { return };
        let peer = self.out.peer(&router.row, &peer.row);
        for counter in &report.counters {
            if counter.unread || !counter.raw.is_empty() {
                self.out.deltas.counts.raw_statistics += 1;
                continue;
            }
            let family = family(counter.afi, counter.safi).filter(|family| *family != (0, 0));
            self.out.deltas.statistics.push(Statistic {
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

    fn undecodable(
        &mut self,
        router: &mut Router,
        from: Option<&proto::Peer>,
        undecodable: &proto::Undecodable,
        moment: Moment,
    ) {
        let index = self.out.router(&router.row);
        // A message that does not read makes no peer.
        let peer = from.and_then(|from| router.peers.get(&id(&from.id)?));
        let peer = peer.map(|peer| self.out.peer(&router.row, &peer.row));
        self.out.deltas.dead_letters.push(DeadLetter {
            router: index,
            peer,
            position: moment.position,
            received_at_us: moment.received_at_us,
            offset: Some(undecodable.offset),
            path: undecodable.path.clone(),
            reason: undecodable.reason.clone(),
            treatment: "kept_raw",
            suspect: undecodable.suspect,
            raw: undecodable.raw.to_vec(),
        });
    }

    fn routes(
        &mut self,
        router: &mut Router,
        from: &proto::Peer,
        event: &proto::Event,
        update: &proto::Routes,
        moment: Moment,
    ) {
        let Some(view) = RibView::from_number(event.view) else { return };
        // Until it has told everything again, or the time for that is over.
        let returned = router.last.generation > 1 && !router.sweeps.is_empty();
        let Router { row, peers, generations, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        let current = *current;
        for fault in &update.faults {
            self.fault(row, peer, fault, moment);
        }
        let announces = update.groups.iter().any(|group| group.action() == Action::Announce);
        let withdraws = update.groups.iter().any(|group| group.action() == Action::Withdraw);
        if announces && (peer.seen != current || matches!(peer.row.state, PeerState::Down | PeerState::Stale))
        {
            // Announced without a Peer Up in this session.
            peer.seen = current;
            peer.row.position = moment.position;
            peer.row.state = PeerState::Unknown;
            peer.row.state_since_us = moment.received_at_us;
            peer.row.down_reason = None;
            self.out.changed_peer(row, &peer.row);
        }
        // RFC 4271, section 4.3: what one UPDATE withdraws and announces is announced.
        let both = if announces && withdraws { announced(update) } else { HashSet::new() };
        let first = self.out.deltas.routes.len();
        for group in &update.groups {
            let Some((afi, safi)) = family(group.afi, group.safi) else { continue };
            let key = RibKey { view, afi, safi };
            if !nlri::splits(afi, safi) {
                // A row of them could never be withdrawn.
                self.out.deltas.counts.unsplit += 1;
                let family = wire::bgp::AddressFamily::new(afi, safi);
                let fault = proto::Fault {
                    reason: format!(
                        "NLRI of {family} cannot be split into routes: they are kept as they came"
                    ),
                    raw: group.nlri.clone(),
                    ..proto::Fault::default()
                };
                self.fault(row, peer, &fault, moment);
                continue;
            }
            let mut whole = true;
            match group.action() {
                Action::Announce => {
                    attributes::identity(&mut self.identity, &group.next_hop, &update.attributes);
                    let set = self.sets.intern(&self.identity);
                    let generation = moment.position.generation;
                    let rib = peer.ribs.entry(key).or_insert_with(|| Rib::new(key, generation));
                    rib.filtered = event.filtered;
                    rib.add_path_inferred = group.add_path_inferred;
                    self.after_gap = returned && rib.end_of_rib != Some(generation);
                    let mut announced = Announced {
                        row,
                        peer: &peer.row,
                        key,
                        set,
                        current,
                        first,
                        moment,
                        said: None,
                        places: None,
                    };
                    for one in nlri::split(afi, safi, group.add_path, &group.nlri) {
                        let Ok((path_id, nlri)) = one else {
                            whole = false;
                            break;
                        };
                        self.announce(&mut announced, nlri, path_id, rib, generations);
                    }
                    self.sets.release(set);
                }
                Action::Withdraw => {
                    for one in nlri::split(afi, safi, group.add_path, &group.nlri) {
                        let Ok((path_id, nlri)) = one else {
                            whole = false;
                            break;
                        };
                        if !both.is_empty() && both.contains(&(afi, safi, path_id, nlri)) {
                            continue;
                        }
                        self.after_gap = returned
                            && peer
                                .ribs
                                .get(&key)
                                .is_some_and(|rib| rib.end_of_rib != Some(moment.position.generation));
                        self.withdraw(row, peer, key, nlri, path_id, generations, moment);
                    }
                }
                Action::Unspecified => whole = false,
            }
            if !whole {
                let fault = proto::Fault {
                    reason: "a group of routes in the batch does not split into NLRI".into(),
                    raw: group.nlri.clone(),
                    ..proto::Fault::default()
                };
                self.fault(row, peer, &fault, moment);
            }
        }
    }

    fn announce(
        &mut self,
        new: &mut Announced,
        nlri: &[u8],
        path_id: Option<u32>,
        rib: &mut Rib,
        generations: &Generations,
    ) {
        let (key, moment) = (new.key, new.moment);
        self.out.deltas.counts.routes += 1;
        if *self.total >= self.limits.max_routes && rib.routes.get(nlri, path_id).is_none() {
            self.refuse(Limit::Routes, new.row, Some(new.peer), moment);
            return;
        }
        let Some((route, whole)) = rib.routes.entry(nlri, path_id) else { return };
        let mut renamed = None;
        let mut before = None;
        let change = if route.is_vacant() {
            *self.total += 1;
            RouteChange::Announce
        } else {
            let held = Position { generation: generations.get(route.changed), sequence: route.sequence };
            if held > moment.position {
                self.out.deltas.counts.older += 1;
                return;
            }
            route.seen = new.current;
            renamed = whole.filter(|whole| whole.as_slice() != nlri);
            if route.attributes == new.set && renamed.is_none() {
                self.out.deltas.counts.unchanged += 1;
                return;
            }
            before = self.out.before(self.sets.bytes(route.attributes));
            self.sets.release(route.attributes);
            if renamed.is_some() {
                RouteChange::Announce
            } else {
                RouteChange::Change
            }
        };
        // The same route by another NLRI, e.g. with another label: a store, which knows routes by their whole
        // NLRI, is told that the one went and the other came.
        let renamed = renamed.map(|whole| std::mem::replace(whole, Nlri::from_slice(nlri)));
        let twice = change == RouteChange::Change
            && route.sequence == moment.position.sequence
            && route.changed == new.current;
        self.sets.retain(new.set);
        *route = Route {
            attributes: new.set,
            seen: new.current,
            changed: new.current,
            sequence: moment.position.sequence,
            changed_at_us: moment.received_at_us,
        };
        rib.last_change_us = moment.received_at_us;
        let (rib, attributes) = *new.places.get_or_insert_with(|| {
            let attributes = self.sets.tell(new.set).map(|(bytes, told)| self.out.set(bytes, told));
            (self.out.changed_rib(new.row, new.peer, key), attributes)
        });
        let nlri = nlri::key(key.afi, key.safi, nlri);
        // What changed while nobody listened changed once, however often.
        if change == RouteChange::Change && !self.after_gap {
            let flap = FlapKey { peer: new.peer.peer_id, rib: key, nlri: nlri.clone(), path_id };
            self.flaps.changed(flap, self.now);
        }
        if twice {
            // The same UPDATE said this key before: one position has one delta, with what was said last.
            let deltas = &mut self.out.deltas.routes;
            let said = new.said.get_or_insert_with(|| {
                let of_event = deltas.iter().enumerate().skip(new.first);
                let of_family = of_event.filter(|(_, delta)| delta.rib == rib);
                of_family.map(|(place, delta)| ((delta.nlri.clone(), delta.path_id), place)).collect()
            });
            let place = said.get(&(nlri.clone(), path_id)).copied();
            if let Some(said) = place.and_then(|place| deltas.get_mut(place)) {
                said.attributes = attributes;
                return;
            }
        }
        if let Some(nlri) = renamed {
            let gone = new.withdrawal(rib, nlri, path_id, before.take());
            self.out.deltas.routes.push(gone);
        }
        self.out.deltas.routes.push(RouteDelta {
            change,
            rib,
            nlri,
            path_id,
            attributes,
            before,
            position: moment.position,
            router_time_us: moment.router_time_us,
            received_at_us: moment.received_at_us,
            synthetic: false,
            unknown: false,
            ended: false,
            after_gap: self.after_gap,
        });
    }

    #[allow(clippy::too_many_arguments)]
    fn withdraw(
        &mut self,
        row: &RouterRow,
        peer: &mut Peer,
        key: RibKey,
        nlri: &[u8],
        path_id: Option<u32>,
        generations: &Generations,
        moment: Moment,
    ) {
        self.out.deltas.counts.routes += 1;
        let rib = peer.ribs.get_mut(&key);
        let held = rib.and_then(|rib| {
            let route = rib.routes.get(nlri, path_id)?;
            let held = Position { generation: generations.get(route.changed), sequence: route.sequence };
            if held > moment.position {
                return Some(None);
            }
            rib.last_change_us = moment.received_at_us;
            Some(rib.routes.remove(nlri, path_id))
        });
        let (mut said, mut before) = (None, None);
        let unknown = match held {
            Some(Some((route, whole))) => {
                before = self.out.before(self.sets.bytes(route.attributes));
                self.sets.release(route.attributes);
                *self.total = self.total.saturating_sub(1);
                said = whole;
                false
            }
            Some(None) => {
                self.out.deltas.counts.older += 1;
                return;
            }
            None => {
                self.out.deltas.counts.unknown_withdrawals += 1;
                true
            }
        };
        let nlri = said.unwrap_or_else(|| nlri::key(key.afi, key.safi, nlri));
        if !unknown && !self.after_gap {
            let flap = FlapKey { peer: peer.row.peer_id, rib: key, nlri: nlri.clone(), path_id };
            self.flaps.withdrawn(flap, self.now);
        }
        let rib = match unknown {
            false => self.out.changed_rib(row, &peer.row, key),
            true => self.out.rib(row, &peer.row, key),
        };
        self.out.deltas.routes.push(RouteDelta {
            change: RouteChange::Withdraw,
            rib,
            nlri,
            path_id,
            attributes: None,
            before,
            position: moment.position,
            router_time_us: moment.router_time_us,
            received_at_us: moment.received_at_us,
            synthetic: false,
            unknown,
            ended: false,
            after_gap: self.after_gap,
        });
    }

    /// A limit is reached. A batch may reach it a million times, and is told of once.
    fn refuse(&mut self, limit: Limit, router: &RouterRow, peer: Option<&PeerRow>, moment: Moment) {
        self.out.deltas.counts.over_limit += 1;
        if let Some(refused) = self.refused.get_mut(&limit) {
            refused.count += 1;
            return;
        }
        let peer = peer.map(|peer| self.out.peer(router, peer));
        let router = self.out.router(router);
        let letters = &mut self.out.deltas.dead_letters;
        self.refused.insert(limit, Refused { count: 1, letter: letters.len() });
        letters.push(DeadLetter {
            router,
            peer,
            position: moment.position,
            received_at_us: moment.received_at_us,
            offset: None,
            path: String::new(),
            reason: String::new(),
            treatment: "refused",
            suspect: false,
            raw: Vec::new(),
        });
    }

    fn tell_refused(&mut self) {
        for (limit, refused) in std::mem::take(&mut self.refused) {
            let count = refused.count;
            let reason = match limit {
                Limit::Routes => {
                    format!(
                        "limit of {} routes reached: {count} announcements refused",
                        self.limits.max_routes
                    )
                }
                Limit::Peers => format!(
                    "limit of {} peers reached: {count} events refused",
                    self.limits.max_peers_per_router
                ),
            };
            if let Some(letter) = self.out.deltas.dead_letters.get_mut(refused.letter) {
                letter.reason = reason;
            }
        }
    }

    fn fault(&mut self, row: &RouterRow, peer: &Peer, fault: &proto::Fault, moment: Moment) {
        let (router, peer) = (self.out.router(row), self.out.peer(row, &peer.row));
        self.out.deltas.dead_letters.push(DeadLetter {
            router,
            peer: Some(peer),
            position: moment.position,
            received_at_us: moment.received_at_us,
            offset: None,
            path: fault
                .attribute
                .map(|code| format!("bmp.route_monitoring.update.path_attributes[type={code}]"))
                .unwrap_or_default(),
            reason: fault.reason.clone(),
            treatment: match fault.treatment() {
                Treatment::Unspecified => "kept_raw",
                Treatment::Kept => "kept",
                Treatment::AttributeDiscard => "attribute_discard",
                Treatment::TreatAsWithdraw => "treat_as_withdraw",
                Treatment::AfiSafiDisable => "afi_safi_disable",
                Treatment::SessionReset => "session_reset",
            },
            suspect: false,
            raw: fault.raw.to_vec(),
        });
    }

    /// The peer, made where there was none; none above the limit.
    fn peer<'p>(
        &mut self,
        router: &RouterRow,
        peers: &'p mut BTreeMap<Id, Peer>,
        from: &proto::Peer,
        moment: Moment,
    ) -> Option<&'p mut Peer> {
        let id = id(&from.id)?;
        if !peers.contains_key(&id) && peers.len() >= self.limits.max_peers_per_router {
            self.refuse(Limit::Peers, router, None, moment);
            return None;
        }
        let mut new = false;
        let address = address(&from.address)?;
        let peer = peers.entry(id).or_insert_with(|| {
            new = true;
            Peer {
                row: PeerRow {
                    peer_id: id,
                    router: 0,
                    position: moment.position,
                    peer_type: u8::try_from(from.r#type).unwrap_or(u8::MAX),
                    distinguisher: from.distinguisher,
                    address,
                    asn: from.asn,
                    bgp_id: bgp_id(&from.bgp_id).unwrap_or(Ipv4Addr::UNSPECIFIED),
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
            }
        });
        if new {
            self.out.changed_peer(router, &peer.row);
        }
        Some(peer)
    }
}

/// What the routes of one announced group share.
struct Announced<'a> {
    row: &'a RouterRow,
    peer: &'a PeerRow,
    key: RibKey,
    set: SetId,
    current: u32,
    /// Where this event's deltas begin.
    first: usize,
    moment: Moment,
    /// The deltas that groups before made, by key, once a route needs them.
    said: Option<HashMap<(Nlri, Option<u32>), usize>>,
    /// Of RIB and attributes in the deltas, once a route needs them.
    places: Option<(u32, Option<u32>)>,
}

impl Announced<'_> {
    fn withdrawal(&self, rib: u32, nlri: Nlri, path_id: Option<u32>, before: Option<u32>) -> RouteDelta {
        RouteDelta {
            change: RouteChange::Withdraw,
            rib,
            nlri,
            path_id,
            attributes: None,
            before,
            position: self.moment.position,
            router_time_us: self.moment.router_time_us,
            received_at_us: self.moment.received_at_us,
            synthetic: false,
            unknown: false,
            ended: false,
            after_gap: false,
        }
    }
}

impl Router {
    pub(crate) fn new(id: Id) -> Self {
        Router {
            row: RouterRow {
                router_id: id,
                position: Position::default(),
                address: None,
                port: 0,
                sys_name: String::new(),
                sys_descr: String::new(),
                collector: String::new(),
                state: RouterState::Disconnected,
                session_started_us: 0,
                session_ended_us: None,
                end_reason: None,
                changed: false,
            },
            generation: 0,
            sessions: BTreeMap::new(),
            feeding: None,
            last: Position::default(),
            generations: Generations::default(),
            current: 0,
            sweeps: std::collections::VecDeque::new(),
            ends_at: None,
            peers: BTreeMap::new(),
            loaded: false,
            loaded_at: 0,
        }
    }

    /// Takes over what the session says of its router.
    fn describe(&mut self, session: &proto::Session, out: &mut Recorder, moment: Moment) {
        let row = &mut self.row;
        let address = session.router_address.parse().ok();
        let port = u16::try_from(session.router_port).unwrap_or(0);
        if (row.address, row.port) == (address, port)
            && row.sys_name == session.sys_name
            && row.sys_descr == session.sys_descr
            && row.collector == session.collector
        {
            return;
        }
        row.address = address;
        row.port = port;
        row.sys_name.clone_from(&session.sys_name);
        row.sys_descr.clone_from(&session.sys_descr);
        row.collector.clone_from(&session.collector);
        row.position = moment.position;
        out.changed_router(row);
    }
}

/// VRF or table name in Peer Up (RFC 9069, section 5.3).
const TLV_TABLE_NAME: u32 = 3;

fn announced(update: &proto::Routes) -> HashSet<(u16, u8, Option<u32>, &[u8])> {
    update
        .groups
        .iter()
        .filter(|group| group.action() == Action::Announce)
        .filter_map(|group| Some((group, family(group.afi, group.safi)?)))
        .flat_map(|(group, (afi, safi))| {
            nlri::split(afi, safi, group.add_path, &group.nlri)
                .map_while(Result::ok)
                .map(move |(path_id, nlri)| (afi, safi, path_id, nlri))
        })
        .collect()
}

fn id(bytes: &[u8]) -> Option<Id> {
    bytes.try_into().ok()
}

fn open(message: &[u8]) -> Option<Open> {
    Open::decode_message(&mut Reader::new(message, 0)).ok()
}

fn family(afi: u32, safi: u32) -> Option<(u16, u8)> {
    Some((u16::try_from(afi).ok()?, u8::try_from(safi).ok()?))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => None,
    }
}

/// None for 0.0.0.0, which some routers put into Peer Down.
fn bgp_id(bytes: &[u8]) -> Option<Ipv4Addr> {
    let id = Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?);
    (!id.is_unspecified()).then_some(id)
}

/// Where the session's next batch begins: as the batch says, or after its last event where a collector does not
/// say.
fn next_sequence(batch: &proto::Batch) -> u64 {
    let last = batch.events.last().map_or(0, |event| u64::from(event.sequence_offset) + 1);
    batch.next_sequence.max(batch.first_sequence.saturating_add(last))
}

fn session_end_reason(end: &proto::SessionEnd) -> String {
    match (end.reason(), end.text.as_str()) {
        (reason, "") => session_end_text(reason).to_string(),
        (reason, text) => format!("{}: {text}", session_end_text(reason)),
    }
}

fn session_end_text(reason: proto::session_end::Reason) -> &'static str {
    use proto::session_end::Reason;
    match reason {
        Reason::Unspecified => "ended",
        Reason::Closed => "closed by the router",
        Reason::Error => "connection broke",
        Reason::Framing => "framing lost",
        Reason::Limit => "limit passed",
        Reason::Shutdown => "station stopping",
        Reason::Terminated => "terminated by the router",
        Reason::Reset => "asked to begin anew",
    }
}

/// RFC 7854, section 4.5.
fn termination_text(reason: u32) -> &'static str {
    match reason {
        0 => "administratively closed",
        1 => "unspecified reason",
        2 => "out of resources",
        3 => "redundant connection",
        4 => "permanently administratively closed",
        _ => "unknown reason",
    }
}

/// RFC 7854, section 4.9; RFC 9069, section 5.3.
fn peer_down_text(reason: u32) -> &'static str {
    match reason {
        1 => "local system closed, NOTIFICATION sent",
        2 => "local system closed, FSM event",
        3 => "remote system closed, NOTIFICATION received",
        4 => "remote system closed without NOTIFICATION",
        5 => "no longer monitored",
        6 => "local system closed, TLVs follow",
        _ => "unknown reason",
    }
}
