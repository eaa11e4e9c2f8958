//! The events of a batch, each encoded once, when all that belongs to it is known.

use std::ops::Range;

use prost::encoding::message;
use prost::Message as _;

use crate::generated as proto;
use crate::routes::EVENTS;

/// Encoded events, in the order of their places.
#[derive(Debug, Default)]
pub(crate) struct Events {
    octets: Vec<u8>,
    /// Where in `octets` each is. They are encoded in any order.
    spans: Vec<Range<usize>>,
}

impl Events {
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Keeps a place for an event that is encoded later.
    pub fn keep(&mut self) -> usize {
        self.spans.push(0..0);
        self.spans.len() - 1
    }

    pub fn push(&mut self, event: &proto::Event) {
        let place = self.keep();
        self.fill(place, |out| message::encode(EVENTS, event, out));
    }

    /// Adds the event of a place that was kept.
    pub fn fill(&mut self, place: usize, encode: impl FnOnce(&mut Vec<u8>)) {
        let start = self.octets.len();
        encode(&mut self.octets);
        if let Some(span) = self.spans.get_mut(place) {
            *span = start..self.octets.len();
        }
    }

    /// Gives the batch with these events; there are none afterwards.
    pub fn close(&mut self, batch: &proto::Batch) -> Vec<u8> {
        // The events are the last field of a batch, and the elements of a repeated field are back to back.
        let mut payload = batch.encode_to_vec();
        payload.reserve_exact(self.octets.len());
        // Most were encoded in the order of their places, and are copied together.
        let mut together = 0..0;
        for span in self.spans.drain(..) {
            if span.start == together.end {
                together.end = span.end;
            } else {
                payload.extend_from_slice(self.octets.get(together).unwrap_or_default());
                together = span;
            }
        }
        payload.extend_from_slice(self.octets.get(together).unwrap_or_default());
        self.octets.clear();
        payload
    }
}
