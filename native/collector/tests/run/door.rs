//! Who is let in.

use super::certificates::Certificates;
use super::collector::{eventually, Collector};
use super::router::{initiation, Router};
use std::io::{BufRead, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An address of this machine that is not its loopback's.
fn own_address() -> IpAddr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr());
    match own {
        Ok(own) if !own.ip().is_loopback() && !own.ip().is_unspecified() => own.ip(),
        _ => needs::leave_out("this machine has no address besides loopback"),
    }
}

#[test]
fn nobody_is_let_in_unasked() {
    let own = own_address();
    let mut collector = Collector::start(&["--listen", "0.0.0.0:0", "--broker", "json_lines"]);
    let at = SocketAddr::new(own, collector.address.port());
    assert!(Router::connect(at).is_closed());
    collector.wait_for_log("to let it in, add its address or prefix");

    let allow = own.to_string();
    let mut collector =
        Collector::start(&["--listen", "0.0.0.0:0", "--broker", "json_lines", "--allow", &allow]);
    let at = SocketAddr::new(own, collector.address.port());
    Router::connect(at).send(&initiation("r"));
    collector.wait_for_log("a session begins");
}

fn collector(more: &[&str]) -> Collector {
    Collector::start(&[&["--broker", "json_lines"], more].concat())
}

#[test]
fn one_address_has_so_many_sessions() {
    let mut collector =
        collector(&["--set", "max_sessions_per_source=2", "--set", "connects_per_second=1000"]);
    let mut first = Router::connect(collector.address);
    first.send(&initiation("a"));
    let mut second = Router::connect(collector.address);
    second.send(&initiation("b"));
    eventually("two sessions", || collector.log().matches("a session begins").count() == 2);
    assert!(Router::connect(collector.address).is_closed());
    collector.wait_for_log("reason=\"source_sessions\"");
    drop(first);
    collector.wait_for_log("a session is over");
    Router::connect(collector.address).send(&initiation("c"));
    eventually("a third", || collector.log().matches("a session begins").count() == 3);
}

#[test]
fn who_says_nothing_or_ends_no_message_is_disconnected() {
    let mut collector = collector(&[
        "--set",
        "session.first_message_timeout_ms=300",
        "--set",
        "session.message_timeout_ms=500",
    ]);
    assert!(Router::connect(collector.address).is_closed());
    collector.wait_for_log("no BMP message came for too long");
    let mut slow = Router::connect(collector.address);
    slow.send(&initiation("slow")).send(&[3, 0, 1, 0, 0, 0]);
    let drips = (0..200).take_while(|_| {
        sleep(Duration::from_millis(20));
        std::io::Write::write_all(&mut slow.0, &[0]).is_ok()
    });
    assert!(drips.count() < 200);
    collector.wait_for_log("a message did not end for too long");
}

#[test]
fn routers_behind_a_balancer_are_who_it_says() {
    let v1 = b"PROXY TCP4 192.0.2.77 192.0.2.9 40000 11019\r\n".to_vec();
    let v2 = [
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".as_slice(),
        &[192, 0, 2, 78, 192, 0, 2, 9, 0x9c, 0x40, 0x2b, 0x0b],
    ];
    let mut collector = collector(&["--set", "balancers=127.0.0.1", "--allow", "192.0.2.0/24"]);
    let mut one = Router::connect(collector.address);
    one.send(&[v1, initiation("one")].concat());
    collector.wait_for_log("router=192.0.2.77:40000");
    let mut two = Router::connect(collector.address);
    two.send(&[v2.concat(), initiation("two")].concat());
    collector.wait_for_log("router=192.0.2.78:40000");
    // Nobody else, and nobody without.
    let mut other = Router::connect(collector.address);
    other.send(b"PROXY TCP4 198.51.100.1 192.0.2.9 40000 11019\r\n");
    assert!(other.is_closed());
    collector.wait_for_log("from=198.51.100.1:40000 reason=\"source\"");
    let mut none = Router::connect(collector.address);
    none.send(&initiation("none"));
    assert!(none.is_closed());
    collector.wait_for_log("reason=\"proxy_header\"");
}

/// From another address of the loopback network.
fn connect_from(from: [u8; 4], to: SocketAddr) -> Router {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    Router(socket.into())
}

#[test]
fn a_forged_name_is_refused_and_the_router_that_has_it_goes_on() {
    let mut collector = collector(&[
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "session.batch_delay_ms=0",
        "--set",
        "session.heartbeat_ms=600000",
        "--set",
        "sys_names={\"core1\" = \"127.0.0.1\", \"core2\" = [\"127.0.0.2\", \"127.9.0.0/16\"]}",
    ]);
    let mut lines = collector.stdout().lines().map_while(Result::ok);
    let mut until = |name: &str| {
        let name = format!("\"{name}\"");
        let mut before: Vec<String> = lines.by_ref().take_while(|line| !line.contains(&name)).collect();
        before.retain(|line| line.contains("core1") || line.contains("127.0.0.3"));
        assert!(before.is_empty(), "{before:?}");
    };
    let mut honest = connect_from([127, 0, 0, 1], collector.address);
    honest.send(&initiation("core1"));
    until("core1");
    // At once, and after it said another name first.
    let mut forger = connect_from([127, 0, 0, 3], collector.address);
    forger.send(&initiation("core1"));
    assert!(forger.is_closed());
    collector.wait_for_log("the sysName \"core1\" is not believed from there");
    let mut later = connect_from([127, 9, 0, 3], collector.address);
    later.send(&initiation("somebody"));
    until("somebody");
    later.send(&initiation("core1"));
    assert!(later.is_closed());
    connect_from([127, 9, 0, 4], collector.address).send(&initiation("core2"));
    until("core2");
    honest.send(&initiation("core1"));
    until("core1");
    let counted = "sessions_ended_total{reason=\"sys_name\"} 2";
    eventually("it is counted", || collector.get("/metrics").contains(counted));
}

#[test]
fn such_a_header_from_anybody_else_is_no_bmp() {
    let mut collector = collector(&[]);
    let mut router = Router::connect(collector.address);
    router.send(b"PROXY TCP4 192.0.2.77 192.0.2.9 40000 11019\r\n");
    assert!(router.is_closed());
    collector.wait_for_log("reason=\"framing\"");
}

#[test]
fn lists_are_read_again_at_sighup() {
    let own = own_address();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("collector.toml");
    std::fs::write(&file, "broker = \"json_lines\"\nlisten = \"0.0.0.0:0\"\n").unwrap();
    let path = file.to_str().unwrap().to_owned();
    let mut collector = Collector::start(&["--listen", "0.0.0.0:0", "--config", &path]);
    let at = SocketAddr::new(own, collector.address.port());
    assert!(Router::connect(at).is_closed());
    std::fs::write(&file, format!("broker = \"json_lines\"\nallow = [\"{own}\"]\n")).unwrap();
    collector.signal("HUP");
    collector.wait_for_log("are read again");
    let mut router = Router::connect(at);
    router.send(&initiation("r"));
    collector.wait_for_log("a session begins");
    // A file that is wrong changes nothing.
    std::fs::write(&file, "allow = 7\n").unwrap();
    collector.signal("HUP");
    collector.wait_for_log("everything stays as it is");
    Router::connect(at).send(&initiation("s"));
    eventually("another", || collector.log().matches("a session begins").count() == 2);
}

/// Sends octets by `openssl s_client`.
fn send_by_tls(folder: &Path, address: SocketAddr, more: &str, octets: &[u8]) -> Child {
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &address.to_string(), "-CAfile", "authority.pem"])
        .args(more.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Who is refused may be gone before it says anything.
    let _ = client.stdin.as_mut().unwrap().write_all(octets);
    client
}

#[test]
fn routers_speak_tls_and_show_a_certificate() {
    let certificates = Certificates::new();
    let folder = certificates.folder();
    let file = |name: &str| certificates.file(name).display().to_string();
    let settings = [
        format!("tls.cert={}", file("server.pem")),
        format!("tls.key={}", file("server.key")),
        format!("tls.client_ca={}", file("authority.pem")),
        "handshake_timeout_ms=1000".to_owned(),
    ];
    let flags: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting.as_str()]).collect();
    let mut collector = collector(&flags);
    let mut good =
        send_by_tls(folder, collector.address, "-cert router.pem -key router.key", &initiation("r"));
    collector.wait_for_log("a session begins");
    let refused = |collector: &Collector| collector.log().matches("reason=\"tls\"").count();
    for (number, more) in ["", "-cert stranger.pem -key stranger.key"].into_iter().enumerate() {
        let mut bad = send_by_tls(folder, collector.address, more, &initiation("x"));
        eventually("it is refused", || refused(&collector) == number + 1);
        let _ = bad.kill();
        let _ = bad.wait();
    }
    let mut plain = Router::connect(collector.address);
    plain.send(&initiation("plain"));
    eventually("plain BMP is refused", || refused(&collector) == 3);
    assert!(Router::connect(collector.address).is_closed());
    collector.wait_for_log("reason=\"handshake_timeout\"");
    assert_eq!(collector.log().matches("a session begins").count(), 1);
    let _ = good.kill();
    let _ = good.wait();
}

/// From a message of the router to its line on standard output, a hundred times; sorted.
fn latencies(router: &mut Router, lines: &mut impl Iterator<Item = String>) -> Vec<Duration> {
    let mut latencies = Vec::new();
    for number in 0..100 {
        let name = format!("honest-{number}");
        let started = Instant::now();
        router.send(&initiation(&name));
        // The Initiation's own name is only in the session that it changes.
        lines.find(|line| line.contains(&format!("\"{name}\""))).expect("the line comes");
        latencies.push(started.elapsed());
        sleep(Duration::from_millis(5));
    }
    latencies.sort();
    latencies
}

#[test]
fn attacks_leave_the_latency_of_others_alone() {
    let mut collector = collector(&[
        "--set",
        "session.batch_delay_ms=0",
        "--set",
        "max_sessions_per_source=200",
        "--set",
        "connects_per_second=200",
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "log.level=info",
    ]);
    collector.wait_for_log("health and metrics");
    let mut lines = collector.stdout().lines().map_while(Result::ok);
    let mut honest = Router::connect(collector.address);
    let quiet = latencies(&mut honest, &mut lines);

    let address = collector.address;
    let over = Arc::new(AtomicBool::new(false));
    let attacks: [fn(&mut TcpStream); 4] = [
        |_flood| {},
        |_half_open| sleep(Duration::from_millis(50)),
        |too_long| {
            let _ = too_long.write_all(&[3, 0xff, 0xff, 0xff, 0xff, 0]);
            let _ = too_long.read_exact(&mut [0]);
        },
        |loris| {
            for _ in 0..20 {
                let _ = loris.write_all(&[3]);
                sleep(Duration::from_millis(10));
            }
        },
    ];
    let attackers: Vec<_> = attacks
        .into_iter()
        .map(|attack| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    match TcpStream::connect(address) {
                        Ok(mut stream) => attack(&mut stream),
                        Err(_) => sleep(Duration::from_millis(10)),
                    }
                }
            })
        })
        .collect();
    sleep(Duration::from_millis(300));
    let attacked = latencies(&mut honest, &mut lines);
    over.store(true, Ordering::Relaxed);
    attackers.into_iter().for_each(|attacker| attacker.join().unwrap());

    println!(
        "latency of an honest session: alone p50 {:?} p99 {:?}, under attack p50 {:?} p99 {:?}",
        quiet[50], quiet[98], attacked[50], attacked[98]
    );
    assert!(attacked[98] < Duration::from_secs(2), "{attacked:?}");
    let metrics = collector.get("/metrics");
    for counted in
        ["connections_refused_total{reason=\"source_rate\"}", "sessions_ended_total{reason=\"framing\"}"]
    {
        assert!(metrics.contains(counted), "{counted} in {metrics}");
    }
    assert!(collector.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(collector.get("/").starts_with("HTTP/1.1 404"));
}
