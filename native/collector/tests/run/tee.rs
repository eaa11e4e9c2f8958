//! What further stations hear of a router's session.

use super::collector::{eventually, Collector};
use super::router::{generated, messages, Router};
use crate::common::{Capture, Format, Link};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::{sleep, spawn, JoinHandle};
use std::time::Duration;
use tempfile::NamedTempFile;

fn read_all(mut connection: TcpStream) -> JoinHandle<Vec<u8>> {
    spawn(move || {
        let mut octets = Vec::new();
        let _ = connection.read_to_end(&mut octets);
        octets
    })
}

#[test]
fn octets_are_equal_on_the_far_side() {
    let far = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap()];
    let to = far.each_ref().map(|far| far.local_addr().unwrap().to_string()).join(",");
    let mut collector = Collector::start(&["--broker", "json_lines", "--set", &format!("tee.to={to}")]);
    collector.drain();
    let octets = generated(&["--routes", "3000", "--peers", "3"]);
    Router::connect(collector.address).send(&octets);
    let heard = far.map(|far| read_all(far.accept().unwrap().0));
    for heard in heard {
        assert!(heard.join().unwrap() == octets, "other octets");
    }
}

/// A session whose further station went away.
struct Lost {
    far: TcpListener,
    collector: Collector,
    router: Router,
    /// What that station heard before.
    heard: Vec<u8>,
}

fn lost_after(before: &[&[u8]]) -> Lost {
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tee.to={}", far.local_addr().unwrap());
    let mut collector = Collector::start(&["--broker", "json_lines", "--set", &to]);
    collector.drain();
    let mut router = Router::connect(collector.address);
    router.send(&before.concat());
    let mut first = far.accept().unwrap().0;
    let mut heard = vec![0; before.concat().len()];
    first.read_exact(&mut heard).unwrap();
    drop(first);
    collector.wait_for_log("a tee is gone");
    Lost { far, collector, router, heard }
}

#[test]
fn who_comes_back_hears_the_opening_messages_first() {
    let octets = generated(&["--routes", "400", "--peers", "2"]);
    let all = messages(&octets);
    let (before, after) = all.split_at(all.len() / 2);
    let Lost { far, collector: _collector, mut router, heard } = lost_after(before);
    assert_eq!(heard, before.concat());
    let second = read_all(far.accept().unwrap().0);
    sleep(Duration::from_millis(300));
    router.send(&after.concat());
    drop(router);
    // Initiation and both Peer Ups, then what follows.
    assert_eq!(second.join().unwrap(), [&all[..3], after].concat().concat());
}

/// What tshark reads in octets of a connection: the type of each BMP message, and each prefix.
fn tshark(octets: &[u8]) -> (Vec<u8>, usize) {
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection("192.0.2.1:40000", "192.0.2.2:11019", octets, 1400);
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&capture.bytes(Format::Pcap)).unwrap();
    let output = Command::new("tshark")
        .args(["-d", "tcp.port==11019,bmp", "-Y", "bmp", "-T", "fields", "-E", "occurrence=a"])
        .args(["-e", "bmp.type", "-e", "bgp.nlri_prefix", "-e", "bgp.mp_reach_nlri_ipv6_prefix"])
        .args(["-e", "_ws.malformed", "-r"])
        .arg(file.path())
        .output()
        .unwrap_or_else(|_| needs::leave_out("tshark is not installed"));
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut types, mut prefixes) = (Vec::new(), 0);
    for line in text.lines() {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap().split(',').filter(|value| !value.is_empty());
        types.extend(field().map(|value| value.parse::<u8>().unwrap()));
        prefixes += field().count() + field().count();
        assert_eq!(field().count(), 0, "malformed: {line}");
    }
    (types, prefixes)
}

/// The same by our own decoder.
fn decoded(octets: &[u8]) -> usize {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(octets).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_bmp-collector")).arg("rib").arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.iter().filter(|octet| **octet == b'\n').count()
}

#[test]
fn the_far_side_is_understood_by_tshark_before_and_after_it_came_back() {
    let octets = generated(&["--routes", "400", "--peers", "2"]);
    let all = messages(&octets);
    let (before, after) = all.split_at(all.len() / 2);
    let types = |messages: &[&[u8]]| messages.iter().map(|message| message[5]).collect::<Vec<_>>();
    let Lost { far, collector, mut router, heard } = lost_after(before);
    let second = far.accept().unwrap().0;
    eventually("it is begun anew", || collector.log().matches("a tee is connected").count() == 2);
    router.send(&after.concat());
    drop(router);
    let again = read_all(second).join().unwrap();

    let (one, two) = (tshark(&heard), tshark(&again));
    assert_eq!(one.0, types(before));
    assert_eq!(two.0, [types(&all[..3]), types(after)].concat());
    assert_eq!(one.1 + two.1, 800, "every route of both peers");
    assert_eq!(decoded(&heard) + decoded(&again), 800);
}

#[test]
fn a_slow_tee_never_slows_the_station() {
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tee.to={}", far.local_addr().unwrap());
    let octets = generated(&["--routes", "200000", "--peers", "1"]);
    let mut collector =
        Collector::start(&["--broker", "json_lines", "--set", &to, "--set", "tee.buffer_bytes=100000"]);
    collector.drain();
    let mut router = Router::connect(collector.address);
    // It is never read.
    let stuck = far.accept().unwrap().0;
    router.send(&octets);
    drop(router);
    collector.wait_for_log("a session is over");
    eventually("the tee is cut", || collector.log().contains("a tee is too slow"));
    drop(stuck);
}
