//! `rib`: what is left at the end of sessions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{run, run_with_input, Capture, Format, Link};
use serde_json::Value;
use std::collections::BTreeMap;
use tempfile::TempDir;

const STATION: &str = "192.0.2.6:11019";

/// 100 routes from each of 2 peers, message by message.
fn session(name: &str) -> Vec<Vec<u8>> {
    let made = run(&["generate", "--routes", "100", "--peers", "2", "--name", name]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    let mut rest = made.stdout.as_slice();
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        messages.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    messages
}

#[track_caller]
fn rib(messages: &[Vec<u8>], args: &[&str]) -> Vec<Value> {
    run_with_input(&[&["rib", "-"], args].concat(), &messages.concat()).good_objects()
}

fn by(field: &str, routes: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for route in routes {
        *counts
            .entry(route[field].as_str().map_or_else(|| route[field].to_string(), str::to_owned))
            .or_default() += 1;
    }
    counts
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.map(|(name, count)| (name.to_owned(), count)).into()
}

#[test]
fn the_router_is_named_by_initiation_or_by_hand() {
    let messages = session("edge7");
    assert_eq!(by("router", &rib(&messages, &["--router", "192.0.2.77"])), counts([("edge7", 200)]));
    let nameless = &messages[1..];
    assert_eq!(by("router", &rib(nameless, &["--router", "192.0.2.77"])), counts([("192.0.2.77", 200)]));
    assert_eq!(by("router", &rib(nameless, &[])), counts([("0.0.0.0", 200)]));
}

#[test]
fn routes_of_a_peer_that_went_down_are_gone() {
    let mut messages = session("edge7");
    let peer_header = messages[1][6..48].to_vec();
    messages.push([&[3, 0, 0, 0, 49, 2][..], &peer_header, &[4]].concat());
    assert_eq!(by("peer", &rib(&messages, &[])), counts([("198.18.0.2", 100)]));
}

#[test]
fn the_end_of_the_file_ends_no_session_but_termination_does() {
    let mut messages = session("edge7");
    assert_eq!(by("stale", &rib(&messages, &[])), counts([("false", 200)]));
    messages.push(vec![3, 0, 0, 0, 12, 5, 0, 1, 0, 2, 0, 0]);
    assert_eq!(by("stale", &rib(&messages, &[])), counts([("true", 200)]));
}

#[test]
fn routers_of_a_capture_are_told_apart_and_sorted() {
    let (one, two) = (session("zebra"), session("aardvark"));
    let mut nameless = session("");
    nameless.remove(0);
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection("192.0.2.1:5000", STATION, &one.concat(), 1000);
    capture.connection("192.0.2.2:5000", STATION, &two.concat(), 1000);
    capture.connection("192.0.2.3:5000", STATION, &nameless.concat(), 1000);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("three.pcap");
    std::fs::write(&path, capture.bytes(Format::Pcap)).unwrap();
    let routes = run(&["rib", path.to_str().unwrap()]).good_objects();
    assert_eq!(by("router", &routes), counts([("zebra", 200), ("aardvark", 200), ("192.0.2.3", 200)]));
    let key = |r: &Value| (r["router"] != "192.0.2.3", r["router"].to_string(), r["peer"].to_string());
    assert!(routes.is_sorted_by_key(key), "by router, then peer; the nameless first");
}

#[test]
fn a_capture_with_a_hole_gives_the_rest_of_the_table() {
    let bytes = session("edge7").concat();
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection("192.0.2.1:5000", STATION, &bytes, 500);
    let n = capture.len();
    capture.reorder((0..n).filter(|i| *i != 10));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hole.pcap");
    std::fs::write(&path, capture.bytes(Format::Pcap)).unwrap();
    let run = run(&["rib", path.to_str().unwrap()]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("bytes are missing at offset"), "{}", run.stderr);
    let routes: Vec<Value> = run.objects();
    assert!((150..200).contains(&routes.len()), "{}", routes.len());
}

#[test]
fn messages_that_cannot_be_decoded_are_counted() {
    let mut messages = session("edge7");
    messages.insert(5, vec![3, 0, 0, 0, 8, 0, 1, 2]);
    let run = run_with_input(&["rib", "-"], &messages.concat());
    assert_eq!(run.good_objects::<Value>().len(), 200);
    assert!(run.stderr.contains("messages that could not be decoded: 1"), "{}", run.stderr);
}

#[test]
fn what_is_in_no_table_is_counted() {
    let mut messages = session("edge7");
    let route = messages.iter().find(|message| message[5] == 0).unwrap().clone();
    let mut unknown = route;
    unknown[6] = 9;
    messages.push(unknown);
    let run = run_with_input(&["rib", "-"], &messages.concat());
    assert_eq!(run.good_objects::<Value>().len(), 200);
    assert!(run.stderr.contains("peers of an unknown type, left out: 1"), "{}", run.stderr);
}
