//! What is said of a peer that went down, once the wait is over, and what is said anew when SNMP tells late.

use std::collections::BTreeSet;

use super::explain::{explains, Explanation};
use super::{Context, Down, Downs};
use crate::config::InterfaceName;
use crate::said::Cause;
use crate::voice::Voice;
use crate::world::{Life, World};

/// So many peers of a router that go together, for different reasons, are one alert.
const STORM: usize = 5;

impl Downs {
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
    pub(super) fn settle(&mut self, peer: u32, world: &World) {
        self.pending.remove(&peer);
        if world.peer(peer).is_some_and(|held| held.life == Life::Up) {
            self.downs.remove(&peer);
        }
    }

    /// A peer went for a cause that was told already.
    pub(super) fn join(&mut self, peer: u32, told: &str, voice: &mut Voice) {
        self.pending.remove(&peer);
        if let Some(down) = self.downs.get_mut(&peer) {
            down.told = Some(told.into());
        }
        if voice.alerts.is_open("peer_down", told) {
            self.alerts.entry(told.into()).or_default().insert(peer);
        }
    }

    /// Says an explanation: one verdict, one alert. A verdict that stands is not said again, unless one of its peers came up and went
    /// down again since.
    pub(super) fn say(&mut self, explanation: Explanation, world: &World, voice: &mut Voice) {
        let Explanation { judgement, peers, .. } = explanation;
        let subject = judgement.subject.clone();
        let cause = judgement.cause;
        let held = voice.verdicts.get(&subject);
        let same = held.is_some_and(|held| {
            let since = |peer: &u32| self.downs.get(peer).is_some_and(|down| down.at_ms > held.at_ms);
            held.said.cause == cause
                && held.peers == judgement.peers
                && (held.said.confidence - judgement.confidence).abs() < 0.05
                && !peers.iter().any(since)
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
    pub(super) fn storm(&self, peer: u32, world: &World, voice: &Voice) -> Option<String> {
        let held = world.peer(peer)?;
        let near = |other: &&u32| {
            self.downs.get(*other).is_some_and(|down| (voice.now - down.at_ms).abs() < 2_000)
                && world.peer(**other).is_some_and(|other| other.router == held.router)
        };
        let router = world.router(held.router)?;
        (router.peers.iter().filter(near).count() >= STORM).then(|| router.name.clone())
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
