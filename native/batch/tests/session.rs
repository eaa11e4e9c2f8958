//! Bytes in, batches out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use batch::proto::event::Body;
use batch::proto::{self, Message};
use batch::{EncodedBatch, EndReason, Session, SessionOptions};
use proptest::prelude::*;
use wire::bgp::attribute::{AsPath, Attribute, AttributeValue, Attributes, ClassicNextHop, Origin};
use wire::bgp::{Nlri, NlriValue, Update};
use wire::bmp::{self, PeerHeader, PeerType, Tlv};

const SESSION: [u8; 16] = [0xab; 16];

fn options() -> SessionOptions {
    SessionOptions::new(IpAddr::from([192, 0, 2, 7]), 40000, SESSION, "here")
}

fn message(body: bmp::Body) -> Vec<u8> {
    let mut out = Vec::new();
    bmp::Message { offset: 0, length: 0, version: 3, body }.encode(&mut out);
    out
}

fn initiation(name: &str) -> Vec<u8> {
    let tlvs = vec![Tlv::new(1, b"a router".as_slice()), Tlv::new(2, name.as_bytes())];
    message(bmp::Body::Initiation(bmp::Initiation::new(tlvs)))
}

fn header(peer: u8) -> PeerHeader {
    PeerHeader {
        peer_type: PeerType::GLOBAL,
        flags: 0,
        distinguisher: 0,
        address: IpAddr::from([10, 0, 0, peer]),
        asn: 65001,
        bgp_id: Ipv4Addr::new(10, 0, 0, 1),
        timestamp: bmp::Timestamp { seconds: 1_700_000_000, microseconds: 5 },
    }
}

fn announce(peer: u8, prefix: &str, asn: u32) -> Vec<u8> {
    let attributes = Attributes(
        [
            AttributeValue::Origin(Origin::Igp),
            AttributeValue::AsPath(AsPath::sequence(&[65001, asn])),
            AttributeValue::NextHop(ClassicNextHop(Ipv4Addr::new(10, 0, 0, peer))),
        ]
        .into_iter()
        .map(Attribute::new)
        .collect(),
    );
    let nlri = vec![Nlri { path_id: None, value: NlriValue::Prefix(prefix.parse().unwrap()) }];
    let update = Update { attributes, nlri, ..Update::default() };
    message(bmp::Body::RouteMonitoring(bmp::RouteMonitoring {
        peer: header(peer),
        update,
        tlvs: vec![],
        update_tlv: None,
    }))
}

fn withdraw(peer: u8, prefix: &str) -> Vec<u8> {
    let withdrawn = vec![Nlri { path_id: None, value: NlriValue::Prefix(prefix.parse().unwrap()) }];
    let update = Update { withdrawn, ..Update::default() };
    message(bmp::Body::RouteMonitoring(bmp::RouteMonitoring {
        peer: header(peer),
        update,
        tlvs: vec![],
        update_tlv: None,
    }))
}

fn end_of_rib(peer: u8) -> Vec<u8> {
    let update = Update::default();
    message(bmp::Body::RouteMonitoring(bmp::RouteMonitoring {
        peer: header(peer),
        update,
        tlvs: vec![],
        update_tlv: None,
    }))
}

/// A message whose inside does not read: prefix length 33.
fn broken(peer: u8) -> Vec<u8> {
    let mut out = announce(peer, "10.0.0.0/8", 1);
    let place = out.len() - 2;
    out[place] = 33;
    out
}

fn decode(batch: &EncodedBatch) -> proto::Batch {
    proto::Batch::decode(batch.payload.as_slice()).expect("a batch")
}

/// Sequence, name and routes of every event, one line each.
fn lines(batches: &[EncodedBatch]) -> Vec<String> {
    let mut out = Vec::new();
    for encoded in batches {
        let batch = decode(encoded);
        for event in &batch.events {
            let sequence = batch.first_sequence + u64::from(event.sequence_offset);
            let peer = event.peer.map(|place| batch.peers[place as usize].address[3]);
            let what = match event.body.as_ref().expect("a body") {
                Body::SessionStart(_) => "start".to_string(),
                Body::SessionEnd(end) => {
                    format!("end {:?} {}", end.reason(), end.text).trim_end().to_string()
                }
                Body::Initiation(_) => "initiation".into(),
                Body::Termination(_) => "termination".into(),
                Body::PeerUp(_) => "peer up".into(),
                Body::PeerDown(down) => format!("peer down {}", down.reason),
                Body::Routes(routes) => {
                    let groups = routes
                        .groups
                        .iter()
                        .map(|group| format!("{:?} {:02x?}", group.action(), &group.nlri[..]));
                    format!("{} {} faults", groups.collect::<Vec<_>>().join(" "), routes.faults.len())
                }
                Body::EndOfRib(end) => format!("end of rib {}/{}", end.afi, end.safi),
                Body::Undecodable(what) => {
                    format!("undecodable {} {} {}", what.offset, what.path, what.reason)
                }
                other => format!("{other:?}"),
            };
            out.push(match peer {
                Some(peer) => format!("{sequence} peer {peer} {what}"),
                None => format!("{sequence} {what}"),
            });
        }
    }
    out
}

fn play(stream: &[u8], chunk: usize) -> Vec<EncodedBatch> {
    let mut session = Session::new(options());
    let mut batches = Vec::new();
    for bytes in stream.chunks(chunk.max(1)) {
        batches.extend(session.feed(bytes, 1).batches);
    }
    batches.extend(session.end(EndReason::Closed, "", 2));
    batches
}

fn sample() -> Vec<u8> {
    [
        initiation("r1"),
        announce(1, "10.0.0.0/8", 1),
        announce(1, "11.0.0.0/8", 1),
        announce(1, "12.0.0.0/8", 2),
        announce(2, "12.0.0.0/8", 2),
        withdraw(1, "10.0.0.0/8"),
        withdraw(1, "11.0.0.0/8"),
        broken(1),
        end_of_rib(1),
    ]
    .concat()
}

#[test]
fn events_are_in_order_and_messages_that_say_the_same_join() {
    let batches = play(&sample(), usize::MAX);
    let fault = sample().len() - end_of_rib(1).len() - 2;
    assert_eq!(
        lines(&batches),
        [
            "1 start",
            "2 initiation",
            "3 peer 1 Announce [08, 0a, 08, 0b] 0 faults",
            "5 peer 1 Announce [08, 0c] 0 faults",
            "6 peer 2 Announce [08, 0c] 0 faults",
            "7 peer 1 Withdraw [08, 0a, 08, 0b] 0 faults",
            &format!("9 peer 1 undecodable {fault} bmp.route_monitoring.update.nlri[0].prefix_length prefix length is 33, the limit is 32"),
            "10 peer 1 end of rib 1/1",
            "11 end Closed",
        ]
    );
    let counts: Vec<_> = batches.iter().map(|batch| (batch.messages, batch.routes, batch.events)).collect();
    assert_eq!(counts, [(9, 6, 8), (0, 0, 1)]);
    let batch = decode(&batches[0]);
    assert_eq!(batch.peers.len(), 2, "each peer once");
    let session = batch.session.expect("a session");
    assert_eq!((session.sys_name.as_str(), session.sys_descr.as_str()), ("r1", "a router"));
    assert_eq!((session.router_address.as_str(), session.router_port), ("192.0.2.7", 40000));
    assert_eq!(batch.events[2].router_time_us, 1_700_000_000_000_005);
    assert_eq!(batch.events[2].view(), proto::RibView::AdjRibInPre);
}

#[test]
fn views_in_turn_join_too() {
    let mut stream = Vec::new();
    for number in 1..=3_u8 {
        let mut pre = announce(1, &format!("{number}.0.0.0/8"), 1);
        stream.extend(&pre);
        pre[7] = 0x40;
        stream.extend(&pre);
    }
    stream.extend(end_of_rib(1));
    stream.extend(announce(1, "4.0.0.0/8", 1));
    assert_eq!(
        lines(&play(&stream, usize::MAX))[1..5],
        [
            "2 peer 1 Announce [08, 01, 08, 02, 08, 03] 0 faults",
            "3 peer 1 Announce [08, 01, 08, 02, 08, 03] 0 faults",
            "8 peer 1 end of rib 1/1",
            "9 peer 1 Announce [08, 04] 0 faults",
        ]
    );
}

#[test]
fn message_ids_say_what_a_batch_is() {
    let batches = play(&sample(), usize::MAX);
    let session = "ab".repeat(16);
    let ids: Vec<_> = batches.iter().map(|batch| batch.message_id.as_str()).collect();
    assert_eq!(ids, [format!("{session}-1"), format!("{session}-11")]);
    assert_eq!(batches, play(&sample(), usize::MAX), "the same bytes are the same batches");
}

#[test]
fn the_first_message_decides_who_the_router_is() {
    let id = |stream: Vec<u8>, address: [u8; 4]| {
        let mut session = Session::new(SessionOptions::new(IpAddr::from(address), 1, SESSION, "here"));
        session.feed(&stream, 1);
        session.end(EndReason::Closed, "", 1).expect("an end").router_id
    };
    let named = id(initiation("r1"), [192, 0, 2, 1]);
    assert_eq!(named, id(initiation("r1"), [192, 0, 2, 2]), "the name, not the address");
    assert_ne!(named, id(initiation("r2"), [192, 0, 2, 1]));
    let unnamed = id(announce(1, "10.0.0.0/8", 1), [192, 0, 2, 1]);
    assert_ne!(named, unnamed);
    assert_ne!(unnamed, id(announce(1, "10.0.0.0/8", 1), [192, 0, 2, 2]));
    let late = [announce(1, "10.0.0.0/8", 1), initiation("r1")].concat();
    assert_eq!(unnamed, id(late, [192, 0, 2, 1]), "decided once");
    assert_eq!(unnamed, id(vec![], [192, 0, 2, 1]));
}

#[test]
fn a_peer_is_what_its_key_says() {
    let router = [1; 16];
    let base = header(1);
    let id = |header: &PeerHeader| batch::ids::peer(&router, header);
    assert_eq!(id(&base), id(&PeerHeader { bgp_id: Ipv4Addr::UNSPECIFIED, asn: 0, flags: 0x40, ..base }));
    assert_ne!(id(&base), id(&PeerHeader { distinguisher: 1, ..base }));
    assert_ne!(id(&base), id(&PeerHeader { peer_type: PeerType::RD, ..base }));
    assert_ne!(id(&base), id(&header(2)));
    assert_ne!(id(&base), batch::ids::peer(&[2; 16], &base));
    let loc_rib = PeerHeader { peer_type: PeerType::LOC_RIB, ..base };
    assert_ne!(id(&loc_rib), id(&PeerHeader { bgp_id: Ipv4Addr::new(10, 0, 0, 9), ..loc_rib }));
}

#[test]
fn lost_framing_ends_the_session_with_its_reason() {
    let mut session = Session::new(options());
    let stream = [initiation("r1"), vec![9, 0, 0, 0, 6, 4]].concat();
    let feed = session.feed(&stream, 1);
    assert_eq!(lines(&feed.batches), ["1 start", "2 initiation"]);
    let fatal = feed.fatal.expect("framing is lost");
    assert_eq!(fatal.offset(), initiation("r1").len() as u64);
    let again = session.feed(&initiation("r1"), 2);
    assert!(again.batches.is_empty() && again.fatal.is_some());
    let end = session.end(EndReason::Closed, "", 3).expect("an end");
    assert_eq!(lines(&[end]), [format!("3 end Framing {fatal}")]);
    assert_eq!(session.end(EndReason::Closed, "", 4), None, "told once");
}

#[test]
fn a_message_over_the_limit_is_a_limit() {
    let mut session = Session::new(SessionOptions { max_message_bytes: 1000, ..options() });
    let feed = session.feed(&[3, 0, 0, 4, 0, 4], 1);
    assert!(feed.fatal.is_some());
    let end = session.end(EndReason::Error, "", 1).expect("an end");
    assert!(lines(&[end])[1].starts_with("2 end Limit "), "with its start, for nothing came before");
}

#[test]
fn a_termination_is_the_reason_of_the_end() {
    let reason = Tlv::new(1, [0, 2].as_slice());
    let stream = message(bmp::Body::Termination(bmp::Termination::new(vec![reason])));
    let batches = play(&[initiation("r1"), stream].concat(), usize::MAX);
    assert_eq!(lines(&batches)[2..], ["3 termination", "4 end Terminated"]);
}

#[test]
fn a_message_type_without_a_reading_is_kept() {
    let mut unknown = vec![3, 0, 0, 0, 8, 100, 1, 2];
    unknown.extend(end_of_rib(1));
    let lines = lines(&play(&unknown, usize::MAX));
    assert_eq!(lines[1], "2 undecodable 5 bmp.type message type 100 has no reading");
    assert_eq!(lines[2], "3 peer 1 end of rib 1/1", "the session lives");
}

#[test]
fn a_peer_with_a_malformed_open_is_up_and_the_fault_is_kept() {
    let bgp_header = |length: u8| [&[0xff; 16][..], &[0, length, 1]].concat();
    // FRR's OPEN without a body is none; the other one has no BGP identifier.
    let opens = [bgp_header(19), bgp_header(24), vec![4, 0, 1, 0, 90]].concat();
    let mut frame = vec![3, 0, 0, 0, 0, 3];
    header(1).encode(&mut frame);
    frame.extend([0; 20]);
    frame.extend(opens);
    frame[4] = u8::try_from(frame.len()).unwrap();
    let stream = [initiation("r1"), frame].concat();
    let batches = play(&stream, usize::MAX);
    let fault = initiation("r1").len() + 6 + 42 + 20 + 19 + 24;
    let batch = decode(&batches[0]);
    assert!(matches!(&batch.events[2].body, Some(Body::PeerUp(up)) if up.received_open.len() == 24));
    assert_eq!(
        lines(&batches)[3],
        format!(
            "4 peer 1 undecodable {fault} bmp.peer_up.received_open.bgp_id truncated: needs 4 octets, has 0"
        )
    );
}

#[test]
fn batches_are_closed_at_their_limits() {
    let stream: Vec<u8> =
        (0..100_u8).flat_map(|number| announce(1, &format!("10.{number}.0.0/16"), number.into())).collect();
    let mut by_events = Session::new(SessionOptions { max_batch_events: 10, ..options() });
    let batches = by_events.feed(&stream, 1).batches;
    assert!(batches.iter().all(|batch| batch.events <= 11));
    assert_eq!(batches.iter().map(|batch| batch.messages).sum::<u64>(), 100);
    let mut by_octets = Session::new(SessionOptions { max_batch_bytes: 1000, ..options() });
    let batches = by_octets.feed(&stream, 1).batches;
    assert!(batches.len() > 5 && batches.iter().all(|batch| batch.payload.len() < 1400));
}

#[test]
fn what_joins_stays_below_the_limit_too() {
    let stream: Vec<u8> =
        (0..200_u8).flat_map(|number| announce(1, &format!("10.{number}.0.0/16"), 1)).collect();
    let mut session = Session::new(SessionOptions { max_batch_bytes: 300, ..options() });
    let batches = session.feed(&stream, 1).batches;
    assert!(batches.len() > 2 && batches.iter().all(|batch| batch.payload.len() < 600));
}

#[test]
fn a_fault_goes_with_its_routes() {
    // ORIGIN of 9: RFC 7606 treats the routes as withdrawn.
    let mut stream = announce(1, "10.0.0.0/8", 1);
    let origin = stream.windows(4).position(|octets| octets == [0x40, 1, 1, 0]).expect("an ORIGIN");
    stream[origin + 3] = 9;
    let batch = decode(&play(&stream, usize::MAX)[0]);
    let Some(Body::Routes(routes)) = &batch.events[1].body else { panic!("routes") };
    assert_eq!(routes.groups[0].action(), proto::route_group::Action::Withdraw);
    assert_eq!(routes.faults[0].treatment(), proto::fault::Treatment::TreatAsWithdraw);
    assert_eq!((routes.faults[0].attribute, &routes.faults[0].raw[..]), (Some(1), &[9][..]));
}

/// Peer, action, attributes, next hop, NLRI.
type Route = (Option<proto::Peer>, i32, Vec<u8>, Vec<u8>, Vec<u8>);

/// Routes with their positions, whatever messages joined.
fn routes(batches: &[EncodedBatch]) -> Vec<Route> {
    let mut out: Vec<Route> = Vec::new();
    for encoded in batches {
        let batch = decode(encoded);
        for event in &batch.events {
            if let Some(Body::Routes(routes)) = &event.body {
                let peer = event.peer.map(|place| batch.peers[place as usize].clone());
                for group in &routes.groups {
                    let head =
                        (peer.clone(), group.action, routes.attributes.to_vec(), group.next_hop.to_vec());
                    for nlri in group.nlri.chunks(2) {
                        out.push((head.0.clone(), head.1, head.2.clone(), head.3.clone(), nlri.to_vec()));
                    }
                }
            }
        }
    }
    out
}

/// An announcement (of one of three attribute sets) or a withdrawal by one of two peers, in one of two
/// views, with one of two AS numbers in the header.
fn churn() -> impl Strategy<Value = (u8, bool, bool, u8, Option<u32>)> {
    (1..3_u8, any::<bool>(), any::<bool>(), 0..3_u8, prop::option::of(0..3_u32))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(sizes in prop::collection::vec(1..200_usize, 1..40)) {
        let stream = sample();
        let mut session = Session::new(options());
        let mut batches = Vec::new();
        let mut rest = stream.as_slice();
        for size in sizes.iter().cycle() {
            let (head, tail) = rest.split_at((*size).min(rest.len()));
            batches.extend(session.feed(head, 1).batches);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        batches.extend(session.end(EndReason::Closed, "", 2));
        let whole = play(&stream, usize::MAX);
        prop_assert_eq!(routes(&batches), routes(&whole));
        prop_assert_eq!(batches.iter().map(|batch| batch.messages).sum::<u64>(), 9);
        // Every event of the whole that no message joined is in the split with the same sequence.
        let (split, whole) = (lines(&batches), lines(&whole));
        for line in whole.iter().filter(|line| !line.contains("08, 0a, 08, 0b")) {
            prop_assert!(split.contains(line), "{} in {:?}", line, split);
        }
    }

    #[test]
    fn joining_keeps_what_is_said_last(steps in prop::collection::vec(churn(), 1..60)) {
        let mut stream = Vec::new();
        let mut expected = BTreeMap::new();
        for (peer, post, other_asn, number, asn) in steps {
            let prefix = format!("{}.0.0.0/8", 10 + number);
            let mut bytes = match asn {
                Some(asn) => announce(peer, &prefix, asn),
                None => withdraw(peer, &prefix),
            };
            bytes[7] = if post { 0x40 } else { 0 };
            bytes[6 + 26] = u8::from(other_asn);
            stream.extend(bytes);
            expected.insert((peer, post, number), asn);
        }
        let mut said = BTreeMap::new();
        let mut sequence = 0;
        for encoded in play(&stream, usize::MAX) {
            let batch = decode(&encoded);
            for event in batch.events {
                let now = batch.first_sequence + u64::from(event.sequence_offset);
                prop_assert!(now > sequence, "in order");
                sequence = now;
                let Some(Body::Routes(routes)) = &event.body else { continue };
                let peer = batch.peers[event.peer.expect("a peer") as usize].address[3];
                let post = event.view() == proto::RibView::AdjRibInPost;
                let group = &routes.groups[0];
                let asn = routes.attributes.last().copied().map(u32::from);
                prop_assert_eq!(asn.is_some(), group.action() == proto::route_group::Action::Announce);
                for nlri in group.nlri.chunks(2) {
                    said.insert((peer, post, nlri[1] - 10), asn);
                }
            }
        }
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), chunk in 1..50_usize) {
        // A good header before, so that more than the framing is reached.
        let mut stream = vec![3, 0, 0];
        stream.extend(u16::try_from(bytes.len() + 6).unwrap().to_be_bytes());
        stream.extend([bytes.first().copied().unwrap_or(0) % 8]);
        stream.extend(bytes);
        for batch in play(&stream, chunk) {
            decode(&batch);
        }
    }
}

/// Route Monitoring of peer 1 with these NLRI in the NLRI field.
fn announce_nlri(nlri: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    wire::bmp::encode(3, 0, &mut out, |out| {
        header(1).encode(out);
        let attributes = [&[0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 0, 0, 1][..]].concat();
        let length = u16::try_from(19 + 4 + attributes.len() + nlri.len()).unwrap();
        out.extend([0xff; 16]);
        out.extend(length.to_be_bytes());
        out.extend([2, 0, 0, 0, u8::try_from(attributes.len()).unwrap()]);
        out.extend(attributes);
        out.extend(nlri);
    });
    out
}

#[test]
fn routes_of_an_unknown_peer_type_are_kept_raw() {
    let mut stream = announce(1, "10.0.0.0/8", 1);
    stream[6] = 9;
    let batch = decode(&play(&stream, usize::MAX)[0]);
    let Some(Body::Undecodable(undecodable)) = &batch.events[1].body else { panic!("undecodable") };
    assert_eq!(
        (undecodable.offset, undecodable.reason.as_str()),
        (6, "value is 9, not that of a known peer type")
    );
    assert_eq!(undecodable.raw, stream);
}

/// What a session says of path identifiers: routes (sequence, with them, inferred, NLRI), and that they are read in another way.
#[derive(Debug, PartialEq)]
enum Said {
    Routes(u64, bool, bool, Vec<u8>),
    Turned { sequence: u64, as_negotiated: bool, incomplete: bool },
}

fn said_of_path_ids(stream: &[u8]) -> Vec<Said> {
    let mut session = Session::new(options());
    let mut said = Vec::new();
    for batch in session.feed(stream, 1).batches {
        let batch = proto::Batch::decode(batch.payload.as_slice()).unwrap();
        for event in &batch.events {
            let sequence = batch.first_sequence + u64::from(event.sequence_offset);
            match event.body.as_ref().unwrap() {
                Body::Routes(routes) => said.extend(routes.groups.iter().map(|group| {
                    Said::Routes(sequence, group.add_path, group.add_path_inferred, group.nlri.to_vec())
                })),
                Body::AddPathInferred(of) => {
                    assert_eq!((of.afi, of.safi), (1, 1));
                    let (as_negotiated, incomplete) = (of.as_negotiated, of.incomplete);
                    said.push(Said::Turned { sequence, as_negotiated, incomplete });
                }
                _ => {}
            }
        }
    }
    said
}

fn with_id(id: u8, prefix: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, id], prefix].concat()
}

/// Reads both ways, or with a path identifier only, or without only.
const BOTH_WAYS: [u8; 4] = [24, 10, 1, 2];
const ONLY_WITH: [u8; 5] = [32, 10, 1, 2, 3];
const ONLY_WITHOUT: [u8; 4] = [24, 10, 9, 9];

#[test]
fn what_was_read_before_path_identifiers_were_inferred_is_said_again() {
    let (first, second, third) =
        (with_id(7, &BOTH_WAYS), with_id(8, &[24, 10, 1, 3]), with_id(9, &ONLY_WITH));
    let stream = [announce_nlri(&first), announce_nlri(&second), announce_nlri(&third)].concat();
    assert_eq!(
        said_of_path_ids(&stream),
        [
            Said::Routes(2, false, false, [first.clone(), second.clone()].concat()),
            Said::Turned { sequence: 4, as_negotiated: false, incomplete: false },
            Said::Routes(5, true, true, first),
            Said::Routes(6, true, true, second),
            Said::Routes(7, true, true, third),
        ]
    );
}

#[test]
fn what_was_inferred_wrongly_is_said_again_as_negotiated() {
    let (wrong, right) = (with_id(9, &ONLY_WITH), ONLY_WITHOUT.to_vec());
    let stream = [announce_nlri(&wrong), announce_nlri(&right), announce_nlri(&right)].concat();
    assert_eq!(
        said_of_path_ids(&stream),
        [
            Said::Turned { sequence: 2, as_negotiated: false, incomplete: false },
            Said::Routes(3, true, true, wrong),
            // The second is not read, and kept; the third shows how both are read.
            Said::Turned { sequence: 5, as_negotiated: true, incomplete: false },
            Said::Routes(6, false, false, right.clone()),
            Said::Routes(7, false, false, right),
        ]
    );
}

#[test]
fn what_cannot_be_read_again_is_told() {
    let without = announce_nlri(&ONLY_WITHOUT).repeat(5);
    let with = announce_nlri(&with_id(9, &ONLY_WITH)).repeat(4);
    let said = said_of_path_ids(&[without, with].concat());
    let turned = said.iter().find(|said| matches!(said, Said::Turned { .. }));
    assert!(matches!(turned, Some(Said::Turned { incomplete: true, as_negotiated: false, .. })), "{said:?}");
}
