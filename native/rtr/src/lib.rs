//! Validated ROA Payloads, and Autonomous System Provider Authorizations, from a cache by the RPKI-to-Router protocol, on a thread of
//! its own.
//!
//! The protocol is that of the crate `rpki` of NLnet Labs, which asks for version 2 (draft-ietf-sidrops-8210bis, with authorizations) and
//! takes 1 (RFC 8210) or 0 (RFC 6810) where a cache knows no later one. Added is what a router does around it: it goes from one cache to the next when
//! one fails, comes back after the time that the cache asked for, forgets the payloads when they expire, and tells only what
//! really came and went, also where a cache sends everything again.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use insight::{Aspa, Vrp};
use ipnet::IpNet;
use rpki::resources::Asn;
use rpki::rtr::client::{Client, PayloadError, PayloadTarget, PayloadUpdate};
use rpki::rtr::payload::{Action, Payload, Timing};
use rpki::rtr::state::State;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{timeout, Instant};

/// A cache that does not answer is left after so long.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an update may take beyond the time until which the client waits for one.
const UPDATE: Duration = Duration::from_secs(120);
/// The longest time between two attempts, whatever the cache asks for.
const LONGEST_RETRY: Duration = Duration::from_secs(600);
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// What is told of the caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Payloads came and went.
    Changed { added: Vec<Vrp>, removed: Vec<Vrp> },
    /// The authorizations are others now: these, by customer.
    Aspas(Vec<Aspa>),
    /// Everything that the cache has was told.
    Whole { cache: String, vrps: usize, aspas: usize },
    /// A cache cannot be reached, or its connection was lost, and why.
    Failed { cache: String, reason: String },
    /// Nothing was heard for so long that what was told counts no more; it was told as removed.
    Expired,
}

/// A client, until it is dropped.
#[derive(Debug)]
pub struct Rtr {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Rtr {
    /// Connects to the first of the caches (`host:port`) that answers, for as long as it lives. `tell` is called on its thread.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(caches: Vec<String>, tell: impl FnMut(Told) + Send + 'static) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("rtr".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = follow(&caches, tell) => {}
                    // Also where the sender was dropped.
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Rtr { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Rtr {
    fn drop(&mut self) {
        drop(self.stop.take());
        // The client may be dropped inside of `tell`, which runs on this very thread: it cannot wait for
        // itself.
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id())
        {
            let _ = thread.join();
        }
    }
}

/// The payloads that are held, and who is told of what changes.
struct Held<F> {
    vrps: HashSet<Vrp>,
    /// Providers by customer.
    aspas: BTreeMap<u32, Vec<u32>>,
    timing: Timing,
    heard: Instant,
    tell: F,
}

/// An update that is under way.
struct Update {
    reset: bool,
    vrps: Vec<(Action, Vrp)>,
    aspas: Vec<(Action, Aspa)>,
}

impl PayloadUpdate for Update {
    fn push_update(&mut self, action: Action, payload: Payload) -> Result<(), PayloadError> {
        match payload {
            Payload::Origin(origin) => {
                let address: IpAddr = origin.prefix.addr();
                if let Ok(prefix) = IpNet::new(address, origin.prefix.prefix_len()) {
                    let max_length = origin.prefix.resolved_max_len();
                    self.vrps.push((action, Vrp { prefix, max_length, asn: origin.asn.into_u32() }));
                }
            }
            Payload::Aspa(aspa) => {
                let providers = aspa.providers.iter().map(Asn::into_u32).collect();
                self.aspas.push((action, Aspa { customer: aspa.customer.into_u32(), providers }));
            }
            // Router keys are for BGPsec, of which a station checks nothing.
            Payload::RouterKey(_) => {}
        }
        Ok(())
    }
}

impl<F: FnMut(Told)> PayloadTarget for Held<F> {
    type Update = Update;

    fn start(&mut self, reset: bool) -> Update {
        Update { reset, vrps: Vec::new(), aspas: Vec::new() }
    }

    fn apply(&mut self, update: Update, timing: Timing) -> Result<(), PayloadError> {
        (self.timing, self.heard) = (timing, Instant::now());
        let (mut vrps, mut aspas) = match update.reset {
            true => Default::default(),
            false => (self.vrps.clone(), self.aspas.clone()),
        };
        for (action, vrp) in update.vrps {
            match action {
                Action::Announce => vrps.insert(vrp),
                Action::Withdraw => vrps.remove(&vrp),
            };
        }
        for (action, aspa) in update.aspas {
            // One that is announced takes the place of what the customer had.
            match action {
                Action::Announce => aspas.insert(aspa.customer, aspa.providers),
                Action::Withdraw => aspas.remove(&aspa.customer),
            };
        }
        self.replace(vrps, aspas);
        Ok(())
    }
}

impl<F: FnMut(Told)> Held<F> {
    fn replace(&mut self, vrps: HashSet<Vrp>, aspas: BTreeMap<u32, Vec<u32>>) {
        let added: Vec<Vrp> = vrps.difference(&self.vrps).copied().collect();
        let removed: Vec<Vrp> = self.vrps.difference(&vrps).copied().collect();
        self.vrps = vrps;
        if !added.is_empty() || !removed.is_empty() {
            (self.tell)(Told::Changed { added, removed });
        }
        if self.aspas != aspas {
            let all = aspas
                .iter()
                .map(|(customer, providers)| Aspa { customer: *customer, providers: providers.clone() });
            let all = all.collect();
            self.aspas = aspas;
            (self.tell)(Told::Aspas(all));
        }
    }

    /// RFC 8210, section 6: payloads of which nothing was heard for the time that the cache gave are used no more.
    fn expire(&mut self) -> bool {
        let expired = self.heard.elapsed() >= Duration::from_secs(u64::from(self.timing.expire));
        if expired && !(self.vrps.is_empty() && self.aspas.is_empty()) {
            self.replace(HashSet::new(), BTreeMap::new());
            (self.tell)(Told::Expired);
        }
        expired
    }
}

async fn follow(caches: &[String], tell: impl FnMut(Told)) {
    let mut held = Held {
        vrps: HashSet::new(),
        aspas: BTreeMap::new(),
        timing: Timing::default(),
        heard: Instant::now(),
        tell,
    };
    // Which cache the payloads that are held came from, and up to which state of it.
    let mut known: Option<(String, State)> = None;
    let mut heard = false;
    loop {
        for cache in caches {
            let state = known.as_ref().filter(|known| known.0 == *cache).map(|known| known.1);
            let reason = match timeout(CONNECT, TcpStream::connect(cache)).await {
                Ok(Ok(socket)) => {
                    let (back, state, reason) = converse(socket, held, state, cache).await;
                    held = back;
                    heard |= state.is_some();
                    known = state.map(|state| (cache.clone(), state));
                    reason
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer".to_string(),
            };
            (held.tell)(Told::Failed { cache: cache.clone(), reason });
            if held.expire() {
                known = None;
            }
        }
        let asked = Duration::from_secs(u64::from(held.timing.retry));
        tokio::time::sleep(if heard {
            asked.clamp(Duration::from_millis(100), LONGEST_RETRY)
        } else {
            FIRST_RETRY
        })
        .await;
        if held.expire() {
            known = None;
        }
    }
}

/// Talks to a cache until that ends, and tells why it did.
async fn converse<F: FnMut(Told)>(
    socket: TcpStream,
    held: Held<F>,
    state: Option<State>,
    cache: &str,
) -> (Held<F>, Option<State>, String) {
    let mut client = Client::new(socket, held, state);
    let mut wait = UPDATE;
    let mut whole = false;
    let reason = loop {
        match timeout(wait, client.step()).await {
            Ok(Ok(())) => {
                let held = client.target_mut();
                wait = held.timing.refresh_duration() + UPDATE;
                if !std::mem::replace(&mut whole, true) {
                    let (vrps, aspas) = (held.vrps.len(), held.aspas.len());
                    (held.tell)(Told::Whole { cache: cache.to_string(), vrps, aspas });
                }
            }
            Ok(Err(error)) => break error.to_string(),
            Err(_) => break "it does not answer any more".to_string(),
        }
    };
    // A cache that answers a question for changes with an error (StayRTR, when it has another session) is asked for all the next time.
    let state = client.state().filter(|_| whole);
    (client.into_target(), state, reason)
}
