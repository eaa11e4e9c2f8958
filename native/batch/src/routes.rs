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
        let routes = fields.routes()?;
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

/// Fields of a message.
pub(crate) struct Fields<'a> {
    pub rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Takes the next one, whichever it is; gives its number, and its octets where it is no number itself.
    #[inline(always)]
    pub fn any(&mut self) -> Option<(u32, Option<&'a [u8]>)> {
        let key = u32::try_from(self.varint()?).ok()?;
        let octets = match key & 7 {
            0 => {
                self.varint()?;
                None
            }
            LENGTH_DELIMITED => Some(self.delimited()?),
            _ => return None,
        };
        Some((key >> 3, octets))
    }

    /// A field of a number below 16 if it is the next one, as it is in the order in which prost writes them; else 0, which is
    /// what a number has that is left out.
    #[inline(always)]
    fn number(&mut self, field: u8) -> Option<u64> {
        match self.rest.split_first() {
            Some((key, rest)) if *key == field << 3 => {
                self.rest = rest;
                self.varint()
            }
            _ => Some(0),
        }
    }

    /// The same of octets.
    #[inline(always)]
    fn octets(&mut self, field: u8) -> Option<Option<&'a [u8]>> {
        match self.rest.split_first() {
            Some((key, rest)) if u32::from(*key) == u32::from(field) << 3 | LENGTH_DELIMITED => {
                self.rest = rest;
                self.delimited().map(Some)
            }
            _ => Some(None),
        }
    }

    /// The field [`ROUTES`], whose key has two octets.
    #[inline(always)]
    fn routes(&mut self) -> Option<&'a [u8]> {
        (self.varint()? == u64::from(ROUTES << 3 | LENGTH_DELIMITED)).then_some(())?;
        self.delimited()
    }

    #[inline(always)]
    fn delimited(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (octets, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(octets)
    }

    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        if let [short @ ..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Some(u64::from(*short));
        }
        let Some(word) = self.rest.first_chunk().map(|octets| u64::from_le_bytes(*octets)) else {
            return decode_varint(&mut self.rest).ok();
        };
        // The last octet has no highest bit.
        let last = !word & 0x8080_8080_8080_8080;
        if last == 0 {
            return decode_varint(&mut self.rest).ok();
        }
        let bits = last.trailing_zeros() + 1;
        self.rest = self.rest.get(bits as usize / 8..)?;
        // Seven bits of each octet: octets, then quarters, then halves move together.
        let octets = word & (u64::MAX >> (64 - bits)) & 0x7f7f_7f7f_7f7f_7f7f;
        let quarters = octets & 0x007f_007f_007f_007f | (octets & 0x7f00_7f00_7f00_7f00) >> 1;
        let halves = quarters & 0x0000_3fff_0000_3fff | (quarters & 0x3fff_0000_3fff_0000) >> 2;
        Some(halves & 0x0fff_ffff | (halves & 0x0fff_ffff_0000_0000) >> 4)
    }
}

/// The wire type of what has a length ahead.
const LENGTH_DELIMITED: u32 = 2;

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
