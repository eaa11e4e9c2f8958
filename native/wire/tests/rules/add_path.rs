//! ADD-PATH (RFC 7911), and Peer Ups that are combined.

use crate::common::*;
use crate::*;

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

#[test]
fn the_opens_of_a_loc_rib_have_no_direction() {
    // RFC 9069, section 4.4: the router makes both up; whatever they say of a direction, there are path identifiers.
    for mode in [RECEIVE, SEND, BOTH] {
        let header = peer_at(3, 0, 0, [0; 4]);
        let declared = open(65000, &[(69, &add_path(mode))]);
        let up = peer_up(&header, &declared, &declared);
        let routes_of_it =
            bmp(0, &[header, update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], WITH_ID)].concat());
        let message = session(&[up, routes_of_it]).remove(1).unwrap();
        assert_eq!(routes(&message)[0].3, ["10.1.2.0/24#7"], "{mode}");
    }
}

#[test]
fn add_path_is_of_one_family() {
    let declared = open(65000, &[(69, &add_path(BOTH))]);
    let up = peer_up(&peer(0, 0), &declared, &declared);
    let attributes: [&[u8]; 4] = [ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &mp_reach_v6()];
    let message = session(&[up, route_monitoring(0, &update(&[], &attributes, WITH_ID))]).remove(1).unwrap();
    let nlri: Vec<String> = routes(&message).into_iter().flat_map(|group| group.3).collect();
    assert_eq!(nlri, ["2001:db8::/32", "10.1.2.0/24#7"]);
}
