//! One test a rule, from bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;

use common::*;
use wire::bgp::{Action, AddressFamily, AttributeValue, Attributes, NextHop, Treatment, UpdateView};
use wire::bmp::{Body, Message, PeerDownReason, RibView, StatisticValue};
use wire::reader::Reader;
use wire::session::{Content, Decoder};

/// Messages of a session that starts with these bytes.
fn session(frames: &[Vec<u8>]) -> Vec<Result<Message, wire::DecodeError>> {
    decode_all(&frames.concat())
}

fn one(frame: Vec<u8>) -> Message {
    decode_all(&frame).remove(0).unwrap()
}

fn update_of(message: &Message) -> &wire::bgp::Update {
    match &message.body {
        Body::RouteMonitoring(route) => &route.update,
        other => panic!("{other:?}"),
    }
}

/// Groups as (action, family, next hop, NLRI with path identifiers).
fn routes(message: &Message) -> Vec<(Action, AddressFamily, String, Vec<String>)> {
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

fn announce(attributes: &[&[u8]]) -> Message {
    one(route_monitoring(0, &update(&[], attributes, PREFIX)))
}

fn canonical(frame: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::default();
    let mut feed = decoder.feed(frame);
    let mut out = Vec::new();
    match feed.next().unwrap().unwrap().content.unwrap() {
        Content::RouteMonitoring(view) => view.update.canonical_attributes(&mut out),
        Content::Other(other) => panic!("{other:?}"),
    }
    out
}

const V4: AddressFamily = AddressFamily::IPV4_UNICAST;
const V6: AddressFamily = AddressFamily::IPV6_UNICAST;

/// MP_REACH_NLRI of 2001:db8::/32 by 2001:db8::1.
fn mp_reach_v6() -> Vec<u8> {
    let next_hop = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    attribute(0x80, 14, &[&[0, 2, 1, 16], next_hop.as_slice(), &[0, 32, 0x20, 1, 0x0d, 0xb8]].concat())
}

/// MP_UNREACH_NLRI of 2001:db8:1::/48
fn mp_unreach_v6() -> Vec<u8> {
    attribute(0x80, 15, &[0, 2, 1, 48, 0x20, 1, 0x0d, 0xb8, 0, 1])
}

// ---- RFC 7854: the common and the per-peer header ----

#[test]
fn the_per_peer_header_says_who_and_which_table() {
    for (peer_type, flags, view, filtered) in [
        (0, 0x00, RibView::AdjRibInPre, false),
        (1, 0x40, RibView::AdjRibInPost, false),
        (2, 0x10, RibView::AdjRibOutPre, false),
        (0, 0x50, RibView::AdjRibOutPost, false),
        (3, 0x00, RibView::LocRib, false),
        (3, 0x80, RibView::LocRib, true),
    ] {
        let body = [peer(peer_type, flags), update(&[], &[], &[])].concat();
        let message = one(bmp(0, &body));
        let peer = message.body.peer().unwrap();
        assert_eq!((peer.view(), peer.filtered()), (view, filtered));
        assert_eq!((peer.asn, peer.bgp_id.to_string().as_str()), (65000, "192.0.2.1"));
        assert_eq!(peer.timestamp.unix_microseconds(), Some(1_700_000_000_250_000));
    }
}

#[test]
fn an_ipv6_peer_has_the_v_flag() {
    let mut header = peer(0, 0x80);
    header[10..26].copy_from_slice(&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    let message = one(bmp(0, &[header, update(&[], &[], &[])].concat()));
    assert_eq!(message.body.peer().unwrap().address.to_string(), "2001:db8::9");
}

#[test]
fn the_f_flag_of_loc_rib_is_not_the_v_flag() {
    let message = one(bmp(0, &[peer_at(3, 0x80, 0, [0; 4]), update(&[], &[], &[])].concat()));
    assert_eq!(message.body.peer().unwrap().address.to_string(), "0.0.0.0");
}

#[test]
fn an_unknown_message_type_is_kept_raw() {
    let message = one(bmp(100, &[1, 2, 3]));
    let Body::Unknown(unknown) = &message.body else { panic!() };
    assert_eq!((unknown.message_type, unknown.data.to_string().as_str()), (100, "010203"));
}

#[test]
fn initiation_names_the_router_and_keeps_every_tlv() {
    let tlvs = [[0, 2, 0, 1, b'a'].as_slice(), &[0, 1, 0, 0], &[0x80, 9, 0, 5, 0, 0, 0, 9, 7]].concat();
    let message = one(bmp(4, &tlvs));
    let Body::Initiation(initiation) = &message.body else { panic!() };
    assert_eq!((initiation.sys_name.as_deref(), initiation.sys_descr.as_deref()), (Some("a"), Some("")));
    assert_eq!(initiation.tlvs.len(), 3);
    assert_eq!(initiation.tlvs[2].enterprise(), Some(9));
}

#[test]
fn termination_has_a_reason() {
    let message = one(bmp(5, &[0, 1, 0, 2, 0, 4, 0, 0, 0, 3, b'b', b'y', b'e']));
    let Body::Termination(termination) = &message.body else { panic!() };
    assert_eq!((termination.reason, termination.text.as_deref()), (Some(4), Some("bye")));
}

// ---- Statistics ----

#[test]
fn statistics_are_read_by_length() {
    let tlvs: Vec<u8> = [
        [0, 0, 0, 4, 0, 0, 0, 7].as_slice(),
        &[0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0],
        &[0, 9, 0, 11, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 3],
        &[0xff, 0xfb, 0, 3, 1, 2, 3],
    ]
    .concat();
    let body = [peer(0, 0).as_slice(), &[0, 0, 0, 4], &tlvs].concat();
    let message = one(bmp(1, &body));
    let Body::StatisticsReport(report) = &message.body else { panic!() };
    let values: Vec<_> = report.statistics.iter().map(|statistic| statistic.value.clone()).collect();
    assert_eq!(
        values,
        [
            StatisticValue::Counter32 { value: 7 },
            StatisticValue::Gauge64 { value: 256 },
            StatisticValue::Family { family: V6, value: 3 },
            StatisticValue::Raw { raw: vec![1, 2, 3].into() },
        ]
    );
}

// ---- Peer Up, Peer Down ----

#[test]
fn peer_up_has_both_opens_and_their_bytes() {
    let sent = open(23456, &[(65, &[0, 1, 0, 1]), (2, &[]), (200, &[1, 2])]);
    let received = open(65000, &[]);
    let message = one(peer_up(&peer(0, 0), &sent, &received));
    let Body::PeerUp(up) = &message.body else { panic!() };
    assert_eq!((up.sent_open.asn(), up.received_open.asn()), (65537, 65000));
    assert_eq!((&up.sent_open_message[..], &up.received_open_message[..]), (&sent[..], &received[..]));
    assert_eq!(
        (up.local_address.to_string().as_str(), up.local_port, up.remote_port),
        ("192.0.2.9", 179, 0x8001)
    );
    assert_eq!(up.sent_open.capabilities().count(), 3);
}

#[test]
fn an_open_may_have_extended_parameters() {
    // RFC 9072
    let body = [4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 9, 255, 255, 0, 9, 2, 0, 6, 65, 4, 0, 1, 0, 0];
    let open = bgp(1, &body);
    let message = one(peer_up(&peer(0, 0), &open, &open));
    let Body::PeerUp(up) = &message.body else { panic!() };
    assert_eq!((up.sent_open.asn(), up.sent_open.extended), (65536, true));
}

#[test]
fn peer_up_of_loc_rib_names_its_table() {
    let tlv = [0, 3, 0, 3, b'r', b'e', b'd'];
    let mut frame = peer_up(&peer_at(3, 0, 9, [0; 4]), &open(65000, &[]), &open(65000, &[]));
    frame.extend(tlv);
    let length = u32::try_from(frame.len()).unwrap();
    frame[1..5].copy_from_slice(&length.to_be_bytes());
    let message = one(frame);
    let Body::PeerUp(up) = &message.body else { panic!() };
    assert_eq!(up.table_name().as_deref(), Some("red"));
}

#[test]
fn peer_down_reasons() {
    let notification = bgp(3, &[6, 2, 3, b'b', b'y', b'e']);
    let down = |data: &[u8]| {
        let Body::PeerDown(down) = one(bmp(2, &[peer(0, 0).as_slice(), data].concat())).body else {
            panic!()
        };
        down
    };
    let remote = down(&[[3].as_slice(), &notification].concat());
    let decoded = remote.reason.notification().unwrap();
    assert_eq!(decoded.shutdown_text().as_deref(), Some("bye"));
    assert_eq!(decoded.subcode_name(), Some("Administrative Shutdown"));
    assert_eq!(down(&[2, 0, 18]).reason, PeerDownReason::LocalFsmEvent { event: Some(18) });
    assert_eq!(down(&[4]).reason, PeerDownReason::RemoteNoNotification);
    assert_eq!(down(&[5]).reason, PeerDownReason::Deconfigured);
    let PeerDownReason::LocalSystemClosed { tlvs } = down(&[6, 0, 3, 0, 1, b'r']).reason else { panic!() };
    assert_eq!(tlvs[0].text(), "r");
    assert_eq!(down(&[99, 1]).reason, PeerDownReason::Unknown { number: 99 });
}

#[test]
fn a_peer_goes_down_even_when_its_notification_does_not_read() {
    let message = one(bmp(2, &[peer(0, 0).as_slice(), &[1, 0xff, 0xff]].concat()));
    let Body::PeerDown(down) = &message.body else { panic!() };
    assert_eq!(down.reason, PeerDownReason::LocalNotification { notification: None });
    assert_eq!(down.data.to_string(), "ffff");
}

// ---- UPDATE: groups, End-of-RIB, next hops ----

#[test]
fn four_route_groups_of_one_update_in_order() {
    let frame = route_monitoring(
        0,
        &update(
            &[16, 172, 16],
            &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &mp_reach_v6(), &mp_unreach_v6()],
            PREFIX,
        ),
    );
    assert_eq!(
        routes(&one(frame)),
        [
            (Action::Withdraw, V4, String::new(), vec!["172.16.0.0/16".into()]),
            (Action::Announce, V6, "2001:db8::1".into(), vec!["2001:db8::/32".into()]),
            (Action::Withdraw, V6, String::new(), vec!["2001:db8:1::/48".into()]),
            (Action::Announce, V4, "192.0.2.1".into(), vec!["10.1.2.0/24".into()]),
        ]
    );
}

#[test]
fn end_of_rib_of_any_family() {
    let classic = one(route_monitoring(0, &update(&[], &[], &[])));
    assert_eq!(update_of(&classic).end_of_rib, Some(V4));
    for family in [V6, AddressFamily::new(25, 70), AddressFamily::new(77, 7)] {
        let mut value = Vec::new();
        family.encode(&mut value);
        let message = one(route_monitoring(0, &update(&[], &[&attribute(0x80, 15, &value)], &[])));
        assert_eq!(update_of(&message).end_of_rib, Some(family));
        assert_eq!(routes(&message), []);
    }
    let not = one(route_monitoring(0, &update(&[], &[&mp_unreach_v6()], &[])));
    assert_eq!(update_of(&not).end_of_rib, None);
}

#[test]
fn a_default_route_is_a_route() {
    let message = one(route_monitoring(0, &update(&[0], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &[0])));
    let nlri: Vec<String> = routes(&message).into_iter().flat_map(|group| group.3).collect();
    assert_eq!(nlri, ["0.0.0.0/0", "0.0.0.0/0"]);
}

#[test]
fn bits_after_the_prefix_length_do_not_count() {
    // RFC 4271, section 4.3: "the value of trailing bits is irrelevant"
    let nlri = [13, 0x0b, 0x0d];
    let frame = route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri));
    assert_eq!(routes(&one(frame))[0].3, ["11.8.0.0/13"]);
    let mut key = Vec::new();
    wire::bgp::nlri::iter(V4, false, &nlri).next().unwrap().unwrap().key(&mut key);
    assert_eq!(key, [13, 0x0b, 0x08]);
}

#[test]
fn ipv6_next_hops_of_16_and_32_octets() {
    let global = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    let value = [&[0, 2, 1, 32], global.as_slice(), &link_local, &[0, 16, 0x20, 1]].concat();
    let message = announce_mp(&value);
    let next_hop = update_of(&message).groups().next().unwrap().next_hop;
    assert_eq!(next_hop.address().unwrap().to_string(), "2001:db8::1");
    assert_eq!(next_hop.link_local().unwrap().to_string(), "fe80::2");
}

fn announce_mp(value: &[u8]) -> Message {
    one(route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, &attribute(0x80, 14, value)], &[])))
}

#[test]
fn ipv4_routes_by_an_ipv6_next_hop() {
    // RFC 8950
    let next_hop = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let message = announce_mp(&[&[0, 1, 1, 16], next_hop.as_slice(), &[0], PREFIX].concat());
    assert_eq!(routes(&message), [(Action::Announce, V4, "2001:db8::1".into(), vec!["10.1.2.0/24".into()])]);
}

#[test]
fn a_family_without_a_reading_is_kept_raw() {
    let message = announce_mp(&[0, 77, 7, 4, 192, 0, 2, 1, 0, 0xde, 0xad]);
    let groups = routes(&message);
    assert_eq!(
        groups,
        [(Action::Announce, AddressFamily::new(77, 7), "192.0.2.1".into(), vec!["dead".into()])]
    );
}

#[test]
fn an_attribute_without_a_reading_keeps_bytes_and_flags() {
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(0xe0, 99, &[1, 2])]);
    let attribute = update_of(&message).attributes.0.last().unwrap();
    let AttributeValue::Unknown(unknown) = &attribute.value else { panic!() };
    assert_eq!((attribute.flags, unknown.code, &unknown.value[..]), (0xe0, 99, [1, 2].as_slice()));
}

#[test]
fn an_update_may_have_12_kilobytes() {
    // RFC 8654
    let nlri: Vec<u8> = (0..3000u16).flat_map(|i| [24, 10, (i >> 8) as u8, i as u8]).collect();
    let message = one(route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri)));
    assert_eq!(routes(&message)[0].3.len(), 3000);
}

// ---- ADD-PATH (RFC 7911) ----

/// The ADD-PATH capability's value for IPv4 unicast.
fn add_path(mode: u8) -> [u8; 4] {
    [0, 1, 1, mode]
}

/// A session in which the router sent `local` and the peer `remote`, then an announcement with or without a path identifier.
fn with_add_path(local: u8, remote: u8, flags: u8, nlri: &[u8]) -> Result<Message, wire::DecodeError> {
    let up = peer_up(
        &peer(0, 0),
        &open(65000, &[(69, &add_path(local))]),
        &open(65000, &[(69, &add_path(remote))]),
    );
    let routes = route_monitoring(flags, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], nlri));
    session(&[up, routes]).remove(1)
}

const WITH_ID: &[u8] = &[0, 0, 0, 7, 24, 10, 1, 2];
const RECEIVE: u8 = 1;
const SEND: u8 = 2;
const BOTH: u8 = 3;
const ADJ_RIB_OUT: u8 = 0x10;

#[test]
fn add_path_follows_the_direction() {
    let with_id = |local, remote, flags| {
        let message = with_add_path(local, remote, flags, WITH_ID).unwrap();
        assert_eq!(routes(&message)[0].3, ["10.1.2.0/24#7"], "{local} {remote} {flags}");
    };
    let without = |local, remote, flags| {
        let message = with_add_path(local, remote, flags, PREFIX).unwrap();
        assert_eq!(routes(&message)[0].3, ["10.1.2.0/24"], "{local} {remote} {flags}");
    };
    with_id(BOTH, BOTH, 0);
    with_id(RECEIVE, SEND, 0);
    without(SEND, RECEIVE, 0);
    without(RECEIVE, RECEIVE, 0);
    with_id(SEND, RECEIVE, ADJ_RIB_OUT);
    without(RECEIVE, SEND, ADJ_RIB_OUT);
    with_id(BOTH, BOTH, ADJ_RIB_OUT);
}

#[test]
fn path_identifiers_have_32_bits_and_may_be_zero() {
    for id in [0u32, 1 << 24, 0x1800_0001, u32::MAX] {
        let nlri = [id.to_be_bytes().as_slice(), PREFIX].concat();
        let message = with_add_path(BOTH, BOTH, 0, &nlri).unwrap();
        assert_eq!(update_of(&message).nlri[0].path_id, Some(id));
    }
}

#[test]
fn what_does_not_read_as_declared_is_suspect_and_never_a_route() {
    let error = with_add_path(BOTH, BOTH, 0, PREFIX).unwrap_err();
    assert!(error.suspect(), "{error}");
    assert_eq!(error.path().to_string(), "bmp.route_monitoring.update.nlri[0].prefix_length");
}

#[test]
fn add_path_is_of_one_peer_by_type_distinguisher_and_address() {
    let declared = open(65000, &[(69, &add_path(BOTH))]);
    let up = |distinguisher, open: &[u8]| peer_up(&peer_at(1, 0, distinguisher, [192, 0, 2, 1]), open, open);
    let route = |distinguisher, nlri: &[u8]| {
        let body = [
            peer_at(1, 0, distinguisher, [192, 0, 2, 1]),
            update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], nlri),
        ];
        bmp(0, &body.concat())
    };
    let messages =
        session(&[up(1, &declared), up(2, &open(65000, &[])), route(1, WITH_ID), route(2, PREFIX)]);
    assert_eq!(routes(messages[2].as_ref().unwrap())[0].3, ["10.1.2.0/24#7"]);
    assert_eq!(routes(messages[3].as_ref().unwrap())[0].3, ["10.1.2.0/24"]);
}

#[test]
fn several_peer_ups_of_one_peer_are_combined_until_it_goes_down() {
    let v4 = open(65000, &[(69, &add_path(BOTH))]);
    let v6 = open(65000, &[(69, &[0, 2, 1, BOTH])]);
    let up = |open: &[u8]| peer_up(&peer(0, 0), open, open);
    let route = || route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], WITH_ID));
    let plain = || route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX));
    let down = bmp(2, &[peer(0, 0).as_slice(), &[4]].concat());
    // What comes after Peer Down is still of the old session; a Peer Up after it starts anew.
    let messages = session(&[up(&v4), up(&v6), route(), down, route(), up(&v6), plain()]);
    for (index, expected) in [(2, "10.1.2.0/24#7"), (4, "10.1.2.0/24#7"), (6, "10.1.2.0/24")] {
        assert_eq!(routes(messages[index].as_ref().unwrap())[0].3, [expected], "{index}");
    }
}

#[test]
fn routes_before_any_peer_up_are_read() {
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP]);
    assert_eq!(routes(&message)[0].3, ["10.1.2.0/24"]);
}

// ---- AS numbers (RFC 6793) ----

#[test]
fn the_a_flag_rules_the_width() {
    let two = attribute(0x40, 2, &[2, 2, 0xfd, 0xe9, 0xfd, 0xea]);
    let message = one(route_monitoring(0x20, &update(&[], &[ORIGIN_IGP, &two, NEXT_HOP], PREFIX)));
    let update = update_of(&message);
    assert_eq!(update.attributes.as_path().unwrap().to_string(), "65001 65002");
    assert!(update.two_octet_as && !update.as_width_mismatch);
}

#[test]
fn a_path_that_only_reads_in_the_other_width_is_believed_and_counted() {
    let two = attribute(0x40, 2, &[2, 2, 0xfd, 0xe9, 0xfd, 0xea]);
    let frame = route_monitoring(0, &update(&[], &[ORIGIN_IGP, &two, NEXT_HOP], PREFIX));
    let mut decoder = Decoder::default();
    let message = decoder.feed(&frame).next().unwrap().unwrap().into_message().unwrap();
    assert_eq!(update_of(&message).attributes.as_path().unwrap().to_string(), "65001 65002");
    assert!(update_of(&message).as_width_mismatch);
    assert_eq!(decoder.counters().as_width_mismatch, 1);
}

/// Canonical AS_PATH of a two-octet path with an AS4_PATH.
fn merged(as_path: &[u8], as4_path: &[u8]) -> String {
    let attributes = [ORIGIN_IGP, &attribute(0x40, 2, as_path), NEXT_HOP, &attribute(0xc0, 17, as4_path)];
    let canonical = canonical(&route_monitoring(0x20, &update(&[], &attributes, PREFIX)));
    let attributes = Attributes::decode_canonical(&canonical).unwrap();
    assert!(attributes.as4_path().is_none());
    attributes.as_path().unwrap().to_string()
}

#[test]
fn as4_path_is_merged() {
    // RFC 6793, section 4.2.3: 65001 23456 23456 with 70000 80000
    let path = [2, 3, 0xfd, 0xe9, 0x5b, 0xa0, 0x5b, 0xa0];
    let as4 = [2, 2, 0, 1, 0x11, 0x70, 0, 1, 0x38, 0x80];
    assert_eq!(merged(&path, &as4), "65001 70000 80000");
    // Longer than AS_PATH: ignored.
    assert_eq!(merged(&[2, 1, 0x5b, 0xa0], &as4), "23456");
    // Across segments: a set counts as one.
    let path = [2, 1, 0xfd, 0xe9, 1, 2, 0x5b, 0xa0, 0, 5];
    assert_eq!(merged(&path, &[1, 2, 0, 1, 0x11, 0x70, 0, 0, 0, 5]), "65001 {70000,5}");
    // Leading confederation segments stay; those in AS4_PATH are discarded (section 6).
    let path = [3, 1, 0, 9, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0];
    let as4 = [3, 1, 0, 0, 0, 9, 2, 1, 0, 1, 0x11, 0x70];
    assert_eq!(merged(&path, &as4), "(9) 65001 70000");
}

#[test]
fn as4_aggregator_is_merged_and_another_aggregator_rules_as4_out() {
    let path = attribute(0x40, 2, &[2, 1, 0x5b, 0xa0]);
    let as4_path = attribute(0xc0, 17, &[2, 1, 0, 1, 0x11, 0x70]);
    let as4_aggregator = attribute(0xc0, 18, &[0, 1, 0x11, 0x70, 192, 0, 2, 7]);
    let read = |aggregator_as: [u8; 2]| {
        let aggregator = attribute(0xc0, 7, &[&aggregator_as[..], &[192, 0, 2, 6]].concat());
        let attributes = [ORIGIN_IGP, &path, NEXT_HOP, &aggregator, &as4_path, &as4_aggregator];
        let canonical = canonical(&route_monitoring(0x20, &update(&[], &attributes, PREFIX)));
        let attributes = Attributes::decode_canonical(&canonical).unwrap();
        let aggregator = attributes.aggregator().unwrap();
        (attributes.as_path().unwrap().to_string(), aggregator.asn, aggregator.address.to_string())
    };
    assert_eq!(read([0x5b, 0xa0]), ("70000".into(), 70000, "192.0.2.7".into()));
    assert_eq!(read([0, 5]), ("23456".into(), 5, "192.0.2.6".into()));
}

#[test]
fn between_four_octet_speakers_as4_path_is_ignored() {
    let as4 = attribute(0xc0, 17, &[2, 1, 0, 1, 0x11, 0x70]);
    let canonical =
        canonical(&route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &as4], PREFIX)));
    assert_eq!(Attributes::decode_canonical(&canonical).unwrap().as_path().unwrap().to_string(), "65001");
}

#[test]
fn sets_and_confederations_are_kept() {
    let path = attribute(
        0x40,
        2,
        &[3, 1, 0, 0, 0, 9, 2, 1, 0, 0, 0, 1, 1, 2, 0, 0, 0, 2, 0, 0, 0, 3, 4, 1, 0, 0, 0, 8],
    );
    let message = announce(&[ORIGIN_IGP, &path, NEXT_HOP]);
    let path = update_of(&message).attributes.as_path().unwrap();
    assert_eq!(path.to_string(), "(9) 1 {2,3} [8]");
    assert_eq!((path.hop_count(), path.origin_as()), (2, None));
}

// ---- RFC 7606 ----

#[test]
fn each_attributes_fault_has_its_treatment() {
    use Treatment::{AttributeDiscard, TreatAsWithdraw};
    let cases: &[(u8, u8, &[u8], Treatment)] = &[
        (0x40, 1, &[3], TreatAsWithdraw),
        (0x40, 1, &[], TreatAsWithdraw),
        (0x40, 1, &[0, 0], TreatAsWithdraw),
        (0x40, 2, &[9, 1, 0, 0, 0, 1], TreatAsWithdraw),
        (0x40, 2, &[2, 0], TreatAsWithdraw),
        (0x40, 2, &[2, 3, 0, 0, 0, 1], TreatAsWithdraw),
        (0x40, 3, &[1, 2, 3], TreatAsWithdraw),
        (0x80, 4, &[0, 0, 0], TreatAsWithdraw),
        (0x40, 5, &[0, 0, 0, 0, 1], TreatAsWithdraw),
        (0x40, 6, &[1], AttributeDiscard),
        (0xc0, 7, &[1, 2, 3, 4, 5, 6, 7], AttributeDiscard),
        (0xc0, 8, &[], TreatAsWithdraw),
        (0xc0, 8, &[1, 2, 3, 4, 5], TreatAsWithdraw),
        (0x80, 9, &[1, 2, 3], TreatAsWithdraw),
        (0x80, 10, &[1, 2, 3], TreatAsWithdraw),
        (0xc0, 16, &[1, 2, 3, 4, 5, 6, 7], TreatAsWithdraw),
        (0xc0, 17, &[2, 0], AttributeDiscard),
        (0xc0, 18, &[1], AttributeDiscard),
        (0xc0, 32, &[1; 11], TreatAsWithdraw),
        (0xc0, 35, &[1; 3], TreatAsWithdraw),
        // Flags that conflict with the type (section 3.c)
        (0xc0, 1, &[0], TreatAsWithdraw),
        (0x40, 4, &[0; 4], TreatAsWithdraw),
        (0x80, 8, &[0; 4], TreatAsWithdraw),
    ];
    for (flags, code, value, treatment) in cases {
        let bad = attribute(*flags, *code, value);
        let good = [(1, ORIGIN_IGP), (2, AS_PATH_65001), (3, NEXT_HOP)];
        let mut attributes: Vec<&[u8]> =
            good.iter().filter(|(other, _)| other != code).map(|(_, bytes)| *bytes).collect();
        attributes.push(&bad);
        let message = announce(&attributes);
        let faults = &update_of(&message).faults;
        // A mandatory attribute that is malformed is there, it is not missing.
        assert_eq!(faults.len(), 1, "{code}: {faults:?}");
        let fault = &faults[0];
        assert_eq!((fault.treatment, fault.attribute, &fault.raw[..]), (*treatment, Some(*code), *value));
        let action = if *treatment == TreatAsWithdraw { Action::Withdraw } else { Action::Announce };
        assert_eq!(routes(&message)[0].0, action, "{code}");
    }
}

#[test]
fn a_discarded_attribute_is_not_in_the_canonical_set() {
    let attributes = [ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(0x40, 6, &[1])];
    let canonical = canonical(&route_monitoring(0, &update(&[], &attributes, PREFIX)));
    assert_eq!(canonical, [ORIGIN_IGP, AS_PATH_65001].concat());
}

#[test]
fn a_missing_mandatory_attribute_withdraws() {
    for (missing, attributes) in
        [(1, [AS_PATH_65001, NEXT_HOP]), (2, [ORIGIN_IGP, NEXT_HOP]), (3, [ORIGIN_IGP, AS_PATH_65001])]
    {
        let message = announce(&attributes);
        let faults = &update_of(&message).faults;
        assert_eq!((faults.len(), faults[0].attribute), (1, Some(missing)));
        assert_eq!(routes(&message)[0].0, Action::Withdraw);
    }
    // NEXT_HOP belongs to the NLRI field only.
    let message = one(route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, &mp_reach_v6()], &[])));
    assert_eq!(update_of(&message).faults, []);
}

#[test]
fn the_first_of_two_equal_attributes_counts() {
    let second = attribute(0x40, 1, &[2]);
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &second]);
    let update = update_of(&message);
    assert_eq!(
        (update.faults[0].treatment, update.faults[0].attribute),
        (Treatment::AttributeDiscard, Some(1))
    );
    assert_eq!(routes(&message)[0].0, Action::Announce);
    let error = decode_all(&route_monitoring(
        0,
        &common::update(&[], &[ORIGIN_IGP, AS_PATH_65001, &mp_reach_v6(), &mp_reach_v6()], &[]),
    ))
    .remove(0)
    .unwrap_err();
    assert_eq!(error.path().to_string(), "bmp.route_monitoring.update.path_attributes[3].mp_reach_nlri");
}

#[test]
fn an_attribute_longer_than_the_list_withdraws_what_can_be_read() {
    // RFC 7606, section 4
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &[0xc0, 8, 200, 1]]);
    let update = update_of(&message);
    assert_eq!((update.faults[0].treatment, update.faults[0].attribute), (Treatment::TreatAsWithdraw, None));
    assert_eq!(routes(&message), [(Action::Withdraw, V4, String::new(), vec!["10.1.2.0/24".into()])]);
}

// ---- canonical attributes ----

#[test]
fn canonical_attributes_are_sorted_short_and_without_routes() {
    let long_med = [0x90, 4, 0, 4, 0, 0, 0, 9];
    let unsorted = [&long_med[..], &mp_reach_v6(), AS_PATH_65001, NEXT_HOP, &[0x4f, 1, 1, 0]];
    let a = canonical(&route_monitoring(0, &update(&[], &unsorted, PREFIX)));
    let b = canonical(&route_monitoring(
        0,
        &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &[0x80, 4, 4, 0, 0, 0, 9]], PREFIX),
    ));
    assert_eq!(a, [ORIGIN_IGP, AS_PATH_65001, &[0x80, 4, 4, 0, 0, 0, 9]].concat());
    assert_eq!(a, b);
}

#[test]
fn canonical_attributes_have_four_octets_an_as_whatever_the_session() {
    let two = attribute(0x40, 2, &[2, 1, 0xfd, 0xe9]);
    let a = canonical(&route_monitoring(0x20, &update(&[], &[ORIGIN_IGP, &two, NEXT_HOP], PREFIX)));
    let b = canonical(&route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX)));
    assert_eq!(a, b);
}

#[test]
fn canonical_attributes_read_back() {
    let unknown = attribute(0xc0, 99, &[1, 2, 3]);
    let bytes = canonical(&route_monitoring(
        0,
        &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &unknown], PREFIX),
    ));
    let attributes = Attributes::decode_canonical(&bytes).unwrap();
    let mut again = Vec::new();
    attributes.encode_canonical(&mut again);
    assert_eq!(again, bytes);
    assert_eq!(attributes.0.len(), 3);
}

// ---- Route Mirroring, version 4, trailing TLVs ----

#[test]
fn route_mirroring_keeps_every_tlv() {
    let good = update(&[], &[], &[]);
    let tlv = |kind: u8, value: &[u8]| {
        [&[0, kind], u16::try_from(value.len()).unwrap().to_be_bytes().as_slice(), value].concat()
    };
    let body = [peer(0, 0), tlv(0, &good), tlv(0, &[1, 2, 3]), tlv(1, &[0, 1]), tlv(9, &[7])].concat();
    let message = one(bmp(6, &body));
    let Body::RouteMirroring(mirroring) = &message.body else { panic!() };
    use wire::bmp::Mirrored;
    assert!(matches!(&mirroring.mirrored[0], Mirrored::BgpMessage { decoded: Some(_), error: None, .. }));
    assert!(
        matches!(&mirroring.mirrored[1], Mirrored::BgpMessage { decoded: None, error: Some(_), message } if message.len() == 3)
    );
    assert!(matches!(&mirroring.mirrored[2], Mirrored::Information { code: 1 }));
    assert!(matches!(&mirroring.mirrored[3], Mirrored::Unknown { tlv_type: 9, .. }));
}

#[test]
fn tlvs_after_the_update_are_kept() {
    let mut body = [peer(0, 0), update(&[], &[], &[])].concat();
    body.extend([0, 5, 0, 1, 7]);
    let Body::RouteMonitoring(route) = one(bmp(0, &body)).body else { panic!() };
    assert_eq!(route.tlvs.len(), 1);
}

#[test]
fn version_4_has_the_update_in_a_tlv_of_either_revision() {
    for update_type in [4u8, 7] {
        let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX);
        let length = u16::try_from(pdu.len()).unwrap().to_be_bytes();
        let body = [
            peer(0, 0).as_slice(),
            &[0, 5, 0, 6, 0, 1, 0, 0, 0, 0x8a, 0, 4],
            &[0, update_type],
            &length,
            &[0, 0],
            &pdu,
        ]
        .concat();
        let mut frame = Vec::new();
        wire::bmp::encode(4, 0, &mut frame, |out| out.extend_from_slice(&body));
        let message = one(frame.clone());
        assert_eq!(routes(&message)[0].3, ["10.1.2.0/24"]);
        let Body::RouteMonitoring(route) = &message.body else { panic!() };
        let markings: Vec<_> = route.path_markings().collect();
        if update_type == 4 {
            assert_eq!(markings[0].statuses().collect::<Vec<_>>(), ["best", "primary", "add_path"]);
            assert_eq!(markings[0].reason_name(), Some("as_path_length"));
        } else {
            // In revision 20 type 5 is the VRF name.
            assert_eq!(markings, []);
        }
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, frame);
    }
}

#[test]
fn next_hops_by_length() {
    for (length, text) in
        [(0, ""), (4, "1.1.1.1"), (5, "0101010101"), (12, "1.1.1.1"), (16, "101:101:101:101:101:101:101:101")]
    {
        assert_eq!(NextHop::decode(&vec![1; length]).to_string(), text);
    }
}

#[test]
fn a_view_and_its_owned_update_have_the_same_groups() {
    let pdu = update(
        &[16, 172, 16],
        &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &mp_reach_v6(), &mp_unreach_v6()],
        PREFIX,
    );
    let view = UpdateView::decode_message(&mut Reader::new(&pdu, 0), wire::bgp::Context::default()).unwrap();
    let owned = view.to_owned();
    let of_view: Vec<_> =
        view.groups().iter().map(|group| (group.action, group.family, group.count as usize)).collect();
    let of_owned: Vec<_> =
        owned.groups().map(|group| (group.action, group.family, group.nlri.len())).collect();
    assert_eq!(of_view, of_owned);
}

#[test]
fn flat_buffers_hold_what_the_owned_update_holds() {
    let communities = attribute(0xc0, 8, &[0xfd, 0xe8, 0, 1, 0xfd, 0xe8, 0, 2]);
    let large = attribute(0xc0, 32, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]);
    let other = attribute(0xc0, 99, &[7, 8]);
    let attributes = [
        ORIGIN_IGP,
        AS_PATH_65001,
        NEXT_HOP,
        &[0x80, 4, 4, 0, 0, 0, 9],
        &communities,
        &mp_reach_v6(),
        &large,
        &other,
    ];
    let pdu = update(&[13, 0x0b, 0x0d], &attributes, PREFIX);
    let view = UpdateView::decode_message(&mut Reader::new(&pdu, 0), wire::bgp::Context::default()).unwrap();
    let mut flat = wire::bgp::flat::Flat::default();
    flat.read(&view);
    let first = flat.clone();
    flat.read(&view);
    assert_eq!(flat, first, "nothing is left of the message before");
    assert_eq!((flat.origin, flat.multi_exit_disc, flat.local_pref), (Some(0), Some(9), None));
    assert_eq!((&flat.as_path[..], flat.segments.len()), (&[65001][..], 1));
    assert_eq!(flat.communities, [0xfde8_0001, 0xfde8_0002]);
    assert_eq!(flat.large_communities, [[1, 2, 3]]);
    assert_eq!((&flat.others[..], &flat.octets[..]), (&[(99, 0xc0, 2)][..], &[7, 8][..]));
    let prefixes: Vec<String> = view
        .groups()
        .iter()
        .flat_map(wire::bgp::RouteGroup::iter)
        .map(|nlri| nlri.unwrap().prefix().unwrap().to_string())
        .collect();
    let flat_prefixes: Vec<String> = flat
        .prefixes
        .iter()
        .enumerate()
        .map(|(index, prefix)| {
            let group = flat.groups.iter().find(|group| (index as u32) < group.end).unwrap();
            let address: std::net::IpAddr = match group.family {
                V4 => std::net::Ipv4Addr::from(prefix.address as u32).into(),
                _ => std::net::Ipv6Addr::from(prefix.address).into(),
            };
            format!("{address}/{}", prefix.length)
        })
        .collect();
    assert_eq!(flat_prefixes, prefixes);
    assert_eq!(
        flat.groups
            .iter()
            .map(|group| group.next_hop.map(|next_hop| next_hop.to_string()))
            .collect::<Vec<_>>(),
        [None, Some("2001:db8::1".into()), Some("192.0.2.1".into())]
    );
}

#[test]
fn canonical_attributes_are_the_same_in_any_encoding() {
    // Every mixture of forms that are canonical on the wire already and of forms that are not.
    let forms: [[&[u8]; 2]; 3] = [
        [ORIGIN_IGP, &[0x50, 1, 0, 1, 0]],
        [AS_PATH_65001, &[0x50, 2, 0, 6, 2, 1, 0, 0, 0xfd, 0xe9]],
        [&[0x80, 4, 4, 0, 0, 0, 9], &[0x8f, 4, 4, 0, 0, 0, 9]],
    ];
    let expected = [forms[0][0], forms[1][0], forms[2][0]].concat();
    for mixture in 0..8usize {
        let chosen: Vec<&[u8]> = (0..3).map(|index| forms[index][mixture >> index & 1]).collect();
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut attributes: Vec<&[u8]> = order.iter().map(|index| chosen[*index]).collect();
            attributes.insert(1, NEXT_HOP);
            let canonical = canonical(&route_monitoring(0, &update(&[], &attributes, PREFIX)));
            assert_eq!(canonical, expected, "{mixture} {order:?}");
        }
    }
}
