//! The rules, as data: what an alert of each is worth, how long it waits, and what to do about it.

use std::collections::BTreeMap;

use crate::config::{Config, ConfigError};
use crate::said::Severity;

/// A rule as built in.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    pub name: &'static str,
    pub severity: Severity,
    /// It must hold for so long before the alert opens.
    pub open_after_ms: i64,
    /// It must be over for so long before the alert closes.
    pub close_after_ms: i64,
    /// Whether it holds where the configuration says nothing of it.
    pub enabled: bool,
    pub about: &'static str,
    pub runbook: &'static str,
}

macro_rules! rule {
    ($name:literal, $severity:ident, $open:literal, $close:literal, $enabled:literal, $about:literal, $runbook:literal) => {
        BuiltIn {
            name: $name,
            severity: Severity::$severity,
            open_after_ms: $open,
            close_after_ms: $close,
            enabled: $enabled,
            about: $about,
            runbook: $runbook,
        }
    };
}

pub const RULES: [BuiltIn; 19] = [
    rule!(
        "pod_route_lost",
        Critical,
        0,
        1000,
        true,
        "A pod block is announced by no node",
        "On the node: calicoctl node status; is calico-node running, is its BGP session to the router up?"
    ),
    rule!(
        "peer_down",
        High,
        0,
        1000,
        true,
        "A BGP session went down",
        "Read the verdict on the same subject; then the neighbour's state and log on the router"
    ),
    rule!(
        "peer_flapping",
        High,
        0,
        0,
        true,
        "A BGP session goes down again and again",
        "Look for errors on the interface, hold timers, MTU, CPU; shut the session if it harms others"
    ),
    rule!(
        "route_flapping",
        Medium,
        0,
        0,
        true,
        "A route comes and goes again and again",
        "Follow the route to its origin; consider damping"
    ),
    rule!(
        "origin_change",
        Critical,
        0,
        3000,
        true,
        "A watched prefix is announced by another AS than configured",
        "Is it a hijack or an own change? Call the upstreams of the strange origin; announce more specifics"
    ),
    rule!(
        "more_specific",
        High,
        0,
        3000,
        true,
        "Inside a watched prefix a longer one is announced",
        "Is it own traffic engineering? Else as a hijack: it attracts all traffic"
    ),
    rule!(
        "rpki_invalid",
        High,
        0,
        3000,
        true,
        "A route is invalid by RPKI",
        "Compare the ROA with the announcement; reject invalid routes at the edge"
    ),
    rule!(
        "rpki_uncovered",
        Low,
        0,
        3000,
        true,
        "A watched prefix has no ROA",
        "Create a ROA for the prefix and its origin"
    ),
    rule!(
        "roa_change",
        Medium,
        0,
        3000,
        true,
        "The ROAs of a watched prefix changed",
        "Was the change intended? Look at the RIR's portal"
    ),
    rule!(
        "path_leak",
        High,
        0,
        3000,
        true,
        "A route came along a path that relationships forbid",
        "Tell the neighbour that leaks; filter what its customers do not own"
    ),
    rule!(
        "path_match",
        Medium,
        0,
        3000,
        true,
        "A path matches, or does not match, a configured expression",
        "See the expression's name"
    ),
    rule!(
        "unexpected_neighbor",
        High,
        0,
        3000,
        true,
        "A watched AS stands beside one that is not configured",
        "Is it a new upstream or customer? Else a leak or a forged path"
    ),
    rule!(
        "new_prefix",
        Medium,
        0,
        3000,
        true,
        "A watched origin announces what it never did",
        "Was it meant to be announced?"
    ),
    rule!(
        "visibility_loss",
        High,
        2000,
        3000,
        true,
        "A watched prefix is gone from a share of the peers",
        "Is it announced at all? Look at the peers that lost it"
    ),
    rule!(
        "max_prefix_near",
        High,
        0,
        3000,
        true,
        "A peer is near its maximum of prefixes",
        "Raise the limit, or ask the neighbour why it announces so much, before the session is shut"
    ),
    rule!(
        "mass_withdrawal",
        Critical,
        0,
        3000,
        true,
        "A large part of a table was withdrawn while its peer is up",
        "Ask the neighbour; is there another way for the traffic?"
    ),
    rule!(
        "default_route_lost",
        Critical,
        0,
        3000,
        true,
        "A default route is gone",
        "Look at who announced it; is there a backup?"
    ),
    rule!(
        "session_gap",
        Medium,
        0,
        0,
        true,
        "A router's BMP session ended, or something of it never came: nothing is known of it meanwhile",
        "Is the router reachable, is its BMP configured, is the station's port open?"
    ),
    rule!("router_clock", Low, 0, 3000, true, "A router's clock is wrong", "Configure NTP on the router"),
];

/// A rule as configured.
#[derive(Clone, Debug)]
pub struct Rule {
    pub name: &'static str,
    pub severity: Severity,
    pub open_after_ms: i64,
    pub close_after_ms: i64,
    pub enabled: bool,
    pub runbook: String,
}

/// All rules, by name.
#[derive(Clone, Debug)]
pub struct Rules(BTreeMap<&'static str, Rule>);

impl Rules {
    /// # Errors
    /// Where the configuration changes a rule that there is not.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        if let Some(name) = config.rules.keys().find(|name| !RULES.iter().any(|rule| rule.name == **name)) {
            return Err(ConfigError::Rule(name.clone()));
        }
        let rule = |built_in: &BuiltIn| {
            let change = config.rules.get(built_in.name).cloned().unwrap_or_default();
            let rule = Rule {
                name: built_in.name,
                severity: change.severity.unwrap_or(built_in.severity),
                open_after_ms: change.open_after_ms.unwrap_or(built_in.open_after_ms),
                close_after_ms: change.close_after_ms.unwrap_or(built_in.close_after_ms),
                enabled: change.enabled.unwrap_or(built_in.enabled),
                runbook: change.runbook.unwrap_or_else(|| built_in.runbook.into()),
            };
            (built_in.name, rule)
        };
        Ok(Rules(RULES.iter().map(rule).collect()))
    }

    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.0.get(name)
    }
}
