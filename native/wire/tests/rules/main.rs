//! One test a rule, from bytes; a file a subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

#[path = "../common/mod.rs"]
mod common;

mod add_path;
mod as_numbers;
mod attribute_errors;
mod bmp_messages;
mod canonical;
mod error_handling;
mod labels;
mod mirroring;
mod peers;
mod update;
mod version_4;

use common::*;
use wire::bgp::{Action, AddressFamily};
use wire::bmp::{Body, Message};
use wire::session::{Content, Decoder};

/// Messages of a session that starts with these bytes.
pub fn session(frames: &[Vec<u8>]) -> Vec<Result<Message, wire::DecodeError>> {
    decode_all(&frames.concat())
}

pub fn one(frame: Vec<u8>) -> Message {
    decode_all(&frame).remove(0).unwrap()
}

pub fn update_of(message: &Message) -> &wire::bgp::Update {
    match &message.body {
        Body::RouteMonitoring(route) => &route.update,
        other => panic!("{other:?}"),
    }
}

/// Groups as (action, family, next hop, NLRI with path identifiers).
pub fn routes(message: &Message) -> Vec<(Action, AddressFamily, String, Vec<String>)> {
    update_of(message)
        .groups()
        .map(|group| {
            let nlri = group.nlri.iter().map(|nlri| match nlri.path_id {
                Some(id) => format!("{}#{id}", nlri.value),
                None => nlri.value.to_string(),
            });
            (group.action, group.family, group.next_hop.to_string(), nlri.collect())
        })
        .collect()
}

pub fn announce(attributes: &[&[u8]]) -> Message {
    one(route_monitoring(0, &update(&[], attributes, PREFIX)))
}

pub fn canonical(frame: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::default();
    let mut feed = decoder.feed(frame);
    let mut out = Vec::new();
    match feed.next().unwrap().unwrap().content.unwrap() {
        Content::RouteMonitoring(view) => view.update.canonical_attributes(&mut out),
        Content::Other(other) => panic!("{other:?}"),
    }
    out
}

pub const V4: AddressFamily = AddressFamily::IPV4_UNICAST;
pub const V6: AddressFamily = AddressFamily::IPV6_UNICAST;

/// MP_REACH_NLRI of 2001:db8::/32 by 2001:db8::1.
pub fn mp_reach_v6() -> Vec<u8> {
    let next_hop = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    attribute(0x80, 14, &[&[0, 2, 1, 16], next_hop.as_slice(), &[0, 32, 0x20, 1, 0x0d, 0xb8]].concat())
}

/// MP_UNREACH_NLRI of 2001:db8:1::/48
pub fn mp_unreach_v6() -> Vec<u8> {
    attribute(0x80, 15, &[0, 2, 1, 48, 0x20, 1, 0x0d, 0xb8, 0, 1])
}

pub fn announce_mp(value: &[u8]) -> Message {
    one(route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, &attribute(0x80, 14, value)], &[])))
}
