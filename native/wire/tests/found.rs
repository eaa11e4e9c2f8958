//! What mutated frames found, each as small as it can be told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;

use common::*;
use wire::bgp::{Action, Treatment};
use wire::bmp::{Body, Mirrored};
use wire::session::Decoder;

fn update_of(decoder: &mut Decoder, frame: &[u8]) -> wire::bgp::Update {
    match decoder.feed(frame).next().unwrap().unwrap().into_message().unwrap().body {
        Body::RouteMonitoring(route) => route.update,
        body => panic!("{body:?}"),
    }
}

/// Twenty thousand faults with their paths came to 69 octets for each octet of the frame.
#[test]
fn a_code_that_comes_again_and_again_is_one_fault() {
    let again = [0xc0, 99, 0].repeat(20_000);
    let mut attributes = vec![ORIGIN_IGP, AS_PATH_65001, NEXT_HOP];
    attributes.push(&again);
    let update = update_of(&mut Decoder::default(), &route_monitoring(0, &update(&[], &attributes, PREFIX)));
    assert_eq!(update.attributes.0.len(), 20_003, "nothing is lost");
    let faults: Vec<_> = update.faults.iter().map(|fault| (fault.treatment, fault.attribute)).collect();
    assert_eq!(faults, [(Treatment::AttributeDiscard, Some(99))]);
    assert!(update.groups().all(|group| group.action == Action::Announce));
}

/// ADD-PATH capabilities for so many families, all to be sent and received.
fn open_with_families(families: impl Iterator<Item = (u16, u8)>) -> Vec<u8> {
    let entries: Vec<[u8; 4]> = families.map(|(afi, safi)| [(afi >> 8) as u8, afi as u8, safi, 3]).collect();
    let capabilities: Vec<u8> = entries
        .chunks(63)
        .flat_map(|entries| [&[69, (entries.len() * 4) as u8], entries.concat().as_slice()].concat())
        .collect();
    let length = u16::try_from(capabilities.len()).unwrap();
    let mut body = vec![4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 9, 255, 255];
    body.extend((length + 3).to_be_bytes());
    body.push(2);
    body.extend(length.to_be_bytes());
    body.extend(capabilities);
    bgp(1, &body)
}

/// Two OPENs of 16,000 families each took 170 ms, each looked for among all; and each further Peer Up added its own.
/// Families that nobody can read are not remembered.
#[test]
fn of_many_families_those_that_can_be_read_are_remembered() {
    let with_path_id = |update: &wire::bgp::Update| update.nlri[0].path_id;
    // 0xff is no prefix length.
    let path = [0xff, 0, 0, 7, 24, 10, 1, 2];
    let announce = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &path);

    let mut decoder = Decoder::default();
    let many = open_with_families((1000..16_000).map(|afi| (afi, 1)).chain([(1, 1)]));
    assert!(decoder.feed(&peer_up(&peer(0, 0), &many, &many)).next().unwrap().unwrap().content.is_ok());
    assert_eq!(with_path_id(&update_of(&mut decoder, &route_monitoring(0, &announce))), Some(0xff00_0007));
}

/// A quarter of a million errors in one message took 56 ms, and 44 octets for each octet of the frame.
#[test]
fn mirrored_messages_that_do_not_read_are_told_to_a_number() {
    let frame = bmp(6, &[peer(0, 0), [0, 0, 0, 0].repeat(1000)].concat());
    let mut decoder = Decoder::default();
    let message = decoder.feed(&frame).next().unwrap().unwrap().into_message().unwrap();
    let Body::RouteMirroring(mirroring) = message.body else { panic!() };
    assert_eq!(mirroring.mirrored.len(), 1000);
    let told =
        mirroring.mirrored.iter().filter(|tlv| matches!(tlv, Mirrored::BgpMessage { error: Some(_), .. }));
    assert_eq!(told.count(), 64);
}
