//! `parity`: routers' own tables against what their BMP says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{run, run_with_input};
use serde_json::{json, Value};
use std::path::Path;
use tempfile::TempDir;

/// Runs `parity --json`; gives the exit status and the report.
fn parity(args: &[&str]) -> (i32, Value) {
    let run = run(&[&["parity", "--json"], args].concat());
    (run.status, run.objects().pop().unwrap_or(Value::String(run.stderr)))
}

/// A router's BMP, and the same routes as a table of FRR.
fn generated(folder: &Path) -> (String, Value) {
    let path = folder.join("table.bmp").to_str().unwrap().to_string();
    assert_eq!(run(&["generate", "--routes", "200", "--peers", "2", "-o", &path]).status, 0);
    let mut routes = serde_json::Map::new();
    for route in run(&["rib", &path]).good_objects::<Value>() {
        if route["afi"] != 1 || route["safi"] != 1 {
            continue;
        }
        let mut held = json!({"valid": true, "peerId": route["peer"], "path": route["as_path_text"], "origin": route["origin"],
            "nexthops": [{"ip": route["next_hop"], "afi": "ipv4", "used": true}]});
        for (ours, theirs) in [("med", "metric"), ("local_pref", "locPrf")] {
            if !route[ours].is_null() {
                held[theirs] = route[ours].clone();
            }
        }
        let prefix = route["prefix"].as_str().unwrap().to_string();
        routes.entry(prefix).or_insert_with(|| json!([])).as_array_mut().unwrap().push(held);
    }
    (path, json!({"localAS": 65000, "routes": routes}))
}

fn write(folder: &TempDir, name: &str, table: &Value) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, table.to_string()).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn status_and_counts_say_whether_the_tables_are_equal() {
    let folder = TempDir::new().unwrap();
    let (bmp, mut table) = generated(folder.path());
    let view = "--view=adj_rib_in_pre";
    let same = write(&folder, "same.json", &table);
    let (status, report) = parity(&[&bmp, &same, view]);
    assert_eq!(
        (status, report["missing"].as_u64(), report["differences"].as_array().map(Vec::len)),
        (0, Some(0), Some(0))
    );
    assert!(report["equal"].as_u64().unwrap() > 50, "{report}");

    // Our lines are as good as the BMP they come from.
    let lines = run(&["rib", &bmp]).stdout;
    let run = run_with_input(&["parity", "-", &same, view], &lines);
    assert_eq!(run.status, 0, "{}", run.stderr);

    // One route less, one changed: each names the message that the router sent.
    let routes = table["routes"].as_object_mut().unwrap();
    let first = routes.keys().next().unwrap().clone();
    routes.remove(&first);
    let (changed, paths) = routes.iter_mut().next().unwrap();
    let changed = changed.clone();
    paths[0]["path"] = "65535".into();
    let other = write(&folder, "other.json", &table);
    let (status, report) = parity(&[&bmp, &other, view]);
    assert_eq!(status, 1);
    assert!(report["extra"].as_u64() >= Some(1) && report["different"] == 1, "{report}");
    for difference in report["differences"].as_array().unwrap() {
        assert!([&first, &changed].contains(&&difference["nlri"].as_str().unwrap().to_string()));
        assert_eq!(
            (&difference["cause"], &difference["frame"]["says"]),
            (&json!("sent_so"), &json!("announces"))
        );
        assert!(difference["frame"]["offset"].as_u64() > Some(0));
    }
    // What the router sent so is excused where that is asked for, and nothing else is.
    assert_eq!(parity(&[&bmp, &other, "--as-sent", view]).0, 0);
    let lines = String::from_utf8(lines).unwrap();
    let less: String =
        lines.lines().filter(|line| !line.contains(&changed)).map(|line| format!("{line}\n")).collect();
    let ours = folder.path().join("ours.jsonl");
    std::fs::write(&ours, less).unwrap();
    let (status, report) = parity(&[ours.to_str().unwrap(), &same, "--frames", &bmp, "--as-sent", view]);
    assert_eq!((status, &report["differences"][0]["cause"]), (1, &json!("station")), "{report}");
}

#[test]
fn what_cannot_be_compared_is_status_2() {
    let folder = TempDir::new().unwrap();
    let (bmp, table) = generated(folder.path());
    let refused =
        write(&folder, "refused.json", &json!({"warning": "Inbound soft reconfiguration not enabled"}));
    let run = run(&["parity", &bmp, &refused]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("Inbound soft reconfiguration not enabled"), "{}", run.stderr);
    let cut = folder.path().join("cut.bmp");
    let bytes = std::fs::read(&bmp).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 3]).unwrap();
    let table = write(&folder, "table.json", &table);
    let run = common::run(&["parity", cut.to_str().unwrap(), &table]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("its table is not whole"), "{}", run.stderr);
}
