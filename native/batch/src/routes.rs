//! The event that nearly all of a batch is: routes of one group, without faults and TLVs.
//!
//! It is written and read here field by field, where its octets are: prost would need each of them as a message of its own, in
//! memory of its own. Tests hold that prost writes the same octets, and reads the same from them.

use prost::encoding::{encode_varint, encoded_len_varint};

use crate::generated as proto;
use crate::protobuf::{Fields, Octets, Small, Word};

/// An event whose body is routes of one group, without faults and TLVs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoutesEvent<'a> {
    pub sequence_offset: u32,
    pub peer: u32,
    /// Number of a [`proto::RibView`].
    pub view: i32,
    pub filtered: bool,
    pub router_time_us: i64,
    pub attributes: &'a [u8],
    pub group: Group<'a>,
}

/// A [`proto::RouteGroup`] by reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group<'a> {
    pub action: proto::route_group::Action,
    pub afi: u16,
    pub safi: u8,
    pub add_path: bool,
    pub add_path_inferred: bool,
    pub next_hop: &'a [u8],
    pub nlri: &'a [u8],
}

impl<'a> Group<'a> {
    /// None where its family is out of range.
    pub fn of(group: &'a proto::RouteGroup) -> Option<Self> {
        Some(Group {
            action: group.action(),
            afi: group.afi.try_into().ok()?,
            safi: group.safi.try_into().ok()?,
            add_path: group.add_path,
            add_path_inferred: group.add_path_inferred,
            next_hop: &group.next_hop,
            nlri: &group.nlri,
        })
    }

    fn read(octets: &'a [u8]) -> Option<Self> {
        let mut fields = Fields { rest: octets };
        let group = Group {
            action: i32::try_from(fields.number(1)?).ok()?.try_into().ok()?,
            afi: fields.number(2)?.try_into().ok()?,
            safi: fields.number(3)?.try_into().ok()?,
            add_path: fields.number(4)? != 0,
            next_hop: fields.octets(5)?.unwrap_or_default(),
            nlri: fields.octets(6)?.unwrap_or_default(),
            add_path_inferred: fields.number(7)? != 0,
        };
        fields.rest.is_empty().then_some(group)
    }
}

impl<'a> RoutesEvent<'a> {
    /// Reads an element of [`proto::Batch::events`]. None where it is any other event, or is encoded in any other way than
    /// [`Head::encode`] does: prost reads it then.
    pub(crate) fn read(octets: &'a [u8]) -> Option<Self> {
        let mut fields = Fields { rest: octets };
        let sequence_offset = fields.number(1)?.try_into().ok()?;
        // The peer is there even where it is 0.
        let peer = fields.rest.first().filter(|key| **key == 2 << 3).and_then(|_| fields.number(2))?;
        let (view, filtered, time) = (fields.number(3)?, fields.number(4)?, fields.number(5)?);
        let routes = fields.required(ROUTES)?;
        let mut parts = Fields { rest: routes };
        let attributes = parts.octets(1)?.unwrap_or_default();
        let group = Group::read(parts.octets(2)??)?;
        (fields.rest.is_empty() && parts.rest.is_empty()).then_some(())?;
        Some(RoutesEvent {
            sequence_offset,
            peer: peer.try_into().ok()?,
            view: view.try_into().ok()?,
            filtered: filtered != 0,
            router_time_us: time.cast_signed(),
            attributes,
            group,
        })
    }
}

/// What an event says besides its place, time, attributes and routes, encoded: thousands of events say the same.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Peer, view and whether it is filtered. A view takes up to ten octets.
    event: Small<24>,
    /// From the action to the path identifiers.
    group: Small<16>,
    inferred: bool,
}

impl Head {
    pub fn of(event: &RoutesEvent<'_>) -> Self {
        let Group { action, afi, safi, add_path, add_path_inferred: inferred, .. } = event.group;
        let mut head = Head { inferred, ..Head::default() };
        // The peer is there even where it is 0, which leaves any other number out.
        head.event.field(2, event.peer.into());
        let rest = [(3, i64::from(event.view).cast_unsigned()), (4, event.filtered.into())];
        let group = [(1, action as u64), (2, afi.into()), (3, safi.into()), (4, add_path.into())];
        for (part, value) in rest.into_iter().filter(|field| field.1 != 0) {
            head.event.field(part, value);
        }
        for (part, value) in group.into_iter().filter(|field| field.1 != 0) {
            head.group.field(part, value);
        }
        head
    }

    /// Adds an event as an element of [`proto::Batch::events`]; of what it says, that which is in the head is taken from there.
    #[inline(always)]
    pub fn encode(&self, event: &RoutesEvent<'_>, out: &mut Vec<u8>) {
        let Group { next_hop, nlri, .. } = event.group;
        // Every length comes before what it counts, so the innermost is found out first.
        let (next_hop, nlri) = (Octets::of(5, next_hop), Octets::of(6, nlri));
        let inferred = Word::number(7, self.inferred.into());
        let group_length = self.group.length + next_hop.length() + nlri.length() + inferred.length;
        let group = Word::ahead(2, group_length);
        let attributes = Octets::of(1, event.attributes);
        let routes_length = attributes.length() + group.length + group_length;
        let routes = Word::ahead(ROUTES, routes_length);
        let offset = Word::number(1, event.sequence_offset);
        let time = event.router_time_us.cast_unsigned();
        let time_length = if time == 0 { 0 } else { 1 + encoded_len_varint(time) };
        let event_length = offset.length + self.event.length + time_length + routes.length + routes_length;
        let event = Word::ahead(EVENTS, event_length);

        // What is too much of the last of them needs room too.
        out.reserve(event.length + event_length + size_of::<Small<24>>());
        event.add_to(out);
        offset.add_to(out);
        self.event.add_to(out);
        if time != 0 {
            out.push(5 << 3);
            match Word::varint(time) {
                Some(word) => word.add_to(out),
                None => encode_varint(time, out),
            }
        }
        routes.add_to(out);
        attributes.add_to(out);
        group.add_to(out);
        self.group.add_to(out);
        next_hop.add_to(out);
        nlri.add_to(out);
        inferred.add_to(out);
    }
}

/// [`proto::Batch::events`]
pub(crate) const EVENTS: u32 = 5;
/// [`proto::event::Body::Routes`]
const ROUTES: u32 = 16;
