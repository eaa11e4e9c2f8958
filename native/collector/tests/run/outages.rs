//! Whatever stops on the way, the routing table that consumes the stream is the router's own in the end.

use super::collector::{eventually, Collector};
use super::nats::{routes_in_order, Nats, Stored};
use super::router::{generated, messages, Router};
use batch::proto::Message as _;
use rib::{Limits, RoutingTable};
use std::io::{copy, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// The table after all that is stored, and how many route changes the batches of each session were.
fn table_of(stored: &[Stored]) -> (RoutingTable, Vec<(Vec<u8>, usize)>) {
    let mut table = RoutingTable::new(Limits::default());
    let mut changes: Vec<(Vec<u8>, usize)> = Vec::new();
    for one in stored {
        let session = one.batch.session.as_ref().unwrap().session_id.to_vec();
        let deltas = table.apply(&one.batch.encode_to_vec()).unwrap();
        match changes.iter_mut().find(|(id, _)| *id == session) {
            Some((_, count)) => *count += deltas.routes.len(),
            None => changes.push((session, deltas.routes.len())),
        }
    }
    (table, changes)
}

fn collector(nats: &str, more: &[&str]) -> Collector {
    let mut collector = Collector::start(
        &[
            &[
                "--nats",
                nats,
                "--set",
                "jetstream.ack_timeout_ms=1000",
                "--set",
                "session.max_batch_bytes=8000",
            ],
            more,
        ]
        .concat(),
    );
    collector.wait_for_log("JetStream is there");
    collector
}

/// How long NATS stands still: 60 s with `SERVICERADAR_BMP_LONG`, else 3 s.
fn outage() -> Duration {
    Duration::from_secs(if std::env::var_os("SERVICERADAR_BMP_LONG").is_some() { 60 } else { 3 })
}

#[test]
fn nats_stands_still_in_a_dump() {
    let nats = Nats::start("");
    let mut collector = collector(&nats.url(), &["--set", "session.stall_timeout_ms=300000"]);
    let octets = generated(&["--routes", "40000", "--peers", "1"]);
    let all = messages(&octets);
    let (first, rest) = all.split_at(all.len() / 3);
    let mut router = Router::connect(collector.address);
    router.send(&first.concat());
    eventually("some is stored", || !nats.stored().is_empty());
    nats.signal("STOP");
    let rest = rest.concat();
    let sending = spawn(move || {
        router.send(&rest);
        router
    });
    sleep(outage());
    nats.signal("CONT");
    drop(sending.join().unwrap());
    collector.wait_for_log("a session is over");
    let stored = nats.stored();
    assert_eq!(routes_in_order(&stored), (40_000, 0));
    let (table, _) = table_of(&stored);
    assert_eq!(table.size().routes, 40_000);
}

#[test]
fn a_cluster_loses_its_leader_in_a_dump() {
    let mut cluster = Nats::cluster();
    let urls = cluster.iter().map(Nats::url).collect::<Vec<_>>().join(",");
    let mut collector =
        collector(&urls, &["--set", "jetstream.replicas=3", "--set", "session.stall_timeout_ms=300000"]);
    let octets = generated(&["--routes", "40000", "--peers", "1"]);
    let all = messages(&octets);
    let mut router = Router::connect(collector.address);
    for (number, part) in all.chunks(all.len() / 8 + 1).enumerate() {
        router.send(&part.concat());
        sleep(Duration::from_millis(200));
        if number == 2 {
            let info = cluster[0].api("STREAM.INFO.BMP", serde_json::json!({}));
            let leader = info["cluster"]["leader"].as_str().expect("a leader").to_owned();
            let at = cluster.iter().position(|one| one.name() == leader).unwrap();
            let mut leader = cluster.remove(at);
            leader.kill();
        }
    }
    drop(router);
    collector.wait_for_log("a session is over");
    let stored = cluster[0].stored();
    assert_eq!(routes_in_order(&stored), (40_000, 0));
    let (table, _) = table_of(&stored);
    assert_eq!(table.size().routes, 40_000);
}

#[test]
fn a_collector_that_is_killed_leaves_no_false_history() {
    let nats = Nats::start("");
    let octets = generated(&["--routes", "10000", "--peers", "2"]);
    let first = collector(&nats.url(), &[]);
    let mut router = Router::connect(first.address);
    router.send(&octets);
    eventually("it is stored", || routes_in_order(&nats.stored()).0 == 20_000);
    first.signal("KILL");
    drop(first);
    let mut second = collector(&nats.url(), &[]);
    Router::connect(second.address).send(&octets);
    second.wait_for_log("a session is over");
    let (table, changes) = table_of(&nats.stored());
    assert_eq!(table.size().routes, 20_000);
    let changes: Vec<_> = changes.iter().map(|(_, count)| *count).collect();
    assert_eq!(changes, [20_000, 0], "a dump that says nothing new changes nothing");
}

/// A TCP balancer that says by the PROXY protocol whom it speaks for, and takes one collector after the other.
fn balancer(collectors: [SocketAddr; 2]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    spawn(move || {
        for (number, router) in listener.incoming().enumerate() {
            let mut router = router.unwrap();
            let mut collector = TcpStream::connect(collectors[number % 2]).unwrap();
            let port = router.peer_addr().unwrap().port();
            write!(collector, "PROXY TCP4 192.0.2.7 192.0.2.1 {port} 11019\r\n").unwrap();
            spawn(move || {
                let _ = copy(&mut router, &mut collector);
            });
        }
    });
    address
}

#[test]
fn sessions_move_between_collectors_behind_a_balancer() {
    let nats = Nats::start("");
    let more = ["--set", "balancers=127.0.0.1", "--allow", "192.0.2.0/24"];
    let mut collectors = [collector(&nats.url(), &more), collector(&nats.url(), &more)];
    let address = balancer(collectors.each_ref().map(|one| one.address));
    let octets = generated(&["--routes", "5000", "--peers", "2"]);
    for collector in [0, 1, 0] {
        let before = collectors[collector].log().matches("a session is over").count();
        Router::connect(address).send(&octets);
        eventually("the session is over", || {
            collectors[collector].log().matches("a session is over").count() > before
        });
    }
    let stored = nats.stored();
    let routers: std::collections::BTreeSet<_> =
        stored.iter().map(|one| &one.headers["Bmp-Router-Id"]).collect();
    assert_eq!(routers.len(), 1, "one router, whoever takes it");
    let session = stored[0].batch.session.as_ref().unwrap();
    assert_eq!(session.router_address, "192.0.2.7");
    let (table, changes) = table_of(&stored);
    assert_eq!(table.size().routes, 10_000);
    assert_eq!(changes.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [10_000, 0, 0]);
    for collector in &mut collectors {
        assert_eq!(collector.stop(), 0);
    }
}

/// With `SERVICERADAR_BMP_LONG`: 100 routers, 1,000 peers, 2 million routes; else a twentieth of it.
#[test]
fn many_routers_at_once_and_all_again() {
    let long = std::env::var_os("SERVICERADAR_BMP_LONG").is_some();
    let (routers, peers, routes) = if long { (100, 10, 2000) } else { (10, 10, 1000) };
    let nats = Nats::start("");
    let url = nats.url();
    let mut collector = Collector::start(&[
        "--nats",
        &url,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "log.level=info",
        "--set",
        "jetstream.max_bytes=4000000000",
        "--set",
        "connects_per_second=1000",
        "--set",
        "max_sessions_per_source=1000",
    ]);
    collector.wait_for_log("JetStream is there");
    let dumps: Vec<Vec<u8>> = (0..routers)
        .map(|router| {
            let (name, peers, routes) = (format!("r{router}"), peers.to_string(), routes.to_string());
            generated(&["--routes", &routes, "--peers", &peers, "--name", &name])
        })
        .collect();
    let octets: usize = dumps.iter().map(Vec::len).sum();
    let mut expected = 0.0;
    for round in ["first", "again"] {
        let cpu = cpu(collector.pid());
        let started = Instant::now();
        let address = collector.address;
        let sending: Vec<_> = dumps
            .iter()
            .map(|dump| {
                let mut router = Router::connect(address);
                let dump = dump.clone();
                spawn(move || {
                    router.send(&dump);
                })
            })
            .collect();
        sending.into_iter().for_each(|sender| sender.join().unwrap());
        expected += f64::from(routers * peers * routes);
        eventually("everything is acknowledged", || {
            collector.metric("routes_total") >= expected
                && collector.metric("sessions") == 0.0
                && collector.metric("batches_total") == collector.metric("batches_acknowledged_total")
        });
        println!(
            "{round}: {routers} routers, {} peers, {} routes, {octets} octets: quiet after {:.2} s, CPU {:.2} s, most memory \
             {} MiB, ack p50 {:.1} ms p99 {:.1} ms",
            routers * peers,
            routers * peers * routes,
            started.elapsed().as_secs_f64(),
            self::cpu(collector.pid()) - cpu,
            most_memory(collector.pid()) / 1024,
            quantile(&collector.get("/metrics"), 0.5) * 1000.0,
            quantile(&collector.get("/metrics"), 0.99) * 1000.0,
        );
    }
    // Most memory is what the limits say, not what was sent.
    assert!(most_memory(collector.pid()) < 2 << 20);
    let batches = collector.metric("batches_acknowledged_total");
    let seconds = message_a_prefix(&nats, 20_000);
    let here = collector.metric("acknowledged_bytes_total");
    println!(
        "{batches} batches, {here} octets in NATS for {expected} routes; a message a prefix, 256 of them on their way: 20000 prefixes take {seconds:.2} s, {:.0} routes/s",
        20_000.0 / seconds
    );
}

/// The baseline: one JSON message for each prefix, as goBMP has it, many on their way at a time.
fn message_a_prefix(nats: &Nats, count: usize) -> f64 {
    nats.api(
        "STREAM.CREATE.BASE",
        serde_json::json!({"name": "BASE", "subjects": ["base.>"], "storage": "file"}),
    );
    let started = Instant::now();
    nats.publish_all("base.unicast", count, |number| {
        serde_json::json!({
            "action": "add", "router_ip": "192.0.2.1", "peer_ip": "192.0.2.9", "peer_asn": 64500, "timestamp": "2026-01-01T00:00:00Z",
            "prefix": format!("10.{}.{}.0", number / 256 % 256, number % 256), "prefix_len": 24, "nexthop": "192.0.2.9",
            "base_attrs": {"origin": "igp", "as_path": [64500, 64501, 64502], "as_path_count": 3, "community_list": "64500:1, 64500:2"},
        })
        .to_string()
    });
    started.elapsed().as_secs_f64()
}

/// Seconds of CPU, user and system.
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// KiB.
fn most_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The upper bound of the bucket that a quantile of the acknowledgements' time falls into.
fn quantile(metrics: &str, quantile: f64) -> f64 {
    let buckets: Vec<(f64, f64)> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("bmp_collector_ack_seconds_bucket{le=\""))
        .filter_map(|line| line.split_once("\"} "))
        .map(|(le, count)| (le.parse().unwrap_or(f64::INFINITY), count.trim().parse().unwrap()))
        .collect();
    let all = buckets.last().map_or(0.0, |(_, count)| *count);
    buckets.iter().find(|(_, count)| *count >= all * quantile).map_or(0.0, |(le, _)| *le)
}
