//! Batches in a JetStream stream, through its failures.

use super::collector::{eventually, Collector};
use super::nats::{routes_in_order, Nats};
use super::router::{generated, initiation, messages, Router};
use batch::proto::event::Body;
use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

fn collector(nats: &Nats, more: &[&str]) -> Collector {
    let url = nats.url();
    let mut collector =
        Collector::start(&[&["--nats", &url, "--set", "jetstream.ack_timeout_ms=1000"], more].concat());
    collector.wait_for_log("JetStream is there");
    collector
}

#[test]
fn every_route_is_in_the_stream_with_its_subject_and_headers() {
    let nats = Nats::start("");
    let mut collector =
        collector(&nats, &["--set", "partitions=4", "--set", "session.max_batch_bytes=20000"]);
    let octets = generated(&["--routes", "5000", "--peers", "2"]);
    Router::connect(collector.address).send(&octets);
    collector.wait_for_log("a session is over");
    assert_eq!(collector.stop(), 0);

    let stored = nats.stored();
    assert!(stored.len() > 5, "{} batches", stored.len());
    assert_eq!(routes_in_order(&stored), (10_000, 0));
    let ids: BTreeSet<_> = stored.iter().map(|one| one.headers["Nats-Msg-Id"].clone()).collect();
    assert_eq!(ids.len(), stored.len());
    for one in &stored {
        let session = one.batch.session.as_ref().unwrap();
        let router: [u8; 16] = session.router_id.as_ref().try_into().unwrap();
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        assert_eq!(one.subject, format!("events.bgp.raw.{}", crc32fast::hash(&router) % 4));
        assert_eq!(
            one.headers["Nats-Msg-Id"],
            format!("{}-{}", hex(&session.session_id), one.batch.first_sequence)
        );
        assert_eq!(one.headers["Nats-Expected-Stream"], "BMP");
        assert_eq!(one.headers["Bmp-Router-Id"].replace('-', ""), hex(&router));
    }
}

#[test]
fn nothing_is_lost_and_order_is_kept_when_nats_is_killed_in_a_dump() {
    let mut nats = Nats::start("");
    let mut collector = collector(&nats, &["--set", "session.max_batch_bytes=8000"]);
    let octets = generated(&["--routes", "20000", "--peers", "1"]);
    let all = messages(&octets);
    let mut router = Router::connect(collector.address);
    for (number, part) in all.chunks(all.len() / 6 + 1).enumerate() {
        router.send(&part.concat());
        sleep(Duration::from_millis(100));
        match number {
            1 => nats.kill(),
            3 => nats.start_again(),
            _ => {}
        }
    }
    drop(router);
    collector.wait_for_log("a session is over");
    let stored = nats.stored();
    assert_eq!(routes_in_order(&stored), (20_000, 0));
    let last = stored.last().unwrap().batch.events.last().unwrap().body.clone();
    assert!(matches!(last, Some(Body::SessionEnd(_))), "{last:?}");
}

#[test]
fn a_collector_begins_without_nats() {
    let mut nats = Nats::start("");
    nats.kill();
    let url = nats.url();
    let mut collector = Collector::start(&["--nats", &url]);
    let mut router = Router::connect(collector.address);
    router.send(&generated(&["--routes", "500", "--peers", "1"]));
    collector.wait_for_log("JetStream cannot be used");
    nats.start_again();
    eventually("it is stored", || routes_in_order(&nats.stored()) == (500, 0));
    assert_eq!(collector.stop(), 0);
}

#[test]
fn a_session_is_closed_when_its_owner_asks() {
    let nats = Nats::start("");
    let collector = collector(&nats, &[]);
    let mut router = Router::connect(collector.address);
    router.send(&initiation("r"));
    eventually("it is stored", || !nats.stored().is_empty());
    let id = nats.stored()[0].headers["Nats-Msg-Id"].split('-').next().unwrap().to_owned();
    let body = format!("{{\"session_id\": \"{id}\", \"collector\": \"x\", \"reason\": \"a gap\"}}");
    assert_eq!(nats.request("events.bgp.control.reset", &body).as_deref(), Some("+OK"));
    assert!(router.is_closed());
    eventually("its end is stored", || {
        let stored = nats.stored();
        let end = stored.iter().flat_map(|one| &one.batch.events).find_map(|event| match &event.body {
            Some(Body::SessionEnd(end)) => Some(end.clone()),
            _ => None,
        });
        end.is_some_and(|end| end.reason == 7 && end.text == "a gap")
    });
}

#[test]
fn a_stream_without_room_holds_up_the_router_and_a_stalled_session_ends() {
    let nats = Nats::start("");
    let more = [
        "--set",
        "jetstream.max_bytes=400000",
        "--set",
        "partitions=1",
        "--set",
        "session.max_batch_bytes=20000",
        "--set",
        "session.window=4",
        "--set",
        "session.stall_timeout_ms=1500",
        "--set",
        "drain_timeout_ms=500",
        "--set",
        "session.read_bytes=20000",
    ];
    let mut collector = collector(&nats, &more);
    let octets = generated(&["--routes", "100000", "--peers", "1"]);
    let address = collector.address;
    std::thread::spawn(move || {
        let mut router = Router::connect(address);
        let _ = std::io::Write::write_all(&mut router.0, &octets);
        router.is_closed()
    });
    collector.wait_for_log("publishing waits for the pipeline");
    collector.wait_for_log("the broker was too slow for too long");
    let stored = nats.stored();
    routes_in_order(&stored);
    let info = nats.api("STREAM.INFO.BMP", serde_json::json!({}));
    assert!(info["state"]["bytes"].as_u64().unwrap() <= 400_000);
}

/// What guides/privileges.md lists: no more is needed.
const LEAST: &str = r#"
authorization {
  users: [
    { user: admin, password: admin }
    { user: edge, password: "p@ss", permissions: {
        publish: ["events.bgp.raw.*", "$JS.API.STREAM.INFO.BMP", "$JS.API.STREAM.CREATE.BMP"]
        subscribe: ["_INBOX_edge.>", "events.bgp.control.reset"]
        allow_responses: true
    } }
  ]
}
"#;

#[test]
fn the_least_permissions_are_enough_and_less_is_not() {
    let nats = Nats::start_with_admin(LEAST);
    let url = nats.url().replace("nats://", "nats://edge:p%40ss@");
    let inbox = ["--set", "jetstream.inbox_prefix=_INBOX_edge"];
    let mut collector = Collector::start(&[&["--nats", &url], &inbox[..]].concat());
    collector.wait_for_log("JetStream is there");
    let mut router = Router::connect(collector.address);
    router.send(&generated(&["--routes", "500", "--peers", "1"]));
    eventually("it is stored", || routes_in_order(&nats.stored()) == (500, 0));
    let id = nats.stored()[0].headers["Nats-Msg-Id"].split('-').next().unwrap().to_owned();
    let body = format!("{{\"session_id\": \"{id}\", \"collector\": \"x\", \"reason\": \"a gap\"}}");
    assert_eq!(nats.request("events.bgp.control.reset", &body).as_deref(), Some("+OK"));
    assert!(!collector.log().contains("ermissions"), "{}", collector.log());

    // Each of them is needed.
    let publish = ["\"events.bgp.raw.*\", ", "\"$JS.API.STREAM.INFO.BMP\", "];
    for needed in publish {
        let nats = Nats::start_with_admin(&LEAST.replace(needed, ""));
        let url = nats.url().replace("nats://", "nats://edge:p%40ss@");
        let mut collector = Collector::start(&[&["--nats", &url], &inbox[..]].concat());
        Router::connect(collector.address).send(&initiation("r"));
        collector.wait_for_log("ermissions");
    }
}
