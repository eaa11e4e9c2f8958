//! Batches that were recorded are still read as they were meant: `proto/recorded/VERSION/` has for each what it was made
//! of, itself, and its JSON.
//!
//! Recorded batches are never changed. Where the contract gains fields, a new recording is added beside the old ones:
//! `RECORD=1 cargo test -p bmp-collector --test wire_contract` writes the one of [`VERSION`] where there is none yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use batch::{EndReason, Session, SessionOptions};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Once;

const VERSION: &str = "v1";
const NOW_US: i64 = 1_790_000_000_000_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder; the first who asks writes what is to be recorded.
fn recorded() -> PathBuf {
    static RECORDED: Once = Once::new();
    let folder = root().join("proto/recorded");
    RECORDED.call_once(|| {
        if std::env::var_os("RECORD").is_some() {
            record(&folder.join(VERSION));
        }
    });
    folder
}

/// The sample capture as batches, every time the same: a fixed session, fixed times, small batches.
fn batches() -> Vec<Vec<u8>> {
    let mut octets = Vec::new();
    let sample = File::open(root().join("priv/sample/frr-pair.bmp.gz")).unwrap();
    GzDecoder::new(sample).read_to_end(&mut octets).unwrap();
    let address = "192.0.2.1".parse().unwrap();
    let mut session = Session::new(SessionOptions {
        max_batch_bytes: 4096,
        ..SessionOptions::new(address, 40_000, *b"recorded session", "collector")
    });
    let fed = session.feed(&octets, NOW_US);
    assert!(fed.fatal.is_none());
    let alive = session.alive(NOW_US);
    let end = session.end(EndReason::Closed, "", NOW_US);
    // The peers come up, routes are told, the session ends: nothing new is in those between.
    fed.batches.into_iter().take(6).chain(alive).chain(end).map(|batch| batch.payload).collect()
}

fn json(payload: &[u8]) -> Value {
    serde_json::to_value(batch::json::Batch(payload)).unwrap()
}

fn record(folder: &Path) {
    if folder.exists() {
        return;
    }
    fs::create_dir_all(folder).unwrap();
    for (number, payload) in batches().iter().enumerate() {
        fs::write(folder.join(format!("{number:02}.batch")), payload).unwrap();
        let text = serde_json::to_string_pretty(&json(payload)).unwrap();
        fs::write(folder.join(format!("{number:02}.json")), text + "\n").unwrap();
    }
}

/// Whether everything that `old` says `new` says too; it may say more.
fn says_as_much(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            old.iter().all(|(name, value)| new.get(name).is_some_and(|other| says_as_much(value, other)))
        }
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(one, other)| says_as_much(one, other))
        }
        _ => old == new,
    }
}

#[test]
fn recorded_batches_are_read_as_they_were_meant() {
    let mut read = 0;
    for version in fs::read_dir(recorded()).expect("there are recorded batches") {
        let mut files: Vec<_> =
            fs::read_dir(version.unwrap().path()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "batch")) {
            let meant: Value =
                serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap();
            assert_eq!(json(&fs::read(file).unwrap()), meant, "{}", file.display());
            read += 1;
        }
    }
    assert!(read > 3, "{read} batches");
}

#[test]
fn todays_batches_say_all_that_the_recorded_ones_say() {
    for (number, payload) in batches().iter().enumerate() {
        let file = recorded().join(VERSION).join(format!("{number:02}.json"));
        let meant: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert!(says_as_much(&meant, &json(payload)), "{} and {}", file.display(), json(payload));
    }
}
