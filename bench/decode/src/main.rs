//! Decodes one stream in memory with this decoder and with others from crates.io, and prints routes a second of thread CPU time.
//!
//! `decode-bench STREAM`: every decoder must find the same number of Route Monitoring messages.

#[cfg(feature = "others")]
mod others;

use wire::bgp::flat::Flat;
use wire::bmp::Body;
use wire::session::{Content, Decoder, Options};

/// How many Route Monitoring messages a decoder found.
type Found = u64;
type Bench = (&'static str, fn(&[u8]) -> Found);

fn thread_seconds() -> f64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec of this frame.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Feeds the stream as a socket would, in pieces of 64 KiB.
fn frames(bytes: &[u8], mut each: impl FnMut(&Content<'_>)) {
    let mut decoder = Decoder::new(Options::default());
    for piece in bytes.chunks(64 * 1024) {
        let mut feed = decoder.feed(piece);
        while let Some(frame) = feed.next() {
            each(&frame.expect("framing").content.expect("frame"));
        }
    }
}

fn routes(bytes: &[u8]) -> u64 {
    let mut routes = 0;
    frames(bytes, |content| {
        if let Content::RouteMonitoring(view) = content {
            routes += view
                .update
                .groups()
                .iter()
                .map(|group| u64::from(group.count))
                .sum::<u64>();
        }
    });
    routes
}

/// Routes and attributes checked, by reference.
fn view(bytes: &[u8]) -> Found {
    let mut messages = 0;
    frames(bytes, |content| {
        if let Content::RouteMonitoring(view) = content {
            std::hint::black_box(view.update.groups());
            messages += 1;
        }
    });
    messages
}

/// What the pipeline does: canonical attributes and blocks of routes into a buffer that is used again.
fn canonical(bytes: &[u8]) -> Found {
    let mut messages = 0;
    let mut out = Vec::new();
    frames(bytes, |content| {
        if let Content::RouteMonitoring(view) = content {
            out.clear();
            view.update.canonical_attributes(&mut out);
            for group in view.update.groups() {
                out.extend_from_slice(group.next_hop);
                out.extend_from_slice(group.nlri);
            }
            std::hint::black_box(&out);
            messages += 1;
        }
    });
    messages
}

/// Every route and attribute as numbers in buffers that are used again.
fn flat(bytes: &[u8]) -> Found {
    let mut messages = 0;
    let mut flat = Flat::default();
    frames(bytes, |content| {
        if let Content::RouteMonitoring(view) = content {
            flat.read(&view.update);
            std::hint::black_box(&flat);
            messages += 1;
        }
    });
    messages
}

/// Owned, typed values of every message.
fn owned(bytes: &[u8]) -> Found {
    let mut messages = 0;
    let mut decoder = Decoder::new(Options::default());
    for piece in bytes.chunks(64 * 1024) {
        let mut feed = decoder.feed(piece);
        while let Some(frame) = feed.next() {
            let message = frame.expect("framing").into_message().expect("frame");
            messages += u64::from(matches!(message.body, Body::RouteMonitoring(_)));
            std::hint::black_box(&message);
        }
    }
    messages
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("decode-bench STREAM");
    let bytes = std::fs::read(path).expect("the stream");
    let (routes, messages) = (routes(&bytes), view(&bytes));
    #[allow(unused_mut)]
    let mut decoders: Vec<Bench> = vec![
        ("wire, view", view),
        ("wire, canonical", canonical),
        ("wire, flat", flat),
        ("wire, owned", owned),
    ];
    #[cfg(feature = "others")]
    decoders.extend(others::DECODERS);
    // Rounds, so that a slow moment of the machine hits all of them.
    let mut times = vec![Vec::new(); decoders.len()];
    for round in 0..8 {
        for ((name, decode), times) in decoders.iter().zip(&mut times) {
            let start = thread_seconds();
            let found = decode(&bytes);
            let took = thread_seconds() - start;
            assert_eq!(found, messages, "{name}");
            if round > 0 {
                times.push(took);
            }
        }
    }
    println!("{routes} routes in {messages} Route Monitoring messages");
    println!(
        "{:<34} {:>9} {:>9} {:>9} {:>12}",
        "decoder", "median ms", "min", "max", "M routes/s"
    );
    for ((name, _), times) in decoders.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        println!(
            "{name:<34} {:>9.1} {:>9.1} {:>9.1} {:>12.1}",
            median * 1e3,
            times[0] * 1e3,
            times[times.len() - 1] * 1e3,
            routes as f64 / median / 1e6
        );
    }
}
