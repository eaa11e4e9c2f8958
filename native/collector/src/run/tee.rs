//! Forwards a router's octets, unchanged, to further stations.
//!
//! Every station has its own connection and its own bounded buffer of a session, and never slows the session: where it is
//! too slow, or away, what it misses is dropped and counted. When it is there again, the session's opening messages
//! (Initiation, and the Peer Up of every peer that is up) are said to it anew, so that it understands what follows.

use super::config::Tee as Options;
use super::metrics::Metrics;
use super::openings::Openings;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(10);
/// How long a station may take nothing at all.
const STALL: Duration = Duration::from_secs(30);
/// How long it has for the rest when the session is over.
const DRAIN: Duration = Duration::from_secs(5);

/// A session's side of it: hands over octets, and ends it when it is dropped.
#[derive(Debug)]
pub struct Tee {
    openings: Arc<Mutex<Openings>>,
    streams: Vec<Arc<Stream>>,
}

/// What one station is still to be told.
#[derive(Debug)]
struct Stream {
    to: String,
    most: usize,
    openings: Arc<Mutex<Openings>>,
    state: Mutex<State>,
    changed: Notify,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Bytes>,
    queued: usize,
    /// Whether what comes is queued. Not so after something was lost, until the station is there again.
    live: bool,
    over: bool,
}

impl Tee {
    /// `None` where no station is configured.
    pub fn start(options: &Options, max_peers: usize, metrics: &Arc<Metrics>) -> Option<Self> {
        if options.to.is_empty() {
            return None;
        }
        let openings = Arc::new(Mutex::new(Openings::new(max_peers)));
        let stream = |to: &String| {
            let stream = Arc::new(Stream {
                to: to.clone(),
                most: options.buffer_bytes,
                openings: Arc::clone(&openings),
                state: Mutex::new(State { live: true, ..State::default() }),
                changed: Notify::new(),
                metrics: Arc::clone(metrics),
            });
            tokio::spawn(Arc::clone(&stream).run());
            stream
        };
        let streams = options.to.iter().map(stream).collect();
        Some(Tee { openings, streams })
    }

    /// What has just been read, in any split.
    pub fn push(&mut self, octets: &[u8]) {
        let whole = locked(&self.openings).take(octets);
        if !whole.is_empty() {
            self.streams.iter().for_each(|stream| stream.push(&whole));
        }
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        for stream in &self.streams {
            stream.lock().over = true;
            stream.changed.notify_one();
        }
    }
}

impl Stream {
    fn push(&self, octets: &Bytes) {
        let mut state = self.lock();
        if state.live && state.queued + octets.len() > self.most {
            tracing::warn!(
                to = self.to,
                "a tee is too slow: it is cut, and begins anew with the opening messages"
            );
            self.lose(&mut state);
        }
        if state.live {
            state.queued += octets.len();
            state.queue.push_back(octets.clone());
        } else {
            self.metrics.tee_dropped.inc_by(octets.len() as u64);
        }
        self.changed.notify_one();
    }

    fn lose(&self, state: &mut State) {
        self.metrics.tee_dropped.inc_by(state.queued as u64);
        state.queue.clear();
        (state.queued, state.live) = (0, false);
    }

    async fn run(self: Arc<Self>) {
        let mut wait = FIRST_WAIT;
        while !self.is_done() {
            match timeout(CONNECT, TcpStream::connect(&self.to)).await {
                Ok(Ok(mut connection)) => {
                    tracing::info!(to = self.to, "a tee is connected");
                    wait = FIRST_WAIT;
                    self.begin();
                    if let Err(error) = self.forward(&mut connection).await {
                        tracing::warn!(to = self.to, "a tee is gone: {error}");
                        self.lose(&mut self.lock());
                    }
                }
                failed => {
                    let why = failed.map_or_else(
                        |_| "no answer".into(),
                        |result| match result {
                            Ok(_) => String::new(),
                            Err(error) => error.to_string(),
                        },
                    );
                    tracing::debug!(to = self.to, why, "a tee is not there");
                }
            }
            if self.is_done() {
                return;
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn is_done(&self) -> bool {
        let state = self.lock();
        state.over && (state.queue.is_empty() || !state.live)
    }

    /// A station is there. What has been lost before begins with the opening messages.
    fn begin(&self) {
        let mut state = self.lock();
        if !state.live {
            let openings = locked(&self.openings).all();
            state.queued = openings.len();
            state.queue = VecDeque::from([openings]);
            state.live = true;
        }
    }

    async fn forward(&self, connection: &mut TcpStream) -> std::io::Result<()> {
        let (mut from, mut to) = connection.split();
        let mut ignored = [0; 1024];
        loop {
            let (octets, over) = {
                let mut state = self.lock();
                if !state.live {
                    return Err(std::io::Error::other("it was too slow"));
                }
                let octets = state.queue.pop_front();
                state.queued -= octets.as_ref().map_or(0, Bytes::len);
                (octets, state.over)
            };
            match octets {
                Some(octets) => {
                    let limit = if over { DRAIN } else { STALL };
                    timeout(limit, to.write_all(&octets)).await??;
                    self.metrics.tee_bytes.inc_by(octets.len() as u64);
                }
                None if over => return to.shutdown().await,
                None => tokio::select! {
                    () = self.changed.notified() => {}
                    // A station has nothing to say, but it may close.
                    read = from.read(&mut ignored) => if read? == 0 {
                        return Err(std::io::Error::other("it closed the connection"));
                    },
                },
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
