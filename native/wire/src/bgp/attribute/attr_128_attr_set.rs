//! ATTR_SET (RFC 6368): an attribute that holds attributes, so it and [`AttributeValue`] name each other.

use serde::Serialize;

use super::{
    Attribute, AttributeRef, AttributeValue, Context, MpReach, MpUnreach, PathAttribute, Registered, Unknown,
};
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// A customer's attributes, carried through the provider's network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttrSet {
    pub origin_as: u32,
    /// AS numbers have four octets. A set in a set is kept raw.
    pub attributes: Vec<Attribute>,
}

// RFC 7606, section 7.16. Malformed is a set that ends inside an attribute, or that holds MP_REACH_NLRI or
// MP_UNREACH_NLRI (RFC 6368, section 5).
impl PathAttribute for AttrSet {
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        let origin_as = reader.u32().at("origin_as")?;
        let mut attributes = Vec::new();
        while !reader.is_empty() {
            let attribute = AttributeRef::read(reader).at_index(attributes.len()).at("attributes")?;
            if matches!(attribute.code, MpReach::CODE | MpUnreach::CODE) {
                let expected = "a set without MP_REACH_NLRI and MP_UNREACH_NLRI";
                return Err(attribute.reader().error(ErrorKind::Form { expected }))
                    .at_index(attributes.len())
                    .at("attributes");
            }
            attributes.push(if attribute.code == AttrSet::CODE {
                let value = Unknown { code: attribute.code, value: attribute.value.into() };
                Attribute { flags: attribute.flags, value: AttributeValue::Unknown(value) }
            } else {
                attribute.to_owned(Context::default())
            });
        }
        Ok(AttrSet { origin_as, attributes })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.origin_as.to_be_bytes());
        self.attributes.iter().for_each(|attribute| attribute.encode(out));
    }
}
