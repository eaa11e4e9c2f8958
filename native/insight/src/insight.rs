//! [`Insight`] hands every delta to the parts that have something to say of it, in the order of the positions.

use std::collections::HashMap;

use ipnet::IpNet;

use crate::alerts::Alerts;
use crate::calico::Blocks;
use crate::clock::Clocks;
use crate::conditions::Conditions;
use crate::config::{Config, ConfigError, Rpki};
use crate::defaults::DefaultRoutes;
use crate::downs::{Context, Downs};
use crate::interfaces::{InterfaceEvent, Interfaces};
use crate::kept::{Mark, Marked};
use crate::left_links::LeftLinks;
use crate::link_state::LinkState;
use crate::observation::Observation;
use crate::ospf::Ospf;
use crate::paths::Paths;
use crate::policy::Policy;
use crate::route_flaps::RouteFlaps;
use crate::rpki::{Sources, Validity, Vrps};
use crate::rules::Rules;
use crate::said::{Alert, Said, Verdict};
use crate::services::Services;
use crate::tables::Tables;
use crate::timers::{Timer, Timers};
use crate::topology::Topology;
use crate::voice::Voice;
use crate::volume::Volume;
use crate::watch::Watched;
use crate::withdrawn::Withdrawn;
use crate::world::{Place, World};

/// Says of deltas what broke, where and why. It has no clock of its own and does no I/O.
#[derive(Debug)]
pub struct Insight {
    pub(crate) config: Config,
    pub(crate) world: World,
    pub(crate) interfaces: Interfaces,
    pub(crate) blocks: Blocks,
    pub(crate) conditions: Conditions,
    pub(crate) clocks: Clocks,
    pub(crate) defaults: DefaultRoutes,
    pub(crate) downs: Downs,
    pub(crate) observation: Observation,
    pub(crate) left_links: LeftLinks,
    pub(crate) link_state: LinkState,
    pub(crate) ospf: Ospf,
    pub(crate) paths: Paths,
    pub(crate) policy: Policy,
    pub(crate) route_flaps: RouteFlaps,
    pub(crate) services: Services,
    pub(crate) volume: Volume,
    pub(crate) watched: Watched,
    pub(crate) withdrawn: Withdrawn,
    pub(crate) voice: Voice,
    /// When what was kept over a restart was kept.
    pub(crate) kept_ms: Option<i64>,
    pub(crate) vrp_sources: Sources,
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
            left_links: LeftLinks::default(),
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

    /// Takes what SNMP tells of an interface.
    pub fn interface(&mut self, tables: &dyn Tables, event: &InterfaceEvent, now_ms: i64) -> Vec<Said> {
        self.advance(tables, now_ms);
        let now_ms = now_ms.max(self.voice.now);
        self.voice.now = now_ms;
        let (name, _) = self.interfaces.take(event, now_ms);
        let Insight { downs, world, interfaces, blocks, config, voice, .. } = self;
        let mut of = Context { world, interfaces, blocks, flapping: config.flapping, waits: config.waits };
        downs.interface_changed(&name, &mut of, voice);
        self.left_links.interface_changed(&name, &self.interfaces, self.config.waits.snmp, &mut self.voice);
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

    /// The configuration that it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where VRPs come from, beside those of the configuration.
    pub fn rpki(&self) -> &Rpki {
        &self.config.rpki
    }

    /// As [`Insight::advance`], and gives all that was said and is not told yet.
    pub(crate) fn run(&mut self, tables: &dyn Tables, now_ms: i64) -> Vec<Said> {
        self.advance(tables, now_ms);
        std::mem::take(&mut self.voice.out)
    }

    /// All timers that are due, each at its own time. What they say is told by who called.
    pub(crate) fn advance(&mut self, tables: &dyn Tables, now_ms: i64) {
        while let Some((at, timer)) = self.voice.timers.pop(now_ms) {
            self.voice.now = at.max(self.voice.now);
            self.timer(timer, tables);
        }
        self.voice.now = now_ms.max(self.voice.now);
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
            Timer::Shift(key) => {
                if let Some(shift) = self.paths.tell(&key, world, voice) {
                    self.left_links.shifted(shift, world, interfaces, waits.snmp, voice);
                }
            }
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

    /// Alerts of before a restart had the time to be heard of again.
    fn forget_restored(&mut self) {
        self.conditions.forget_restored();
        self.watched.forget_restored();
        self.defaults.adopted(&self.world, &mut self.voice);
        self.downs.forget_restored(&mut self.voice);
        self.voice.alerts.forget_restored(self.voice.now, &mut self.voice.out);
    }
}

#[cfg(test)]
mod tests {
    use rib::{Deltas, Limits, RoutingTable};

    use super::*;
    use crate::alerts::Raise;

    #[test]
    fn what_was_due_before_a_batch_came_is_told_with_it() {
        let config = Config::from_json(r#"{"rules": {"router_clock": {"open_after_ms": 100}}}"#).unwrap();
        let table = RoutingTable::new(Limits::default());
        let mut insight = Insight::new(config).unwrap();
        insight.voice.now = 1_000;
        insight.voice.raise("router_clock", "edge", Raise::default());
        assert_eq!(insight.due(), Some(1_100));
        assert_eq!(insight.apply(&table, &Deltas::default(), 2_000).len(), 1);
        insight.voice.clear("router_clock", "edge", "over");
        let closed_ms = insight.due().unwrap();
        assert_eq!(insight.change_vrps(&table, crate::Source::Cache, &[], &[], closed_ms + 1).len(), 1);
    }
}
