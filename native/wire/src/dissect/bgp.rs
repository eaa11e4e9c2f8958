//! BGP messages (RFC 4271, section 4).

use super::walk::Walk;
use super::{attribute, nlri};
use crate::bgp::{Action, AddressFamily, Capability, Context, HEADER_LENGTH};
use crate::error::Result;
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::{add_path_mode, message, notification, optional_parameter, refresh_subtype};
use crate::registry::{capabilities, references};

/// A message outside of BMP.
pub(super) fn whole(walk: &mut Walk<'_, '_>) -> Result<()> {
    let name = match walk.reader().peek().get(18) {
        Some(&number) => message::name(number).unwrap_or("unknown"),
        None => "unknown",
    };
    message(walk, name, Context::default())
}

/// One whole message.
pub(super) fn message(walk: &mut Walk<'_, '_>, name: &'static str, context: Context<'_>) -> Result<()> {
    let mut ahead = walk.reader();
    let length = ahead.take(16).and_then(|_| ahead.u16()).map_or(HEADER_LENGTH, usize::from);
    // What is no BGP message is read to the field that shows it.
    let framed = walk.reader().peek().starts_with(&[0xff; 16]) && length >= HEADER_LENGTH;
    let number = walk.reader().peek().get(18).copied().unwrap_or(0);
    let reference = references::bgp_message(number);
    walk.part(name, reference, if framed { length } else { walk.reader().len() }, |walk| {
        walk.field("marker", |reader| reader.take(16), |_| String::new())?;
        walk.u16("length")?;
        let number = walk.code("type", Reader::u8, message::name)?;
        if framed {
            body(walk, number, context)?;
        }
        Ok(String::new())
    })
}

fn body(walk: &mut Walk<'_, '_>, number: u8, context: Context<'_>) -> Result<()> {
    match number {
        message::OPEN if walk.is_empty() => Ok(()),
        message::OPEN => open(walk),
        message::UPDATE => update(walk, context),
        message::NOTIFICATION => {
            let code = walk.code("code", Reader::u8, notification::name)?;
            walk.code("subcode", Reader::u8, |subcode| notification::subcode_name(code, subcode))?;
            let data = Raw::from(walk.reader().peek()).to_string();
            walk.rest("data", data);
            Ok(())
        }
        message::ROUTE_REFRESH => {
            walk.u16("afi")?;
            walk.code("subtype", Reader::u8, refresh_subtype::name)?;
            walk.u8("safi")?;
            let filters = Raw::from(walk.reader().peek()).to_string();
            walk.rest("filters", filters);
            Ok(())
        }
        message::KEEPALIVE => Ok(()),
        _ => {
            let data = Raw::from(walk.reader().peek()).to_string();
            walk.rest("data", data);
            Ok(())
        }
    }
}

fn update(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    const IPV4: AddressFamily = AddressFamily::IPV4_UNICAST;
    let length = walk.u16("withdrawn_routes_length")?;
    walk.part("withdrawn_routes", "RFC 4271, section 4.3", length.into(), |walk| {
        nlri::block(walk, IPV4, context.form(Action::Withdraw, IPV4)).map(|()| String::new())
    })?;
    let length = walk.u16("total_path_attribute_length")?;
    walk.part("path_attributes", "RFC 4271, section 4.3", length.into(), |walk| {
        walk.repeat(|walk, _| attribute::path_attribute(walk, context))?;
        Ok(String::new())
    })?;
    let left = walk.reader().len();
    walk.part("nlri", "RFC 4271, section 4.3", left, |walk| {
        nlri::block(walk, IPV4, context.form(Action::Announce, IPV4)).map(|()| String::new())
    })
}

fn open(walk: &mut Walk<'_, '_>) -> Result<()> {
    walk.u8("version")?;
    walk.u16("my_as")?;
    walk.u16("hold_time")?;
    walk.ipv4("bgp_id")?;
    let length = walk.u8("optional_parameters_length")?;
    let extended = length != 0 && walk.reader().peek().first() == Some(&optional_parameter::EXTENDED_LENGTH);
    let length = if extended {
        walk.u8("extended_type")?;
        walk.u16("extended_optional_parameters_length")?.into()
    } else {
        usize::from(length)
    };
    let reference = if extended { "RFC 9072, section 2" } else { "RFC 4271, section 4.2" };
    walk.part("optional_parameters", reference, length, |walk| {
        walk.repeat(|walk, _| parameter(walk, extended))?;
        Ok(String::new())
    })
}

fn parameter(walk: &mut Walk<'_, '_>, extended: bool) -> Result<()> {
    let capabilities = walk.reader().peek().first() == Some(&2);
    let (name, reference) =
        if capabilities { ("capabilities", "RFC 5492, section 4") } else { ("parameter", "") };
    walk.group(name, reference, |walk| {
        walk.u8("type")?;
        let length = if extended { walk.u16("length")?.into() } else { usize::from(walk.u8("length")?) };
        walk.part("value", "", length, |walk| {
            if capabilities {
                walk.repeat(|walk, _| capability(walk))?;
                return Ok(String::new());
            }
            let octets = Raw::from(walk.reader().peek()).to_string();
            walk.rest("octets", octets);
            Ok(String::new())
        })?;
        Ok(String::new())
    })
}

fn capability(walk: &mut Walk<'_, '_>) -> Result<()> {
    let named = |code| capabilities::ALL.iter().find(|known| known.code == code).map(|known| known.name);
    let code = walk.reader().u8()?;
    let text =
        Capability::decode(&mut walk.reader()).map(|capability| capability.to_string()).unwrap_or_default();
    let name = named(code).map_or_else(|| format!("capability {code}").into(), Into::into);
    let name: std::borrow::Cow<'static, str> = name;
    walk.group(name, capabilities::reference(code), |walk| {
        walk.code("code", Reader::u8, named)?;
        let length = walk.u8("length")?;
        walk.part("value", "", length.into(), |walk| {
            match code {
                capabilities::code::MULTIPROTOCOL if walk.reader().len() == 4 => {
                    let [high, low, _, safi] = walk.reader().array()?;
                    let family = AddressFamily::new(u16::from_be_bytes([high, low]), safi);
                    walk.u16("afi")?;
                    walk.u8("reserved")?;
                    walk.field("safi", Reader::u8, |safi| format!("{safi} ({family})"))?;
                }
                capabilities::code::FOUR_OCTET_AS => {
                    walk.u32("asn")?;
                }
                capabilities::code::ADD_PATH => walk.repeat(|walk, _| {
                    walk.group("family", "", |walk| {
                        walk.family()?;
                        walk.code("mode", Reader::u8, add_path_mode::name)?;
                        Ok(String::new())
                    })
                })?,
                _ => {
                    let octets = Raw::from(walk.reader().peek()).to_string();
                    walk.rest("octets", octets);
                }
            }
            Ok(String::new())
        })?;
        Ok(text)
    })
}
