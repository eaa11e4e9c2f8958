//! What is counted.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{exponential_buckets, Histogram};
use prometheus_client::registry::Registry;
use std::time::Duration;

/// A label with the reason.
pub type Reasons = Family<[(&'static str, &'static str); 1], Counter>;

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub sessions: Gauge,
    pub accepted: Counter,
    /// Connections that did not become sessions.
    refused: Reasons,
    /// Sessions that ended.
    ended: Reasons,
    pub bytes: Counter,
    pub messages: Counter,
    pub routes: Counter,
    pub batches: Counter,
    /// Sessions that do not read because what they read is not yet taken.
    pub paused: Counter,
    /// Bytes of memory for batches that are in use.
    pub memory: Gauge,
    /// Of batches.
    pub broker: Publishing,
    /// Of OpenBMP's raw feed, and messages that it left out.
    pub openbmp: Publishing,
    pub openbmp_dropped: Counter,
    pub spooled: Counter,
    pub spool_bytes: Gauge,
    pub spool_full: Counter,
    pub tee_bytes: Counter,
    pub tee_dropped: Counter,
}

/// What becomes of the messages for one stream.
#[derive(Clone, Debug)]
pub struct Publishing {
    pub connected: Gauge,
    acked: Counter,
    acked_bytes: Counter,
    ack_seconds: Histogram,
    pub resent: Counter,
    pub refused: Counter,
    pub failed: Counter,
    pub stream_full: Counter,
}

impl Publishing {
    fn new() -> Self {
        Publishing {
            connected: Gauge::default(),
            acked: Counter::default(),
            acked_bytes: Counter::default(),
            ack_seconds: Histogram::new(exponential_buckets(0.000_5, 2.0, 16)),
            resent: Counter::default(),
            refused: Counter::default(),
            failed: Counter::default(),
            stream_full: Counter::default(),
        }
    }

    /// `what` is published: batches, or messages.
    fn register(&self, r: &mut Registry, what: &str) {
        let name = |of: &str| format!("{what}_{of}");
        r.register(name("acknowledged"), "What the broker holds", self.acked.clone());
        r.register("acknowledged_bytes", "Octets of it", self.acked_bytes.clone());
        r.register("ack_seconds", "Until the broker has acknowledged", self.ack_seconds.clone());
        r.register(name("resent"), "What was sent again", self.resent.clone());
        r.register(name("refused"), "Refusals of the broker", self.refused.clone());
        r.register(name("failed"), "What the broker never takes", self.failed.clone());
        r.register("stream_full", "How often a partition had no room", self.stream_full.clone());
    }

    pub fn acked(&self, bytes: usize, after: Duration) {
        self.acked.inc();
        self.acked_bytes.inc_by(bytes as u64);
        self.ack_seconds.observe(after.as_secs_f64());
    }
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("bmp_collector");
        let metrics = Metrics {
            registry: Registry::default(),
            sessions: Gauge::default(),
            accepted: Counter::default(),
            refused: Family::default(),
            ended: Family::default(),
            bytes: Counter::default(),
            messages: Counter::default(),
            routes: Counter::default(),
            batches: Counter::default(),
            paused: Counter::default(),
            memory: Gauge::default(),
            broker: Publishing::new(),
            openbmp: Publishing::new(),
            openbmp_dropped: Counter::default(),
            spooled: Counter::default(),
            spool_bytes: Gauge::default(),
            spool_full: Counter::default(),
            tee_bytes: Counter::default(),
            tee_dropped: Counter::default(),
        };
        let r = &mut registry;
        r.register("sessions", "BMP sessions now", metrics.sessions.clone());
        r.register("sessions_accepted", "Connections that became sessions", metrics.accepted.clone());
        r.register("connections_refused", "Connections refused, by reason", metrics.refused.clone());
        r.register("sessions_ended", "Sessions that ended, by reason", metrics.ended.clone());
        r.register("received_bytes", "Octets of BMP", metrics.bytes.clone());
        r.register("messages", "BMP messages", metrics.messages.clone());
        r.register("routes", "Routes announced and withdrawn", metrics.routes.clone());
        r.register("batches", "Batches handed to the broker", metrics.batches.clone());
        r.register("pauses", "How often a session stopped reading", metrics.paused.clone());
        r.register("batch_memory_bytes", "Memory of batches the broker has not yet", metrics.memory.clone());
        r.register("broker_connected", "1 while the broker is there", metrics.broker.connected.clone());
        metrics.broker.register(r, "batches");
        r.register("batches_spooled", "Batches that went to the disk", metrics.spooled.clone());
        r.register("spool_bytes", "Octets on disk", metrics.spool_bytes.clone());
        r.register("spool_full", "Batches for which the disk had no room", metrics.spool_full.clone());
        r.register("tee_bytes", "Octets forwarded to further stations", metrics.tee_bytes.clone());
        r.register("tee_dropped_bytes", "Octets that they missed", metrics.tee_dropped.clone());
        let r = registry.sub_registry_with_prefix("openbmp");
        r.register("connected", "1 while the stream is there", metrics.openbmp.connected.clone());
        metrics.openbmp.register(r, "messages");
        r.register("messages_dropped", "BMP messages that were left out", metrics.openbmp_dropped.clone());
        Metrics { registry, ..metrics }
    }

    pub fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&[("reason", reason)]).inc();
    }

    pub fn end(&self, reason: &'static str) {
        self.ended.get_or_create(&[("reason", reason)]).inc();
    }

    /// In the text format of Prometheus (OpenMetrics).
    pub fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}
