//! Each thing that the deltas tell goes to the parts that have something to say of it.

use ipnet::IpNet;
use rib::view::RibView;
use rib::{Deltas, EndKind, EndScope, EventKind, PeerEvent, Position, RouteChange, RouteDelta};
use wire::bgp::AddressFamily;

use crate::downs::Context;
use crate::facts::{Facts, Sets};
use crate::insight::Insight;
use crate::reasons::Reason;
use crate::route::Changed;
use crate::said::{Evidence, Said};
use crate::tables::Tables;

/// What stands between routes in the order of positions.
#[derive(Clone, Copy)]
enum Happened<'a> {
    End(&'a rib::End),
    Event(&'a PeerEvent),
}

impl Happened<'_> {
    pub fn position(&self) -> Position {
        match self {
            Happened::End(end) => end.position,
            Happened::Event(event) => event.position,
        }
    }
}

/// Ends and events, of one position an end before what tells of it.
fn happened(deltas: &Deltas) -> Vec<Happened<'_>> {
    let ends = deltas.ends.iter().map(Happened::End);
    let mut all: Vec<Happened<'_>> = ends.chain(deltas.events.iter().map(Happened::Event)).collect();
    all.sort_by_key(Happened::position);
    all
}

impl Insight {
    /// Takes what a batch, or an expiry, changed; the table is as it is after it. `now_ms` never goes back.
    pub fn apply(&mut self, tables: &dyn Tables, deltas: &Deltas, now_ms: i64) -> Vec<Said> {
        self.advance(tables, now_ms);
        let now_ms = now_ms.max(self.voice.now);
        self.voice.now = now_ms;
        let (routers, peers) = self.world.absorb(deltas, now_ms);
        self.clocks.look(deltas, &routers, &peers, &self.world, &self.config.waits, &mut self.voice);
        let (mut new, mut old) = (Sets::new(&deltas.attributes), Sets::new(&deltas.before));
        let number =
            |of: &[u32], index: u32| usize::try_from(index).ok().and_then(|index| of.get(index)).copied();
        let mut happened = happened(deltas).into_iter().peekable();
        for delta in &deltas.routes {
            while let Some(next) = happened.next_if(|next| next.position() <= delta.position) {
                self.happened(next, &routers, &peers, now_ms);
            }
            let peer = deltas.rib(delta.rib).and_then(|rib| number(&peers, rib.peer));
            if let Some(peer) = peer {
                new.read(delta.attributes);
                old.read(delta.before);
                self.route(deltas, delta, peer, new.get(delta.attributes), old.get(delta.before), false);
            }
        }
        for next in happened {
            self.happened(next, &routers, &peers, now_ms);
        }
        for rib in deltas.ribs.iter().filter(|rib| rib.changed) {
            if let Some(peer) = number(&peers, rib.peer) {
                let position = deltas.routes.last().map(|route| route.position).unwrap_or_default();
                self.volume.table(peer, rib, position, &self.world, &mut self.voice);
            }
        }
        for statistic in &deltas.statistics {
            if let Some(peer) = number(&peers, statistic.peer) {
                self.volume.statistic(peer, statistic, &self.world, &mut self.voice);
            }
        }
        self.run(tables, now_ms)
    }

    /// `adopted`: the route was there before anybody looked.
    pub(crate) fn route(
        &mut self,
        deltas: &Deltas,
        delta: &RouteDelta,
        peer: u32,
        new: Option<&Facts>,
        old: Option<&Facts>,
        adopted: bool,
    ) {
        let Some(rib) = deltas.rib(delta.rib) else { return };
        let family = AddressFamily::new(rib.afi, rib.safi);
        let link_state = family == AddressFamily::BGP_LS;
        if matches!(rib.view, RibView::AdjRibOutPre | RibView::AdjRibOutPost)
            || delta.unknown
            || !family.is_unicast() && !link_state
        {
            return;
        }
        let prefix = match link_state {
            // It has none.
            true => IpNet::default(),
            false => match rib::nlri::prefix(rib.afi, rib.safi, &delta.nlri) {
                Some(prefix) => prefix,
                None => return,
            },
        };
        let Some(held) = self.world.peer_mut(peer) else { return };
        held.has_post |= rib.view == RibView::AdjRibInPost;
        if held.life == crate::world::Life::Unknown && !held.is_loc_rib() && new.is_some() {
            held.life = crate::world::Life::Up;
            self.downs.link(peer, &mut self.world, &mut self.voice);
        }
        let Some(held) = self.world.peer(peer) else { return };
        let generation = delta.position.generation;
        let dump = adopted || rib.end_of_rib != Some(generation) && held.up_ms + 60_000 > self.voice.now;
        let router = held.router;
        let changed = Changed {
            change: delta.change,
            prefix,
            path_id: delta.path_id,
            view: rib.view,
            peer,
            router,
            new,
            old,
            position: delta.position,
            after_gap: delta.after_gap,
            dump,
        };
        if link_state {
            if changed.counts(&self.world) || rib.view == RibView::LocRib {
                let Insight { world, config, voice, .. } = self;
                self.link_state.changed(&delta.nlri, &changed, world, &config.waits, voice);
            }
            return;
        }
        // Routes of VRFs and of other places have addresses of their own: rules about the Internet and about pods are not for them.
        let global = held.distinguisher == 0;
        let Insight { world, config, voice, .. } = self;
        let waits = &config.waits;
        let block = global && self.blocks.is_block(&prefix);
        if block {
            self.blocks.changed(&changed, world, waits, voice);
        } else if global {
            self.paths.changed(&changed, world, waits, voice);
        }
        if prefix.prefix_len() == 0 {
            self.defaults.changed(&changed, world, voice);
        }
        if !global {
            return;
        }
        self.services.changed(&changed, waits, voice);
        self.ospf.changed(&changed, world, &self.link_state, waits, voice);
        if !matches!(rib.view, RibView::LocRib) {
            self.policy.changed(&changed, world, waits, voice);
            self.route_flaps.changed(&changed, world, config.flapping, voice);
            match delta.change {
                RouteChange::Withdraw if !block => {
                    let watched = self.watched.is_watched(&prefix);
                    self.withdrawn.withdrawn(&changed, watched, world, waits, voice);
                }
                RouteChange::Withdraw => {}
                _ => self.withdrawn.announced(&prefix),
            }
            self.watched.visibility(&changed, world, voice);
        }
        let holder = (peer, prefix, delta.path_id, rib.view as u8);
        let broken = match new {
            Some(_) => {
                let was_invalid = self.conditions.breaks("rpki_invalid", &holder);
                self.watched.breaks(&changed, was_invalid, world, world.neighbours())
            }
            None => Vec::new(),
        };
        if !broken.is_empty() || !self.conditions.is_empty() {
            self.conditions.set(holder, broken, |text| changed.evidence(world, text), voice);
        }
    }

    fn happened(&mut self, what: Happened<'_>, routers: &[u32], peers: &[u32], now_ms: i64) {
        let number =
            |of: &[u32], index: u32| usize::try_from(index).ok().and_then(|index| of.get(index)).copied();
        match what {
            Happened::End(end) => match end.scope {
                EndScope::Router(index) if end.kind == EndKind::Ended => {
                    let of = number(routers, index).and_then(|router| self.world.router(router));
                    let all: Vec<u32> =
                        of.map(|router| router.peers.iter().copied().collect()).unwrap_or_default();
                    all.into_iter().for_each(|peer| self.forget(peer));
                }
                EndScope::Router(_) => {}
                EndScope::Peer(index) => {
                    if let Some(peer) = number(peers, index) {
                        self.ended(peer, end.position);
                    }
                }
            },
            Happened::Event(event) => {
                let router = number(routers, event.router);
                let peer = event.peer.and_then(|index| number(peers, index));
                self.event(event, router, peer, now_ms);
            }
        }
    }

    fn event(&mut self, event: &PeerEvent, router: Option<u32>, peer: Option<u32>, now_ms: i64) {
        let Insight { world, interfaces, blocks, config, voice, .. } = self;
        let waits = config.waits;
        match (event.kind, peer, router) {
            (EventKind::PeerUp, Some(peer), _) => {
                let mut of = Context { world, interfaces, blocks, flapping: config.flapping, waits };
                self.downs.up(peer, &mut of, voice);
            }
            (EventKind::PeerDown, Some(peer), _) => {
                let reason = Reason::of(event);
                if let Some(limit) = &reason.limit {
                    self.volume.limit(peer, limit);
                }
                self.volume.forget(peer, world, voice);
                let mut of = Context { world, interfaces, blocks, flapping: config.flapping, waits };
                self.downs.down(peer, reason, event.position, &mut of, voice);
            }
            (EventKind::Swept, Some(peer), _) if event.view.is_none() => {
                self.volume.forget(peer, world, voice);
                self.downs.gone(peer, event.position, world, voice);
            }
            // What went while nobody listened is no withdrawal of now.
            (EventKind::Swept, Some(peer), _) => self.volume.forget(peer, world, voice),
            (_, None, Some(router)) => {
                if event.kind == EventKind::SessionStart {
                    let peers: Vec<u32> = world
                        .router(router)
                        .map(|held| held.peers.iter().copied().collect())
                        .unwrap_or_default();
                    for peer in peers {
                        self.volume.forget(peer, world, voice);
                    }
                }
                self.observation.event(event, router, world, &waits, voice);
            }
            _ => {}
        }
        let _ = now_ms;
    }

    /// All routes of a peer ended.
    fn ended(&mut self, peer: u32, position: Position) {
        let Insight { world, config, voice, .. } = self;
        let waits = &config.waits;
        let router = world.router_of(peer).map(|router| router.name.clone()).unwrap_or_default();
        let evidence = Evidence::of(&router, position, format!("{}: all routes ended", world.subject(peer)));
        self.blocks.peer_ended(peer, &evidence, world, waits, voice);
        self.conditions.peer_ended(peer, voice);
        self.defaults.peer_ended(peer, &evidence, voice);
        self.services.peer_ended(peer, waits, voice);
        self.link_state.peer_ended(peer, waits, voice);
        self.ospf.peer_ended(peer, waits, voice);
        self.watched.peer_ended(peer);
    }

    /// A router did not come back: nothing is known of its peers.
    fn forget(&mut self, peer: u32) {
        let Insight { world, voice, .. } = self;
        self.blocks.forget(peer);
        self.conditions.peer_ended(peer, voice);
        self.defaults.forget(peer, world);
        self.services.forget(peer);
        self.watched.peer_ended(peer);
        self.volume.forget(peer, world, voice);
        self.downs.forget(peer, world, voice);
    }
}
