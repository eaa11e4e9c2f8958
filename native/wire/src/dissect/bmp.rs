//! BMP messages (RFC 7854, section 4).

use super::bgp;
use super::walk::Walk;
use crate::bgp::Context;
use crate::bmp::msg_1_statistics_report::is_in_a_tlv;
use crate::bmp::peer_header::PeerHeader;
use crate::bmp::version_4::{CodePoints, STATISTICS};
use crate::bmp::{peer_header, CommonHeader};
use crate::error::Result;
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::fsm_event;
use crate::registry::bmp::{
    initiation_tlv, message, mirroring_information, mirroring_tlv, peer_down_reason, peer_type, peer_up_tlv,
    termination_reason, termination_tlv,
};
use crate::registry::{references, statistics};

/// One whole message, which says it has `length` octets.
pub(super) fn part(
    walk: &mut Walk<'_, '_>,
    name: &'static str,
    header: CommonHeader,
    length: usize,
    context: Context<'_>,
) -> Result<()> {
    walk.part(name, references::bmp_message(header.message_type), length, |walk| {
        walk.group("common_header", "RFC 7854, section 4.1", |walk| {
            walk.u8("version")?;
            walk.u32("length")?;
            walk.code("type", Reader::u8, message::name)?;
            Ok(String::new())
        })?;
        body(walk, header, context)?;
        Ok(String::new())
    })
}

fn body(walk: &mut Walk<'_, '_>, header: CommonHeader, context: Context<'_>) -> Result<()> {
    match header.message_type {
        message::ROUTE_MONITORING => {
            per_peer_header(walk)?;
            if header.version == 4 {
                return walk.repeat(|walk, _| indexed_tlv(walk, context));
            }
            bgp::message(walk, "update", context)?;
            tlvs(walk, |_| None, "RFC 7854, section 4.4")
        }
        message::STATISTICS_REPORT => {
            per_peer_header(walk)?;
            if header.version == 4 && is_in_a_tlv(walk.reader()) {
                return walk.repeat(|walk, _| statistics_tlv(walk));
            }
            statistics(walk)
        }
        message::PEER_DOWN => peer_down(walk, context),
        message::PEER_UP => peer_up(walk, context),
        message::INITIATION => tlvs(walk, initiation_tlv::name, "RFC 7854, section 4.4"),
        message::TERMINATION => walk.repeat(|walk, _| termination_tlv(walk)),
        message::ROUTE_MIRRORING => {
            per_peer_header(walk)?;
            walk.repeat(|walk, _| mirrored(walk, context))
        }
        _ => {
            let octets = Raw::from(walk.reader().peek()).to_string();
            walk.rest("data", octets);
            Ok(())
        }
    }
}

fn per_peer_header(walk: &mut Walk<'_, '_>) -> Result<()> {
    const IN_OR_OUT: &[(u8, &str)] = &[
        (0x80, "V: IPv6"),
        (0x40, "L: post-policy"),
        (0x20, "A: two-octet AS_PATH"),
        (0x10, "O: Adj-RIB-Out"),
    ];
    const LOC_RIB: &[(u8, &str)] = &[(0x80, "F: filtered")];
    let header = PeerHeader::decode(&mut walk.reader()).ok();
    walk.part("peer_header", "RFC 7854, section 4.2", peer_header::LENGTH, |walk| {
        let kind = walk.code("type", Reader::u8, peer_type::name)?;
        walk.flags("flags", if kind == peer_type::LOC_RIB { LOC_RIB } else { IN_OR_OUT })?;
        walk.field("distinguisher", Reader::u64, |rd| peer_header::distinguisher_text(*rd))?;
        let address = |_: &&[u8]| header.map(|header| header.address.to_string()).unwrap_or_default();
        walk.field("address", |reader| reader.take(16), address)?;
        walk.u32("asn")?;
        walk.ipv4("bgp_id")?;
        walk.u32("timestamp_seconds")?;
        walk.u32("timestamp_microseconds")?;
        Ok(header
            .and_then(|header| header.known_view())
            .map(|view| view.name().to_owned())
            .unwrap_or_default())
    })
}

/// Type and length, then the value in parts. The text of the whole is what `value` gives.
fn tlv(
    walk: &mut Walk<'_, '_>,
    named: impl Fn(u16) -> Option<&'static str>,
    reference: &'static str,
    value: impl FnOnce(&mut Walk<'_, '_>, u16, usize) -> Result<String>,
) -> Result<()> {
    let number = walk.reader().u16()?;
    let name = named(number).map_or_else(|| format!("tlv {number}").into(), Into::into);
    let name: std::borrow::Cow<'static, str> = name;
    walk.group(name, reference, |walk| {
        walk.code("type", Reader::u16, named)?;
        let length = walk.u16("length")?;
        value(walk, number, length.into())
    })
}

/// A value that is text where its type has a name, and octets where not.
fn text_or_octets(walk: &mut Walk<'_, '_>, known: bool, length: usize) -> Result<String> {
    if length == 0 {
        return Ok(String::new());
    }
    let shown = |octets: &&[u8]| {
        if known {
            String::from_utf8_lossy(octets).into_owned()
        } else {
            Raw::from(*octets).to_string()
        }
    };
    let octets = walk.field("value", |reader| reader.take(length), shown)?;
    Ok(if known { shown(&octets) } else { String::new() })
}

fn tlvs(
    walk: &mut Walk<'_, '_>,
    named: impl Fn(u16) -> Option<&'static str>,
    reference: &'static str,
) -> Result<()> {
    walk.repeat(|walk, _| {
        tlv(walk, &named, reference, |walk, number, length| {
            text_or_octets(walk, named(number).is_some(), length)
        })
    })
}

/// Version 4: also the UPDATE is in a TLV, the one whose value starts as a BGP message does.
fn indexed_tlv(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    let mut ahead = walk.reader();
    let number = ahead.u16()?;
    ahead.take(4)?;
    let update = CodePoints::is_bgp_message(number) && ahead.peek().starts_with(&[0xff; 16]);
    let name = if update { "bgp_message".into() } else { format!("tlv {number}") };
    walk.group(name, "draft-ietf-grow-bmp-tlv", |walk| {
        walk.u16("type")?;
        let length = walk.u16("length")?;
        walk.u16("index")?;
        if !update {
            return text_or_octets(walk, false, length.into());
        }
        walk.part("value", "", length.into(), |walk| {
            bgp::message(walk, "update", context)?;
            Ok(String::new())
        })?;
        Ok(String::new())
    })
}

fn statistics(walk: &mut Walk<'_, '_>) -> Result<()> {
    walk.u32("count")?;
    let named = |number| statistics::statistic(number).map(|known| known.name);
    walk.repeat(|walk, _| {
        tlv(walk, named, "RFC 7854, section 4.8", |walk, _, length| match length {
            4 => Ok(walk.u32("value")?.to_string()),
            8 => Ok(walk.value("value", Reader::u64)?.to_string()),
            11 => {
                let family = walk.family()?;
                Ok(format!("{family} {}", walk.value("value", Reader::u64)?))
            }
            length => text_or_octets(walk, false, length),
        })
    })
}

fn statistics_tlv(walk: &mut Walk<'_, '_>) -> Result<()> {
    let named = |number| (number == STATISTICS).then_some("statistics");
    tlv(walk, named, "draft-ietf-grow-bmp-tlv", |walk, number, length| {
        if number != STATISTICS {
            return text_or_octets(walk, false, length);
        }
        walk.part("value", "", length, |walk| statistics(walk).map(|()| String::new()))?;
        Ok(String::new())
    })
}

fn peer_down(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    per_peer_header(walk)?;
    let reason = walk.code("reason", Reader::u8, peer_down_reason::name)?;
    match reason {
        peer_down_reason::LOCAL_NOTIFICATION | peer_down_reason::REMOTE_NOTIFICATION => {
            bgp::message(walk, "notification", context)?;
        }
        peer_down_reason::LOCAL_FSM_EVENT if !walk.is_empty() => {
            walk.code("fsm_event", Reader::u16, fsm_event::name)?;
        }
        _ => {}
    }
    tlvs(walk, peer_up_tlv::name, "RFC 9736, section 3")
}

fn peer_up(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    let v6 = PeerHeader::decode(&mut walk.reader()).is_ok_and(|header| header.address.is_ipv6());
    per_peer_header(walk)?;
    walk.field("local_address", Reader::array, |octets| peer_header::address(*octets, v6).to_string())?;
    walk.u16("local_port")?;
    walk.u16("remote_port")?;
    bgp::message(walk, "sent_open", context)?;
    bgp::message(walk, "received_open", context)?;
    tlvs(walk, peer_up_tlv::name, "RFC 9736, section 2")
}

fn termination_tlv(walk: &mut Walk<'_, '_>) -> Result<()> {
    let named = termination_tlv::name;
    tlv(walk, named, "RFC 7854, section 4.5", |walk, number, length| match (number, length) {
        (termination_tlv::REASON, 2) => {
            let reason = walk.code("value", Reader::u16, termination_reason::name)?;
            Ok(termination_reason::words(reason).unwrap_or_default().to_owned())
        }
        _ => text_or_octets(walk, named(number).is_some(), length),
    })
}

fn mirrored(walk: &mut Walk<'_, '_>, context: Context<'_>) -> Result<()> {
    let named = mirroring_tlv::name;
    // Also of a message that does not read it is known where it ends.
    tlv(walk, named, "RFC 7854, section 4.7", |walk, number, length| match (number, length) {
        (mirroring_tlv::BGP_MESSAGE, _) => {
            walk.part("value", "", length, |walk| {
                bgp::message(walk, "message", context)?;
                Ok(String::new())
            })?;
            Ok(String::new())
        }
        (mirroring_tlv::INFORMATION, 2) => {
            walk.code("value", Reader::u16, mirroring_information::name)?;
            Ok(String::new())
        }
        _ => text_or_octets(walk, false, length),
    })
}
