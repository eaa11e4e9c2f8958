//! Path attributes (RFC 4271, section 4.3), one file an attribute, named by its code.
//!
//! Each implements `PathAttribute`: how it is read and written. Its code, name, flags and what RFC 7606 does when it is
//! malformed are a line of [`registry::attributes`](crate::registry::attributes), from which all lists here are made.

use serde::{Serialize, Serializer};

use super::tlv::Shape;
use super::Context;
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
pub(crate) use crate::registry::attributes::is_checked_alone;
pub use crate::registry::attributes::{code, name};

pub mod attr_01_origin;
pub mod attr_02_as_path;
pub mod attr_03_next_hop;
pub mod attr_04_multi_exit_disc;
pub mod attr_05_local_pref;
pub mod attr_06_atomic_aggregate;
pub mod attr_07_aggregator;
pub mod attr_08_communities;
pub mod attr_09_originator_id;
pub mod attr_10_cluster_list;
pub mod attr_128_attr_set;
pub mod attr_14_mp_reach_nlri;
pub mod attr_15_mp_unreach_nlri;
pub mod attr_16_extended_communities;
pub mod attr_17_as4_path;
pub mod attr_18_as4_aggregator;
pub mod attr_21_as_pathlimit;
pub mod attr_22_pmsi_tunnel;
pub mod attr_23_tunnel_encapsulation;
pub mod attr_24_traffic_engineering;
pub mod attr_25_ipv6_extended_communities;
pub mod attr_26_aigp;
pub mod attr_27_pe_distinguisher_labels;
pub mod attr_29_bgp_ls;
pub mod attr_32_large_communities;
pub mod attr_33_bgpsec_path;
pub mod attr_34_community_container;
pub mod attr_35_otc;
pub mod attr_36_d_path;
pub mod attr_37_sfp;
pub mod attr_38_bfd_discriminator;
pub mod attr_39_next_hop_capabilities;
pub mod attr_40_prefix_sid;
pub mod attr_41_bier;
pub mod attr_42_edge_metadata;
mod reference;

pub use attr_01_origin::Origin;
pub use attr_02_as_path::{AsPath, AsPathSegment, SegmentType};
pub use attr_03_next_hop::ClassicNextHop;
pub use attr_04_multi_exit_disc::MultiExitDisc;
pub use attr_05_local_pref::LocalPref;
pub use attr_06_atomic_aggregate::AtomicAggregate;
pub use attr_07_aggregator::Aggregator;
pub use attr_08_communities::{Communities, Community};
pub use attr_09_originator_id::OriginatorId;
pub use attr_10_cluster_list::ClusterList;
pub use attr_128_attr_set::AttrSet;
pub use attr_14_mp_reach_nlri::{MpReach, NextHop};
pub use attr_15_mp_unreach_nlri::MpUnreach;
pub use attr_16_extended_communities::{ExtendedCommunities, ExtendedCommunity, OspfCommunity};
pub use attr_17_as4_path::As4Path;
pub use attr_18_as4_aggregator::As4Aggregator;
pub use attr_21_as_pathlimit::AsPathLimit;
pub use attr_22_pmsi_tunnel::PmsiTunnel;
pub use attr_23_tunnel_encapsulation::TunnelEncapsulation;
pub use attr_24_traffic_engineering::TrafficEngineering;
pub use attr_25_ipv6_extended_communities::{Ipv6ExtendedCommunities, Ipv6ExtendedCommunity};
pub use attr_26_aigp::Aigp;
pub use attr_27_pe_distinguisher_labels::PeDistinguisherLabels;
pub use attr_29_bgp_ls::LinkStateAttribute;
pub use attr_32_large_communities::{LargeCommunities, LargeCommunity};
pub use attr_33_bgpsec_path::BgpsecPath;
pub use attr_34_community_container::CommunityContainer;
pub use attr_35_otc::OnlyToCustomer;
pub use attr_36_d_path::DPath;
pub use attr_37_sfp::ServiceFunctionPath;
pub use attr_38_bfd_discriminator::BfdDiscriminator;
pub use attr_39_next_hop_capabilities::NextHopCapabilities;
pub use attr_40_prefix_sid::PrefixSid;
pub use attr_41_bier::Bier;
pub use attr_42_edge_metadata::EdgeMetadata;
pub use reference::{AttributeRef, SegmentRef};

/// Attribute flags (RFC 4271, section 4.3).
pub mod flags {
    pub const OPTIONAL: u8 = 0x80;
    pub const TRANSITIVE: u8 = 0x40;
    pub const PARTIAL: u8 = 0x20;
    pub const EXTENDED_LENGTH: u8 = 0x10;

    /// The Optional and Transitive bits that an attribute's definition fixes.
    pub const CLASS: u8 = OPTIONAL | TRANSITIVE;
    pub const WELL_KNOWN: u8 = TRANSITIVE;
    pub const OPTIONAL_TRANSITIVE: u8 = OPTIONAL | TRANSITIVE;
    pub const OPTIONAL_NON_TRANSITIVE: u8 = OPTIONAL;
    /// Of an attribute whose definition is a draft: any class will do.
    pub const UNCHECKED: u8 = 0;
}

/// What is done about something malformed, by RFC 7606, section 2, but for the first; ordered from mild to severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Nothing: it is told, and stays. A speaker must not accept AS 0 (RFC 7607), but where a router holds a route
    /// with it, a station shows that.
    Kept,
    AttributeDiscard,
    TreatAsWithdraw,
    AfiSafiDisable,
    SessionReset,
}

/// What the registry says of a path attribute's type.
pub(crate) trait Registered {
    const CODE: u8;
    /// IANA's name in lower case.
    const NAME: &'static str;
    /// [`flags::CLASS`] bits.
    const CLASS: u8;
    /// When the value is malformed.
    const MALFORMED: Treatment;
}

/// A path attribute's type.
pub(crate) trait PathAttribute: Registered + Sized {
    /// What flags that conflict with the type do (RFC 7606, section 3.c), unless the attribute's own specification says otherwise.
    fn wrong_flags(_flags: u8) -> Treatment {
        Treatment::TreatAsWithdraw
    }

    /// What a malformed value does; [`Registered::MALFORMED`] unless it matters what is wrong with it, or from whom it is.
    fn malformed(_value: Reader<'_>, _context: Context<'_>) -> Treatment {
        Self::MALFORMED
    }

    /// What the attribute's specification asks for beyond what [`PathAttribute::decode`] needs; an error says what the value is not.
    fn rule(&self) -> std::result::Result<(), &'static str> {
        Ok(())
    }

    /// What the value looks like, where a [`Shape`] describes it.
    fn shape() -> Option<Shape> {
        None
    }

    /// Reads the value; everything must be taken.
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self>;

    /// Writes the value.
    fn encode(&self, out: &mut Vec<u8>);

    /// Checks the value without building anything.
    #[inline]
    fn check(mut reader: Reader<'_>, context: Context<'_>) -> Result<()> {
        Self::decode(&mut reader, context)?;
        reader.finish()
    }
}

/// Makes a type of an attribute whose value a [`Shape`](crate::bgp::tlv::Shape) describes: documentation, name, shape, and
/// what of [`PathAttribute`] it has of its own.
macro_rules! shaped_attribute {
    ($(#[$doc:meta])* $type:ident, $shape:expr $(; $($own:tt)*)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $type(pub $crate::bgp::tlv::Value);

        impl super::PathAttribute for $type {
            fn shape() -> Option<$crate::bgp::tlv::Shape> {
                Some($shape)
            }

            fn decode(
                reader: &mut $crate::reader::Reader<'_>,
                _: super::Context<'_>,
            ) -> $crate::error::Result<Self> {
                let at = *reader;
                let value = $type($crate::bgp::tlv::Value::decode($shape, reader)?);
                match super::PathAttribute::rule(&value) {
                    Ok(()) => Ok(value),
                    Err(expected) => Err(at.error($crate::error::ErrorKind::Form { expected })),
                }
            }

            $($($own)*)?

            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
        }
    };
}
use shaped_attribute;

/// One path attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// As on the wire; see [`flags`].
    pub flags: u8,
    pub value: AttributeValue,
}

impl Attribute {
    /// An attribute with the flags of its type.
    pub fn new(value: AttributeValue) -> Self {
        let class = match value.class() {
            flags::UNCHECKED => flags::OPTIONAL_TRANSITIVE,
            class => class,
        };
        Attribute { flags: class, value }
    }

    pub fn code(&self) -> u8 {
        self.value.code()
    }

    /// Writes flags, code, length and value. The length has one octet where that is enough and the
    /// Extended Length flag is not set.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        self.value.encode(out);
        let length = out.len() - start;
        let mut head = smallvec::SmallVec::<[u8; 4]>::new();
        write_head(&mut head, self.flags, self.code(), length);
        out.splice(start..start, head);
    }
}

fn write_head(out: &mut impl Extend<u8>, flags: u8, code: u8, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    match u8::try_from(length) {
        Ok(length) if flags & flags::EXTENDED_LENGTH == 0 => out.extend([flags, code, length]),
        _ => {
            out.extend([flags | flags::EXTENDED_LENGTH, code]);
            out.extend(length.to_be_bytes());
        }
    }
}

/// Writes one attribute in canonical form: the shortest length, no unused flag bits.
#[inline]
pub(crate) fn encode_canonical(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    write_canonical_head(out, flags, code, value.len());
    out.extend_from_slice(value);
}

#[inline]
pub(crate) fn write_canonical_head(out: &mut Vec<u8>, flags: u8, code: u8, length: usize) {
    const KEPT: u8 = flags::CLASS | flags::PARTIAL;
    match u8::try_from(length) {
        Ok(length) => out.extend_from_slice(&[flags & KEPT, code, length]),
        Err(_) => {
            let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
            out.extend_from_slice(&[flags & KEPT | flags::EXTENDED_LENGTH, code, high, low]);
        }
    }
}

/// An attribute without a reading, or one whose value is malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub code: u8,
    pub value: Raw,
}

/// Path attributes as a route has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Attributes(pub Vec<Attribute>);

impl Attributes {
    /// Reads the canonical form that [`super::UpdateView::canonical_attributes`] writes: AS numbers
    /// have four octets. A value that is malformed is kept raw.
    pub fn decode_canonical(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, 0);
        let mut attributes = Vec::with_capacity(8);
        while !reader.is_empty() {
            let attribute =
                AttributeRef::read(&mut reader).at_index(attributes.len()).at("path_attributes")?;
            attributes.push(attribute.to_owned(Context::default()));
        }
        Ok(Attributes(attributes))
    }

    /// The attribute of a code out of the canonical form; the others are not read.
    pub fn find_canonical(bytes: &[u8], code: u8) -> Option<Attribute> {
        let mut reader = Reader::new(bytes, 0);
        while !reader.is_empty() {
            let attribute = AttributeRef::read(&mut reader).ok()?;
            if attribute.code == code {
                return Some(attribute.to_owned(Context::default()));
            }
        }
        None
    }

    /// Writes the attributes in the canonical form, sorted by code.
    pub fn encode_canonical(&self, out: &mut Vec<u8>) {
        let mut sorted: Vec<&Attribute> = self.0.iter().collect();
        sorted.sort_by_key(|attribute| attribute.code());
        let mut value = Vec::new();
        for attribute in sorted {
            value.clear();
            attribute.value.encode(&mut value);
            encode_canonical(out, attribute.flags, attribute.code(), &value);
        }
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Attribute> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = &'a Attribute;
    type IntoIter = std::slice::Iter<'a, Attribute>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Attribute", 4)?;
        out.serialize_field("code", &self.code())?;
        out.serialize_field("name", self.value.name().unwrap_or("unknown"))?;
        out.serialize_field("flags", &self.flags)?;
        out.serialize_field("value", &self.value)?;
        out.end()
    }
}

macro_rules! define {
    (
        attributes: $($code:literal $constant:ident $name:literal $class:ident $malformed:ident
            $variant:ident($type:ty) $getter:ident $plain:ident $place:ident;)*
        names: $($deprecated:literal $deprecated_name:literal;)*
    ) => {
        $(impl Registered for $type {
            const CODE: u8 = $code;
            const NAME: &'static str = $name;
            const CLASS: u8 = flags::$class;
            const MALFORMED: Treatment = Treatment::$malformed;
        })*

        /// A path attribute's value.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        pub enum AttributeValue {
            $($variant($type),)*
            #[serde(serialize_with = "serialize_unknown")]
            Unknown(Unknown),
        }

        impl AttributeValue {
            pub fn code(&self) -> u8 {
                match self {
                    $(AttributeValue::$variant(_) => <$type>::CODE,)*
                    AttributeValue::Unknown(unknown) => unknown.code,
                }
            }

            /// IANA's name in lower case; of attributes without a reading too, where the code is assigned.
            pub fn name(&self) -> Option<&'static str> {
                match self {
                    $(AttributeValue::$variant(_) => Some(<$type>::NAME),)*
                    AttributeValue::Unknown(unknown) => name(unknown.code),
                }
            }

            /// Optional and Transitive bits.
            fn class(&self) -> u8 {
                match self {
                    $(AttributeValue::$variant(_) => <$type>::CLASS,)*
                    AttributeValue::Unknown(_) => flags::OPTIONAL_TRANSITIVE,
                }
            }

            #[inline]
            fn decode(code: u8, reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
                Ok(match code {
                    $(<$type>::CODE => AttributeValue::$variant(<$type>::decode(reader, context)?),)*
                    code => AttributeValue::Unknown(Unknown { code, value: reader.take_rest().into() }),
                })
            }

            /// Writes the value.
            pub fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(AttributeValue::$variant(value) => value.encode(out),)*
                    AttributeValue::Unknown(unknown) => out.extend_from_slice(&unknown.value),
                }
            }
        }

        impl Attributes {
            $(
                pub fn $getter(&self) -> Option<&$type> {
                    self.0.iter().find_map(|attribute| match &attribute.value {
                        AttributeValue::$variant(value) => Some(value),
                        _ => None,
                    })
                }
            )*
        }

        /// What the value of an attribute looks like, where a [`Shape`] describes it.
        pub(crate) fn shape(code: u8) -> Option<Shape> {
            match code {
                $(<$type>::CODE => <$type>::shape(),)*
                _ => None,
            }
        }

        /// Checks flags and value of an attribute; what RFC 7606 does when that fails.
        #[inline]
        pub(crate) fn check(attribute: &AttributeRef<'_>, context: Context<'_>) -> std::result::Result<(), (Treatment, crate::DecodeError)> {
            match attribute.code {
                $(<$type>::CODE => check_one::<$type>(attribute, context),)*
                _ => check_unknown(attribute),
            }
        }
    };
}

/// Where the attribute has an AS number that is 0, which is none (RFC 7607): of a value that is well formed.
pub(crate) fn as_0(attribute: &AttributeRef<'_>, context: Context<'_>) -> Option<crate::DecodeError> {
    let width = |two_octet: bool| if two_octet { 2 } else { 4 };
    let mut reader = attribute.reader();
    let zero = |reader: Reader<'_>, octets: &[u8]| {
        let error = || reader.error(ErrorKind::Value { found: 0, expected: "an AS number above 0" });
        octets.iter().all(|octet| *octet == 0).then(error)
    };
    match attribute.code {
        AsPath::CODE | As4Path::CODE => {
            let two_octet = attribute.code == AsPath::CODE && context.two_octet_as;
            while !reader.is_empty() {
                // After the type and the number of them.
                let segment = SegmentRef::read(&mut reader, two_octet).ok()?;
                let mut asns = attribute.reader();
                let before = asns.len().checked_sub(reader.len() + segment.asns.len())?;
                asns.take(before).ok()?;
                while asns.len() > reader.len() {
                    let at = asns;
                    let found = zero(at, asns.take(width(two_octet)).ok()?);
                    if found.is_some() {
                        return found;
                    }
                }
            }
            None
        }
        Aggregator::CODE => zero(reader, reader.peek().get(..width(reader.len() == 6))?),
        As4Aggregator::CODE => zero(reader, reader.peek().get(..4)?),
        _ => None,
    }
}

#[inline(always)]
fn check_one<T: PathAttribute>(
    attribute: &AttributeRef<'_>,
    context: Context<'_>,
) -> std::result::Result<(), (Treatment, crate::DecodeError)> {
    if T::CLASS != flags::UNCHECKED && attribute.flags & flags::CLASS != T::CLASS {
        let error = attribute.reader().error(ErrorKind::Flags { found: attribute.flags });
        return Err((T::wrong_flags(attribute.flags), error.in_field(T::NAME)));
    }
    T::check(attribute.reader(), context)
        .map_err(|error| (T::malformed(attribute.reader(), context), error.in_field(T::NAME)))
}

/// RFC 4271, section 6.3: a well-known attribute that is not recognized resets the session; RFC 7606 leaves that so.
#[inline]
fn check_unknown(attribute: &AttributeRef<'_>) -> std::result::Result<(), (Treatment, crate::DecodeError)> {
    if attribute.flags & flags::OPTIONAL != 0 {
        return Ok(());
    }
    let error = attribute.reader().error(ErrorKind::Form { expected: "a well-known attribute" });
    Err((Treatment::SessionReset, error))
}

fn serialize_unknown<S: Serializer>(
    unknown: &Unknown,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    unknown.value.serialize(serializer)
}

crate::registry::attributes::attributes!(define!);
