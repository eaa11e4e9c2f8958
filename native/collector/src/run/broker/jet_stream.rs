//! NATS JetStream: what it has acknowledged outlives this program.
//!
//! Subjects, headers, message ids and the stream are those of the station's `ServiceRadar.BMP.Broker.JetStream`, whose
//! documentation tells what they mean and what keeps the order. Whoever takes batches cannot tell which of the two they
//! came from.

mod connection;
mod link;
mod publisher;
mod resets;
mod stream;

use super::{Broker, Publication};
use crate::run::config::Config;
use crate::run::metrics::Metrics;
use crate::run::sessions::Sessions;
use std::sync::Arc;
use tokio::sync::mpsc::{unbounded_channel, UnboundedSender};

/// A connection, and a publisher for each partition.
#[derive(Debug)]
pub struct JetStream {
    publishers: Vec<UnboundedSender<Publication>>,
}

impl JetStream {
    pub fn start(config: &Config, sessions: Arc<Sessions>, metrics: Arc<Metrics>) -> Self {
        let options = Arc::new(config.jetstream.clone());
        let link = link::start(Arc::clone(&options), config.partitions, sessions, Arc::clone(&metrics));
        let publishers = (0..config.partitions)
            .map(|partition| {
                let (publications, taken) = unbounded_channel();
                let publisher = publisher::Publisher::new(
                    Arc::clone(&options),
                    partition,
                    link.clone(),
                    Arc::clone(&metrics),
                );
                tokio::spawn(publisher.run(taken));
                publications
            })
            .collect();
        JetStream { publishers }
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
