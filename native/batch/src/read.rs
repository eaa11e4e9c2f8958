//! A batch as whoever receives it reads it: its routes stay where their octets are.

use prost::{DecodeError, Message as _};

use crate::generated as proto;
use crate::protobuf::Fields;
use crate::routes::{RoutesEvent, EVENTS};

/// A [`proto::Batch`] with its events by reference.
///
/// ```
/// use batch::{proto, proto::Message, BatchView};
///
/// let batch = proto::Batch { first_sequence: 7, ..Default::default() };
/// let payload = batch.encode_to_vec();
/// let read = BatchView::decode(&payload).unwrap();
/// assert_eq!(read.head, batch);
/// assert!(read.events.is_empty());
/// ```
#[derive(Debug)]
pub struct BatchView<'a> {
    /// All but its events.
    pub head: proto::Batch,
    pub events: Vec<EventView<'a>>,
}

#[derive(Debug)]
pub enum EventView<'a> {
    Routes(RoutesEvent<'a>),
    Other(Box<proto::Event>),
}

impl EventView<'_> {
    pub fn sequence_offset(&self) -> u32 {
        match self {
            EventView::Routes(event) => event.sequence_offset,
            EventView::Other(event) => event.sequence_offset,
        }
    }

    pub fn peer(&self) -> Option<u32> {
        match self {
            EventView::Routes(event) => Some(event.peer),
            EventView::Other(event) => event.peer,
        }
    }

    pub fn router_time_us(&self) -> i64 {
        match self {
            EventView::Routes(event) => event.router_time_us,
            EventView::Other(event) => event.router_time_us,
        }
    }

    /// What it says, where that is not in a [`RoutesEvent`].
    pub fn body(&self) -> Option<&proto::event::Body> {
        match self {
            EventView::Routes(_) => None,
            EventView::Other(event) => event.body.as_ref(),
        }
    }
}

impl<'a> BatchView<'a> {
    /// # Errors
    /// When `payload` is not a batch, which is known before any of it is used.
    pub fn decode(payload: &'a [u8]) -> Result<Self, DecodeError> {
        if let Some(batch) = Self::read(payload) {
            return Ok(batch);
        }
        // Not encoded as this collector does it. Prost knows what that means.
        let mut head = proto::Batch::decode(payload)?;
        let events = std::mem::take(&mut head.events).into_iter();
        Ok(BatchView { head, events: events.map(|event| EventView::Other(event.into())).collect() })
    }

    fn read(payload: &'a [u8]) -> Option<Self> {
        let mut fields = Fields { rest: payload };
        // Octets of all other fields, which are a message of their own.
        let mut head = Vec::new();
        let mut events = Vec::with_capacity(payload.len() / 128);
        while !fields.rest.is_empty() {
            let before = fields.rest;
            match fields.any()? {
                (EVENTS, Some(octets)) => events.push(match RoutesEvent::read(octets) {
                    Some(event) => EventView::Routes(event),
                    None => EventView::Other(Box::new(proto::Event::decode(octets).ok()?)),
                }),
                _ => head.extend_from_slice(before.get(..before.len() - fields.rest.len())?),
            }
        }
        Some(BatchView { head: proto::Batch::decode(head.as_slice()).ok()?, events })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::events::Events;
    use crate::routes::{Group, Head};

    fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..most)
    }

    /// Every event as prost has it.
    fn owned(batch: &BatchView<'_>) -> Vec<proto::Event> {
        let owned = |event: &EventView<'_>| match event {
            EventView::Other(event) => (**event).clone(),
            EventView::Routes(event) => message(event),
        };
        batch.events.iter().map(owned).collect()
    }

    fn message(event: &RoutesEvent<'_>) -> proto::Event {
        let group = &event.group;
        proto::Event {
            sequence_offset: event.sequence_offset,
            peer: Some(event.peer),
            view: event.view,
            filtered: event.filtered,
            router_time_us: event.router_time_us,
            body: Some(proto::event::Body::Routes(proto::Routes {
                attributes: event.attributes.to_vec().into(),
                groups: vec![proto::RouteGroup {
                    action: group.action.into(),
                    afi: group.afi.into(),
                    safi: group.safi.into(),
                    add_path: group.add_path,
                    next_hop: group.next_hop.to_vec().into(),
                    nlri: group.nlri.to_vec().into(),
                    add_path_inferred: group.add_path_inferred,
                }],
                ..Default::default()
            })),
        }
    }

    fn encode(event: &RoutesEvent<'_>, out: &mut Vec<u8>) {
        Head::of(event).encode(event, out);
    }

    proptest! {
        #[test]
        fn routes_are_written_and_read_as_prost_does(
            (sequence_offset, peer, router_time_us) in (any::<u32>(), any::<u32>(), any::<i64>()),
            (small, view, action) in (any::<bool>(), 0..6_i32, 0..3_i32),
            (filtered, add_path, add_path_inferred) in (any::<bool>(), any::<bool>(), any::<bool>()),
            (afi, safi) in (any::<u16>(), any::<u8>()),
            (attributes, next_hop, nlri) in (octets(400), octets(50), octets(20_000)),
        ) {
            let event = RoutesEvent {
                sequence_offset: if small { sequence_offset % 200 } else { sequence_offset },
                peer: if small { peer % 3 } else { peer },
                view,
                filtered,
                router_time_us: if small { router_time_us % 2 } else { router_time_us },
                attributes: &attributes,
                group: Group {
                    action: action.try_into().unwrap(),
                    afi: if small { afi % 3 } else { afi },
                    safi: if small { safi % 2 } else { safi },
                    add_path,
                    add_path_inferred,
                    next_hop: &next_hop,
                    nlri: &nlri,
                },
            };
            let message = message(&event);
            // The later event has the earlier place.
            let mut events = Events::default();
            let place = events.keep();
            events.push(&message);
            events.fill(place, |out| encode(&event, out));
            let head = proto::Batch { first_sequence: 7, ..Default::default() };
            let batch = proto::Batch { events: vec![message.clone(), message], ..head.clone() };
            prop_assert_eq!(events.len(), 2);
            let payload = events.close(&head);
            prop_assert_eq!(&payload, &batch.encode_to_vec());
            prop_assert!(events.is_empty());

            let read = BatchView::decode(&payload).unwrap();
            prop_assert!(read.events.iter().all(|read| matches!(read, EventView::Routes(read) if *read == event)));
            prop_assert_eq!(read.head, head);
        }

        #[test]
        fn whatever_the_octets_are_prost_reads_the_same(
            mut payload in prop_oneof![octets(40), (octets(30), octets(30)).prop_map(|(attributes, nlri)| {
                let group = Group { afi: 1, safi: 1, nlri: &nlri, ..Default::default() };
                let event = RoutesEvent { peer: 1, attributes: &attributes, group, ..Default::default() };
                let mut out = Vec::new();
                encode(&event, &mut out);
                encode(&event, &mut out);
                out
            })],
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        ) {
            for (place, octet) in changes {
                if !payload.is_empty() {
                    let place = place.index(payload.len());
                    payload[place] = octet;
                }
            }
            match (BatchView::decode(&payload), proto::Batch::decode(payload.as_slice())) {
                (Ok(read), Ok(batch)) => {
                    prop_assert_eq!(owned(&read), batch.events.clone());
                    prop_assert_eq!(read.head, proto::Batch { events: Vec::new(), ..batch });
                }
                (read, batch) => prop_assert_eq!(read.err().map(|error| error.to_string()), batch.err().map(|error| error.to_string())),
            }
        }
    }
}
