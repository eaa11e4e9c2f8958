//! Services by community: what carries a configured community runs the service.

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;

use crate::config::{Config, Waits};
use crate::facts::{CommunityText, Facts};
use crate::route::Changed;
use crate::said::Change;
use crate::timers::Timer;
use crate::voice::Voice;

/// Service and address.
type Key = (String, String);

#[derive(Debug, Default)]
struct Service {
    /// Peers that have the route, with the view.
    holders: BTreeSet<(u32, u8)>,
    told: bool,
    lost_ms: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Services {
    marks: Vec<(CommunityText, String)>,
    services: HashMap<Key, Service>,
}

impl Services {
    pub fn new(config: &Config) -> Self {
        let marks = config.services.iter();
        Services {
            marks: marks
                .filter_map(|(text, name)| Some((CommunityText::parse(text)?, name.clone())))
                .collect(),
            services: HashMap::new(),
        }
    }

    fn of<'a>(&'a self, facts: Option<&'a Facts>) -> impl Iterator<Item = &'a String> + 'a {
        let marked = move |(community, _): &&(CommunityText, String)| {
            facts.is_some_and(|facts| facts.has_community(community))
        };
        self.marks.iter().filter(marked).map(|(_, name)| name)
    }

    pub fn changed(&mut self, route: &Changed<'_>, waits: &Waits, voice: &mut Voice) {
        if self.marks.is_empty() {
            return;
        }
        let now: Vec<String> = self.of(route.new).cloned().collect();
        let before: Vec<String> = self.of(route.old).cloned().collect();
        let holder = (route.peer, route.view as u8);
        for name in before.into_iter().filter(|name| !now.contains(name)) {
            self.gone((name, address(&route.prefix)), holder, waits, voice);
        }
        for name in now {
            let key = (name, address(&route.prefix));
            let held = self.services.entry(key.clone()).or_default();
            held.holders.insert(holder);
            if !held.told {
                held.told = true;
                voice.change(Change::ServiceFound { service: key.0, address: key.1 });
            }
        }
    }

    fn gone(&mut self, key: Key, holder: (u32, u8), waits: &Waits, voice: &mut Voice) {
        let Some(held) = self.services.get_mut(&key) else { return };
        if held.holders.remove(&holder) && held.holders.is_empty() {
            held.lost_ms = voice.now;
            voice.after(waits.service, Timer::Service(key.0, key.1));
        }
    }

    pub fn peer_ended(&mut self, peer: u32, waits: &Waits, voice: &mut Voice) {
        let keys: Vec<(Key, (u32, u8))> = self
            .services
            .iter()
            .flat_map(|(key, held)| held.holders.iter().map(move |holder| (key.clone(), *holder)))
            .filter(|(_, holder)| holder.0 == peer)
            .collect();
        for (key, holder) in keys {
            self.gone(key, holder, waits, voice);
        }
    }

    /// Nothing is known of what a peer had.
    pub fn forget(&mut self, peer: u32) {
        for held in self.services.values_mut() {
            held.holders.retain(|holder| holder.0 != peer);
        }
    }

    /// A service had the time to come back.
    pub fn look(&mut self, service: &str, address: &str, waits: &Waits, voice: &mut Voice) {
        let key = (service.to_string(), address.to_string());
        let Some(held) = self.services.get(&key) else { return };
        if held.holders.is_empty() && held.told && held.lost_ms + waits.service <= voice.now {
            self.services.remove(&key);
            voice.change(Change::ServiceLost { service: key.0, address: key.1 });
        }
    }
}

/// A host's address, or the prefix.
fn address(prefix: &IpNet) -> String {
    if prefix.prefix_len() == prefix.max_prefix_len() {
        prefix.addr().to_string()
    } else {
        prefix.to_string()
    }
}
