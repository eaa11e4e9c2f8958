//! One pass of a batch's events, one after the other, over the table of its router.

mod letters;
mod peers;
mod ribs;
mod routes;
mod sessions;
mod state;
mod text;

use std::collections::BTreeMap;

use batch::proto::{event::Body, route_group::Action};
use batch::{proto, BatchView, EventView};

use self::state::{id, Named, Pass, Update};
use crate::deltas::{Deltas, EventKind, Id, Position};
use crate::error::ApplyError;
use crate::life::Arrival;
use crate::recorder::Moment;
use crate::router::Router;
use crate::work::Work;

/// Applies a batch. Nothing is changed where it is refused.
pub(crate) fn apply(
    routers: &mut BTreeMap<Id, Router>,
    work: Work<'_>,
    batch: &BatchView<'_>,
) -> Result<Deltas, ApplyError> {
    let session = batch.head.session.as_ref().ok_or(ApplyError::Malformed("it has no session"))?;
    let router_id = id(&session.router_id).ok_or(ApplyError::Malformed("its router id has not 16 octets"))?;
    let peers: Option<Vec<_>> = batch.head.peers.iter().map(Named::read).collect();
    let peers = peers.ok_or(ApplyError::Malformed("a peer has no id or no address"))?;
    if !routers.contains_key(&router_id) && routers.len() >= work.limits.max_routers {
        return Err(ApplyError::Routers(work.limits.max_routers));
    }
    let session_id =
        id(&session.session_id).ok_or(ApplyError::Malformed("its session id has not 16 octets"))?;
    let router = routers.entry(router_id).or_insert_with(|| Router::new(router_id));
    let from = (session.router_address.parse().ok(), u16::try_from(session.router_port).unwrap_or(0));
    let mut pass = Pass { work, session, session_id, from, peers, refused: BTreeMap::new() };
    pass.batch(router, batch);
    Ok(pass.work.out.finish(|id| routers.get(id)))
}

impl Pass<'_> {
    fn batch(&mut self, router: &mut Router, batch: &BatchView<'_>) {
        router.check_loaded(&mut self.work);
        let (session, session_id) = (self.session, self.session_id);
        let &proto::Batch { first_sequence, received_at_us, .. } = &batch.head;
        if !router.sessions.contains_key(&session_id) {
            let starts =
                matches!(batch.events.first().and_then(EventView::body), Some(Body::SessionStart(_)));
            let new = Arrival { session, session_id, first_sequence, starts, received_at_us };
            router.arrive(&new, &mut self.work);
        }
        let Some(known) = router.sessions.get_mut(&session_id) else { return };
        let (generation, expected) = (known.row.generation, known.row.sequence.saturating_add(1));
        let at = |sequence: u64, router_time_us: i64| Moment {
            position: Position { generation, sequence },
            router_time_us,
            received_at_us,
        };
        let next = next_sequence(batch);
        if next > expected {
            known.row.sequence = next.saturating_sub(1);
            known.row.heard_us = received_at_us;
            known.heard = true;
        }
        if first_sequence > expected {
            let missed = format!("{} messages of its session never came", first_sequence - expected);
            router.gap(&mut self.work, session_id, at(first_sequence, 0), &missed);
        }
        self.work.sets.bring(batch.events.iter().filter_map(announced_set));
        self.work.out.routes_expected = batch.events.iter().map(routes_about).sum();
        for event in &batch.events {
            self.work.out.deltas.counts.events += 1;
            let sequence = first_sequence.saturating_add(event.sequence_offset().into());
            let moment = at(sequence, event.router_time_us());
            let peer = event.peer().and_then(|index| self.peers.get(usize::try_from(index).ok()?)).copied();
            if sequence < expected {
                self.work.out.deltas.counts.older += 1;
            } else if router.feeding == Some(session_id) {
                router.last = router.last.max(moment.position);
                self.event(router, peer.as_ref(), event, moment);
            } else {
                self.left_out(router, peer.as_ref(), event, moment);
            }
        }
        self.tell_refused();
        if next > expected {
            if let Some(known) = router.sessions.get(&session_id) {
                self.work.out.session(&router.row, &known.row);
            }
        }
    }

    /// An event of a session that does not feed the table.
    fn left_out(
        &mut self,
        router: &mut Router,
        peer: Option<&Named<'_>>,
        event: &EventView<'_>,
        moment: Moment,
    ) {
        self.work.out.deltas.counts.superseded += 1;
        match event.body() {
            // What could not be decoded is still told.
            Some(Body::Undecodable(undecodable)) => self.undecodable(router, peer, undecodable, moment),
            Some(Body::SessionEnd(end)) => {
                let reason = text::session_end_reason(end);
                return router.left_out_over(self.session_id, moment.received_at_us, &reason);
            }
            _ => {}
        }
        let said = !matches!(event.body(), Some(Body::Alive(_) | Body::SessionStart(_)));
        router.left_out(self.session_id, said, moment, &mut self.work);
    }

    fn event(
        &mut self,
        router: &mut Router,
        peer: Option<&Named<'_>>,
        event: &EventView<'_>,
        moment: Moment,
    ) {
        self.describe(router, moment);
        let event = match (event, peer) {
            (EventView::Routes(event), Some(peer)) => {
                let groups = std::slice::from_ref(&event.group);
                let update = Update {
                    view: event.view,
                    filtered: event.filtered,
                    attributes: event.attributes,
                    groups,
                    faults: &[],
                };
                return self.routes(router, peer, &update, moment);
            }
            (EventView::Routes(_), None) => return,
            (EventView::Other(event), _) => event,
        };
        match (&event.body, peer) {
            (Some(Body::SessionStart(_)), _) => {
                let index = self.work.out.router(&router.row);
                self.work.out.event(EventKind::SessionStart, index, None, moment);
            }
            (Some(Body::SessionEnd(end)), _) => self.session_end(router, end, moment),
            (Some(Body::Termination(termination)), _) => self.termination(router, termination, moment),
            (Some(Body::PeerUp(up)), Some(peer)) => self.peer_up(router, peer, up, moment),
            (Some(Body::PeerDown(down)), Some(peer)) => self.peer_down(router, peer, down, moment),
            (Some(Body::Routes(routes)), Some(peer)) => {
                let groups: Vec<_> = routes.groups.iter().filter_map(batch::Group::of).collect();
                let update = Update {
                    view: event.view,
                    filtered: event.filtered,
                    attributes: &routes.attributes,
                    groups: &groups,
                    faults: &routes.faults,
                };
                self.routes(router, peer, &update, moment);
            }
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
            (Some(Body::Mirroring(_)), _) => self.work.out.deltas.counts.mirrored += 1,
            // Initiation is in the session already; a later version's events are none of ours.
            _ => {}
        }
    }

    /// Takes over what the session says of its router.
    fn describe(&mut self, router: &mut Router, moment: Moment) {
        let (row, session) = (&mut router.row, self.session);
        if row.sys_name == session.sys_name
            && row.sys_descr == session.sys_descr
            && row.collector == session.collector
            && (row.address, row.port) == self.from
        {
            return;
        }
        (row.address, row.port) = self.from;
        row.sys_name.clone_from(&session.sys_name);
        row.sys_descr.clone_from(&session.sys_descr);
        row.collector.clone_from(&session.collector);
        row.position = moment.position;
        self.work.out.changed_router(row);
    }
}

/// Next hop and attributes of an event's routes, where all have the same.
fn announced_set<'a>(event: &EventView<'a>) -> Option<(&'a [u8], &'a [u8])> {
    match event {
        EventView::Routes(event) if event.group.action == Action::Announce => {
            Some((event.group.next_hop, event.attributes))
        }
        _ => None,
    }
}

/// About how many routes an event has: a prefix of IPv4 has four octets mostly, and of any other family more.
fn routes_about(event: &EventView<'_>) -> usize {
    match event {
        EventView::Routes(event) => event.group.nlri.len() / 4,
        EventView::Other(_) => 0,
    }
}

/// Where the session's next batch begins: as the batch says, or after its last event where a collector does not
/// say.
fn next_sequence(batch: &BatchView<'_>) -> u64 {
    let last = batch.events.last().map_or(0, |event| u64::from(event.sequence_offset()) + 1);
    batch.head.next_sequence.max(batch.head.first_sequence.saturating_add(last))
}
