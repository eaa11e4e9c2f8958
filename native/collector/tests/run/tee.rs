//! What further stations hear of a router's session.

use super::collector::{eventually, Collector};
use super::router::{generated, messages, Router};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::thread::{sleep, spawn, JoinHandle};
use std::time::{Duration, Instant};

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

#[test]
fn who_comes_back_hears_the_opening_messages_first() {
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tee.to={}", far.local_addr().unwrap());
    let mut collector = Collector::start(&["--broker", "json_lines", "--set", &to]);
    collector.drain();
    let octets = generated(&["--routes", "400", "--peers", "2"]);
    let all = messages(&octets);
    let (before, after) = all.split_at(all.len() / 2);
    let mut router = Router::connect(collector.address);
    router.send(&before.concat());
    let mut first = far.accept().unwrap().0;
    let mut heard = vec![0; before.concat().len()];
    first.read_exact(&mut heard).unwrap();
    assert_eq!(heard, before.concat());
    drop(first);
    collector.wait_for_log("a tee is gone");
    let second = read_all(far.accept().unwrap().0);
    sleep(Duration::from_millis(300));
    router.send(&after.concat());
    drop(router);
    // Initiation and both Peer Ups, then what follows.
    assert_eq!(second.join().unwrap(), [&all[..3], after].concat().concat());
}

#[test]
fn a_slow_tee_never_slows_the_station() {
    let far = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("tee.to={}", far.local_addr().unwrap());
    let octets = generated(&["--routes", "200000", "--peers", "1"]);
    let mut collector =
        Collector::start(&["--broker", "json_lines", "--set", &to, "--set", "tee.buffer_bytes=100000"]);
    collector.drain();
    let started = Instant::now();
    let mut router = Router::connect(collector.address);
    // It is never read.
    let stuck = far.accept().unwrap().0;
    router.send(&octets);
    drop(router);
    collector.wait_for_log("a session is over");
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
    eventually("the tee is cut", || collector.log().contains("a tee is too slow"));
    drop(stuck);
}
