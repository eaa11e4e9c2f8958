//! The event that nearly all of a batch is: routes of one group, without faults and TLVs.
//!
//! It is written and read here field by field, where its octets are: prost would need each of them as a message of its own, in
//! memory of its own. Tests hold that prost writes the same octets, and reads the same from them.

use prost::encoding::{decode_varint, encoded_len_varint};

use crate::generated as proto;

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
        let mut group = Group::default();
        let mut fields = Fields { rest: octets, last: 0 };
        while !fields.rest.is_empty() {
            match fields.next()? {
                (1, Value::Number(number)) => {
                    group.action = i32::try_from(number).ok()?.try_into().ok()?;
                }
                (2, Value::Number(number)) => group.afi = number.try_into().ok()?,
                (3, Value::Number(number)) => group.safi = number.try_into().ok()?,
                (4, Value::Number(number)) => group.add_path = number != 0,
                (5, Value::Octets(octets)) => group.next_hop = octets,
                (6, Value::Octets(octets)) => group.nlri = octets,
                (7, Value::Number(number)) => group.add_path_inferred = number != 0,
                _ => return None,
            }
        }
        Some(group)
    }
}

impl<'a> RoutesEvent<'a> {
    /// Reads an element of [`proto::Batch::events`]. None where it is any other event, or is encoded in any other way than
    /// [`RoutesEvent::encode`] does: prost reads it then.
    pub(crate) fn read(octets: &'a [u8]) -> Option<Self> {
        let mut event = RoutesEvent::default();
        let mut routes = None;
        let mut peer = None;
        let mut fields = Fields { rest: octets, last: 0 };
        while !fields.rest.is_empty() {
            match fields.next()? {
                (1, Value::Number(number)) => event.sequence_offset = number.try_into().ok()?,
                (2, Value::Number(number)) => peer = Some(number.try_into().ok()?),
                (3, Value::Number(number)) => event.view = number.try_into().ok()?,
                (4, Value::Number(number)) => event.filtered = number != 0,
                (5, Value::Number(number)) => event.router_time_us = number.cast_signed(),
                (ROUTES, Value::Octets(octets)) => routes = Some(octets),
                _ => return None,
            }
        }
        event.peer = peer?;
        let mut group = None;
        let mut fields = Fields { rest: routes?, last: 0 };
        while !fields.rest.is_empty() {
            match fields.next()? {
                (1, Value::Octets(octets)) => event.attributes = octets,
                (2, Value::Octets(octets)) => group = Some(Group::read(octets)?),
                _ => return None,
            }
        }
        event.group = group?;
        Some(event)
    }

    /// Adds it as an element of [`proto::Batch::events`].
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        // Every length comes before what it counts, so the innermost is found out first.
        let Group { action, afi, safi, add_path, add_path_inferred, next_hop, nlri } = self.group;
        let group =
            [Field(1, action as u64), Field(2, afi.into()), Field(3, safi.into()), Field(4, add_path.into())];
        let inferred = Field(7, add_path_inferred.into());
        let group_length =
            lengths(&group) + octets_length(next_hop) + octets_length(nlri) + inferred.length();
        let routes_length = octets_length(self.attributes) + delimited(1, group_length);
        let event = [
            Field(3, i64::from(self.view).cast_unsigned()),
            Field(4, self.filtered.into()),
            Field(5, self.router_time_us.cast_unsigned()),
        ];
        let sequence_offset = Field(1, self.sequence_offset.into());
        // The peer is there even where it is 0.
        let peer_length = 1 + encoded_len_varint(self.peer.into());
        let event_length =
            sequence_offset.length() + peer_length + lengths(&event) + delimited(2, routes_length);
        out.reserve(delimited(1, event_length));

        let mut small = Small::default();
        small.head(EVENTS, event_length);
        small.field(sequence_offset);
        small.varint(2 << 3);
        small.varint(self.peer.into());
        event.into_iter().for_each(|field| small.field(field));
        small.head(ROUTES, routes_length);
        small.octets(1, self.attributes, out);
        small.head(2, group_length);
        group.into_iter().for_each(|field| small.field(field));
        small.octets(5, next_hop, out);
        small.octets(6, nlri, out);
        small.field(inferred);
        small.add_to(out);
    }
}

/// [`proto::Batch::events`]
pub(crate) const EVENTS: u32 = 5;
/// [`proto::event::Body::Routes`]
const ROUTES: u32 = 16;

/// Fields of a message, each at most once, in the order of their numbers, as prost writes them.
pub(crate) struct Fields<'a> {
    pub rest: &'a [u8],
    pub last: u32,
}

pub(crate) enum Value<'a> {
    Number(u64),
    Octets(&'a [u8]),
}

impl<'a> Fields<'a> {
    #[inline(always)]
    fn next(&mut self) -> Option<(u32, Value<'a>)> {
        let (number, value) = self.any()?;
        (std::mem::replace(&mut self.last, number) < number).then_some((number, value))
    }

    /// As [`Fields::next`], in any order, and several of one number.
    #[inline(always)]
    pub fn any(&mut self) -> Option<(u32, Value<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (octets, rest) = self.rest.split_at_checked(length)?;
                self.rest = rest;
                Value::Octets(octets)
            }
            _ => return None,
        };
        Some((u32::try_from(key >> 3).ok()?, value))
    }

    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        match self.rest {
            [short @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Some(u64::from(*short))
            }
            // Lengths of attributes are mostly so long.
            [low @ 0x80..=0xff, high @ 1..=0x7f, rest @ ..] => {
                self.rest = rest;
                Some(u64::from(*low & 0x7f) | u64::from(*high) << 7)
            }
            _ => decode_varint(&mut self.rest).ok(),
        }
    }
}

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

/// Small fields that follow each other, gathered so that they are added at once. All those of an event have fewer than 80 octets.
struct Small {
    octets: [u8; 80],
    length: usize,
}

impl Default for Small {
    #[inline(always)]
    fn default() -> Self {
        Small { octets: [0; 80], length: 0 }
    }
}

impl Small {
    #[inline(always)]
    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    #[inline(always)]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            let [low, ..] = value.to_le_bytes();
            self.push(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.push(low);
    }

    #[inline(always)]
    fn field(&mut self, Field(number, value): Field) {
        if value != 0 {
            self.varint((number << 3).into());
            self.varint(value);
        }
    }

    /// Ahead of octets.
    #[inline(always)]
    fn head(&mut self, number: u32, length: usize) {
        const LENGTH_DELIMITED: u32 = 2;
        self.varint((number << 3 | LENGTH_DELIMITED).into());
        self.varint(length as u64);
    }

    /// A field of octets, and what was gathered before it, straight to `out`.
    #[inline(always)]
    fn octets(&mut self, number: u32, value: &[u8], out: &mut Vec<u8>) {
        if !value.is_empty() {
            self.head(number, value.len());
            self.add_to(out);
            out.extend_from_slice(value);
        }
    }

    #[inline(always)]
    fn add_to(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.octets.get(..self.length).unwrap_or_default());
        self.length = 0;
    }
}
