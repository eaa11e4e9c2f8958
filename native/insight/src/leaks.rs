//! Route leaks (RFC 7908): routes that came along a path which the relationships of autonomous systems forbid.
//!
//! ONLY_TO_CUSTOMER (RFC 9234) says it of itself, and autonomous systems say who their providers are ([`crate::aspa`]). Else the path is
//! read from its origin: once it went down, from a provider to a customer or between peers, it may not go up again.

use hashbrown::HashSet;
use smallvec::SmallVec;

use crate::aspa::Aspas;
use crate::config::{Config, Relationship};
use crate::facts::Facts;
use crate::neighbours::Neighbours;
use crate::world::Peer;

#[derive(Debug, Default)]
pub(crate) struct Leaks {
    /// (provider, customer)
    provides: HashSet<(u32, u32)>,
    /// What autonomous systems say themselves.
    pub aspas: Aspas,
}

impl Leaks {
    pub fn new(config: &Config) -> Self {
        let pairs = config.relationships.iter();
        let provides = pairs.map(|pair| (pair.provider, pair.customer)).collect();
        Leaks { provides, aspas: Aspas::new(&config.aspas) }
    }

    /// Why a route that a peer announced is a leak, if it is one. `ours` are the AS numbers of our neighbours by what they are
    /// to us.
    pub fn leak(&self, route: &Facts, peer: &Peer, ours: &Neighbours) -> Option<String> {
        if let Some(relationship) = peer.relationship {
            if let Some(why) = only_to_customer(route.otc, relationship, peer.asn) {
                return Some(why);
            }
            if let Some(why) = through_ours(&route.path, relationship, peer.asn, ours) {
                return Some(why);
            }
        }
        if !self.aspas.is_empty() && !route.has_set {
            if let Some(why) = self.aspas.leak(&route.path, peer.relationship) {
                return Some(why);
            }
        }
        if self.provides.is_empty() {
            return None;
        }
        self.valley(&route.path, peer.relationship)
    }

    fn valley(&self, path: &[u32], last: Option<Relationship>) -> Option<String> {
        let mut path: SmallVec<[u32; 16]> = SmallVec::from_slice(path);
        path.dedup();
        let mut went_down = None;
        for step in path.windows(2).rev() {
            let [to, from] = step else { continue };
            if self.provides.contains(&(*from, *to)) {
                went_down = Some((*from, *to));
            } else if let (true, Some((provider, customer))) =
                (self.provides.contains(&(*to, *from)), went_down)
            {
                return Some(format!(
                    "{customer} has it from its provider {provider}, and {from} told it to its provider {to}"
                ));
            }
        }
        match (last, went_down) {
            (Some(Relationship::Customer), Some((provider, customer))) => {
                Some(format!("{customer} has it from its provider {provider}, and a customer tells it to us"))
            }
            _ => None,
        }
    }
}

/// RFC 9234, section 5, on receipt.
fn only_to_customer(otc: Option<u32>, relationship: Relationship, neighbour: u32) -> Option<String> {
    let otc = otc?;
    match relationship {
        Relationship::Customer | Relationship::RouteServerClient => {
            Some(format!("it is for customers only, says AS {otc} (OTC), and a customer announces it"))
        }
        Relationship::Peer if otc != neighbour => Some(format!(
            "it is for customers only, says AS {otc} (OTC), and the peer AS {neighbour} announces it"
        )),
        _ => None,
    }
}

/// What a customer or a peer has from one of our own providers (or, a customer, from one of our peers) it may not tell us.
fn through_ours(
    path: &[u32],
    relationship: Relationship,
    neighbour: u32,
    ours: &Neighbours,
) -> Option<String> {
    let mut beyond = path.iter().copied().filter(|asn| *asn != neighbour);
    let found = match relationship {
        Relationship::Customer | Relationship::RouteServerClient => {
            beyond.find(|asn| ours.providers.contains(asn) || ours.peers.contains(asn))
        }
        Relationship::Peer => beyond.find(|asn| ours.providers.contains(asn)),
        _ => None,
    };
    let found = found?;
    let what = if ours.providers.contains(&found) { "provider" } else { "peer" };
    Some(format!("AS {neighbour} has it by way of our {what} AS {found}"))
}
