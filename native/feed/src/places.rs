//! Where routers stand on the earth.

use std::collections::HashMap;
use std::net::IpAddr;

use insight::{Config, Coordinates, Site};

/// Coordinates of the configuration's sites, by name and by address.
#[derive(Debug, Default)]
pub(crate) struct Places {
    by_name: HashMap<String, Coordinates>,
    by_address: HashMap<IpAddr, Coordinates>,
}

impl Places {
    pub fn new(config: &Config) -> Self {
        let mut places = Places::default();
        for (name, at) in config.placed() {
            places.by_name.insert(name.clone(), at);
            let addresses = config.sites.get(name).into_iter().flat_map(Site::addresses);
            places.by_address.extend(addresses.map(|address| (address, at)));
        }
        places
    }

    /// Of a router or peer. A router's own name counts more than its address, which may be that of a balancer.
    pub fn find(&self, name: &str, address: Option<IpAddr>) -> Option<Coordinates> {
        let of_name = self.by_name.get(name);
        of_name.or_else(|| self.by_address.get(&address?)).copied()
    }
}
