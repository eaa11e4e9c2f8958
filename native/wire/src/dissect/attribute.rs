//! Values of path attributes. Those that a [`Shape`] describes are taken apart by it, like the decoder does.

use std::fmt::Display;

use super::nlri;
use super::walk::Walk;
use crate::bgp::attribute::{
    check, code, flags, AttributeRef, AttributeValue, Community, ExtendedCommunity, LargeCommunity, NextHop,
    Origin, SegmentRef, SegmentType,
};
use crate::bgp::tlv::{Namespace, Shape, Value, DEEPEST};
use crate::bgp::{Action, Context};
use crate::error::Result;
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::attributes;

/// Flags, code, length, and the value in parts.
pub(super) fn path_attribute(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    const FLAGS: &[(u8, &str)] =
        &[(0x80, "optional"), (0x40, "transitive"), (0x20, "partial"), (0x10, "extended-length")];
    let start = walk.reader();
    let code = start.peek().get(1).copied();
    let read = AttributeRef::read(&mut start.clone()).ok();
    let name = match code {
        Some(code) => attributes::name(code).map_or_else(|| format!("attribute {code}").into(), Into::into),
        None => std::borrow::Cow::Borrowed("attribute"),
    };
    walk.group(name, code.map_or("", attributes::reference), |walk| {
        let flags = walk.flags("flags", FLAGS)?;
        let code = walk.code("code", Reader::u8, attributes::name)?;
        let extended = flags & flags::EXTENDED_LENGTH != 0;
        let length = if extended { walk.u16("length")?.into() } else { usize::from(walk.u8("length")?) };
        walk.part("value", "", length, |walk| value(walk, code, context).map(|()| String::new()))?;
        Ok(read.map(|read| text(&read, context)).unwrap_or_default())
    })
}

/// The parts of a value, which is all that is left.
pub(super) fn value(walk: &mut Walk<'_, '_>, number: u8, context: Context<'_>) -> Result<()> {
    match number {
        code::ORIGIN => {
            walk.code("origin", Reader::u8, |number| Origin::new(number).map(Origin::name))?;
        }
        code::AS_PATH => return segments(walk, context.two_octet_as),
        code::AS4_PATH => return segments(walk, false),
        code::NEXT_HOP | code::ORIGINATOR_ID => {
            walk.ipv4("address")?;
        }
        code::MULTI_EXIT_DISC | code::LOCAL_PREF => {
            walk.u32("metric")?;
        }
        code::ONLY_TO_CUSTOMER => {
            walk.u32("asn")?;
        }
        code::AGGREGATOR | code::AS4_AGGREGATOR => {
            if walk.reader().len() == 6 {
                walk.u16("asn")?;
            } else {
                walk.u32("asn")?;
            }
            walk.ipv4("address")?;
        }
        code::CLUSTER_LIST => return walk.repeat(|walk, index| walk.ipv4(format!("[{index}]")).map(drop)),
        code::COMMUNITIES => {
            return walk.repeat(|walk, index| {
                walk.field(format!("[{index}]"), Reader::u32, |number| {
                    let community = Community(*number);
                    community
                        .name()
                        .map_or_else(|| community.to_string(), |name| format!("{community} ({name})"))
                })?;
                Ok(())
            })
        }
        code::EXTENDED_COMMUNITIES => {
            return walk.repeat(|walk, index| {
                walk.value(format!("[{index}]"), |reader| reader.array().map(ExtendedCommunity)).map(drop)
            })
        }
        code::LARGE_COMMUNITIES => {
            let large = |reader: &mut Reader<'_>| {
                Ok(LargeCommunity::from([reader.u32()?, reader.u32()?, reader.u32()?]))
            };
            return walk.repeat(|walk, index| walk.value(format!("[{index}]"), large).map(drop));
        }
        code::MP_REACH_NLRI => return mp_reach(walk, context),
        code::MP_UNREACH_NLRI => {
            let family = walk.family()?;
            return nlri::block(walk, family, context.form(Action::Withdraw, family));
        }
        code::AIGP => return walk.repeat(|walk, _| aigp(walk)),
        // A set in a set has no reading.
        code::ATTR_SET => {
            walk.u32("origin_as")?;
            return walk.repeat(|walk, _| match walk.reader().peek().get(1) {
                Some(&code::ATTR_SET) => {
                    walk.unread("a set in a set".to_owned());
                    Ok(())
                }
                _ => path_attribute(walk, Context::default()),
            });
        }
        _ => match check::shape(number) {
            Some(shape) => return shaped(walk, "value", shape, 0),
            None => {
                let octets = Raw::from(walk.reader().peek()).to_string();
                walk.rest("octets", octets);
            }
        },
    }
    Ok(())
}

/// What an attribute says in a line, of those that most routes have.
pub(super) fn text(attribute: &AttributeRef<'_>, context: Context<'_>) -> String {
    fn list<T: Display>(items: &[T]) -> String {
        items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
    match attribute.to_owned(context).value {
        AttributeValue::Origin(origin) => origin.name().to_owned(),
        AttributeValue::AsPath(path) => path.to_string(),
        AttributeValue::As4Path(path) => path.0.to_string(),
        AttributeValue::NextHop(_) | AttributeValue::OriginatorId(_) | AttributeValue::ClusterList(_) => {
            list(&attribute.addresses().collect::<Vec<_>>())
        }
        AttributeValue::MultiExitDisc(_)
        | AttributeValue::LocalPref(_)
        | AttributeValue::OnlyToCustomer(_) => {
            attribute.number().map(|number| number.to_string()).unwrap_or_default()
        }
        AttributeValue::Aggregator(aggregator) => format!("{} {}", aggregator.asn, aggregator.address),
        AttributeValue::Communities(communities) => list(&communities.0),
        AttributeValue::ExtendedCommunities(communities) => list(&communities.0),
        AttributeValue::LargeCommunities(communities) => list(&communities.0),
        AttributeValue::MpReach(reach) => format!("{}, next hop {}", reach.family, reach.next_hop),
        AttributeValue::MpUnreach(unreach) => unreach.family.to_string(),
        _ => String::new(),
    }
}

fn segments(walk: &mut Walk<'_, '_>, two_octet: bool) -> Result<()> {
    walk.repeat(|walk, index| {
        // What the decoder takes for no segment is none here.
        SegmentRef::read(&mut walk.reader(), two_octet)?;
        walk.group(format!("[{index}]"), "", |walk| {
            walk.code("type", Reader::u8, |number| {
                SegmentType::new(number).map(|kind| match kind {
                    SegmentType::AsSet => "AS_SET",
                    SegmentType::AsSequence => "AS_SEQUENCE",
                    SegmentType::AsConfedSequence => "AS_CONFED_SEQUENCE",
                    SegmentType::AsConfedSet => "AS_CONFED_SET",
                })
            })?;
            for _ in 0..walk.u8("length")? {
                if two_octet {
                    walk.u16("asn")?;
                } else {
                    walk.u32("asn")?;
                }
            }
            Ok(String::new())
        })
    })
}

fn mp_reach(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    let family = walk.family()?;
    let length = walk.u8("next_hop_length")?;
    if length > 0 {
        let text = |octets: &&[u8]| match NextHop::decode(octets) {
            NextHop::Ipv6 { global, link_local: Some(link_local) } => format!("{global} {link_local}"),
            next_hop => next_hop.to_string(),
        };
        walk.field("next_hop", |reader| reader.take(length.into()), text)?;
    }
    walk.u8("reserved")?;
    nlri::block(walk, family, context.form(Action::Announce, family))
}

/// A TLV's length counts its type and length too.
fn aigp(walk: &mut Walk<'_, '_>) -> Result<()> {
    walk.group("tlv", "RFC 7311, section 3", |walk| {
        let kind = walk.u8("type")?;
        let length = usize::from(walk.u16("length")?).saturating_sub(3);
        if (kind, length) == (1, 8) {
            return walk.value("metric", Reader::u64).map(|metric| metric.to_string());
        }
        walk.octets("value", length)?;
        Ok(String::new())
    })
}

/// A value of a shape, in the parts that the shape has.
fn shaped(walk: &mut Walk<'_, '_>, name: &'static str, shape: Shape, depth: usize) -> Result<()> {
    match shape {
        Shape::Fields(fields) => {
            for (name, shape) in fields {
                shaped(walk, name, *shape, depth)?;
            }
            Ok(())
        }
        Shape::Repeat(shape) => walk.repeat(|walk, index| {
            let before = walk.reader().len();
            walk.group(format!("[{index}]"), "", |walk| {
                shaped(walk, name, *shape, depth)?;
                Ok(String::new())
            })?;
            if walk.reader().len() == before {
                walk.unread("an element without octets".to_owned());
            }
            Ok(())
        }),
        Shape::Tlvs(namespace) if depth < DEEPEST => walk.repeat(|walk, _| tlv(walk, namespace(), depth + 1)),
        Shape::Tlv(namespace) if depth < DEEPEST => tlv(walk, namespace(), depth + 1),
        _ if walk.is_empty() => Ok(()),
        _ => walk.value(name, |reader| Value::decode_at(shape, reader, depth)).map(drop),
    }
}

fn tlv(walk: &mut Walk<'_, '_>, namespace: &'static Namespace, depth: usize) -> Result<()> {
    let (number, length) = namespace.header.decode(&mut walk.reader())?;
    let known = namespace.find(number);
    let name = known.map_or_else(|| format!("tlv {number}").into(), |(name, _)| name.into());
    let name: std::borrow::Cow<'static, str> = name;
    walk.group(name, "", |walk| {
        let (of_type, of_length) = namespace.header.octets(number);
        walk.field("type", |reader| reader.take(of_type), |_| number.to_string())?;
        walk.field("length", |reader| reader.take(of_length), |_| length.to_string())?;
        walk.part("value", "", length, |walk| {
            match known {
                Some((name, shape)) => shaped(walk, name, shape, depth)?,
                None => {
                    let octets = Raw::from(walk.reader().peek()).to_string();
                    walk.rest("octets", octets);
                }
            }
            Ok(String::new())
        })?;
        Ok(String::new())
    })
}
