//! What a file may be: raw BMP, gzip of it, captures of every kind; and what happens when it is none of these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{gzip, run, run_with_input, Capture, Format, Link};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const ROUTER: &str = "192.0.2.61:20345";
const STATION: &str = "192.0.2.6:11019";

/// A small table as raw BMP.
fn table(seed: u32) -> Vec<u8> {
    let run = run(&[
        "generate",
        "--routes",
        "200",
        "--peers",
        "2",
        "--seed",
        &seed.to_string(),
        "--name",
        &format!("router{seed}"),
    ]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Decodes a file that is given as bytes.
#[track_caller]
fn decode(bytes: &[u8]) -> Vec<Value> {
    let folder = TempDir::new().unwrap();
    run(&["decode", &write(&folder, "file", bytes)]).good_objects()
}

/// The messages without the session they came over.
fn messages(objects: Vec<Value>) -> Vec<Value> {
    objects
        .into_iter()
        .map(|mut object| {
            object.as_object_mut().unwrap().remove("session");
            object
        })
        .collect()
}

fn of_session(objects: &[Value], session: &str) -> Vec<Value> {
    messages(objects.iter().filter(|object| object["session"] == session).cloned().collect())
}

#[test]
fn gzip_and_standard_input_are_the_same_as_the_file() {
    let raw = table(1);
    let expected = decode(&raw);
    assert!(expected.len() > 50);
    assert_eq!(expected[0]["type"], "initiation");
    assert_eq!(decode(&gzip(&raw)), expected);
    let (first, second) = raw.split_at(1000);
    assert_eq!(decode(&[gzip(first), gzip(second)].concat()), expected, "gzip of several members");
    assert_eq!(run_with_input(&["decode", "-"], &raw).good_objects::<Value>(), expected);
    assert_eq!(run_with_input(&["decode", "-"], &gzip(&raw)).good_objects::<Value>(), expected);
}

#[test]
fn every_kind_of_capture_gives_the_same_messages() {
    let raw = table(1);
    let expected = decode(&raw);
    for link in [Link::Null, Link::Ethernet, Link::Vlan, Link::Raw, Link::Loop, Link::Sll, Link::Sll2] {
        for (router, station) in [(ROUTER, STATION), ("[2001:db8::1]:179", "[2001:db8::2]:11019")] {
            let mut capture = Capture::new(link);
            capture.connection(router, station, &raw, 1400);
            let objects = decode(&capture.bytes(Format::Pcap));
            assert_eq!(objects[0]["session"], format!("{router}>{station}"), "{link:?}");
            assert_eq!(messages(objects), expected, "{link:?} {router}");
        }
    }
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection(ROUTER, STATION, &raw, 1400);
    for format in [Format::PcapBigEndian, Format::PcapNanoseconds, Format::PcapNg] {
        assert_eq!(messages(decode(&capture.bytes(format))), expected, "{format:?}");
        assert_eq!(messages(decode(&gzip(&capture.bytes(format)))), expected, "{format:?} in gzip");
    }
    let run = run_with_input(&["decode", "-"], &capture.bytes(Format::PcapNg));
    assert_eq!(messages(run.good_objects()), expected, "a capture on standard input");
}

#[test]
fn segments_in_disorder_and_twice() {
    let raw = table(1);
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection(ROUTER, STATION, &raw, 700);
    let n = capture.len();
    assert!(n > 20);
    // the SYN first; then pairs swapped, every third packet repeated three later
    let mut order = vec![0];
    for i in (1..n).step_by(2) {
        order.extend((i + 1 < n).then_some(i + 1));
        order.push(i);
        order.extend((i % 3 == 0).then(|| i.saturating_sub(3)));
    }
    capture.reorder(order);
    assert_eq!(messages(decode(&capture.bytes(Format::Pcap))), decode(&raw));
}

#[test]
fn sessions_of_one_capture_are_decoded_apart() {
    let (one, two) = (table(1), table(2));
    let others = ["192.0.2.61:20346", "192.0.2.62:20345"];
    let mut parts = Vec::new();
    for (router, raw) in [(ROUTER, &one), (others[0], &two), (others[1], &one)] {
        let mut capture = Capture::new(Link::Ethernet);
        capture.connection(router, STATION, raw, 900);
        parts.push(capture);
    }
    // a web session, and BMP on another port, which its content tells
    let mut web = Capture::new(Link::Ethernet);
    web.connection("192.0.2.9:80", "192.0.2.6:43210", b"HTTP/1.1 200 OK\r\n\r\n<html>", 10);
    let mut elsewhere = Capture::new(Link::Ethernet);
    elsewhere.connection("192.0.2.63:1790", "192.0.2.6:5000", &two, 900);
    parts.extend([web, elsewhere]);
    let mut all = Capture::new(Link::Ethernet);
    let longest = parts.iter().map(Capture::len).max().unwrap();
    for i in 0..longest {
        for part in &parts {
            all.take_from(part, i);
        }
    }
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "many.pcap", &all.bytes(Format::Pcap));
    let objects = run(&["decode", &file]).good_objects();
    let (one, two) = (decode(&one), decode(&two));
    assert_eq!(of_session(&objects, &format!("{ROUTER}>{STATION}")), one);
    assert_eq!(of_session(&objects, &format!("{}>{STATION}", others[0])), two);
    assert_eq!(of_session(&objects, &format!("{}>{STATION}", others[1])), one);
    assert_eq!(of_session(&objects, "192.0.2.63:1790>192.0.2.6:5000"), two);
    assert_eq!(objects.len(), 2 * one.len() + 2 * two.len(), "and nothing else");
    let chosen = run(&["decode", &file, "--port", "1790"]).good_objects();
    assert_eq!(messages(chosen), two);
}

#[test]
fn a_connection_opened_again_from_the_same_port_is_another_session() {
    let (one, two) = (table(1), table(2));
    let mut capture = Capture::new(Link::Ethernet);
    // cut off within a message, without FIN
    capture.segment(ROUTER, STATION, 99, "S", &[]);
    capture.segment(ROUTER, STATION, 100, "", &one[..1000]);
    capture.connection(ROUTER, STATION, &two, 1400);
    let folder = TempDir::new().unwrap();
    let run = run(&["decode", &write(&folder, "two.pcap", &capture.bytes(Format::Pcap))]);
    assert_eq!(run.status, 1, "the first ends within a message: {}", run.stderr);
    let objects = messages(run.objects());
    let two = decode(&two);
    assert!(objects.ends_with(&two));
    assert!(objects.len() > two.len());
}

#[test]
fn decoding_goes_on_after_missing_segments() {
    let raw = table(1);
    let expected = decode(&raw);
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection(ROUTER, STATION, &raw, 700);
    let n = capture.len();
    capture.reorder((0..n).filter(|i| *i != 5));
    let folder = TempDir::new().unwrap();
    let run = run(&["decode", &write(&folder, "gap.pcap", &capture.bytes(Format::Pcap))]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("missing"), "{}", run.stderr);
    let objects = messages(run.objects());
    let lost = expected.len() - objects.len();
    assert!((1..40).contains(&lost), "{lost} messages lost with 700 bytes");
    assert!(
        objects.iter().all(|object| expected.contains(object)),
        "offsets and contents are those of the whole stream"
    );
    assert_eq!(objects.last(), expected.last());
}

#[test]
fn a_capture_that_begins_in_the_middle() {
    let raw = table(1);
    let expected = decode(&raw);
    let mut capture = Capture::new(Link::Sll);
    capture.connection(ROUTER, STATION, &raw, 700);
    let n = capture.len();
    capture.reorder(9..n);
    let folder = TempDir::new().unwrap();
    let run = run(&["decode", &write(&folder, "middle.pcap", &capture.bytes(Format::Pcap))]);
    let objects: Vec<Value> = run.objects();
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(objects.len() > expected.len() / 2 && objects.len() < expected.len());
    let last =
        |objects: &[Value]| objects.last().map(|object| (object["type"].clone(), object["length"].clone()));
    assert_eq!(last(&objects), last(&expected));
}

#[test]
fn a_capture_without_bmp_says_so() {
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection("192.0.2.9:80", "192.0.2.6:43210", b"HTTP/1.1 200 OK\r\n\r\n<html>", 10);
    let folder = TempDir::new().unwrap();
    let file = write(&folder, "web.pcap", &capture.bytes(Format::Pcap));
    let run = run(&["decode", &file]);
    assert_eq!((run.status, run.stdout.len()), (2, 0));
    assert!(run.stderr.contains("no BMP in this capture") && run.stderr.contains("--port"), "{}", run.stderr);
    assert!(run.stderr.contains(&file), "{}", run.stderr);
}

#[test]
fn damaged_files_say_what_and_where() {
    let raw = table(1);
    let whole = decode(&raw).len();
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection(ROUTER, STATION, &raw, 1400);
    let pcap = capture.bytes(Format::Pcap);
    let folder = TempDir::new().unwrap();
    let check = |name: &str, bytes: &[u8], status: i32, words: &[&str], some: bool| {
        let run = run(&["decode", &write(&folder, name, bytes)]);
        assert_eq!(run.status, status, "{name}: {}", run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "{name}: {word:?} not in {}", run.stderr);
        }
        let count = run.objects::<Value>().len();
        assert!(count < whole && (count > 0) == some, "{name}: {count} messages");
    };
    let half = raw.len() / 2;
    check("raw", &raw[..half], 1, &["ends within a message"], true);
    let zipped = gzip(&raw);
    check("gzip", &zipped[..zipped.len() / 2], 1, &["damaged", "bytes of BMP were read"], true);
    let mut broken = zipped.clone();
    broken[zipped.len() / 2] ^= 0xff;
    broken.truncate(zipped.len() - 8);
    // What comes out is no BMP from some point on: nothing is read after it.
    check("flipped.gz", &broken, 2, &["framing lost"], true);
    check("pcap", &pcap[..pcap.len() / 2], 1, &["ends within a packet", "offset"], true);
    check("header", &pcap[..20], 2, &["header"], false);
    check("empty.pcap", &pcap[..24], 2, &["no BMP"], false);
    let mut link = pcap.clone();
    link[20] = 147;
    check("link", &link, 2, &["link type 147"], false);
}

#[test]
fn files_that_cannot_be_read() {
    let run = run(&["decode", "/nonexistent/file.bmp"]);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("/nonexistent/file.bmp") && run.stderr.contains("No such file"),
        "{}",
        run.stderr
    );
    let folder = TempDir::new().unwrap();
    assert!(Path::new(folder.path()).is_dir());
    let run = common::run(&["decode", folder.path().to_str().unwrap()]);
    assert_eq!(run.status, 2, "a folder");
}
