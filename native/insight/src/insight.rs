//! [`Insight`] hands every delta to the parts that have something to say of it, in the order of the positions.

use std::collections::HashMap;

use ipnet::IpNet;
use rib::view::RibView;
use rib::{
    Deltas, EndKind, EndScope, EventKind, PeerEvent, Position, Query, RouteChange, RouteDelta, RouteRow,
    RoutingTable,
};

use crate::alerts::{Alerts, Mark, Marked};
use crate::calico::Blocks;
use crate::clock::Clocks;
use crate::conditions::Conditions;
use crate::config::{Config, ConfigError, Rpki, Vrp};
use crate::defaults::DefaultRoutes;
use crate::downs::{Context, Downs};
use crate::facts::Facts;
use crate::interfaces::{InterfaceEvent, Interfaces};
use crate::link_state::{self, LinkState};
use crate::observation::Observation;
use crate::ospf::Ospf;
use crate::paths::Paths;
use crate::policy::Policy;
use crate::reasons::Reason;
use crate::route::{self, Changed};
use crate::route_flaps::RouteFlaps;
use crate::rpki::{Source, Sources, Validity, Vrps};
use crate::rules::Rules;
use crate::said::{Alert, Evidence, Said, Verdict};
use crate::services::Services;
use crate::timers::{Timer, Timers};
use crate::topology::Topology;
use crate::voice::Voice;
use crate::volume::Volume;
use crate::watch::Watched;
use crate::withdrawn::Withdrawn;
use crate::world::{Place, World};

/// What a part may ask of the routing tables, when it has waited: a few questions, never a walk over all routes.
pub trait Tables {
    /// Every route of a query, until `visit` says stop (false).
    fn each_route(&self, query: &Query, visit: &mut dyn FnMut(RouteRow) -> bool);

    /// What is held, of a prefix and all inside it or of all, as [`RoutingTable::each_held`] gives it. For when VRPs change.
    fn each_held(&self, prefix: Option<IpNet>, visit: &mut dyn FnMut(&Deltas));
}

impl Tables for RoutingTable {
    fn each_route(&self, query: &Query, visit: &mut dyn FnMut(RouteRow) -> bool) {
        // Only a cursor can be wrong, and there is none.
        let _ = RoutingTable::each_route(self, query, visit);
    }

    fn each_held(&self, prefix: Option<IpNet>, visit: &mut dyn FnMut(&Deltas)) {
        match prefix {
            Some(prefix) => self.each_held_in(prefix, AT_A_TIME, visit),
            None => RoutingTable::each_held(self, AT_A_TIME, visit),
        }
    }
}

/// Routes that are read at a time.
pub(crate) const AT_A_TIME: usize = 20_000;
/// More prefixes than so many are no question each, but one walk over all routes.
const MOST_QUESTIONS: usize = 1_000;

/// Says of deltas what broke, where and why. It has no clock of its own and does no I/O.
#[derive(Debug)]
pub struct Insight {
    pub(crate) config: Config,
    pub(crate) world: World,
    interfaces: Interfaces,
    pub(crate) blocks: Blocks,
    pub(crate) conditions: Conditions,
    clocks: Clocks,
    pub(crate) defaults: DefaultRoutes,
    pub(crate) downs: Downs,
    pub(crate) observation: Observation,
    link_state: LinkState,
    ospf: Ospf,
    paths: Paths,
    policy: Policy,
    route_flaps: RouteFlaps,
    services: Services,
    pub(crate) volume: Volume,
    pub(crate) watched: Watched,
    withdrawn: Withdrawn,
    pub(crate) voice: Voice,
    /// When what was kept over a restart was kept.
    pub(crate) kept_ms: Option<i64>,
    vrp_sources: Sources,
}

/// Attribute sets of deltas, each read when it is first asked for.
pub(crate) struct Sets<'a> {
    sets: &'a [rib::AttributeSet],
    read: Vec<Option<Facts>>,
}

impl<'a> Sets<'a> {
    pub fn new(sets: &'a [rib::AttributeSet]) -> Self {
        let mut read = Vec::new();
        read.resize_with(sets.len(), || None);
        Sets { sets, read }
    }

    pub fn read(&mut self, index: Option<u32>) {
        let Some(index) = index.and_then(|index| usize::try_from(index).ok()) else { return };
        if let (Some(set), Some(read)) = (self.sets.get(index), self.read.get_mut(index)) {
            if read.is_none() {
                *read = Some(Facts::of(set));
            }
        }
    }

    pub fn get(&self, index: Option<u32>) -> Option<&Facts> {
        self.read.get(usize::try_from(index?).ok()?)?.as_ref()
    }
}

impl Insight {
    /// # Errors
    /// Where the configuration names a rule that there is not, or has an expression that is none.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let voice = Voice {
            now: 0,
            out: Vec::new(),
            timers: Timers::default(),
            alerts: Alerts::new(Rules::new(&config)?),
            topology: Topology::default(),
            verdicts: HashMap::new(),
            node_wait: config.waits.node,
            silent: false,
        };
        Ok(Insight {
            world: World::new(&config),
            interfaces: Interfaces::default(),
            blocks: Blocks::new(&config.calico),
            conditions: Conditions::default(),
            clocks: Clocks::default(),
            defaults: DefaultRoutes::default(),
            downs: Downs::default(),
            observation: Observation::default(),
            link_state: LinkState::default(),
            ospf: Ospf::new(&config),
            paths: Paths::default(),
            policy: Policy::default(),
            route_flaps: RouteFlaps::default(),
            services: Services::new(&config),
            volume: Volume::default(),
            watched: Watched::new(&config)?,
            withdrawn: Withdrawn::default(),
            voice,
            kept_ms: None,
            vrp_sources: Sources::new(&config.vrps),
            config,
        })
    }

    /// Takes what a batch, or an expiry, changed; the table is as it is after it. `now_ms` never goes back.
    pub fn apply(&mut self, tables: &dyn Tables, deltas: &Deltas, now_ms: i64) -> Vec<Said> {
        self.run(tables, now_ms);
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

    /// Takes what SNMP tells of an interface.
    pub fn interface(&mut self, tables: &dyn Tables, event: &InterfaceEvent, now_ms: i64) -> Vec<Said> {
        self.run(tables, now_ms);
        let now_ms = now_ms.max(self.voice.now);
        self.voice.now = now_ms;
        let (name, _) = self.interfaces.take(event, now_ms);
        let Insight { downs, world, interfaces, blocks, config, voice, .. } = self;
        let mut of = Context { world, interfaces, blocks, flapping: config.flapping, waits: config.waits };
        downs.interface_changed(&name, &mut of, voice);
        self.run(tables, now_ms)
    }

    /// Looks at what waited until now. To be called at the time that [`Insight::due`] tells.
    pub fn tick(&mut self, tables: &dyn Tables, now_ms: i64) -> Vec<Said> {
        self.run(tables, now_ms)
    }

    /// When [`Insight::tick`] has something to look at.
    pub fn due(&self) -> Option<i64> {
        self.voice.timers.due()
    }

    pub fn topology(&self) -> &Topology {
        &self.voice.topology
    }

    /// Every alert that is open.
    pub fn alerts(&self, now_ms: i64) -> Vec<Alert> {
        self.voice.alerts.open(now_ms)
    }

    /// The last verdict of each subject that was said since a time, oldest first.
    pub fn verdicts(&self, since_ms: i64) -> Vec<(i64, Verdict)> {
        let held = self.voice.verdicts.values().filter(|held| held.at_ms >= since_ms);
        let mut verdicts: Vec<_> = held.map(|held| (held.at_ms, held.said.clone())).collect();
        verdicts.sort_by(|one, other| (one.0, &one.1.subject).cmp(&(other.0, &other.1.subject)));
        verdicts
    }

    /// What the subjects of alerts and verdicts name, of those that name a router, a session or the node at its other end.
    pub fn places(&self) -> HashMap<String, Place> {
        self.world.places()
    }

    /// A person acknowledged or muted an alert, or took that back.
    pub fn mark(&mut self, rule: &str, subject: &str, mark: Mark) {
        self.voice.alerts.mark(rule, subject, mark);
    }

    /// What people marked, to be kept over a restart.
    pub fn marks(&self) -> Vec<Marked> {
        self.voice.alerts.marks()
    }

    pub fn vrps(&self) -> &Vrps {
        self.watched.vrps()
    }

    /// What RPKI says of a route.
    pub fn validity(&self, prefix: &IpNet, origin: Option<u32>) -> Validity {
        self.watched.vrps().validity(prefix, origin)
    }

    /// VRPs of a source came and went. What that means for watched prefixes is said, and routes that they cover are validated again.
    pub fn change_vrps(
        &mut self,
        tables: &dyn Tables,
        source: Source,
        added: &[Vrp],
        removed: &[Vrp],
        now_ms: i64,
    ) -> Vec<Said> {
        self.run(tables, now_ms);
        let before = self.watched.roas();
        let first = self.watched.vrps().is_empty();
        let (added, removed) = self.vrp_sources.change(source, added, removed);
        removed.iter().for_each(|vrp| self.watched.vrps_mut().remove(*vrp));
        added.iter().for_each(|vrp| self.watched.vrps_mut().insert(*vrp));
        match first {
            // They were not lost and found: nobody had told them yet.
            true => self.watched.uncovered(&mut self.voice),
            false => self.watched.roas_changed(&before, &mut self.voice),
        }
        let mut nets: Vec<IpNet> = added.iter().chain(&removed).map(|vrp| vrp.prefix).collect();
        nets = IpNet::aggregate(&nets);
        if nets.len() > MOST_QUESTIONS {
            tables.each_held(None, &mut |deltas| self.validate(deltas));
        } else {
            for net in nets {
                tables.each_held(Some(net), &mut |deltas| self.validate(deltas));
            }
        }
        self.run(tables, now_ms)
    }

    /// What a source has now takes the place of what it had.
    pub fn replace_vrps(
        &mut self,
        tables: &dyn Tables,
        source: Source,
        vrps: Vec<Vrp>,
        now_ms: i64,
    ) -> Vec<Said> {
        let (added, removed) = self.vrp_sources.difference(source, vrps);
        self.change_vrps(tables, source, &added, &removed, now_ms)
    }

    /// Routes that are held are validated again.
    fn validate(&mut self, deltas: &Deltas) {
        if deltas.routes.is_empty() {
            return;
        }
        let (_, peers) = self.world.absorb(deltas, self.voice.now);
        let mut sets = Sets::new(&deltas.attributes);
        let Insight { world, watched, conditions, voice, .. } = self;
        for delta in &deltas.routes {
            let Some(rib) = deltas.rib(delta.rib) else { return };
            let Some(peer) = usize::try_from(rib.peer).ok().and_then(|index| peers.get(index)).copied()
            else {
                return;
            };
            let Some(held) = world.peer(peer).filter(|held| held.distinguisher == 0) else { return };
            if matches!(rib.view, RibView::AdjRibOutPre | RibView::AdjRibOutPost) || rib.safi != 1 {
                return;
            }
            let Some(prefix) = route::prefix(rib.afi, rib.safi, &delta.nlri) else { continue };
            sets.read(delta.attributes);
            let route = Changed {
                change: delta.change,
                prefix,
                path_id: delta.path_id,
                view: rib.view,
                peer,
                router: held.router,
                new: sets.get(delta.attributes),
                old: None,
                position: delta.position,
                after_gap: false,
                dump: true,
            };
            let broken = watched.validate(&route, world);
            let holder = (peer, prefix, delta.path_id, rib.view as u8);
            conditions.set_rule("rpki_invalid", holder, broken, |text| route.evidence(world, text), voice);
        }
    }

    /// Where VRPs come from, beside those of the configuration.
    pub fn rpki(&self) -> &Rpki {
        &self.config.rpki
    }

    /// All timers that are due, each at its own time.
    fn run(&mut self, tables: &dyn Tables, now_ms: i64) -> Vec<Said> {
        while let Some((at, timer)) = self.voice.timers.pop(now_ms) {
            self.voice.now = at.max(self.voice.now);
            self.timer(timer, tables);
        }
        self.voice.now = now_ms.max(self.voice.now);
        std::mem::take(&mut self.voice.out)
    }

    fn timer(&mut self, timer: Timer, tables: &dyn Tables) {
        let Insight { world, interfaces, blocks, config, voice, .. } = self;
        let waits = config.waits;
        match timer {
            Timer::Alert(key) => voice.alerts.due(&key, voice.now, &mut voice.out),
            Timer::Down(peer) => {
                let mut of = Context { world, interfaces, blocks, flapping: config.flapping, waits };
                self.downs.decide(peer, &mut of, voice);
            }
            Timer::Quiet(peer) => {
                let mut of = Context { world, interfaces, blocks, flapping: config.flapping, waits };
                self.downs.quiet(peer, &mut of, voice);
            }
            Timer::Node(node) => {
                if voice.topology.degree(&node) == 0
                    && !world.routers.iter().any(|router| router.name == node)
                {
                    voice.node_lost(&node);
                }
            }
            Timer::BlocksLost(node) => blocks.alert(&node, world, voice),
            Timer::BlockGone(prefix) => blocks.gone(prefix, &waits, world, voice),
            Timer::Shift(key) => self.paths.tell(&key, world, voice),
            Timer::Conditions => self.conditions.tell(voice),
            Timer::Observation(router) => self.observation.look(router, world, voice),
            Timer::Service(service, address) => self.services.look(&service, &address, &waits, voice),
            Timer::Default(scope) => self.defaults.look(scope, world, voice),
            Timer::Withdrawn(prefix) => self.withdrawn.look(prefix, tables, world, &waits, voice),
            Timer::Policy => self.policy.look(tables, world, &waits, voice),
            Timer::LinkState(peer, nlri) => self.link_state.look((peer, nlri), &waits, voice),
            Timer::OspfAgain => self.ospf.again(&self.link_state, voice),
            Timer::Ospf(source, target) => self.ospf.look(&source, &target, &waits, voice),
            Timer::RouteQuiet(prefix) => self.route_flaps.quiet(prefix, config.flapping, voice),
            Timer::LocRib(router) => self.volume.look(router, world, voice),
            Timer::Visibility(index) => self.watched.look(index, world, voice),
            Timer::Restored => self.forget_restored(),
        }
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
        let link_state = (rib.afi, rib.safi) == link_state::FAMILY;
        if matches!(rib.view, RibView::AdjRibOutPre | RibView::AdjRibOutPost)
            || delta.unknown
            || rib.safi != 1 && !link_state
        {
            return;
        }
        let prefix = match link_state {
            // It has none.
            true => IpNet::default(),
            false => match route::prefix(rib.afi, rib.safi, &delta.nlri) {
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
        let broken = match new {
            Some(_) => self.watched.breaks(&changed, world, world.neighbours()),
            None => Vec::new(),
        };
        if !broken.is_empty() || !self.conditions.is_empty() {
            let holder = (peer, prefix, delta.path_id, rib.view as u8);
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

/// What stands between routes in the order of positions.
#[derive(Clone, Copy)]
enum Happened<'a> {
    End(&'a rib::End),
    Event(&'a PeerEvent),
}

impl Happened<'_> {
    fn position(&self) -> Position {
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
