//! Routes that break a rule, and the alerts that they make: an alert is open while one route still breaks its rule, and what breaks
//! one rule of one peer at a time in numbers is one alert on the peer.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use ipnet::IpNet;

use crate::alerts::Raise;
use crate::said::{Evidence, Severity};
use crate::timers::Timer;
use crate::voice::Voice;

/// So long is waited for more of the same.
const WAIT_MS: i64 = 200;
/// More than so many prefixes of a peer at a time are one alert.
const SEVERAL: usize = 4;
/// Routes that are remembered to break a rule.
const MAX_HOLDERS: usize = 100_000;

/// A route: peer, prefix, path identifier and view.
pub(crate) type Holder = (u32, IpNet, Option<u32>, u8);
/// Rule and subject.
type Key = (&'static str, String);

/// A rule that a route breaks.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub rule: &'static str,
    pub subject: String,
    pub text: String,
    pub severity: Option<Severity>,
    /// The peer on which it is told where there are many; none: always on its own.
    pub group: Option<String>,
    pub prefix: IpNet,
}

#[derive(Debug)]
struct Condition {
    holders: HashMap<Holder, ()>,
    broken: Broken,
    evidence: Vec<Evidence>,
    /// Subject of the alert that it is in.
    alert: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Conditions {
    by_holder: HashMap<Holder, Vec<Key>>,
    conditions: BTreeMap<Key, Condition>,
    /// What alerts on a subject are about.
    alerts: BTreeMap<Key, BTreeSet<String>>,
    new: Vec<Key>,
    waits: bool,
    /// Alerts of before a restart, with the prefixes that they were about.
    restored: BTreeMap<Key, BTreeSet<IpNet>>,
}

impl Conditions {
    /// Whether any route breaks any rule.
    pub fn is_empty(&self) -> bool {
        self.by_holder.is_empty()
    }

    /// Whether a route breaks a rule.
    pub fn breaks(&self, rule: &str, holder: &Holder) -> bool {
        !self.is_empty()
            && self.by_holder.get(holder).is_some_and(|keys| keys.iter().any(|key| key.0 == rule))
    }

    /// An alert of before a restart: what breaks its rule is no news.
    pub fn restore(&mut self, rule: &'static str, subject: String, prefixes: BTreeSet<IpNet>) {
        self.restored.insert((rule, subject), prefixes);
    }

    pub fn forget_restored(&mut self) {
        self.restored.clear();
    }

    /// The alert of before a restart that was about it.
    fn restored(&self, broken: &Broken) -> Option<String> {
        let own: Key = (broken.rule, broken.subject.clone());
        if self.restored.contains_key(&own) {
            return Some(own.1);
        }
        let about = |(key, prefixes): &(&Key, &BTreeSet<IpNet>)| {
            key.0 == broken.rule && broken.group.as_ref() == Some(&key.1) && prefixes.contains(&broken.prefix)
        };
        self.restored.iter().find(about).map(|(key, _)| key.1.clone())
    }

    /// What a route breaks now; what it broke before and does not any more is over.
    pub fn set(
        &mut self,
        holder: Holder,
        broken: Vec<Broken>,
        evidence: impl Fn(&str) -> Evidence,
        voice: &mut Voice,
    ) {
        let before = match self.by_holder.is_empty() {
            true => Vec::new(),
            false => self.by_holder.remove(&holder).unwrap_or_default(),
        };
        let mut keys: Vec<Key> = Vec::new();
        for broken in broken {
            if self.by_holder.len() >= MAX_HOLDERS {
                break;
            }
            if !voice.alerts.enabled(broken.rule) {
                continue;
            }
            let key: Key = (broken.rule, broken.subject.clone());
            let mut added = false;
            let condition = self.conditions.entry(key.clone()).or_insert_with(|| {
                added = true;
                Condition {
                    holders: HashMap::new(),
                    broken: broken.clone(),
                    evidence: Vec::new(),
                    alert: None,
                }
            });
            condition.holders.insert(holder, ());
            if condition.evidence.len() < 8 {
                condition.evidence.push(evidence(&broken.text));
            }
            let known = if added { self.restored(&broken) } else { None };
            if let Some(alert) = known {
                if let Some(condition) = self.conditions.get_mut(&key) {
                    condition.alert = Some(alert.clone());
                }
                voice.alerts.claim(broken.rule, &alert);
                self.alerts.entry((broken.rule, alert)).or_default().insert(key.1.clone());
            } else if added {
                self.new.push(key.clone());
                if !std::mem::replace(&mut self.waits, true) {
                    voice.after(WAIT_MS, Timer::Conditions);
                }
            }
            keys.push(key);
        }
        for key in before.iter().filter(|key| !keys.contains(key)) {
            self.over(key, &holder, voice);
        }
        if !keys.is_empty() {
            self.by_holder.insert(holder, keys);
        }
    }

    /// Whether a route breaks one rule is looked at anew; what it breaks beside that stays.
    pub fn set_rule(
        &mut self,
        rule: &'static str,
        holder: Holder,
        broken: Option<Broken>,
        evidence: impl Fn(&str) -> Evidence,
        voice: &mut Voice,
    ) {
        let others = self.by_holder.get(&holder).into_iter().flatten().filter(|key| key.0 != rule);
        let others = others.filter_map(|key| Some(self.conditions.get(key)?.broken.clone()));
        let broken: Vec<Broken> = others.chain(broken).collect();
        if !broken.is_empty() || self.by_holder.contains_key(&holder) {
            self.set(holder, broken, evidence, voice);
        }
    }

    fn over(&mut self, key: &Key, holder: &Holder, voice: &mut Voice) {
        let Some(condition) = self.conditions.get_mut(key) else { return };
        condition.holders.remove(holder);
        if !condition.holders.is_empty() {
            return;
        }
        let alert = self.conditions.remove(key).and_then(|condition| condition.alert);
        let Some(subject) = alert else { return };
        let alert: Key = (key.0, subject);
        if let Some(about) = self.alerts.get_mut(&alert) {
            about.remove(&key.1);
            if about.is_empty() {
                self.alerts.remove(&alert);
                voice.clear(alert.0, &alert.1, "no route breaks the rule any more");
            }
        }
    }

    /// All routes of a peer are gone, or nothing is known of them any more.
    pub fn peer_ended(&mut self, peer: u32, voice: &mut Voice) {
        let holders: Vec<Holder> = self.by_holder.keys().filter(|holder| holder.0 == peer).copied().collect();
        for holder in holders {
            self.set(holder, Vec::new(), |_| Evidence::default(), voice);
        }
    }

    /// Opens alerts for what is new.
    pub fn tell(&mut self, voice: &mut Voice) {
        self.waits = false;
        let mut groups: BTreeMap<(&'static str, Option<String>), Vec<Key>> = BTreeMap::new();
        for key in std::mem::take(&mut self.new) {
            if let Some(condition) = self.conditions.get(&key).filter(|condition| condition.alert.is_none()) {
                groups.entry((key.0, condition.broken.group.clone())).or_default().push(key);
            }
        }
        for ((rule, group), keys) in groups {
            let open = group.as_ref().is_some_and(|group| self.alerts.contains_key(&(rule, group.clone())));
            match group {
                Some(group) if open || keys.len() > SEVERAL => self.open(rule, &group, keys, voice),
                _ => keys.into_iter().for_each(|key| {
                    let subject = key.1.clone();
                    self.open(rule, &subject, vec![key], voice);
                }),
            }
        }
    }

    fn open(&mut self, rule: &'static str, subject: &str, keys: Vec<Key>, voice: &mut Voice) {
        let about = self.alerts.entry((rule, subject.into())).or_default();
        let mut raise = Raise::default();
        for key in &keys {
            about.insert(key.1.clone());
            let Some(condition) = self.conditions.get_mut(key) else { continue };
            condition.alert = Some(subject.into());
            raise.severity = raise.severity.max(condition.broken.severity);
            raise.evidence.extend(condition.evidence.iter().take(4).cloned());
            raise.text.clone_from(&condition.broken.text);
        }
        let all = about.iter().filter_map(|subject| self.conditions.get(&(rule, subject.clone())));
        raise.prefixes = all.map(|condition| condition.broken.prefix).collect();
        if about.len() > 1 {
            raise.text = format!("{} routes, e.g. {}", about.len(), raise.text);
        }
        voice.raise(rule, subject, raise);
    }
}
