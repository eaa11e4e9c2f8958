//! ExaBGP's vectors: nearly every address family, each with families, attributes and prefixes as ExaBGP says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
extern crate needs;

needs::main!();

mod common;

use std::collections::BTreeSet;

use serde_json::Value;
use wire::bgp::nlri::{Evpn, LinkState, McastVpn, Mup, NlriValue};
use wire::bgp::{Action, AddressFamily, Context, FamilySet, Message, SegmentType, Update};
use wire::reader::Reader;

fn hex(text: &str) -> Vec<u8> {
    let text: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn lines(folder: &std::path::Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("bgp").join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The data's names of families.
fn family_name(family: AddressFamily) -> String {
    match (family.afi, family.safi) {
        (1, 5) => "ipv4-mvpn".into(),
        (2, 5) => "ipv6-mvpn".into(),
        (1, 134) => "ipv4-flowspec-vpn".into(),
        (afi @ (1 | 2), 85) => format!("ipv{}-85", if afi == 1 { 4 } else { 6 }),
        _ => family.to_string(),
    }
}

/// `<family>:reach`, `:unreach` and `:eor`, as the data counts them.
fn families(update: &Update) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = update
        .groups()
        .map(|group| {
            let what = if group.action == Action::Announce { "reach" } else { "unreach" };
            format!("{}:{what}", family_name(group.family))
        })
        .collect();
    found.extend(update.end_of_rib.map(|family| format!("{}:eor", family_name(family))));
    found
}

fn without_a_reading(value: &NlriValue) -> bool {
    match value {
        NlriValue::Raw(_) => true,
        NlriValue::Evpn(route) => matches!(**route, Evpn::Unknown { .. }),
        NlriValue::McastVpn(route) => matches!(**route, McastVpn::Unknown { .. }),
        NlriValue::Mup(route) => matches!(**route, Mup::Unknown { .. }),
        NlriValue::LinkState(object) => matches!(**object, LinkState::Unknown { .. }),
        _ => false,
    }
}

/// Every text below a key.
fn texts<'a>(value: &'a Value, key: &str, out: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            out.extend(fields.get(key).and_then(Value::as_str));
            fields.values().for_each(|value| texts(value, key, out));
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, key, out)),
        _ => {}
    }
}

/// The attributes' values in ExaBGP's words, where it has one for each.
fn attribute_values(update: &Update) -> Vec<(&'static str, Value)> {
    use serde_json::json;
    use wire::bgp::AttributeValue as A;
    let parts = |text: String| -> Vec<u32> { text.split(':').map(|part| part.parse().unwrap()).collect() };
    let value = |attribute: &wire::bgp::Attribute| {
        Some(match &attribute.value {
            A::Origin(origin) => ("origin", json!(origin.name())),
            A::NextHop(next_hop) => ("next-hop", json!(next_hop.0)),
            A::MultiExitDisc(med) => ("med", json!(med.0)),
            A::LocalPref(preference) => ("local-preference", json!(preference.0)),
            A::AsPath(path) if path.segments.is_empty() => return None,
            A::AsPath(path) => {
                let segments = path.segments.iter().enumerate().map(|(number, segment)| {
                    let element = match segment.kind {
                        SegmentType::AsSet => "as-set",
                        SegmentType::AsSequence => "as-sequence",
                        SegmentType::AsConfedSequence => "as-confed-sequence",
                        SegmentType::AsConfedSet => "as-confed-set",
                    };
                    (number.to_string(), json!({"element": element, "value": segment.asns}))
                });
                ("as-path", Value::Object(segments.collect()))
            }
            A::Communities(list) => (
                "community",
                list.0.iter().map(|community| json!([community.0 >> 16, community.0 & 0xffff])).collect(),
            ),
            A::LargeCommunities(list) => (
                "large-community",
                list.0.iter().map(|community| json!(parts(community.to_string()))).collect(),
            ),
            A::ExtendedCommunities(list) => (
                "extended-community",
                list.0.iter().map(|community| json!(u64::from_be_bytes(community.0))).collect(),
            ),
            A::OriginatorId(id) => ("originator-id", json!(id.0)),
            A::ClusterList(list) => ("cluster-list", json!(list.0)),
            _ => return None,
        })
    };
    update.attributes.iter().filter_map(value).collect()
}

/// ExaBGP's value, an extended community as its number alone.
fn their_value(value: &Value) -> Value {
    match value {
        Value::Array(list) if list.iter().all(|entry| entry["value"].is_u64()) => {
            list.iter().map(|entry| entry["value"].clone()).collect()
        }
        value => value.clone(),
    }
}

fn every_family() -> FamilySet {
    let safis = |afi| (0..=u8::MAX).map(move |safi| AddressFamily::new(afi, safi));
    [1, 2, 25, 16388].into_iter().flat_map(safis).collect()
}

#[test]
fn messages_that_exabgp_encodes() {
    let folder = needs::captures();
    let (mut updates, mut prefixes, mut values) = (0, 0, 0);
    for line in lines(&folder, "exabgp-encoding-a-m.jsonl") {
        let cmd = &line["cmd"];
        let bytes = hex(line["raw"].as_str().unwrap());
        // What the session negotiated is not in the file: the command says it, else that no other way reads.
        let plain = Context::default();
        let with_path_ids = Context { add_path: every_family(), ..plain };
        let says_so = cmd.as_str().is_some_and(|cmd| cmd.contains("path-information"));
        let message = if says_so { [with_path_ids, plain] } else { [plain, with_path_ids] }
            .into_iter()
            .find_map(|context| Message::decode(&mut Reader::new(&bytes, 0), context).ok())
            .unwrap_or_else(|| panic!("{cmd}"));
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, bytes, "{cmd}");
        let Message::Update(update) = message else {
            assert_eq!(line["type"], "open");
            continue;
        };
        updates += 1;
        // These are no faults of the messages: they set them on purpose.
        let expected: BTreeSet<String> = line["afi_safi"].as_object().unwrap().keys().cloned().collect();
        if update.faults.is_empty() {
            assert_eq!(families(&update), expected, "{cmd}");
        } else {
            println!("{cmd}: {:?}", update.faults);
        }
        let mut codes: Vec<u8> = update.attributes.iter().map(wire::bgp::Attribute::code).collect();
        codes.sort_unstable();
        let their_codes: Vec<u8> = serde_json::from_value(line["attrs"].clone()).unwrap();
        assert_eq!(codes, their_codes, "{cmd}");
        let their_values = &line["json"]["neighbor"]["message"]["update"]["attribute"];
        for (name, ours) in attribute_values(&update) {
            let theirs = &their_values[name];
            // A NEXT_HOP is at the routes, unless there are none.
            if !theirs.is_null() {
                assert_eq!(ours, their_value(theirs), "{cmd}: {name}");
                values += 1;
            }
        }
        let mut theirs = BTreeSet::new();
        texts(&line["json"], "nlri", &mut theirs);
        for nlri in update.groups().flat_map(|group| group.nlri) {
            assert!(!without_a_reading(&nlri.value), "{cmd}: {nlri:?}");
            if let (NlriValue::Prefix(prefix), false) = (&nlri.value, theirs.is_empty()) {
                assert!(theirs.contains(prefix.to_string().as_str()), "{cmd}: {prefix} is not in {theirs:?}");
                prefixes += 1;
            }
        }
    }
    println!("{updates} UPDATEs, {values} attribute values and {prefixes} prefixes compared");
    assert!(values > 400, "{values}");
    assert_eq!(updates, 234);
}

#[test]
fn messages_that_exabgp_decodes() {
    let folder = needs::captures();
    let mut compared = 0;
    for line in lines(&folder, "exabgp-decoding.jsonl") {
        let (file, what) = (&line["file"], line["what"].as_str().unwrap());
        let bytes = hex(line["hex"].as_str().unwrap());
        if !what.starts_with("update") {
            continue;
        }
        // Some are the body alone.
        let whole = if bytes.starts_with(&[0xff; 16]) { bytes.clone() } else { common::bgp(2, &bytes) };
        let plain = Context::default();
        let decoded = [plain, Context { add_path: every_family(), ..plain }]
            .into_iter()
            .find_map(|context| Message::decode(&mut Reader::new(&whole, 0), context).ok());
        let Some(Message::Update(update)) = decoded else { panic!("{file}") };
        compared += 1;
        for group in update.groups() {
            for nlri in group.nlri {
                let Value::Object(_) = serde_json::to_value(nlri).unwrap() else { panic!() };
                if without_a_reading(&nlri.value) {
                    println!("{file}: {}", nlri.value);
                }
                // One EVPN route is of type 8 in a form older than RFC 9251's; ExaBGP does not read it either.
                assert!(
                    !without_a_reading(&nlri.value) || group.family == AddressFamily::new(25, 70),
                    "{file}"
                );
            }
        }
        let mut encoded = Vec::new();
        Message::Update(update).encode(&mut encoded);
        assert_eq!(encoded, whole, "{file}");
    }
    println!("{compared} UPDATEs compared");
}
