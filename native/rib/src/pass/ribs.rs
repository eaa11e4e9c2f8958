//! What a router says of a RIB as a whole.

use batch::proto;

use super::state::{family, Named, Pass};
use crate::deltas::EventKind;
use crate::life::Sweep;
use crate::recorder::Moment;
use crate::router::{Rib, RibKey, Router};
use crate::view::RibView;

impl Pass<'_> {
    pub fn end_of_rib(
        &mut self,
        router: &mut Router,
        from: &Named<'_>,
        event: &proto::Event,
        end: &proto::EndOfRib,
        moment: Moment,
    ) {
        let (Some(view), Some((afi, safi))) = (RibView::from_number(event.view), family(end.afi, end.safi))
        else {
            return;
        };
        let whole = router.feeding().is_some_and(|session| session.whole);
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        let current = *current;
        let key = RibKey { view, afi, safi };
        let incomplete = peer.ribs.get(&key).and_then(|rib| rib.incomplete);
        let whole = whole && incomplete != Some(moment.position.generation);
        // Of a session that was not heard whole nobody knows what it did not say.
        let stale = |seen: u32| whole && seen != current;
        let swept =
            Sweep { work: &mut self.work, moment, current, left: usize::MAX }.rib(row, peer, key, &stale);
        if let Some(rib) = peer.ribs.get_mut(&key) {
            rib.end_of_rib = Some(moment.position.generation);
            if whole {
                rib.verified = rib.end_of_rib;
            }
            self.work.out.changed_rib(row, &peer.row, key);
        }
        let index = self.work.out.peer(row, &peer.row);
        let router = self.work.out.router(row);
        let event = self.work.out.event(EventKind::EndOfRib, router, Some(index), moment);
        event.view = Some(view);
        event.afi = Some(afi);
        event.safi = Some(safi);
        event.routes = swept;
    }

    /// What this session said of the family was read in the wrong way: it is withdrawn. What is there to be read again follows.
    pub fn add_path_inferred(
        &mut self,
        router: &mut Router,
        from: &Named<'_>,
        event: &proto::Event,
        of: &proto::AddPathInferred,
        moment: Moment,
    ) {
        let (Some(view), Some((afi, safi))) = (RibView::from_number(event.view), family(of.afi, of.safi))
        else {
            return;
        };
        let Router { row, peers, current, .. } = router;
        let Some(peer) = self.peer(row, peers, from, moment) else { return };
        let (current, key) = (*current, RibKey { view, afi, safi });
        let stale = |seen: u32| seen == current;
        let swept =
            Sweep { work: &mut self.work, moment, current, left: usize::MAX }.rib(row, peer, key, &stale);
        self.work.out.deltas.counts.add_path_inferred += u64::from(!of.as_negotiated);
        self.work.out.deltas.counts.add_path_taken_back += u64::from(of.as_negotiated);
        let generation = moment.position.generation;
        let rib = peer.ribs.entry(key).or_insert_with(|| Rib::new(key, generation));
        rib.add_path_inferred = !of.as_negotiated;
        if of.incomplete {
            rib.incomplete = Some(generation);
            rib.verified = None;
        }
        rib.last_change_us = rib.last_change_us.max(moment.received_at_us);
        self.work.out.changed_rib(row, &peer.row, key);
        let index = self.work.out.peer(row, &peer.row);
        let router = self.work.out.router(row);
        let event = self.work.out.event(EventKind::Swept, router, Some(index), moment);
        event.view = Some(view);
        event.afi = Some(afi);
        event.safi = Some(safi);
        event.routes = swept;
        let mut reason = if of.as_negotiated {
            "its messages do read as path identifiers were negotiated: what was inferred is taken back"
                .to_string()
        } else {
            "its messages do not read as path identifiers were negotiated: whether there are some is inferred from \
             here on"
                .to_string()
        };
        if of.incomplete {
            reason += "; not everything that was read before could be read again, so routes may be missing";
        }
        event.reason = Some(reason);
        event.synthetic = true;
    }
}
