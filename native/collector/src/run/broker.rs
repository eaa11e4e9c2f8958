//! What carries batches away. Another broker is one more implementation of [`Broker`].

pub mod jet_stream;
pub mod json_lines;

use batch::EncodedBatch;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::OwnedSemaphorePermit;

/// Takes batches, and tells of each what became of it.
pub trait Broker: Send + Sync {
    /// Takes a batch without waiting. Batches of one partition are kept in the order in which they are given. How many
    /// there can be is bounded by whoever holds the memory for them: see [`Publication::memory`].
    fn publish(&self, publication: Publication);
}

/// A batch on its way.
#[derive(Debug)]
pub struct Publication {
    /// Of the router: see [`partition`].
    pub partition: u32,
    pub batch: EncodedBatch,
    /// Its share of the memory for batches, free again when this is dropped.
    pub memory: OwnedSemaphorePermit,
    /// Where the session hears of it.
    pub answers: UnboundedSender<Answer>,
}

/// `Ok` once the broker holds the batch; else why it does not and will not.
pub type Answer = Result<(), String>;

impl Publication {
    /// Tells the session, if it is still there, and gives the memory back.
    pub fn answer(self, answer: Answer) {
        drop(self.memory);
        drop(self.answers.send(answer));
    }
}

/// Which of `partitions` a router belongs to: CRC-32 of its id, modulo, as in the station's
/// `ServiceRadar.BMP.Batch.partition/2`.
pub fn partition(router_id: &batch::ids::Id, partitions: u32) -> u32 {
    crc32fast::hash(router_id).checked_rem(partitions).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn partitions_are_those_of_the_station() {
        // The doctest of ServiceRadar.BMP.Batch.partition/2 has this, too.
        assert_eq!(super::partition(&1_u128.to_be_bytes(), 4), 3);
        assert_eq!(super::partition(&[7; 16], 1), 0);
    }
}
