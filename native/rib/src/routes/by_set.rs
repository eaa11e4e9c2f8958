//! Which routes have an attribute set, of those who ask for attributes.
//!
//! [`Postings`](super::postings::Postings) are made when somebody asks for the first time, or may soon; from then on a route that is given
//! another set adds one. What they say of a route may be over: the route itself is asked before it is told.

use super::net::Net;
use super::postings::{in_order, wanted_of, Lists};
use super::prefixes::Prefixes;
use super::{Routes, Visit, WireKey};
use crate::attributes::SetId;

impl Routes {
    /// A route has another set of attributes now.
    pub fn post(&mut self, set: SetId, nlri: &[u8], path_id: Option<u32>) {
        match self {
            Routes::V4(prefixes) => prefixes.post(set, nlri, path_id),
            Routes::V6(prefixes) => prefixes.post(set, nlri, path_id),
            Routes::Others(_) => {}
        }
    }

    /// Makes ready for [`Routes::visit_sets`]. False where it had been.
    pub fn prepare(&self) -> bool {
        match self {
            Routes::V4(prefixes) => prefixes.prepare(),
            Routes::V6(prefixes) => prefixes.prepare(),
            Routes::Others(_) => false,
        }
    }

    /// Whether it is ready for [`Routes::visit_sets`], or need not be.
    pub fn is_ready(&self) -> bool {
        match self {
            Routes::V4(prefixes) => prefixes.is_ready(),
            Routes::V6(prefixes) => prefixes.is_ready(),
            Routes::Others(_) => true,
        }
    }

    /// The routes with a set that is `wanted`, as [`Routes::visit`] gives them. None of a family that is kept otherwise.
    pub fn visit_sets(
        &self,
        wanted: &dyn Fn(SetId) -> bool,
        after: Option<&WireKey>,
        visit: &mut Visit,
    ) -> Option<bool> {
        match self {
            Routes::V4(prefixes) => Some(prefixes.visit_sets(wanted, after, visit)),
            Routes::V6(prefixes) => Some(prefixes.visit_sets(wanted, after, visit)),
            Routes::Others(_) => None,
        }
    }
}

impl<N: Net> Prefixes<N> {
    pub fn post(&mut self, set: SetId, nlri: &[u8], path_id: Option<u32>) {
        let most = 1024 + 2 * self.len();
        let Ok(held) = self.postings.0.get_mut() else { return };
        let Some(lists) = held else { return };
        let Some(net) = N::of_nlri(nlri) else { return };
        match path_id {
            None => lists.plain.push((set, net)),
            Some(id) => lists.paths.push((set, (net, id))),
        }
        // Half of them are over, or nobody asks any more.
        if lists.plain.len() + lists.paths.len() > most {
            *held = None;
        }
    }

    fn prepare(&self) -> bool {
        let Ok(mut held) = self.postings.0.lock() else { return false };
        let made = held.is_none();
        held.get_or_insert_with(|| self.lists());
        made
    }

    fn is_ready(&self) -> bool {
        self.len() == 0 || self.postings.0.lock().is_ok_and(|held| held.is_some())
    }

    fn lists(&self) -> Lists<N> {
        Lists {
            plain: self.plain.iter().map(|(net, route)| (route.attributes, net)).collect(),
            paths: self.paths.iter().map(|(key, route)| (route.attributes, key)).collect(),
        }
    }

    fn visit_sets(&self, wanted: &dyn Fn(SetId) -> bool, after: Option<&WireKey>, visit: &mut Visit) -> bool {
        let (mut plain, mut paths) = {
            let Ok(mut held) = self.postings.0.lock() else { return true };
            let lists = held.get_or_insert_with(|| self.lists());
            (wanted_of(&lists.plain, wanted), wanted_of(&lists.paths, wanted))
        };
        if let Some(after) = after {
            let Some(net) = N::of_nlri(&after.nlri) else { return true };
            match after.path_id {
                None => plain.retain(|key| *key > net),
                Some(id) => {
                    plain.clear();
                    paths.retain(|key| *key > (net, id));
                }
            }
        }
        in_order(&mut plain, &mut |net| {
            let route = self.plain.get(net).filter(|route| wanted(route.attributes));
            route.is_none_or(|route| visit(&|| net.wire(None), route))
        }) && in_order(&mut paths, &mut |key| {
            let route = self.paths.get(key).filter(|route| wanted(route.attributes));
            route.is_none_or(|route| visit(&|| key.0.wire(Some(key.1)), route))
        })
    }
}
