//! What outlives a restart: alerts that are open, and what people decided of alerts.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::said::{Evidence, Severity};

/// What outlives a restart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// When it was kept: what went after that was told nobody.
    pub at_ms: i64,
    pub alerts: Vec<KeptAlert>,
    pub marks: Vec<Marked>,
}

/// An alert that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptAlert {
    pub rule: String,
    pub subject: String,
    pub severity: Severity,
    pub text: String,
    pub opened_at_ms: i64,
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    #[serde(default)]
    pub prefixes: BTreeSet<IpNet>,
    #[serde(default)]
    pub peers: BTreeSet<String>,
}

/// What people decided of an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub acknowledged: bool,
    /// Until then; `i64::MAX`: for good.
    pub muted_until_ms: Option<i64>,
}

/// A mark with the alert that it belongs to, to be kept over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    pub rule: String,
    pub subject: String,
    #[serde(flatten)]
    pub mark: Mark,
}
