//! What is laid over the picture: alerts and verdicts, at the node that each is about.

use std::collections::{HashMap, HashSet};

use insight::{Alert, Evidence, Insight, Place, Verdict};

use crate::entities::{Entity, NodeKey, Status};
use crate::finding::{Finding, FindingKey, Shown};
use crate::picture::Picture;

/// A verdict is drawn for this long after it was said.
const VERDICTS_MS: i64 = 3_600_000;
/// Of more alerts the severest, and of more verdicts the latest, are drawn.
const MOST: usize = 1_000;

impl Picture {
    /// Draws the alerts that are open and the verdicts that were said lately. What is no more among them is withdrawn.
    pub fn find(&mut self, insight: &Insight, now_ms: i64) {
        let mut alerts = insight.alerts(now_ms);
        alerts.sort_by(|one, other| {
            other.severity.cmp(&one.severity).then(other.opened_at_ms.cmp(&one.opened_at_ms))
        });
        let verdicts = insight.verdicts(now_ms.saturating_sub(VERDICTS_MS));
        let latest = verdicts.into_iter().rev();
        let places = insight.places();
        let mut found = HashSet::new();
        for alert in alerts.into_iter().take(MOST) {
            let (key, shown, at_ms) = self.alert(&alert, &places);
            found.insert(self.finding(key, shown, at_ms));
        }
        for (at_ms, verdict) in latest.take(MOST) {
            let (key, shown) = self.verdict(&verdict, &places);
            found.insert(self.finding(key, shown, at_ms));
        }
        let over: Vec<u32> = self
            .findings
            .of
            .iter()
            .filter(|(id, finding)| finding.status != Status::Withdrawn && !found.contains(*id))
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            if let Some(finding) = self.findings.of.get_mut(&id) {
                finding.status = Status::Withdrawn;
                finding.at_us = now_ms.saturating_mul(1000);
                self.touch(Entity::Finding(id));
            }
        }
    }

    fn alert(&self, alert: &Alert, places: &HashMap<String, Place>) -> (FindingKey, Shown, i64) {
        let shown = Shown {
            node: self.place(&alert.subject, &alert.peers, places),
            cause: None,
            severity: Some(alert.severity),
            confidence: None,
            text: alert.text.clone(),
            prefix: alert.prefixes.first().map(ToString::to_string),
            prefixes: u64::try_from(alert.prefixes.len()).unwrap_or(u64::MAX),
        };
        (FindingKey::Alert(alert.rule.into(), alert.subject.clone()), shown, alert.opened_at_ms)
    }

    fn verdict(&self, verdict: &Verdict, places: &HashMap<String, Place>) -> (FindingKey, Shown) {
        let evidence: Vec<&str> =
            verdict.evidence.iter().map(|Evidence { text, .. }| text.as_str()).collect();
        let text = if evidence.is_empty() {
            verdict.text.clone()
        } else {
            format!("{} ({})", verdict.text, evidence.join("; "))
        };
        let shown = Shown {
            node: self.place(&verdict.subject, &verdict.peers, places),
            cause: Some(verdict.cause.to_string()),
            severity: None,
            confidence: Some(verdict.confidence),
            text,
            prefix: verdict.prefixes.first().map(ToString::to_string),
            prefixes: u64::try_from(verdict.prefixes.len()).unwrap_or(u64::MAX),
        };
        (FindingKey::Verdict(verdict.subject.clone()), shown)
    }

    /// The node that a subject names, else that of the first of the peers.
    fn place(&self, subject: &str, peers: &[String], places: &HashMap<String, Place>) -> Option<u32> {
        let named = std::iter::once(subject).chain(peers.iter().map(String::as_str));
        named.filter_map(|name| places.get(name)).find_map(|place| match place {
            Place::Router(id) => self.known_node(&NodeKey::Router(*id)),
            Place::Peer(id) => self.known_node(&NodeKey::Peer(*id)),
            Place::Address(address) => self.known_node(&NodeKey::NextHop(*address)),
        })
    }

    fn finding(&mut self, key: FindingKey, shown: Shown, at_ms: i64) -> u32 {
        let at_us = at_ms.saturating_mul(1000);
        let id = match self.findings.ids.get(&key) {
            Some(id) => *id,
            None => {
                let id = self.id();
                self.findings.ids.insert(key.clone(), id);
                let finding =
                    Finding { revision: 0, status: Status::Withdrawn, key, shown: shown.clone(), at_us };
                self.findings.of.insert(id, finding);
                id
            }
        };
        if let Some(held) = self.findings.of.get_mut(&id) {
            if held.status != Status::Active || held.shown != shown {
                (held.status, held.shown, held.at_us) = (Status::Active, shown, at_us);
                self.touch(Entity::Finding(id));
            }
        }
        id
    }
}
