//! A strict reader of the compiled OCSF schema: an event is valid only if every attribute it has is in the
//! schema (of its class, or of a profile that it declares), has its type, and every one that must be there is.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

pub struct Schema {
    whole: Value,
    patterns: BTreeMap<String, Regex>,
}

impl Schema {
    pub fn new(text: &str) -> Self {
        let whole: Value = serde_json::from_str(text).unwrap();
        let patterns = whole["types"]
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(name, of)| Some((name.clone(), Regex::new(of["regex"].as_str()?).unwrap())))
            .collect();
        Schema { whole, patterns }
    }

    /// What is wrong with an event of a class; nothing when it is valid.
    pub fn faults(&self, class: &str, event: &Value) -> Vec<String> {
        let profiles = event["metadata"]["profiles"].as_array().cloned().unwrap_or_default();
        let profiles: Vec<&str> = profiles.iter().filter_map(Value::as_str).collect();
        let mut faults = Vec::new();
        self.object(&self.whole["classes"][class], event, "event", &profiles, &mut faults);
        let uid = |name: &str| event[name].as_u64().unwrap_or_default();
        if uid("type_uid") != uid("class_uid") * 100 + uid("activity_id") {
            faults.push("type_uid is not class_uid * 100 + activity_id".into());
        }
        if event["metadata"]["version"] != self.whole["version"] {
            faults.push("metadata.version is not the schema's".into());
        }
        faults
    }

    fn object(&self, shape: &Value, value: &Value, path: &str, profiles: &[&str], faults: &mut Vec<String>) {
        let (Some(shape_attributes), Some(object)) = (shape["attributes"].as_object(), value.as_object())
        else {
            faults.push(format!("{path}: not an object, or of no known shape"));
            return;
        };
        let counts =
            |attribute: &Value| attribute["profile"].as_str().is_none_or(|name| profiles.contains(&name));
        for (name, attribute) in shape_attributes {
            if attribute["requirement"] == "required" && counts(attribute) && !object.contains_key(name) {
                faults.push(format!("{path}.{name}: required and not there"));
            }
        }
        for (name, value) in object {
            match shape_attributes.get(name).filter(|attribute| counts(attribute)) {
                Some(attribute) => {
                    self.attribute(attribute, object, value, &format!("{path}.{name}"), profiles, faults);
                }
                None => faults.push(format!("{path}.{name}: not in the schema")),
            }
        }
        for (constraint, wanted) in [("at_least_one", 1..=usize::MAX), ("just_one", 1..=1)] {
            if let Some(names) = shape["constraints"][constraint].as_array() {
                let there = names.iter().filter(|name| object.contains_key(name.as_str().unwrap())).count();
                if !wanted.contains(&there) {
                    faults.push(format!("{path}: {constraint} of {names:?}, has {there}"));
                }
            }
        }
    }

    fn attribute(
        &self,
        attribute: &Value,
        siblings: &Map<String, Value>,
        value: &Value,
        path: &str,
        profiles: &[&str],
        faults: &mut Vec<String>,
    ) {
        let values = match (attribute["is_array"] == true, value.as_array()) {
            (true, Some(values)) => values.iter().collect(),
            (true, None) => {
                faults.push(format!("{path}: not an array"));
                return;
            }
            (false, _) => vec![value],
        };
        let of = attribute["type"].as_str().unwrap();
        for value in values {
            if of == "object" {
                if !value.is_object() {
                    faults.push(format!("{path}: not an object"));
                }
            } else if let Some(shape) = self.whole["objects"].get(of) {
                self.object(shape, value, path, profiles, faults);
            } else if let Err(why) = self.scalar(of, value) {
                faults.push(format!("{path}: {value} {why}"));
            }
            self.enumeration(attribute, siblings, value, path, faults);
        }
    }

    /// A number of an enumeration is one of it, and the text beside it says the same; Other says its own.
    fn enumeration(
        &self,
        attribute: &Value,
        siblings: &Map<String, Value>,
        value: &Value,
        path: &str,
        faults: &mut Vec<String>,
    ) {
        let Some(known) = attribute["enum"].as_object() else { return };
        let number = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Some(entry) = known.get(&number) else {
            faults.push(format!("{path}: {value} is not in the enumeration"));
            return;
        };
        let Some(sibling) = attribute["sibling"].as_str() else { return };
        match siblings.get(sibling) {
            None if number == "99" => faults.push(format!("{path}: Other, and {sibling} does not say what")),
            Some(text) if number != "99" && *text != entry["caption"] => {
                faults.push(format!("{path}: {value} is {}, {sibling} says {text}", entry["caption"]));
            }
            _ => {}
        }
    }

    fn scalar(&self, of: &str, value: &Value) -> Result<(), String> {
        let shape = &self.whole["types"][of];
        let base = shape["type"].as_str().unwrap_or(of);
        let is = match base {
            "string_t" => value.is_string(),
            "integer_t" | "long_t" => value.is_i64(),
            "float_t" => value.is_number(),
            "boolean_t" => value.is_boolean(),
            "json_t" => true,
            other => return Err(format!("is of the unknown type {other}")),
        };
        if !is {
            return Err(format!("is no {of}"));
        }
        if let (Some(range), Some(number)) = (shape["range"].as_array(), value.as_i64()) {
            if number < range[0].as_i64().unwrap() || number > range[1].as_i64().unwrap() {
                return Err(format!("is out of the range of {of}"));
            }
        }
        let text = value.as_str().unwrap_or_default();
        if shape["max_len"].as_u64().is_some_and(|most| text.len() as u64 > most) {
            return Err(format!("is too long for {of}"));
        }
        if self.patterns.get(of).is_some_and(|pattern| !pattern.is_match(text)) {
            return Err(format!("does not look like {of}"));
        }
        Ok(())
    }
}
