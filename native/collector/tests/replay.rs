//! `replay` against a listening socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{command, run, Capture, Format, Link};
use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A station that takes `sessions` connections and gives back what came over each, in order of arrival.
fn station(sessions: usize) -> (String, thread::JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let handle = thread::spawn(move || {
        let connections: Vec<_> = (0..sessions)
            .map(|_| listener.accept().unwrap().0)
            .map(|mut connection| {
                thread::spawn(move || {
                    let mut bytes = Vec::new();
                    connection.read_to_end(&mut bytes).unwrap();
                    bytes
                })
            })
            .collect();
        connections.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    (address, handle)
}

fn table(folder: &TempDir, routes: u32) -> (String, Vec<u8>) {
    let path = folder.path().join(format!("{routes}.bmp"));
    let path = path.to_str().unwrap().to_owned();
    let made = run(&["generate", "--routes", &routes.to_string(), "--peers", "2", "-o", &path]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

fn messages(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while !bytes.is_empty() {
        let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap());
        bytes = &bytes[length as usize..];
        count += 1;
    }
    count
}

#[test]
fn every_byte_arrives() {
    let folder = TempDir::new().unwrap();
    let (path, bytes) = table(&folder, 2000);
    let (address, received) = station(1);
    let replay = run(&["replay", &path, &address]);
    assert_eq!(replay.status, 0, "{}", replay.stderr);
    assert_eq!(received.join().unwrap()[0], bytes);
    assert!(
        replay.stderr.contains(&format!("sent {} messages, {} bytes", messages(&bytes), bytes.len())),
        "{}",
        replay.stderr
    );
    assert!(replay.stdout.is_empty());
}

#[test]
fn the_rate_is_kept() {
    let folder = TempDir::new().unwrap();
    let (path, bytes) = table(&folder, 200);
    let count = messages(&bytes) as f64;
    let (address, received) = station(1);
    let started = Instant::now();
    let replay = run(&["replay", &path, &address, "--rate", &(count / 0.8).to_string()]);
    let took = started.elapsed();
    assert_eq!(replay.status, 0, "{}", replay.stderr);
    assert_eq!(received.join().unwrap(), [bytes]);
    assert!(took >= Duration::from_millis(780), "{count} messages in {took:?}");
    // the other bound is wide because a busy machine is slow, not the rate
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn sessions_of_a_capture_get_connections_of_their_own() {
    let folder = TempDir::new().unwrap();
    let ((_, one), (_, two)) = (table(&folder, 100), table(&folder, 150));
    let mut capture = Capture::new(Link::Ethernet);
    capture.connection("192.0.2.1:5000", "192.0.2.9:11019", &one, 1000);
    capture.connection("192.0.2.2:5000", "192.0.2.9:11019", &two, 1000);
    let path = folder.path().join("two.pcap");
    std::fs::write(&path, capture.bytes(Format::Pcap)).unwrap();
    let (address, received) = station(2);
    let replay = run(&["replay", path.to_str().unwrap(), &address]);
    assert_eq!(replay.status, 0, "{}", replay.stderr);
    assert_eq!(received.join().unwrap(), [one, two]);
}

#[test]
fn broken_bytes_are_sent_as_they_are() {
    let folder = TempDir::new().unwrap();
    let bytes = [&[3, 0, 0, 0, 6, 9][..], &[3, 0, 0, 0, 5, 0, 1, 2, 3], &[0xff; 40]].concat();
    let path = folder.path().join("broken.bmp");
    std::fs::write(&path, &bytes).unwrap();
    let (address, received) = station(1);
    run(&["replay", path.to_str().unwrap(), &address]);
    assert_eq!(received.join().unwrap(), [bytes]);
}

#[test]
fn hold_keeps_the_connection_open() {
    let folder = TempDir::new().unwrap();
    let (path, bytes) = table(&folder, 50);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut child =
        Guard(command().args(["replay", &path, &address, "--hold"]).stderr(Stdio::null()).spawn().unwrap());
    let mut connection = listener.accept().unwrap().0;
    let mut received = vec![0; bytes.len()];
    connection.read_exact(&mut received).unwrap();
    assert_eq!(received, bytes);
    connection.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(connection.read(&mut [0]).is_err(), "neither closed nor more bytes");
    drop(connection);
    assert!(child.0.wait().unwrap().success(), "it ends when the station closes");
}

struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

#[test]
fn a_station_that_is_not_there() {
    let folder = TempDir::new().unwrap();
    let (path, _) = table(&folder, 10);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let replay = run(&["replay", &path, &address]);
    assert_eq!(replay.status, 2);
    assert!(replay.stderr.contains(&format!("cannot connect to {address}")), "{}", replay.stderr);
    let replay = run(&["replay", &path, "nowhere"]);
    assert_eq!(replay.status, 2);
    assert!(replay.stderr.contains("nowhere"), "{}", replay.stderr);
    assert_eq!(run(&["replay", &path, &address, "--rate", "0"]).status, 2);
}
