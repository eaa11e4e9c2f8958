//! What this decoder says against what others say of the same octets.
//!
//! The conformance suite has three parts:
//! 1. here, and in `../streams.rs`, `../exabgp.rs`, `../full_table.rs`: captures and vectors against the decodes of others;
//!    every difference is in `differences.rs` with the RFC clause that says who is right;
//! 2. `../rules.rs`, `../malformed.rs`, `../attributes.rs`, `../families.rs`: one test a rule, of octets made by hand;
//! 3. `../properties.rs`: what is encoded decodes as the same, for every element.

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

#[path = "../common/mod.rs"]
mod common;
mod differences;
mod netgauze;
mod tshark;

use std::path::Path;

use serde_json::Value;

/// The lines of a file of JSON lines.
fn lines(path: &Path) -> Vec<Value> {
    let text = common::gunzip(path);
    let lines = text.split(|octet| *octet == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Names of the streams that a folder has readings of.
fn streams(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| file.unwrap().file_name().to_str()?.strip_suffix(".json.gz").map(String::from))
        .collect();
    names.sort();
    names
}

fn messages(folder: &Path, name: &str) -> Vec<wire::bmp::Message> {
    let bytes = std::fs::read(folder.join(format!("streams/{name}.bmp"))).unwrap();
    common::decode_all(&bytes).into_iter().map(Result::unwrap).collect()
}
