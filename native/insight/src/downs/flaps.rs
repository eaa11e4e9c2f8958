//! Peers that go down again and again: one alert stands for each single time, until the peer was quiet for long enough.

use std::collections::BTreeSet;

use rib::text::duration;

use super::{Context, Downs};
use crate::alerts::Raise;
use crate::config::Flapping;
use crate::said::{Cause, Evidence};
use crate::timers::Timer;
use crate::topology::{Protocol, Status};
use crate::voice::{Judgement, Voice};
use crate::world::{Life, World};

impl Downs {
    pub(super) fn flaps(
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
        let text = format!("down {count} times in {}", duration(of.flapping.within_ms.unsigned_abs() / 1000));
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

    pub fn restore_flapping(&mut self, subject: String) {
        self.flapped.insert(subject);
    }

    /// Whether a peer flapped before a restart, which then goes on.
    pub(super) fn flapped_before(
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
}
