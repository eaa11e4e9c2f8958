//! Streams of real routes through session, batch and table, against what other programs read from
//! them. The data is no part of the project; where it is not there, the test is left out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
extern crate needs;

needs::main!();

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use batch::{EndReason, Session, SessionOptions};
use flate2::read::GzDecoder;
use rib::{Limits, Query, RouteRow, RoutingTable};

fn unzip(path: PathBuf) -> GzDecoder<std::fs::File> {
    GzDecoder::new(std::fs::File::open(path).expect("a file"))
}

/// Plays a stream in chunks of a prime size, so that messages are split everywhere.
fn play(stream: &[u8], table: &mut RoutingTable) -> u64 {
    let address = "192.0.2.1".parse().expect("an address");
    let mut session = Session::new(SessionOptions::new(address, 40000, [1; 16], "test"));
    let mut routes = 0;
    for chunk in stream.chunks(65_521) {
        let feed = session.feed(chunk, 2);
        assert!(feed.fatal.is_none());
        for batch in feed.batches {
            routes += batch.routes;
            let deltas = table.apply(&batch.payload).expect("a batch");
            // Some of these AS paths of 2015 have AS 0: a fault (RFC 7607), and the routes were there all the same.
            for letter in &deltas.dead_letters {
                assert!(
                    letter.treatment == "kept" && letter.reason.contains("not an AS number"),
                    "{letter:?}"
                );
            }
        }
    }
    assert_eq!(session.pending(), 0);
    let end = session.end(EndReason::Closed, "", 3).expect("an end");
    table.apply(&end.payload).expect("a batch");
    routes
}

/// bgpdump's fields 5 and 7 to 14: prefix; AS path, origin, next hop, local preference, MED, communities,
/// atomic aggregate, aggregator. It prints 0 for a preference or MED that is not there.
fn as_bgpdump(row: &RouteRow) -> (String, String) {
    let attributes = &row.attributes;
    let communities: Vec<String> = attributes
        .communities
        .iter()
        .map(|community| match community {
            0xffff_ff01 => "no-export".into(),
            0xffff_ff02 => "no-advertise".into(),
            0xffff_ff03 => "local-AS".into(),
            other => rib::attributes::community_text(*other),
        })
        .collect();
    let rest = [
        attributes.as_path_text.clone(),
        attributes.origin.expect("an ORIGIN").to_uppercase(),
        attributes.next_hop.expect("a next hop").to_string(),
        attributes.local_pref.unwrap_or(0).to_string(),
        attributes.med.unwrap_or(0).to_string(),
        communities.join(" "),
        if attributes.atomic_aggregate { "AG" } else { "NAG" }.into(),
        attributes.aggregator.as_ref().map_or(String::new(), |by| format!("{} {}", by.asn, by.address)),
    ];
    (row.prefix.expect("a prefix").to_string(), rest.join("|"))
}

#[test]
fn a_full_table_is_what_bgpdump_reads() {
    let name = "fulltable-2015-577k";
    let stream = needs::capture(&format!("load/{name}.bmp.gz"));
    let text = needs::capture(&format!("load/{name}.expected.bgpdump.txt.gz"));
    let mut bytes = Vec::new();
    unzip(stream).read_to_end(&mut bytes).expect("gzip");
    let mut expected = BTreeMap::new();
    for line in BufReader::new(unzip(text)).lines() {
        let line = line.expect("text");
        let fields: Vec<&str> = line.split('|').collect();
        match fields[2] {
            "A" => {
                let rest = fields[6..14].join("|");
                expected.insert(fields[5].to_string(), rest);
            }
            "W" => {
                expected.remove(fields[5]);
            }
            _ => {}
        }
    }
    let mut table = RoutingTable::new(Limits::default());
    let routes = play(&bytes, &mut table);
    assert_eq!(routes, 577_737 + 3, "announced and withdrawn");

    let mut held = BTreeMap::new();
    table
        .each_route(&Query::default(), |row| {
            let (prefix, rest) = as_bgpdump(&row);
            assert!(held.insert(prefix, rest).is_none(), "a prefix twice");
            true
        })
        .expect("no cursor");
    assert_eq!(held.len(), expected.len());
    let differ: Vec<_> =
        held.iter().filter(|(prefix, rest)| expected.get(*prefix) != Some(rest)).take(5).collect();
    assert!(
        differ.is_empty(),
        "{differ:?} against {:?}",
        differ.iter().map(|one| expected.get(one.0)).collect::<Vec<_>>()
    );

    // The same again in a later session: nothing changes.
    let size = table.size();
    let address = "192.0.2.1".parse().expect("an address");
    let mut session = Session::new(SessionOptions::new(address, 40001, [2; 16], "test"));
    for chunk in bytes.chunks(1 << 20) {
        for batch in session.feed(chunk, 4).batches {
            let deltas = table.apply(&batch.payload).expect("a batch");
            let changed = deltas.routes.iter().filter(|route| !route.unknown).count();
            // The stream says some prefixes several times, and withdraws three.
            assert!(changed <= 64, "{changed} changes");
        }
    }
    assert_eq!(table.size(), size);
}
