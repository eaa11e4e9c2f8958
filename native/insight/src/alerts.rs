//! Alerts that are open: each is told when it opens, when it grows, and when it closes.
//!
//! An alert is known by its rule and subject. What is raised again while it is open is the same alert; what is cleared and
//! raised again before it closes never closed.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::kept::{KeptAlert, Mark, Marked};
use crate::keys::AlertKey;
use crate::rules::Rules;
use crate::said::{Alert, AlertState, Evidence, Said, Severity, What, MAX_LISTED};
use crate::timers::{Timer, Timers};

/// An open alert is told again at most this often.
const UPDATE_EVERY_MS: i64 = 10_000;
const MAX_EVIDENCE: usize = 8;

/// What is to be said of an alert.
#[derive(Clone, Debug, Default)]
pub(crate) struct Raise {
    pub text: String,
    pub evidence: Vec<Evidence>,
    pub prefixes: BTreeSet<IpNet>,
    pub peers: BTreeSet<String>,
    /// A severity in place of the rule's own.
    pub severity: Option<Severity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Opens at that time.
    Pending(i64),
    Open,
    /// Closes at that time.
    Closing(i64),
}

#[derive(Debug)]
struct Held {
    state: State,
    opened_at_ms: i64,
    told_at_ms: i64,
    /// What was told last is not what is known now.
    changed: bool,
    said: Raise,
    mark: Mark,
}

#[derive(Debug)]
pub(crate) struct Alerts {
    rules: Rules,
    held: BTreeMap<AlertKey, Held>,
    /// Marks, also of alerts that are not open now.
    marks: BTreeMap<(String, String), Mark>,
    /// Alerts from before a restart that nothing has confirmed since.
    restored: BTreeSet<AlertKey>,
}

impl Alerts {
    pub fn new(rules: Rules) -> Self {
        Alerts { rules, held: BTreeMap::new(), marks: BTreeMap::new(), restored: BTreeSet::new() }
    }

    pub fn enabled(&self, rule: &str) -> bool {
        self.rules.get(rule).is_some_and(|rule| rule.enabled)
    }

    pub fn is_open(&self, rule: &'static str, subject: &str) -> bool {
        self.held.get(&(rule, subject.into())).is_some_and(|held| !matches!(held.state, State::Pending(_)))
    }

    /// The condition of the rule is met for the subject.
    pub fn raise(
        &mut self,
        rule: &'static str,
        subject: &str,
        mut raise: Raise,
        now_ms: i64,
        timers: &mut Timers,
        out: &mut Vec<Said>,
    ) {
        let Some(known) = self.rules.get(rule).filter(|rule| rule.enabled) else { return };
        raise.evidence.truncate(MAX_EVIDENCE);
        let key: AlertKey = (rule, subject.into());
        let open_after_ms = known.open_after_ms;
        self.restored.remove(&key);
        let mark = self.marks.get(&(rule.to_string(), subject.to_string())).copied().unwrap_or_default();
        if let Some(held) = self.held.get_mut(&key) {
            if let State::Closing(_) = held.state {
                held.state = State::Open;
            }
            let news = held.said.prefixes != raise.prefixes
                || held.said.peers != raise.peers
                || held.said.text != raise.text;
            held.said = raise;
            if held.state == State::Open && news {
                held.changed = true;
                timers.set(now_ms.max(held.told_at_ms + UPDATE_EVERY_MS), Timer::Alert(key));
            }
            return;
        }
        let held = Held {
            state: State::Pending(now_ms + open_after_ms),
            opened_at_ms: now_ms,
            told_at_ms: now_ms,
            changed: false,
            said: raise,
            mark,
        };
        self.held.insert(key.clone(), held);
        if open_after_ms > 0 {
            timers.set(now_ms + open_after_ms, Timer::Alert(key));
        } else {
            self.due(&key, now_ms, out);
        }
    }

    /// The condition of the rule is not met any more.
    pub fn clear(
        &mut self,
        rule: &'static str,
        subject: &str,
        why: &str,
        now_ms: i64,
        timers: &mut Timers,
        out: &mut Vec<Said>,
    ) {
        let after = self.rules.get(rule).map_or(0, |rule| rule.close_after_ms);
        self.close(rule, subject, why, after, now_ms, timers, out);
    }

    /// As [`Alerts::clear`], after another time than the rule's.
    #[allow(clippy::too_many_arguments)]
    pub fn close(
        &mut self,
        rule: &'static str,
        subject: &str,
        why: &str,
        after_ms: i64,
        now_ms: i64,
        timers: &mut Timers,
        out: &mut Vec<Said>,
    ) {
        let key: AlertKey = (rule, subject.into());
        let Some(held) = self.held.get_mut(&key) else { return };
        match held.state {
            // Nobody heard of it.
            State::Pending(_) => {
                self.held.remove(&key);
            }
            State::Open => {
                held.state = State::Closing(now_ms + after_ms);
                held.said.text = why.into();
                if after_ms > 0 {
                    timers.set(now_ms + after_ms, Timer::Alert(key));
                } else {
                    self.due(&key, now_ms, out);
                }
            }
            State::Closing(at) if after_ms == 0 && at > now_ms => {
                held.state = State::Closing(now_ms);
                self.due(&key, now_ms, out);
            }
            State::Closing(_) => {}
        }
    }

    /// Tells what is due: that the alert opens, has changed, or closes.
    pub fn due(&mut self, key: &AlertKey, now_ms: i64, out: &mut Vec<Said>) {
        let Some(held) = self.held.get_mut(key) else { return };
        let state = match held.state {
            State::Pending(at) if at <= now_ms => {
                held.state = State::Open;
                AlertState::Open
            }
            State::Open if held.changed && held.told_at_ms + UPDATE_EVERY_MS <= now_ms => AlertState::Update,
            State::Closing(at) if at <= now_ms => AlertState::Close,
            _ => return,
        };
        held.changed = false;
        held.told_at_ms = now_ms;
        let alert = alert(&self.rules, key, held, state, now_ms);
        out.push(Said { at_ms: now_ms, what: What::Alert(alert) });
        if state == AlertState::Close {
            self.held.remove(key);
            self.restored.remove(key);
            // An acknowledgement is for this alert only; a mute holds for the next one, too.
            let marked = (key.0.to_string(), key.1.clone());
            if let Some(mark) = self.marks.get_mut(&marked) {
                mark.acknowledged = false;
                if mark.muted_until_ms.is_none_or(|until| until <= now_ms) {
                    self.marks.remove(&marked);
                }
            }
        }
    }

    /// Open alerts as they are kept over a restart.
    pub fn kept(&self) -> Vec<KeptAlert> {
        let open = self.held.iter().filter(|(_, held)| !matches!(held.state, State::Pending(_)));
        open.map(|((rule, subject), held)| KeptAlert {
            rule: (*rule).into(),
            subject: subject.clone(),
            severity: alert(&self.rules, &(rule, subject.clone()), held, AlertState::Open, 0).severity,
            text: held.said.text.clone(),
            opened_at_ms: held.opened_at_ms,
            evidence: held.said.evidence.clone(),
            prefixes: held.said.prefixes.iter().take(MAX_LISTED).copied().collect(),
            peers: held.said.peers.iter().take(MAX_LISTED).cloned().collect(),
        })
        .collect()
    }

    /// Takes up an open alert from before a restart; returns its rule, where that is still on.
    pub fn restore(&mut self, kept: &KeptAlert, now_ms: i64) -> Option<&'static str> {
        let rule = self.rules.get(&kept.rule).filter(|rule| rule.enabled)?;
        let key: AlertKey = (rule.name, kept.subject.clone());
        let marked = (kept.rule.clone(), kept.subject.clone());
        let held = Held {
            state: State::Open,
            opened_at_ms: kept.opened_at_ms,
            told_at_ms: now_ms,
            changed: false,
            said: Raise {
                text: kept.text.clone(),
                evidence: kept.evidence.clone(),
                prefixes: kept.prefixes.clone(),
                peers: kept.peers.clone(),
                severity: Some(kept.severity),
            },
            mark: self.marks.get(&marked).copied().unwrap_or_default(),
        };
        self.held.insert(key.clone(), held);
        self.restored.insert(key);
        Some(rule.name)
    }

    /// Confirms an alert from before a restart: its condition is still met.
    pub fn claim(&mut self, rule: &'static str, subject: &str) {
        if !self.restored.is_empty() {
            self.restored.remove(&(rule, subject.into()));
        }
    }

    /// Closes the alerts from before a restart that nothing has confirmed since.
    pub fn forget_restored(&mut self, now_ms: i64, out: &mut Vec<Said>) {
        for key in std::mem::take(&mut self.restored) {
            let Some(held) = self.held.get_mut(&key) else { continue };
            held.state = State::Closing(now_ms);
            held.said.text = "nothing tells of it since the station started again".into();
            self.due(&key, now_ms, out);
        }
    }

    /// Every open alert.
    pub fn open(&self, now_ms: i64) -> Vec<Alert> {
        let open = self.held.iter().filter(|(_, held)| !matches!(held.state, State::Pending(_)));
        open.map(|(key, held)| alert(&self.rules, key, held, AlertState::Open, now_ms)).collect()
    }

    /// A person acknowledged or muted an alert, or took that back. It holds also where the alert is not open now.
    pub fn mark(&mut self, rule: &str, subject: &str, mark: Mark) {
        let key = (rule.to_string(), subject.to_string());
        if mark == Mark::default() {
            self.marks.remove(&key);
        } else {
            self.marks.insert(key, mark);
        }
        let held = self.held.iter_mut().find(|(key, _)| key.0 == rule && key.1 == subject);
        if let Some((_, held)) = held {
            held.mark = mark;
        }
    }

    pub fn marks(&self) -> Vec<Marked> {
        let marks = self.marks.iter();
        marks
            .map(|((rule, subject), mark)| Marked {
                rule: rule.clone(),
                subject: subject.clone(),
                mark: *mark,
            })
            .collect()
    }
}

fn alert(rules: &Rules, key: &AlertKey, held: &Held, state: AlertState, now_ms: i64) -> Alert {
    let rule = rules.get(key.0);
    let severity = held.said.severity.or(rule.map(|rule| rule.severity)).unwrap_or(Severity::Medium);
    Alert {
        rule: key.0,
        state,
        subject: key.1.clone(),
        severity,
        text: held.said.text.clone(),
        evidence: held.said.evidence.clone(),
        runbook: rule.map(|rule| rule.runbook.clone()).unwrap_or_default(),
        uid: format!("{}/{}/{}", key.0, key.1, held.opened_at_ms),
        opened_at_ms: held.opened_at_ms,
        prefixes: held.said.prefixes.iter().take(MAX_LISTED).copied().collect(),
        peers: held.said.peers.iter().take(MAX_LISTED).cloned().collect(),
        acknowledged: held.mark.acknowledged,
        muted: held.mark.muted_until_ms.is_some_and(|until| until > now_ms),
        muted_until_ms: held.mark.muted_until_ms.filter(|until| *until > now_ms),
    }
}
