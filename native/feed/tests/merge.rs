//! Of two stations' streams one client knows what both know.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../rib/tests/support/mod.rs"]
mod support;

mod client;

use std::collections::BTreeMap;

use client::*;
use feed::{Limits, Merge, Picture, Stream};
use rib::{RibView, RoutingTable};
use support::*;

const VIEW: RibView = RibView::AdjRibInPost;

/// A station with one router.
struct Station {
    table: RoutingTable,
    router: Speaker,
    picture: Picture,
    stream: Stream,
}

impl Station {
    fn new(router: u8) -> Self {
        let (mut table, mut router) = (table(), Speaker::new(router, EPOCH));
        let mut picture = Picture::new(Limits::default());
        picture.apply(&router.start(&mut table));
        Station { table, router, picture, stream: Stream::new().unwrap() }
    }

    fn say(&mut self, peer: u8, body: batch::proto::event::Body) {
        let deltas = self.router.say(&mut self.table, peer, VIEW, body);
        self.picture.apply(&deltas);
    }
}

/// What is known, in words instead of ids.
fn told(world: &World) -> BTreeMap<String, (u64, String)> {
    let name = |id: &str| -> String {
        let node = |id: &str| &world[&("node".to_owned(), id.parse().unwrap())];
        if id.is_empty() {
            return String::new();
        }
        let (one, router) = (node(id), &node(id)["router_node_id"]);
        let router = if router.is_empty() { "" } else { node(router)["label"].as_str() };
        format!("{} {} {router}", one["node_kind"], one["label"])
    };
    let rows = world.iter().map(|((kind, id), fields)| {
        let own = if kind == "node" { name(&id.to_string()) } else { String::new() };
        let ends = ["source_node_id", "destination_node_id", "router_node_id"].map(|end| name(&fields[end]));
        let key = format!("{kind} {own} {ends:?} {} {} {}", fields["prefix"], fields["view"], fields["asn"]);
        (key, (fields["routes"].parse().unwrap_or(0), format!("{} {}", fields["status"], fields["metric"])))
    });
    let mut told = BTreeMap::new();
    for (key, row) in rows {
        assert!(told.insert(key.clone(), row).is_none(), "{key} is there twice");
    }
    told
}

/// What both know: what is of both has the routes of both.
fn both(one: &World, other: &World) -> BTreeMap<String, (u64, String)> {
    let mut both = told(one);
    for (key, (routes, text)) in told(other) {
        both.entry(key).and_modify(|held| held.0 += routes).or_insert((routes, text));
    }
    both
}

#[test]
fn whatever_happens_a_client_of_two_knows_what_both_know() {
    for seed in 1..=8 {
        let mut dice = Dice(seed);
        let mut stations = [Station::new(1), Station::new(2)];
        let mut merge = Merge::new(2).unwrap();
        let mut client = Client::new();
        for step in 1..=600 {
            let prefix = format!("10.{}.0.0/16", dice.roll(40));
            let asn = u16::try_from(64500 + dice.roll(4)).unwrap();
            let body = match dice.roll(20) {
                0 => peer_down(),
                1 => peer_up(),
                2..=9 => withdraw(&[&prefix]),
                10..=12 => announce(&[&prefix], 1),
                _ => from_as(&[&prefix], asn, 1),
            };
            let peer = u8::try_from(1 + dice.roll(3)).unwrap();
            stations[usize::try_from(dice.roll(2)).unwrap()].say(peer, body);
            for (source, station) in stations.iter_mut().enumerate() {
                if dice.roll(3) == 0 || step == 600 {
                    if let Some(octets) = station.stream.next(&station.picture, step).unwrap() {
                        merge.push(source, &octets).unwrap();
                    }
                }
                if dice.roll(10) == 0 {
                    station.router.now_us += 100_000;
                    station.picture.tick(station.router.now_us);
                }
            }
            client.octets.extend(merge.next(step).unwrap().iter().flatten());
        }
        let world = client.world();
        assert!(of(&world, "route").len() > 10);
        let [one, other] = &stations;
        assert_eq!(told(&world), both(&fresh(&one.picture), &fresh(&other.picture)), "seed {seed}");
        assert_eq!(client.pictures, 1);
    }
}

#[test]
fn nothing_is_told_before_all_have_told_their_pictures_and_a_second_picture_ends_it() {
    let mut stations = [Station::new(1), Station::new(2)];
    let mut merge = Merge::new(2).unwrap();
    let first = |station: &mut Station| station.stream.next(&station.picture, 1).unwrap().unwrap();
    let octets = first(&mut stations[0]);
    merge.push(0, &octets).unwrap();
    assert_eq!(merge.next(1).unwrap(), None);
    let octets = first(&mut stations[1]);
    merge.push(1, &octets).unwrap();
    let mut client = Client::new();
    client.octets.extend(merge.next(1).unwrap().unwrap());
    let batches = client.batches();
    let begins = |row| text::<arrow_array::types::UInt8Type>(&batches[0], "kind", row).unwrap() == "picture";
    assert_eq!((batches.len(), (0..batches[0].num_rows()).filter(|row| begins(*row)).count()), (1, 1));
    assert!(begins(0));
    assert_eq!(number(&batches[0], "metric", 0), Some(40_000), "as many as both tell one by one");
    assert_eq!(of(&client.world(), "node").len(), 2);
    assert_eq!(merge.next(1).unwrap(), None);

    stations[0].stream = Stream::new().unwrap();
    let again = first(&mut stations[0]);
    // Its schema comes again too, which a decoder in the midst of a stream refuses.
    assert!(merge.push(0, &again).is_err());
    assert!(merge.push(2, &again).is_err());
}
