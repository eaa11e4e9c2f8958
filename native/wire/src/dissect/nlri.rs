//! NLRI: where one ends the decoder says, and what is in it too where it is more than a prefix with something ahead.

use std::net::IpAddr;

use super::walk::Walk;
use crate::bgp::nlri::evpn::{Esi, Mac};
use crate::bgp::nlri::label::Label;
use crate::bgp::nlri::{self, Form, NlriRef, RouteDistinguisher};
use crate::bgp::AddressFamily;
use crate::error::Result;
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families::evpn as route_type;
use crate::registry::families::Layout;

/// All NLRI of a block, which is all that is left.
pub(super) fn block(walk: &mut Walk<'_, '_>, family: AddressFamily, form: Form) -> Result<()> {
    let mut all = nlri::iter(family, form, walk.reader().peek());
    let reference = family.reference();
    walk.repeat(|walk, index| {
        let Some(found) = all.next() else { return Ok(()) };
        let found = found?;
        let length = found.bytes.len() + if found.path_id.is_some() { 4 } else { 0 };
        walk.part(format!("[{index}]"), reference, length, |walk| {
            one(walk, &found)?;
            Ok(found.value().to_string())
        })
    })
}

fn one(walk: &mut Walk<'_, '_>, found: &NlriRef<'_>) -> Result<()> {
    if found.path_id.is_some() {
        walk.u32("path_id")?;
    }
    match found.family.layout() {
        Some(Layout::Prefix | Layout::Labeled) => prefix(walk, found, false),
        Some(Layout::LabeledVpn | Layout::VpnPrefix) => prefix(walk, found, true),
        Some(Layout::Evpn) => evpn(walk),
        _ => {
            let text = found.value().to_string();
            walk.rest("nlri", text);
            Ok(())
        }
    }
}

fn prefix(walk: &mut Walk<'_, '_>, found: &NlriRef<'_>, rd: bool) -> Result<()> {
    walk.u8("prefix_length")?;
    for _ in 0..found.labels_length() / 3 {
        label(walk, "label")?;
    }
    if rd {
        distinguisher(walk)?;
    }
    let text = found.prefix().map(|prefix| prefix.addr().to_string()).unwrap_or_default();
    walk.rest("prefix", text);
    Ok(())
}

fn label(walk: &mut Walk<'_, '_>, name: &'static str) -> Result<()> {
    let text = |label: &Label| {
        let bottom = if label.bottom() { ", bottom of stack" } else { "" };
        format!("{}{bottom}", label.value())
    };
    walk.field(name, Label::decode, text).map(drop)
}

fn distinguisher(walk: &mut Walk<'_, '_>) -> Result<()> {
    walk.value("rd", |reader| reader.u64().map(RouteDistinguisher)).map(drop)
}

/// RFC 7432, section 7; RFC 9136; RFC 9251; RFC 9572.
fn evpn(walk: &mut Walk<'_, '_>) -> Result<()> {
    let kind = walk.u8("route_type")?;
    walk.u8("length")?;
    let esi = |walk: &mut Walk<'_, '_>| walk.value("esi", |reader| reader.array().map(Esi)).map(drop);
    let tag = |walk: &mut Walk<'_, '_>| walk.u32("ethernet_tag").map(drop);
    match kind {
        route_type::ETHERNET_AUTO_DISCOVERY => {
            distinguisher(walk)?;
            esi(walk)?;
            tag(walk)?;
            vni(walk, "label")?;
        }
        route_type::MAC_IP_ADVERTISEMENT => {
            distinguisher(walk)?;
            esi(walk)?;
            tag(walk)?;
            walk.u8("mac_length")?;
            walk.value("mac", |reader| reader.array().map(Mac))?;
            address(walk, "ip")?;
            vni(walk, "label_1")?;
            if !walk.is_empty() {
                vni(walk, "label_2")?;
            }
        }
        route_type::INCLUSIVE_MULTICAST_ETHERNET_TAG => {
            distinguisher(walk)?;
            tag(walk)?;
            address(walk, "originator")?;
        }
        route_type::ETHERNET_SEGMENT => {
            distinguisher(walk)?;
            esi(walk)?;
            address(walk, "originator")?;
        }
        route_type::IP_PREFIX => {
            distinguisher(walk)?;
            esi(walk)?;
            tag(walk)?;
            walk.u8("prefix_length")?;
            let v6 = walk.reader().len() == 35;
            whole_address(walk, "prefix", v6)?;
            whole_address(walk, "gateway", v6)?;
            vni(walk, "label")?;
        }
        route_type::SELECTIVE_MULTICAST_ETHERNET_TAG
        | route_type::MULTICAST_MEMBERSHIP_REPORT_SYNCH
        | route_type::MULTICAST_LEAVE_SYNCH
        | route_type::S_PMSI => {
            distinguisher(walk)?;
            if matches!(
                kind,
                route_type::MULTICAST_MEMBERSHIP_REPORT_SYNCH | route_type::MULTICAST_LEAVE_SYNCH
            ) {
                esi(walk)?;
            }
            tag(walk)?;
            for name in ["source", "group", "originator"] {
                address(walk, name)?;
            }
            if kind == route_type::MULTICAST_LEAVE_SYNCH {
                walk.u32("reserved")?;
                walk.u8("max_response_time")?;
            }
            if kind != route_type::S_PMSI {
                walk.u8("flags")?;
            }
        }
        _ => {
            let octets = Raw::from(walk.reader().peek()).to_string();
            walk.rest("value", octets);
        }
    }
    Ok(())
}

/// Three octets, of which the encapsulation says whether they are a label or a VNI (RFC 8365, section 5.1.3).
fn vni(walk: &mut Walk<'_, '_>, name: &'static str) -> Result<()> {
    walk.field(name, Reader::u24, |octets| format!("label {} or VNI {octets}", octets >> 4)).map(drop)
}

/// A length in bits, and so long an address.
fn address(walk: &mut Walk<'_, '_>, name: &'static str) -> Result<()> {
    match walk.u8(format!("{name}_length"))? {
        32 => whole_address(walk, name, false),
        128 => whole_address(walk, name, true),
        _ => Ok(()),
    }
}

fn whole_address(walk: &mut Walk<'_, '_>, name: &'static str, v6: bool) -> Result<()> {
    let read = |reader: &mut Reader<'_>| {
        if v6 {
            reader.ipv6().map(IpAddr::V6)
        } else {
            reader.ipv4().map(IpAddr::V4)
        }
    };
    walk.value(name, read).map(drop)
}
