//! What broke, where and why: the stage after the routing table.
//!
//! [`Insight`] is handed the table's deltas, what SNMP tells of interfaces, and a clock; what it has to say comes back
//! as [`Said`]: changes of the [`Topology`], alerts by [`rules::RULES`], and verdicts with a [`Cause`]. It does no I/O and keeps no table:
//! what it remembers grows with what is watched and linked.

mod adopt;
mod alerts;
mod aspa;
mod calico;
mod clock;
mod conditions;
pub mod config;
mod defaults;
mod dispatch;
mod downs;
mod facts;
mod findings;
mod insight;
mod interfaces;
mod kept;
mod keys;
mod leaks;
mod left_links;
mod link_state;
mod neighbours;
mod observation;
mod ospf;
mod paths;
mod payloads;
mod policy;
mod prefixes;
mod reasons;
mod revalidate;
mod route;
mod route_flaps;
mod rpki;
pub mod rules;
mod said;
mod services;
mod tables;
mod timers;
pub mod topology;
mod voice;
mod volume;
mod watch;
mod withdrawn;
mod world;

pub use config::{Config, ConfigError, Coordinates, Rpki, Site};
pub use findings::Findings;
pub use insight::Insight;
pub use interfaces::{IfStatus, InterfaceEvent};
pub use kept::{Kept, KeptAlert, Mark, Marked};
pub use payloads::{Aspa, Payloads, Source, Vrp};
pub use rpki::{read_file, Validity, Vrps};
pub use said::{
    Alert, AlertState, Cause, Change, Class, Evidence, LinkSaid, Said, Severity, Verdict, What, MAX_LISTED,
};
pub use tables::Tables;
pub use topology::Topology;
pub use world::Place;
