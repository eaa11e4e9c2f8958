//! Bytes in, batches out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::net::{IpAddr, Ipv4Addr};

use batch::proto;
use batch::proto::event::Body;
use batch::{EndReason, Session, SessionOptions};
use support::*;
use wire::bmp::{self, PeerHeader, PeerType, Tlv};

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
