//! CPU time and memory of session, batch and table for a BMP stream (raw, or gzip by its name):
//! `cargo run --release -p rib --example measure -- FILE`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use batch::{Session, SessionOptions};
use rib::{Limits, PrefixMatch, Query, RoutingTable};

fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: measure FILE");
        return ExitCode::from(2);
    };
    match read(Path::new(&file)).and_then(|stream| measure(&stream, &mut io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads the output has read enough of it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut stream = std::fs::read(file)?;
    if file.extension().is_some_and(|extension| extension == "gz") {
        let packed = std::mem::take(&mut stream);
        flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut stream)?;
    }
    Ok(stream)
}

fn measure(stream: &[u8], out: &mut impl Write) -> io::Result<()> {
    let address = "192.0.2.1".parse().expect("an address");
    for number in 1..=2_u8 {
        let mut session = Session::new(SessionOptions::new(address, 1, [number; 16], "measure"));
        let start = cpu_time();
        let batches: Vec<_> =
            stream.chunks(65_536).flat_map(|chunk| session.feed(chunk, 1).batches).collect();
        let time = cpu_time() - start;
        let (messages, routes): (u64, u64) =
            batches.iter().fold((0, 0), |sum, batch| (sum.0 + batch.messages, sum.1 + batch.routes));
        let octets: usize = batches.iter().map(|batch| batch.payload.len()).sum();
        writeln!(
            out,
            "session {number}: {messages} messages, {routes} routes, {} -> {octets} octets in {} batches, {time:.3?}, {:.2} M routes/s",
            stream.len(),
            batches.len(),
            routes as f64 / time.as_secs_f64() / 1e6
        )?;
        if number == 1 {
            let before = resident();
            let mut table = RoutingTable::new(Limits::default());
            apply(&batches, &mut table, "filled", out)?;
            let size = table.size();
            let octets = resident().saturating_sub(before);
            writeln!(
                out,
                "{size:?}: {octets} octets resident more, {:.1} a route",
                octets as f64 / size.routes as f64
            )?;
            ask(&table, out)?;
            let start = cpu_time();
            let deltas = table.apply(&batches[0].payload).expect("a batch");
            writeln!(out, "redelivered batch: {} older, {:.3?}", deltas.counts.older, cpu_time() - start)?;
            apply(&again(stream, address), &mut table, "again, unchanged", out)?;
        }
    }
    Ok(())
}

fn again(stream: &[u8], address: std::net::IpAddr) -> Vec<batch::EncodedBatch> {
    let mut session = Session::new(SessionOptions::new(address, 1, [9; 16], "measure"));
    stream.chunks(65_536).flat_map(|chunk| session.feed(chunk, 1).batches).collect()
}

fn apply(
    batches: &[batch::EncodedBatch],
    table: &mut RoutingTable,
    name: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let start = cpu_time();
    let (mut routes, mut changes) = (0, 0);
    for batch in batches {
        let deltas = table.apply(&batch.payload).expect("a batch");
        routes += deltas.counts.routes;
        changes += deltas.routes.len();
    }
    let time = cpu_time() - start;
    let rate = routes as f64 / time.as_secs_f64() / 1e6;
    writeln!(out, "table, {name}: {routes} routes, {changes} changes, {time:.3?}, {rate:.2} M routes/s")
}

/// How long questions take: of what many routes have, what one has and what none has.
fn ask(table: &RoutingTable, out: &mut impl Write) -> io::Result<()> {
    let mut middle = None;
    let mut left = table.size().routes / 2;
    let visit = |row| {
        middle = Some(row);
        left = left.saturating_sub(1);
        left > 0
    };
    table.each_route(&Query::default(), visit).expect("no cursor");
    let Some(row) = middle else { return Ok(()) };
    let prefix = row.prefix.unwrap_or_default();
    let (first, last) = (row.attributes.as_path.first().copied(), row.attributes.as_path.last().copied());
    let pattern = |text: String| Some(text.parse().expect("an expression"));
    let query = Query::default;
    // As a station does when somebody opens a page; without it the first questions take as long.
    if std::env::var_os("UNPREPARED").is_none() {
        let (start, mut longest) = (cpu_time(), Duration::ZERO);
        loop {
            let step = cpu_time();
            let ready = table.prepare_search(rib::SETS_AT_A_TIME);
            longest = longest.max(cpu_time() - step);
            if ready {
                break;
            }
        }
        writeln!(out, "made ready to search: {:.3?}, the longest step {longest:.3?}", cpu_time() - start)?;
    }
    for (name, query) in [
        ("longest match", Query { prefix: PrefixMatch::Longest(prefix.addr()), ..query() }),
        ("less specifics", Query { prefix: PrefixMatch::LessSpecifics(prefix), ..query() }),
        ("an AS of many paths", Query { as_in_path: first, ..query() }),
        ("an AS of few paths", Query { as_in_path: last, ..query() }),
        ("an AS of no path", Query { as_in_path: Some(4_294_967_294), ..query() }),
        (
            "an expression over the path",
            Query { as_path: pattern(format!("(^| ){}$", last.unwrap_or(0))), ..query() },
        ),
        ("a community of none", Query { community: Some(rib::Community::Standard(1)), ..query() }),
        ("a next hop of none", Query { next_hop: Some([203, 0, 113, 99].into()), ..query() }),
        (
            "a next hop of none and an AS of many",
            Query { next_hop: Some([203, 0, 113, 99].into()), as_in_path: first, ..query() },
        ),
    ] {
        let ask = || {
            let start = cpu_time();
            let found = table.routes(&query).expect("no cursor").rows.len();
            (found, (cpu_time() - start).as_secs_f64() * 1e3)
        };
        // The first question of its kind makes what the others read.
        let (found, first) = ask();
        let mut again: Vec<f64> = (0..9).map(|_| ask().1).collect();
        again.sort_by(f64::total_cmp);
        writeln!(
            out,
            "asked for {name}: {found} routes on the first page, {first:.2} ms, then {:.2} ms",
            again[4]
        )?;
    }
    Ok(())
}

/// CPU time of this thread: others may use the machine meanwhile. The kernel counts it when the thread gives the processor back.
fn cpu_time() -> Duration {
    std::thread::yield_now();
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0))
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
