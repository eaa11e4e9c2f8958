//! Publishes the batches of one partition: many at a time, in order.
//!
//! Batches are numbered; `base` is the first that is not answered, `next` the next to send. The mode says what may be
//! sent:
//!
//! ```text
//! Down      nothing: there is no JetStream
//! Probe     the first unanswered batch alone, to see whether it is taken now
//! Open      as many as the window holds
//! Settling  nothing: one was refused, the answers to those after it are awaited
//! Resting   nothing, for a while; then everything again from `base` on
//! ```
//!
//! Besides, no more bytes are sent than the partition has room for in the stream.
//!
//! Where there is a disk for it, batches that are not taken for too long move there, and those that come behind them: then
//! `entries` holds the first of them only, and they are as good as taken for whoever sent them.
//!
//! A batch can be refused, or be lost in a change of leaders, and one after it be taken. Sent again, it is stored after
//! its successor. The routing table cannot put that right, but the router can: its session is told that the batch failed,
//! and ends.

use super::ack::{outcome, Outcome};
use super::connection::Connection;
use super::disk::Disk;
use super::link::Links;
use super::senders::Senders;
use super::stream::Room;
use super::target::Target;
use crate::run::broker::{Answer, Publication};
use crate::run::metrics::Publishing;
use crate::run::sessions::Sessions;
use crate::run::spool::Record;
use async_nats::{HeaderMap, Message, Subscriber};
use futures_util::StreamExt;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{interval, sleep_until, Instant, MissedTickBehavior};

const FIRST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(2);
/// Publications that are taken together: on disk they are written together.
const AT_ONCE: usize = 64;
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);
/// What headers and the server itself add to each message, generously estimated.
const OVERHEAD: usize = 512;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Down,
    Probe,
    Open,
    Settling,
    Resting { until: Instant },
}

#[derive(Debug)]
struct Entry {
    record: Record,
    /// Who waits for an answer. Nobody does where the record is on disk.
    publication: Option<Publication>,
    since: Instant,
    sent_at: Option<Instant>,
}

impl Entry {
    fn size(&self) -> usize {
        self.record.payload.len()
    }
}

#[derive(Debug)]
pub struct Publisher {
    target: Arc<Target>,
    partition: u32,
    /// The subject that the batches of this partition are published on.
    subject: String,
    links: Links,
    metrics: Publishing,
    connection: Option<Arc<Connection>>,
    /// Subject under which this connection's answers come, each with the batch's number.
    inbox: String,
    answers: Option<Subscriber>,
    mode: Mode,
    /// How many bytes may still be sent; `None` is no limit.
    credit: Option<usize>,
    /// Whether publishing waits for room in the stream. It is logged once.
    full: bool,
    /// About how many bytes a batch of this partition has.
    mean: usize,
    refusals: u32,
    complained: Option<Instant>,
    senders: Senders,
    disk: Option<Disk>,
    sessions: Arc<Sessions>,
    /// The batches from `base` on. `None` is one that was answered while an earlier one was not.
    entries: VecDeque<Option<Entry>>,
    base: u64,
    next: u64,
    sent: usize,
    sent_bytes: usize,
}

impl Publisher {
    pub fn new(
        target: Arc<Target>,
        partition: u32,
        links: Links,
        disk: Option<Disk>,
        sessions: Arc<Sessions>,
        metrics: Publishing,
    ) -> Self {
        Publisher {
            subject: target.example(partition),
            target,
            partition,
            links,
            metrics,
            connection: None,
            inbox: String::new(),
            answers: None,
            mode: Mode::Down,
            credit: Some(0),
            full: false,
            mean: 0,
            refusals: 0,
            complained: None,
            senders: Senders::default(),
            disk,
            sessions,
            entries: VecDeque::new(),
            base: 0,
            next: 0,
            sent: 0,
            sent_bytes: 0,
        }
    }

    /// Until nobody publishes any more.
    pub async fn run(mut self, mut publications: UnboundedReceiver<Publication>) {
        let limits =
            self.disk.as_ref().map(Disk::after).into_iter().chain([self.target.options.ack_timeout()]);
        let often = limits.min().unwrap_or_default().div_f64(4.0).max(Duration::from_millis(10));
        let mut tick = interval(often);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.link().await;
        let mut taken = Vec::new();
        loop {
            let mode = self.mode;
            let rested = async move {
                match mode {
                    Mode::Resting { until } => sleep_until(until).await,
                    _ => std::future::pending().await,
                }
            };
            let answers = &mut self.answers;
            let answer = async move {
                match answers {
                    Some(answers) => answers.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = self.links.changed() => match changed {
                    Ok(()) => self.link().await,
                    Err(_) => return,
                },
                message = answer => match message {
                    Some(message) => self.heard(&message),
                    None => self.answers = None,
                },
                count = publications.recv_many(&mut taken, AT_ONCE) => match count {
                    0 => return,
                    _ => self.take(taken.drain(..)),
                },
                () = rested => self.rewind(),
                _ = tick.tick() => {
                    self.move_to_disk();
                    self.look_for_unanswered();
                }
            }
            self.pump().await;
        }
    }

    fn take(&mut self, publications: impl Iterator<Item = Publication>) {
        let records = publications.map(|mut publication| {
            let batch = &mut publication.batch;
            let record = Record {
                router_id: batch.router_id,
                message_id: std::mem::take(&mut batch.message_id),
                payload: std::mem::take(&mut batch.payload).into(),
            };
            (record, publication)
        });
        match &mut self.disk {
            Some(disk) if disk.has_any() => disk.keep(records),
            _ => records.for_each(|(record, publication)| self.hold(record, Some(publication))),
        }
    }

    fn hold(&mut self, record: Record, publication: Option<Publication>) {
        let entry = Entry { record, publication, since: Instant::now(), sent_at: None };
        self.senders.hold(entry.record.session());
        self.entries.push_back(Some(entry));
    }

    // The disk --------------------------------------------------------------------------------------------------------

    /// Moves the batches to disk when the first of them has not been taken for too long.
    fn move_to_disk(&mut self) {
        let Some(disk) = self.disk.as_mut().filter(|disk| !disk.has_any()) else { return };
        // A connection has until the time when everything would be sent again.
        let limit = match self.connection {
            None => disk.after(),
            Some(_) => disk.after().max(self.target.options.ack_timeout()),
        };
        if self.entries.iter().flatten().next().is_none_or(|first| first.since.elapsed() < limit) {
            return;
        }
        tracing::warn!(subject = self.subject, "batches are not taken and go to the disk");
        // Answers to what was sent so far come too late: the numbers are used up.
        self.base += self.entries.len() as u64;
        (self.next, self.sent, self.sent_bytes) = (self.base, 0, 0);
        self.senders.clear();
        let entries = self.entries.drain(..).flatten();
        disk.keep(entries.filter_map(|entry| Some((entry.record, entry.publication?))));
        if matches!(self.mode, Mode::Open | Mode::Settling) {
            self.mode = Mode::Probe;
        }
    }

    /// Loads as many batches from disk as may be on their way.
    fn load(&mut self) {
        if !self.disk.as_ref().is_some_and(Disk::has_any) {
            return;
        }
        let mut bytes: usize = self.entries.iter().flatten().map(Entry::size).sum();
        while self.entries.len() < self.target.options.window && bytes < self.target.options.window_bytes {
            let Some(record) = self.disk.as_mut().and_then(Disk::hand_out) else { return };
            bytes += record.payload.len();
            self.hold(record, None);
        }
    }

    fn answer(&self, entry: Entry, answer: Answer) {
        let session = entry.record.session().to_owned();
        match (entry.publication, answer) {
            (Some(publication), answer) => publication.answer(answer),
            (None, Ok(())) => {}
            // Whoever sent it was told that it is stored: now only the session can send everything again.
            (None, Err(why)) => drop(self.sessions.reset(&session, &why)),
        }
    }

    /// The link changed: another connection, none, or the same with other room.
    async fn link(&mut self) {
        let link = self.links.borrow_and_update().clone();
        let same = match (&self.connection, &link.connection) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        if same {
            // What is on its way may not be in the stream's count yet.
            let on_its_way = self.sent_bytes + self.sent * OVERHEAD;
            self.credit = self.credit_of(&link.room).map(|credit| credit.saturating_sub(on_its_way));
            self.tell_if_full();
            return;
        }
        (self.mode, self.answers, self.connection) = (Mode::Down, None, None);
        if let Some(connection) = link.connection {
            self.inbox = format!("{}.", connection.new_inbox());
            match connection.client().subscribe(format!("{}*", self.inbox)).await {
                Ok(answers) => {
                    self.answers = Some(answers);
                    self.connection = Some(connection);
                    self.credit = self.credit_of(&link.room);
                    self.rewind();
                }
                // If the connection is gone, the link will say so.
                Err(error) => tracing::debug!(%error, "no subscription for answers"),
            }
        }
    }

    /// NATS says how many messages of a subject there are, not how big they are: about as big as those sent lately.
    fn credit_of(&self, room: &Room) -> Option<usize> {
        let room = room.as_ref()?;
        let held = room.held.get(&self.subject).copied().unwrap_or(0);
        let mean = if self.mean == 0 { room.mean } else { self.mean as u64 };
        let left = room.share.saturating_sub(held.saturating_mul(mean)).min(room.bytes);
        Some(usize::try_from(left).unwrap_or(usize::MAX))
    }

    fn tell_if_full(&mut self) {
        let waits = self.credit == Some(0) && self.unsent();
        if waits && !self.full {
            tracing::warn!(
                subject = self.subject,
                stream = self.target.options.stream,
                "the partition has filled its share of the stream: publishing waits for the pipeline. See whether the \
                 partition's owner and its store keep up; a bigger stream holds more"
            );
            self.metrics.stream_full.inc();
        }
        self.full = waits;
    }

    // Sending ---------------------------------------------------------------------------------------------------------

    fn unsent(&self) -> bool {
        self.next < self.base + self.entries.len() as u64
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let place = usize::try_from(number.checked_sub(self.base)?).ok()?;
        self.entries.get_mut(place)?.as_mut()
    }

    async fn pump(&mut self) {
        if matches!(self.mode, Mode::Probe | Mode::Open) {
            self.load();
        }
        while matches!(self.mode, Mode::Probe | Mode::Open) && self.unsent() && self.credit != Some(0) {
            let (number, room) = (self.next, (self.mode, self.sent, self.sent_bytes));
            let Some(entry) = self.entry(number) else {
                // Acknowledged after all, since it was sent the last time.
                self.next += 1;
                continue;
            };
            let size = entry.size();
            let fits = match room {
                (_, 0, _) => true,
                (Mode::Probe, ..) => false,
                (_, sent, bytes) => {
                    sent < self.target.options.window && bytes + size <= self.target.options.window_bytes
                }
            };
            if !fits {
                return;
            }
            self.send(number).await;
        }
    }

    async fn send(&mut self, number: u64) {
        let Some(connection) = self.connection.clone() else { return };
        let (target, partition) = (Arc::clone(&self.target), self.partition);
        let reply = format!("{}{number}", self.inbox);
        let Some(entry) = self.entry(number) else { return };
        let subject = target.subject(partition, &entry.record.router_id);
        let (payload, size) = (entry.record.payload.clone(), entry.size());
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", entry.record.message_id.as_str());
        headers.insert("Nats-Expected-Stream", target.options.stream.as_str());
        headers.insert("Bmp-Router-Id", rib::text::uuid::text(&entry.record.router_id).as_str());
        let most = connection.client().max_payload();
        self.next = number + 1;
        // The server closes the connection on a message that is too long, with its headers.
        if size + OVERHEAD > most {
            self.fail(number, &format!("it has {size} bytes, and NATS takes {most}"));
            return;
        }
        if connection.client().publish_with_reply_and_headers(subject, reply, headers, payload).await.is_err()
        {
            self.mode = Mode::Down;
            return;
        }
        if let Some(entry) = self.entry(number) {
            entry.sent_at = Some(Instant::now());
        }
        self.credit = self.credit.map(|credit| credit.saturating_sub(size + OVERHEAD));
        self.mean = if self.mean == 0 { size + OVERHEAD } else { (self.mean * 15 + size + OVERHEAD) / 16 };
        self.sent += 1;
        self.sent_bytes += size;
    }

    /// Everything from the first unanswered on is sent again.
    fn rewind(&mut self) {
        let mut again = 0;
        for entry in self.entries.iter_mut().flatten() {
            again += u64::from(entry.sent_at.take().is_some());
        }
        self.metrics.resent.inc_by(again);
        (self.mode, self.next, self.sent, self.sent_bytes) = (Mode::Probe, self.base, 0, 0);
    }

    // Answers ---------------------------------------------------------------------------------------------------------

    fn heard(&mut self, message: &Message) {
        let number = message.subject.strip_prefix(&*self.inbox).and_then(|number| number.parse().ok());
        let Some(number) = number else { return };
        let outcome = outcome(message);
        let Some(entry) = self.entry(number) else { return };
        let sent = entry.sent_at.is_some();
        match outcome {
            Outcome::Stored => self.stored(number, true),
            Outcome::Duplicate => self.stored(number, false),
            Outcome::TooBig(text) => self.fail(number, &text),
            Outcome::Refused(text) if sent => self.refused(number, &text),
            Outcome::Refused(_) => return,
        }
        if self.mode == Mode::Settling && self.sent == 0 {
            let rest = FIRST_REST.saturating_mul(1 << self.refusals.min(10)).min(LONGEST_REST);
            self.mode = Mode::Resting { until: Instant::now() + rest };
            self.refusals += 1;
        }
    }

    fn stored(&mut self, number: u64, now: bool) {
        let Some(entry) = self.forget(number) else { return };
        let session = entry.record.session().to_owned();
        let late = self.senders.stored(&session, number) && now;
        self.metrics.acked(entry.size(), entry.since.elapsed());
        if late {
            tracing::error!(
                batch = entry.record.message_id,
                "a message is stored after its successor: its order is lost"
            );
            self.answer(entry, Err("its order is lost".into()));
        } else {
            self.answer(entry, Ok(()));
        }
        self.senders.release(&session);
        if self.mode == Mode::Probe {
            (self.mode, self.refusals) = (Mode::Open, 0);
        }
    }

    fn fail(&mut self, number: u64, why: &str) {
        let Some(entry) = self.forget(number) else { return };
        let session = entry.record.session().to_owned();
        tracing::error!(batch = entry.record.message_id, "it does not fit into a NATS message: {why}");
        self.metrics.failed.inc();
        self.answer(entry, Err(why.to_owned()));
        self.senders.release(&session);
    }

    fn refused(&mut self, number: u64, why: &str) {
        if self.complained.is_none_or(|at| at.elapsed() > COMPLAIN_EVERY) {
            tracing::warn!(subject = self.subject, "JetStream refuses batches, trying again: {why}");
            self.complained = Some(Instant::now());
        }
        self.metrics.refused.inc();
        self.unsend(number);
        self.mode = Mode::Settling;
    }

    /// Takes an entry out, and moves `base` to the first one that is not answered.
    fn forget(&mut self, number: u64) -> Option<Entry> {
        self.unsend(number);
        let place = usize::try_from(number.checked_sub(self.base)?).ok()?;
        let entry = self.entries.get_mut(place)?.take();
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.base += 1;
            if let Some(disk) = &mut self.disk {
                disk.release();
            }
        }
        self.next = self.next.max(self.base);
        entry
    }

    fn unsend(&mut self, number: u64) {
        let Some(entry) = self.entry(number) else { return };
        let size = entry.size();
        if entry.sent_at.take().is_some() {
            self.sent -= 1;
            self.sent_bytes -= size;
        }
    }

    fn look_for_unanswered(&mut self) {
        let limit = self.target.options.ack_timeout();
        let waits = |entry: &Entry| entry.sent_at.is_some_and(|at| at.elapsed() > limit);
        if self.mode != Mode::Down && self.sent > 0 && self.entries.iter().flatten().any(waits) {
            tracing::warn!(subject = self.subject, "JetStream does not acknowledge batches, sending again");
            self.rewind();
        }
    }
}
