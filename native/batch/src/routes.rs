//! The event that nearly all of a batch is: routes of one group, without faults and TLVs.
//!
//! It is written and read here field by field, where its octets are: prost would need each of them as a message of its own, in
//! memory of its own. Tests hold that prost writes the same octets, and reads the same from them.

use prost::encoding::{decode_varint, encode_varint, encoded_len_varint};

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
    /// [`Head::encode`] does: prost reads it then.
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

/// Up to eight octets, the first in the lowest bits.
#[derive(Clone, Copy, Default)]
struct Word {
    octets: u64,
    length: usize,
}

impl Word {
    /// None where it has more than eight octets.
    #[inline(always)]
    fn varint(value: u64) -> Option<Self> {
        if value < 1 << 7 {
            return Some(Word { octets: value, length: 1 });
        }
        let length = encoded_len_varint(value);
        if length > 8 {
            return None;
        }
        // Seven bits an octet: halves, then quarters, then octets move apart.
        let halves = value & 0x0fff_ffff | (value & 0x00ff_ffff_f000_0000) << 4;
        let quarters = halves & 0x0000_3fff_0000_3fff | (halves & 0x0fff_c000_0fff_c000) << 2;
        let octets = quarters & 0x007f_007f_007f_007f | (quarters & 0x3f80_3f80_3f80_3f80) << 1;
        // All but the last say that there are more.
        let more = 0x8080_8080_8080_8080 & ((1 << (8 * (length - 1))) - 1);
        Some(Word { octets: octets | more, length })
    }

    /// A varint of at most five octets after the key of its field, which has at most two.
    #[inline(always)]
    fn keyed(key: u32, value: u32) -> Self {
        let (key, value) = (Self::varint(key.into()), Self::varint(value.into()));
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        Word { octets: key.octets | value.octets << (8 * key.length), length: key.length + value.length }
    }

    /// A field that is left out where it is 0.
    #[inline(always)]
    fn number(field: u32, value: u32) -> Self {
        if value == 0 {
            Word::default()
        } else {
            Self::keyed(field << 3, value)
        }
    }

    /// What is ahead of a field of so many octets. No batch has 2^32.
    #[inline(always)]
    fn ahead(field: u32, length: usize) -> Self {
        const LENGTH_DELIMITED: u32 = 2;
        Self::keyed(field << 3 | LENGTH_DELIMITED, u32::try_from(length).unwrap_or(u32::MAX))
    }

    /// All eight octets, of which what is too much is cut off again: that needs no loop.
    #[inline(always)]
    fn add_to(self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.octets.to_le_bytes());
        out.truncate(end);
    }
}

/// A field of octets, left out where there are none.
#[derive(Clone, Copy)]
struct Octets<'a> {
    ahead: Word,
    value: &'a [u8],
}

impl<'a> Octets<'a> {
    #[inline(always)]
    fn of(field: u32, value: &'a [u8]) -> Self {
        let ahead = if value.is_empty() { Word::default() } else { Word::ahead(field, value.len()) };
        Octets { ahead, value }
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.ahead.length + self.value.len()
    }

    #[inline(always)]
    fn add_to(self, out: &mut Vec<u8>) {
        self.ahead.add_to(out);
        out.extend_from_slice(self.value);
    }
}

/// Fields of few octets that follow each other.
#[derive(Clone, Copy, Debug)]
struct Small<const N: usize> {
    octets: [u8; N],
    length: usize,
}

impl<const N: usize> Default for Small<N> {
    fn default() -> Self {
        Small { octets: [0; N], length: 0 }
    }
}

impl<const N: usize> Small<N> {
    fn field(&mut self, field: u8, mut value: u64) {
        self.push(field << 3);
        while value >= 0x80 {
            let [low, ..] = value.to_le_bytes();
            self.push(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.push(low);
    }

    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    /// All octets there can be, of which what is too much is cut off again: how many they are is known when this is compiled.
    #[inline(always)]
    fn add_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.octets);
        out.truncate(end);
    }
}
