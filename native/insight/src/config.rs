//! The configuration, as JSON. Every part may be missing.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::payloads::{Aspa, Vrp};
use crate::said::Severity;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Each router by its name, with its addresses and the place where it stands. A router that sends no BMP
    /// may be among them.
    pub sites: BTreeMap<String, Site>,
    pub sessions: Vec<Session>,
    pub calico: Calico,
    pub ospf: Option<Ospf>,
    pub watch: Vec<Watch>,
    /// The name of each service, by the community (of any kind) that marks its routes.
    pub services: BTreeMap<String, String>,
    pub vrps: Vec<Vrp>,
    pub rpki: Rpki,
    /// Provider authorizations of autonomous systems, in addition to those of the caches and of the file.
    pub aspas: Vec<Aspa>,
    /// Which AS is whose provider, for those parts of a path about which the router's own sessions say
    /// nothing.
    pub relationships: Vec<Provider>,
    /// Regular expressions that a path must or must not match.
    pub path_matches: Vec<PathMatch>,
    /// What is different from the built-in rules, by the name of the rule.
    pub rules: BTreeMap<String, RuleChange>,
    pub flapping: Flapping,
    pub waits: Waits,
}

/// A router's addresses alone, or with the place where it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Site {
    Addresses(Addresses),
    Placed {
        #[serde(default)]
        addresses: Addresses,
        #[serde(flatten)]
        at: Coordinates,
    },
}

/// In degrees of WGS 84, north and east positive.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Coordinates {
    pub latitude: f32,
    pub longitude: f32,
}

impl Site {
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        match self {
            Site::Addresses(addresses) | Site::Placed { addresses, .. } => addresses.iter(),
        }
    }

    pub fn at(&self) -> Option<Coordinates> {
        match self {
            Site::Addresses(_) => None,
            Site::Placed { at, .. } => Some(*at),
        }
    }
}

/// One address or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Addresses {
    One(IpAddr),
    Several(Vec<IpAddr>),
}

impl Default for Addresses {
    fn default() -> Self {
        Addresses::Several(Vec::new())
    }
}

impl Addresses {
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + '_ {
        match self {
            Addresses::One(address) => std::slice::from_ref(address).iter().copied(),
            Addresses::Several(addresses) => addresses.iter().copied(),
        }
    }
}

/// What the operator knows of a BGP session and BMP does not tell.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    pub router: String,
    pub peer: IpAddr,
    /// Route distinguisher of the peer's VRF, as text.
    #[serde(default)]
    pub rd: Option<String>,
    /// The interface that carries the session.
    #[serde(default)]
    pub interface: Option<InterfaceName>,
    /// What the peer is to us.
    #[serde(default)]
    pub relationship: Option<Relationship>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InterfaceName {
    pub device: String,
    pub name: String,
}

impl InterfaceName {
    /// The subject of verdicts on this session.
    pub fn subject(&self) -> String {
        format!("{} interface {}", self.device, self.name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    Provider,
    Customer,
    Peer,
    #[serde(alias = "rs")]
    RouteServer,
    #[serde(alias = "rs_client", alias = "rs-client")]
    RouteServerClient,
    #[serde(alias = "ibgp", other)]
    Internal,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Calico {
    pub pools: Vec<IpNet>,
    /// Names of nodes by the address that they announce their blocks from.
    pub nodes: BTreeMap<IpAddr, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ospf {
    /// Communities that mark a route as redistributed from OSPF.
    pub communities: Vec<String>,
    pub med_is_metric: bool,
}

/// A prefix that is watched.
#[derive(Clone, Debug, Deserialize)]
pub struct Watch {
    pub prefix: IpNet,
    /// Autonomous systems that may announce it; empty: any.
    #[serde(default, alias = "origin", deserialize_with = "one_or_several")]
    pub origins: Vec<u32>,
    /// More specific prefixes up to this length are announced on purpose.
    #[serde(default)]
    pub max_length: Option<u8>,
    /// Whether more specific prefixes are left unwatched.
    #[serde(default, alias = "ignoreMorespecifics")]
    pub ignore_more_specific: bool,
    /// Which share of the peers that once had the prefix must still have it: below that `visibility_loss` is
    /// raised.
    #[serde(default, alias = "visibility_loss")]
    pub visibility: Option<Share>,
    /// Whether `new_prefix` is raised when one of the origins announces a prefix that none of them announced
    /// before.
    #[serde(default)]
    pub new_prefix: bool,
    /// Autonomous systems that may stand left of an origin in the path: `unexpected_neighbor`.
    #[serde(default, alias = "left", alias = "neighbors")]
    pub upstreams: Vec<u32>,
    /// Those that may stand right of it.
    #[serde(default, alias = "right")]
    pub downstreams: Vec<u32>,
    /// A regular expression that its path must match, and one that it must not.
    #[serde(default)]
    pub path: Option<PathMatch>,
    /// It must be covered by a VRP: `rpki_uncovered`.
    #[serde(default, alias = "rpki")]
    pub rpki_covered: bool,
}

/// `true` stands for a half.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub enum Share {
    On(bool),
    Of(f64),
}

impl Share {
    /// The share as a number from 0 to 1; `None` where visibility is not watched.
    pub fn share(self) -> Option<f64> {
        match self {
            Share::On(on) => on.then_some(0.5),
            Share::Of(share) if share > 1.0 => Some(share / 100.0),
            Share::Of(share) => Some(share),
        }
    }
}

/// Expressions over the path as routers print it, e.g. `64500 1299 {15169}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum PathMatch {
    Match(String),
    Whole {
        #[serde(default)]
        name: Option<String>,
        /// A path that matches raises an alert.
        #[serde(default, rename = "match")]
        matches: Option<String>,
        /// A path that does not match raises an alert.
        #[serde(default, alias = "notMatch")]
        not_match: Option<String>,
        /// Only routes inside one of these prefixes are looked at; empty: all routes.
        #[serde(default)]
        prefixes: Vec<IpNet>,
    },
}

/// Where Validated ROA Payloads come from, in addition to those that the configuration itself lists.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rpki {
    /// Caches that are asked by RTR (RFC 8210), `host:port`; the first that answers counts.
    pub caches: Vec<String>,
    /// A file as routinator writes it: `{"roas": [{"prefix": …, "maxLength": …, "asn": "AS64500"}], "aspas": […]}`.
    pub file: Option<String>,
    /// How often the file is checked for a new version.
    pub reload_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Provider {
    pub provider: u32,
    pub customer: u32,
}

/// What is different from the built-in rule. What is not given stays as it is built in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleChange {
    pub enabled: Option<bool>,
    pub severity: Option<Severity>,
    pub open_after_ms: Option<i64>,
    pub close_after_ms: Option<i64>,
    pub runbook: Option<String>,
}

/// From when on a peer counts as flapping: after so many times down within that time, until it was quiet for
/// so long.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default)]
pub struct Flapping {
    pub downs: usize,
    pub within_ms: i64,
    pub quiet_ms: i64,
}

impl Default for Flapping {
    fn default() -> Self {
        Flapping { downs: 3, within_ms: 600_000, quiet_ms: 600_000 }
    }
}

/// How long is waited before something is said, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default)]
pub struct Waits {
    /// For further peers to go down together with the first one.
    pub down: i64,
    /// For other routers to lose the same neighbour.
    pub neighbour: i64,
    /// For a block that one node does not announce any more to appear at another.
    pub block: i64,
    /// For further blocks to be lost together with the first one. It is short, since the alert has to open
    /// within 500 ms.
    pub blocks: i64,
    /// For further prefixes to shift together with the first one.
    pub shift: i64,
    /// For a node that lost all of its links to get one again.
    pub node: i64,
    /// For a BMP session that ended to come back.
    pub observation: i64,
    /// For the same, after the station itself was started again.
    pub restart: i64,
    /// For a service to come back.
    pub service: i64,
    /// For a prefix to be gone from all peers.
    pub withdrawn: i64,
    /// For the other view: what changed after policy may have changed before policy, too.
    pub policy: i64,
    /// How late SNMP may be.
    pub snmp: i64,
    /// How far a router's clock may be ahead or behind.
    pub clock: i64,
}

impl Default for Waits {
    fn default() -> Self {
        Waits {
            down: 300,
            neighbour: 3_000,
            block: 5_000,
            blocks: 250,
            shift: 250,
            node: 5_000,
            observation: 1_000,
            restart: 60_000,
            service: 3_000,
            withdrawn: 3_000,
            policy: 1_500,
            snmp: 60_000,
            clock: 30_000,
        }
    }
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("the configuration cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    #[error("there is no rule {0:?}")]
    Rule(String),
    #[error("the expression {expression:?} cannot be read: {error}")]
    Expression { expression: String, error: String },
    #[error("sites.{site}: a latitude is from -90 to 90 degrees and a longitude from -180 to 180, not {latitude} and {longitude}")]
    Coordinates { site: String, latitude: f32, longitude: f32 },
}

impl Config {
    /// # Errors
    /// When the text is not a valid configuration; the error says in which line and column.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let config: Config = serde_json::from_str(text)?;
        for (site, Coordinates { latitude, longitude }) in config.placed() {
            if !(latitude.abs() <= 90.0 && longitude.abs() <= 180.0) {
                return Err(ConfigError::Coordinates { site: site.clone(), latitude, longitude });
            }
        }
        Ok(config)
    }

    /// The sites whose place is known.
    pub fn placed(&self) -> impl Iterator<Item = (&String, Coordinates)> {
        self.sites.iter().filter_map(|(name, site)| Some((name, site.at()?)))
    }
}

fn one_or_several<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(u32),
        Several(Vec<u32>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::One(asn) => vec![asn],
        Either::Several(asns) => asns,
    })
}
