//! OpenBMP's raw feed: every BMP message as the router sent it, behind the binary header that OpenBMP's collector writes.
//!
//! It goes to a stream of its own and never slows a session: where JetStream does not take it for so long that its buffer
//! is full, messages are left out and counted. When there is room again the session's opening messages (Initiation, and the
//! Peer Up of every peer that is up) are said anew, as a further station hears them, so that what follows is understood.

mod header;

use super::broker::jet_stream::JetStream;
use super::broker::{partition, Answer, Broker, Publication};
use super::config::Config;
use super::metrics::Metrics;
use super::openings::{each, Openings};
use batch::ids::Id;
use batch::EncodedBatch;
use bytes::Bytes;
use header::Header;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};
use tokio::sync::Semaphore;

/// Memory is counted in these.
const KIB: usize = 1024;
/// BMP versions that this collector reads: nothing else is a message.
const VERSIONS: std::ops::RangeInclusive<u8> = 3..=4;

/// What all sessions share.
#[derive(Debug)]
pub struct OpenBmp {
    broker: JetStream,
    collector: String,
    router_group: String,
    partitions: u32,
    max_peers: usize,
    /// KiB of the buffer, all of them and those that are free.
    all: u32,
    free: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    /// Nobody waits for answers.
    answers: UnboundedSender<Answer>,
}

/// A session's part of it.
#[derive(Debug)]
pub struct Feed {
    of: Arc<OpenBmp>,
    session: String,
    router: IpAddr,
    openings: Openings,
    /// Of the next message.
    number: u64,
    /// Not so after a message was left out, until there is room again.
    live: bool,
}

impl OpenBmp {
    /// `None` where nobody wants it.
    pub fn start(config: &Config, metrics: &Arc<Metrics>) -> Option<Arc<Self>> {
        let all = u32::try_from(config.openbmp.buffer_bytes.div_ceil(KIB)).unwrap_or(u32::MAX);
        Some(Arc::new(OpenBmp {
            broker: JetStream::openbmp(config, metrics)?,
            collector: config.collector.clone(),
            router_group: config.openbmp.router_group.clone(),
            partitions: config.partitions,
            max_peers: config.session.max_peers,
            all,
            free: Arc::new(Semaphore::new(all as usize)),
            metrics: Arc::clone(metrics),
            answers: unbounded_channel().0,
        }))
    }

    /// `session` is its id.
    pub fn feed(self: &Arc<Self>, session: &str, router: IpAddr) -> Feed {
        let openings = Openings::new(self.max_peers);
        Feed { of: Arc::clone(self), session: session.into(), router, openings, number: 1, live: true }
    }

    /// Waits until JetStream has everything, but no longer than that.
    pub async fn drain(&self, most: Duration) {
        if tokio::time::timeout(most, self.free.acquire_many(self.all)).await.is_err() {
            tracing::warn!("JetStream does not have all of OpenBMP's raw feed");
        }
    }
}

impl Feed {
    /// Octets in any split. The router has an id since its first whole message.
    pub fn push(&mut self, octets: &[u8], router_id: Option<Id>, now_us: i64) {
        let again = !self.live && self.of.free.available_permits() >= self.of.all as usize / 2;
        let openings = if again { self.openings.all() } else { Bytes::new() };
        self.live |= again;
        let messages = self.openings.take(octets);
        let Some(router_id) = router_id else { return };
        for message in each(&openings).chain(each(&messages)) {
            if message.first().is_some_and(|version| VERSIONS.contains(version)) {
                self.publish(&message, router_id, now_us);
            }
        }
    }

    fn publish(&mut self, message: &Bytes, router_id: Id, now_us: i64) {
        let header = Header {
            collector: &self.of.collector,
            router_id,
            router: self.router,
            router_group: &self.of.router_group,
            received_us: now_us,
        };
        let payload = header.before(message);
        let share = u32::try_from(payload.len().div_ceil(KIB)).unwrap_or(u32::MAX);
        let free = || Arc::clone(&self.of.free).try_acquire_many_owned(share).ok();
        let Some(memory) = Some(()).filter(|()| self.live).and_then(|()| free()) else {
            if self.live {
                tracing::warn!(
                    session = self.session,
                    "the buffer of OpenBMP's raw feed is full: messages are left out, and it begins anew with the \
                     opening messages"
                );
            }
            self.live = false;
            self.of.metrics.openbmp_dropped.inc();
            return;
        };
        let number = self.number;
        self.number += 1;
        self.of.broker.publish(Publication {
            partition: partition(&router_id, self.of.partitions),
            batch: EncodedBatch {
                message_id: format!("{}-raw-{number}", self.session),
                router_id,
                first_sequence: number,
                payload,
                messages: 1,
                routes: 0,
                events: 0,
            },
            memory,
            answers: self.of.answers.clone(),
        });
    }
}
