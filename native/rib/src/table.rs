//! The routing table: routers, their peers, and every view's routes.

use std::collections::BTreeMap;

#[cfg(doc)]
use batch::proto;
use batch::BatchView;

use crate::deltas::{Deltas, Id};
use crate::error::ApplyError;
use crate::flaps::Flaps;
use crate::intern::Interner;
use crate::life::Sweep;
use crate::limits::{Clock, Limits};
use crate::pass;
use crate::recorder::{Moment, Recorder};
use crate::router::Router;
use crate::work::Work;

/// Routes of many routers, by router, peer, view and family.
#[derive(Default)]
pub struct RoutingTable {
    pub(crate) limits: Limits,
    pub(crate) routers: BTreeMap<Id, Router>,
    pub(crate) sets: Interner,
    pub(crate) routes: usize,
    pub(crate) clock: Clock,
    pub(crate) flaps: Flaps,
}

impl std::fmt::Debug for RoutingTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoutingTable").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl RoutingTable {
    pub fn new(limits: Limits) -> Self {
        RoutingTable { limits, ..Self::default() }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Applies one encoded [`proto::Batch`].
    ///
    /// # Errors
    /// When `payload` is not a batch, or its router is over the limit. Nothing is applied then.
    pub fn apply(&mut self, payload: &[u8]) -> Result<Deltas, ApplyError> {
        let batch = BatchView::decode(payload)?;
        let (routers, work) = self.parts();
        pass::apply(routers, work, &batch)
    }

    /// Ends what has waited long enough: sessions that are not heard any more, routes of lost sessions after
    /// the hold time, and routes that a router which came back never announced again. To be called every
    /// second, and at once again while [`Deltas::more`] is set.
    ///
    /// `now_us` is what the rows say, `monotonic_us` is a clock that is never set: only it decides.
    /// `caught_up` tells that everything sent so far was applied; while it was not, deadlines wait.
    pub fn expire(&mut self, now_us: i64, monotonic_us: i64, caught_up: bool) -> Deltas {
        self.clock.advance(monotonic_us, caught_up, self.limits.max_step_us);
        let (routers, mut work) = self.parts();
        let mut left = work.limits.max_expired;
        let now = work.now;
        work.flaps.tidy(now);
        for router in routers.values_mut() {
            if left == 0 {
                work.out.deltas.more = true;
                break;
            }
            router.check_loaded(&mut work);
            if !caught_up {
                continue;
            }
            router.watch(&mut work);
            let moment = Moment { position: router.last, router_time_us: 0, received_at_us: now_us };
            if router.ends_at.is_some_and(|at| at <= now) {
                router.ends_at = None;
                work.end_router(router, moment);
            }
            // Those that are due at a time are one sweep: of a RIB one position tells one.
            let due = router.sweeps.iter().filter(|sweep| sweep.1 <= now).map(|sweep| sweep.0).max();
            if let Some(generation) = due {
                let mut sweep = Sweep { work: &mut work, moment, current: router.current, left };
                let done = sweep.router(router, generation);
                left = sweep.left;
                if !done {
                    work.out.deltas.more = true;
                    break;
                }
                router.sweeps.retain(|sweep| sweep.1 > now);
                if router.sweeps.is_empty() {
                    router.verify(&mut work.out);
                }
            }
        }
        work.out.finish(|id| routers.get(id))
    }

    fn parts(&mut self) -> (&mut BTreeMap<Id, Router>, Work<'_>) {
        let RoutingTable { limits, routers, sets, routes, clock, flaps } = self;
        (routers, Work { limits, sets, total: routes, flaps, now: clock.now_us, out: Recorder::default() })
    }

    /// Routers, peers, routes, attribute sets and their octets that are held.
    pub fn size(&self) -> Size {
        let (attribute_sets, attribute_octets) = self.sets.size();
        Size {
            routers: self.routers.len(),
            peers: self.routers.values().map(|router| router.peers.len()).sum(),
            routes: self.routes,
            attribute_sets,
            attribute_octets,
        }
    }
}

/// See [`RoutingTable::size`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Size {
    pub routers: usize,
    pub peers: usize,
    pub routes: usize,
    pub attribute_sets: usize,
    pub attribute_octets: usize,
}
