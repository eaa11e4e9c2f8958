//! Batches on disk while NATS is away.

use super::collector::{eventually, Collector};
use super::nats::{routes_in_order, Nats, Stored};
use super::router::{generated, messages, Router};
use batch::proto::event::Body;
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

fn collector(nats: &Nats, spool: &Path, more: &[&str]) -> Collector {
    let (url, folder) = (nats.url(), format!("spool.folder={}", spool.display()));
    let all = [
        "--nats",
        &url,
        "--set",
        &folder,
        "--set",
        "spool.after_ms=100",
        "--set",
        "jetstream.ack_timeout_ms=1000",
        "--set",
        "session.max_batch_bytes=8000",
        "--set",
        "session.read_bytes=8000",
        "--set",
        "http=127.0.0.1:0",
    ];
    Collector::start(&[&all, more].concat())
}

/// Octets in all files of a spool that are records.
fn spooled(folder: &Path) -> u64 {
    let partitions = std::fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let files = partitions.flat_map(|partition| std::fs::read_dir(partition.path()).unwrap().flatten());
    let records = files.filter(|file| file.path().extension().is_some_and(|suffix| suffix == "spool"));
    records.map(|file| file.metadata().map_or(0, |metadata| metadata.len())).sum()
}

#[track_caller]
fn nothing_is_twice(stored: &[Stored]) {
    let ids: BTreeSet<_> = stored.iter().map(|one| &one.headers["Nats-Msg-Id"]).collect();
    assert_eq!(ids.len(), stored.len());
}

#[test]
fn a_dump_goes_on_while_nats_is_away_and_is_stored_once_and_in_order() {
    let mut nats = Nats::start("");
    let spool = TempDir::new().unwrap();
    // Without a disk it would stop at four batches.
    let mut collector = collector(&nats, spool.path(), &["--set", "session.window=4"]);
    collector.wait_for_log("JetStream is there");
    let octets = generated(&["--routes", "20000", "--peers", "1"]);
    let all = messages(&octets);
    let (first, rest) = all.split_at(all.len() / 3);
    let mut router = Router::connect(collector.address);
    router.send(&first.concat());
    eventually("some is stored", || !nats.stored().is_empty());
    nats.kill();
    router.send(&rest.concat());
    drop(router);
    // It needs NATS no more.
    collector.wait_for_log("a session is over");
    assert!(collector.log().contains("go to the disk"));
    assert!(spooled(spool.path()) > 50_000);
    nats.start_again();
    collector.wait_for_log("JetStream has everything that was on disk");
    let stored = nats.stored();
    assert_eq!(routes_in_order(&stored), (20_000, 0));
    nothing_is_twice(&stored);
    assert_eq!(spooled(spool.path()), 0);
    assert_eq!(collector.metric("spool_bytes"), 0.0);

    // And afterwards all is as before.
    let spooled = collector.metric("batches_spooled_total");
    Router::connect(collector.address).send(&octets);
    eventually("the second dump is stored", || routes_in_order(&nats.stored()) == (40_000, 0));
    assert_eq!(collector.metric("batches_spooled_total"), spooled);
}

#[test]
fn what_is_on_disk_outlives_kill_9() {
    let mut nats = Nats::start("");
    let spool = TempDir::new().unwrap();
    let octets = generated(&["--routes", "20000", "--peers", "1"]);
    let all = messages(&octets);
    let (first, rest) = all.split_at(all.len() / 3);
    let mut killed = collector(&nats, spool.path(), &[]);
    killed.wait_for_log("JetStream is there");
    let mut router = Router::connect(killed.address);
    router.send(&first.concat());
    eventually("some is stored", || !nats.stored().is_empty());
    let before = nats.stored().len();
    nats.kill();
    router.send(&rest.concat());
    drop(router);
    killed.wait_for_log("a session is over");
    killed.signal("KILL");
    drop(killed);

    // Killed once more while it sends, and a router that comes meanwhile is behind what was there first.
    let mut second = collector(&nats, spool.path(), &["--set", "jetstream.window=2"]);
    second.wait_for_log("the spool has batches of an earlier run");
    Router::connect(second.address).send(&octets);
    second.wait_for_log("a session is over");
    nats.start_again();
    eventually("some more is stored", || nats.stored().len() > before + 5);
    second.signal("KILL");
    drop(second);

    let mut third = collector(&nats, spool.path(), &[]);
    third.wait_for_log("JetStream is there");
    eventually("everything is stored", || spooled(spool.path()) == 0);
    let stored = nats.stored();
    assert_eq!(routes_in_order(&stored), (40_000, 0));
    nothing_is_twice(&stored);
    let sessions: Vec<_> =
        stored.iter().map(|one| one.batch.session.as_ref().unwrap().session_id.clone()).collect();
    assert!(sessions.is_sorted_by_key(|id| *id != sessions[0]), "the first session's batches come first");
    assert_eq!(third.stop(), 0);
}

/// Fills a small disk; gives what is stored when NATS is back.
fn fill(window: &str) -> Vec<Stored> {
    let mut nats = Nats::start("");
    nats.kill();
    let spool = TempDir::new().unwrap();
    let mut collector = collector(&nats, spool.path(), &["--set", "spool.max_bytes=512000", "--set", window]);
    let octets = generated(&["--routes", "200000", "--peers", "1"]);
    let address = collector.address;
    let sending = std::thread::spawn(move || {
        let mut router = Router::connect(address);
        let _ = std::io::Write::write_all(&mut router.0, &octets);
        router.is_closed()
    });
    collector.wait_for_log("the disk spool is full, spool.max_bytes is 512000");
    collector.wait_for_log("a session is over");
    assert!(sending.join().unwrap());
    let used = spooled(spool.path());
    assert!(used > 400_000 && used <= 512_000, "{used}");
    assert!(collector.get("/metrics").contains("sessions_ended_total{reason=\"limit\"} 1"));

    nats.start_again();
    eventually("everything is stored", || spooled(spool.path()) == 0);
    let stored = nats.stored();
    nothing_is_twice(&stored);
    assert!(routes_in_order(&stored).0 > 10_000);
    stored
}

#[test]
fn a_full_disk_ends_sessions_and_says_so() {
    let stored = fill("session.window=2");
    let Some(Body::SessionEnd(end)) = stored.last().unwrap().batch.events.last().unwrap().body.clone() else {
        panic!("the session does not end")
    };
    assert!(end.text.contains("the disk spool is full"), "{}", end.text);
    // More is on its way than there is a reserve for: the end is missing then, but nothing before it.
    fill("session.window=64");
}

#[test]
fn two_collectors_do_not_share_a_spool() {
    let nats = Nats::start("");
    let spool = TempDir::new().unwrap();
    let first = collector(&nats, spool.path(), &[]);
    let folder = format!("spool.folder={}", spool.path().display());
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_bmp-collector"))
        .args(["run", "--listen", "127.0.0.1:0", "--nats", &nats.url(), "--set", &folder])
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use by another collector"));
    drop(first);
}
