//! The client against StayRTR, a cache that others run: what its file holds, what comes and goes with it, and the cache's end and
//! return. Left out where StayRTR is not installed (Debian: stayrtr).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

use insight::Vrp;
use rtr::{Rtr, Told};

needs::main!();

struct Cache(Child);

impl Cache {
    fn start(port: u16, file: &Path) -> Self {
        let mut command = Command::new("stayrtr");
        command.args(["-bind", &format!("127.0.0.1:{port}"), "-cache", file.to_str().unwrap()]);
        // It looks at the file each second, asks for an update as often, and opens no port for metrics.
        command.args(["-checktime=false", "-refresh=1", "-rtr.refresh=1", "-rtr.retry=1", "-metrics.addr="]);
        match command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => Cache(child),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                needs::leave_out("stayrtr is not installed (Debian: stayrtr)")
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn vrp(prefix: &str, max_length: u8, asn: u32) -> Vrp {
    Vrp { prefix: prefix.parse().unwrap(), max_length, asn }
}

fn write(file: &Path, vrps: &[Vrp]) {
    let roa = |vrp: &Vrp| {
        format!(
            r#"{{"prefix": "{}", "maxLength": {}, "asn": "AS{}", "ta": "test"}}"#,
            vrp.prefix, vrp.max_length, vrp.asn
        )
    };
    let roas: Vec<String> = vrps.iter().map(roa).collect();
    // Renamed, so that it is never read while it is half written.
    let new = file.with_extension("new");
    std::fs::write(&new, format!(r#"{{"metadata": {{}}, "roas": [{}]}}"#, roas.join(","))).unwrap();
    std::fs::rename(new, file).unwrap();
}

/// Follows what is told until all of these are held, and nothing else.
fn until(told: &Receiver<Told>, held: &mut HashSet<Vrp>, wanted: &[Vrp]) {
    let wanted: HashSet<Vrp> = wanted.iter().copied().collect();
    while *held != wanted {
        match told.recv_timeout(Duration::from_secs(60)) {
            Ok(Told::Changed { added, removed }) => {
                removed.iter().for_each(|vrp| assert!(held.remove(vrp), "{vrp:?} was not there"));
                added.iter().for_each(|vrp| assert!(held.insert(*vrp), "{vrp:?} was there"));
            }
            Ok(_) => {}
            Err(_) => panic!("it has {held:?}, not {wanted:?}"),
        }
    }
}

#[needs::test]
fn stayrtr_tells_what_its_file_holds_and_what_changes_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("vrps.json");
    let (one, two) = (vrp("192.0.2.0/24", 25, 64500), vrp("2001:db8::/32", 48, 4_200_000_000));
    let three = vrp("198.51.100.0/24", 24, 0);
    write(&file, &[one, two]);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cache = Cache::start(port, &file);
    let (sender, told) = channel();
    let _client = Rtr::start(vec![format!("127.0.0.1:{port}")], move |told| drop(sender.send(told))).unwrap();

    let mut held = HashSet::new();
    until(&told, &mut held, &[one, two]);
    write(&file, &[two, three]);
    until(&told, &mut held, &[two, three]);

    // It goes, and comes back with another session: what both have in common neither comes nor goes.
    drop(cache);
    loop {
        match told.recv_timeout(Duration::from_secs(60)).expect("that it went") {
            Told::Failed { .. } => break,
            Told::Changed { .. } | Told::Aspas(_) | Told::Expired => panic!("nothing changed"),
            Told::Whole { .. } => {}
        }
    }
    write(&file, &[one, three]);
    let _cache = Cache::start(port, &file);
    match std::iter::from_fn(|| told.recv_timeout(Duration::from_secs(60)).ok())
        .find(|told| matches!(told, Told::Changed { .. }))
    {
        Some(Told::Changed { added, removed }) => assert_eq!((added, removed), (vec![one], vec![two])),
        other => panic!("{other:?}"),
    }
}
