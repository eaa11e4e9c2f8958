//! An attribute where it is on the wire, and the values of those that most routes have, read there: what is asked of every
//! route of a full table is asked so, and nothing is made of what is not asked.
//!
//! A value is what its own type's `decode` has checked before, as in a batch: one that is not is read as far as it goes.

use std::net::Ipv4Addr;

use super::{
    flags, Attribute, AttributeValue, Community, Context, ExtendedCommunity, LargeCommunity, Origin,
    SegmentType, Unknown,
};
use crate::error::{At, ErrorKind, Result};
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

    /// The attribute in owned, typed form. A value that is malformed is kept raw.
    pub fn to_owned(&self, context: Context<'_>) -> Attribute {
        let mut reader = self.reader();
        let value = AttributeValue::decode(self.code, &mut reader, context)
            .and_then(|value| reader.finish().map(|()| value))
            .unwrap_or_else(|_| {
                AttributeValue::Unknown(Unknown { code: self.code, value: self.value.into() })
            });
        Attribute { flags: self.flags, value }
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

/// A segment of AS_PATH where it is on the wire.
#[derive(Clone, Copy, Debug)]
pub struct SegmentRef<'a> {
    pub kind: SegmentType,
    /// Two or four octets an AS number.
    pub(crate) asns: &'a [u8],
}

impl<'a> SegmentRef<'a> {
    /// RFC 7606, section 7.2: an unknown type, a segment past the end and an empty segment are malformed.
    #[inline(always)]
    pub(crate) fn read(reader: &mut Reader<'a>, two_octet: bool) -> Result<Self> {
        let at = *reader;
        let number = reader.u8().at("type")?;
        let Some(kind) = SegmentType::new(number) else {
            return Err(at.error(ErrorKind::Value { found: number.into(), expected: "1, 2, 3 or 4" }))
                .at("type");
        };
        let at = *reader;
        let count = usize::from(reader.u8().at("length")?);
        if count == 0 {
            return Err(at.error(ErrorKind::Length { found: 0, expected: "1 or more" })).at("length");
        }
        let asns = reader.take(count * if two_octet { 2 } else { 4 }).at("asns")?;
        Ok(SegmentRef { kind, asns })
    }

    /// The AS numbers, where each has four octets.
    #[inline]
    pub fn four_octet_asns(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + 'a {
        self.asns.as_chunks::<4>().0.iter().map(|asn| u32::from_be_bytes(*asn))
    }
}
