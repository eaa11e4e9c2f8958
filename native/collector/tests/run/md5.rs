//! Routers that sign their TCP segments (RFC 2385).

use super::collector::{eventually, Collector};
use super::router::{initiation, Router};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;
use tempfile::TempDir;

/// From an address of the loopback network, with a key for the other side.
fn connect(from: [u8; 4], to: SocketAddr, key: Option<&str>) -> io::Result<Router> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(key) = key {
        // Linux's `struct tcp_md5sig`, with the address of the collector.
        let mut signature = [&(libc::AF_INET as u16).to_ne_bytes()[..], &[0, 0, 127, 0, 0, 1]].concat();
        signature.resize(130, 0);
        signature.extend((key.len() as u16).to_ne_bytes());
        signature.extend([0; 4]);
        signature.extend(key.as_bytes());
        signature.resize(216, 0);
        // SAFETY: the socket is open, and the octets are there.
        let done = unsafe {
            let octets = signature.as_ptr().cast();
            libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_MD5SIG, octets, 216)
        };
        if done != 0 {
            needs::leave_out(format!("no TCP MD5 signatures: {}", io::Error::last_os_error()));
        }
    }
    socket.bind(&SocketAddr::from((Ipv4Addr::from(from), 0)).into())?;
    // Unsigned segments are dropped without a word.
    socket.connect_timeout(&to.into(), Duration::from_secs(2))?;
    Ok(Router(socket.into()))
}

#[test]
fn who_has_a_key_has_to_sign_and_others_need_not() {
    const KEYED: [u8; 4] = [127, 0, 0, 1];
    // The kernel must know of signatures before a collector is asked for them.
    drop(connect(KEYED, "127.0.0.1:9".parse().unwrap(), Some("x")));
    for listen in ["127.0.0.1:0", "[::]:0"] {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("keys");
        std::fs::write(&file, "127.0.0.1 first key\n127.0.1.0/24 other\n").unwrap();
        let setting = format!("tcp_md5_keys={}", file.display());
        let mut collector =
            Collector::start(&["--listen", listen, "--broker", "json_lines", "--set", &setting]);
        let at = SocketAddr::from((KEYED, collector.address.port()));
        let begun = |collector: &Collector| collector.log().matches("a session begins").count();

        let mut signed = connect(KEYED, at, Some("first key")).unwrap();
        signed.send(&initiation("signed"));
        eventually("it is let in", || begun(&collector) == 1);
        for key in [None, Some("another")] {
            assert_eq!(connect(KEYED, at, key).map(drop).unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        // A prefix, and somebody who has no key.
        connect([127, 0, 1, 7], at, Some("other")).unwrap().send(&initiation("prefix"));
        connect([127, 0, 0, 2], at, None).unwrap().send(&initiation("unsigned"));
        eventually("both are let in", || begun(&collector) == 3);

        // Another key is for those who come now; a key that is gone is needed no more.
        std::fs::write(&file, "127.0.0.1 second key\n").unwrap();
        collector.signal("HUP");
        collector.wait_for_log("are read again");
        connect(KEYED, at, Some("second key")).unwrap().send(&initiation("second"));
        connect([127, 0, 1, 7], at, None).unwrap().send(&initiation("no more"));
        eventually("they are let in", || begun(&collector) == 5);
        signed.send(&initiation("still there"));
        assert!(connect(KEYED, at, Some("first key")).is_err());
        assert_eq!(collector.stop(), 0);
    }
}
