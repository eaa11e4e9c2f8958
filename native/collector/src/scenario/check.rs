//! What was said against what must, and must not, be said.

use anyhow::{bail, Result};
use serde_json::{Map, Value};

/// What came of one scenario.
#[derive(Debug, Default)]
pub struct Checked {
    pub missing: Vec<Value>,
    pub forbidden: Vec<(Value, Value)>,
    /// By kind of thing: verdicts and alerts are counted apart.
    pub verdicts: Counts,
    pub alerts: Counts,
}

/// Entries of `must` that were said or not, and of `must_not` that were said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    found: usize,
    missed: usize,
    false_ones: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.found += other.found;
        self.missed += other.missed;
        self.false_ones += other.false_ones;
    }

    fn text(self, what: &str) -> String {
        let share = |of: usize, all: usize| if all == 0 { 1.0 } else { of as f64 / all as f64 };
        format!(
            "{what}: precision {:.3}, recall {:.3} ({} said as they must, {} missing, {} that must not be said)",
            share(self.found, self.found + self.false_ones),
            share(self.found, self.found + self.missed),
            self.found,
            self.missed,
            self.false_ones
        )
    }
}

#[derive(Debug, Default)]
pub struct Totals {
    scenarios: usize,
    passed: usize,
    verdicts: Counts,
    alerts: Counts,
}

impl Totals {
    pub fn add(&mut self, checked: &Checked) {
        self.scenarios += 1;
        self.passed += usize::from(checked.passed());
        self.verdicts.add(checked.verdicts);
        self.alerts.add(checked.alerts);
    }

    pub fn passed(&self) -> bool {
        self.passed == self.scenarios
    }

    pub fn text(&self) -> String {
        format!(
            "{} of {} scenarios passed\n{}\n{}",
            self.passed,
            self.scenarios,
            self.verdicts.text("verdicts"),
            self.alerts.text("alerts")
        )
    }
}

impl Checked {
    pub fn passed(&self) -> bool {
        self.missing.is_empty() && self.forbidden.is_empty()
    }

    pub fn text(&self, name: &str) -> String {
        let mut text = format!("{} {name}", if self.passed() { "passed" } else { "FAILED" });
        for entry in &self.missing {
            text += &format!("\n  not said: {entry}");
        }
        for (entry, said) in &self.forbidden {
            text += &format!("\n  must not be said: {entry}\n    but was: {said}");
        }
        text
    }
}

/// An entry matches an object that has all its fields with these values. Of `must`, of a verdict on a subject the last one counts; of
/// `must_not`, every one that was ever said.
pub fn check(expected: &Value, said: &[Value]) -> Result<Checked> {
    let mut checked = Checked::default();
    let last = last_verdicts(said);
    for entry in entries(expected, "must")? {
        let found = said.iter().zip(&last).any(|(object, counts)| *counts && matches(entry, object));
        if let Some(counts) = checked.counts(entry) {
            counts.found += usize::from(found);
            counts.missed += usize::from(!found);
        }
        if !found {
            checked.missing.push(Value::Object(entry.clone()));
        }
    }
    for entry in entries(expected, "must_not")? {
        if let Some(object) = said.iter().find(|object| matches(entry, object)) {
            if let Some(counts) = checked.counts(entry) {
                counts.false_ones += 1;
            }
            checked.forbidden.push((Value::Object(entry.clone()), object.clone()));
        }
    }
    Ok(checked)
}

impl Checked {
    fn counts(&mut self, entry: &Map<String, Value>) -> Option<&mut Counts> {
        match entry.get("type").and_then(Value::as_str) {
            Some("verdict") => Some(&mut self.verdicts),
            Some("alert") => Some(&mut self.alerts),
            _ => None,
        }
    }
}

fn entries<'a>(expected: &'a Value, name: &str) -> Result<Vec<&'a Map<String, Value>>> {
    let entries = match expected.get(name) {
        None => return Ok(Vec::new()),
        Some(Value::Array(entries)) => entries,
        Some(_) => bail!("{name} is no list"),
    };
    let objects: Option<Vec<_>> = entries.iter().map(Value::as_object).collect();
    match objects {
        Some(objects) => Ok(objects),
        None => bail!("an entry of {name} is no object"),
    }
}

fn matches(entry: &Map<String, Value>, object: &Value) -> bool {
    entry.iter().all(|(field, value)| object.get(field) == Some(value))
}

/// Of each object whether it counts: everything but verdicts that a later one on the subject, or one that names it, took the
/// place of.
fn last_verdicts(said: &[Value]) -> Vec<bool> {
    let is_verdict = |object: &Value| object.get("type").and_then(Value::as_str) == Some("verdict");
    let counts = said.iter().enumerate().map(|(place, object)| {
        let subject = object.get("subject");
        let later = said.iter().skip(place + 1).filter(|later| is_verdict(later));
        let superseded = later.into_iter().any(|later| {
            let named = later.get("supersedes").and_then(Value::as_array);
            later.get("subject") == subject
                || named.is_some_and(|named| named.iter().any(|old| Some(old) == subject))
        });
        !is_verdict(object) || !superseded
    });
    counts.collect()
}
