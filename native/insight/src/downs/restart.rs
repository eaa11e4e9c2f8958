//! Peers and their alerts after a restart: what was said before goes on where it still holds.

use std::collections::BTreeSet;

use rib::PeerRow;

use super::Downs;
use crate::alerts::Raise;
use crate::config::Flapping;
use crate::said::Evidence;
use crate::voice::Voice;
use crate::world::{Life, World};

impl Downs {
    /// An alert of before a restart, with the peers that it was about.
    pub fn restore(&mut self, subject: String, peers: BTreeSet<String>) {
        let peers = if peers.is_empty() { BTreeSet::from([subject.clone()]) } else { peers };
        self.restored.insert(subject, peers);
    }

    /// A peer that was down is up.
    pub(super) fn recover_restored(&mut self, peer: &str, voice: &mut Voice) {
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
}
