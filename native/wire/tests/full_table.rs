//! A real full table: 89,679 verbatim UPDATEs of one peer leave the same routes as bgpdump's reading of them.

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

use std::collections::HashMap;

use common::gunzip;
use wire::bgp::{Action, Attributes, NextHop, UpdateView};
use wire::session::{Content, Counters, Decoder, Options};

/// A route's attributes in bgpdump's columns from AS path on.
fn columns(update: &UpdateView<'_>, next_hop: &[u8]) -> String {
    let mut canonical = Vec::new();
    update.canonical_attributes(&mut canonical);
    let attributes = Attributes::decode_canonical(&canonical).unwrap();
    let communities = attributes.communities().map_or(Vec::new(), |communities| {
        communities
            .0
            .iter()
            .map(|community| community.name().map_or(community.to_string(), String::from))
            .collect()
    });
    let aggregator = attributes.aggregator().map_or(String::new(), |by| format!("{} {}", by.asn, by.address));
    [
        attributes.as_path().unwrap().to_string(),
        attributes.origin().unwrap().name().to_uppercase(),
        NextHop::decode(next_hop).to_string(),
        attributes.local_pref().map_or(0, |preference| preference.0).to_string(),
        attributes.multi_exit_disc().map_or(0, |med| med.0).to_string(),
        communities.join(" "),
        if attributes.atomic_aggregate().is_some() { "AG" } else { "NAG" }.into(),
        aggregator,
    ]
    .join("|")
}

#[test]
fn the_table_left_is_bgpdumps() {
    let folder = needs::captures();
    let bytes = gunzip(&folder.join("load/fulltable-2015-577k.bmp.gz"));
    let mut decoder = Decoder::new(Options::default());
    let mut table: HashMap<String, String> = HashMap::new();
    let (mut announced, mut withdrawn) = (0, 0);
    for bytes in bytes.chunks(64 * 1024) {
        let mut feed = decoder.feed(bytes);
        while let Some(frame) = feed.next() {
            let Content::RouteMonitoring(view) = frame.unwrap().content.unwrap() else { continue };
            for group in view.update.groups() {
                let columns = match group.action {
                    Action::Announce => columns(&view.update, group.next_hop),
                    Action::Withdraw => String::new(),
                };
                for nlri in group.iter() {
                    let prefix = nlri.unwrap().prefix().unwrap().to_string();
                    match group.action {
                        Action::Announce => {
                            announced += 1;
                            table.insert(prefix, columns.clone());
                        }
                        Action::Withdraw => {
                            withdrawn += 1;
                            table.remove(&prefix);
                        }
                    }
                }
            }
        }
    }
    assert_eq!((announced, withdrawn), (577_737, 3));

    let expected = gunzip(&folder.join("load/fulltable-2015-577k.expected.bgpdump.txt.gz"));
    let mut theirs: HashMap<&str, String> = HashMap::new();
    let expected = String::from_utf8(expected).unwrap();
    for line in expected.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        match fields[2] {
            "A" => {
                theirs.insert(fields[5], fields[6..14].join("|"));
            }
            "W" => {
                theirs.remove(fields[5]);
            }
            _ => {}
        }
    }
    assert_eq!(table.len(), theirs.len());
    for (prefix, columns) in &theirs {
        assert_eq!(table.get(*prefix), Some(columns), "{prefix}");
    }
}

#[test]
fn real_churn_and_recordings_decode() {
    let folder = needs::captures();
    // FRR 8.4.4 sends routes of its own with two-octet AS paths under the flag of four-octet ones.
    for (file, messages, undecodable, as_width_mismatch, faulty_updates) in [
        ("load/churn-2016-17k.bmp.gz", 17_252, 0, 0, 0),
        ("load/churn-2010-1k8.bmp.gz", 1_837, 0, 0, 0),
        // Its one UPDATE has four octets of NLRI, 0d 0b 0d 0b: the second prefix is cut off.
        ("load/nlri-trailing-bits.bmp.gz", 3, 1, 0, 0),
        ("frr/farm01-resync.bmp", 102, 0, 5, 0),
        ("frr/farm01-small.bmp", 266, 0, 0, 0),
        ("frr/tonka01-resync.bmp", 101, 0, 4, 0),
        ("frr/tonka01-small.bmp", 264, 0, 0, 0),
        ("frr/farm01-1k.bmp", 2_005, 0, 0, 0),
        ("frr/farm01-1k-announce-withdraw.bmp", 4_007, 0, 0, 0),
        ("frr/farm01-100k.bmp.gz", 200_003, 0, 0, 0),
        // A MUP route whose extended communities have flags 0x00: GoBGP itself did not accept it (RFC 7606, 3.c).
        ("gobgp/gobgp-families.bmp", 120, 0, 0, 1),
    ] {
        let path = folder.join(file);
        let bytes = if file.ends_with(".gz") { gunzip(&path) } else { std::fs::read(path).unwrap() };
        let mut decoder = Decoder::default();
        let mut feed = decoder.feed(&bytes);
        while let Some(frame) = feed.next() {
            frame.expect("framing holds");
        }
        drop(feed);
        let counters = decoder.counters();
        println!("{file}: {counters:?}");
        let expected =
            Counters { messages, undecodable, as_width_mismatch, faulty_updates, ..Counters::default() };
        assert_eq!(counters, expected, "{file}");
    }
}
