//! A plain UPDATE is read in one pass, into a sink, owned values or a view; the long way agrees wherever this
//! short one is taken.
//! `WIRE_MUTATIONS` says how many mutated frames of each part (60,000 by default).

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

use common::*;
use wire::bgp::{Spans, Update, UpdateView};
use wire::session::{Content, Decoder, Taken};

/// Decoders of one session, one a way.
struct Ways {
    long: Decoder,
    view: Decoder,
    sink: Decoder,
    spans: Decoder,
    owned: Decoder,
    plain: u64,
    in_spans: u64,
    others: u64,
}

impl Default for Ways {
    fn default() -> Self {
        Ways {
            long: Decoder::default().the_long_way(),
            view: Decoder::default(),
            sink: Decoder::default(),
            spans: Decoder::default(),
            owned: Decoder::default(),
            plain: 0,
            in_spans: 0,
            others: 0,
        }
    }
}

impl Ways {
    /// One frame, whole.
    fn feed(&mut self, bytes: &[u8]) {
        self.compare(bytes);
        for other in [&self.view, &self.sink, &self.spans, &self.owned] {
            assert_eq!((other.counters(), other.offset()), (self.long.counters(), self.long.offset()));
        }
    }

    fn compare(&mut self, bytes: &[u8]) {
        let mut long = self.long.feed(bytes);
        let frame = long.next().expect("one frame").expect("framing holds");
        let mut short = self.sink.feed(bytes);
        let mut taken = Update::default();
        let found = short.next_into(&mut taken).expect("one frame").expect("framing holds");
        assert_eq!((found.offset, found.bytes, found.header), (frame.offset, frame.bytes, frame.header));
        match (&found.content, &frame.content) {
            (Ok(Taken::Plain(peer)), Ok(Content::RouteMonitoring(view))) => {
                self.plain += 1;
                taken.add_path_inferred.sort_unstable();
                assert_eq!(taken, view.update.to_owned(), "{bytes:02x?}");
                assert_eq!(**peer, view.peer);
                assert_eq!(view.update.faults(), []);
                assert_eq!((view.update.end_of_rib(), view.tlvs.len()), (None, 0));
                assert!(!view.update.two_octet_as() && !view.update.as_width_mismatch());
            }
            (Ok(Taken::Other(content)), Ok(expected)) => {
                self.others += 1;
                same(content, expected);
            }
            (Err(error), Err(expected)) => assert_eq!(error, expected),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
        let mut short = self.spans.feed(bytes);
        let mut spans = Spans::default();
        let found = short.next_into(&mut spans).expect("one frame").expect("framing holds");
        match (&found.content, &frame.content) {
            (Ok(Taken::Plain(peer)), Ok(Content::RouteMonitoring(view))) => {
                self.in_spans += 1;
                let mut canonical = Vec::new();
                view.update.canonical_attributes(&mut canonical);
                assert_eq!(spans.canonical_attributes(bytes).collect::<Vec<_>>().concat(), canonical);
                assert_eq!(spans.groups(bytes).collect::<Vec<_>>(), view.update.groups());
                assert_eq!(**peer, view.peer);
            }
            (Ok(Taken::Other(content)), Ok(expected)) => same(content, expected),
            (Err(error), Err(expected)) => assert_eq!(error, expected),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
        let mut view = self.view.feed(bytes);
        let view = view.next().expect("one frame").expect("framing holds");
        assert_eq!((view.offset, view.bytes, view.header), (frame.offset, frame.bytes, frame.header));
        match (&view.content, &frame.content) {
            (Ok(content), Ok(expected)) => same(content, expected),
            (found, expected) => assert_eq!(found.as_ref().err(), expected.as_ref().err()),
        }
        let mut owned = self.owned.feed(bytes);
        let owned = owned.next_message().expect("one frame").expect("framing holds");
        assert_eq!((owned.offset, owned.bytes, owned.header), (frame.offset, frame.bytes, frame.header));
        assert_eq!(owned.content, frame.into_message());
    }
}

fn same(found: &Content<'_>, expected: &Content<'_>) {
    match (found, expected) {
        (Content::RouteMonitoring(found), Content::RouteMonitoring(expected)) => {
            let fields = |view: &UpdateView<'_>| {
                let attributes: Vec<_> = view
                    .attributes()
                    .map(|found| (found.flags, found.code, found.offset, found.value.to_vec()))
                    .collect();
                let mut canonical = Vec::new();
                view.canonical_attributes(&mut canonical);
                let faults = view.faults().to_vec();
                let others = (view.end_of_rib(), view.two_octet_as(), view.as_width_mismatch());
                (view.to_owned(), attributes, canonical, faults, others)
            };
            assert_eq!(fields(&found.update), fields(&expected.update));
            assert_eq!(found.update.groups(), expected.update.groups());
            assert_eq!((found.peer, &found.tlvs), (expected.peer, &expected.tlvs));
            assert_eq!(found.update_tlv, expected.update_tlv);
        }
        (Content::Other(found), Content::Other(expected)) => assert_eq!(found, expected),
        (found, expected) => panic!("{found:?} is not {expected:?}"),
    }
}

/// xorshift64*: the same frames every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) as usize % limit.max(1)
    }

    /// The frame with a few octets after the per-peer header changed, most of them a little.
    fn mutate(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut bytes = frame.to_vec();
        let after = 67.min(bytes.len() - 1);
        for _ in 0..1 + self.below(3) {
            // Now and then the per-peer header and the BGP header too.
            let from = if self.below(10) == 0 { 6 } else { after };
            let at = from + self.below(bytes.len() - from);
            let octet = bytes[at];
            bytes[at] = match self.below(6) {
                0 => 0,
                1 => 0xff,
                2 => octet ^ 1 << self.below(8),
                3 => octet.wrapping_add(1),
                4 => octet.wrapping_sub(1),
                _ => self.below(256) as u8,
            };
        }
        match self.below(20) {
            0 => bytes.truncate(7 + self.below(bytes.len() - 6)),
            1 => bytes.push(self.below(256) as u8),
            _ => {}
        }
        let length = u32::try_from(bytes.len()).unwrap();
        bytes[1..5].copy_from_slice(&length.to_be_bytes());
        bytes
    }
}

fn mutations() -> usize {
    std::env::var("WIRE_MUTATIONS").map_or(60_000, |count| count.parse().unwrap())
}

#[test]
fn updates_of_every_plain_shape_and_what_becomes_of_them_mutated() {
    let attributes: Vec<Vec<u8>> = vec![
        ORIGIN_IGP.to_vec(),
        vec![0x50, 2, 0, 16, 2, 2, 0, 0, 0xfd, 0xe9, 0, 3, 0, 1, 1, 1, 0, 0, 0, 9],
        NEXT_HOP.to_vec(),
        attribute(0x80, 4, &[0, 0, 0, 9]),
        attribute(0x40, 5, &[0, 0, 0, 100]),
        attribute(0x40, 6, &[]),
        attribute(0xc0, 7, &[0, 0, 0xfd, 0xe9, 192, 0, 2, 1]),
        attribute(0xc0, 8, &[0xfd, 0xe8, 0, 1, 0xfd, 0xe8, 0, 2]),
        attribute(0x80, 9, &[192, 0, 2, 7]),
        attribute(0x80, 10, &[192, 0, 2, 8]),
        attribute(0xc0, 16, &[0, 2, 0xfd, 0xe8, 0, 0, 0, 1]),
        attribute(0xc0, 32, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
        attribute(0x80, 26, &[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5]),
        attribute(0xc0, 35, &[0, 0, 0xfd, 0xe9]),
        attribute(0xe0, 63, &[1, 2, 3]),
    ];
    let v6 = |afi: u8, safi: u8, path_ids: bool| {
        let id: &[u8] = if path_ids { &[0, 0, 0, 7] } else { &[] };
        let routes: &[&[u8]] = &[id, &[33, 0x20, 1, 0xd, 0xb8, 0xff], id, &[0], id, &[16, 0x20, 1]];
        let next_hop = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let reach = [&[0, afi, safi, 16][..], &next_hop, &[0], &routes.concat()].concat();
        let unreach = [&[0, afi, safi][..], &routes.concat()].concat();
        [attribute(0x80, 14, &reach), attribute(0x80, 15, &unreach)]
    };
    let v4 = |path_ids: bool| {
        let id: &[u8] = if path_ids { &[0, 0, 0, 7] } else { &[] };
        [id, &[24, 10, 1, 2], id, &[0], id, &[9, 10, 0xff], id, &[32, 1, 2, 3, 4]].concat()
    };
    let short_path = attribute(0x40, 2, &[2, 2, 0, 0, 0xfd, 0xe9, 0, 3, 0, 1]);
    let mut random = Random(0x5eed);
    let (mut ways, mut mutated) = (Ways::default(), Ways::default());
    let add_path = open(65000, &[(65, &[0, 0, 0xfd, 0xe8]), (69, &[0, 1, 1, 3, 0, 2, 1, 3])]);
    // 192.0.2.2 is a peer with path identifiers, 192.0.2.1 one without.
    let with = peer_at(0, 0, 0, [192, 0, 2, 2]);
    ways.feed(&peer_up(&with, &add_path, &add_path));
    let (mut plain, mut plain_mutated, count) = (0, 0, mutations());
    for turn in 0..count {
        let path_ids = turn % 4 == 0;
        let mut chosen: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
        let [reach, unreach] = v6(
            if random.below(8) == 0 { 1 } else { 2 },
            1 + (turn % 7 == 0) as u8,
            path_ids && turn % 7 != 0,
        );
        chosen.extend(
            [(2, &reach), (5, &unreach)].into_iter().filter_map(|(one_in, attribute)| {
                (random.below(one_in) == 0).then_some(attribute.as_slice())
            }),
        );
        if random.below(4) > 0 {
            // Without a reading, and so not plain.
            chosen.retain(|attribute| attribute[1] != 63);
        }
        // Some are left out, half of the time in any order.
        for _ in 0..random.below(6) {
            chosen.remove(random.below(chosen.len()));
        }
        (1..chosen.len()).for_each(|at| chosen.swap(at, random.below(at + 1)));
        if turn % 2 == 0 {
            // As most routers send them: in order, each in its shortest form.
            chosen.iter_mut().filter(|attribute| attribute[1] == 2).for_each(|path| *path = &short_path);
            chosen.sort_by_key(|attribute| attribute[1]);
        }
        let (routes, none) = (v4(path_ids), Vec::new());
        let withdrawn = if random.below(4) == 0 { &routes } else { &none };
        let nlri = if random.below(3) > 0 { &routes } else { &none };
        let pdu = update(withdrawn, &chosen, nlri);
        let header = if path_ids { with.clone() } else { peer(0, 0) };
        let frame = bmp(0, &[header, pdu].concat());
        let before = ways.plain;
        ways.feed(&frame);
        plain += ways.plain - before;
        // In sessions of their own, for some make a peer's family one whose path identifiers are inferred.
        if turn % 16 == 0 {
            mutated = Ways::default();
            mutated.feed(&peer_up(&with, &add_path, &add_path));
        }
        mutated.feed(&frame);
        let before = mutated.plain;
        mutated.feed(&random.mutate(&frame));
        plain_mutated += mutated.plain - before;
    }
    println!("of {count} frames {plain} were plain as built, {plain_mutated} mutated");
    assert!(plain > count as u64 / 4 && plain_mutated > count as u64 / 50 && ways.others > 0);
    assert!(ways.in_spans > count as u64 / 8 && ways.in_spans < ways.plain);
}

#[test]
fn frames_of_routers_and_mutated_ones() {
    let folder = needs::captures();
    let mut files: Vec<_> = ["streams", "frr", "gobgp", "load"]
        .into_iter()
        .filter_map(|part| std::fs::read_dir(folder.join(part)).ok())
        .flat_map(|entries| entries.map(|entry| entry.unwrap().path()))
        .filter(|path| path.to_string_lossy().trim_end_matches(".gz").ends_with(".bmp"))
        .collect();
    files.sort();
    let mut random = Random(0xf1a7);
    let (mut frames, mut plain) = (0, 0);
    let share = mutations() / files.len().max(1);
    for path in files {
        let bytes =
            if path.extension().unwrap() == "gz" { gunzip(&path) } else { std::fs::read(&path).unwrap() };
        let mut ways = Ways::default();
        let mut monitoring: Vec<&[u8]> = Vec::new();
        let mut rest = bytes.as_slice();
        while let Some(length) = rest.get(1..5) {
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            let (frame, after) = rest.split_at(length);
            ways.feed(frame);
            frames += 1;
            if frame[5] == 0 {
                monitoring.push(frame);
            }
            rest = after;
        }
        plain += ways.plain;
        if !monitoring.is_empty() {
            for _ in 0..share {
                let frame = monitoring[random.below(monitoring.len())];
                ways.feed(&random.mutate(frame));
            }
        }
    }
    println!("{plain} of {frames} frames were plain");
    assert!(plain > 100_000);
}

#[test]
fn messages_of_exabgp() {
    let folder = needs::captures();
    let mut random = Random(0xe8a);
    let mut ways = Ways::default();
    let mut messages = 0;
    for file in ["exabgp-decoding.jsonl", "exabgp-encoding-a-m.jsonl"] {
        for line in std::fs::read_to_string(folder.join("bgp").join(file)).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let hex = line["raw"].as_str().or(line["hex"].as_str()).unwrap();
            let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
            let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            let bytes: Vec<u8> = hex.chunks(2).map(octet).collect();
            let whole = line["hex_has_bgp_header"].as_bool() != Some(false);
            let frame = route_monitoring(0, &if whole { bytes } else { bgp(2, &bytes) });
            ways.feed(&frame);
            for _ in 0..50 {
                ways.feed(&random.mutate(&frame));
            }
            messages += 1;
        }
    }
    println!("{messages} messages, {} frames were plain", ways.plain);
    assert!(messages > 200 && ways.plain > 100 && ways.in_spans > 100);
}
