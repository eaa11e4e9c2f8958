//! Semantic events of what a table tells: the fields that ServiceRadar's event writer looks for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

mod support;

use std::collections::BTreeSet;

use batch::proto::{self, event::Body};
use rib::{Deltas, RibView};
use serde_json::Value;
use support::{announce, peer_down, peer_up, withdraw, Speaker};

fn session() -> Vec<Deltas> {
    let mut table = support::table();
    let mut router = Speaker::new(1, support::EPOCH);
    let view = RibView::AdjRibInPost;
    let counter = |r#type, value| proto::statistics::Counter { r#type, value, ..Default::default() };
    let report = proto::Statistics { counters: vec![counter(0, 3), counter(7, 42)] };
    let mut told = vec![router.start(&mut table)];
    let bodies = [
        peer_up(),
        announce(&["10.1.0.0/16", "10.2.0.0/16"], 1),
        announce(&["10.1.0.0/16"], 1),
        announce(&["10.1.0.0/16"], 2),
        withdraw(&["10.2.0.0/16"]),
        withdraw(&["10.9.0.0/16"]),
        Body::Statistics(report),
        peer_down(),
    ];
    for body in bodies {
        told.push(router.say(&mut table, 1, view, body));
    }
    told
}

fn events(told: &[Deltas]) -> Vec<(&'static str, Value)> {
    let events = told.iter().flat_map(Deltas::semantic);
    events
        .map(|event| {
            let json: Value = serde_json::from_str(&event.json).unwrap();
            assert_eq!(json["event_id"], event.id);
            assert_eq!(json["event_type"], event.kind);
            (event.kind, json)
        })
        .collect()
}

#[test]
fn what_happened_is_told_once() {
    let kinds: Vec<_> = events(&session()).into_iter().map(|(kind, _)| kind).collect();
    let expected =
        ["peer_up", "route_update", "route_update", "route_update", "route_withdraw", "stats", "peer_down"];
    assert_eq!(kinds, expected);
}

#[test]
fn fields_are_those_that_serviceradar_reads() {
    let events = events(&session());
    for (kind, event) in &events {
        assert_eq!(event["signal_type"], "bmp", "{kind}");
        assert_eq!(event["router_id"], "r1");
        assert_eq!(event["router_ip"], "192.0.2.1");
        assert!(event["peer_ip"].as_str().unwrap().parse::<std::net::Ipv4Addr>().is_ok(), "{event}");
        assert!(event["peer_asn"].is_u64() && event["severity_id"].is_u64() && event["message"].is_string());
        assert!(event["timestamp"].as_str().unwrap().starts_with("2023-11-14T22:13:20"), "{event}");
    }
    let (_, route) = &events[1];
    assert_eq!((&route["prefix"], &route["prefix_len"]), (&"10.1.0.0/16".into(), &16.into()));
    assert_eq!(route["announced"], true);
    assert!(route["attrs"]["as_path"].is_array());
    let (_, down) = events.last().unwrap();
    assert_eq!((&down["routes"], &down["severity_id"]), (&1.into(), &4.into()));
    let (_, stats) = &events[5];
    assert_eq!(stats["counters"][1]["value"], 42);
}

#[test]
fn ids_are_of_the_content_and_not_of_the_time() {
    let ids =
        |told: &[Deltas]| events(told).iter().map(|(_, event)| event["event_id"].clone()).collect::<Vec<_>>();
    let first = ids(&session());
    assert_eq!(first, ids(&session()));
    let distinct: BTreeSet<_> = first.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), first.len());
}
