//! What a client of the stream knows is what the picture is, however it comes to know it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../rib/tests/support/mod.rs"]
mod support;

mod client;

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt32Type, UInt8Type};
use arrow_array::Array;
use client::*;
use feed::{Limits, Picture};
use rib::RibView;
use support::*;

const VIEW: RibView = RibView::AdjRibInPost;

#[test]
fn a_client_is_told_a_picture_then_changes_then_that_the_feed_lives() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits::default());
    for deltas in [
        r.start(&mut table),
        r.say(&mut table, 1, VIEW, peer_up()),
        r.say(&mut table, 1, VIEW, from_as(&["10.0.0.0/8", "11.0.0.0/8"], 64500, 1)),
        r.say(&mut table, 1, VIEW, announce(&["12.0.0.0/8"], 1)),
    ] {
        picture.apply(&deltas);
    }
    let mut client = Client::new();
    assert!(client.read(&picture, 0));
    assert!(!client.read(&picture, 1_000_000), "nothing has changed");
    let world = client.world();
    let nodes: Vec<_> = of(&world, "node")
        .iter()
        .map(|node| (node["node_kind"].as_str(), node["label"].as_str(), node["routes"].as_str()))
        .collect();
    assert_eq!(
        nodes,
        [
            ("router", "r1", "3"),
            ("peer", "10.0.0.1", "3"),
            ("as", "AS64500", "2"),
            ("next_hop", "192.0.2.254", "1")
        ]
    );
    let routes = of(&world, "route");
    assert_eq!(routes.len(), 3);
    assert_eq!(
        (routes[0]["prefix"].as_str(), routes[0]["label"].as_str(), routes[0]["metric"].as_str()),
        ("10.0.0.0/8", "65000 64500", "1")
    );
    assert_eq!(routes[0]["view"], "adj_rib_in_post");

    picture.apply(&r.say(&mut table, 1, VIEW, withdraw(&["10.0.0.0/8"])));
    assert!(client.read(&picture, 2_000_000));
    let batches = client.batches();
    let last = batches.last().unwrap();
    let kinds: Vec<_> =
        (0..last.num_rows()).map(|row| text::<UInt8Type>(last, "kind", row).unwrap()).collect();
    assert_eq!(
        kinds,
        ["node", "node", "node", "link", "route"],
        "the AS, and the peer and its router with their counts"
    );
    assert_eq!(text::<UInt8Type>(last, "status", 4).as_deref(), Some("withdrawn"));
    assert_eq!(client.world(), fresh(&picture));

    assert!(client.read(&picture, 7_000_000), "a heartbeat");
    let batches = client.batches();
    assert_eq!(text::<UInt8Type>(batches.last().unwrap(), "kind", 0).as_deref(), Some("heartbeat"));
    assert_eq!(client.world(), fresh(&picture));
}

#[test]
fn what_is_loaded_of_a_table_is_what_its_deltas_drew() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits::default());
    let said = [
        r.start(&mut table),
        r.say(&mut table, 1, VIEW, peer_up()),
        r.say(&mut table, 1, VIEW, from_as(&["10.0.0.0/8", "11.0.0.0/8"], 64500, 1)),
    ];
    let mut late = Picture::new(Limits::default());
    late.load(&table);
    for deltas in &said {
        picture.apply(deltas);
    }
    assert_eq!(fresh(&late), fresh(&picture));
    // What it was loaded with is told again: nothing changes.
    let revision = late.revision();
    for deltas in &said {
        late.apply(deltas);
    }
    assert_eq!(late.revision(), revision);
}

#[test]
fn the_end_of_a_peer_ghosts_what_only_it_led_to_and_then_forgets_it() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits::default());
    for deltas in [
        r.start(&mut table),
        r.say(&mut table, 1, VIEW, peer_up()),
        r.say(&mut table, 2, VIEW, peer_up()),
        r.say(&mut table, 1, VIEW, from_as(&["10.0.0.0/8"], 64500, 1)),
        r.say(&mut table, 1, VIEW, from_as(&["11.0.0.0/8"], 64501, 1)),
        r.say(&mut table, 2, VIEW, from_as(&["11.0.0.0/8"], 64501, 1)),
    ] {
        picture.apply(&deltas);
    }
    let mut client = Client::new();
    client.read(&picture, 0);
    picture.apply(&r.say(&mut table, 1, VIEW, peer_down()));
    client.read(&picture, 1);
    let world = client.world();
    let nodes: Vec<_> =
        of(&world, "node").iter().map(|node| (node["label"].as_str(), node["status"].as_str())).collect();
    assert_eq!(
        nodes,
        [("r1", "active"), ("10.0.0.1", "down"), ("10.0.0.2", "active"), ("AS64501", "active")]
    );
    assert_eq!(of(&world, "route").len(), 1);
    assert_eq!(world, fresh(&picture));

    // Who has heard of it needs no new picture when it is forgotten; who has not, does.
    let mut asleep = Client::new();
    asleep.read(&picture, 1);
    picture.apply(&r.say(&mut table, 2, VIEW, withdraw(&["11.0.0.0/8"])));
    client.read(&picture, 2);
    picture.tick(r.now_us + 61 * SECOND);
    picture.apply(&r.say(&mut table, 2, VIEW, from_as(&["12.0.0.0/8"], 64502, 1)));
    client.read(&picture, 3);
    asleep.read(&picture, 3);
    assert_eq!((client.world(), client.pictures), (fresh(&picture), 1));
    assert_eq!((asleep.world(), asleep.pictures), (fresh(&picture), 2));
}

#[test]
fn more_routes_than_are_told_one_by_one_are_in_the_counts() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits { max_routes: 10, ..Limits::default() });
    picture.apply(&r.start(&mut table));
    picture.apply(&r.say(&mut table, 1, VIEW, peer_up()));
    for number in 0..200_u16 {
        let prefix = format!("10.{number}.0.0/16");
        picture.apply(&r.say(&mut table, 1, VIEW, from_as(&[&prefix], 1000 + number, 1)));
    }
    let world = fresh(&picture);
    assert_eq!(of(&world, "route").len(), 10);
    assert_eq!(of(&world, "node").len(), 12, "no node without a route");
    assert_eq!(of(&world, "node")[1]["routes"], "200");
    let mut loaded = Picture::new(Limits { max_routes: 10, ..Limits::default() });
    loaded.load(&table);
    assert_eq!(
        (of(&fresh(&loaded), "route").len(), of(&fresh(&loaded), "node")[1]["routes"].as_str()),
        (10, "200")
    );
}

#[test]
fn a_route_that_changes_again_and_again_flaps_until_it_rests() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits::default());
    picture.apply(&r.start(&mut table));
    for _ in 0..3 {
        picture.apply(&r.say(&mut table, 1, VIEW, announce(&["10.0.0.0/8"], 1)));
        picture.apply(&r.say(&mut table, 1, VIEW, withdraw(&["10.0.0.0/8"])));
    }
    picture.apply(&r.say(&mut table, 1, VIEW, announce(&["10.0.0.0/8"], 1)));
    assert_eq!(of(&fresh(&picture), "route")[0]["status"], "flapping");
    picture.tick(r.now_us + 1_000 * SECOND);
    assert_eq!(of(&fresh(&picture), "route")[0]["status"], "flapping");
    picture.tick(r.now_us + 3_000 * SECOND);
    assert_eq!(of(&fresh(&picture), "route")[0]["status"], "active");
}

#[test]
fn whatever_happens_quick_and_slow_clients_know_the_same() {
    for seed in 1..=8 {
        let mut dice = Dice(seed);
        let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
        // So few are remembered that who is slow misses some.
        let mut picture = Picture::new(Limits { max_routes: 60, max_gone: 12, gone_us: 2_000 });
        picture.apply(&r.start(&mut table));
        let mut clients: Vec<(u64, Client)> =
            [1, 3, 20, 200].into_iter().map(|pace| (pace, Client::new())).collect();
        for step in 1..=600 {
            let peer = u8::try_from(1 + dice.roll(4)).unwrap();
            let prefix = format!("10.{}.0.0/16", dice.roll(40));
            let (asn, med) =
                (u16::try_from(64500 + dice.roll(8)).unwrap(), u8::try_from(dice.roll(3)).unwrap());
            let body = match dice.roll(20) {
                0 => peer_down(),
                1 => peer_up(),
                2..=7 => withdraw(&[&prefix]),
                8..=10 => announce(&[&prefix], med),
                _ => from_as(&[&prefix], asn, med),
            };
            picture.apply(&r.say(&mut table, peer, VIEW, body));
            for (pace, client) in &mut clients {
                if step % *pace == 0 {
                    client.read(&picture, i64::try_from(step).unwrap());
                }
            }
            // After they have read: who keeps up has heard of all that is forgotten.
            if dice.roll(10) == 0 {
                r.now_us += 1_000;
                picture.tick(r.now_us);
            }
        }
        let world = fresh(&picture);
        let drawn = of(&world, "route").len();
        assert!(drawn > 10, "{drawn}");
        for (pace, client) in &mut clients {
            client.read(&picture, 1_000_000_000);
            assert_eq!(client.world(), world, "seed {seed}, a client that reads every {pace} steps");
        }
        assert_eq!(clients[0].1.pictures, 1, "who keeps up needs no second picture");
        assert!(clients[3].1.pictures > 1, "who does not gets one");
        // Counts are those of the routes.
        for ((_, id), node) in world.iter().filter(|((kind, _), node)| {
            kind == "node" && matches!(node["node_kind"].as_str(), "as" | "next_hop")
        }) {
            let id = id.to_string();
            let led = of(&world, "route").iter().filter(|route| route["destination_node_id"] == id).count();
            assert_eq!(node["routes"], led.to_string());
        }
    }
}

#[test]
fn alerts_and_verdicts_are_told_at_their_nodes_until_they_are_over() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits::default());
    let mut insight = insight::Insight::new(insight::Config::from_json("{}").unwrap()).unwrap();
    let mut now_ms = i64::try_from(EPOCH / 1000).unwrap();
    let mut client = Client::new();
    let mut said = |deltas: rib::Deltas, table: &rib::RoutingTable, picture: &mut Picture| {
        picture.apply(&deltas);
        insight.apply(table, &deltas, now_ms);
        now_ms += 60_000;
        insight.tick(table, now_ms);
        picture.find(&insight, now_ms);
        now_ms
    };
    said(r.start(&mut table), &table, &mut picture);
    said(r.say(&mut table, 1, VIEW, peer_up()), &table, &mut picture);
    client.read(&picture, 0);
    assert_eq!(of(&client.world(), "alert").len(), 0);

    said(r.say(&mut table, 1, VIEW, peer_down()), &table, &mut picture);
    client.read(&picture, 1);
    let world = client.world();
    let peer = world.iter().find(|(_, fields)| fields["node_kind"] == "peer").map(|((_, id), _)| *id);
    for (kind, severity) in [("alert", "high"), ("verdict", "")] {
        let told = of(&world, kind);
        assert_eq!(told.len(), 1, "{world:?}");
        assert_eq!(told[0]["subject"], "r1 peer 10.0.0.1");
        assert_eq!(told[0]["severity"], severity);
        assert_eq!(told[0]["source_node_id"], peer.unwrap().to_string());
        assert!(!told[0]["label"].is_empty() && !told[0]["rule"].is_empty());
    }
    assert_eq!(world, fresh(&picture));

    // Nothing is told again where nothing is other than it was.
    let revision = picture.revision();
    said(rib::Deltas::default(), &table, &mut picture);
    assert_eq!(picture.revision(), revision);

    let now_ms = said(r.say(&mut table, 1, VIEW, peer_up()), &table, &mut picture);
    client.read(&picture, 2);
    assert_eq!(of(&client.world(), "alert").len(), 0, "it is over");
    assert_eq!(of(&client.world(), "verdict").len(), 1);
    picture.find(&insight, now_ms + 3_600_000);
    client.read(&picture, 3);
    assert_eq!(of(&client.world(), "verdict").len(), 0, "it is an hour ago");
}

#[test]
fn nodes_stand_where_the_configuration_says() {
    let config = insight::Config::from_json(
        r#"{"sites": {"r1": {"latitude": 46.2, "longitude": 6.1},
                      "pop": {"addresses": ["10.0.0.1", "192.0.2.254"], "latitude": -36.8, "longitude": 174.7},
                      "other": "10.0.0.2"}}"#,
    )
    .unwrap();
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    let mut picture = Picture::new(Limits::default()).with_places(&config);
    picture.apply(&r.start(&mut table));
    for peer in [1, 2] {
        picture.apply(&r.say(&mut table, peer, VIEW, peer_up()));
        picture.apply(&r.say(&mut table, peer, VIEW, announce(&["12.0.0.0/8"], 1)));
    }
    let mut client = Client::new();
    client.read(&picture, 0);
    let batches = client.batches();
    let degrees = |name: &str, row: usize| {
        let column = batches[0].column_by_name(name).unwrap().as_primitive::<Float32Type>();
        (!column.is_null(row)).then(|| column.value(row))
    };
    let places: BTreeMap<String, _> = (0..batches[0].num_rows())
        .filter(|row| text::<UInt8Type>(&batches[0], "kind", *row).as_deref() == Some("node"))
        .map(|row| {
            let label = text::<UInt32Type>(&batches[0], "label", row).unwrap();
            (label, degrees("latitude", row).zip(degrees("longitude", row)))
        })
        .collect();
    let pop = Some((-36.8, 174.7));
    let expected = [("10.0.0.1", pop), ("10.0.0.2", None), ("192.0.2.254", pop), ("r1", Some((46.2, 6.1)))];
    assert_eq!(places, expected.map(|(label, at)| (label.to_string(), at)).into());
}

#[test]
fn a_place_that_is_not_on_the_earth_is_refused() {
    for (latitude, longitude) in [(91.0, 0.0), (0.0, -180.5)] {
        let site = format!(r#"{{"latitude": {latitude:?}, "longitude": {longitude:?}}}"#);
        let error = insight::Config::from_json(&format!(r#"{{"sites": {{"pop": {site}}}}}"#)).unwrap_err();
        assert!(error.to_string().starts_with("sites.pop: a latitude is from -90 to 90"), "{error}");
    }
}
