//! An attribute where it is on the wire, and the values of those that most routes have, read there: what is asked of every
//! route of a full table is asked so, and nothing is made of what is not asked.
//!
//! A value is what its own type's `decode` has checked before, as in a batch: one that is not is read as far as it goes.

use std::net::Ipv4Addr;

use super::attr_01_origin::Origin;
use super::attr_02_as_path::SegmentRef;
use super::attr_08_communities::Community;
use super::attr_32_large_communities::LargeCommunity;
use super::flags;
use crate::bgp::extended_community::ExtendedCommunity;
use crate::error::{At, Result};
use crate::reader::Reader;

/// An attribute where it is on the wire.
#[derive(Clone, Copy, Debug)]
pub struct AttributeRef<'a> {
    pub flags: u8,
    pub code: u8,
    pub value: &'a [u8],
    /// Absolute, of the value.
    pub offset: u64,
}

impl<'a> AttributeRef<'a> {
    /// Reads flags, code, length; the value is not looked at.
    #[inline(always)]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self> {
        let flags = reader.u8().at("flags")?;
        let code = reader.u8().at("code")?;
        let length = if flags & flags::EXTENDED_LENGTH != 0 {
            reader.u16().at("length")?.into()
        } else {
            reader.u8().at("length")?.into()
        };
        let offset = reader.offset();
        Ok(AttributeRef { flags, code, value: reader.take(length).at("value")?, offset })
    }

    /// The attributes of the canonical form that [`UpdateView::canonical_attributes`](crate::bgp::UpdateView::canonical_attributes)
    /// writes, until one is cut off.
    pub fn all(canonical: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut reader = Reader::new(canonical, 0);
        std::iter::from_fn(move || AttributeRef::read(&mut reader).ok())
    }

    #[inline]
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.value, self.offset)
    }

    /// Of ORIGIN.
    pub fn origin(&self) -> Option<Origin> {
        Origin::new(*self.value.first()?)
    }

    /// Of an attribute that is one number: MULTI_EXIT_DISC, LOCAL_PREF, ONLY_TO_CUSTOMER.
    #[inline]
    pub fn number(&self) -> Option<u32> {
        self.value.try_into().ok().map(u32::from_be_bytes)
    }

    /// Of an attribute that is IPv4 addresses: NEXT_HOP, ORIGINATOR_ID, CLUSTER_LIST.
    #[inline]
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = Ipv4Addr> + 'a {
        self.elements().map(|octets: &[u8; 4]| Ipv4Addr::from(*octets))
    }

    /// Of AS_PATH with AS numbers of four octets, which it has in the canonical form.
    #[inline]
    pub fn segments(&self) -> impl Iterator<Item = SegmentRef<'a>> + 'a {
        let mut reader = self.reader();
        std::iter::from_fn(move || SegmentRef::read(&mut reader, false).ok())
    }

    #[inline]
    pub fn communities(&self) -> impl ExactSizeIterator<Item = Community> + 'a {
        self.elements().map(|octets| Community(u32::from_be_bytes(*octets)))
    }

    #[inline]
    pub fn extended_communities(&self) -> impl ExactSizeIterator<Item = ExtendedCommunity> + 'a {
        self.elements().map(|octets| ExtendedCommunity(*octets))
    }

    #[inline]
    pub fn large_communities(&self) -> impl ExactSizeIterator<Item = LargeCommunity> + 'a {
        self.elements().map(|octets| LargeCommunity::from_octets(*octets))
    }

    #[inline]
    fn elements<const N: usize>(&self) -> std::slice::Iter<'a, [u8; N]> {
        self.value.as_chunks().0.iter()
    }
}
