//! `generate`, and that `rib` gives back what it made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{run, run_with_input};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tempfile::TempDir;

#[track_caller]
fn generate(args: &[&str]) -> Vec<u8> {
    let run = run(&[&["generate"], args].concat());
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout
}

#[track_caller]
fn rib(bytes: &[u8]) -> Vec<Value> {
    run_with_input(&["rib", "-"], bytes).good_objects()
}

fn count_by(objects: &[Value], key: impl Fn(&Value) -> String) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for object in objects {
        *counts.entry(key(object)).or_default() += 1;
    }
    counts
}

#[test]
fn the_table_has_every_route_of_every_peer() {
    let routes = rib(&generate(&["--routes", "1000", "--peers", "3", "--ipv6-percent", "20"]));
    assert_eq!(routes.len(), 3000);
    assert_eq!(count_by(&routes, |r| r["peer"].to_string()).into_values().collect::<Vec<_>>(), [1000; 3]);
    assert_eq!(
        count_by(&routes, |r| format!("{}/{}", r["afi"], r["safi"])).into_values().collect::<Vec<_>>(),
        [2400, 600]
    );
    let keys: HashSet<_> = routes.iter().map(|r| format!("{} {}", r["peer"], r["prefix"])).collect();
    assert_eq!(keys.len(), 3000);
    for route in &routes {
        assert_eq!(route["view"], "adj_rib_in_pre", "{route}");
        assert_eq!(route["as_path"][0], route["peer_asn"], "{route}");
        assert!(route["next_hop"].is_string() && route["origin"].is_string(), "{route}");
    }
    let with = |field: &str| {
        routes.iter().filter(|r| !r[field].is_null() && r[field] != Value::Array(vec![])).count()
    };
    for field in ["med", "communities", "large_communities"] {
        assert!((200..2900).contains(&with(field)), "{field}: {}", with(field));
    }
}

#[test]
fn views_are_kept_apart() {
    let routes = rib(&generate(&["--routes", "100", "--peers", "2", "--views", "pre,post"]));
    let views = count_by(&routes, |r| r["view"].as_str().unwrap().to_owned());
    assert_eq!(
        views,
        BTreeMap::from([("adj_rib_in_pre".to_owned(), 200), ("adj_rib_in_post".to_owned(), 200)])
    );
    for route in routes {
        assert_eq!(route["local_pref"].is_null(), route["view"] == "adj_rib_in_pre", "{route}");
    }
}

#[test]
fn a_seed_makes_one_stream() {
    let args = ["--routes", "300", "--peers", "2", "--churn", "50"];
    let again = generate(&args);
    assert_eq!(generate(&args), again);
    assert_ne!(generate(&[&args[..], &["--seed", "2"]].concat()), again);
}

#[test]
fn churn_changes_and_withdraws() {
    let args = ["--routes", "500", "--peers", "2"];
    let quiet = rib(&generate(&args));
    let churned = rib(&generate(&[&args[..], &["--churn", "300"]].concat()));
    assert!(churned.len() < quiet.len() && churned.len() > quiet.len() / 2, "{}", churned.len());
    let key = |r: &Value| format!("{} {}", r["peer"], r["prefix"]);
    let old: BTreeMap<_, _> = quiet.iter().map(|r| (key(r), r["as_path"].clone())).collect();
    let changed = churned.iter().filter(|r| old[&key(r)] != r["as_path"]).count();
    assert!(changed > 50, "{changed}");
}

#[test]
fn every_message_decodes() {
    let bytes = generate(&[
        "--routes", "300", "--peers", "2", "--views", "pre,post", "--churn", "50", "--name", "edge7",
    ]);
    let objects: Vec<Value> = run_with_input(&["decode", "-"], &bytes).good_objects();
    assert!(
        objects.iter().all(|o| o.get("error").is_none()),
        "{:?}",
        objects.iter().find(|o| o.get("error").is_some())
    );
    let types: BTreeSet<_> = objects.iter().map(|o| o["type"].as_str().unwrap()).collect();
    assert_eq!(types, BTreeSet::from(["initiation", "peer_up", "route_monitoring", "statistics_report"]));
    assert!(objects[0].to_string().contains("edge7"), "{}", objects[0]);
    let mut offset = 0;
    for object in &objects {
        assert_eq!(object["offset"], offset, "{object}");
        offset += object["length"].as_u64().unwrap();
    }
    assert_eq!(offset, bytes.len() as u64);
}

#[test]
fn it_writes_files_and_refuses_nonsense() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let args = ["--routes", "100", "--peers", "1"];
    let expected = generate(&args);
    for name in ["table.bmp", "table.bmp.gz"] {
        assert!(generate(&[&args[..], &["-o", &path(name)]].concat()).is_empty());
        assert_eq!(run(&["rib", &path(name)]).good_objects::<Value>(), rib(&expected), "{name}");
    }
    assert_eq!(std::fs::read(path("table.bmp")).unwrap(), expected);
    assert_eq!(&std::fs::read(path("table.bmp.gz")).unwrap()[..2], [0x1f, 0x8b]);
    for wrong in [
        ["--routes", "-5"],
        ["--peers", "0"],
        ["--views", "sideways"],
        ["--ipv6-percent", "101"],
        ["-o", "/nonexistent/x"],
    ] {
        let run = run(&[&["generate"], &wrong[..]].concat());
        assert_eq!(run.status, 2, "{wrong:?}");
        assert!(run.stderr.contains(wrong[1]), "{wrong:?}: {}", run.stderr);
    }
}
