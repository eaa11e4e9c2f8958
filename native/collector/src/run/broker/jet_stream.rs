//! NATS JetStream: what it has acknowledged outlives this program.
//!
//! Subjects, headers, message ids and the stream are those of the station's `ServiceRadar.BMP.Broker.JetStream`, whose
//! documentation tells what they mean and what keeps the order. Whoever takes batches cannot tell which of the two they
//! came from.

mod ack;
mod connection;
mod disk;
mod link;
mod publisher;
mod resets;
mod senders;
mod stream;
mod target;

use super::{Broker, Publication};
use crate::run::config::Config;
use crate::run::metrics::{Metrics, Publishing};
use crate::run::sessions::Sessions;
use crate::run::spool;
use anyhow::Result;
use disk::Disk;
use std::fs::File;
use std::sync::Arc;
use target::Target;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};

/// A connection, and a publisher for each partition.
#[derive(Debug)]
pub struct JetStream {
    publishers: Vec<UnboundedSender<Publication>>,
    /// Of the spool, for as long as this is there.
    _lock: Option<File>,
}

impl JetStream {
    pub fn start(config: &Config, sessions: &Arc<Sessions>, metrics: &Arc<Metrics>) -> Result<Self> {
        let (lock, disks) = match &config.spool.folder {
            None => (None, Vec::new()),
            Some(folder) => {
                let lock = spool::lock(folder)?;
                (Some(lock), Disk::open_all(folder, &config.spool, config.partitions, metrics)?)
            }
        };
        let target = Target::batches(&config.jetstream);
        let broker = Self::publish_to(target, config.partitions, disks, sessions, &metrics.broker);
        Ok(JetStream { _lock: lock, ..broker })
    }

    /// OpenBMP's raw feed, which has a stream and a connection of its own. `None` where nobody wants it.
    pub fn openbmp(config: &Config, metrics: &Metrics) -> Option<Self> {
        let target = Target::openbmp(&config.jetstream, &config.openbmp)?;
        // Nobody asks for a session there.
        let sessions = Arc::new(Sessions::default());
        Some(Self::publish_to(target, config.partitions, Vec::new(), &sessions, &metrics.openbmp))
    }

    fn publish_to(
        target: Target,
        partitions: u32,
        disks: Vec<Disk>,
        sessions: &Arc<Sessions>,
        metrics: &Publishing,
    ) -> Self {
        let target = Arc::new(target);
        let link = link::start(Arc::clone(&target), partitions, Arc::clone(sessions), metrics.clone());
        let mut disks = disks.into_iter();
        let publishers = (0..partitions)
            .map(|partition| {
                let (publications, taken) = unbounded_channel();
                let publisher = publisher::Publisher::new(
                    Arc::clone(&target),
                    partition,
                    link.clone(),
                    disks.next(),
                    Arc::clone(sessions),
                    metrics.clone(),
                );
                tokio::spawn(publisher.run(taken));
                publications
            })
            .collect();
        JetStream { publishers, _lock: None }
    }
}

impl Broker for JetStream {
    fn publish(&self, publication: Publication) {
        match self.publishers.get(publication.partition as usize) {
            Some(publisher) => {
                if let Err(unsent) = publisher.send(publication) {
                    unsent.0.answer(Err("the publisher has ended".into()));
                }
            }
            None => publication.answer(Err("there is no such partition".into())),
        }
    }
}
