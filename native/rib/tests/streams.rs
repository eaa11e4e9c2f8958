//! Sessions of real routers through session, batch and table. The data is no part of the project;
//! where it is not there, these tests are left out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
extern crate needs;

needs::main!();

use batch::{EncodedBatch, EndReason, Session, SessionOptions};
use proptest::prelude::*;
use rib::{Limits, PeerState, Query, RoutingTable};

/// Every `.bmp` file in the folder, by name.
fn streams(folder: &str) -> Vec<(String, Vec<u8>)> {
    let files =
        std::fs::read_dir(needs::capture(folder)).expect("a folder").map(|file| file.expect("a file").path());
    let mut streams: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "bmp"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).expect("read"))
        })
        .collect();
    streams.sort();
    assert!(!streams.is_empty(), "{folder} has no stream");
    streams
}

fn id(number: u64) -> rib::Id {
    u128::from(number).to_be_bytes()
}

/// Limits of a table whose time passes at once.
fn steady() -> Limits {
    Limits { heartbeat_us: 0, max_step_us: i64::MAX, ..Limits::default() }
}

fn much_later(table: &mut RoutingTable) {
    table.expire(0, 0, true);
    table.expire(i64::MAX, i64::MAX, true);
}

fn batches(stream: &[u8], generation: u64, chunk: usize) -> Vec<EncodedBatch> {
    let mut session =
        Session::new(SessionOptions::new("192.0.2.1".parse().unwrap(), 40000, id(generation), "test"));
    let mut batches = Vec::new();
    for bytes in stream.chunks(chunk) {
        let feed = session.feed(bytes, i64::try_from(generation).unwrap());
        assert!(feed.fatal.is_none(), "{:?}", feed.fatal);
        batches.extend(feed.batches);
    }
    assert_eq!(session.pending(), 0);
    batches
}

/// Every route as JSON, without the position of its last change.
fn held(table: &RoutingTable) -> Vec<String> {
    let mut rows = Vec::new();
    table
        .each_route(&Query::default(), |row| {
            let mut row = serde_json::to_value(&row).expect("JSON");
            let fields = row.as_object_mut().expect("an object");
            ["generation", "sequence", "changed_at_us"].iter().for_each(|name| drop(fields.remove(*name)));
            rows.push(row.to_string());
            true
        })
        .expect("no cursor");
    rows
}

fn play(table: &mut RoutingTable, batches: &[EncodedBatch]) -> u64 {
    batches.iter().map(|batch| table.apply(&batch.payload).expect("a batch").routes.len() as u64).sum()
}

#[test]
fn the_table_is_the_same_for_any_split_and_for_a_second_session() {
    for folder in ["streams", "frr", "gobgp"] {
        for (name, stream) in streams(folder) {
            let mut whole = RoutingTable::new(steady());
            play(&mut whole, &batches(&stream, 1, usize::MAX));
            let mut split = RoutingTable::new(Limits::default());
            play(&mut split, &batches(&stream, 1, 7));
            assert_eq!(held(&split), held(&whole), "{name}");

            // A station that comes back and hears the same.
            play(&mut whole, &batches(&stream, 2, usize::MAX));
            much_later(&mut whole);
            assert_eq!(held(&whole), held(&split), "{name}, again");

            let size = whole.size();
            println!(
                "{name}: {} peers, {} routes, {} attribute sets",
                size.peers, size.routes, size.attribute_sets
            );
        }
    }
}

#[test]
fn what_is_quiet_is_the_same_after_a_session_that_only_says_it_again() {
    // FRR after a reconnect: sends its whole table, then End-of-RIB for every view and family.
    let stream = std::fs::read(needs::capture("frr/farm01-resync.bmp")).expect("read");
    let mut table = RoutingTable::new(Limits::default());
    play(&mut table, &batches(&stream, 1, 4096));
    let before = held(&table);
    assert!(!before.is_empty());
    let changed = play(&mut table, &batches(&stream, 2, 4096));
    assert_eq!((changed, held(&table)), (0, before), "no history, no state written");
    assert!(table.peers(None).iter().any(|peer| peer.row.state == PeerState::Up));
}

fn small() -> Vec<EncodedBatch> {
    let hex = "0300000010040002000672310a0b0c0d";
    let initiation = rib::text::unhex(hex).expect("hex");
    // Peer 10.0.0.1: announces 10.0.0.0/8 and 11.0.0.0/8, withdraws the second.
    let header = [
        "00000000000000000000",
        "0000000000000000000000000a000001",
        "0000fde9",
        "0a000001",
        "6553f10000000000",
    ]
    .concat();
    let update = |withdrawn: &str, attributes: &str, nlri: &str| {
        let body =
            format!("{:04x}{withdrawn}{:04x}{attributes}{nlri}", withdrawn.len() / 2, attributes.len() / 2);
        let bgp = format!("{}{:04x}02{body}", "ff".repeat(16), 19 + body.len() / 2);
        let length = 6 + (header.len() + bgp.len()) / 2;
        rib::text::unhex(&format!("03{length:08x}00{header}{bgp}")).expect("hex")
    };
    let announce = update("", "40010100400206020100000fa14003040a000001", "080a080b");
    let withdraw = update("080b", "", "");
    batches(&[initiation, announce, withdraw].concat(), 5, usize::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A broker may deliver anything.
    #[test]
    fn a_damaged_batch_is_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>(), shorten in any::<bool>()) {
        let mut payload = small()[0].payload.clone();
        for (place, octet) in changes {
            let place = place.index(payload.len());
            payload[place] = octet;
        }
        if shorten {
            payload.truncate(cut.index(payload.len()));
        }
        let mut table = RoutingTable::new(steady());
        let _ = table.apply(&payload);
        // What is held is whole: it lists, counts and ends.
        prop_assert_eq!(held(&table).len(), table.size().routes);
        much_later(&mut table);
        let _ = table.apply(&small()[0].payload);
    }
}

#[test]
fn the_undamaged_batch_is_what_it_should_be() {
    let mut table = RoutingTable::new(Limits::default());
    play(&mut table, &small());
    let rows = held(&table);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].contains("10.0.0.0/8"), "{rows:?}");
}

#[test]
fn an_end_of_a_session_that_said_nothing() {
    let mut session = Session::new(SessionOptions::new("192.0.2.9".parse().unwrap(), 1, id(3), "test"));
    let end = session.end(EndReason::Shutdown, "stopping", 4).expect("an end");
    let mut table = RoutingTable::new(Limits::default());
    let deltas = table.apply(&end.payload).expect("a batch");
    assert_eq!(deltas.events.len(), 2);
    assert_eq!(deltas.routers[0].end_reason.as_deref(), Some("station stopping: stopping"));
}
