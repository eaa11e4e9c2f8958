//! Default routes: who has one, and who lost the last.

use std::collections::{BTreeMap, HashMap};

use rib::view::RibView;

use crate::alerts::Raise;
use crate::keys::Scope;
use crate::route::Changed;
use crate::said::Evidence;
use crate::timers::Timer;
use crate::voice::Voice;
use crate::world::{Life, World};

/// It may come back at once, by another way.
const WAIT_MS: i64 = 500;

#[derive(Clone, Debug, Default)]
struct Defaults {
    /// Peers that announce one, also those that did until a moment ago.
    incoming: BTreeMap<u32, bool>,
    /// The router's own: none where it does not show its Loc-RIB.
    own: Option<bool>,
    evidence: Option<Evidence>,
}

#[derive(Debug, Default)]
pub(crate) struct DefaultRoutes {
    scopes: HashMap<Scope, Defaults>,
    /// By peer and family, as a peer may have it in several views.
    open: HashMap<Scope, Vec<String>>,
    /// Who had lost it before a restart, and whether it was that of IPv6.
    restored: Vec<(String, bool)>,
}

impl DefaultRoutes {
    pub fn changed(&mut self, route: &Changed<'_>, world: &World, voice: &mut Voice) {
        let Some(peer) = world.peer(route.peer).filter(|_| route.prefix.prefix_len() == 0) else { return };
        let scope = (route.router, peer.distinguisher, route.prefix.addr().is_ipv6());
        let has = route.new.is_some();
        if route.view == RibView::LocRib {
            self.scopes.entry(scope).or_default().own = Some(has);
        } else if route.counts(world) {
            self.scopes.entry(scope).or_default().incoming.insert(route.peer, has);
        } else {
            return;
        }
        if let Some(held) = self.scopes.get_mut(&scope) {
            if !has {
                held.evidence = Some(route.evidence(world, "withdrawn"));
            }
        }
        if !self.restored.is_empty() {
            self.adopted(world, voice);
        }
        voice.after(WAIT_MS, Timer::Default(scope));
    }

    pub fn restore(&mut self, subject: String, v6: bool) {
        self.restored.push((subject, v6));
    }

    /// Who had lost it before a restart is looked at, as far as it is known by now.
    pub fn adopted(&mut self, world: &World, voice: &mut Voice) {
        let routers = || (0..).zip(&world.routers);
        self.restored.retain(|(subject, v6)| {
            let router =
                routers().find(|(_, router)| router.name == *subject).map(|(number, _)| (number, 0, *v6));
            let peer = || {
                let (number, peer) = (0..).zip(&world.peers).find(|(_, peer)| peer.subject == *subject)?;
                let scope = (peer.router, peer.distinguisher, *v6);
                self.scopes.entry(scope).or_default().incoming.entry(number).or_insert(false);
                Some(scope)
            };
            let Some(scope) = router.or_else(peer) else { return true };
            self.scopes.entry(scope).or_default();
            self.open.entry(scope).or_default().push(subject.clone());
            voice.alerts.claim("default_route_lost", subject);
            voice.after(WAIT_MS, Timer::Default(scope));
            false
        });
    }

    pub fn peer_ended(&mut self, peer: u32, evidence: &Evidence, voice: &mut Voice) {
        for (scope, held) in &mut self.scopes {
            if let Some(has) = held.incoming.get_mut(&peer) {
                *has = false;
                held.evidence = Some(evidence.clone());
                voice.timers.set(voice.now + WAIT_MS, Timer::Default(*scope));
            }
        }
    }

    pub fn forget(&mut self, peer: u32, world: &World) {
        let router = world.peer(peer).map(|peer| peer.router);
        let loc_rib = world.peer(peer).is_some_and(crate::world::Peer::is_loc_rib);
        for (scope, held) in &mut self.scopes {
            held.incoming.remove(&peer);
            if loc_rib && Some(scope.0) == router {
                held.own = None;
            }
        }
    }

    /// Is there one, and if not, whose loss is it?
    pub fn look(&mut self, scope: Scope, world: &World, voice: &mut Voice) {
        let Some(held) = self.scopes.get_mut(&scope) else { return };
        let (router, ..) = scope;
        if !world.router(router).is_some_and(|router| router.observed) {
            return;
        }
        let name = world.router_name(router).to_string();
        let family = if scope.2 { "::/0" } else { "0.0.0.0/0" };
        let any = held.incoming.values().any(|has| *has);
        let has = held.own.unwrap_or(any);
        let mut lost = Vec::new();
        if !has {
            lost.push(name);
        } else {
            // Those that withdrew it while their session is up; a session that is down says so itself.
            let up = |peer: u32| world.peer(peer).is_some_and(|peer| peer.life == Life::Up);
            let gone = held.incoming.iter().filter(|(peer, has)| !**has && up(**peer));
            lost.extend(gone.map(|(peer, _)| world.subject(*peer).to_string()));
        }
        let evidence: Vec<Evidence> = held.evidence.clone().into_iter().collect();
        for subject in self.open.remove(&scope).unwrap_or_default() {
            if !lost.contains(&subject) {
                voice.clear("default_route_lost", &subject, &format!("{family} is back"));
            }
        }
        for subject in &lost {
            let raise = Raise {
                text: format!("{family} is gone from {subject}"),
                evidence: evidence.clone(),
                ..Raise::default()
            };
            voice.raise("default_route_lost", subject, raise);
        }
        self.open.insert(scope, lost);
    }
}
