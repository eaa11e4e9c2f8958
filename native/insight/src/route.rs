//! A changed route, as the parts of insight are handed it.

use ipnet::IpNet;
use rib::view::RibView;
use rib::{Position, RouteChange};
use smallvec::SmallVec;

use crate::facts::Facts;
use crate::said::Evidence;
use crate::world::World;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Changed<'a> {
    pub change: RouteChange,
    pub prefix: IpNet,
    pub path_id: Option<u32>,
    pub view: RibView,
    pub peer: u32,
    pub router: u32,
    /// What the route is now; none: withdrawn.
    pub new: Option<&'a Facts>,
    /// What it was.
    pub old: Option<&'a Facts>,
    pub position: Position,
    /// It changed while nobody listened.
    pub after_gap: bool,
    /// It is part of what the router tells at the start: nothing happened now.
    pub dump: bool,
}

impl Changed<'_> {
    /// Of what came in from a peer, what the router makes of it: after policy, where the router shows that.
    pub fn counts(&self, world: &World) -> bool {
        match self.view {
            RibView::AdjRibInPost => true,
            RibView::AdjRibInPre => !world.peer(self.peer).is_some_and(|peer| peer.has_post),
            _ => false,
        }
    }

    /// The AS numbers that may have originated it; of a path without any it is the peer's own.
    pub fn origins(&self, world: &World) -> SmallVec<[u32; 1]> {
        match self.new {
            Some(facts) if !facts.origins.is_empty() => facts.origins.clone(),
            _ => world.peer(self.peer).map(|peer| peer.asn).into_iter().collect(),
        }
    }

    /// Whether it was there before, and came from the same origin.
    pub fn has_same_origin(&self) -> bool {
        match (self.old, self.new) {
            (Some(old), Some(new)) => old.origins == new.origins && old.ends_with_set == new.ends_with_set,
            _ => false,
        }
    }

    pub fn evidence(&self, world: &World, text: impl AsRef<str>) -> Evidence {
        let text = format!("{}: {} {}", world.subject(self.peer), self.prefix, text.as_ref());
        Evidence::of(world.router_name(self.router), self.position, text)
    }
}
