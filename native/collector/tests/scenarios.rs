//! What insight says of scenarios: our own, which are beside the crate, and those that a checkout has beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

#[macro_use]
extern crate needs;

needs::main!();

mod common;
#[path = "../../rib/tests/ocsf/schema.rs"]
mod schema;

use common::{run, Run};

/// Our own.
fn own() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../insight/scenarios")
}

fn text(run: &Run) -> String {
    String::from_utf8(run.stdout.clone()).unwrap()
}

/// How many there are in the folder, of which all is said.
fn check(folder: &str, options: &[&str]) -> usize {
    let played = run(&[&["scenario", "--check", folder], options].concat());
    let text = text(&played);
    let (passed, failed): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("passed"));
    assert_eq!(played.status, 0, "{}\n{}", failed.join("\n"), played.stderr);
    passed.len()
}

#[test]
fn of_our_own_scenarios_everything_is_said_and_nothing_more() {
    assert!(check(own(), &[]) >= 30);
}

#[test]
fn what_is_no_scenario_is_told() {
    let file = format!("{}/../Cargo.toml", own());
    for (path, said) in
        [(env!("CARGO_MANIFEST_DIR"), "is no scenario: there is no scenario.json"), (&file, "Cargo.toml")]
    {
        let told = run(&["scenario", path]);
        assert!(told.status == 2 && told.stderr.contains(said), "{}: {}", told.status, told.stderr);
    }
}

#[test]
fn of_the_recorded_scenarios_everything_is_said_and_nothing_more() {
    let folder = needs::captures().join("../scenarios");
    if !folder.is_dir() {
        needs::leave_out("there are no recorded scenarios beside the captures");
    }
    // Three of them call a router by a name that nothing in them tells: the station's configuration knows it.
    let names = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&names, r#"{"sites": {"tonka01": "204.209.51.60"}}"#).unwrap();
    check(folder.to_str().unwrap(), &["--config", names.path().to_str().unwrap()]);
}

#[test]
fn every_event_of_every_scenario_is_valid_ocsf() {
    let file = needs::capture("ocsf/ocsf-1.7.0-network_activity-detection_finding.json");
    let schema = schema::Schema::new(&std::fs::read_to_string(file).unwrap());
    let events: Vec<serde_json::Value> = run(&["scenario", "--ocsf", own()]).good_objects();
    let mut seen = std::collections::BTreeSet::new();
    for event in &events {
        let class = if event["class_uid"] == 2004 { "detection_finding" } else { "network_activity" };
        let faults = schema.faults(class, event);
        assert!(faults.is_empty(), "{faults:#?}\nin {event:#}");
        let of = |part: &serde_json::Value| part.as_str().unwrap().to_owned();
        seen.insert((class, of(&event["metadata"]["event_code"]), of(&event["activity_name"])));
    }
    // Every rule opens and closes somewhere, and something of every kind is grouped.
    for rule in insight::rules::RULES {
        for activity in ["Create", "Close"] {
            let wanted = ("detection_finding", rule.name.to_owned(), activity.to_owned());
            assert!(seen.contains(&wanted), "no scenario has {wanted:?}");
        }
    }
    assert!(events
        .iter()
        .any(|event| event["activity_name"] == "Update" && event["unmapped"]["verdict"].is_object()));
    for code in ["route_announce", "route_withdraw"] {
        let many = |event: &&serde_json::Value| {
            event["metadata"]["event_code"] == code && event["count"].is_number()
        };
        assert!(events.iter().any(|event| many(&event)), "{code}");
    }
}

#[test]
fn a_station_that_starts_again_says_nothing_twice() {
    let folder = std::path::Path::new(own());
    for name in ["restart-over-a-full-table", "restart-over-an-empty-table"] {
        let played = run(&["scenario", folder.join(name).to_str().unwrap()]);
        let said: Vec<serde_json::Value> = played.good_objects();
        let restarted =
            |one: &&serde_json::Value| (60_000..120_000).contains(&one["at_ms"].as_i64().unwrap());
        let after = |one: &&serde_json::Value| one["at_ms"].as_i64().unwrap() >= 60_000;
        let opened: Vec<_> = said
            .iter()
            .filter(after)
            .filter(|one| one["type"] == "alert" && one["state"] == "open")
            .collect();
        assert!(opened.is_empty(), "{name}: {opened:#?}");
        if name.contains("full") {
            let found: Vec<_> =
                said.iter().filter(restarted).filter(|one| one["type"] == "topology").collect();
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
    }
}

#[test]
fn what_is_missing_and_what_is_forbidden_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("scenario.json", r#"{"name": "one", "config": {"settle_ms": 5000}}"#);
    write(
        "events.jsonl",
        r#"{"at_ms": 0, "session": "s", "open": {"address": "192.0.2.1"}}
{"at_ms": 1, "session": "s", "initiation": "edge1"}
{"at_ms": 2, "session": "s", "up": {"peer": "198.51.100.1", "asn": 64500, "local": "192.0.2.1", "local_asn": 65000}}
{"at_ms": 9000, "session": "s", "down": {"peer": "198.51.100.1", "reason": 4}}
"#,
    );
    write(
        "expected.json",
        r#"{"must": [{"type": "verdict", "cause": "link_failure"}],
            "must_not": [{"type": "verdict", "cause": "remote_failure"}]}"#,
    );
    let path = folder.path().to_str().unwrap();
    let played = run(&["scenario", "--check", path]);
    assert_eq!(played.status, 1);
    for part in [r#"not said: {"cause":"link_failure""#, "must not be said", "0 of 1 scenarios passed"] {
        assert!(text(&played).contains(part), "{}", text(&played));
    }
    // One object a line, in order, with times relative to the scenario's.
    let played = run(&["scenario", path]);
    let said: Vec<serde_json::Value> = played.good_objects();
    let times: Vec<i64> = said.iter().map(|one| one["at_ms"].as_i64().unwrap()).collect();
    assert!(times.is_sorted() && times.iter().all(|at| (0..=15_000).contains(at)), "{times:?}");
    assert!(said.iter().any(|one| one["rule"] == "peer_down" && one["subject"] == "edge1 peer 198.51.100.1"));
}
