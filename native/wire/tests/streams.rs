//! Real sessions: counts by type as INDEX.json says, the same whatever the split, and the same octets when written again.
//! What is in them is compared in `conformance`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

#[macro_use]
extern crate needs;

needs::main!();

mod common;

use std::collections::BTreeMap;

use common::{decode_all, decode_split};
use serde_json::Value;
use wire::bmp::Body;

fn index(folder: &std::path::Path) -> Vec<Value> {
    let index = std::fs::read(folder.join("streams/INDEX.json")).unwrap();
    serde_json::from_slice(&index).unwrap()
}

fn stream(folder: &std::path::Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join("streams").join(name).with_extension("bmp")).unwrap()
}

/// INDEX.json's names of types.
fn index_name(body: &Body) -> String {
    match body {
        Body::StatisticsReport(_) => "stats_report".into(),
        Body::Unknown(unknown) if unknown.message_type == 100 => "type100_huawei_rpat".into(),
        body => body.type_name().into(),
    }
}

#[test]
fn every_message_decodes_and_counts_by_type_equal_the_index() {
    let folder = needs::captures();
    let index = index(&folder);
    assert_eq!(index.len(), 27);
    let mut total = 0;
    for entry in &index {
        let name = entry["name"].as_str().unwrap();
        let mut counts = BTreeMap::new();
        for message in decode_all(&stream(&folder, name)) {
            let message = message.unwrap_or_else(|error| panic!("{name}: {error}"));
            *counts.entry(index_name(&message.body)).or_insert(0u64) += 1;
            total += 1;
        }
        let expected: BTreeMap<String, u64> = serde_json::from_value(entry["by_type"].clone()).unwrap();
        assert_eq!(counts, expected, "{name}");
    }
    assert_eq!(total, 9209);
}

#[test]
fn no_update_of_the_streams_has_a_fault() {
    let folder = needs::captures();
    for entry in index(&folder) {
        let name = entry["name"].as_str().unwrap();
        for message in decode_all(&stream(&folder, name)).into_iter().flatten() {
            if let Body::RouteMonitoring(route) = &message.body {
                assert_eq!(route.update.faults, [], "{name} at {}", message.offset);
            }
        }
    }
}

#[test]
fn any_split_gives_the_same_messages() {
    let folder = needs::captures();
    for entry in index(&folder) {
        let bytes = stream(&folder, entry["name"].as_str().unwrap());
        let whole = decode_all(&bytes);
        for piece in [1, 5, 47, 1000, 65536] {
            assert_eq!(decode_split(&bytes, piece), whole, "{} in pieces of {piece}", entry["name"]);
        }
    }
}

#[test]
fn encoding_a_message_gives_its_bytes() {
    let folder = needs::captures();
    for entry in index(&folder) {
        let bytes = stream(&folder, entry["name"].as_str().unwrap());
        for message in decode_all(&bytes) {
            let message = message.unwrap();
            let start = usize::try_from(message.offset).unwrap();
            let original = &bytes[start..start + message.length as usize];
            let mut encoded = Vec::new();
            message.encode(&mut encoded);
            assert!(
                encoded == original,
                "{} at {start}: {message:?}\n{original:02x?}\n{encoded:02x?}",
                entry["name"]
            );
        }
    }
}
