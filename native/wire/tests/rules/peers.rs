//! Peer Up and Peer Down (RFC 7854, RFC 9069).

use crate::common::*;
use crate::*;
use wire::bmp::PeerDownReason;

#[test]
fn peer_up_has_both_opens_and_their_bytes() {
    let sent = open(23456, &[(65, &[0, 1, 0, 1]), (2, &[]), (200, &[1, 2])]);
    let received = open(65000, &[]);
    let message = one(peer_up(&peer(0, 0), &sent, &received));
    let Body::PeerUp(up) = &message.body else { panic!() };
    let (sent_open, received_open) = (up.sent_open.as_ref().unwrap(), up.received_open.as_ref().unwrap());
    assert_eq!((sent_open.asn(), received_open.asn()), (65537, 65000));
    assert_eq!((&up.sent_open_message[..], &up.received_open_message[..]), (&sent[..], &received[..]));
    assert_eq!(
        (up.local_address.to_string().as_str(), up.local_port, up.remote_port),
        ("192.0.2.9", 179, 0x8001)
    );
    assert_eq!(sent_open.capabilities().count(), 3);
}

#[test]
fn an_open_may_have_extended_parameters() {
    // RFC 9072
    let body = [4, 0xfd, 0xe8, 0, 90, 192, 0, 2, 9, 255, 255, 0, 9, 2, 0, 6, 65, 4, 0, 1, 0, 0];
    let open = bgp(1, &body);
    let message = one(peer_up(&peer(0, 0), &open, &open));
    let Body::PeerUp(up) = &message.body else { panic!() };
    let open = up.sent_open.as_ref().unwrap();
    assert_eq!((open.asn(), open.extended), (65536, true));
}

#[test]
fn a_peer_is_up_whatever_its_opens_say() {
    // FRR's, where it has none; and one whose parameter is longer than its field
    let malformed = bgp(1, &[4, 0, 1, 0, 90, 1, 1, 1, 1, 3, 2, 9, 0]);
    let frame = peer_up(&peer(0, 0), &bgp(1, &[]), &malformed);
    let message = one(frame.clone());
    let Body::PeerUp(up) = &message.body else { panic!() };
    assert_eq!((&up.sent_open, &up.received_open), (&None, &None));
    let faults: Vec<_> = up.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        ["bmp.peer_up.received_open.optional_parameters[0].value at offset 118: truncated: needs 9 octets, has 1"]
    );
    let mut encoded = Vec::new();
    message.encode(&mut encoded);
    assert_eq!(encoded, frame);
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

#[test]
fn tlvs_of_peer_up_have_a_namespace_of_their_own() {
    // RFC 9736: 1 and 2 are sysDescr and sysName in Initiation and nothing here; 3 is the table's name, 4 an administrative label.
    let tlvs = [
        [0, 0, 0, 1, b'a'].as_slice(),
        &[0, 2, 0, 1, b'b'],
        &[0, 3, 0, 1, b'c'],
        &[0, 4, 0, 1, b'd'],
        &[0, 99, 0, 1, b'e'],
    ];
    let mut frame = peer_up(&peer(0, 0), &open(65000, &[]), &open(65000, &[]));
    frame.extend(tlvs.concat());
    let length = u32::try_from(frame.len()).unwrap();
    frame[1..5].copy_from_slice(&length.to_be_bytes());
    let message = one(frame.clone());
    let json = serde_json::to_value(&message).unwrap();
    let read: Vec<_> =
        json["tlvs"].as_array().unwrap().iter().map(|tlv| (&tlv["name"], &tlv["text"])).collect();
    assert_eq!(
        serde_json::to_value(read).unwrap(),
        serde_json::json!([
            ["string", "a"],
            [null, null],
            ["table_name", "c"],
            ["admin_label", "d"],
            [null, null]
        ])
    );
    let mut encoded = Vec::new();
    message.encode(&mut encoded);
    assert_eq!(encoded, frame);
}

/// A NOTIFICATION that a peer closed with.
fn closed_with(body: &[u8]) -> wire::bgp::Notification {
    let message = one(bmp(2, &[peer(0, 0).as_slice(), &[3], &bgp(3, body)].concat()));
    let Body::PeerDown(down) = message.body else { panic!() };
    down.reason.notification().unwrap().clone()
}

#[test]
fn notifications_have_the_names_of_the_registry() {
    for (code, subcode, text) in [
        (1, 1, "Message Header Error, Connection Not Synchronized"),
        (2, 2, "OPEN Message Error, Bad Peer AS"),
        // RFC 9234
        (2, 11, "OPEN Message Error, Role Mismatch"),
        (3, 11, "UPDATE Message Error, Malformed AS_PATH"),
        (4, 0, "Hold Timer Expired"),
        // RFC 6608
        (5, 3, "Finite State Machine Error, Receive Unexpected Message in Established State"),
        // RFC 4486
        (6, 1, "Cease, Maximum Number of Prefixes Reached"),
        (6, 2, "Cease, Administrative Shutdown"),
        (6, 3, "Cease, Peer De-configured"),
        (6, 4, "Cease, Administrative Reset"),
        (6, 5, "Cease, Connection Rejected"),
        (6, 6, "Cease, Other Configuration Change"),
        (6, 7, "Cease, Connection Collision Resolution"),
        (6, 8, "Cease, Out of Resources"),
        // RFC 8538, RFC 9384
        (6, 9, "Cease, Hard Reset"),
        (6, 10, "Cease, BFD Down"),
        // RFC 7313, RFC 9687
        (7, 1, "ROUTE-REFRESH Message Error, Invalid Message Length"),
        (8, 0, "Send Hold Timer Expired"),
        (99, 7, "99, 7"),
        (6, 99, "Cease, 99"),
    ] {
        assert_eq!(closed_with(&[code, subcode]).to_string(), text);
    }
}

#[test]
fn the_shutdown_text_is_the_operators() {
    // RFC 9003, section 2: with Administrative Shutdown and Reset only.
    for subcode in [2, 4] {
        let notification = closed_with(&[6, subcode, 3, b'b', b'y', b'e']);
        assert_eq!(notification.shutdown_text().as_deref(), Some("bye"));
        assert!(notification.to_string().ends_with(": bye"));
    }
    assert_eq!(closed_with(&[6, 3, 3, b'b', b'y', b'e']).shutdown_text(), None);
    assert_eq!(closed_with(&[6, 2, 0]).shutdown_text().as_deref(), Some(""));
    assert_eq!(closed_with(&[6, 2]).shutdown_text(), None);
    // A length past the end, and octets that are not UTF-8.
    assert_eq!(closed_with(&[6, 2, 9, b'b']).shutdown_text(), None);
    assert_eq!(closed_with(&[6, 2, 1, 0xff]).shutdown_text().as_deref(), Some("\u{fffd}"));
}

#[test]
fn a_hard_reset_holds_another_notification() {
    // RFC 8538, section 3.1
    let notification = closed_with(&[6, 9, 6, 2, 3, b'b', b'y', b'e']);
    let inner = notification.hard_reset().unwrap();
    assert_eq!((inner.code, inner.subcode), (6, 2));
    assert_eq!(notification.shutdown_text().as_deref(), Some("bye"));
    assert_eq!(closed_with(&[6, 9, 6]).hard_reset(), None);
    assert_eq!(closed_with(&[6, 9, 6, 9, 6, 9, 6, 2, 1, b'a']).shutdown_text(), None);
}

#[test]
fn maximum_prefixes_says_of_which_family_and_how_many() {
    // RFC 4486, section 4
    assert_eq!(closed_with(&[6, 1, 0, 2, 1, 0, 0, 0x27, 0x10]).prefix_limit(), Some((V6, 10_000)));
    assert_eq!(closed_with(&[6, 1]).prefix_limit(), None);
}

#[test]
fn events_of_the_state_machine_have_names() {
    // RFC 4271, section 8.1: 28 of them; 0 is none that fits (RFC 7854, section 4.9).
    use wire::registry::bgp::fsm_event;
    let named: Vec<u16> = (0..=30).filter(|event| fsm_event::name(*event).is_some()).collect();
    assert_eq!(named, (1..=28).collect::<Vec<u16>>());
    let message = one(bmp(2, &[peer(0, 0).as_slice(), &[2, 0, 10]].concat()));
    let json = serde_json::to_value(&message).unwrap();
    assert_eq!(
        json["reason"],
        serde_json::json!({"code": "local_fsm_event", "event": 10, "event_name": "HoldTimer_Expires"})
    );
}

#[test]
fn the_local_address_of_peer_up_is_of_the_peers_family() {
    let mut header = peer(0, 0x80);
    header[10..26].copy_from_slice(&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    let local = [&[0x20, 1, 0x0d, 0xb8], [0; 11].as_slice(), &[1], &[0, 179, 0x80, 1]].concat();
    let body = [header, local, open(65000, &[]), open(65001, &[])].concat();
    let Body::PeerUp(up) = one(bmp(3, &body)).body else { panic!() };
    assert_eq!(
        (up.peer.address.to_string().as_str(), up.local_address.to_string().as_str()),
        ("2001:db8::9", "2001:db8::1")
    );
}

#[test]
fn every_bmp_peer_type_and_flag_is_kept() {
    // An experimental peer type, and flags that have no meaning yet.
    for (peer_type, flags) in [(0, 0x0f), (3, 0x7f), (251, 0xff)] {
        let frame = bmp(2, &[peer(peer_type, flags).as_slice(), &[4]].concat());
        let message = one(frame.clone());
        let peer = message.body.peer().unwrap();
        assert_eq!((peer.peer_type.0, peer.flags), (peer_type, flags));
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, frame);
    }
}

/// A Peer Up of 192.0.2.1 with the same capabilities in both OPENs, and what follows them.
fn peer_up_with(capabilities: &[(u8, &[u8])], after: &[u8]) -> Vec<u8> {
    let (sent, received) = (open(65000, capabilities), open(65001, capabilities));
    let mut frame = peer_up(&peer(0, 0), &sent, &received);
    frame.extend(after);
    let length = u32::try_from(frame.len()).unwrap();
    frame[1..5].copy_from_slice(&length.to_be_bytes());
    frame
}

/// Multiprotocol and ADD-PATH capabilities: IPv4 and IPv6 unicast, both directions.
const IPV4: (u8, &[u8]) = (1, &[0, 1, 0, 1]);
const IPV6: (u8, &[u8]) = (1, &[0, 2, 0, 1]);
const IPV4_PATHS: (u8, &[u8]) = (69, &[0, 1, 1, 3]);
const IPV6_PATHS: (u8, &[u8]) = (69, &[0, 2, 1, 3]);

/// Prefixes of the IPv4 routes of a session's last message.
fn last_routes(frames: &[Vec<u8>]) -> Vec<String> {
    routes(session(frames).last().unwrap().as_ref().unwrap()).remove(0).3
}

/// `10.1.2.0/24`, twice, with the path identifiers 7 and 8; without them it is seven other prefixes.
fn with_paths() -> Vec<u8> {
    let nlri = [&[0, 0, 0, 7], PREFIX, &[0, 0, 0, 8], PREFIX].concat();
    route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri))
}

fn without_paths() -> Vec<u8> {
    let nlri = [PREFIX, &[24, 10, 1, 3]].concat();
    route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri))
}

#[test]
fn what_follows_the_opens_fails_no_peer_up() {
    let tlv: &[u8] = &[0, 0, 0, 1, b'a'];
    for (after, tlvs, trailing) in [
        (vec![0], 0, "00"),
        (vec![0, 3, 0, 9, b'r'], 0, "0003000972"),
        ([tlv, &[0, 3, 0]].concat(), 1, "000300"),
    ] {
        let frame = peer_up_with(&[IPV4, IPV4_PATHS], &after);
        let message = one(frame.clone());
        let Body::PeerUp(up) = &message.body else { panic!() };
        assert_eq!((up.tlvs.len(), up.trailing.to_string().as_str()), (tlvs, trailing));
        let path = format!("bmp.peer_up.tlvs[{tlvs}]");
        assert!(up.faults[0].path().to_string().starts_with(&path), "{}", up.faults[0]);
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, frame);
        assert_eq!(last_routes(&[frame, with_paths()]), ["10.1.2.0/24#7", "10.1.2.0/24#8"]);
    }
}

#[test]
fn a_second_peer_up_replaces_what_its_opens_carry() {
    let first = || peer_up_with(&[IPV4, IPV4_PATHS], &[]);
    // IPv4 without ADD-PATH, and OPENs without any capability, which are about IPv4.
    for capabilities in [&[IPV4][..], &[IPV4, IPV6, IPV6_PATHS], &[]] {
        let second = peer_up_with(capabilities, &[]);
        let read = last_routes(&[first(), second.clone(), without_paths()]);
        assert_eq!(read, ["10.1.2.0/24", "10.1.3.0/24"], "{capabilities:?}");
        // And the other way round.
        let read = last_routes(&[second, first(), with_paths()]);
        assert_eq!(read, ["10.1.2.0/24#7", "10.1.2.0/24#8"], "{capabilities:?}");
    }
}

#[test]
fn a_second_peer_up_leaves_the_families_that_its_opens_do_not_carry() {
    // Huawei sends a Peer Up for each family.
    let frames = [
        peer_up_with(&[IPV4, IPV4_PATHS], &[]),
        peer_up_with(&[IPV6], &[]),
        peer_up_with(&[IPV6, IPV6_PATHS], &[]),
        with_paths(),
    ];
    assert_eq!(last_routes(&frames), ["10.1.2.0/24#7", "10.1.2.0/24#8"]);
    let with_path =
        attribute(0x80, 14, &[&[0, 2, 1, 16][..], &[1; 16], &[0, 0, 0, 0, 9, 16, 0x20, 1]].concat());
    let ipv6 = route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, &with_path], &[]));
    assert_eq!(last_routes(&[frames.concat(), ipv6]), ["2001::/16#9"]);
}

#[test]
fn the_opens_of_a_loc_rib_add_up() {
    // RFC 9069, section 4.4
    let loc_rib = |capabilities: &[(u8, &[u8])]| {
        let open = open(65000, capabilities);
        peer_up(&peer_at(3, 0, 0, [0; 4]), &open, &open)
    };
    let nlri = [&[0, 0, 0, 7], PREFIX].concat();
    let update = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri);
    let monitoring = bmp(0, &[peer_at(3, 0, 0, [0; 4]), update].concat());
    assert_eq!(last_routes(&[loc_rib(&[IPV4, IPV4_PATHS]), loc_rib(&[IPV4]), monitoring]), ["10.1.2.0/24#7"]);
}

#[test]
fn flags_of_an_unknown_peer_type_say_nothing() {
    let message = one(bmp(
        0,
        &[peer_at(9, 0xf0, 0, [192, 0, 2, 1]), update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX)]
            .concat(),
    ));
    let header = message.body.peer().copied().unwrap();
    assert_eq!(
        (header.is_known(), header.post_policy(), header.adj_rib_out(), header.two_octet_as_path()),
        (false, false, false, false)
    );
    assert_eq!(header.address.to_string(), "192.0.2.1");
    assert_eq!(serde_json::to_value(header).unwrap()["view"], serde_json::Value::Null);
}

#[test]
fn as_0_in_an_open_is_told_and_the_peer_is_up() {
    // RFC 7607
    let message = one(peer_up(&peer(0, 0), &open(65000, &[]), &open(0, &[])));
    let Body::PeerUp(up) = &message.body else { panic!("{message:?}") };
    assert_eq!(up.received_open.as_ref().unwrap().asn(), 0);
    let faults: Vec<String> = up.faults.iter().map(|fault| fault.path().to_string()).collect();
    assert_eq!(faults, ["bmp.peer_up.received_open.my_as"]);
}
