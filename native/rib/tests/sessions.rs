//! Which session of a router feeds its table, and what becomes of the others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use batch::proto::{self, event::Body};
use rib::{Deltas, EventKind, Limits, Position, RoutingTable, SessionState};
use support::*;

/// Heartbeats of 10 s: after 35 s of silence a session is lost.
const SILENCE: i64 = 35;

fn watching() -> RoutingTable {
    table_with(Limits { heartbeat_us: 10 * SECOND, ..limits() })
}

fn alive(speaker: &mut Speaker, table: &mut RoutingTable) -> Deltas {
    speaker.session(table, Body::Alive(proto::Alive {}))
}

/// A session of the same router from somewhere else.
fn elsewhere(number: u64) -> Speaker {
    let mut speaker = Speaker::new(1, number);
    speaker.session.router_address = "198.51.100.7".into();
    speaker.session.collector = "there".into();
    speaker
}

fn states(deltas: &Deltas) -> Vec<SessionState> {
    deltas.sessions.iter().map(|session| session.state).collect()
}

fn event(deltas: &Deltas, kind: EventKind) -> Option<&rib::PeerEvent> {
    deltas.events.iter().find(|event| event.kind == kind)
}

#[test]
fn the_order_of_arrival_decides_which_session_is_newer_not_a_clock() {
    let mut table = table();
    let mut old = Speaker::new(1, EPOCH + 3_600_000_000);
    old.start(&mut table);
    old.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    old.end(&mut table);
    // Its collector's clock is an hour behind.
    let mut new = Speaker::new(1, EPOCH);
    new.start(&mut table);
    let changed = new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 2));
    assert_eq!(changes(&changed), ["~10.0.0.0/8 2"]);
    assert_eq!(changed.routes[0].position, Position { generation: 2, sequence: 2 });
    let swept = new.say(&mut table, 1, IN, end_of_rib());
    assert_eq!(changes(&swept), ["-11.0.0.0/8 synthetic"]);
}

#[test]
fn a_gap_inside_a_session_is_told_and_heals_by_a_reset() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    r.end(&mut table);
    let mut r = Speaker::new(1, EPOCH + 1);
    r.start(&mut table);
    let lost = r.batch(Some(1), IN, vec![announce(&["10.0.0.0/8", "11.0.0.0/8"], 1)]);
    let after = r.say(&mut table, 1, IN, announce(&["12.0.0.0/8"], 1));
    assert_eq!(after.counts.gaps, 1);
    assert!(event(&after, EventKind::Gap).unwrap().reason.as_ref().unwrap().contains("1 messages"));
    assert_eq!(after.resets.len(), 1);
    assert_eq!(after.resets[0].session_id.to_vec(), r.session.session_id);
    assert_eq!(after.resets[0].collector, "here");
    assert_eq!(after.ribs[0].verified, None);
    // What was lost would have confirmed these: they stay, at End-of-RIB and at its timeout.
    r.say(&mut table, 1, IN, end_of_rib());
    expire(&mut table, START + 1_000 * SECOND);
    assert_eq!(held(&table).len(), 3);
    assert_eq!(apply(&mut table, &lost).counts.older, 1, "too late");

    // The router begins anew.
    r.end(&mut table);
    let mut new = Speaker::new(1, EPOCH + 2);
    new.start(&mut table);
    new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let swept = new.say(&mut table, 1, IN, end_of_rib());
    assert_eq!(swept.routes.len(), 2);
    assert_eq!((swept.ribs[0].verified, swept.ribs[0].end_of_rib), (Some(3), Some(3)));
    assert_eq!(held(&table), ["10.0.0.1 adj_rib_in_pre 10.0.0.0/8 1"]);
}

#[test]
fn messages_without_an_event_are_no_gap() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let mut joined = r.batch(Some(1), IN, vec![announce(&["10.0.0.0/8"], 1)]);
    // Two more messages said the same of other routes, and are in the first one's event.
    r.next += 2;
    joined.next_sequence = r.next;
    apply(&mut table, &joined);
    assert_eq!(r.say(&mut table, 1, IN, announce(&["11.0.0.0/8"], 1)).counts.gaps, 0);
}

#[test]
fn a_session_whose_start_was_missed_feeds_a_router_that_nobody_else_feeds() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.batch(None, IN, vec![Body::SessionStart(proto::SessionStart {})]);
    let first = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    assert_eq!((first.counts.gaps, first.resets.len()), (1, 1));
    assert_eq!(held(&table).len(), 1);

    let mut other = elsewhere(EPOCH + 1);
    other.batch(None, IN, vec![Body::SessionStart(proto::SessionStart {})]);
    let left_out = other.say(&mut table, 1, IN, announce(&["11.0.0.0/8"], 1));
    assert_eq!((left_out.counts.superseded, states(&left_out)), (1, vec![SessionState::Standby]));
}

#[test]
fn one_address_the_newer_session_feeds_at_once() {
    let mut table = watching();
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    old.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let mut new = Speaker::new(1, EPOCH + 1);
    let begun = new.start(&mut table);
    assert_eq!(states(&begun), [SessionState::Superseded, SessionState::Feeding]);
    assert!(event(&begun, EventKind::SessionEnd).unwrap().synthetic);
    assert!(event(&begun, EventKind::Conflict).is_none());
    // What was on its way, and a connection that hangs while its collector says that it lives.
    assert!(event(&old.say(&mut table, 1, IN, peer_down()), EventKind::Conflict).is_none());
    expire(&mut table, START + 15 * SECOND);
    assert!(event(&alive(&mut old, &mut table), EventKind::Conflict).is_none());
    // It speaks: there are two.
    let told = old.say(&mut table, 1, IN, announce(&["11.0.0.0/8"], 1));
    let conflict = event(&told, EventKind::Conflict).expect("a conflict");
    assert!(conflict.reason.as_ref().unwrap().contains("192.0.2.1 port 40000 (collector here)"));
    assert_eq!(states(&told), [SessionState::Standby]);
    assert!(event(&old.say(&mut table, 1, IN, announce(&["12.0.0.0/8"], 1)), EventKind::Conflict).is_none());
    assert_eq!(held(&table).len(), 1);
}

#[test]
fn another_address_stands_by_until_the_feeding_session_is_over() {
    let mut table = watching();
    let mut first = Speaker::new(1, EPOCH);
    first.start(&mut table);
    first.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let mut second = elsewhere(EPOCH + 1);
    let told = second.start(&mut table);
    assert_eq!(states(&told), [SessionState::Standby]);
    let text = event(&told, EventKind::Conflict).expect("a conflict").reason.clone().unwrap();
    assert!(text.contains("192.0.2.1") && text.contains("198.51.100.7") && text.contains("there"), "{text}");
    second.say(&mut table, 1, IN, announce(&["11.0.0.0/8"], 1));
    second.say(&mut table, 1, IN, end_of_rib());
    first.say(&mut table, 1, IN, announce(&["12.0.0.0/8"], 1));
    assert_eq!(held(&table).len(), 2, "the first goes on as if it were alone");

    let ended = first.end(&mut table);
    assert_eq!(ended.resets.len(), 1);
    assert_eq!(
        (&ended.resets[0].collector[..], ended.resets[0].session_id[..].to_vec()),
        ("there", second.session.session_id.to_vec())
    );
    assert_eq!(held(&table).len(), 2, "its routes wait");
    second.end(&mut table);
    let mut third = elsewhere(EPOCH + 2);
    assert_eq!(states(&third.start(&mut table)), [SessionState::Feeding]);
    third.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    assert_eq!(changes(&third.say(&mut table, 1, IN, end_of_rib())), ["-12.0.0.0/8 synthetic"]);
}

#[test]
fn a_session_that_is_not_heard_is_lost_at_the_time_it_was_last_heard() {
    let mut table = watching();
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    r.say(&mut table, 1, IN, peer_up());
    for beat in 1..10 {
        assert!(expire(&mut table, START + beat * 10 * SECOND).is_empty(), "it is heard");
        r.now_us = START + beat * 10 * SECOND;
        alive(&mut r, &mut table);
    }
    let heard = START + 90 * SECOND;
    expire(&mut table, heard);
    assert!(expire(&mut table, heard + SILENCE * SECOND).is_empty());
    let lost = expire(&mut table, heard + (SILENCE + 1) * SECOND);
    let end = event(&lost, EventKind::SessionEnd).expect("an end");
    assert_eq!((end.synthetic, end.received_at_us), (true, heard));
    assert_eq!(end.reason.as_deref(), Some("not heard for 35s"));
    assert_eq!(states(&lost), [SessionState::Ended]);
    assert_eq!(lost.routers[0].session_ended_us, Some(heard));
    // It was not dead after all: what it says now follows something that was missed, or may have.
    let back = alive(&mut r, &mut table);
    assert_eq!(back.resets.len(), 1);

    let mut new = Speaker::new(1, EPOCH + 1);
    new.now_us = heard + 240 * SECOND;
    let begun = new.start(&mut table);
    let gap = event(&begun, EventKind::Gap).expect("blind time");
    assert_eq!((gap.since_us, gap.received_at_us), (Some(heard), heard + 240 * SECOND));
    assert!(gap.reason.as_ref().unwrap().contains("for 4m:"), "{:?}", gap.reason);
}

#[test]
fn silence_does_not_count_while_batches_are_behind() {
    let mut table = watching();
    Speaker::new(1, EPOCH).start(&mut table);
    for second in 1..200 {
        let now = START + second * SECOND;
        assert!(table.expire(now, now, false).is_empty());
    }
}

#[test]
fn what_changed_while_nobody_listened_is_marked() {
    let mut table = table();
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    let first = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    assert!(first.routes.iter().all(|route| !route.after_gap));
    r.end(&mut table);
    let mut r = Speaker::new(1, EPOCH + 1);
    r.start(&mut table);
    let found = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 2));
    assert!(found.routes[0].after_gap);
    let swept = r.say(&mut table, 1, IN, end_of_rib());
    assert!(swept.routes[0].after_gap);
    let live = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 3));
    assert!(!live.routes[0].after_gap);
}

#[test]
fn two_events_of_one_message_both_arrive() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let fault = proto::Undecodable { reason: "its OPEN has a fault".into(), ..Default::default() };
    let mut batch = r.batch(Some(1), IN, vec![peer_up(), Body::Undecodable(fault)]);
    batch.events[1].sequence_offset = 0;
    batch.next_sequence = batch.first_sequence + 1;
    let deltas = apply(&mut table, &batch);
    assert_eq!((deltas.dead_letters.len(), deltas.counts.older), (1, 0));
    assert!(apply(&mut table, &batch).is_empty(), "redelivered");
}

#[test]
fn what_is_not_kept_is_counted() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let raw = proto::statistics::Counter { r#type: 99, raw: vec![1, 2, 3].into(), ..Default::default() };
    let report = proto::Statistics { counters: vec![raw] };
    assert_eq!(r.say(&mut table, 1, IN, Body::Statistics(report)).counts.raw_statistics, 1);
    assert_eq!(r.say(&mut table, 1, IN, Body::Mirroring(proto::Mirroring::default())).counts.mirrored, 1);
    let down = proto::PeerDown { reason: 77, data: vec![1].into(), ..Default::default() };
    assert_eq!(r.say(&mut table, 1, IN, Body::PeerDown(down)).counts.unread_peer_downs, 1);
}

#[test]
fn peers_of_a_router_that_did_not_come_back_are_told_as_down() {
    let mut table = table_with(Limits { hold_time_us: 10 * SECOND, ..limits() });
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    r.say(&mut table, 1, IN, peer_up());
    r.end(&mut table);
    let expired = expire(&mut table, START + 11 * SECOND);
    let peer = &expired.peers[0];
    assert_eq!((peer.state, peer.changed), (rib::PeerState::Down, true), "a store has what memory has");
}

#[test]
fn a_sweep_in_steps_is_one_event() {
    let mut table = table_with(Limits { eor_timeout_us: SECOND, max_expired: 2, ..limits() });
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    old.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8", "13.0.0.0/8"], 1));
    let mut new = Speaker::new(1, EPOCH + 1);
    new.start(&mut table);
    new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let mut told = Vec::new();
    loop {
        let step = expire(&mut table, START + 100 * SECOND);
        told.extend(step.events.iter().map(|event| (event.kind, event.routes)));
        if !step.more {
            break;
        }
    }
    assert_eq!(told, [(EventKind::Swept, Some(3))]);
}

#[test]
fn a_rib_is_verified_at_its_end_of_rib_or_at_the_timeout_or_when_it_was_empty() {
    let mut table = table_with(Limits { eor_timeout_us: 10 * SECOND, ..limits() });
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    let new = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    assert_eq!(new.ribs[0].verified, Some(1));
    r.say(&mut table, 2, IN, announce(&["10.0.0.0/8"], 1));
    r.say(&mut table, 3, IN, announce(&["10.0.0.0/8"], 1));
    r.say(&mut table, 3, IN, withdraw(&["10.0.0.0/8"]));
    r.end(&mut table);
    // Sessions that stand by have generations too.
    let mut r = Speaker::new(1, EPOCH + 1);
    r.start(&mut table);
    elsewhere(EPOCH + 2).start(&mut table);
    r.end(&mut table);
    let mut r = Speaker::new(1, EPOCH + 3);
    r.start(&mut table);
    let verified = |deltas: &Deltas| deltas.ribs.iter().map(|rib| rib.verified).collect::<Vec<_>>();
    assert_eq!(verified(&r.say(&mut table, 1, IN, announce(&["11.0.0.0/8"], 1))), [Some(1)]);
    assert_eq!(verified(&r.say(&mut table, 1, IN, end_of_rib())), [Some(4)]);
    assert_eq!(verified(&r.say(&mut table, 2, IN, announce(&["10.0.0.0/8"], 2))), [Some(1)]);
    assert_eq!(verified(&r.say(&mut table, 3, IN, announce(&["10.0.0.0/8"], 2))), [Some(4)]);
    assert_eq!(verified(&expire(&mut table, START + 11 * SECOND)), [Some(4)], "peer 2's");
    assert_eq!(verified(&r.say(&mut table, 2, IN, announce(&["10.0.0.0/8"], 3))), [Some(4)]);
}
