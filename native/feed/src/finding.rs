//! Alerts and verdicts, as they are drawn.

use std::collections::HashMap;

use insight::Severity;

use crate::entities::Status;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FindingKey {
    /// By rule and subject.
    Alert(String, String),
    /// By subject.
    Verdict(String),
}

/// An alert that is open, or a verdict.
#[derive(Debug)]
pub(crate) struct Finding {
    pub revision: u64,
    pub status: Status,
    pub key: FindingKey,
    pub shown: Shown,
    pub at_us: i64,
}

/// What is told of it, beside its key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    /// The node that it is about, where that is drawn.
    pub node: Option<u32>,
    /// The cause, of a verdict.
    pub cause: Option<String>,
    pub severity: Option<Severity>,
    pub confidence: Option<f32>,
    /// In words, with the evidence of a verdict.
    pub text: String,
    /// The first of its prefixes, and how many there are.
    pub prefix: Option<String>,
    pub prefixes: u64,
}

impl Finding {
    pub fn rule(&self) -> Option<&str> {
        match &self.key {
            FindingKey::Alert(rule, _) => Some(rule),
            FindingKey::Verdict(_) => self.shown.cause.as_deref(),
        }
    }

    pub fn subject(&self) -> &str {
        match &self.key {
            FindingKey::Alert(_, subject) | FindingKey::Verdict(subject) => subject,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub of: HashMap<u32, Finding>,
    pub ids: HashMap<FindingKey, u32>,
}

impl Findings {
    pub fn forget(&mut self, id: u32) {
        if let Some(finding) = self.of.remove(&id) {
            self.ids.remove(&finding.key);
        }
    }
}
