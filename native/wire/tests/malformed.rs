//! Malformed input: the error says what and where; only lost framing ends a session.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;

use common::*;
use wire::session::{Decoder, Options};
use wire::{DecodeError, ErrorKind};

/// The error of a frame in a session, and proof that the session goes on after it.
fn error_in_session(frame: &[u8]) -> DecodeError {
    let first = bmp(4, &[]);
    let after = route_monitoring(0, &update(&[], &[], &[]));
    let bytes = [first.as_slice(), frame, &after].concat();
    let mut messages = decode_all(&bytes);
    assert_eq!(messages.len(), 3);
    assert!(messages[2].is_ok(), "the session lives");
    messages.remove(1).unwrap_err()
}

fn fatal(bytes: &[u8]) -> DecodeError {
    let mut decoder = Decoder::default();
    let first = bmp(4, &[]);
    let bytes = [first.as_slice(), bytes].concat();
    let mut feed = decoder.feed(&bytes);
    assert!(feed.next().unwrap().is_ok());
    let error = feed.next().unwrap().unwrap_err();
    assert!(feed.next().is_none());
    drop(feed);
    // It stays ended, and says why again.
    let again = decoder.feed(&first).next().unwrap().unwrap_err();
    assert_eq!(error, again);
    assert_eq!(decoder.pending(), 0);
    error
}

fn check(error: &DecodeError, path: &str, offset: u64, text: &str) {
    assert_eq!((error.path().to_string().as_str(), error.offset()), (path, offset));
    assert_eq!(error.to_string(), format!("{path} at offset {offset}: {text}"));
}

#[test]
fn wrong_version_is_fatal() {
    check(&fatal(&[9, 0, 0, 0, 6, 4]), "bmp.version", 6, "BMP version 9 is neither 3 nor 4");
    // The first octet is enough.
    check(&fatal(&[2]), "bmp.version", 6, "BMP version 2 is neither 3 nor 4");
}

#[test]
fn length_5_is_fatal() {
    check(&fatal(&[3, 0, 0, 0, 5, 4]), "bmp.length", 7, "BMP message length 5 is not between 6 and 1048576");
}

#[test]
fn length_4_gib_is_fatal_and_allocates_nothing() {
    let error = fatal(&[3, 0xff, 0xff, 0xff, 0xff, 0]);
    check(&error, "bmp.length", 7, "BMP message length 4294967295 is not between 6 and 1048576");
}

#[test]
fn the_limit_is_an_option() {
    let mut decoder = Decoder::new(Options { max_message_bytes: 100, ..Options::default() });
    let mut feed = decoder.feed(&[3, 0, 0, 0, 101, 4]);
    let error = feed.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::MessageLength { found: 101, limit: 100 });
}

#[test]
fn a_truncated_frame_waits_for_the_rest() {
    let mut decoder = Decoder::default();
    let frame = route_monitoring(0, &update(&[], &[], &[]));
    let (head, tail) = frame.split_at(frame.len() - 1);
    assert!(decoder.feed(head).next().is_none());
    assert_eq!(decoder.pending(), head.len());
    assert!(decoder.feed(tail).next().unwrap().is_ok());
}

#[test]
fn a_frame_shorter_than_its_per_peer_header() {
    let error = error_in_session(&bmp(0, &[0; 41]));
    check(&error, "bmp.route_monitoring.peer_header", 12, "truncated: needs 42 octets, has 41");
}

#[test]
fn route_monitoring_without_an_update() {
    check(
        &error_in_session(&bmp(0, &peer(0, 0))),
        "bmp.route_monitoring.update.marker",
        54,
        "truncated: needs 16 octets, has 0",
    );
    let open = open(1, &[]);
    check(
        &error_in_session(&route_monitoring(0, &open)),
        "bmp.route_monitoring.update.type",
        72,
        "value is 1, not 2 (UPDATE)",
    );
}

#[test]
fn a_marker_that_is_not_all_ones() {
    let mut pdu = update(&[], &[], &[]);
    pdu[3] = 7;
    check(
        &error_in_session(&route_monitoring(0, &pdu)),
        "bmp.route_monitoring.update.marker",
        54,
        "value is 7, not 16 octets of 255",
    );
}

#[test]
fn bgp_length_below_19_and_past_the_end() {
    for (length, text) in
        [(18u16, "length is 18, not 19 or more"), (200, "truncated: needs 181 octets, has 4")]
    {
        let mut pdu = update(&[], &[], &[]);
        pdu[16..18].copy_from_slice(&length.to_be_bytes());
        let error = error_in_session(&route_monitoring(0, &pdu));
        assert_eq!(error.path().to_string(), "bmp.route_monitoring.update.length");
        assert_eq!(error.reason(), text);
    }
}

#[test]
fn withdrawn_routes_past_the_end() {
    let pdu = bgp(2, &[0, 9, 24, 10]);
    check(
        &error_in_session(&route_monitoring(0, &pdu)),
        "bmp.route_monitoring.update.withdrawn_routes",
        75,
        "truncated: needs 9 octets, has 2",
    );
}

#[test]
fn path_attributes_past_the_end() {
    let pdu = bgp(2, &[0, 0, 0, 50, 0x40]);
    check(
        &error_in_session(&route_monitoring(0, &pdu)),
        "bmp.route_monitoring.update.path_attributes",
        77,
        "truncated: needs 50 octets, has 1",
    );
}

#[test]
fn prefix_length_33() {
    let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &[24, 10, 1, 2, 33, 10, 1, 2, 3, 4]);
    check(
        &error_in_session(&route_monitoring(0, &pdu)),
        "bmp.route_monitoring.update.nlri[1].prefix_length",
        101,
        "prefix length is 33, the limit is 32",
    );
    check(
        &error_in_session(&route_monitoring(0, &update(&[33], &[], &[]))),
        "bmp.route_monitoring.update.withdrawn_routes[0].prefix_length",
        75,
        "prefix length is 33, the limit is 32",
    );
}

#[test]
fn ipv6_prefix_length_129() {
    let value = [0, 2, 1, 0, 0, 129];
    let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, &attribute(0x80, 14, &value)], &[]);
    let error = error_in_session(&route_monitoring(0, &pdu));
    assert_eq!(
        error.path().to_string(),
        "bmp.route_monitoring.update.path_attributes[2].mp_reach_nlri.nlri[0].prefix_length"
    );
    assert_eq!(error.kind(), &ErrorKind::PrefixLength { found: 129, limit: 128 });
}

#[test]
fn a_prefix_cut_off() {
    let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &[24, 10]);
    let error = error_in_session(&route_monitoring(0, &pdu));
    assert_eq!(error.path().to_string(), "bmp.route_monitoring.update.nlri[0].prefix");
}

#[test]
fn mp_reach_with_a_next_hop_past_the_end() {
    let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, &attribute(0x80, 14, &[0, 2, 1, 16, 0])], &[]);
    let error = error_in_session(&route_monitoring(0, &pdu));
    assert_eq!(
        error.path().to_string(),
        "bmp.route_monitoring.update.path_attributes[2].mp_reach_nlri.next_hop"
    );
}

#[test]
fn an_attribute_fault_says_where() {
    let bad = attribute(0x40, 2, &[2, 1, 0, 0, 0xfd, 0xe9, 9, 1, 0, 0, 0, 1]);
    let frame = route_monitoring(0, &update(&[], &[ORIGIN_IGP, &bad, NEXT_HOP], PREFIX));
    let message = decode_all(&frame).remove(0).unwrap();
    let wire::bmp::Body::RouteMonitoring(route) = message.body else { panic!() };
    let error = &route.update.faults[0].error;
    check(error, "update.path_attributes[1].as_path.segment[1].type", 84, "value is 9, not 1, 2, 3 or 4");
}

#[test]
fn an_open_with_a_parameter_past_the_end() {
    let bad = bgp(1, &[4, 0, 1, 0, 90, 1, 1, 1, 1, 3, 2, 9, 0]);
    let message = decode_all(&peer_up(&peer(0, 0), &bad, &open(1, &[]))).remove(0).unwrap();
    let wire::bmp::Body::PeerUp(up) = message.body else { panic!() };
    check(
        &up.faults[0],
        "bmp.peer_up.sent_open.optional_parameters[0].value",
        99,
        "truncated: needs 9 octets, has 1",
    );
}

#[test]
fn a_statistic_past_the_end() {
    let body = [peer(0, 0).as_slice(), &[0, 0, 0, 1, 0, 0, 0, 9, 1]].concat();
    let error = error_in_session(&bmp(1, &body));
    check(&error, "bmp.statistics_report.statistics[0].value", 62, "truncated: needs 9 octets, has 1");
}

#[test]
fn a_statistics_count_of_4_billion_allocates_nothing() {
    let body = [peer(0, 0).as_slice(), &[0xff; 4], &[0, 0, 0, 4, 0, 0, 0, 1]].concat();
    assert!(decode_all(&bmp(1, &body))[0].is_ok());
}

#[test]
fn a_tlv_past_the_end() {
    let error = error_in_session(&bmp(4, &[0, 2, 0, 9, 1]));
    check(&error, "bmp.initiation.tlvs[0].value", 16, "truncated: needs 9 octets, has 1");
}

#[test]
fn what_follows_an_update_and_is_no_tlv() {
    let mut body = [peer(0, 0), update(&[], &[], &[])].concat();
    body.push(1);
    let error = error_in_session(&bmp(0, &body));
    assert_eq!(error.path().to_string(), "bmp.route_monitoring.tlvs[0].type");
}

#[test]
fn offsets_are_of_the_whole_session_in_any_split() {
    let good = route_monitoring(0, &update(&[], &[], &[]));
    let bad = route_monitoring(0, &update(&[33], &[], &[]));
    let bytes = [good.as_slice(), &good, &bad].concat();
    for piece in [1, 3, 50, bytes.len()] {
        let error = decode_split(&bytes, piece).remove(2).unwrap_err();
        assert_eq!(error.offset(), (2 * good.len() + 6 + 42 + 19 + 2) as u64);
    }
}
