//! What is not known: routers whose BMP session ended, and what of one never came.

use std::collections::HashMap;

use rib::{EventKind, PeerEvent, RouterRow, RouterState};

use crate::alerts::Raise;
use crate::config::Waits;
use crate::said::{Cause, Evidence};
use crate::timers::Timer;
use crate::topology::Status;
use crate::voice::{Judgement, Voice};
use crate::world::World;

#[derive(Debug, Default)]
pub(crate) struct Observation {
    /// Why a router's session ended, and since when nothing is heard.
    ended: HashMap<u32, (i64, String, Evidence)>,
}

impl Observation {
    pub fn event(
        &mut self,
        event: &PeerEvent,
        router: u32,
        world: &mut World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        let name = world.router_name(router).to_string();
        let reason = event.reason.clone().unwrap_or_default();
        match event.kind {
            EventKind::SessionEnd | EventKind::Termination => {
                if let Some(held) = world.router_mut(router) {
                    held.observed = false;
                }
                let evidence =
                    Evidence::of(&name, event.position, format!("the BMP session ended: {reason}"));
                let first = self.ended.insert(router, (voice.now, reason, evidence)).is_none();
                if first {
                    voice.after(waits.observation, Timer::Observation(router));
                }
            }
            EventKind::SessionStart => {
                if let Some(held) = world.router_mut(router) {
                    held.observed = true;
                    held.observed_ms = voice.now;
                }
                self.ended.remove(&router);
                voice.topology.links_status(&name, Status::Stale, Status::Up);
                voice.close("session_gap", &name, "the router is heard again");
            }
            // What was missed inside a session; that nobody listened between two is told by the end of the first.
            EventKind::Gap if event.since_us.is_none() => {
                let evidence = Evidence::of(&name, event.position, reason.clone());
                voice.raise(
                    "session_gap",
                    &name,
                    Raise { text: reason, evidence: vec![evidence], ..Raise::default() },
                );
            }
            _ => {}
        }
    }

    /// A router as a table has it that is read anew. Of one that is away is told what was not told before.
    pub fn adopted(
        &mut self,
        row: &RouterRow,
        router: u32,
        kept_ms: Option<i64>,
        world: &mut World,
        waits: &Waits,
        voice: &mut Voice,
    ) {
        let observed = row.state == RouterState::Connected;
        let Some(held) = world.router_mut(router) else { return };
        held.observed = observed;
        let name = held.name.clone();
        if observed {
            voice.close("session_gap", &name, "the router is heard again");
            return;
        }
        let ended_ms = row.session_ended_us.unwrap_or(0) / 1000;
        let open = voice.alerts.is_open("session_gap", &name);
        if open {
            voice.alerts.claim("session_gap", &name);
        } else if kept_ms.is_some_and(|kept| kept < ended_ms) {
            let reason = row.end_reason.clone().unwrap_or_default();
            let evidence = Evidence::of(&name, row.position, format!("the BMP session ended: {reason}"));
            self.ended.insert(router, (voice.now, reason, evidence));
            // The session may have ended because the station stopped.
            voice.after(waits.restart, Timer::Observation(router));
        }
    }

    /// Links of a router that is not heard are stale.
    pub fn stale(&self, router: u32, world: &World, voice: &mut Voice) {
        if let Some(held) = world.router(router).filter(|held| !held.observed) {
            voice.topology.links_status(&held.name, Status::Up, Status::Stale);
        }
    }

    /// A router did not come back.
    pub fn look(&mut self, router: u32, world: &World, voice: &mut Voice) {
        let Some((_, reason, evidence)) = self.ended.get(&router) else { return };
        let Some(held) = world.router(router).filter(|held| !held.observed) else { return };
        let name = held.name.clone();
        let text =
            format!("the BMP session of {name} ended ({reason}): nothing is known of what is behind it");
        let raise = Raise { text: text.clone(), evidence: vec![evidence.clone()], ..Raise::default() };
        voice.raise("session_gap", &name, raise);
        // That the router itself is gone says more, where it was not heard since.
        let gone = voice
            .verdicts
            .get(&name)
            .is_some_and(|known| known.said.cause == Cause::RouterFailure && known.at_ms >= held.observed_ms);
        if !gone {
            let mut judgement = Judgement::new(&name, Cause::ObservationLost, 1.0, text);
            judgement.evidence.push(evidence.clone());
            voice.judge(judgement);
        }
        voice.topology.links_status(&name, Status::Up, Status::Stale);
    }
}
