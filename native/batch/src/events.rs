//! The events of a batch, each encoded once, when all that belongs to it is known.
//!
//! Nearly all events are routes of one group, whose encoding is written here field by field: prost would need each of
//! them as a message of its own, in memory of its own, first. Tests hold that the octets are those that prost writes.

use std::ops::Range;

use prost::encoding::{encoded_len_varint, message};
use prost::Message as _;

use crate::generated as proto;

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
        let start = self.octets.len();
        message::encode(EVENTS, event, &mut self.octets);
        self.spans.push(start..self.octets.len());
    }

    pub fn fill(&mut self, place: usize, event: &RoutesEvent) {
        let start = self.octets.len();
        event.encode(&mut self.octets);
        if let Some(span) = self.spans.get_mut(place) {
            *span = start..self.octets.len();
        }
    }

    /// Gives the batch with these events; there are none afterwards.
    pub fn close(&mut self, batch: &proto::Batch) -> Vec<u8> {
        // The events are the last field of a batch, and the elements of a repeated field are back to back.
        let mut payload = batch.encode_to_vec();
        payload.reserve_exact(self.octets.len());
        for span in self.spans.drain(..) {
            payload.extend_from_slice(self.octets.get(span).unwrap_or_default());
        }
        self.octets.clear();
        payload
    }
}

/// An event whose body is routes of one group, without faults and TLVs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoutesEvent {
    pub sequence_offset: u32,
    pub peer: u32,
    pub view: proto::RibView,
    pub filtered: bool,
    pub router_time_us: i64,
    pub attributes: Vec<u8>,
    pub action: proto::route_group::Action,
    pub afi: u16,
    pub safi: u8,
    pub add_path: bool,
    pub inferred: bool,
    pub next_hop: Vec<u8>,
    pub nlri: Vec<u8>,
}

impl RoutesEvent {
    /// Adds it as an element of [`proto::Batch::events`].
    fn encode(&self, out: &mut Vec<u8>) {
        // Every length comes before what it counts, so the innermost is found out first.
        let group = [
            Field(1, self.action as u64),
            Field(2, self.afi.into()),
            Field(3, self.safi.into()),
            Field(4, self.add_path.into()),
        ];
        let inferred = Field(7, self.inferred.into());
        let group_length =
            lengths(&group) + octets_length(&self.next_hop) + octets_length(&self.nlri) + inferred.length();
        let routes_length = octets_length(&self.attributes) + delimited(1, group_length);
        let event = [
            Field(3, self.view as u64),
            Field(4, self.filtered.into()),
            Field(5, self.router_time_us.cast_unsigned()),
        ];
        let sequence_offset = Field(1, self.sequence_offset.into());
        // The peer is there even where it is 0.
        let peer_length = 1 + encoded_len_varint(self.peer.into());
        let event_length =
            sequence_offset.length() + peer_length + lengths(&event) + delimited(2, routes_length);
        out.reserve(delimited(1, event_length));

        head(EVENTS, event_length, out);
        sequence_offset.encode(out);
        varint(2 << 3, out);
        varint(self.peer.into(), out);
        event.iter().for_each(|field| field.encode(out));
        head(ROUTES, routes_length, out);
        octets(1, &self.attributes, out);
        head(2, group_length, out);
        group.iter().for_each(|field| field.encode(out));
        octets(5, &self.next_hop, out);
        octets(6, &self.nlri, out);
        inferred.encode(out);
    }
}

/// [`proto::Batch::events`]
const EVENTS: u32 = 5;
/// [`proto::event::Body::Routes`]
const ROUTES: u32 = 16;

/// A field's number, below 16, and its value, a number that is left out where it is 0.
#[derive(Clone, Copy)]
struct Field(u32, u64);

impl Field {
    #[inline]
    fn length(self) -> usize {
        if self.1 == 0 {
            0
        } else {
            1 + encoded_len_varint(self.1)
        }
    }

    #[inline]
    fn encode(self, out: &mut Vec<u8>) {
        if self.1 != 0 {
            varint((self.0 << 3).into(), out);
            varint(self.1, out);
        }
    }
}

#[inline]
fn lengths(fields: &[Field]) -> usize {
    fields.iter().map(|field| field.length()).sum()
}

/// Octets of a field whose value has a length ahead, with a key of so many octets.
#[inline]
fn delimited(key: usize, length: usize) -> usize {
    key + encoded_len_varint(length as u64) + length
}

#[inline]
fn octets_length(value: &[u8]) -> usize {
    if value.is_empty() {
        0
    } else {
        delimited(1, value.len())
    }
}

#[inline]
fn octets(number: u32, value: &[u8], out: &mut Vec<u8>) {
    if !value.is_empty() {
        head(number, value.len(), out);
        out.extend_from_slice(value);
    }
}

#[inline]
fn head(number: u32, length: usize, out: &mut Vec<u8>) {
    const LENGTH_DELIMITED: u32 = 2;
    varint((number << 3 | LENGTH_DELIMITED).into(), out);
    varint(length as u64, out);
}

#[inline]
fn varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..most)
    }

    proptest! {
        #[test]
        fn the_octets_are_prosts(
            (sequence_offset, peer, router_time_us) in (any::<u32>(), any::<u32>(), any::<i64>()),
            (small, view, action) in (any::<bool>(), 0..6_i32, 0..3_i32),
            (filtered, add_path, inferred) in (any::<bool>(), any::<bool>(), any::<bool>()),
            (afi, safi) in (any::<u16>(), any::<u8>()),
            (attributes, next_hop, nlri) in (octets(400), octets(50), octets(20_000)),
        ) {
            let sequence_offset = if small { sequence_offset % 200 } else { sequence_offset };
            let event = RoutesEvent {
                sequence_offset,
                peer: if small { peer % 3 } else { peer },
                view: view.try_into().unwrap(),
                filtered,
                router_time_us: if small { router_time_us % 2 } else { router_time_us },
                attributes,
                action: action.try_into().unwrap(),
                afi: if small { afi % 3 } else { afi },
                safi: if small { safi % 2 } else { safi },
                add_path,
                inferred,
                next_hop,
                nlri,
            };
            let message = proto::Event {
                sequence_offset,
                peer: Some(event.peer),
                view,
                filtered,
                router_time_us: event.router_time_us,
                body: Some(proto::event::Body::Routes(proto::Routes {
                    attributes: event.attributes.clone().into(),
                    groups: vec![proto::RouteGroup {
                        action,
                        afi: event.afi.into(),
                        safi: event.safi.into(),
                        add_path,
                        next_hop: event.next_hop.clone().into(),
                        nlri: event.nlri.clone().into(),
                        add_path_inferred: inferred,
                    }],
                    ..Default::default()
                })),
            };
            // The later event has the earlier place.
            let mut events = Events::default();
            let place = events.keep();
            events.push(&message);
            events.fill(place, &event);
            let head = proto::Batch { first_sequence: 7, ..Default::default() };
            let batch = proto::Batch { events: vec![message.clone(), message], ..head.clone() };
            prop_assert_eq!(events.len(), 2);
            prop_assert_eq!(events.close(&head), batch.encode_to_vec());
            prop_assert!(events.is_empty());
        }
    }
}
