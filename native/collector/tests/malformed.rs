//! Malformed messages: what is wrong is said with its offset and field; the session lives on unless framing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{run_with_input, Run};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[3][..], &(6 + body.len() as u32).to_be_bytes(), &[kind], body].concat()
}

fn initiation() -> Vec<u8> {
    message(4, b"\0\x02\0\x05edge7")
}

/// Route Monitoring of an UPDATE whose fields are given.
fn route_monitoring(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
    let fields = [
        &(withdrawn.len() as u16).to_be_bytes()[..],
        withdrawn,
        &(attributes.len() as u16).to_be_bytes(),
        attributes,
        nlri,
    ]
    .concat();
    update(&fields, 19 + fields.len())
}

fn update(fields: &[u8], length: usize) -> Vec<u8> {
    let peer = [&[0; 22][..], &[192, 0, 2, 1], &65001_u32.to_be_bytes(), &[192, 0, 2, 1], &[0; 8]].concat();
    message(0, &[&peer[..], &[0xff; 16], &(length as u16).to_be_bytes(), &[2], fields].concat())
}

/// ORIGIN IGP, AS_PATH 65001, NEXT_HOP 192.0.2.1.
const GOOD: &[u8] = &[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 192, 0, 2, 1];

/// Decodes an Initiation, `bytes`, and another Initiation.
fn between_good_ones(bytes: &[u8]) -> Run {
    run_with_input(&["decode", "-"], &[&initiation()[..], bytes, &initiation()].concat())
}

/// Offset of the message under test, and of its UPDATE's body.
const AT: u64 = 15;
const UPDATE: u64 = AT + 6 + 42 + 19;

#[track_caller]
fn lives(bytes: &[u8], offset: u64, path: &str, reason: &str) -> Value {
    let run = between_good_ones(bytes);
    let objects: Vec<Value> = run.good_objects();
    assert_eq!(objects.len(), 3, "{objects:?}");
    assert_eq!((&objects[1]["offset"], &objects[2]["type"]), (&Value::from(AT), &Value::from("initiation")));
    let error = &objects[1]["error"];
    assert_eq!(error["offset"], offset, "{error}");
    assert_eq!(error["path"], path, "{error}");
    assert!(error["reason"].as_str().unwrap().contains(reason), "{error}");
    let raw: String = bytes.iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(objects[1]["raw"], raw);
    assert!(run.stderr.contains("messages that could not be decoded: 1"), "{}", run.stderr);
    objects[1].clone()
}

#[track_caller]
fn ends(bytes: &[u8], words: &[&str]) {
    let run = between_good_ones(bytes);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert_eq!(run.objects::<Value>().len(), 1, "what came before is printed");
    for word in words {
        assert!(run.stderr.contains(word), "{word:?} not in {}", run.stderr);
    }
}

#[test]
fn framing_that_is_lost_ends_the_stream() {
    ends(&[7, 0, 0, 0, 6, 4], &["framing lost", "bmp.version", "offset 15", "7"]);
    ends(&[3, 0, 0, 0, 5, 4], &["framing lost", "bmp.length", "offset 16", "5"]);
    ends(&[3, 0xff, 0xff, 0xff, 0xff, 4], &["framing lost", "bmp.length", "offset 16", "4294967295"]);
}

#[test]
fn after_lost_framing_nothing_more_is_read() {
    // The input stays open: without an end only what was read decides.
    let mut child = common::command()
        .args(["decode", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        // Each message is printed before the next one comes.
        stdin.write_all(&initiation()).unwrap();
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["type"], "initiation");
    }
    stdin.write_all(&[7, 0, 0, 0, 6, 4]).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    drop(stdin);
}

#[test]
fn an_empty_input_is_said_to_be_empty() {
    for subcommand in ["decode", "rib"] {
        let run = run_with_input(&[subcommand, "-"], &[]);
        assert_eq!((run.status, run.stdout.len()), (0, 0));
        assert!(run.stderr.contains("empty"), "{}", run.stderr);
    }
}

#[test]
fn a_stream_that_ends_within_a_message_names_the_field_that_is_cut() {
    let good = initiation();
    let announced = route_monitoring(&[], GOOD, &[24, 192, 0, 2]);
    let cut = |message: &[u8], octets: usize, offset: usize, path: &str| {
        let run = run_with_input(&["decode", "-"], &[&good[..], &message[..octets]].concat());
        assert_eq!((run.status, run.objects::<Value>().len()), (1, 1));
        let said =
            format!("ends within a message, of which it has {octets} octets: {path} at offset {offset}: ");
        assert!(run.stderr.contains(&said), "{}", run.stderr);
    };
    let end = good.len();
    cut(&good, 3, end + 1, "bmp.length");
    cut(&good, 10, end + 10, "bmp.initiation.tlvs[0].value");
    // Between two fields it is the length that says there is more.
    cut(&good, 6, end + 1, "bmp.length");
    cut(&announced, 20, end + 6, "bmp.route_monitoring.peer_header");
    cut(&announced, announced.len() - 2, end + 48 + 19, "bmp.route_monitoring.update.length");
}

#[test]
fn what_is_wrong_inside_a_message_is_said_and_passed_over() {
    // the peer header is cut
    let object = lives(&message(2, &[0; 41]), AT + 6, "bmp.peer_down.peer_header", "truncated");
    assert_eq!(object["type"], "peer_down");
    // a TLV longer than its message
    lives(&message(4, b"\0\x02\0\x09edge"), AT + 10, "bmp.initiation.tlvs[0].value", "needs 9 octets, has 4");
    // attributes past the end of the UPDATE; whose it is can be read
    let object = lives(
        &update(&[0, 0, 0, 50, 0x40], 24),
        UPDATE + 4,
        "bmp.route_monitoring.update.path_attributes",
        "truncated",
    );
    assert_eq!((&object["peer"]["address"], &object["peer"]["asn"]), (&"192.0.2.1".into(), &65001.into()));
    // an UPDATE longer than its Route Monitoring
    lives(&update(&[0, 0, 0, 0], 60), UPDATE, "bmp.route_monitoring.update.length", "needs 41 octets, has 4");
    // IPv4 prefix lengths above 32
    let withdrawn = route_monitoring(&[33, 10, 0, 0, 0, 0], &[], &[]);
    lives(&withdrawn, UPDATE + 2, "bmp.route_monitoring.update.withdrawn_routes[0].prefix_length", "33");
    let announced = route_monitoring(&[], GOOD, &[8, 10, 33, 10, 0, 0, 0, 0]);
    lives(&announced, UPDATE + 4 + 20 + 2, "bmp.route_monitoring.update.nlri[1].prefix_length", "33");
    // a Peer Up whose OPEN is no OPEN
    let mut peer_up = [0; 42 + 20 + 29].to_vec();
    peer_up[62..78].fill(0xff);
    peer_up[79] = 29;
    peer_up[80] = 4;
    lives(&message(3, &peer_up), AT + 6 + 80, "bmp.peer_up.sent_open.type", "4");
}

#[test]
fn a_malformed_attribute_is_a_fault_of_an_update_that_is_decoded() {
    // ORIGIN 7: RFC 7606 makes the announcement a withdrawal
    let mut attributes = GOOD.to_vec();
    attributes[3] = 7;
    let run = between_good_ones(&route_monitoring(&[], &attributes, &[8, 10]));
    let objects: Vec<Value> = run.good_objects();
    assert_eq!(objects.len(), 3);
    assert!(objects[1].get("error").is_none(), "{}", objects[1]);
    let faults = objects[1]["update"]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0]["treatment"], "treat_as_withdraw");
    assert_eq!(faults[0]["attribute"], 1);
}

#[test]
fn a_type_nobody_knows_is_kept() {
    let objects: Vec<Value> = between_good_ones(&message(100, &[1, 2, 3])).good_objects();
    assert_eq!(
        (&objects[1]["type"], &objects[1]["message_type"], &objects[1]["data"]),
        (&"unknown".into(), &100.into(), &"010203".into())
    );
}
