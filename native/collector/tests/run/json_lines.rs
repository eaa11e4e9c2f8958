//! Batches as JSON on standard output.

use super::collector::{eventually, read_to_end, Collector};
use super::router::{generated, initiation, Router};
use serde_json::Value;
use std::io::BufRead;
use std::time::{Duration, Instant};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(lines: &[Value]) -> Vec<Value> {
    lines.iter().flat_map(|line| line["batch"]["events"].as_array().unwrap().clone()).collect()
}

#[test]
fn a_session_is_told_from_its_start_to_its_end() {
    let mut collector = Collector::start(&["--broker", "json_lines"]);
    let octets = generated(&["--routes", "2000", "--peers", "2"]);
    let stdout = collector.stdout();
    let read = std::thread::spawn(move || read_to_end(stdout));
    Router::connect(collector.address).send(&octets);
    collector.wait_for_log("a session is over");
    assert_eq!(collector.stop(), 0);
    let lines = lines(&read.join().unwrap());
    let events = events(&lines);
    assert!(events[0]["sessionStart"].is_object(), "{}", events[0]);
    assert_eq!(events.last().unwrap()["sessionEnd"]["reason"], "CLOSED");
    for kind in ["initiation", "peerUp", "routes", "endOfRib", "statistics"] {
        assert!(events.iter().any(|event| event[kind].is_object()), "no {kind}");
    }
    let session = lines[0]["batch"]["session"].clone();
    assert_eq!(session["sysName"], "generated");
    for line in &lines {
        assert_eq!(line["batch"]["session"], session);
        let first = line["batch"]["firstSequence"].as_str().unwrap();
        assert!(line["id"].as_str().unwrap().ends_with(&format!("-{first}")), "{}", line["id"]);
    }
}

#[test]
fn what_comes_within_the_delay_is_one_batch() {
    let mut collector = Collector::start(&["--broker", "json_lines", "--set", "session.batch_delay_ms=400"]);
    let mut stdout = collector.stdout().lines();
    let mut router = Router::connect(collector.address);
    let started = Instant::now();
    router.send(&initiation("a"));
    std::thread::sleep(Duration::from_millis(50));
    router.send(&initiation("a"));
    let line: Value = serde_json::from_str(&stdout.next().unwrap().unwrap()).unwrap();
    assert_eq!(line["batch"]["events"].as_array().unwrap().len(), 3, "{line}");
    assert!(started.elapsed() >= Duration::from_millis(400));
}

#[test]
fn sigterm_ends_sessions_with_their_reason() {
    let mut collector = Collector::start(&["--broker", "json_lines"]);
    let mut router = Router::connect(collector.address);
    router.send(&initiation("a"));
    collector.wait_for_log("a session begins");
    let mut stdout = collector.stdout();
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert_eq!(collector.stop(), 0);
    assert!(router.is_closed());
    let events = events(&lines(&read_to_end(stdout)));
    assert_eq!(events.last().unwrap()["sessionEnd"]["reason"], "SHUTDOWN");
}

#[test]
fn a_reader_that_is_gone_ends_it() {
    let mut collector = Collector::start(&["--broker", "json_lines"]);
    drop(collector.stdout());
    Router::connect(collector.address).send(&initiation("a"));
    collector.wait_for_log("stopping");
}

#[test]
fn lost_framing_ends_a_session_and_no_other() {
    let mut collector = Collector::start(&["--broker", "json_lines"]);
    let mut good = Router::connect(collector.address);
    good.send(&initiation("good"));
    let mut bad = Router::connect(collector.address);
    bad.send(&initiation("bad")).send(&[3, 0xff, 0xff, 0xff, 0xff, 0]);
    assert!(bad.is_closed());
    collector.wait_for_log("reason=\"framing\"");
    good.send(&initiation("good"));
    eventually("the other is still there", || collector.log().matches("a session is over").count() == 1);
    assert_eq!(collector.stop(), 0);
}
