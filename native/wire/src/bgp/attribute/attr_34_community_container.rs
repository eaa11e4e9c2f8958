//! BGP Community Container (draft-ietf-idr-wide-bgp-communities-12; the code is a temporary assignment).

use std::collections::HashSet;

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Floats, Number, Numbers, Octets, Repeat, Text, Tlvs},
    Tlv, Value,
};
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::attribute_tlvs::{community_container, wide_community, wide_community_atom};

shaped_attribute! {
    /// Communities of any form; of type 1, wide communities, with what they are for and their parameters.
    ///
    /// Section 8.1: a malformed container, its contents included, or a TLV twice in a wide community withdraws. Containers of other types
    /// keep their octets.
    CommunityContainer, Repeat(&Shape::Custom(container));

    fn rule(&self) -> Result<(), &'static str> {
        if self.0.list().is_empty() {
            return Err("one container or more");
        }
        for content in self.0.list().iter().filter_map(|container| container.field("wide_community")) {
            let tlvs = content.field("tlvs").map_or(&[][..], Value::tlvs);
            let mut types = HashSet::new();
            if !tlvs.iter().all(|tlv| types.insert(tlv.number)) {
                return Err("a wide community with each TLV once");
            }
            if !WIDE.fits(tlvs) || !tlvs.iter().flat_map(|tlv| tlv.value.tlvs()).all(is_atom) {
                return Err("a wide community of well-formed atoms");
            }
        }
        Ok(())
    }
}

/// Octets of a container's type, flags, reserved octet and length; the length counts them.
const HEADER: u16 = 6;

fn container(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let number = reader.u16().at("type")?;
    let flags = Value::decode_at(Number(1), reader, depth).at("flags")?;
    let reserved = Value::decode_at(Number(1), reader, depth).at("reserved")?;
    let at = *reader;
    let length = reader.u16().at("length")?;
    let Some(rest) = length.checked_sub(HEADER) else {
        return Err(at.error(ErrorKind::Length { found: length.into(), expected: "6 or more" })).at("length");
    };
    let mut content = reader.sub(rest.into()).at("content")?;
    let (name, shape) = match number {
        community_container::WIDE_COMMUNITY => ("wide_community", WIDE_SHAPE),
        _ => ("content", Octets),
    };
    Ok(Value::Fields(vec![
        ("type", Value::Number { value: number.into(), octets: 2 }),
        ("flags", flags),
        ("reserved", reserved),
        ("length", Value::Number { value: length.into(), octets: 2 }),
        (name, Value::decode_at(shape, &mut content, depth).at(name)?),
    ]))
}

/// Section 4; with the highest bit set the community is IANA's.
const WIDE_SHAPE: Shape = Fields(&[
    ("community", Number(4)),
    ("source_as", Number(4)),
    ("context_as", Number(4)),
    ("tlvs", Tlvs(wide)),
]);

fn wide() -> &'static Namespace {
    &WIDE
}

fn atoms() -> &'static Namespace {
    &ATOMS
}

static WIDE: Namespace = Namespace {
    header: Header::Mixed,
    names: wide_community::name,
    table: &[
        (wide_community::TARGETS, Tlvs(atoms)),
        (wide_community::EXCLUDE_TARGETS, Tlvs(atoms)),
        (wide_community::PARAMETERS, Tlvs(atoms)),
    ],
};

/// Section 5
static ATOMS: Namespace = Namespace {
    header: Header::Mixed,
    names: wide_community_atom::name,
    table: &[
        (wide_community_atom::AUTONOMOUS_SYSTEMS, Numbers(4)),
        (wide_community_atom::IPV4_PREFIXES, Repeat(&Shape::Prefix { v6: false })),
        (wide_community_atom::IPV6_PREFIXES, Repeat(&Shape::Prefix { v6: true })),
        (wide_community_atom::INTEGERS, Numbers(4)),
        (wide_community_atom::FLOATS, Floats),
        (wide_community_atom::NEIGHBOR_CLASSES, Numbers(4)),
        (wide_community_atom::USER_CLASSES, Numbers(4)),
        (wide_community_atom::STRING, Text),
    ],
};

/// Two types are reserved; lists of numbers have one or more.
fn is_atom(atom: &Tlv) -> bool {
    match atom.number {
        wide_community_atom::RESERVED | wide_community_atom::RESERVED_255 => false,
        wide_community_atom::AUTONOMOUS_SYSTEMS
        | wide_community_atom::INTEGERS
        | wide_community_atom::FLOATS
        | wide_community_atom::NEIGHBOR_CLASSES
        | wide_community_atom::USER_CLASSES => !atom.value.list().is_empty(),
        _ => true,
    }
}
