//! Why a peer went down: each thing that may explain it is asked, and the one that explains most is the answer.

use std::collections::BTreeSet;

use super::{Context, Down, Downs};
use crate::config::InterfaceName;
use crate::reasons::Reason;
use crate::said::{Cause, Evidence};
use crate::voice::Judgement;
use crate::world::{Life, World};

/// Peers of one neighbour that several routers lose within this time went together.
const TOGETHER_MS: i64 = 180_000;

/// An explanation, and how much it explains.
pub(super) struct Explanation {
    pub rank: u8,
    pub judgement: Judgement,
    /// All peers that it explains.
    pub peers: BTreeSet<u32>,
}

impl Downs {
    /// The best explanation of a peer's going down.
    pub(super) fn explain(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
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
    pub(super) fn interface_state(&self, peer: u32, of: &Context<'_>) -> Option<bool> {
        let name = of.world.peer(peer)?.interface.as_ref()?;
        let held = of.interfaces.get(name)?;
        (held.oper.is_some() || held.admin.is_some()).then(|| !held.is_down())
    }

    /// The interface that carries it is down, or was within the hold time.
    pub(super) fn interface(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
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
    pub(super) fn router(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
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
    pub(super) fn node(&self, peer: u32, of: &Context<'_>) -> Option<Explanation> {
        let down = self.downs.get(&peer)?;
        let held = of.world.peer(peer)?;
        let node = of.world.calico_node(&held.address)?;
        // A node that dies closes nothing: what the router closed itself is its own doing.
        if matches!(down.reason.cause, Cause::PathFailure | Cause::LocalShutdown) {
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
    pub(super) fn name(&self, judgement: &mut Judgement, peers: &BTreeSet<u32>, world: &World) {
        for peer in peers {
            judgement.peers.insert(world.subject(*peer).into());
            judgement.evidence.extend(self.downs.get(peer).map(|down| down.evidence.clone()));
            judgement.supersedes.extend(self.downs.get(peer).and_then(|down| down.told.clone()));
        }
    }
}

/// What else is seen at the time may explain it better than the reason itself.
pub(super) fn explains(reason: &Reason) -> bool {
    reason.soft || reason.cause == Cause::ProtocolError && is_cease(reason)
}

/// Closed, not because of what the other end sent.
fn is_cease(reason: &Reason) -> bool {
    reason.text.contains("NOTIFICATION 6/")
}
