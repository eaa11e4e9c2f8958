//! The alerts of peers that are down: a peer is in one of them, and an alert is over when all of its peers are up.

use std::collections::BTreeSet;

use super::Downs;
use crate::alerts::Raise;
use crate::said::{Cause, Severity};
use crate::voice::Voice;
use crate::world::World;

impl Downs {
    /// Subjects of the open alerts that have the peer.
    pub(super) fn alerts_of(&self, peer: u32) -> Vec<String> {
        self.alerts.iter().filter(|(_, peers)| peers.contains(&peer)).map(|(key, _)| key.clone()).collect()
    }

    /// The peer is no longer down in any open alert that has it.
    pub(super) fn recover_everywhere(&mut self, peer: u32, world: &World, voice: &mut Voice) {
        self.recover_restored(world.subject(peer), voice);
        for subject in self.alerts_of(peer) {
            self.recover(&subject, peer, voice);
        }
    }

    pub(super) fn recover(&mut self, subject: &str, peer: u32, voice: &mut Voice) {
        let Some(peers) = self.alerts.get_mut(subject) else { return };
        peers.remove(&peer);
        if peers.is_empty() {
            self.alerts.remove(subject);
            if !self.restored.contains_key(subject) {
                voice.clear("peer_down", subject, "up again");
            }
        }
    }

    /// Opens or widens the alert on a subject.
    pub(super) fn alert(
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
}
