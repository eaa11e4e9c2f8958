//! Path attributes in owned, typed form.

use serde::{Serialize, Serializer};

use super::path_attribute::{PathAttribute, Registered};
use super::reference::AttributeRef;
use super::treatment::Treatment;
use super::*;
use crate::bgp::context::Context;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::attributes::name;

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
        head::write(&mut head, self.flags, self.code(), length);
        out.splice(start..start, head);
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
    /// Reads the canonical form that [`UpdateView::canonical_attributes`](crate::bgp::UpdateView::canonical_attributes) writes: AS numbers
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
            head::encode_canonical(out, attribute.flags, attribute.code(), &value);
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

impl AttributeRef<'_> {
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
}

macro_rules! define {
    (
        attributes: $($code:literal $constant:ident $name:literal $reference:literal $class:ident $malformed:ident
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

    };
}

fn serialize_unknown<S: Serializer>(
    unknown: &Unknown,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    unknown.value.serialize(serializer)
}

crate::registry::attributes::attributes!(define!);
