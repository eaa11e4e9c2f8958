//! OpenBMP's raw feed: each message as the router sent it, behind OpenBMP's binary header, read back by this test's own reader.

use super::collector::{eventually, Collector};
use super::nats::{Nats, Raw};
use super::router::{generated, initiation, messages, Router};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the header says, and the BMP message after it. Offsets are those of the format.
#[derive(Debug)]
struct Read {
    collector_hash: [u8; 16],
    collector: String,
    router_hash: [u8; 16],
    router: IpAddr,
    group: String,
    seconds: u32,
    message: Vec<u8>,
}

#[track_caller]
fn read(octets: &[u8]) -> Read {
    let u16_at = |at: usize| usize::from(u16::from_be_bytes(octets[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_be_bytes(octets[at..at + 4].try_into().unwrap());
    let text = |at: usize, length: usize| String::from_utf8(octets[at..at + length].to_vec()).unwrap();
    assert_eq!(&octets[..6], b"OBMP\x01\x07");
    assert_eq!(octets[13], 12, "BMP_RAW");
    assert_eq!(octets[12] & 0x80, 0x80, "of a router");
    assert!(u32_at(18) < 1_000_000, "microseconds");
    let name = u16_at(38);
    let router = 40 + name;
    let address = &octets[router + 16..router + 32];
    let group = u16_at(router + 32);
    let rows = router + 34 + group;
    assert_eq!(u32_at(rows), 1);
    assert_eq!(u16_at(6), rows + 4, "length of the header");
    assert_eq!(u32_at(8) as usize, octets.len() - rows - 4, "length of the message");
    let v4 = [address[0], address[1], address[2], address[3]];
    Read {
        collector_hash: octets[22..38].try_into().unwrap(),
        collector: text(40, name),
        router_hash: octets[router..router + 16].try_into().unwrap(),
        router: match octets[12] & 0x40 {
            0 => Ipv4Addr::from(v4).into(),
            _ => Ipv6Addr::from(<[u8; 16]>::try_from(address).unwrap()).into(),
        },
        group: text(router + 34, group),
        seconds: u32_at(14),
        message: octets[rows + 4..].to_vec(),
    }
}

fn collector(nats: &Nats, more: &[&str]) -> Collector {
    let url = nats.url();
    let mut collector = Collector::start(
        &[&["--nats", &url, "--set", "collector=edge-1", "--set", "http=127.0.0.1:0"], more].concat(),
    );
    collector.wait_for_log("JetStream is there stream=\"OPENBMP\"");
    collector
}

fn raw(nats: &Nats, count: usize) -> Vec<Raw> {
    let mut stored = Vec::new();
    eventually("all messages are there", || {
        stored = nats.raw("OPENBMP");
        stored.len() >= count
    });
    stored
}

#[test]
fn every_message_is_there_in_its_order_behind_its_header() {
    let nats = Nats::start("");
    let mut collector = collector(
        &nats,
        &[
            "--listen",
            "[::]:0",
            "--set",
            "openbmp.subject=openbmp.bmp_raw",
            "--set",
            "openbmp.router_group=borders",
        ],
    );
    let octets = generated(&["--routes", "2000", "--peers", "2"]);
    // In pieces that are no messages.
    let mut router = Router::connect((Ipv6Addr::LOCALHOST, collector.address.port()).into());
    for piece in octets.chunks(1000) {
        router.send(piece);
    }
    drop(router);
    let all = messages(&octets);
    let stored = raw(&nats, all.len());
    assert!(stored.iter().all(|one| one.subject == "openbmp.bmp_raw"));
    let read: Vec<_> = stored.iter().map(|one| read(&one.payload)).collect();
    assert!(read.iter().map(|one| one.message.as_slice()).eq(all.iter().copied()), "other messages");
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for one in &read {
        assert_eq!((one.collector.as_str(), one.group.as_str()), ("edge-1", "borders"));
        // `printf edge-1 | md5sum`
        assert_eq!(hex(&one.collector_hash), "f793fc7bad4341d0e3a497996832ff89");
        assert_eq!(one.router, IpAddr::from(Ipv6Addr::LOCALHOST));
        assert_eq!(one.router_hash, read[0].router_hash);
        assert!(now - u64::from(one.seconds) < 600);
    }
    // The batches are there as ever, and know the router by the same id.
    assert_eq!(super::nats::routes_in_order(&nats.stored()), (4000, 0));
    let session = nats.stored()[0].batch.session.clone().unwrap();
    assert_eq!(session.router_id.as_ref(), read[0].router_hash);
    assert_eq!(collector.stop(), 0);
}

#[test]
fn each_router_may_have_a_subject_of_its_own() {
    let mut nats = Nats::start("");
    let collector = collector(&nats, &["--set", "openbmp.subject=openbmp.{router}.bmp_raw"]);
    let mut one = Router::connect(collector.address);
    one.send(&initiation("one"));
    let stored = raw(&nats, 1);
    let hash = |raw: &Raw| hex(&read(&raw.payload).router_hash);
    assert_eq!(stored[0].subject, format!("openbmp.{}.bmp_raw", hash(&stored[0])));
    assert_eq!(read(&stored[0].payload).router, IpAddr::from(Ipv4Addr::LOCALHOST));
    // What is sent while NATS is away comes when it is back.
    nats.kill();
    Router::connect(collector.address).send(&initiation("two"));
    one.send(&initiation("one again"));
    nats.start_again();
    let stored = raw(&nats, 3);
    assert_eq!(stored.len(), 3);
    let subjects: BTreeSet<_> = stored.iter().map(|one| one.subject.clone()).collect();
    assert_eq!(subjects.len(), 2);
    assert!(stored.iter().all(|one| one.subject.contains(&hash(one))));
}

#[test]
fn what_has_no_room_is_left_out_and_then_it_begins_with_the_opening_messages() {
    let mut nats = Nats::start("");
    let collector = collector(
        &nats,
        &[
            "--set",
            "openbmp.subject=openbmp.bmp_raw",
            "--set",
            "openbmp.buffer_bytes=16384",
            "--set",
            "session.max_message_bytes=8192",
        ],
    );
    let octets = generated(&["--routes", "2000", "--peers", "2"]);
    let all = messages(&octets);
    let (before, after) = all.split_at(3);
    let mut router = Router::connect(collector.address);
    router.send(&before.concat());
    assert_eq!(raw(&nats, 3).len(), 3);
    nats.kill();
    router.send(&after.concat());
    eventually("some are left out", || collector.metric("openbmp_messages_dropped_total") > 0.0);
    nats.start_again();
    let read_all = |stored: Vec<Raw>| stored.iter().map(|one| read(&one.payload).message).collect::<Vec<_>>();
    eventually("there is room again", || collector.log().matches("stream=\"OPENBMP\"").count() > 2);
    let dropped: usize = collector.metric("openbmp_messages_dropped_total").to_string().parse().unwrap();
    let kept = after.len() - dropped;
    assert_eq!(raw(&nats, 3 + kept).len(), 3 + kept);
    router.send(&initiation("again"));
    let said = read_all(raw(&nats, 3 + kept + 4));
    let expected: Vec<_> = [before, &after[..kept], before].concat();
    assert_eq!(said[..said.len() - 1], expected);
    assert_eq!(said[said.len() - 1], initiation("again"));
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
