//! What every part of insight speaks through: the clock, what was said, timers, alerts, verdicts and the topology.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::alerts::{Alerts, Raise};
use crate::said::{Cause, Change, Evidence, LinkSaid, Said, Verdict, What, MAX_LISTED};
use crate::timers::{Timer, Timers};
use crate::topology::{Bearer, NodeKind, Protocol, Status, Told, Topology};

/// A verdict as it is held: what was said last of a subject.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub said: Verdict,
    pub at_ms: i64,
    /// All of them; what is said lists some.
    pub peers: BTreeSet<String>,
}

/// What is to be said of a verdict.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub subject: String,
    pub cause: Cause,
    pub confidence: f32,
    pub text: String,
    pub evidence: Vec<Evidence>,
    pub supersedes: Vec<String>,
    pub peers: BTreeSet<String>,
    pub prefixes: BTreeSet<IpNet>,
}

impl Judgement {
    pub fn new(subject: &str, cause: Cause, confidence: f32, text: impl Into<String>) -> Self {
        Judgement {
            subject: subject.into(),
            cause,
            confidence,
            text: text.into(),
            evidence: Vec::new(),
            supersedes: Vec::new(),
            peers: BTreeSet::new(),
            prefixes: BTreeSet::new(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Voice {
    pub now: i64,
    pub out: Vec<Said>,
    pub timers: Timers,
    pub alerts: Alerts,
    pub topology: Topology,
    pub verdicts: HashMap<String, Held>,
    /// How long a node without links is a node.
    pub node_wait: i64,
    /// What is seen of the topology was there before: nothing is told of it.
    pub silent: bool,
}

impl Voice {
    pub fn after(&mut self, wait_ms: i64, timer: Timer) {
        self.timers.set(self.now + wait_ms, timer);
    }

    pub fn raise(&mut self, rule: &'static str, subject: &str, raise: Raise) {
        self.alerts.raise(rule, subject, raise, self.now, &mut self.timers, &mut self.out);
    }

    pub fn clear(&mut self, rule: &'static str, subject: &str, why: &str) {
        self.alerts.clear(rule, subject, why, self.now, &mut self.timers, &mut self.out);
    }

    /// Without the wait of the rule.
    pub fn close(&mut self, rule: &'static str, subject: &str, why: &str) {
        self.alerts.close(rule, subject, why, 0, self.now, &mut self.timers, &mut self.out);
    }

    pub fn change(&mut self, change: Change) {
        if !self.silent {
            self.out.push(Said { at_ms: self.now, what: What::Topology(change) });
        }
    }

    /// Says a verdict, where it is none that was said already.
    pub fn judge(&mut self, judgement: Judgement) {
        let Judgement { subject, cause, confidence, text, mut evidence, supersedes, peers, prefixes } =
            judgement;
        let supersedes: Vec<String> = supersedes
            .into_iter()
            .filter(|old| *old != subject && self.verdicts.remove(old).is_some())
            .collect();
        evidence.truncate(MAX_LISTED);
        let verdict = Verdict {
            subject: subject.clone(),
            cause,
            class: cause.class(),
            confidence,
            text,
            evidence,
            would_change_if: cause.would_change_if(),
            supersedes,
            peers: peers.iter().take(MAX_LISTED).cloned().collect(),
            prefixes: prefixes.into_iter().take(MAX_LISTED).collect(),
        };
        self.verdicts.insert(subject, Held { said: verdict.clone(), at_ms: self.now, peers });
        self.out.push(Said { at_ms: self.now, what: What::Verdict(verdict) });
    }

    /// A node is there.
    pub fn node(&mut self, id: &str, kind: NodeKind, asn: Option<u32>, address: Option<IpAddr>) {
        if self.topology.node_up(id, kind, asn, address) {
            self.change(Change::NodeAdded { node: id.into() });
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub fn bear(
        &mut self,
        source: &str,
        target: &str,
        protocol: Protocol,
        bearer: Bearer,
        evidence: &str,
        confidence: f32,
        metric: Option<u32>,
    ) {
        if source == target {
            return;
        }
        if self.topology.bear(source, target, protocol, bearer, evidence, confidence, metric) == Told::Added {
            let said = self.link(source, target, protocol);
            self.change(Change::LinkAdded(said));
        }
    }

    pub fn unbear(&mut self, one: &str, other: &str, protocol: Protocol, bearer: Bearer) {
        if self.topology.unbear(one, other, protocol, bearer) == Told::Lost {
            let said = self.link(one, other, protocol);
            self.change(Change::LinkLost(said));
            for end in [one, other] {
                if self.topology.degree(end) == 0 {
                    let wait = self.node_wait;
                    self.after(wait, Timer::Node(end.into()));
                }
            }
        }
    }

    fn link(&self, one: &str, other: &str, protocol: Protocol) -> LinkSaid {
        match self.topology.link(one, other, protocol) {
            Some(link) => LinkSaid {
                source: link.source.clone(),
                target: link.target.clone(),
                protocol,
                evidence: link.evidence.iter().cloned().collect(),
                confidence: link.confidence,
            },
            None => LinkSaid {
                source: one.into(),
                target: other.into(),
                protocol,
                evidence: Vec::new(),
                confidence: 0.0,
            },
        }
    }

    /// Nothing leads to a node any more.
    pub fn node_lost(&mut self, id: &str) {
        if self.topology.node_status(id, Status::Down) {
            self.change(Change::NodeLost { node: id.into() });
        }
    }
}
