//! Time and memory of session, batch and table for a BMP stream (raw, or gzip by its name):
//! `cargo run --release -p rib --example measure -- FILE`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Read;
use std::time::Instant;

use batch::{Session, SessionOptions};
use rib::{Limits, RoutingTable};

fn main() {
    let file = std::env::args().nth(1).expect("a file");
    let mut stream = Vec::new();
    let mut input = std::fs::File::open(&file).expect("the file opens");
    if file.ends_with(".gz") {
        flate2::read::GzDecoder::new(input).read_to_end(&mut stream).expect("gzip");
    } else {
        input.read_to_end(&mut stream).expect("the file reads");
    }
    let address = "192.0.2.1".parse().expect("an address");
    for epoch in 1..=2 {
        let mut session = Session::new(SessionOptions::new(address, 1, epoch, "measure"));
        let start = Instant::now();
        let batches: Vec<_> =
            stream.chunks(65_536).flat_map(|chunk| session.feed(chunk, 1).batches).collect();
        let time = start.elapsed();
        let (messages, routes): (u64, u64) =
            batches.iter().fold((0, 0), |sum, batch| (sum.0 + batch.messages, sum.1 + batch.routes));
        let octets: usize = batches.iter().map(|batch| batch.payload.len()).sum();
        println!(
            "session {epoch}: {messages} messages, {routes} routes, {} -> {octets} octets in {} batches, {time:.3?}, {:.2} M routes/s",
            stream.len(),
            batches.len(),
            routes as f64 / time.as_secs_f64() / 1e6
        );
        if epoch == 1 {
            let before = resident();
            let mut table = RoutingTable::new(Limits::default());
            apply(&batches, &mut table, "filled");
            let size = table.size();
            let octets = resident().saturating_sub(before);
            println!(
                "{size:?}: {octets} octets resident more, {:.1} a route",
                octets as f64 / size.routes as f64
            );
            let start = Instant::now();
            let deltas = table.apply(&batches[0].payload).expect("a batch");
            println!("redelivered batch: {} older, {:.3?}", deltas.counts.older, start.elapsed());
            apply(&again(&stream, address), &mut table, "again, unchanged");
        }
    }
}

fn again(stream: &[u8], address: std::net::IpAddr) -> Vec<batch::EncodedBatch> {
    let mut session = Session::new(SessionOptions::new(address, 1, 9, "measure"));
    stream.chunks(65_536).flat_map(|chunk| session.feed(chunk, 1).batches).collect()
}

fn apply(batches: &[batch::EncodedBatch], table: &mut RoutingTable, name: &str) {
    let start = Instant::now();
    let (mut routes, mut changes) = (0, 0);
    for batch in batches {
        let deltas = table.apply(&batch.payload).expect("a batch");
        routes += deltas.counts.routes;
        changes += deltas.routes.len();
    }
    let time = start.elapsed();
    let rate = routes as f64 / time.as_secs_f64() / 1e6;
    println!("table, {name}: {routes} routes, {changes} changes, {time:.3?}, {rate:.2} M routes/s");
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
