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
mod stream;

use super::{Broker, Publication};
use crate::run::config::Config;
use crate::run::metrics::Metrics;
use crate::run::sessions::Sessions;
use crate::run::spool;
use anyhow::Result;
use disk::Disk;
use std::fs::File;
use std::sync::Arc;
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
        let options = Arc::new(config.jetstream.clone());
        let (lock, disks) = match &config.spool.folder {
            None => (None, Vec::new()),
            Some(folder) => {
                let lock = spool::lock(folder)?;
                (Some(lock), Disk::open_all(folder, &config.spool, config.partitions, metrics)?)
            }
        };
        let mut disks = disks.into_iter();
        let link =
            link::start(Arc::clone(&options), config.partitions, Arc::clone(sessions), Arc::clone(metrics));
        let publishers = (0..config.partitions)
            .map(|partition| {
                let (publications, taken) = unbounded_channel();
                let publisher = publisher::Publisher::new(
                    Arc::clone(&options),
                    partition,
                    link.clone(),
                    disks.next(),
                    Arc::clone(sessions),
                    Arc::clone(metrics),
                );
                tokio::spawn(publisher.run(taken));
                publications
            })
            .collect();
        Ok(JetStream { publishers, _lock: lock })
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
