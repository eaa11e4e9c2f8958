//! A message as a tree of fields: nothing is left out and nothing is told twice, and it says what the decoder says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
extern crate needs;

needs::main!();

mod common;

use std::path::Path;

use common::{
    attribute, bgp, bmp, gunzip, open, peer, peer_up, route_monitoring, update, AS_PATH_65001, NEXT_HOP,
    ORIGIN_IGP, PREFIX,
};
use wire::dissect::{dissect, dissect_attribute, Field, UNREAD};
use wire::session::Decoder;

/// The fields lie side by side from `from` to `to`; so do the parts of each.
fn tile(fields: &[Field], from: u64, to: u64, of: &str) {
    let mut at = from;
    for field in fields {
        assert_eq!(field.offset, at, "{} in {of}", field.name);
        assert!(field.length > 0, "{} in {of}", field.name);
        at += field.length as u64;
        if !field.fields.is_empty() {
            tile(&field.fields, field.offset, at, &field.name);
        }
    }
    assert_eq!(at, to, "the end of {of}");
}

fn read(bytes: &[u8]) -> Vec<Field> {
    let fields = dissect(bytes, &mut Decoder::default());
    tile(&fields, 0, bytes.len() as u64, "all");
    fields
}

fn all(fields: &[Field]) -> Vec<&Field> {
    fields.iter().flat_map(|field| std::iter::once(field).chain(all(&field.fields))).collect()
}

fn one<'a>(fields: &'a [Field], name: &str) -> &'a Field {
    all(fields).into_iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no field {name}"))
}

/// Message by message, as a tree has so many fields only: what is unread of them, and how many fields there are.
fn session(bytes: &[u8]) -> (Vec<String>, usize) {
    let mut decoder = Decoder::default();
    let (mut unread, mut count, mut rest) = (Vec::new(), 0, bytes);
    while rest.len() >= 6 {
        let length = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        let (message, behind) = rest.split_at(length.min(rest.len()));
        let fields = dissect(message, &mut decoder);
        tile(&fields, 0, message.len() as u64, "a message");
        let fields = all(&fields);
        count += fields.len();
        unread.extend(fields.iter().filter(|field| field.name == UNREAD).map(|field| field.text.clone()));
        rest = behind;
    }
    (unread, count)
}

#[test]
fn of_a_live_router_every_octet_has_its_field() {
    let sample = gunzip(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../priv/sample/frr-pair.bmp.gz"));
    let (unread, count) = session(&sample);
    assert_eq!(unread, Vec::<String>::new());
    assert!(count > 10_000);
}

#[test]
fn of_every_capture_the_fields_cover_the_octets_and_nothing_is_unread() {
    let folder = needs::captures();
    for entry in std::fs::read_dir(folder.join("streams")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "bmp") {
            let (unread, _) = session(&std::fs::read(&path).unwrap());
            let unexpected: Vec<_> = unread.iter().filter(|why| !why.contains("too many fields")).collect();
            assert_eq!(unexpected, Vec::<&String>::new(), "{}", path.display());
        }
    }
}

#[test]
fn an_update_is_told_field_by_field() {
    let communities = attribute(0xc0, 8, &[0xff, 0xff, 2, 0x9a, 0xfd, 0xe8, 0, 1]);
    let message =
        route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &communities], PREFIX));
    let fields = read(&message);
    let path = one(&fields, "as_path");
    assert_eq!((path.text.as_str(), path.reference), ("65001", "RFC 4271, section 5.1.2"));
    assert_eq!((path.offset, path.length), (48 + 19 + 4 + 4, 9));
    assert_eq!(one(&path.fields, "asn").text, "65001");
    assert_eq!(one(&path.fields, "type").text, "2 (AS_SEQUENCE)");
    assert_eq!(one(&fields, "communities").text, "65535:666 65000:1");
    let prefix = one(&one(&fields, "nlri").fields, "[0]");
    assert_eq!((prefix.text.as_str(), prefix.length, prefix.fields.len()), ("10.1.2.0/24", 4, 2));
    assert!(all(&fields).iter().all(|field| field.errors.is_empty()));
}

/// Path identifiers are those of the session, as the decoder reads them.
#[test]
fn what_the_peers_negotiated_counts() {
    let add_path: &[(u8, &[u8])] = &[(69, &[0, 1, 1, 3])];
    let up = peer_up(&peer(0, 0), &open(65000, add_path), &open(65001, add_path));
    let prefix = [&[0, 0, 0, 7], PREFIX].concat();
    let message = route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &prefix));
    let fields = read(&[up, message].concat());
    assert_eq!(one(&fields, "add_path").text, "add-path ipv4-unicast both");
    assert_eq!(one(&fields[1].fields, "path_id").text, "7");
    assert_eq!(one(&one(&fields[1].fields, "nlri").fields, "[0]").text, "10.1.2.0/24");
}

#[test]
fn an_error_is_marked_at_its_octet_and_what_is_behind_it_is_unread() {
    let message =
        route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &[33, 10, 1, 2, 0, 0]));
    let fields = read(&message);
    let wrong: Vec<&Field> = all(&fields).into_iter().filter(|field| !field.errors.is_empty()).collect();
    let [wrong] = wrong.as_slice() else { panic!("{wrong:?}") };
    assert_eq!((&*wrong.name, wrong.length), (UNREAD, 6));
    let error = &wrong.errors[0];
    assert!(
        error.ends_with("nlri[0].prefix_length at offset 91: prefix length is 33, the limit is 32"),
        "{error}"
    );
    assert_eq!(wrong.offset, 91);
}

#[test]
fn a_fault_of_rfc_7606_is_marked_in_its_attribute() {
    let message =
        route_monitoring(0, &update(&[], &[&attribute(0x40, 1, &[9]), AS_PATH_65001, NEXT_HOP], PREFIX));
    let fields = read(&message);
    let wrong: Vec<&Field> = all(&fields).into_iter().filter(|field| !field.errors.is_empty()).collect();
    assert_eq!(wrong.len(), 1);
    assert_eq!((&*wrong[0].name, wrong[0].text.as_str()), ("origin", "9"));
}

#[test]
fn a_message_that_is_cut_off_is_told_as_far_as_it_goes() {
    let whole = route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX));
    for length in 0..whole.len() {
        let fields = read(&whole[..length]);
        if length >= 6 {
            let told =
                format!("bmp.length at offset 1: truncated: needs {} octets, has {length}", whole.len());
            let errors: Vec<&String> = all(&fields).into_iter().flat_map(|field| &field.errors).collect();
            assert_eq!(errors, [&told]);
        }
    }
    assert!(read(&[9, 0, 0, 0, 6, 4, 1, 2])[0].errors[0].contains("BMP version 9"));
}

#[test]
fn a_message_of_bgp_alone_is_told_too() {
    let fields =
        read(&[update(&[], &[], &[]), bgp(4, &[]), open(65000, &[(65, &[0, 0, 0xfd, 0xe8])])].concat());
    let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["UPDATE", "KEEPALIVE", "OPEN"]);
    assert_eq!(one(&fields, "four_octet_as").text, "four-octet-as 65000");
}

#[test]
fn the_value_of_an_attribute_alone_is_told() {
    let fields = dissect_attribute(8, &[0xfd, 0xe8, 0, 1, 0]);
    tile(&fields, 0, 5, "the value");
    assert_eq!((fields[0].text.as_str(), &*fields[1].name), ("65000:1", UNREAD));
}

/// Two of the three numbers of a large community can be read before its octets end: none of them is left out of the tree.
#[test]
fn a_value_that_ends_too_early_is_shown_from_its_first_octet_on() {
    let fields = dissect_attribute(32, &[0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0]);
    tile(&fields, 0, 11, "the value");
    assert_eq!((&*fields[0].name, fields[0].length), (UNREAD, 11));
}

/// A tree is bounded, and covers all octets all the same.
#[test]
fn a_message_of_very_many_routes_is_one_tree_of_bounded_size() {
    let routes = [0u8; 60_000];
    let fields = read(&route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &routes)));
    assert!(all(&fields).len() < 4_500);
    assert!(one(&fields, UNREAD).text.contains("too many fields"));
}

/// Whatever octet is changed, the fields cover the message.
#[test]
fn of_a_message_with_any_octet_wrong_the_fields_cover_it() {
    let mp_reach =
        [&[0x90, 14, 0, 18, 0, 25, 70, 4, 192, 0, 2, 1, 0][..], &[3, 17], &[0; 8], &[0, 0, 0, 1, 32]]
            .concat();
    let up =
        peer_up(&peer(0, 0), &open(65000, &[(1, &[0, 1, 0, 1]), (69, &[0, 1, 1, 3])]), &open(65001, &[]));
    let statistics = bmp(1, &[&peer(0, 0)[..], &[0, 0, 0, 1, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5]].concat());
    let tunnel = attribute(0xc0, 23, &[0, 15, 0, 8, 4, 6, 0, 0, 0, 0, 0, 1]);
    let monitoring = route_monitoring(
        0,
        &update(PREFIX, &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &mp_reach, &tunnel], PREFIX),
    );
    for message in [up, statistics, monitoring] {
        for index in 0..message.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = message.clone();
                changed[index] = value;
                read(&changed);
            }
        }
    }
}
