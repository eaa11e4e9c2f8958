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
    /// Names of routers, also of such that send no BMP, their addresses and where they stand.
    pub sites: BTreeMap<String, Site>,
    pub sessions: Vec<Session>,
    pub calico: Calico,
    pub ospf: Option<Ospf>,
    pub watch: Vec<Watch>,
    /// Name of a service by the community that marks it, of any kind.
    pub services: BTreeMap<String, String>,
    pub vrps: Vec<Vrp>,
    pub rpki: Rpki,
    /// What autonomous systems say their providers are, beside what the file has.
    pub aspas: Vec<Aspa>,
    /// Providers of customers, for paths of which the sessions tell nothing.
    pub relationships: Vec<Provider>,
    /// Regular expressions that a path must or must not match.
    pub path_matches: Vec<PathMatch>,
    /// Changes of the built-in rules, by name.
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

/// What is known of a BGP session beside what BMP tells.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    pub router: String,
    pub peer: IpAddr,
    /// Route distinguisher of the peer's VRF, as text.
    #[serde(default)]
    pub rd: Option<String>,
    /// The interface that carries it.
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
    /// What a verdict on it is about.
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
    /// A route with one of them was redistributed from OSPF.
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
    /// More specific prefixes are nobody's concern.
    #[serde(default, alias = "ignoreMorespecifics")]
    pub ignore_more_specific: bool,
    /// A share of the peers that must have it: `visibility_loss` when fewer have it than once had.
    #[serde(default, alias = "visibility_loss")]
    pub visibility: Option<Share>,
    /// A prefix that its origins never announced is told: `new_prefix`.
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
    /// Below this share of the peers that had it, it is lost; none: that is not asked for.
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
        /// What matches is told.
        #[serde(default, rename = "match")]
        matches: Option<String>,
        /// What does not match is told.
        #[serde(default, alias = "notMatch")]
        not_match: Option<String>,
        /// Of routes inside one of these; empty: of all.
        #[serde(default)]
        prefixes: Vec<IpNet>,
    },
}

/// Where Validated ROA Payloads come from beside those that are written down.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rpki {
    /// Caches that are asked by RTR (RFC 8210), `host:port`; the first that answers counts.
    pub caches: Vec<String>,
    /// A file as routinator writes it: `{"roas": [{"prefix": …, "maxLength": …, "asn": "AS64500"}], "aspas": […]}`.
    pub file: Option<String>,
    /// How often it is looked at whether the file is another one.
    pub reload_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Provider {
    pub provider: u32,
    pub customer: u32,
}

/// What of a rule is otherwise than built in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RuleChange {
    pub enabled: Option<bool>,
    pub severity: Option<Severity>,
    pub open_after_ms: Option<i64>,
    pub close_after_ms: Option<i64>,
    pub runbook: Option<String>,
}

/// When a peer or a route flaps.
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
    /// For peers that go together.
    pub down: i64,
    /// For other routers that lose the same neighbour.
    pub neighbour: i64,
    /// For a block to come at another node.
    pub block: i64,
    /// For blocks that go together: an alert opens within 500 ms.
    pub blocks: i64,
    /// For prefixes that shift together.
    pub shift: i64,
    /// For a node without links.
    pub node: i64,
    /// For a BMP session to come back.
    pub observation: i64,
    /// For the same after the station itself started again.
    pub restart: i64,
    /// For a service to come back.
    pub service: i64,
    /// For a prefix to be gone from all peers.
    pub withdrawn: i64,
    /// For the other view of a policy.
    pub policy: i64,
    /// SNMP may be as late as this.
    pub snmp: i64,
    /// A router's clock may be ahead or behind by this.
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
    /// Where the text is no configuration, with line and column.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let config: Config = serde_json::from_str(text)?;
        for (site, Coordinates { latitude, longitude }) in config.placed() {
            if !(latitude.abs() <= 90.0 && longitude.abs() <= 180.0) {
                return Err(ConfigError::Coordinates { site: site.clone(), latitude, longitude });
            }
        }
        Ok(config)
    }

    /// Sites of which is known where they stand.
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
