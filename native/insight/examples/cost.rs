//! What insight costs beside the table, for a stream of a table and of changes after it: bench/README.md has the commands.
//!
//! The table is filled first. Of the changes after it both are measured, the table and insight, for the same batches, with nothing
//! watched, with what a network may watch, and with VRPs and ASPAs beside that; and what insight allocated and kept in the end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Duration;

use batch::{EncodedBatch, Session, SessionOptions};
use insight::{Config, Insight, Source, Vrp};
use ipnet::{IpNet, Ipv4Net};
use rib::{EventKind, Limits, Query, RoutingTable};
use rustix::time::{clock_gettime, ClockId};

const VRPS: usize = 500_000;
/// What is watched, but for prefixes.
const WATCHED: &str = r#"{
    "sessions": [{"router": "generated", "peer": "198.18.0.1", "relationship": "provider"},
                 {"router": "generated", "peer": "198.18.0.2", "relationship": "provider"}],
    "calico": {"pools": ["10.42.0.0/16"], "nodes": {"10.0.0.11": "node-a"}},
    "ospf": {"communities": ["65000:110"]},
    "services": {"65000:8080": "web"},
    "path_matches": [{"name": "a country", "match": "(^| )(64501|64502)( |$)", "prefixes": ["203.0.113.0/24"]}],
    "relationships": [{"provider": 3356, "customer": 64500}]}"#;
/// Prefixes that are watched.
const WATCHES: usize = 100;
/// The clock goes on as if so many routes changed in a second.
const CHANGES_PER_SECOND: i64 = 5_000;

fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: cost FILE");
        return ExitCode::from(2);
    };
    match std::fs::read(&file).and_then(|stream| compare(&stream, &mut io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads the output has read enough of it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(stream: &[u8], out: &mut impl Write) -> io::Result<()> {
    let address = "192.0.2.254".parse().expect("an address");
    let mut session = Session::new(SessionOptions::new(address, 1, [1; 16], "cost"));
    let batches: Vec<_> = stream.chunks(65_536).flat_map(|chunk| session.feed(chunk, 1).batches).collect();
    let origins = origins(&batches);
    let nothing = measure("nothing watched", &Config::default(), &[], &batches, out)?;
    let watched = measure("watched", &watched(&origins, 0), &[], &batches, out)?;
    let vrps = payloads(&origins);
    let validated = measure("watched, and VRPs", &self::watched(&origins, 0), &vrps, &batches, out)?;
    let all = measure("watched, VRPs and ASPAs", &self::watched(&origins, 50_000), &vrps, &batches, out)?;
    let rest = watched.table + watched.insight;
    let share = |more: &Cost, than: &Cost| {
        100.0 * (more.insight.as_secs_f64() - than.insight.as_secs_f64()) / rest.as_secs_f64()
    };
    writeln!(out, "of all the rest: what is watched {:.1} %", share(&watched, &nothing))?;
    writeln!(out, "of all the rest: {} VRPs {:.1} %", vrps.len(), share(&validated, &watched))?;
    writeln!(out, "of all the rest: ASPAs {:.1} %", share(&all, &validated))
}

/// Prefixes of the table, each with an origin, in their order.
fn origins(batches: &[EncodedBatch]) -> BTreeMap<IpNet, u32> {
    let mut table = RoutingTable::new(Limits::default());
    batches.iter().for_each(|batch| drop(table.apply(&batch.payload).expect("a batch")));
    let mut origins = BTreeMap::new();
    let take = |row: rib::RouteRow| {
        if let (Some(prefix), Some(origin)) = (row.prefix, row.attributes.as_path.last()) {
            origins.insert(prefix, *origin);
        }
        true
    };
    table.each_route(&Query::default(), take).expect("no cursor");
    origins
}

/// Evenly spread over the table, as one's own prefixes are not; with providers of autonomous systems for as many as are asked for.
fn watched(origins: &BTreeMap<IpNet, u32>, aspas: usize) -> Config {
    let mut config = Config::from_json(WATCHED).expect("a configuration");
    let every = (origins.len() / WATCHES).max(1);
    let watch = |(prefix, origin): (&IpNet, &u32)| {
        format!(r#"{{"prefix": "{prefix}", "origins": [{origin}], "visibility": true}}"#)
    };
    let watch: Vec<String> = origins.iter().step_by(every).map(watch).collect();
    config.watch = serde_json::from_str(&format!("[{}]", watch.join(","))).expect("prefixes");
    let mut customers: Vec<u32> = origins.values().copied().collect();
    customers.sort_unstable();
    customers.dedup();
    let aspa =
        |customer: u32| format!(r#"{{"customer": {customer}, "providers": [174, 3356, {}]}}"#, customer / 2);
    // Few in the table have one; the others are of autonomous systems that are not in it.
    let customers = customers.into_iter().step_by(10).chain(4_000_000_000..);
    let aspas: Vec<String> = customers.take(aspas).map(aspa).collect();
    config.aspas = serde_json::from_str(&format!("[{}]", aspas.join(","))).expect("authorizations");
    config
}

/// Of every prefix of the table, one in a thousand of them wrong, and others beside them.
fn payloads(origins: &BTreeMap<IpNet, u32>) -> Vec<Vrp> {
    let of_table = origins.iter().zip(0_u32..).map(|((prefix, origin), count)| Vrp {
        prefix: *prefix,
        max_length: prefix.prefix_len(),
        asn: if count % 1000 == 0 { 1 } else { *origin },
    });
    let others = (0_u32..).map(|number| {
        let length = [16_u8, 20, 22, 24][number as usize % 4];
        let address = std::net::Ipv4Addr::from(number.wrapping_mul(2_654_435_761));
        let prefix = IpNet::V4(Ipv4Net::new(address, length).expect("a length").trunc());
        Vrp { prefix, max_length: 24, asn: number % 400_000 }
    });
    // None that would make what the table has invalid.
    let others = others
        .filter(|vrp| origins.range(vrp.prefix..).next().is_none_or(|next| !vrp.prefix.contains(next.0)));
    of_table.chain(others).take(VRPS).collect()
}

#[derive(Default)]
struct Cost {
    table: Duration,
    insight: Duration,
}

fn measure(
    name: &str,
    config: &Config,
    vrps: &[Vrp],
    batches: &[EncodedBatch],
    out: &mut impl Write,
) -> io::Result<Cost> {
    let mut table = RoutingTable::new(Limits::default());
    let start = HELD.load(Ordering::Relaxed);
    let mut insight = Insight::new(config.clone()).expect("a configuration");
    insight.change_vrps(&table, Source::File, vrps, &[], 1);
    let configured = HELD.load(Ordering::Relaxed) - start;
    let (mut fill, mut cost, mut grown, mut changes, mut said) = (Cost::default(), Cost::default(), 0, 0, 0);
    let (mut ups, mut ends) = (0, 0);
    let mut now_ms = 1_760_000_000_000;
    for batch in batches {
        let filled = ups > 0 && ends >= 2 * ups;
        let measured = if filled { &mut cost } else { &mut fill };
        let start = cpu_time();
        let deltas = table.apply(&batch.payload).expect("a batch");
        let middle = cpu_time();
        let before = HELD.load(Ordering::Relaxed);
        let lines = insight.apply(&table, &deltas, now_ms);
        measured.insight += cpu_time() - middle;
        measured.table += middle - start;
        said += lines.len();
        drop(lines);
        grown += HELD.load(Ordering::Relaxed) - before;
        ups += deltas.events.iter().filter(|event| event.kind == EventKind::PeerUp).count();
        ends += deltas.events.iter().filter(|event| event.kind == EventKind::EndOfRib).count();
        if filled {
            changes += deltas.routes.len();
        }
        now_ms += 1_000 * deltas.routes.len() as i64 / CHANGES_PER_SECOND + 1;
    }
    let ratio = |of: &Cost| of.insight.as_secs_f64() / of.table.as_secs_f64().max(1e-9);
    writeln!(
        out,
        "{name}: {} routes; {changes} changes: table {:.2?}, insight {:.2?}, ratio {:.2} (filling it {:.2}); \
         {said} things said; {} KiB configured, {} KiB more",
        table.size().routes,
        cost.table,
        cost.insight,
        ratio(&cost),
        ratio(&fill),
        configured / 1024,
        grown / 1024
    )?;
    Ok(cost)
}

/// CPU time of this thread: others may use the machine meanwhile.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// Octets that are allocated and not given back.
static HELD: AtomicIsize = AtomicIsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: all of it is the system's allocator, which is only counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: as the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }
}
