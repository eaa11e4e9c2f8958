//! What is not in the table and told as a dead letter: messages that do not read, faults, what limits refuse.

use batch::proto::{self, fault::Treatment};

use super::state::{Limit, Named, Pass, Refused};
use crate::deltas::{DeadLetter, PeerRow, RouterRow};
use crate::recorder::Moment;
use crate::router::{Peer, Router};

impl Pass<'_> {
    pub fn undecodable(
        &mut self,
        router: &mut Router,
        from: Option<&Named<'_>>,
        undecodable: &proto::Undecodable,
        moment: Moment,
    ) {
        let index = self.work.out.router(&router.row);
        // A message that does not read makes no peer.
        let peer = from.and_then(|from| router.peers.get(&from.id));
        let peer = peer.map(|peer| self.work.out.peer(&router.row, &peer.row));
        self.work.out.deltas.dead_letters.push(DeadLetter {
            router: index,
            peer,
            position: moment.position,
            received_at_us: moment.received_at_us,
            offset: Some(undecodable.offset),
            path: undecodable.path.clone(),
            reason: undecodable.reason.clone(),
            treatment: "kept_raw",
            suspect: undecodable.suspect,
            raw: undecodable.raw.to_vec(),
        });
    }

    /// A limit is reached. A batch may reach it a million times, and is told of once.
    pub fn refuse(&mut self, limit: Limit, router: &RouterRow, peer: Option<&PeerRow>, moment: Moment) {
        self.work.out.deltas.counts.over_limit += 1;
        if let Some(refused) = self.refused.get_mut(&limit) {
            refused.count += 1;
            return;
        }
        let peer = peer.map(|peer| self.work.out.peer(router, peer));
        let router = self.work.out.router(router);
        let letters = &mut self.work.out.deltas.dead_letters;
        self.refused.insert(limit, Refused { count: 1, letter: letters.len() });
        letters.push(DeadLetter {
            router,
            peer,
            position: moment.position,
            received_at_us: moment.received_at_us,
            offset: None,
            path: String::new(),
            reason: String::new(),
            treatment: "refused",
            suspect: false,
            raw: Vec::new(),
        });
    }

    pub fn tell_refused(&mut self) {
        for (limit, refused) in std::mem::take(&mut self.refused) {
            let count = refused.count;
            let reason = match limit {
                Limit::Routes => {
                    format!(
                        "limit of {} routes reached: {count} announcements refused",
                        self.work.limits.max_routes
                    )
                }
                Limit::Peers => format!(
                    "limit of {} peers reached: {count} events refused",
                    self.work.limits.max_peers_per_router
                ),
            };
            if let Some(letter) = self.work.out.deltas.dead_letters.get_mut(refused.letter) {
                letter.reason = reason;
            }
        }
    }

    pub fn fault(&mut self, row: &RouterRow, peer: &Peer, fault: &proto::Fault, moment: Moment) {
        let (router, peer) = (self.work.out.router(row), self.work.out.peer(row, &peer.row));
        self.work.out.deltas.dead_letters.push(DeadLetter {
            router,
            peer: Some(peer),
            position: moment.position,
            received_at_us: moment.received_at_us,
            offset: None,
            path: fault
                .attribute
                .map(|code| format!("bmp.route_monitoring.update.path_attributes[type={code}]"))
                .unwrap_or_default(),
            reason: fault.reason.clone(),
            treatment: match fault.treatment() {
                Treatment::Unspecified => "kept_raw",
                Treatment::Kept => "kept",
                Treatment::AttributeDiscard => "attribute_discard",
                Treatment::TreatAsWithdraw => "treat_as_withdraw",
                Treatment::AfiSafiDisable => "afi_safi_disable",
                Treatment::SessionReset => "session_reset",
            },
            suspect: false,
            raw: fault.raw.to_vec(),
        });
    }
}
