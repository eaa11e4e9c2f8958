//! Whether an attribute is as its specification asks, and what RFC 7606 does where it is not.

use super::attr_02_as_path::SegmentRef;
use super::path_attribute::{PathAttribute, Registered};
use super::reference::AttributeRef;
use super::treatment::Treatment;
use super::*;
use crate::bgp::context::Context;
use crate::bgp::tlv::Shape;
use crate::error::{DecodeError, ErrorKind};
use crate::reader::Reader;

macro_rules! define {
    (
        attributes: $($code:literal $constant:ident $name:literal $reference:literal $class:ident $malformed:ident
            $variant:ident($type:ty) $getter:ident $plain:ident $place:ident;)*
        names: $($deprecated:literal $deprecated_name:literal;)*
    ) => {
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
pub(crate) fn as_0(attribute: &AttributeRef<'_>, context: Context<'_>) -> Option<DecodeError> {
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
) -> std::result::Result<(), (Treatment, DecodeError)> {
    if T::CLASS != flags::UNCHECKED && attribute.flags & flags::CLASS != T::CLASS {
        let error = attribute.reader().error(ErrorKind::Flags { found: attribute.flags });
        return Err((T::wrong_flags(attribute.flags), error.in_field(T::NAME)));
    }
    T::check(attribute.reader(), context)
        .map_err(|error| (T::malformed(attribute.reader(), context), error.in_field(T::NAME)))
}

/// RFC 4271, section 6.3: a well-known attribute that is not recognized resets the session; RFC 7606 leaves that so.
#[inline]
fn check_unknown(attribute: &AttributeRef<'_>) -> std::result::Result<(), (Treatment, DecodeError)> {
    if attribute.flags & flags::OPTIONAL != 0 {
        return Ok(());
    }
    let error = attribute.reader().error(ErrorKind::Form { expected: "a well-known attribute" });
    Err((Treatment::SessionReset, error))
}

crate::registry::attributes::attributes!(define!);
