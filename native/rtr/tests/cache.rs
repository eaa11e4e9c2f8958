//! The client against a cache of the crate `rpki`: what comes and goes, a cache that starts again, one that is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::sync::mpsc::{channel, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use insight::Vrp;
use rpki::resources::addr::{MaxLenPrefix, Prefix};
use rpki::rtr::payload::{Action, Payload, PayloadRef, Timing};
use rpki::rtr::server::{NotifySender, PayloadDiff, PayloadSet, PayloadSource, Server};
use rpki::rtr::state::State;
use rtr::{Rtr, Told};

/// What a cache holds. It knows no differences: every update is the whole set again.
#[derive(Clone)]
struct Source(Arc<Mutex<(State, Vec<Payload>, Timing)>>);

struct Whole(std::vec::IntoIter<Payload>, Option<Payload>);

impl PayloadSet for Whole {
    fn next(&mut self) -> Option<PayloadRef<'_>> {
        self.1 = self.0.next();
        self.1.as_ref().map(Payload::as_ref)
    }
}

struct Nothing;

impl PayloadDiff for Nothing {
    fn next(&mut self) -> Option<(PayloadRef<'_>, Action)> {
        None
    }
}

impl PayloadSource for Source {
    type Set = Whole;
    type Diff = Nothing;

    fn ready(&self) -> bool {
        true
    }

    fn notify(&self) -> State {
        self.0.lock().unwrap().0
    }

    fn full(&self) -> (State, Whole) {
        let held = self.0.lock().unwrap();
        (held.0, Whole(held.1.clone().into_iter(), None))
    }

    fn diff(&self, state: State) -> Option<(State, Nothing)> {
        let held = self.0.lock().unwrap();
        (held.0.session() == state.session() && held.0.serial() == state.serial()).then_some((state, Nothing))
    }

    fn timing(&self) -> Timing {
        self.0.lock().unwrap().2
    }
}

fn payload(prefix: &str, max_length: u8, asn: u32) -> Payload {
    let prefix: Prefix = prefix.parse().unwrap();
    Payload::origin(MaxLenPrefix::new(prefix, Some(max_length)).unwrap(), asn.into())
}

fn vrp(prefix: &str, max_length: u8, asn: u32) -> Vrp {
    Vrp { prefix: prefix.parse().unwrap(), max_length, asn }
}

struct Cache {
    source: Source,
    notify: NotifySender,
    runtime: tokio::runtime::Runtime,
    address: String,
}

impl Cache {
    fn start(payloads: Vec<Payload>, timing: Timing) -> Self {
        let source = Source(Arc::new(Mutex::new((State::new(), payloads, timing))));
        let notify = NotifySender::new();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let accepted = futures_util::stream::unfold(listener, |listener| async {
            let socket = listener.accept().await.map(|(socket, _)| socket);
            Some((socket, listener))
        });
        let server = Server::new(Box::pin(accepted), notify.clone(), source.clone());
        runtime.spawn(server.run());
        Cache { source, notify, runtime, address }
    }

    fn set(&mut self, payloads: Vec<Payload>) {
        {
            let mut held = self.source.0.lock().unwrap();
            held.0.inc();
            held.1 = payloads;
        }
        self.notify.notify();
    }
}

fn client(caches: Vec<String>) -> (Rtr, Receiver<Told>) {
    let (told, hear) = channel();
    let client = Rtr::start(caches, move |what| drop(told.send(what))).unwrap();
    (client, hear)
}

/// What is told next that is wanted.
fn next(hear: &Receiver<Told>, wanted: impl Fn(&Told) -> bool) -> Told {
    loop {
        let told = hear.recv_timeout(Duration::from_secs(60)).expect("nothing is told");
        if wanted(&told) {
            return told;
        }
    }
}

const SLOW: Timing = Timing { refresh: 3600, retry: 1, expire: 7200 };

#[test]
fn what_comes_and_goes_is_told_once() {
    let one = payload("192.0.2.0/24", 24, 64500);
    let mut cache = Cache::start(vec![one.clone(), payload("2001:db8::/32", 48, 64501)], SLOW);
    let (_client, hear) = client(vec![cache.address.clone()]);
    let Told::Changed { mut added, removed } = hear.recv_timeout(Duration::from_secs(60)).unwrap() else {
        panic!()
    };
    added.sort();
    assert_eq!(added, [vrp("192.0.2.0/24", 24, 64500), vrp("2001:db8::/32", 48, 64501)]);
    assert!(removed.is_empty());
    let whole = next(&hear, |_| true);
    assert_eq!(whole, Told::Whole { cache: cache.address.clone(), vrps: 2, aspas: 0 });

    // The cache sends all of it again, and only the difference is told.
    cache.set(vec![one, payload("198.51.100.0/24", 24, 0)]);
    let changed = next(&hear, |_| true);
    let (added, removed) = (vec![vrp("198.51.100.0/24", 24, 0)], vec![vrp("2001:db8::/32", 48, 64501)]);
    assert_eq!(changed, Told::Changed { added, removed });
}

#[test]
fn another_cache_takes_over_and_payloads_expire() {
    let timing = Timing { refresh: 3600, retry: 1, expire: 3 };
    let first = Cache::start(vec![payload("192.0.2.0/24", 24, 64500)], timing);
    let second = Cache::start(vec![payload("192.0.2.0/24", 24, 64500)], timing);
    // Nobody listens at the first of all.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let caches = vec![nobody.clone(), first.address.clone(), second.address.clone()];
    let (_client, hear) = client(caches);
    next(&hear, |told| matches!(told, Told::Failed { cache, .. } if *cache == nobody));
    next(&hear, |told| matches!(told, Told::Whole { cache, .. } if *cache == first.address));
    first.runtime.shutdown_background();
    // The other one has the same: nothing changed.
    let told = next(&hear, |told| !matches!(told, Told::Failed { .. }));
    assert_eq!(told, Told::Whole { cache: second.address.clone(), vrps: 1, aspas: 0 });
    second.runtime.shutdown_background();
    let told = next(&hear, |told| !matches!(told, Told::Failed { .. }));
    let gone = Told::Changed { added: vec![], removed: vec![vrp("192.0.2.0/24", 24, 64500)] };
    assert_eq!(told, gone);
    assert_eq!(next(&hear, |told| !matches!(told, Told::Failed { .. })), Told::Expired);
}
