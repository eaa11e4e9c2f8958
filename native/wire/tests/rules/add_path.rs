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

/// Route Monitoring of a view of 192.0.2.1.
fn monitoring(flags: u8, nlri: &[u8]) -> Vec<u8> {
    route_monitoring(flags, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], nlri))
}

/// A Peer Up whose OPENs offer ADD-PATH for IPv4 unicast, or do not.
fn up(offered: bool) -> Vec<u8> {
    let value = add_path(BOTH);
    let capabilities: &[(u8, &[u8])] = if offered { &[(69, &value)] } else { &[] };
    peer_up(&peer(0, 0), &open(65000, capabilities), &open(65000, capabilities))
}

/// 10.1.2.3/32 with the path identifier 9, which does not read without.
const ONLY_WITH_ID: &[u8] = &[0, 0, 0, 9, 32, 10, 1, 2, 3];
const POST_POLICY: u8 = 0x40;

/// What the messages of a session say, in order: routes, or that they could not be read.
fn read(frames: &[Vec<u8>]) -> (Vec<String>, wire::session::Counters) {
    let stream = frames.concat();
    let mut decoder = Decoder::default();
    let mut feed = decoder.feed(&stream);
    let mut said = Vec::new();
    while let Some(frame) = feed.next() {
        match frame.unwrap().content {
            Ok(Content::RouteMonitoring(view)) => {
                let update = view.update.to_owned();
                let nlri = update.nlri.iter().map(|nlri| match nlri.path_id {
                    Some(id) => format!("{}#{id}", nlri.value),
                    None => nlri.value.to_string(),
                });
                let inferred = if update.add_path_inferred == [V4] { " inferred" } else { "" };
                said.push(nlri.collect::<Vec<_>>().join(" ") + inferred);
            }
            Ok(Content::Other(_)) => {}
            Err(error) if error.suspect() => said.push("suspect".into()),
            Err(_) => said.push("undecodable".into()),
        }
    }
    drop(feed);
    (said, decoder.counters())
}

#[test]
fn what_reads_only_the_other_way_is_read_so_from_then_on() {
    // Not offered and there, as Huawei's labelled Loc-RIB; WITH_ID reads both ways.
    let (said, counters) =
        read(&[up(false), monitoring(0, WITH_ID), monitoring(0, ONLY_WITH_ID), monitoring(0, WITH_ID)]);
    assert_eq!(
        said,
        [
            "0.0.0.0/0 0.0.0.0/0 0.0.0.0/0 24.0.0.0/7 1.0.0.0/10",
            "10.1.2.3/32#9 inferred",
            "10.1.2.0/24#7 inferred"
        ]
    );
    assert_eq!((counters.add_path_inferred, counters.undecodable), (1, 0));
    // Offered and not there, as GoBGP's post-policy view.
    let (said, counters) =
        read(&[up(true), monitoring(POST_POLICY, PREFIX), monitoring(POST_POLICY, PREFIX)]);
    assert_eq!(said, ["10.1.2.0/24 inferred", "10.1.2.0/24 inferred"]);
    assert_eq!(counters.add_path_inferred, 1);
    // Without any Peer Up.
    let (said, _) = read(&[monitoring(0, ONLY_WITH_ID), monitoring(0, WITH_ID)]);
    assert_eq!(said, ["10.1.2.3/32#9 inferred", "10.1.2.0/24#7 inferred"]);
}

#[test]
fn what_is_inferred_is_of_one_peer_view_and_family() {
    let other = bmp(
        0,
        &[peer_at(0, 0, 0, [192, 0, 2, 77]), update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], WITH_ID)]
            .concat(),
    );
    let (said, counters) = read(&[
        up(true),
        monitoring(POST_POLICY, PREFIX),
        monitoring(0, WITH_ID),
        monitoring(POST_POLICY, PREFIX),
        other,
    ]);
    assert_eq!(
        said,
        [
            "10.1.2.0/24 inferred",
            "10.1.2.0/24#7",
            "10.1.2.0/24 inferred",
            "0.0.0.0/0 0.0.0.0/0 0.0.0.0/0 24.0.0.0/7 1.0.0.0/10"
        ]
    );
    assert_eq!(counters.add_path_inferred, 1);
}

#[test]
fn what_is_inferred_holds_for_the_session() {
    let down = || bmp(2, &[peer(0, 0).as_slice(), &[4]].concat());
    let (said, counters) = read(&[
        up(false),
        monitoring(0, ONLY_WITH_ID),
        // Only without path identifiers: never read so any more.
        monitoring(0, PREFIX),
        down(),
        up(false),
        monitoring(0, WITH_ID),
        // Now it is negotiated, and then something else is.
        up(true),
        monitoring(0, WITH_ID),
        up(false),
        monitoring(0, PREFIX),
    ]);
    assert_eq!(
        said,
        ["10.1.2.3/32#9 inferred", "suspect", "10.1.2.0/24#7 inferred", "10.1.2.0/24#7", "10.1.2.0/24"]
    );
    assert_eq!((counters.add_path_inferred, counters.undecodable, counters.suspect), (1, 1, 1));
}

#[test]
fn one_message_turns_nothing_that_several_have_shown() {
    let several = || (0..4).map(|_| monitoring(0, PREFIX));
    let (said, counters) = read(
        &[up(false)].into_iter().chain(several()).chain([monitoring(0, ONLY_WITH_ID)]).collect::<Vec<_>>(),
    );
    assert_eq!(said[4..], ["suspect"]);
    assert_eq!((counters.add_path_inferred, counters.suspect), (0, 1));
    // As many as those do.
    let others = (0..4).map(|_| monitoring(0, ONLY_WITH_ID));
    let (said, counters) = read(&[up(false)].into_iter().chain(several()).chain(others).collect::<Vec<_>>());
    assert_eq!(said[4..], ["suspect", "suspect", "suspect", "10.1.2.3/32#9 inferred"]);
    assert_eq!((counters.add_path_inferred, counters.suspect), (1, 3));
}

#[test]
fn what_one_message_showed_is_taken_back_when_more_contradict_it() {
    let (said, counters) = read(&[
        up(false),
        monitoring(0, ONLY_WITH_ID),
        monitoring(0, PREFIX),
        monitoring(0, PREFIX),
        monitoring(0, WITH_ID),
    ]);
    assert_eq!(said[..3], ["10.1.2.3/32#9 inferred", "suspect", "10.1.2.0/24"]);
    assert!(!said[3].contains("inferred"));
    assert_eq!((counters.add_path_inferred, counters.add_path_taken_back), (1, 1));
}

#[test]
fn of_peers_that_are_not_remembered_nothing_is_inferred() {
    let mut decoder = Decoder::new(wire::session::Options { max_peers: 0, ..Default::default() });
    let stream = monitoring(0, ONLY_WITH_ID);
    let mut feed = decoder.feed(&stream);
    assert!(feed.next().unwrap().unwrap().content.unwrap_err().suspect());
}

#[test]
fn what_reads_neither_way_shows_nothing() {
    let (said, counters) = read(&[up(false), monitoring(0, &[200, 1, 2]), monitoring(0, PREFIX)]);
    assert_eq!(said, ["undecodable", "10.1.2.0/24"]);
    assert_eq!((counters.add_path_inferred, counters.undecodable), (0, 1));
}

#[test]
fn every_way_of_reading_infers_the_same() {
    let frames = [up(false), monitoring(0, WITH_ID), monitoring(0, ONLY_WITH_ID), monitoring(0, PREFIX)];
    let stream = frames.concat();
    let owned: Vec<_> =
        session(&frames).into_iter().map(|message| message.map_err(|error| error.to_string())).collect();
    let mut decoder = Decoder::default();
    let mut feed = decoder.feed(&stream);
    let mut again = Vec::new();
    while let Some(frame) = feed.next_message() {
        again.push(frame.unwrap().content.map_err(|error| error.to_string()));
    }
    assert_eq!(again, owned);
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
