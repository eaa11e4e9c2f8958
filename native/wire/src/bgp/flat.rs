//! An UPDATE in flat buffers that are used again: every route and attribute as numbers, and no allocation once the
//! buffers have grown. [`Feed::next_flat`](crate::session::Feed::next_flat) fills them from a session.

use std::net::IpAddr;

use super::attribute::{code, AttributeRef, Origin, SegmentRef};
use super::plain::{self, Prefixes, Segments, Sink};
use super::{Action, AddressFamily, Context, SegmentType, UpdateView};
use crate::reader::Reader;

/// The values of one UPDATE. [`Flat::read`] replaces them and keeps the buffers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flat {
    pub origin: Option<u8>,
    /// AS numbers of all segments of AS_PATH, AS4_PATH merged.
    pub as_path: Vec<u32>,
    /// Each segment's type and how many of `as_path` are in it.
    pub segments: Vec<(SegmentType, u8)>,
    pub multi_exit_disc: Option<u32>,
    pub local_pref: Option<u32>,
    pub communities: Vec<u32>,
    pub extended_communities: Vec<[u8; 8]>,
    pub large_communities: Vec<[u32; 3]>,
    /// Every other attribute: code, flags, and the end of its value in `octets`; it starts where the one before it ends.
    pub others: Vec<(u8, u8, u32)>,
    pub octets: Vec<u8>,
    pub groups: Vec<Group>,
    /// Prefixes of all groups, of the families that are bare prefixes.
    pub prefixes: Vec<Prefix>,
}

/// Routes of one field of the UPDATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pub action: Action,
    pub family: AddressFamily,
    /// `None` for withdrawals and for a next hop that is no bare address.
    pub next_hop: Option<IpAddr>,
    /// Where the group's prefixes end in [`Flat::prefixes`].
    pub end: u32,
}

/// A route's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// IPv4 in the low 32 bits.
    pub address: u128,
    pub length: u8,
    pub path_id: Option<u32>,
}

impl Flat {
    /// Empties the buffers and keeps them.
    #[inline]
    pub fn clear(&mut self) {
        self.origin = None;
        self.multi_exit_disc = None;
        self.local_pref = None;
        self.as_path.clear();
        self.segments.clear();
        self.communities.clear();
        self.extended_communities.clear();
        self.large_communities.clear();
        self.others.clear();
        self.octets.clear();
        self.groups.clear();
        self.prefixes.clear();
    }

    /// Reads the UPDATE that `frame` has from `start` to its end, where it is plain; says whether it was. Where it was
    /// not, what is here now has no meaning.
    #[inline]
    pub(crate) fn read_plain(&mut self, frame: &[u8], start: usize, context: Context<'_>) -> bool {
        self.clear();
        plain::read(frame, start, context, self).is_some()
    }

    /// Replaces everything by what `update` says. What RFC 7606 discards is left out.
    #[inline]
    pub fn read(&mut self, update: &UpdateView<'_>) {
        self.clear();
        for attribute in update.kept_attributes() {
            let value = attribute.value;
            match attribute.code {
                code::ORIGIN => self.origin = value.first().copied(),
                code::AS_PATH => self.read_as_path(update, value),
                code::MULTI_EXIT_DISC => self.multi_exit_disc = number(value),
                code::LOCAL_PREF => self.local_pref = number(value),
                code::COMMUNITIES => self
                    .communities
                    .extend(value.as_chunks::<4>().0.iter().map(|octets| u32::from_be_bytes(*octets))),
                code::EXTENDED_COMMUNITIES => {
                    self.extended_communities.extend_from_slice(value.as_chunks::<8>().0);
                }
                code::LARGE_COMMUNITIES => {
                    self.large_communities.extend(value.as_chunks::<12>().0.iter().map(large_community));
                }
                // Next hops and routes are in the groups, AS4_PATH is in AS_PATH.
                code::NEXT_HOP | code::MP_REACH_NLRI | code::MP_UNREACH_NLRI | code::AS4_PATH => {}
                other => self.push_other(other, attribute.flags, value),
            }
        }
        for group in update.groups() {
            if group.family.is_prefix() {
                self.read_prefixes(group.nlri, group.add_path, group.family.is_ipv6());
            }
            let end = u32::try_from(self.prefixes.len()).unwrap_or(u32::MAX);
            let next_hop = next_hop(group.next_hop);
            self.groups.push(Group { action: group.action, family: group.family, next_hop, end });
        }
    }

    fn push_other(&mut self, code: u8, flags: u8, value: &[u8]) {
        self.octets.extend_from_slice(value);
        let end = u32::try_from(self.octets.len()).unwrap_or(u32::MAX);
        self.others.push((code, flags, end));
    }

    #[inline]
    fn read_as_path(&mut self, update: &UpdateView<'_>, value: &[u8]) {
        if update.two_octet_as() {
            for segment in update.merged_as_path().unwrap_or_default().segments {
                let count = u8::try_from(segment.asns.len()).unwrap_or(u8::MAX);
                self.segments.push((segment.kind, count));
                self.as_path.extend(segment.asns);
            }
            return;
        }
        let mut reader = Reader::new(value, 0);
        while let Ok(segment) = SegmentRef::read(&mut reader, false) {
            let asns = segment.asns.as_chunks::<4>().0;
            self.segments.push((segment.kind, u8::try_from(asns.len()).unwrap_or(u8::MAX)));
            self.as_path.extend(asns.iter().map(|octets| u32::from_be_bytes(*octets)));
        }
    }

    /// The block has been checked.
    #[inline]
    fn read_prefixes(&mut self, block: &[u8], add_path: bool, v6: bool) {
        let mut rest = block;
        loop {
            let mut path_id = None;
            if add_path {
                let Some((id, after)) = rest.split_first_chunk::<4>() else { return };
                path_id = Some(u32::from_be_bytes(*id));
                rest = after;
            }
            let Some((&length, after)) = rest.split_first() else { return };
            let Some((octets, after)) = after.split_at_checked(usize::from(length).div_ceil(8)) else {
                return;
            };
            rest = after;
            let address = if v6 { u128_of(octets, length) } else { u32_of(octets, length).into() };
            self.prefixes.push(Prefix { address, length, path_id });
        }
    }
}

impl Flat {
    #[inline(always)]
    fn group(&mut self, action: Action, next_hop: Option<IpAddr>, nlri: Prefixes<'_>) -> Option<()> {
        let prefixes = &mut self.prefixes;
        nlri.read(|plain::Prefix { address, length, path_id }| {
            prefixes.push(Prefix { address, length, path_id });
            Some(())
        })?;
        let end = u32::try_from(self.prefixes.len()).ok()?;
        self.groups.push(Group { action, family: nlri.family, next_hop, end });
        Some(())
    }
}

impl<'a> Sink<'a> for Flat {
    #[inline(always)]
    fn withdrawn(&mut self, nlri: Prefixes<'a>) -> Option<()> {
        self.group(Action::Withdraw, None, nlri)
    }

    #[inline(always)]
    fn origin(&mut self, _: u8, origin: Origin) {
        self.origin = Some(origin as u8);
    }

    #[inline(always)]
    fn as_path(&mut self, _: u8, path: Segments<'a>) -> Option<()> {
        path.read(|kind, count, asns| {
            self.segments.push((kind, count));
            self.as_path.extend(asns.iter().map(|asn| u32::from_be_bytes(*asn)));
        })
    }

    #[inline(always)]
    fn next_hop(&mut self, _: u8, _: &'a [u8; 4]) {}

    #[inline(always)]
    fn multi_exit_disc(&mut self, _: u8, value: u32) {
        self.multi_exit_disc = Some(value);
    }

    #[inline(always)]
    fn local_pref(&mut self, _: u8, value: u32) {
        self.local_pref = Some(value);
    }

    #[inline(always)]
    fn communities(&mut self, _: u8, list: &[[u8; 4]]) {
        self.communities.extend(list.iter().map(|community| u32::from_be_bytes(*community)));
    }

    #[inline(always)]
    fn extended_communities(&mut self, _: u8, list: &[[u8; 8]]) {
        self.extended_communities.extend_from_slice(list);
    }

    #[inline(always)]
    fn large_communities(&mut self, _: u8, list: &[[u8; 12]]) {
        self.large_communities.extend(list.iter().map(large_community));
    }

    #[inline(always)]
    fn mp_reach(&mut self, _: u8, octets: &'a [u8], nlri: Prefixes<'a>) -> Option<()> {
        self.group(Action::Announce, next_hop(octets), nlri)
    }

    #[inline(always)]
    fn mp_unreach(&mut self, _: u8, nlri: Prefixes<'a>) -> Option<()> {
        self.group(Action::Withdraw, None, nlri)
    }

    #[inline]
    fn other(&mut self, attribute: &AttributeRef<'a>) {
        self.push_other(attribute.code, attribute.flags, attribute.value);
    }

    #[inline(always)]
    fn announced(&mut self, next_hop: &'a [u8; 4], nlri: Prefixes<'a>) -> Option<()> {
        self.group(Action::Announce, Some((*next_hop).into()), nlri)
    }
}

/// The address of up to four octets, bits after the length cleared.
#[inline]
fn u32_of(octets: &[u8], length: u8) -> u32 {
    let address = match *octets {
        [a, b, c] => u32::from_be_bytes([a, b, c, 0]),
        [a, b] => u32::from_be_bytes([a, b, 0, 0]),
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
        [a] => u32::from_be_bytes([a, 0, 0, 0]),
        _ => 0,
    };
    address & u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0)
}

#[inline]
fn u128_of(octets: &[u8], length: u8) -> u128 {
    let mut address = [0; 16];
    for (to, from) in address.iter_mut().zip(octets) {
        *to = *from;
    }
    u128::from_be_bytes(address) & u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0)
}

#[inline]
fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|octets| u32::from_be_bytes(*octets))
}

#[inline]
pub(super) fn large_community(octets: &[u8; 12]) -> [u32; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *octets;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_be_bytes)
}

#[inline]
fn next_hop(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => octets.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        16 | 32 => octets.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        _ => None,
    }
}
