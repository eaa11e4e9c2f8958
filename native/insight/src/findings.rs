//! Alerts as events of the Open Cybersecurity Schema Framework, version 1.7.0: class Detection Finding (2004).
//!
//! | what was said | activity | status |
//! |---|---|---|
//! | an alert opens | 1 Create | 1 New |
//! | it grows, or its verdict is another one | 2 Update | 1 New, 2 In Progress where somebody acknowledged it, 3 Suppressed where it is muted |
//! | it closes | 3 Close | 4 Resolved |
//!
//! `finding_info.uid` is the alert's, the same in all its states; `metadata.uid` is the event's own. The rule is the analytic, each piece of
//! evidence an element of `evidences`, the runbook line the remediation; the verdict is in `unmapped.verdict`, with its confidence
//! where the schema has a place for it. What has the alert's subject, or names it, is its verdict.

use std::collections::{BTreeMap, HashMap, VecDeque};

use rib::ocsf;
use serde_json::{json, Map, Value};

use crate::said::{Alert, AlertState, Evidence, Said, Severity, Verdict, What};

const CATEGORY: u32 = 2;
const CLASS: u32 = 2004;
/// Verdicts that are remembered for alerts that open after them.
const MAX_VERDICTS: usize = 1_000;

/// Makes findings of what is said, in the order in which it is said.
#[derive(Debug, Default)]
pub struct Findings {
    /// The last verdict on each subject, the latest at the end of the order.
    verdicts: HashMap<String, Verdict>,
    order: VecDeque<String>,
    /// Open alerts by subject and rule, as they were told last.
    open: BTreeMap<(String, &'static str), Alert>,
    /// How many events each open alert had.
    told: HashMap<String, u64>,
}

impl Findings {
    /// The finding of something that was said, as JSON: none of what is no alert and of no alert's concern.
    pub fn of(&mut self, said: &Said) -> Vec<String> {
        let events = match &said.what {
            What::Alert(alert) => vec![self.alert(alert, said.at_ms)],
            What::Verdict(verdict) => self.verdict(verdict, said.at_ms),
            What::Topology(_) => Vec::new(),
        };
        events.iter().map(Value::to_string).collect()
    }

    fn alert(&mut self, alert: &Alert, at_ms: i64) -> Value {
        let key = (alert.subject.clone(), alert.rule);
        match alert.state {
            AlertState::Close => drop(self.open.remove(&key)),
            _ => drop(self.open.insert(key, alert.clone())),
        }
        let event = self.event(alert, at_ms);
        if alert.state == AlertState::Close {
            self.told.remove(&alert.uid);
        }
        event
    }

    /// A verdict that comes after its alert, or is another one than before, is an update of the alert.
    fn verdict(&mut self, verdict: &Verdict, at_ms: i64) -> Vec<Value> {
        for old in verdict.supersedes.iter().chain([&verdict.subject]) {
            if self.verdicts.remove(old).is_some() {
                self.order.retain(|subject| subject != old);
            }
        }
        if self.order.len() >= MAX_VERDICTS {
            if let Some(oldest) = self.order.pop_front() {
                self.verdicts.remove(&oldest);
            }
        }
        self.order.push_back(verdict.subject.clone());
        self.verdicts.insert(verdict.subject.clone(), verdict.clone());
        let concerned: Vec<Alert> =
            self.open.values().filter(|alert| is_about(verdict, alert)).cloned().collect();
        let update = |alert: Alert| self.event(&Alert { state: AlertState::Update, ..alert }, at_ms);
        concerned.into_iter().map(update).collect()
    }

    fn event(&mut self, alert: &Alert, at_ms: i64) -> Value {
        let (activity, name) = match alert.state {
            AlertState::Open => (1, "Create"),
            AlertState::Update => (2, "Update"),
            AlertState::Close => (3, "Close"),
        };
        let (status_id, status) = match (alert.state, alert.muted, alert.acknowledged) {
            (AlertState::Close, ..) => (4, "Resolved"),
            (_, true, _) => (3, "Suppressed"),
            (_, _, true) => (2, "In Progress"),
            _ => (1, "New"),
        };
        let (severity_id, severity) = match alert.severity {
            Severity::Info => (1, "Informational"),
            Severity::Low => (2, "Low"),
            Severity::Medium => (3, "Medium"),
            Severity::High => (4, "High"),
            Severity::Critical => (5, "Critical"),
        };
        let exact = self.verdicts.get(&alert.subject);
        let verdict =
            exact.or_else(|| self.verdicts.values().find(|verdict| is_about(verdict, alert))).cloned();
        let count = self.told.entry(alert.uid.clone()).or_insert(0);
        *count += 1;
        let mut resources = vec![json!({"name": alert.subject})];
        let others = alert.peers.iter().cloned().chain(alert.prefixes.iter().map(ToString::to_string));
        resources.extend(others.filter(|name| *name != alert.subject).map(|name| json!({"name": name})));
        let mut event = json!({
            "category_uid": CATEGORY,
            "category_name": "Findings",
            "class_uid": CLASS,
            "class_name": "Detection Finding",
            "activity_id": activity,
            "activity_name": name,
            "type_uid": CLASS * 100 + activity,
            "type_name": format!("Detection Finding: {name}"),
            "severity_id": severity_id,
            "severity": severity,
            "status_id": status_id,
            "status": status,
            "is_alert": true,
            "time": at_ms,
            "start_time": alert.opened_at_ms,
            "message": message(alert),
            "count": count,
            "metadata": {
                "version": ocsf::VERSION,
                // The clock alone is no identity: an alert may be updated twice in a millisecond.
                "uid": ocsf::identity(&[alert.uid.as_bytes(), &at_ms.to_be_bytes(), &count.to_be_bytes()]),
                "correlation_uid": alert.uid,
                "event_code": alert.rule,
                "log_name": "bmp",
                "log_provider": "serviceradar_bmp",
                "logged_time": at_ms,
                "profiles": ["security_control"],
                "product": ocsf::product(),
            },
            "finding_info": {
                "uid": alert.uid,
                "title": format!("{}: {}", alert.rule, alert.subject),
                "desc": alert.text,
                "analytic": {"name": alert.rule, "uid": alert.rule, "type": "Rule", "type_id": 1},
                "created_time": alert.opened_at_ms,
                "first_seen_time": alert.opened_at_ms,
                "last_seen_time": at_ms,
                "modified_time": at_ms,
                "data_sources": ["BMP"],
            },
            "evidences": alert.evidence.iter().map(evidence).collect::<Vec<_>>(),
            "resources": resources,
            "observables": observables(alert),
            "remediation": {"desc": alert.runbook},
            "unmapped": unmapped(alert, verdict.as_ref()),
        });
        let Some(fields) = event.as_object_mut() else { return event };
        if alert.state == AlertState::Close {
            fields.insert("end_time".into(), at_ms.into());
        }
        if let Some(verdict) = verdict {
            let (id, confidence) = match verdict.confidence {
                sure if sure >= 0.8 => (3, "High"),
                middle if middle >= 0.5 => (2, "Medium"),
                _ => (1, "Low"),
            };
            fields.insert("confidence_id".into(), id.into());
            fields.insert("confidence".into(), confidence.into());
            fields.insert("confidence_score".into(), percent(verdict.confidence).into());
            fields.insert("status_detail".into(), verdict.text.into());
        }
        event
    }
}

/// Who reads no more than this knows what it is about.
fn message(alert: &Alert) -> String {
    match alert.text.contains(&alert.subject) {
        true => alert.text.clone(),
        false => format!("{}: {}", alert.subject, alert.text),
    }
}

/// Whether a verdict says why an alert is open.
fn is_about(verdict: &Verdict, alert: &Alert) -> bool {
    verdict.subject == alert.subject
        || verdict.peers.contains(&alert.subject)
        || alert.peers.contains(&verdict.subject)
        || verdict.prefixes.iter().any(|prefix| alert.subject == prefix.to_string())
        || alert.prefixes.iter().any(|prefix| verdict.subject == prefix.to_string())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between 0 and 100.
fn percent(confidence: f32) -> u8 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() as u8
}

fn evidence(of: &Evidence) -> Value {
    let mut data = Map::from_iter([("text".to_string(), of.text.clone().into())]);
    if let Some(router) = &of.router {
        data.insert("router".into(), router.clone().into());
    }
    if let Some(position) = of.position {
        data.insert("generation".into(), position.generation.into());
        data.insert("sequence".into(), position.sequence.into());
    }
    json!({"data": data, "name": of.text})
}

fn observables(alert: &Alert) -> Vec<Value> {
    let subnets = alert.prefixes.iter().map(ToString::to_string);
    let subject = alert.subject.parse::<ipnet::IpNet>().ok().map(|prefix| prefix.to_string());
    let mut subnets: Vec<String> = subject.into_iter().chain(subnets).collect();
    subnets.dedup();
    let subnet =
        |value: &String| json!({"name": "resources.name", "type": "Subnet", "type_id": 12, "value": value});
    let peers = alert.peers.iter().chain([&alert.subject]).filter_map(|subject| address(subject));
    let address =
        |value| json!({"name": "resources.name", "type": "IP Address", "type_id": 2, "value": value});
    subnets.iter().map(subnet).chain(peers.map(address)).collect()
}

/// Of `ROUTER peer ADDRESS` the address.
fn address(subject: &str) -> Option<String> {
    let address = subject.split(" peer ").nth(1)?.split(' ').next()?;
    Some(address.parse::<std::net::IpAddr>().ok()?.to_string())
}

fn unmapped(alert: &Alert, verdict: Option<&Verdict>) -> Value {
    let mut unmapped = json!({
        "rule": alert.rule,
        "state": alert.state,
        "subject": alert.subject,
        "acknowledged": alert.acknowledged,
        "muted": alert.muted,
    });
    if let (Some(fields), Some(verdict)) = (unmapped.as_object_mut(), verdict) {
        fields.insert("verdict".into(), serde_json::to_value(verdict).unwrap_or_default());
    }
    unmapped
}
