//! A plain UPDATE, checked and read in one pass.
//!
//! Plain is what nearly every UPDATE is: well formed to its last octet, IPv4 and IPv6 prefixes, four octets an AS
//! number, no attribute twice, of families whose messages have shown how they are read. Anything else is refused and goes the long way, through an
//! [`UpdateView`](super::UpdateView), which knows RFC 7606. Nothing here decides what a malformed message means:
//! a refusal is never wrong, only slow, and tests hold that both ways agree where this one does not refuse.

use std::ops::Range;

use super::attribute::flags::{
    CLASS, EXTENDED_LENGTH, OPTIONAL_NON_TRANSITIVE, OPTIONAL_TRANSITIVE, WELL_KNOWN,
};
use super::attribute::{check, AttributeRef, Origin, SegmentType};
use super::{AddressFamily, Context, HEADER_LENGTH};
use crate::bgp::attribute::code;
use crate::registry::attributes::is_checked_alone;
use crate::registry::bgp::message;

/// What takes the fields of a plain UPDATE, in the order of the message. After a refusal, which may come at any
/// point, what was taken has no meaning. Attributes need no method: what is not wanted is passed over.
pub trait Sink<'a> {
    /// What was taken before is of another message.
    #[inline(always)]
    fn start(&mut self) {}
    /// Withdrawn routes field
    fn withdrawn(&mut self, nlri: Prefixes<'a>) -> Option<()>;
    /// Any attribute, before the method of its code; its value is not checked, and its offset is that in the frame.
    #[inline(always)]
    fn attribute(&mut self, _: &AttributeRef<'a>) -> Option<()> {
        Some(())
    }
    fn origin(&mut self, _flags: u8, _origin: Origin) {}
    /// Who wants nothing of it reads it all the same, for what may be wrong with it.
    #[inline(always)]
    fn as_path(&mut self, _flags: u8, path: Segments<'a>) -> Option<()> {
        path.read(|_, _, _| {})
    }
    fn next_hop(&mut self, _flags: u8, _address: &'a [u8; 4]) {}
    fn multi_exit_disc(&mut self, _flags: u8, _value: u32) {}
    fn local_pref(&mut self, _flags: u8, _value: u32) {}
    fn communities(&mut self, _flags: u8, _list: &[[u8; 4]]) {}
    fn extended_communities(&mut self, _flags: u8, _list: &[[u8; 8]]) {}
    fn large_communities(&mut self, _flags: u8, _list: &[[u8; 12]]) {}
    fn mp_reach(&mut self, flags: u8, next_hop: &'a [u8], nlri: Prefixes<'a>) -> Option<()>;
    fn mp_unreach(&mut self, flags: u8, nlri: Prefixes<'a>) -> Option<()>;
    /// Any other attribute; its value is checked.
    fn other(&mut self, _attribute: &AttributeRef<'a>) {}
    /// NLRI field; `next_hop` is NEXT_HOP.
    fn announced(&mut self, next_hop: &'a [u8; 4], nlri: Prefixes<'a>) -> Option<()>;
}

/// Reads the UPDATE that `frame` has from `start` to its end into `sink`; `None` is a refusal.
#[inline(always)]
pub(crate) fn read<'a>(
    frame: &'a [u8],
    start: usize,
    context: &Context<'_>,
    sink: &mut impl Sink<'a>,
) -> Option<()> {
    sink.start();
    let update = Plain { frame, context };
    let header: [u8; HEADER_LENGTH] = update.octets(start)?;
    let (marker, [high, low, message_type]) = header.split_last_chunk()?;
    let end = start + usize::from(u16::from_be_bytes([*high, *low]));
    if *marker != [0xff; 16] || *message_type != message::UPDATE || end != frame.len() || context.two_octet_as
    {
        return None;
    }
    let withdrawn = update.field(start + HEADER_LENGTH)?;
    let attributes = update.field(withdrawn.end)?;
    let nlri = attributes.end..end;
    if attributes.is_empty() {
        // End-of-RIB is one of these.
        return None;
    }
    if !withdrawn.is_empty() {
        sink.withdrawn(update.prefixes(withdrawn, AddressFamily::IPV4_UNICAST)?)?;
    }
    let (seen, next_hop) = update.attributes(attributes, sink)?;
    // RFC 7606, section 3.d
    let announces = !nlri.is_empty() || seen & bit(code::MP_REACH_NLRI)? != 0;
    if announces && (seen & bit(code::ORIGIN)? == 0 || seen & bit(code::AS_PATH)? == 0) {
        return None;
    }
    if !nlri.is_empty() {
        sink.announced(next_hop?, update.prefixes(nlri, AddressFamily::IPV4_UNICAST)?)?;
    }
    Some(())
}

#[inline(always)]
fn bit(code: u8) -> Option<u64> {
    1u64.checked_shl(code.into())
}

struct Plain<'a, 'c> {
    /// The UPDATE and what is before it.
    frame: &'a [u8],
    context: &'c Context<'c>,
}

impl<'a> Plain<'a, '_> {
    #[inline(always)]
    fn octets<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.frame.get(at..)?.first_chunk().copied()
    }

    /// A field with its length in two octets ahead of it.
    #[inline(always)]
    fn field(&self, at: usize) -> Option<Range<usize>> {
        let start = at + 2;
        let end = start + usize::from(u16::from_be_bytes(self.octets(at)?));
        (end <= self.frame.len()).then_some(start..end)
    }

    /// Gives the codes that were there, a bit each, and NEXT_HOP.
    #[inline(always)]
    fn attributes(
        &self,
        field: Range<usize>,
        sink: &mut impl Sink<'a>,
    ) -> Option<(u64, Option<&'a [u8; 4]>)> {
        let mut seen = 0;
        let mut next_hop = None;
        let mut at = field.start;
        while at < field.end {
            let [flags, code, short] = self.octets(at)?;
            let value = if flags & EXTENDED_LENGTH == 0 {
                at + 3..at + 3 + usize::from(short)
            } else {
                self.field(at + 2)?
            };
            at = value.end;
            let bit = bit(code)?;
            if at > field.end || seen & bit != 0 {
                return None;
            }
            seen |= bit;
            let octets = self.frame.get(value.clone())?;
            let attribute = AttributeRef { flags, code, value: octets, offset: value.start as u64 };
            sink.attribute(&attribute)?;
            match (code, flags & CLASS) {
                (code::ORIGIN, WELL_KNOWN) => {
                    let &[number] = octets else { return None };
                    sink.origin(flags, Origin::new(number)?);
                }
                (code::AS_PATH, WELL_KNOWN) => {
                    let path = Segments(octets);
                    path.has_no_as_0()?;
                    sink.as_path(flags, path)?;
                }
                (code::NEXT_HOP, WELL_KNOWN) => {
                    let address = octets.try_into().ok()?;
                    next_hop = Some(address);
                    sink.next_hop(flags, address);
                }
                (code::MULTI_EXIT_DISC, OPTIONAL_NON_TRANSITIVE) => {
                    sink.multi_exit_disc(flags, number(octets)?);
                }
                (code::LOCAL_PREF, WELL_KNOWN) => sink.local_pref(flags, number(octets)?),
                (code::COMMUNITIES, OPTIONAL_TRANSITIVE) => sink.communities(flags, list(octets)?),
                (code::MP_REACH_NLRI, OPTIONAL_NON_TRANSITIVE) => {
                    let [high, low, safi, length] = *octets.first_chunk()?;
                    // IPv6 has no next hop of IPv4 (RFC 2545).
                    let of_ipv4 = u16::from_be_bytes([high, low]) == AddressFamily::IPV4;
                    (length == 4 && of_ipv4 || matches!(length, 16 | 32)).then_some(())?;
                    let start = 4 + usize::from(length);
                    // One octet is reserved.
                    let nlri = value.start + start + 1..value.end;
                    let nlri = self.multiprotocol(nlri, [high, low, safi])?;
                    sink.mp_reach(flags, octets.get(4..start)?, nlri)?;
                }
                (code::MP_UNREACH_NLRI, OPTIONAL_NON_TRANSITIVE) => {
                    let nlri = self.multiprotocol(value.start + 3..value.end, *octets.first_chunk()?)?;
                    sink.mp_unreach(flags, nlri)?;
                }
                (code::EXTENDED_COMMUNITIES, OPTIONAL_TRANSITIVE) => {
                    sink.extended_communities(flags, list(octets)?);
                }
                (code::LARGE_COMMUNITIES, OPTIONAL_TRANSITIVE) => {
                    sink.large_communities(flags, list(octets)?);
                }
                _ if is_checked_alone(code) => {
                    check::check(&attribute, *self.context).ok()?;
                    check::as_0(&attribute, *self.context).is_none().then_some(())?;
                    sink.other(&attribute);
                }
                _ => return None,
            }
        }
        Some((seen, next_hop))
    }

    #[inline(always)]
    fn multiprotocol(&self, nlri: Range<usize>, family: [u8; 3]) -> Option<Prefixes<'a>> {
        let [high, low, safi] = family;
        let family = AddressFamily::new(u16::from_be_bytes([high, low]), safi);
        family.is_prefix().then_some(())?;
        // Without routes it may be End-of-RIB.
        (!nlri.is_empty()).then_some(())?;
        self.prefixes(nlri, family)
    }

    #[inline(always)]
    fn prefixes(&self, nlri: Range<usize>, family: AddressFamily) -> Option<Prefixes<'a>> {
        // Whether the other way reads too is found out on the long way.
        self.context.settled.contains(family).then_some(())?;
        let inferred = self.context.inferred.contains(family);
        let add_path = self.context.add_path.contains(family) != inferred;
        Some(Prefixes { family, add_path, inferred, frame: self.frame.get(..nlri.end)?, start: nlri.start })
    }
}

/// NLRI of a family that is bare prefixes, not checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Prefixes<'a> {
    pub family: AddressFamily,
    add_path: bool,
    /// Whether there are path identifiers was not negotiated but seen.
    pub inferred: bool,
    /// Ends with them.
    frame: &'a [u8],
    start: usize,
}

/// A prefix as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Prefix {
    /// IPv4 in the low 32 bits; bits after the length are cleared.
    pub address: u128,
    /// At most as long as an address of the family.
    pub length: u8,
    pub path_id: Option<u32>,
}

impl<'a> Prefixes<'a> {
    /// As on the wire.
    #[inline]
    pub fn octets(&self) -> &'a [u8] {
        self.frame.get(self.start..).unwrap_or_default()
    }

    /// Where in the frame they are.
    #[inline]
    pub fn span(&self) -> Range<usize> {
        self.start..self.frame.len()
    }

    /// Whether each has a path identifier.
    pub fn add_path(&self) -> bool {
        self.add_path
    }

    /// How many there are, where all are well formed.
    #[inline(always)]
    pub fn count(self) -> Option<u32> {
        let mut count = 0;
        self.read(|_| {
            count += 1;
            Some(())
        })?;
        Some(count)
    }

    /// About how many there are.
    #[inline]
    pub fn estimate(&self) -> usize {
        // IPv4 prefixes of a full table have four octets on the wire, IPv6 ones mostly five to seven.
        let octets = if self.family.is_ipv6() { 6 } else { 4 } + if self.add_path { 4 } else { 0 };
        (self.frame.len() - self.start) / octets + 1
    }

    /// Reads them to the end, or to the first that is malformed.
    #[inline(always)]
    pub fn read(self, push: impl FnMut(Prefix) -> Option<()>) -> Option<()> {
        let Prefixes { frame, start, .. } = self;
        match (self.family.is_ipv6(), self.add_path) {
            (false, false) => read_prefixes::<4, false>(frame, start, push),
            (true, false) => read_prefixes::<16, false>(frame, start, push),
            (false, true) => read_prefixes::<4, true>(frame, start, push),
            (true, true) => read_prefixes::<16, true>(frame, start, push),
        }
    }
}

/// Prefixes from `at` to the end of `frame`, of addresses of `OCTETS` octets. Not inlined, so that the loop has the
/// registers.
#[inline(never)]
fn read_prefixes<const OCTETS: usize, const ADD_PATH: bool>(
    frame: &[u8],
    mut at: usize,
    mut push: impl FnMut(Prefix) -> Option<()>,
) -> Option<()> {
    while at < frame.len() {
        let mut path_id = None;
        if ADD_PATH {
            path_id = Some(u32::from_be_bytes(*frame.get(at..)?.first_chunk()?));
            at += 4;
        }
        let length = *frame.get(at)?;
        let octets = usize::from(length).div_ceil(8);
        if octets > OCTETS {
            return None;
        }
        at += 1 + octets;
        let before = frame.get(..at)?;
        let unused = 8 * octets - usize::from(length);
        // The word that ends where the prefix does: there always is one, for headers are before it.
        let address = if OCTETS == 4 {
            let word = u64::from(u32::from_be_bytes(*before.last_chunk()?));
            u128::from(word >> unused << (32 - length) & 0xffff_ffff)
        } else {
            let word = u128::from_be_bytes(*before.last_chunk()?);
            (word >> unused).checked_shl(128 - u32::from(length)).unwrap_or(0)
        };
        push(Prefix { address, length, path_id })?;
    }
    Some(())
}

/// An AS_PATH with four octets an AS number, not checked yet.
#[derive(Clone, Copy, Debug)]
pub struct Segments<'a>(&'a [u8]);

impl<'a> Segments<'a> {
    /// RFC 7607
    #[inline(always)]
    fn has_no_as_0(self) -> Option<()> {
        let mut found = false;
        // All of them are looked at, without a branch for each.
        self.read(|_, _, asns| found |= asns.iter().fold(false, |found, asn| found | (*asn == [0; 4])))?;
        (!found).then_some(())
    }

    /// Gives type, length and AS numbers of each.
    #[inline(always)]
    pub fn read(self, mut push: impl FnMut(SegmentType, u8, &'a [[u8; 4]])) -> Option<()> {
        let mut value = self.0;
        while let Some(([kind, count], rest)) = value.split_first_chunk() {
            let (asns, rest) = rest.split_at_checked(4 * usize::from(*count))?;
            let asns = list(asns)?;
            push(SegmentType::new(*kind)?, *count, asns);
            value = rest;
        }
        value.is_empty().then_some(())
    }
}

#[inline(always)]
fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}

/// One or more elements of `N` octets.
#[inline(always)]
fn list<const N: usize>(octets: &[u8]) -> Option<&[[u8; N]]> {
    let (elements, rest) = octets.as_chunks();
    (rest.is_empty() && !elements.is_empty()).then_some(elements)
}
