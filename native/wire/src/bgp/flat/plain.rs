//! The short way into a [`Flat`]: a plain UPDATE, checked and read in one pass.
//!
//! Plain is what nearly every UPDATE is: well formed to its last octet, IPv4 and IPv6 prefixes, four octets an AS
//! number, no attribute twice. Anything else is refused and goes the long way, through an
//! [`UpdateView`](crate::bgp::UpdateView), which knows RFC 7606. Nothing here decides what a malformed message means:
//! a refusal is never wrong, only slow, and tests hold that both ways agree where this one does not refuse.

use std::net::IpAddr;
use std::ops::Range;

use super::{large_community, next_hop, Flat, Group, Prefix};
use crate::bgp::attribute::flags::{
    CLASS, EXTENDED_LENGTH, OPTIONAL_NON_TRANSITIVE, OPTIONAL_TRANSITIVE, WELL_KNOWN,
};
use crate::bgp::attribute::{self, AttributeRef, SegmentType};
use crate::bgp::{Action, AddressFamily, Context, HEADER_LENGTH};

impl Flat {
    /// Reads the UPDATE that `frame` has from `start` to its end; says whether it was plain. Where it was not, what
    /// is here now has no meaning.
    #[inline]
    pub(crate) fn read_plain(&mut self, frame: &[u8], start: usize, context: Context<'_>) -> bool {
        self.clear();
        Plain { flat: self, frame, context }.update(start).is_some()
    }
}

/// An UPDATE that is being read. Every `None` of a method is a refusal.
struct Plain<'a> {
    flat: &'a mut Flat,
    /// The UPDATE and what is before it.
    frame: &'a [u8],
    context: Context<'a>,
}

impl Plain<'_> {
    #[inline(always)]
    fn update(&mut self, start: usize) -> Option<()> {
        const V4: AddressFamily = AddressFamily::IPV4_UNICAST;
        let end = self.frame.len();
        let header: [u8; HEADER_LENGTH] = self.octets(start)?;
        let (marker, [high, low, message_type]) = header.split_last_chunk()?;
        let length = u16::from_be_bytes([*high, *low]);
        let fits = start + usize::from(length) == end;
        if *marker != [0xff; 16] || *message_type != 2 || !fits || self.context.two_octet_as {
            return None;
        }
        let withdrawn = self.field(start + HEADER_LENGTH)?;
        let attributes = self.field(withdrawn.end)?;
        let nlri = attributes.end..end;
        if attributes.is_empty() {
            // End-of-RIB is one of these.
            return None;
        }
        if !withdrawn.is_empty() {
            self.group(withdrawn, Action::Withdraw, V4, None)?;
        }
        let (seen, classic_next_hop) = self.attributes(attributes)?;
        if !nlri.is_empty() {
            self.group(nlri, Action::Announce, V4, Some(classic_next_hop?))?;
        }
        // RFC 7606, section 3.d
        let mandatory = seen & (1 << 1) != 0 && seen & (1 << 2) != 0;
        let announces = self.flat.groups.iter().any(|group| group.action == Action::Announce);
        (mandatory || !announces).then_some(())
    }

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
    fn attributes(&mut self, field: Range<usize>) -> Option<(u64, Option<IpAddr>)> {
        let mut seen = 0;
        let mut classic_next_hop = None;
        let mut at = field.start;
        while at < field.end {
            let [flags, code, short] = self.octets(at)?;
            let value = if flags & EXTENDED_LENGTH == 0 {
                at + 3..at + 3 + usize::from(short)
            } else {
                self.field(at + 2)?
            };
            at = value.end;
            let bit = 1u64.checked_shl(code.into())?;
            if at > field.end || seen & bit != 0 {
                return None;
            }
            seen |= bit;
            let octets = self.frame.get(value.clone())?;
            let flat = &mut *self.flat;
            match (code, flags & CLASS) {
                (1, WELL_KNOWN) => {
                    let &[origin @ 0..=2] = octets else { return None };
                    flat.origin = Some(origin);
                }
                (2, WELL_KNOWN) => flat.plain_as_path(octets)?,
                (3, WELL_KNOWN) => classic_next_hop = Some(IpAddr::from(<[u8; 4]>::try_from(octets).ok()?)),
                (4, OPTIONAL_NON_TRANSITIVE) => flat.multi_exit_disc = Some(number(octets)?),
                (5, WELL_KNOWN) => flat.local_pref = Some(number(octets)?),
                (8, OPTIONAL_TRANSITIVE) => {
                    let communities = list(octets)?.iter().map(|community| u32::from_be_bytes(*community));
                    flat.communities.extend(communities);
                }
                (14, OPTIONAL_NON_TRANSITIVE) => self.mp_reach(value)?,
                (15, OPTIONAL_NON_TRANSITIVE) => self.mp_unreach(value)?,
                (16, OPTIONAL_TRANSITIVE) => flat.extended_communities.extend_from_slice(list(octets)?),
                (32, OPTIONAL_TRANSITIVE) => {
                    flat.large_communities.extend(list(octets)?.iter().map(large_community));
                }
                (1..=5 | 8 | 14..=17 | 32, _) => return None,
                _ => {
                    let attribute = AttributeRef { flags, code, value: octets, offset: 0 };
                    attribute::check(&attribute, self.context).ok()?;
                    flat.push_other(code, flags, octets);
                }
            }
        }
        Some((seen, classic_next_hop))
    }

    #[inline(always)]
    fn mp_reach(&mut self, value: Range<usize>) -> Option<()> {
        let [afi_high, afi, safi, length] = self.octets(value.start)?;
        let start = value.start + 4;
        let end = start + usize::from(length);
        let next_hop = next_hop(self.frame.get(start..end)?);
        // One octet is reserved.
        self.multiprotocol(end + 1..value.end, Action::Announce, [afi_high, afi, safi], next_hop)
    }

    #[inline(always)]
    fn mp_unreach(&mut self, value: Range<usize>) -> Option<()> {
        let family = self.octets(value.start)?;
        self.multiprotocol(value.start + 3..value.end, Action::Withdraw, family, None)
    }

    #[inline(always)]
    fn multiprotocol(
        &mut self,
        nlri: Range<usize>,
        action: Action,
        family: [u8; 3],
        next_hop: Option<IpAddr>,
    ) -> Option<()> {
        let [0, afi @ (1 | 2), safi @ (1 | 2)] = family else { return None };
        // Without routes it may be End-of-RIB.
        if nlri.is_empty() {
            return None;
        }
        self.group(nlri, action, AddressFamily::new(afi.into(), safi), next_hop)
    }

    #[inline(always)]
    fn group(
        &mut self,
        nlri: Range<usize>,
        action: Action,
        family: AddressFamily,
        next_hop: Option<IpAddr>,
    ) -> Option<()> {
        let read = match (family.afi == 2, self.context.has_path_ids(family)) {
            (false, false) => read_prefixes::<4, false>,
            (true, false) => read_prefixes::<16, false>,
            (false, true) => read_prefixes::<4, true>,
            (true, true) => read_prefixes::<16, true>,
        };
        read(&mut self.flat.prefixes, self.frame.get(..nlri.end)?, nlri.start)?;
        let end = u32::try_from(self.flat.prefixes.len()).ok()?;
        self.flat.groups.push(Group { action, family, next_hop, end });
        Some(())
    }
}

/// Adds the prefixes that are in `frame` from `at` to its end, of addresses of `OCTETS` octets. Not inlined, so that its
/// loop has the registers.
#[inline(never)]
fn read_prefixes<const OCTETS: usize, const ADD_PATH: bool>(
    prefixes: &mut Vec<Prefix>,
    frame: &[u8],
    mut at: usize,
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
        prefixes.push(Prefix { address, length, path_id });
    }
    Some(())
}

impl Flat {
    #[inline(always)]
    fn plain_as_path(&mut self, mut value: &[u8]) -> Option<()> {
        while let Some(([kind, count], rest)) = value.split_first_chunk() {
            let kind = SegmentType::new(*kind)?;
            let (octets, rest) = rest.split_at_checked(4 * usize::from(*count))?;
            let asns = list(octets)?.iter().map(|asn| u32::from_be_bytes(*asn));
            self.segments.push((kind, *count));
            self.as_path.extend(asns);
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
