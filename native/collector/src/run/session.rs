//! One connection of one router: reads, decodes, publishes.
//!
//! It reads again only while not more than `window` batches are unacknowledged and there is memory for what it has
//! decoded. So a slow broker slows the router down by TCP's own means; after `stall_timeout_ms` the session is closed,
//! because a router that was held up for too long is better off sending everything again.
//!
//! What is read is decoded when there is enough of it, or when its first octet has waited for `batch_delay_ms`.

use super::broker::{partition, Answer, Broker, Publication};
use super::config::{Config, SysNames};
use super::metrics::Metrics;
use super::openbmp::{Feed, OpenBmp};
use super::sessions::{Control, Place, Sessions};
use super::status::Status;
use super::tee::Tee;
use anyhow::Result;
use batch::{EncodedBatch, EndReason, SessionOptions};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::future::{pending, Future};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep_until, Instant};

/// What all sessions have in common.
pub struct World {
    pub config: Config,
    pub broker: Arc<dyn Broker>,
    pub sessions: Arc<Sessions>,
    pub metrics: Arc<Metrics>,
    pub openbmp: Option<Arc<OpenBmp>>,
    /// Which names are believed from where.
    pub sys_names: RwLock<SysNames>,
    /// Memory for batches, in KiB.
    pub memory: Arc<Semaphore>,
}

type Acquire = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

struct Session<S> {
    world: Arc<World>,
    router: SocketAddr,
    id: String,
    place: Place,
    status: Arc<Status>,
    decoder: batch::Session,
    socket: S,
    tee: Option<Tee>,
    openbmp: Option<Feed>,
    /// Octets that were read and are not decoded yet.
    buffer: BytesMut,
    /// When its first octet came.
    since: Option<Instant>,
    heard: Instant,
    started: Instant,
    /// When the first octets came of a message that is not complete yet.
    begun: Option<Instant>,
    /// Until when reading waits because of the limit of octets a second.
    slow: Option<Instant>,
    /// When it last published.
    said: Instant,
    /// Batches for which there is no memory yet.
    waiting: VecDeque<EncodedBatch>,
    acquire: Option<Acquire>,
    unacked: usize,
    /// When reading stopped for want of room.
    paused: Option<Instant>,
    answers: (UnboundedSender<Answer>, UnboundedReceiver<Answer>),
    /// The reason as it is counted, and until when the broker has time for the rest.
    ended: Option<(&'static str, Instant)>,
    bytes: u64,
    /// Whether it calls itself by the name of another router.
    forged: bool,
}

/// Serves a connection until it is over and the broker has everything of it.
pub async fn serve<S: AsyncRead + Unpin + Send>(
    world: Arc<World>,
    socket: S,
    router: SocketAddr,
) -> Result<()> {
    let session_id = random_id()?;
    let id = format!("{:032x}", u128::from_be_bytes(session_id));
    let status = Arc::new(Status::new(router));
    let place = world.sessions.add(id.clone(), Arc::clone(&status));
    let number = place.number;
    world.metrics.accepted.inc();
    world.metrics.sessions.inc();
    tracing::info!(session = id, %router, "a session begins");
    let limits = &world.config.session;
    let decoder = batch::Session::new(SessionOptions {
        identity: world.config.identity.into(),
        max_message_bytes: limits.max_message_bytes,
        max_peers: limits.max_peers,
        max_batch_bytes: limits.max_batch_bytes,
        ..SessionOptions::new(router.ip(), router.port(), session_id, world.config.collector.clone())
    });
    let now = Instant::now();
    let openbmp = world.openbmp.as_ref().map(|openbmp| openbmp.feed(&id, router.ip()));
    let mut session = Session {
        router,
        id,
        place,
        status,
        decoder,
        socket,
        tee: Tee::start(&world.config.tee, limits.max_peers, &world.metrics),
        openbmp,
        buffer: BytesMut::new(),
        since: None,
        heard: now,
        started: now,
        begun: None,
        slow: None,
        said: now,
        waiting: VecDeque::new(),
        acquire: None,
        unacked: 0,
        paused: None,
        answers: unbounded_channel(),
        ended: None,
        bytes: 0,
        forged: false,
        world: Arc::clone(&world),
    };
    session.run().await;
    world.sessions.remove(number);
    world.metrics.sessions.dec();
    Ok(())
}

/// What happened.
enum Event {
    Control(Option<Control>),
    Answer(Option<Answer>),
    Memory(Result<OwnedSemaphorePermit, AcquireError>),
    Read(io::Result<usize>),
    Time,
}

impl<S: AsyncRead + Unpin> Session<S> {
    async fn run(&mut self) {
        while !self.is_over() {
            match self.next().await {
                Event::Control(Some(Control::Shutdown)) => {
                    self.decode();
                    self.end(EndReason::Shutdown, "the collector stops");
                }
                Event::Control(Some(Control::Reset(why))) => self.end(EndReason::Reset, &why),
                Event::Control(None) => self.end(EndReason::Shutdown, "nobody knows of the session"),
                Event::Answer(Some(Ok(()))) => self.answered(),
                Event::Answer(Some(Err(why))) => {
                    self.answered();
                    self.end(EndReason::Limit, &format!("the broker failed: {why}"));
                }
                Event::Memory(Ok(memory)) => {
                    self.acquire = None;
                    if let Some(batch) = self.waiting.pop_front() {
                        self.publish(batch, memory);
                    }
                }
                Event::Answer(None) | Event::Memory(Err(_)) => {
                    self.end(EndReason::Error, "the collector is gone");
                    self.ended = self.ended.map(|(name, _)| (name, Instant::now()));
                }
                Event::Read(Ok(0)) => {
                    self.decode();
                    self.end(EndReason::Closed, "");
                }
                Event::Read(Ok(octets)) => self.received(octets),
                Event::Read(Err(error)) => {
                    self.decode();
                    self.end(EndReason::Error, &error.to_string());
                }
                Event::Time => self.due(),
            }
            self.pause_or_resume();
        }
        if self.unacked > 0 || !self.waiting.is_empty() {
            let batches = self.unacked + self.waiting.len();
            tracing::warn!(session = self.id, batches, "a session is over before the broker had all of it");
        }
        let reason = self.ended.map_or("", |(reason, _)| reason);
        self.world.metrics.end(reason);
        tracing::info!(session = self.id, router = %self.router, bytes = self.bytes, reason, "a session is over");
    }

    fn is_over(&self) -> bool {
        let ended = |(_, until): (_, Instant)| {
            (self.unacked == 0 && self.waiting.is_empty()) || until <= Instant::now()
        };
        self.ended.is_some_and(ended)
    }

    async fn next(&mut self) -> Event {
        if self.acquire.is_none() {
            if let Some(batch) = self.waiting.front() {
                let all = self.world.config.memory_bytes;
                let share =
                    u32::try_from(batch.payload.len().min(all).div_ceil(1024).max(1)).unwrap_or(u32::MAX);
                self.acquire = Some(Box::pin(Arc::clone(&self.world.memory).acquire_many_owned(share)));
            }
        }
        let reads = self.reads();
        let due = self.next_time();
        let Session { place, answers, acquire, socket, buffer, .. } = self;
        let acquire = async move {
            match acquire {
                Some(acquire) => acquire.await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            control = place.control.recv() => Event::Control(control),
            answer = answers.1.recv() => Event::Answer(answer),
            memory = acquire => Event::Memory(memory),
            () = sleep_until(due) => Event::Time,
            read = socket.read_buf(buffer), if reads => Event::Read(read),
        }
    }

    // Reading ---------------------------------------------------------------------------------------------------------

    fn reads(&self) -> bool {
        self.ended.is_none() && self.paused.is_none() && self.slow.is_none() && self.waiting.is_empty()
    }

    fn received(&mut self, octets: usize) {
        let now = Instant::now();
        self.heard = now;
        self.bytes += octets as u64;
        if let Some(tee) = &mut self.tee {
            let new = self.buffer.len().saturating_sub(octets);
            tee.push(self.buffer.get(new..).unwrap_or_default());
        }
        self.world.metrics.bytes.inc_by(octets as u64);
        let limits = &self.world.config.session;
        if limits.max_bytes_per_second > 0 {
            let time = Duration::from_secs_f64(octets as f64 / limits.max_bytes_per_second as f64);
            self.slow = Some(now + time);
        }
        if self.buffer.len() >= limits.read_bytes || limits.batch_delay_ms == 0 {
            self.decode();
        } else {
            self.since.get_or_insert(now);
        }
    }

    /// Stops reading when the window is full, and goes on when half of it is free: not a stop and a start for
    /// each batch.
    fn pause_or_resume(&mut self) {
        let window = self.world.config.session.window;
        match self.paused {
            None if self.unacked >= window || !self.waiting.is_empty() => {
                self.paused = Some(Instant::now());
                self.world.metrics.paused.inc();
            }
            Some(since) if self.unacked * 2 <= window && self.waiting.is_empty() => {
                // A router whose octets are not read cannot be late.
                let pause = since.elapsed();
                self.heard += pause;
                self.begun = self.begun.map(|begun| begun + pause);
                self.paused = None;
            }
            _ => {}
        }
    }

    /// The next time at which something has to be done, even if nothing arrives until then.
    fn next_time(&self) -> Instant {
        if let Some((_, until)) = self.ended {
            return until;
        }
        let limits = &self.world.config.session;
        let after = |from: Option<Instant>, ms: u64| from.map(|from| from + Duration::from_millis(ms));
        let idle = Some(self.heard).filter(|_| limits.idle_timeout_ms > 0 && self.paused.is_none());
        let first = Some(self.started).filter(|_| self.no_message_yet());
        [
            self.slow,
            after(first, limits.first_message_timeout_ms),
            after(self.begun, limits.message_timeout_ms),
            after(Some(self.said), limits.heartbeat_ms),
            after(self.since, limits.batch_delay_ms),
            after(self.paused, limits.stall_timeout_ms),
            after(idle, limits.idle_timeout_ms),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(self.said)
    }

    fn due(&mut self) {
        let limits = self.world.config.session.clone();
        let past = |from: Instant, ms: u64| from.elapsed() >= Duration::from_millis(ms);
        if self.ended.is_some() {
            return;
        }
        if self.slow.is_some_and(|until| until <= Instant::now()) {
            self.slow = None;
        }
        if self.since.is_some_and(|since| past(since, limits.batch_delay_ms)) {
            self.decode();
        }
        if self.no_message_yet() && past(self.started, limits.first_message_timeout_ms) {
            self.end(EndReason::Limit, "no BMP message came for too long");
        } else if self.begun.is_some_and(|since| past(since, limits.message_timeout_ms)) {
            self.end(EndReason::Limit, "a message did not end for too long");
        } else if self.paused.is_some_and(|since| past(since, limits.stall_timeout_ms)) {
            self.end(EndReason::Limit, "the broker was too slow for too long");
        } else if limits.idle_timeout_ms > 0
            && self.paused.is_none()
            && past(self.heard, limits.idle_timeout_ms)
        {
            self.end(EndReason::Limit, "the router said nothing for too long");
        } else if past(self.said, limits.heartbeat_ms) {
            self.said = Instant::now();
            let alive = self.decoder.alive(now_us());
            self.waiting.extend(alive);
        }
    }

    fn no_message_yet(&self) -> bool {
        self.decoder.router_id().is_none()
    }

    /// Decodes everything that was read.
    fn decode(&mut self) {
        let since = self.since.take();
        if self.buffer.is_empty() {
            return;
        }
        let before = self.decoder.counters().messages;
        let now_us = now_us();
        let fed = self.decoder.feed(&self.buffer, now_us);
        let octets = self.buffer.split();
        self.begun = match self.decoder.pending() {
            0 => None,
            _ if self.decoder.counters().messages > before => Some(Instant::now()),
            _ => self.begun.or(since).or_else(|| Some(Instant::now())),
        };
        let names = self.world.sys_names.read().unwrap_or_else(PoisonError::into_inner);
        self.forged = !names.believes(self.decoder.sys_name(), self.router.ip());
        drop(names);
        if self.forged {
            // Nothing more of it is published, not even its end, which would carry the name.
            let name = self.decoder.sys_name().to_owned();
            return self.end(EndReason::Limit, &format!("the sysName {name:?} is not believed from there"));
        }
        if let Some(openbmp) = &mut self.openbmp {
            openbmp.push(&octets, self.decoder.router_id(), now_us);
        }
        self.status.named(self.decoder.sys_name());
        self.waiting.extend(fed.batches);
        if let Some(error) = fed.fatal {
            self.end(EndReason::Error, &error.to_string());
        }
    }

    // Publishing ------------------------------------------------------------------------------------------------------

    fn publish(&mut self, batch: EncodedBatch, memory: OwnedSemaphorePermit) {
        let metrics = &self.world.metrics;
        metrics.batches.inc();
        metrics.messages.inc_by(batch.messages);
        metrics.routes.inc_by(batch.routes);
        self.status.handed(batch.messages, batch.routes);
        self.said = Instant::now();
        self.unacked += 1;
        self.world.broker.publish(Publication {
            partition: partition(&batch.router_id, self.world.config.partitions),
            batch,
            memory,
            answers: self.answers.0.clone(),
        });
    }

    fn answered(&mut self) {
        self.unacked = self.unacked.saturating_sub(1);
        self.status.taken();
    }

    /// Publishes the end, then waits for the broker to have everything. A connection that never said a word, such as a
    /// balancer's health check, is no session.
    fn end(&mut self, reason: EndReason, text: &str) {
        if self.ended.is_some() {
            return;
        }
        if self.bytes > 0 && !self.forged {
            self.waiting.extend(self.decoder.end(reason, text, now_us()));
        }
        let name = match reason {
            _ if self.forged => "sys_name",
            _ if self.decoder.decoder().fatal().is_some() => "framing",
            EndReason::Closed => "closed",
            EndReason::Error => "error",
            EndReason::Limit => "limit",
            EndReason::Shutdown => "shutdown",
            EndReason::Reset => "reset",
        };
        if !matches!(name, "closed" | "shutdown") {
            tracing::warn!(session = self.id, router = %self.router, reason = name, "a session ends: {text}");
        }
        let time = Duration::from_millis(self.world.config.drain_timeout_ms);
        self.ended = Some((name, Instant::now() + time));
    }
}

fn random_id() -> io::Result<batch::ids::Id> {
    let mut id = batch::ids::Id::default();
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut id)?;
    Ok(id)
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
