//! Peers that go down: what goes together is one alert and one verdict, and what SNMP tells late revises it.
//!
//! A Peer Down waits a moment for others, then the best explanation is said: a neighbour that several routers lost, an interface
//! that went down, a Kubernetes node that is gone with its blocks, and else what the Peer Down says of itself.

use std::collections::{BTreeSet, HashMap};

use rib::{PeerRow, Position};

use crate::alerts::Raise;
use crate::calico::Blocks;
use crate::config::{Flapping, InterfaceName, Waits};
use crate::interfaces::Interfaces;
use crate::reasons::Reason;
use crate::said::{Cause, Evidence, Severity};
use crate::timers::Timer;
use crate::topology::{Bearer, Protocol, Status};
use crate::voice::{Judgement, Voice};
use crate::world::{Life, World};

/// So many peers of a router that go together, for different reasons, are one alert.
const STORM: usize = 5;
/// Peers of one neighbour that several routers lose within this time went together.
const TOGETHER_MS: i64 = 180_000;

#[derive(Clone, Debug)]
struct Down {
    at_ms: i64,
    reason: Reason,
    evidence: Evidence,
    /// What was said to be the cause: the subject of the verdict.
    told: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Downs {
    /// Peers that are down, or were a moment ago, by what was said of it.
    downs: HashMap<u32, Down>,
    /// Those of which nothing was said yet.
    pending: BTreeSet<u32>,
    /// Alerts that are open, with the peers that they wait for.
    alerts: HashMap<String, BTreeSet<u32>>,
    /// Of alerts of before a restart: the peers of which nothing was heard since.
    restored: HashMap<String, BTreeSet<String>>,
    /// Peers that flapped before a restart.
    flapped: BTreeSet<String>,
}

/// An explanation, and how much it explains.
struct Explanation {
    rank: u8,
    judgement: Judgement,
    /// All peers that it explains.
    peers: BTreeSet<u32>,
}

/// What the parts that decide need of the others.
pub(crate) struct Context<'a> {
    pub world: &'a mut World,
    pub interfaces: &'a Interfaces,
    pub blocks: &'a Blocks,
    pub flapping: Flapping,
    pub waits: Waits,
}

impl Downs {
    /// A router says that a peer is down.
    pub fn down(
        &mut self,
        peer: u32,
        reason: Reason,
        position: Position,
        of: &mut Context<'_>,
        voice: &mut Voice,
    ) {
        let now = voice.now;
        let Some(held) = of.world.peer_mut(peer) else { return };
        if held.is_loc_rib() || held.life == Life::Down {
            return;
        }
        let was_up = held.life == Life::Up;
        held.life = Life::Down;
        if !was_up {
            return;
        }
        held.downs.push_back(now);
        while held.downs.front().is_some_and(|at| *at < now - of.flapping.within_ms) {
            held.downs.pop_front();
        }
        let (count, was_flapping, subject) = (held.downs.len(), held.flapping, held.subject.clone());
        if let Some((router, node)) = held.link.take() {
            voice.unbear(&router, &node, Protocol::Bgp, Bearer::Session(peer));
        }
        let router = of.world.router_of(peer).map(|router| router.name.clone()).unwrap_or_default();
        let evidence = Evidence::of(&router, position, format!("{subject} went down: {}", reason.text));
        if was_flapping || count >= of.flapping.downs {
            self.flaps(peer, count, evidence, of, voice);
            return;
        }
        // SNMP may have told already; then nobody else is waited for.
        let known = of.world.peer(peer).and_then(|held| held.interface.clone());
        let explained = known
            .is_some_and(|name| of.interfaces.get(&name).is_some_and(crate::interfaces::Interface::is_down));
        let wait = if reason.soft && !explained && self.is_seen_by_others(peer, of.world) {
            of.waits.neighbour
        } else {
            of.waits.down
        };
        self.downs.insert(peer, Down { at_ms: now, reason, evidence, told: None });
        self.pending.insert(peer);
        voice.after(wait, Timer::Down(peer));
        if wait > of.waits.down {
            // The alert does not wait for the cause.
            self.alert(&subject, &BTreeSet::from([peer]), None, of.world, voice);
        }
    }

    /// Another router still has a session with the same neighbour.
    fn is_seen_by_others(&self, peer: u32, world: &World) -> bool {
        let Some(this) = world.peer(peer) else { return false };
        let Some(others) = world.by_node.get(&this.node) else { return false };
        !world.is_calico(&this.node)
            && others.iter().any(|other| {
                world
                    .peer(*other)
                    .is_some_and(|other| other.router != this.router && other.life != Life::Unknown)
            })
    }

    pub fn up(&mut self, peer: u32, of: &mut Context<'_>, voice: &mut Voice) {
        let now = voice.now;
        let Some(held) = of.world.peer_mut(peer) else { return };
        if held.is_loc_rib() {
            return;
        }
        if held.life != Life::Up {
            held.up_ms = now;
        }
        held.life = Life::Up;
        let flapping = held.flapping;
        if !self.pending.contains(&peer) {
            self.downs.remove(&peer);
        }
        self.recover_everywhere(peer, of.world, voice);
        self.link(peer, of.world, voice);
        let flapping = flapping || self.flapped_before(peer, of.flapping, of.world, voice);
        if flapping {
            if let Some((router, node)) = of.world.peer(peer).and_then(|held| held.link.clone()) {
                voice.topology.link_status(&router, &node, Protocol::Bgp, Status::Flapping);
            }
        }
    }

    /// The session of a peer bears a link.
    pub fn link(&self, peer: u32, world: &mut World, voice: &mut Voice) {
        let Some(held) = world.peer(peer) else { return };
        let Some(router) = world.router(held.router) else { return };
        if held.is_loc_rib() || held.life != Life::Up {
            return;
        }
        let link = (router.name.clone(), held.node.clone());
        if held.link.as_ref() == Some(&link) {
            return;
        }
        if let Some((router, node)) = &held.link {
            // A name that came to be known: nothing happened to the link.
            voice.topology.forget_link(router, node, Protocol::Bgp);
        }
        voice.node(&link.0, crate::topology::NodeKind::Router, None, router.address);
        voice.node(&link.1, held.kind, Some(held.asn), Some(held.address));
        voice.bear(&link.0, &link.1, Protocol::Bgp, Bearer::Session(peer), "BGP session", 1.0, None);
        if let Some(held) = world.peer_mut(peer) {
            held.link = Some(link);
        }
    }

    /// Subjects of the open alerts that have the peer.
    fn alerts_of(&self, peer: u32) -> Vec<String> {
        self.alerts.iter().filter(|(_, peers)| peers.contains(&peer)).map(|(key, _)| key.clone()).collect()
    }

    /// The peer is no longer down in any open alert that has it.
    fn recover_everywhere(&mut self, peer: u32, world: &World, voice: &mut Voice) {
        self.recover_restored(world.subject(peer), voice);
        for subject in self.alerts_of(peer) {
            self.recover(&subject, peer, voice);
        }
    }

    fn recover(&mut self, subject: &str, peer: u32, voice: &mut Voice) {
        let Some(peers) = self.alerts.get_mut(subject) else { return };
        peers.remove(&peer);
        if peers.is_empty() {
            self.alerts.remove(subject);
            if !self.restored.contains_key(subject) {
                voice.clear("peer_down", subject, "up again");
            }
        }
    }

    /// Nothing is known of a peer any more.
    pub fn forget(&mut self, peer: u32, world: &mut World, voice: &mut Voice) {
        self.pending.remove(&peer);
        self.downs.remove(&peer);
        if let Some(held) = world.peer_mut(peer) {
            held.life = Life::Unknown;
        }
        self.recover_everywhere(peer, world, voice);
    }

    /// An alert of before a restart, with the peers that it was about.
    pub fn restore(&mut self, subject: String, peers: BTreeSet<String>) {
        let peers = if peers.is_empty() { BTreeSet::from([subject.clone()]) } else { peers };
        self.restored.insert(subject, peers);
    }

    pub fn restore_flapping(&mut self, subject: String) {
        self.flapped.insert(subject);
    }

    /// Whether a peer flapped before a restart, which then goes on.
    fn flapped_before(
        &mut self,
        peer: u32,
        flapping: Flapping,
        world: &mut World,
        voice: &mut Voice,
    ) -> bool {
        let Some(held) = world.peer_mut(peer) else { return false };
        if self.flapped.is_empty() || !self.flapped.remove(&held.subject) {
            return false;
        }
        held.flapping = true;
        voice.alerts.claim("peer_flapping", &held.subject);
        voice.after(flapping.quiet_ms, Timer::Quiet(peer));
        true
    }

    /// A peer that was down is up.
    fn recover_restored(&mut self, peer: &str, voice: &mut Voice) {
        let over = |(_, peers): &(&String, &mut BTreeSet<String>)| peers.contains(peer);
        let subjects: Vec<String> =
            self.restored.iter_mut().filter(over).map(|(subject, _)| subject.clone()).collect();
        for subject in subjects {
            let Some(peers) = self.restored.get_mut(&subject) else { continue };
            peers.remove(peer);
            if peers.is_empty() {
                self.restored.remove(&subject);
                if !self.alerts.contains_key(&subject) {
                    voice.clear("peer_down", &subject, "up again");
                }
            }
        }
    }

    /// What is still down was down before anybody looked.
    pub fn adopted_down(
        &mut self,
        peer: u32,
        row: &PeerRow,
        told: bool,
        world: &mut World,
        voice: &mut Voice,
    ) {
        let Some(held) = world.peer_mut(peer) else { return };
        if held.is_loc_rib() {
            return;
        }
        held.life = Life::Down;
        let subject = held.subject.clone();
        let alert =
            self.restored.iter().find(|(_, peers)| peers.contains(&subject)).map(|(key, _)| key.clone());
        if let Some(alert) = alert {
            self.restored.entry(alert.clone()).or_default().remove(&subject);
            self.restored.retain(|_, peers| !peers.is_empty());
            self.alerts.entry(alert.clone()).or_default().insert(peer);
            voice.alerts.claim("peer_down", &alert);
        } else if !told {
            let text = row.down_reason.clone().unwrap_or_else(|| "it went while nobody listened".into());
            let router = world.router_of(peer).map(|router| router.name.clone()).unwrap_or_default();
            let evidence = Evidence::of(&router, row.position, format!("{subject} went down: {text}"));
            self.alerts.entry(subject.clone()).or_default().insert(peer);
            voice.raise("peer_down", &subject, Raise { text, evidence: vec![evidence], ..Raise::default() });
        }
    }

    /// A peer that is up was up before anybody looked.
    pub fn adopted_up(&mut self, peer: u32, flapping: Flapping, world: &mut World, voice: &mut Voice) {
        let Some(held) = world.peer_mut(peer).filter(|held| !held.is_loc_rib()) else { return };
        held.life = Life::Up;
        self.recover_everywhere(peer, world, voice);
        self.link(peer, world, voice);
        self.flapped_before(peer, flapping, world, voice);
    }

    /// Peers of alerts of before a restart of which nothing is heard are gone.
    pub fn forget_restored(&mut self, voice: &mut Voice) {
        self.flapped.clear();
        for (subject, _) in std::mem::take(&mut self.restored) {
            if !self.alerts.contains_key(&subject) {
                voice.close("peer_down", &subject, "nothing tells of it since the station started again");
            }
        }
    }

    /// A peer of which the router said nothing when it came back.
    pub fn gone(&mut self, peer: u32, position: Position, world: &mut World, voice: &mut Voice) {
        let Some(held) = world.peer_mut(peer) else { return };
        if held.is_loc_rib() || held.life == Life::Down {
            return;
        }
        held.life = Life::Down;
        let subject = held.subject.clone();
        if let Some((router, node)) = held.link.take() {
            voice.unbear(&router, &node, Protocol::Bgp, Bearer::Session(peer));
        }
        let router = world.router_of(peer).map(|router| router.name.clone()).unwrap_or_default();
        let text = "its router came back and does not tell of it: it went while nobody listened";
        self.alerts.entry(subject.clone()).or_default().insert(peer);
        let raise = Raise {
            text: text.into(),
            evidence: vec![Evidence::of(&router, position, text)],
            ..Raise::default()
        };
        voice.raise("peer_down", &subject, raise);
    }

    fn flaps(
        &mut self,
        peer: u32,
        count: usize,
        evidence: Evidence,
        of: &mut Context<'_>,
        voice: &mut Voice,
    ) {
        let Some(held) = of.world.peer_mut(peer) else { return };
        let first = !std::mem::replace(&mut held.flapping, true);
        let subject = held.subject.clone();
        let text = format!("down {count} times in {} s", of.flapping.within_ms / 1000);
        // One alert a cause: this one stands for each single time.
        for old in self.alerts_of(peer) {
            if let Some(peers) = self.alerts.get_mut(&old) {
                peers.remove(&peer);
                if peers.is_empty() {
                    self.alerts.remove(&old);
                    voice.close("peer_down", &old, "it flaps");
                }
            }
        }
        let raise = Raise { text: text.clone(), evidence: vec![evidence.clone()], ..Raise::default() };
        voice.raise("peer_flapping", &subject, raise);
        if first {
            self.pending.remove(&peer);
            let mut judgement = Judgement::new(&subject, Cause::Flapping, 0.95, text);
            judgement.evidence = vec![evidence];
            voice.judge(judgement);
        }
        voice.after(of.flapping.quiet_ms, Timer::Quiet(peer));
    }

    /// A peer that flapped may have been quiet for long enough.
    pub fn quiet(&mut self, peer: u32, of: &mut Context<'_>, voice: &mut Voice) {
        let now = voice.now;
        let Some(held) = of.world.peer_mut(peer) else { return };
        if !held.flapping || held.downs.back().is_some_and(|at| *at + of.flapping.quiet_ms > now) {
            return;
        }
        held.flapping = false;
        held.downs.clear();
        let (subject, link) = (held.subject.clone(), held.link.clone());
        let is_down = held.life == Life::Down;
        if let Some((router, node)) = link {
            voice.topology.link_status(&router, &node, Protocol::Bgp, Status::Up);
        }
        voice.close("peer_flapping", &subject, "quiet for as long as the rule says");
        if is_down {
            self.alert(&subject, &BTreeSet::from([peer]), None, of.world, voice);
        }
    }

    /// The wait is over: why did the peer go down?
    pub fn decide(&mut self, peer: u32, of: &mut Context<'_>, voice: &mut Voice) {
        if !self.pending.contains(&peer) {
            return;
        }
        let mut explanation = self.explain(peer, of);
        // Both ends of one session tell it: it is one cause, and the better explanation of the two is said.
        if let Some(other) = of.world.other_end(peer) {
            let near = |down: &Down| (voice.now - down.at_ms).abs() <= of.waits.snmp;
            if let Some(down) = self.downs.get(&other).filter(|down| near(down)) {
                let told = down.told.clone();
                let theirs = self.explain(other, of);
                match (&told, theirs, &explanation) {
                    (Some(told), Some(theirs), Some(mine)) if theirs.rank >= mine.rank => {
                        let told = told.clone();
                        self.join(peer, &told, voice);
                        return;
                    }
                    (None, Some(theirs), mine)
                        if mine.as_ref().is_none_or(|mine| theirs.rank > mine.rank) =>
                    {
                        explanation = Some(theirs);
                    }
                    _ => {}
                }
                if let Some(mine) = &mut explanation {
                    mine.peers.extend([peer, other]);
                    mine.judgement.supersedes.extend(told);
                }
            }
        }
        if let Some(explanation) = explanation {
            self.say(explanation, of.world, voice);
        }
        self.settle(peer, of.world);
    }

    /// What is up again and was told is over.
    fn settle(&mut self, peer: u32, world: &World) {
        self.pending.remove(&peer);
        if world.peer(peer).is_some_and(|held| held.life == Life::Up) {
            self.downs.remove(&peer);
        }
    }

    /// A peer went for a cause that was told already.
    fn join(&mut self, peer: u32, told: &str, voice: &mut Voice) {
        self.pending.remove(&peer);
        if let Some(down) = self.downs.get_mut(&peer) {
            down.told = Some(told.into());
        }
        if voice.alerts.is_open("peer_down", told) {
            self.alerts.entry(told.into()).or_default().insert(peer);
        }
    }

    /// The best explanation of a peer's going down.
    fn explain(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
        let down = self.downs.get(&peer)?;
        if down.reason.soft {
            if let Some(found) = self.node(peer, of).or_else(|| self.router(peer, of)) {
                // What is known of an interface ranks before a single node, not before several routers that agree.
                return match self.interface(peer, of) {
                    Some(interface) if found.rank < interface.rank => Some(interface),
                    _ => Some(found),
                };
            }
        }
        // A shutdown, a limit or a protocol's error says itself why; any other closing may come of the interface.
        if down.reason.soft || down.reason.cause == Cause::ProtocolError && is_cease(&down.reason) {
            if let Some(found) = self.interface(peer, of) {
                return Some(found);
            }
        }
        let confidence = match (down.reason.cause, down.reason.soft) {
            (_, false) => 0.95,
            (Cause::Unknown, true) => 0.2,
            (Cause::PathFailure, true) => 0.8,
            _ => match self.interface_state(peer, of) {
                Some(true) => 0.8,
                _ => 0.4,
            },
        };
        let held = of.world.peer(peer)?;
        let mut judgement =
            Judgement::new(&held.subject, down.reason.cause, confidence, down.reason.text.clone());
        judgement.evidence.push(down.evidence.clone());
        if let Some(up) = self.interface_state(peer, of) {
            let name = held.interface.as_ref().map(InterfaceName::subject).unwrap_or_default();
            judgement.evidence.push(Evidence::text(format!("{name} is {}", if up { "up" } else { "down" })));
        }
        let rank = if down.reason.soft { 1 } else { 5 };
        Some(Explanation { rank, judgement, peers: BTreeSet::from([peer]) })
    }

    /// Whether the peer's interface is up, where that is known.
    fn interface_state(&self, peer: u32, of: &Context<'_>) -> Option<bool> {
        let name = of.world.peer(peer)?.interface.as_ref()?;
        let held = of.interfaces.get(name)?;
        (held.oper.is_some() || held.admin.is_some()).then(|| !held.is_down())
    }

    /// The interface that carries it is down, or was within the hold time.
    fn interface(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
        let down = self.downs.get(&peer)?;
        let held = of.world.peer(peer)?;
        let name = held.interface.as_ref()?;
        let known = of.interfaces.get(name)?;
        let went = known.down_ms?;
        // What was down before the session came up is not why it went.
        if went < held.up_ms && !known.is_down()
            || went + held.hold_ms + 1000 < down.at_ms && !known.is_down()
        {
            return None;
        }
        if went + 2 * held.hold_ms < down.at_ms && held.up_ms > went {
            return None;
        }
        let (shut, confidence) = match known.is_down() {
            true => (known.is_shut(), 0.95),
            false => (known.was_shut, 0.6),
        };
        let together = of.world.by_interface.get(name)?.iter().copied().filter(|other| {
            let near = |down: &Down| down.at_ms >= went - of.waits.snmp && explains(&down.reason);
            self.downs.get(other).is_some_and(near)
                && of
                    .world
                    .peer(*other)
                    .is_some_and(|other| other.life == Life::Down || self.pending.contains(&peer))
        });
        let peers: BTreeSet<u32> = together.chain([peer]).collect();
        let cause = if shut { Cause::InterfaceShut } else { Cause::LinkFailure };
        let text = format!(
            "{} is {}, and {} with it",
            name.subject(),
            if shut { "administratively down" } else { "down" },
            match peers.len() {
                1 => "one session went".to_string(),
                count => format!("{count} sessions went"),
            }
        );
        let mut judgement = Judgement::new(&name.subject(), cause, confidence, text);
        judgement.evidence.push(Evidence::text(format!("SNMP: {} went down", name.subject())));
        self.name(&mut judgement, &peers, of.world);
        Some(Explanation { rank: 3, judgement, peers })
    }

    /// All sessions that end on the neighbour are gone, and two routers or more say so.
    fn router(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
        let down = self.downs.get(&peer)?;
        let node = &of.world.peer(peer)?.node;
        let all = of.world.by_node.get(node)?;
        let mut gone = BTreeSet::new();
        let mut seen_by = BTreeSet::new();
        for other in all {
            let held = of.world.peer(*other)?;
            match (held.life, self.downs.get(other)) {
                (Life::Down, Some(other_down))
                    if other_down.reason.soft && (other_down.at_ms - down.at_ms).abs() <= TOGETHER_MS =>
                {
                    gone.insert(*other);
                    seen_by.insert(held.router);
                }
                // It was down before, or never up: it says nothing.
                (Life::Down | Life::Unknown, _) => {}
                (Life::Up, _) if !of.world.is_observed(*other) => {}
                (Life::Up, _) => return None,
            }
        }
        // A router that tells of its own peers lives.
        let lives = of
            .world
            .routers
            .iter()
            .any(|router| router.name == *node && router.observed && router.heard_ms > down.at_ms + 50);
        if seen_by.len() < 2 || lives {
            return None;
        }
        let routers: Vec<&str> = seen_by.iter().map(|router| of.world.router_name(*router)).collect();
        let text = format!("all sessions with it are gone: {} lost it", routers.join(", "));
        let mut judgement = Judgement::new(node, Cause::RouterFailure, 0.9, text);
        self.name(&mut judgement, &gone, of.world);
        Some(Explanation { rank: 6, judgement, peers: gone })
    }

    /// A Kubernetes node whose sessions and blocks are gone.
    fn node(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
        let down = self.downs.get(&peer)?;
        let held = of.world.peer(peer)?;
        let node = of.world.calico_node(&held.address)?;
        if down.reason.cause == Cause::PathFailure {
            return None;
        }
        let all = of.world.by_node.get(node)?;
        let up = |other: &u32| {
            of.world.peer(*other).is_some_and(|held| held.life == Life::Up) && of.world.is_observed(*other)
        };
        if all.iter().any(up) || of.blocks.announces(node, of.world) {
            return None;
        }
        let peers: BTreeSet<u32> =
            all.iter().copied().filter(|other| self.downs.contains_key(other)).collect();
        let blocks = of.blocks.lost_by(node);
        let text = match blocks.len() {
            0 => "its session is gone".to_string(),
            count => format!("its session is gone, and with it its {count} blocks"),
        };
        let mut judgement = Judgement::new(node, Cause::NodeFailure, 0.85, text);
        judgement.prefixes = blocks;
        self.name(&mut judgement, &peers, of.world);
        Some(Explanation { rank: 2, judgement, peers })
    }

    /// Evidence and names of the peers that a judgement explains, and what was said of them before.
    fn name(&self, judgement: &mut Judgement, peers: &BTreeSet<u32>, world: &World) {
        for peer in peers {
            judgement.peers.insert(world.subject(*peer).into());
            judgement.evidence.extend(self.downs.get(peer).map(|down| down.evidence.clone()));
            judgement.supersedes.extend(self.downs.get(peer).and_then(|down| down.told.clone()));
        }
    }

    /// Says an explanation: one verdict, one alert.
    fn say(&mut self, explanation: Explanation, world: &World, voice: &mut Voice) {
        let Explanation { judgement, peers, .. } = explanation;
        let subject = judgement.subject.clone();
        let cause = judgement.cause;
        let held = voice.verdicts.get(&subject);
        let same = held.is_some_and(|held| {
            held.said.cause == cause
                && held.peers == judgement.peers
                && (held.said.confidence - judgement.confidence).abs() < 0.05
                && held.at_ms + 600_000 > voice.now
        });
        let mut together = BTreeSet::new();
        for peer in &peers {
            self.pending.remove(peer);
            if let Some(down) = self.downs.get_mut(peer) {
                down.told = Some(subject.clone());
            }
            if world.peer(*peer).is_some_and(|held| held.life == Life::Down) {
                together.insert(*peer);
            }
        }
        let text = judgement.text.clone();
        if !same {
            voice.judge(judgement);
        }
        if cause == Cause::NodeFailure {
            voice.node_lost(&subject);
        }
        let alert = match (peers.len(), peers.first()) {
            (1, Some(peer)) => {
                self.storm(*peer, world, voice).unwrap_or_else(|| world.subject(*peer).to_string())
            }
            _ => subject,
        };
        self.alert(&alert, &together, Some((cause, text)), world, voice);
    }

    /// Many peers of a router that go at a time are one alert, on the router.
    fn storm(&self, peer: u32, world: &World, voice: &Voice) -> Option<String> {
        let held = world.peer(peer)?;
        let near = |other: &&u32| {
            self.downs.get(*other).is_some_and(|down| (voice.now - down.at_ms).abs() < 2_000)
                && world.peer(**other).is_some_and(|other| other.router == held.router)
        };
        let router = world.router(held.router)?;
        (router.peers.iter().filter(near).count() >= STORM).then(|| router.name.clone())
    }

    /// Opens or widens the alert on a subject.
    fn alert(
        &mut self,
        subject: &str,
        peers: &BTreeSet<u32>,
        cause: Option<(Cause, String)>,
        world: &World,
        voice: &mut Voice,
    ) {
        if peers.is_empty() {
            return;
        }
        // A peer is in one alert.
        let others: Vec<String> = self.alerts.keys().filter(|key| *key != subject).cloned().collect();
        for other in others {
            if let Some(held) = self.alerts.get_mut(&other) {
                if peers.iter().any(|peer| held.remove(peer)) && held.is_empty() {
                    self.alerts.remove(&other);
                    voice.close("peer_down", &other, &format!("it is part of {subject}"));
                }
            }
        }
        let held = self.alerts.entry(subject.into()).or_default();
        held.extend(peers);
        let evidence = held.iter().filter_map(|peer| self.downs.get(peer)).map(|down| down.evidence.clone());
        let text = match (&cause, held.len()) {
            (_, count) if count > 1 => format!("{count} sessions are down"),
            (Some((_, text)), _) => text.clone(),
            (None, _) => evidence.clone().next().map(|evidence| evidence.text).unwrap_or_default(),
        };
        let planned = cause.is_some_and(|(cause, _)| {
            matches!(cause, Cause::RemoteShutdown | Cause::LocalShutdown | Cause::InterfaceShut)
        });
        let raise = Raise {
            text,
            evidence: evidence.collect(),
            peers: held.iter().map(|peer| world.subject(*peer).to_string()).collect(),
            severity: planned.then_some(Severity::Medium),
            ..Raise::default()
        };
        voice.raise("peer_down", subject, raise);
    }

    /// SNMP told another state of an interface: what was said of its peers may be wrong.
    pub fn interface_changed(&mut self, name: &InterfaceName, of: &mut Context<'_>, voice: &mut Voice) {
        let Some(peers) = of.world.by_interface.get(name).cloned() else { return };
        for peer in peers {
            let Some(down) = self.downs.get(&peer) else { continue };
            let late = voice.now - down.at_ms > of.waits.snmp;
            let Some(told) = down.told.clone().filter(|_| !late && explains(&down.reason)) else { continue };
            let Some(mut explanation) = self.explain(peer, of) else { continue };
            let now = (&explanation.judgement.subject, explanation.judgement.cause);
            let held = voice.verdicts.get(&told).map(|held| (&told, held.said.cause, held.said.confidence));
            let better = held.is_none_or(|(subject, cause, confidence)| {
                (subject, cause) != now || explanation.judgement.confidence > confidence + 0.05
            });
            // An interface that is up again does not take back that it was down.
            let weaker = held.is_some_and(|(_, cause, _)| {
                matches!(cause, Cause::LinkFailure | Cause::InterfaceShut | Cause::RouterFailure)
                    && explanation.rank < 3
            });
            if better && !weaker {
                explanation.judgement.supersedes.push(told);
                self.say(explanation, of.world, voice);
            }
        }
    }
}

/// What else is seen at the time may explain it better than the reason itself.
fn explains(reason: &Reason) -> bool {
    reason.soft || reason.cause == Cause::ProtocolError && is_cease(reason)
}

/// Closed, not because of what the other end sent.
fn is_cease(reason: &Reason) -> bool {
    reason.text.contains("NOTIFICATION 6/")
}
