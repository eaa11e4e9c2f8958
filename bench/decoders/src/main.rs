//! Decoders of BMP side by side: one stream, in memory, one thread, every attribute materialised.
//!
//! `decoders FILE [ROUNDS]`: each decoder takes the whole stream once a round, in turn, so that a machine that changes its
//! speed changes it for all; the median of each one's CPU time is printed, and its speed as a multiple of that of the
//! fastest decoder that is not ours.

use std::hint::black_box;

use bytes::{Buf, Bytes, BytesMut};
use netgauze_bgp_pkt::path_attribute::{MpReach, PathAttributeValue};
use netgauze_bgp_pkt::BgpMessage;
use netgauze_bmp_pkt::wire::deserializer::BmpParsingContext;
use netgauze_bmp_pkt::{v3, BmpMessage};
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;
use tokio_util::codec::Decoder as _;

/// Announced and withdrawn routes that a decoder found, and messages it refused.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Found {
    routes: u64,
    errors: u64,
}

type Contender = (&'static str, &'static str, fn(&[u8]) -> Found);

const CONTENDERS: &[Contender] = &[
    ("ours, batches", "batch::Session: what the station does, Protobuf included", ours_batches),
    ("ours, owned", "Feed::next_message: a Message of each frame", ours_owned),
    ("netgauze-bmp-pkt", "BmpMessage::parse with its context", netgauze),
    ("netgauze codec", "the same through BmpCodec", netgauze_codec),
    ("zettabgp", "BMPSession", zettabgp),
    ("bgpkit-parser", "parse_bmp_msg", bgpkit),
    ("routecore", "every attribute to_owned, a Vec of NLRI", routecore),
];

/// The frames of a stream.
fn frames(mut stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let length = stream.get(1..5).map(|octets| u32::from_be_bytes(octets.try_into().unwrap()) as usize)?;
        let (frame, rest) = stream.split_at_checked(length)?;
        stream = rest;
        Some(frame)
    })
}

fn ours_owned(stream: &[u8]) -> Found {
    let mut found = Found::default();
    let mut decoder = wire::session::Decoder::new(wire::session::Options::default());
    let mut feed = decoder.feed(stream);
    while let Some(frame) = feed.next_message() {
        match frame.and_then(|frame| frame.content) {
            Ok(message) => {
                if let wire::bmp::Body::RouteMonitoring(monitoring) = &message.body {
                    found.routes += monitoring.update.groups().map(|group| group.nlri.len() as u64).sum::<u64>();
                }
                black_box(&message);
            }
            Err(_) => found.errors += 1,
        }
    }
    found
}

fn ours_batches(stream: &[u8]) -> Found {
    let mut found = Found::default();
    let address = std::net::Ipv4Addr::LOCALHOST.into();
    let mut session = batch::Session::new(batch::SessionOptions::new(address, 0, [1; 16], "bench"));
    for piece in stream.chunks(256 * 1024) {
        for batch in black_box(session.feed(piece, 1)).batches {
            found.routes += u64::from(batch.routes);
        }
    }
    found.errors = session.counters().undecodable;
    found
}

fn netgauze_routes(message: &BmpMessage) -> u64 {
    let BmpMessage::V3(v3::BmpMessageValue::RouteMonitoring(monitoring)) = message else { return 0 };
    let BgpMessage::Update(update) = monitoring.update_message() else { return 0 };
    let multiprotocol: usize = update
        .path_attributes()
        .iter()
        .map(|attribute| match attribute.value() {
            PathAttributeValue::MpReach(MpReach::Ipv4Unicast { nlri, .. }) => nlri.len(),
            PathAttributeValue::MpReach(MpReach::Ipv6Unicast { nlri, .. }) => nlri.len(),
            _ => 0,
        })
        .sum();
    (update.nlri().len() + update.withdraw_routes().len() + multiprotocol) as u64
}

fn netgauze(stream: &[u8]) -> Found {
    let mut found = Found::default();
    let mut context = BmpParsingContext::default();
    for frame in frames(stream) {
        match BmpMessage::parse(&mut SliceReader::new(frame), &mut context) {
            Ok(message) => {
                if !matches!(message, BmpMessage::V3(v3::BmpMessageValue::RouteMonitoring(_))) {
                    context.update(&message);
                }
                found.routes += netgauze_routes(&message);
                black_box(&message);
            }
            Err(_) => found.errors += 1,
        }
    }
    found
}

fn netgauze_codec(stream: &[u8]) -> Found {
    let mut found = Found::default();
    let mut codec = netgauze_bmp_pkt::codec::BmpCodec::default();
    let mut buffer = BytesMut::from(stream);
    loop {
        match codec.decode(&mut buffer) {
            Ok(Some(message)) => {
                found.routes += netgauze_routes(&message);
                black_box(&message);
            }
            Ok(None) => return found,
            Err(_) => found.errors += 1,
        }
    }
}

fn zettabgp(stream: &[u8]) -> Found {
    use ::zettabgp::afi::BgpAddrs;
    let count = |addresses: &BgpAddrs| match addresses {
        BgpAddrs::IPV4U(routes) => routes.len() as u64,
        BgpAddrs::IPV6U(routes) => routes.len() as u64,
        _ => 0,
    };
    let mut found = Found::default();
    let mut session = ::zettabgp::bmp::BMPSession::default();
    for frame in frames(stream) {
        match session.decode_from(&frame[5..]) {
            Ok(message) => {
                if let ::zettabgp::bmp::BmpMessage::RouteMonitoring(monitoring) = &message {
                    let update = &monitoring.update;
                    found.routes += count(&update.updates) + count(&update.withdraws);
                    for attribute in &update.attrs {
                        if let ::zettabgp::message::attributes::BgpAttrItem::MPUpdates(reach) = attribute {
                            found.routes += count(&reach.addrs);
                        }
                    }
                }
                black_box(&message);
            }
            Err(_) => found.errors += 1,
        }
    }
    found
}

fn bgpkit(stream: &[u8]) -> Found {
    use bgpkit_parser::models::BgpMessage;
    use bgpkit_parser::parser::bmp::messages::BmpMessageBody;
    let mut found = Found::default();
    let mut bytes = Bytes::copy_from_slice(stream);
    while bytes.has_remaining() {
        match bgpkit_parser::parser::bmp::parse_bmp_msg(&mut bytes) {
            Ok(message) => {
                if let BmpMessageBody::RouteMonitoring(monitoring) = &message.message_body {
                    if let BgpMessage::Update(update) = &monitoring.bgp_message {
                        found.routes += (update.announced_prefixes.len() + update.withdrawn_prefixes.len()) as u64;
                        let multiprotocol = update.attributes.get_reachable_nlri();
                        found.routes += multiprotocol.map_or(0, |nlri| nlri.prefixes.len() as u64);
                    }
                }
                black_box(&message);
            }
            Err(_) => found.errors += 1,
        }
    }
    found
}

fn routecore(stream: &[u8]) -> Found {
    use ::routecore::bgp::message::SessionConfig;
    use ::routecore::bmp::message::Message;
    let mut found = Found::default();
    let config = SessionConfig::modern();
    for frame in frames(stream) {
        match Message::from_octets(frame) {
            Ok(Message::RouteMonitoring(monitoring)) => {
                let Ok(update) = monitoring.bgp_update(&config) else {
                    found.errors += 1;
                    continue;
                };
                if let Ok(attributes) = update.path_attributes() {
                    for attribute in attributes.flatten() {
                        let _ = black_box(attribute.to_owned());
                    }
                }
                match update.announcements_vec() {
                    Ok(routes) => found.routes += black_box(routes).len() as u64,
                    Err(_) => found.errors += 1,
                }
            }
            Ok(message) => drop(black_box(message)),
            Err(_) => found.errors += 1,
        }
    }
    found
}

fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists and `time` outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!("usage: decoders FILE [ROUNDS]");
        std::process::exit(2);
    };
    let rounds: usize = arguments.next().map_or(5, |rounds| rounds.parse().expect("ROUNDS is a number"));
    let stream = std::fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut seconds = vec![Vec::new(); CONTENDERS.len()];
    let mut found = vec![Found::default(); CONTENDERS.len()];
    for round in 0..=rounds {
        for (place, (_, _, decode)) in CONTENDERS.iter().enumerate() {
            let before = cpu_seconds();
            found[place] = decode(black_box(&stream));
            if round > 0 {
                seconds[place].push(cpu_seconds() - before);
            }
        }
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let medians: Vec<f64> = seconds.iter_mut().map(median).collect();
    println!("{} bytes, median CPU time of {rounds} rounds after one to warm up", stream.len());
    let others = CONTENDERS.iter().zip(&medians).filter(|((name, ..), _)| !name.starts_with("ours"));
    let fastest_other = others.map(|(_, time)| *time).fold(f64::INFINITY, f64::min);
    println!("| decoder | what | routes | errors | ms | M routes/s | speed / fastest other |");
    println!("|---|---|---|---|---|---|---|");
    for (place, (name, what, _)) in CONTENDERS.iter().enumerate() {
        let Found { routes, errors } = found[place];
        let time = medians[place];
        println!(
            "| {name} | {what} | {routes} | {errors} | {:.1} | {:.1} | {:.2} |",
            time * 1e3,
            routes as f64 / time / 1e6,
            fastest_other / time
        );
    }
}
