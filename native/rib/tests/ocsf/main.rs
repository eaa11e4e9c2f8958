//! OCSF events of what a table tells, against the compiled schema of OCSF 1.7.0 where it is at hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[macro_use]
extern crate needs;

needs::main!();

mod schema;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;

use batch::proto;
use batch::proto::event::Body;
use rib::ocsf::Grouping;
use rib::{Deltas, RibView};
use schema::Schema;
use serde_json::{json, Value};
use support::{announce, group, peer_down, peer_up, routes, withdraw, Speaker};

/// A session's life: routes in every view, one changed, one withdrawn, IPv6, another family, a peer
/// down, the router gone and its routes expired.
fn told() -> Vec<Deltas> {
    let mut table = support::table();
    let mut router = Speaker::new(1, support::EPOCH);
    let mut told = vec![router.start(&mut table)];
    told.push(router.say(&mut table, 1, RibView::AdjRibInPre, peer_up()));
    for view in RibView::ALL {
        told.push(router.say(&mut table, 1, view, announce(&["10.1.0.0/16", "0.0.0.0/0"], 1)));
    }
    let v6 = routes(1, vec![group(proto::route_group::Action::Announce, 2, 1, support::v6("2001:db8::/32"))]);
    let raw = routes(1, vec![group(proto::route_group::Action::Announce, 1, 4, vec![48, 0, 1, 1, 10, 0, 0])]);
    for body in
        [v6, raw, announce(&["10.1.0.0/16"], 2), withdraw(&["10.1.0.0/16"]), withdraw(&["10.9.0.0/16"])]
    {
        told.push(router.say(&mut table, 1, RibView::AdjRibInPre, body));
    }
    told.push(router.say(&mut table, 1, RibView::AdjRibInPre, peer_down()));
    // A local route: its peer has no address, no AS and no Peer Up.
    let mut local = router.batch(Some(2), RibView::LocRib, vec![announce(&["10.2.0.0/16"], 1)]);
    local.peers[0].address = vec![0; 4].into();
    local.peers[0].asn = 0;
    local.peers[0].bgp_id = vec![0; 4].into();
    told.push(support::apply(&mut table, &local));
    told.push(router.session(&mut table, Body::Termination(proto::Termination::default())));
    told.push(router.end(&mut table));
    told.push(support::expire(&mut table, router.now_us + 1000 * support::SECOND));
    told
}

fn events(told: &[Deltas]) -> Vec<Value> {
    let lines = told.iter().flat_map(|deltas| deltas.ocsf(Grouping::NONE));
    lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
}

fn of<'a>(events: &'a [Value], code: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["metadata"]["event_code"] == code).collect()
}

fn schema() -> Schema {
    let file = needs::capture("ocsf/ocsf-1.7.0-network_activity-detection_finding.json");
    Schema::new(&fs::read_to_string(file).unwrap())
}

#[test]
fn every_event_is_valid() {
    let schema = schema();
    let events = events(&told());
    let codes: BTreeSet<&str> =
        events.iter().filter_map(|event| event["metadata"]["event_code"].as_str()).collect();
    assert_eq!(
        codes.into_iter().collect::<Vec<_>>(),
        [
            "peer_down",
            "peer_up",
            "route_announce",
            "route_change",
            "route_withdraw",
            "routes_expired",
            "session_end",
            "session_start"
        ]
    );
    for event in &events {
        let faults = schema.faults("network_activity", event);
        assert!(faults.is_empty(), "{faults:#?}\nin {event:#}");
    }
}

#[test]
fn likes_of_a_batch_are_one_event() {
    let schema = schema();
    let mut table = support::table();
    let mut router = Speaker::new(1, support::EPOCH);
    router.start(&mut table);
    router.say(&mut table, 1, RibView::AdjRibInPre, peer_up());
    let prefixes: Vec<String> = (0..250).map(|n| format!("10.{n}.0.0/16")).collect();
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let told = [
        router.say(&mut table, 1, RibView::AdjRibInPre, announce(&prefixes, 1)),
        router.say(&mut table, 1, RibView::AdjRibInPre, announce(&prefixes[..3], 2)),
        router.say(&mut table, 1, RibView::AdjRibInPre, withdraw(&prefixes)),
    ];
    let grouping = Grouping { from: 4, samples: 5 };
    let lines = |told: &[Deltas]| told.iter().flat_map(|deltas| deltas.ocsf(grouping)).collect::<Vec<_>>();
    let events: Vec<Value> = lines(&told).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 5, "one of 250, three of their own, one of 250");
    for event in &events {
        let faults = schema.faults("network_activity", event);
        assert!(faults.is_empty(), "{faults:#?}\nin {event:#}");
    }
    let many = &events[0];
    assert_eq!(many["count"], 250);
    assert_eq!(many["unmapped"]["bgp"]["samples"].as_array().unwrap().len(), 5);
    assert_eq!(many["unmapped"]["bgp"]["samples"][0]["route"], "10.0.0.0/16");
    assert!(many["message"]
        .as_str()
        .unwrap()
        .contains("announced 250 routes in adj_rib_in_pre: 10.0.0.0/16, "));
    assert!(many["unmapped"]["bgp"].get("prefix").is_none());
    assert_eq!(many["device"]["name"], "r1");
    assert!(events[1].get("count").is_none(), "below the limit each is its own");
    let uids: BTreeSet<&str> =
        events.iter().map(|event| event["metadata"]["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), events.len());
    assert_eq!(lines(&told), lines(&told), "and they are the same again");
}

#[test]
fn the_validator_refuses() {
    let schema = schema();
    let good = events(&told()).swap_remove(0);
    type Spoil = fn(&mut Value);
    let spoils: [(&str, Spoil); 9] = [
        ("not in the schema", |event| event["bgp"] = json!(1)),
        // Of a profile that the event does not declare.
        ("not in the schema", |event| event["cloud"] = json!({"provider": "none"})),
        ("required", |event| drop(event.as_object_mut().unwrap().remove("severity_id"))),
        ("not in the enumeration", |event| event["activity_id"] = json!(8)),
        ("severity says", |event| event["severity"] = json!("High")),
        ("is no", |event| event["time"] = json!("now")),
        ("does not look like", |event| event["src_endpoint"]["ip"] = json!("10.1")),
        ("at_least_one", |event| {
            let endpoint = event["src_endpoint"].as_object_mut().unwrap();
            endpoint.remove("uid");
            endpoint.remove("name");
        }),
        ("type_uid", |event| event["type_uid"] = json!(400_102)),
    ];
    for (why, spoil) in spoils {
        let mut bad = good.clone();
        spoil(&mut bad);
        let faults = schema.faults("network_activity", &bad);
        assert!(faults.iter().any(|fault| fault.contains(why)), "{why}: {faults:?} in {bad:#}");
    }
}

#[test]
fn an_event_says_who_what_and_when() {
    let events = events(&told());
    let announced = of(&events, "route_announce");
    let first = announced[0];
    assert_eq!(first["type_uid"], 400_199);
    assert_eq!(first["activity_name"], "Route Announce");
    assert_eq!(first["src_endpoint"]["ip"], "10.0.0.1");
    assert_eq!(first["src_endpoint"]["autonomous_system"]["number"], 65_001);
    assert_eq!(first["dst_endpoint"]["name"], "r1");
    assert_eq!(first["unmapped"]["bgp"]["prefix"], "10.1.0.0/16");
    assert_eq!(first["unmapped"]["bgp"]["view"], "adj_rib_in_pre");
    assert_eq!(first["time"], i64::try_from(support::EPOCH / 1000).unwrap());
    assert_eq!(
        first["observables"][2],
        json!({"name": "unmapped.bgp.prefix", "type": "Subnet", "type_id": 12, "value": "10.1.0.0/16"})
    );
    let message = first["message"].as_str().unwrap();
    assert!(
        message.starts_with("r1: 10.0.0.1 (AS65001) announced 10.1.0.0/16 in adj_rib_in_pre"),
        "{message}"
    );

    let out = announced.iter().find(|event| event["unmapped"]["bgp"]["view"] == "adj_rib_out_pre").unwrap();
    assert_eq!(out["connection_info"]["direction"], "Outbound");
    assert_eq!(out["dst_endpoint"]["ip"], "10.0.0.1", "what the router sends goes to the peer");

    let down = of(&events, "peer_down");
    assert_eq!(down.len(), 1);
    assert_eq!((&down[0]["activity_id"], &down[0]["severity_id"]), (&json!(2), &json!(4)));
    assert!(down[0]["status_detail"].is_string());
    let local = announced.iter().find(|event| event["unmapped"]["bgp"]["prefix"] == "10.2.0.0/16").unwrap();
    assert!(local["src_endpoint"].get("ip").is_none(), "0.0.0.0 is nobody's address");
}

#[test]
fn a_clock_that_was_never_set_is_not_believed() {
    let mut table = support::table();
    let mut r = support::Speaker::new(1, support::EPOCH);
    r.start(&mut table);
    let mut time_of = |med: u8, router_time_us: i64| {
        let body = support::announce(&["10.0.0.0/8"], med);
        let mut batch = r.batch(Some(1), rib::RibView::AdjRibInPre, vec![body]);
        batch.events[0].router_time_us = router_time_us;
        let events = events(&[support::apply(&mut table, &batch)]);
        let event = events
            .iter()
            .find(|event| event["unmapped"]["bgp"]["event"].as_str().unwrap().starts_with("route"))
            .unwrap();
        (event["time"].as_i64().unwrap(), event["unmapped"]["bgp"]["router_clock_wrong"] == json!(true))
    };
    let now = i64::try_from(support::EPOCH).unwrap();
    let day = 86_400 * support::SECOND;
    // A minute after 1970 began, and two days from now.
    assert_eq!(time_of(1, 60 * support::SECOND), (now / 1000, true));
    assert_eq!(time_of(2, now + 2 * day), (now / 1000, true));
    assert_eq!(time_of(3, now - day), ((now - day) / 1000, false));
}

#[test]
fn only_what_happened_is_told() {
    let events = events(&told());
    let prefixes: Vec<_> = of(&events, "route_withdraw")
        .iter()
        .map(|event| event["unmapped"]["bgp"]["prefix"].clone())
        .collect();
    assert_eq!(prefixes, ["10.1.0.0/16"], "10.9.0.0/16 was never there");
    assert_eq!(of(&events, "route_change").len(), 1);
}

#[test]
fn an_event_keeps_its_identity() {
    let uids = |told: &[Deltas]| -> Vec<String> {
        events(told).iter().map(|event| event["metadata"]["uid"].as_str().unwrap().to_owned()).collect()
    };
    let (once, again) = (uids(&told()), uids(&told()));
    assert_eq!(once, again);
    assert_eq!(once.iter().collect::<BTreeSet<_>>().len(), once.len(), "and no two have the same");
}
