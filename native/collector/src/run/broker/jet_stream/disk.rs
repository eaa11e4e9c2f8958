//! A partition's batches on disk, while JetStream does not take them: whoever sent one is answered when it is there.

use crate::run::broker::Publication;
use crate::run::config::Spool as Options;
use crate::run::metrics::Metrics;
use crate::run::spool::{Appended, Budget, Record, Spool};
use anyhow::{bail, Result};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::block_in_place;

const REMEMBERED: usize = 10_000;

#[derive(Debug)]
pub struct Disk {
    spool: Spool,
    budget: Arc<Budget>,
    options: Options,
    metrics: Arc<Metrics>,
    /// Said once, and again when there was room in between.
    full: bool,
    /// Sessions of which something was not kept: what they still say would have a gap before it.
    refused: HashSet<String>,
}

impl Disk {
    /// One for each partition, with what an earlier run left there.
    pub fn open_all(
        folder: &Path,
        options: &Options,
        partitions: u32,
        metrics: &Arc<Metrics>,
    ) -> Result<Vec<Self>> {
        let budget = Budget::new(options.max_bytes);
        let of = |partition: u32| folder.join(format!("partition-{partition}"));
        if of(partitions).exists() {
            let spool = Spool::open(&of(partitions), Arc::clone(&budget))?;
            if !spool.is_empty() {
                bail!(
                    "the spool {} has batches of more than {partitions} partitions: start with as many as before until \
                     they are sent, or delete it",
                    folder.display()
                );
            }
        }
        (0..partitions)
            .map(|partition| {
                let spool = Spool::open(&of(partition), Arc::clone(&budget))?;
                if !spool.is_empty() {
                    tracing::info!(
                        partition,
                        "the spool has batches of an earlier run, which are sent first"
                    );
                }
                Ok(Disk {
                    spool,
                    budget: Arc::clone(&budget),
                    options: options.clone(),
                    metrics: Arc::clone(metrics),
                    full: false,
                    refused: HashSet::new(),
                })
            })
            .collect()
    }

    /// How long a batch waits for JetStream before it goes to the disk.
    pub fn after(&self) -> Duration {
        Duration::from_millis(self.options.after_ms)
    }

    /// Then everything that comes goes behind it.
    pub fn has_any(&self) -> bool {
        !self.spool.is_empty()
    }

    /// Writes batches behind those that are there, and answers whoever sent them.
    pub fn keep(&mut self, records: impl Iterator<Item = (Record, Publication)>) {
        let mut kept = Vec::new();
        block_in_place(|| {
            for (record, publication) in records {
                let appended = match self.refused.contains(record.session()) {
                    true => Ok(Appended::Full),
                    false => self.spool.append(&record),
                };
                if !matches!(appended, Ok(Appended::Kept | Appended::Reserve)) {
                    self.refuse(record.session());
                }
                match appended {
                    Ok(Appended::Kept) => {
                        self.full = false;
                        kept.push((publication, Ok(())));
                    }
                    // It is kept, but its session has to end.
                    Ok(Appended::Reserve) => kept.push((publication, Err(self.full()))),
                    Ok(Appended::Full) => publication.answer(Err(self.full())),
                    Err(error) => publication.answer(Err(self.failed(&error))),
                }
            }
            if let Err(error) = self.spool.sync() {
                let why = self.failed(&error);
                kept.iter_mut().for_each(|(_, answer)| *answer = Err(why.clone()));
            }
        });
        self.metrics.spooled.inc_by(kept.len() as u64);
        self.measure();
        for (publication, answer) in kept {
            publication.answer(answer);
        }
    }

    /// The next one, which stays there until it is released.
    pub fn hand_out(&mut self) -> Option<Record> {
        block_in_place(|| self.spool.hand_out()).unwrap_or_else(|error| {
            self.failed(&error);
            None
        })
    }

    /// JetStream has the oldest that was handed out.
    pub fn release(&mut self) {
        if !self.has_any() {
            return;
        }
        if let Err(error) = block_in_place(|| self.spool.release()) {
            self.failed(&error);
        }
        if !self.has_any() {
            tracing::info!("JetStream has everything that was on disk");
        }
        self.measure();
    }

    fn refuse(&mut self, session: &str) {
        // They have long been told to end.
        if self.refused.len() >= REMEMBERED {
            self.refused.clear();
        }
        self.refused.insert(session.to_owned());
    }

    fn measure(&self) {
        self.metrics.spool_bytes.set(i64::try_from(self.budget.used()).unwrap_or(i64::MAX));
    }

    fn full(&mut self) -> String {
        let why = format!("the disk spool is full, spool.max_bytes is {}", self.options.max_bytes);
        if !self.full {
            tracing::error!("sessions end: {why}");
            self.full = true;
        }
        self.metrics.spool_full.inc();
        why
    }

    fn failed(&self, error: &std::io::Error) -> String {
        let why = format!("the disk spool cannot be used: {error}");
        tracing::error!("{why}");
        why
    }
}
