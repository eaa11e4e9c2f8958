//! What ends and what stays when a peer or a session goes, comes back, or does not, each promise as a test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use batch::proto::{self, event::Body, route_group::Action};
use rib::{EndKind, EndScope, EventKind, Limits, PeerState, Position, RibView, RouterState, RoutingTable};
use support::*;

#[test]
fn what_was_applied_is_ignored_when_it_comes_again() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let one = r.batch(Some(1), IN, vec![peer_up(), announce(&["10.0.0.0/8"], 1)]);
    let two =
        r.batch(Some(1), IN, vec![announce(&["10.0.0.0/8"], 2), withdraw(&["10.0.0.0/8"]), peer_down()]);
    apply(&mut table, &one);
    apply(&mut table, &two);
    for batch in [&one, &two] {
        let again = apply(&mut table, batch);
        assert!(again.is_empty());
        assert_eq!(again.counts.older, batch.events.len() as u64);
    }
}

#[test]
fn what_still_comes_of_a_replaced_session_is_left_out_but_its_dead_letters_are_kept() {
    let mut table = table();
    let (mut old, mut new) = (Speaker::new(1, EPOCH + 1), Speaker::new(1, EPOCH));
    old.start(&mut table);
    new.start(&mut table);
    new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 2));
    let late = old.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    assert_eq!((late.routes.len(), late.counts.superseded), (0, 1));
    assert!(old.say(&mut table, 1, IN, peer_down()).ends.is_empty());
    let undecodable = proto::Undecodable { reason: "why".into(), raw: vec![3].into(), ..Default::default() };
    let kept = old.say(&mut table, 1, IN, Body::Undecodable(undecodable));
    assert_eq!(kept.dead_letters.len(), 1);
    assert!(old.end(&mut table).ends.is_empty());
    assert_eq!(held(&table), ["10.0.0.1 adj_rib_in_pre 10.0.0.0/8 2"]);
}

#[test]
fn peer_down_ends_all_views_of_the_peer_in_one() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    for (peer, view) in [(1, IN), (1, RibView::AdjRibInPost), (2, IN)] {
        r.say(&mut table, peer, view, peer_up());
        r.say(&mut table, peer, view, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    }
    let deltas = r.say(&mut table, 1, IN, peer_down());
    assert!(deltas.routes.is_empty(), "no row a route");
    let [end] = &deltas.ends[..] else { panic!("one end") };
    assert_eq!((end.scope, end.kind, end.routes), (EndScope::Peer(0), EndKind::Ended, 4));
    assert_eq!(deltas.peers[0].state, PeerState::Down);
    let [event] = &deltas.events[..] else { panic!("one event") };
    assert_eq!((event.kind, event.routes, event.reason_code), (EventKind::PeerDown, Some(4), Some(4)));
    assert_eq!(held(&table).len(), 2, "the other peer keeps its routes");

    // FRR sends a second Peer Down, and Peer Downs of peers that never were up.
    let again = r.say(&mut table, 1, IN, peer_down());
    assert!(!again.peers[0].changed);
    assert_eq!(r.say(&mut table, 7, IN, peer_down()).peers[0].state, PeerState::Down);

    r.say(&mut table, 1, IN, peer_up());
    // FRR sends the withdrawals of the time before only now.
    let late = r.say(&mut table, 1, IN, withdraw(&["10.0.0.0/8"]));
    assert_eq!(changes(&late), ["-10.0.0.0/8 unknown"]);
    assert_eq!(changes(&r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1))), ["+10.0.0.0/8 1"]);
}

#[test]
fn down_and_up_inside_one_batch() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let all = r.batch(
        Some(1),
        IN,
        vec![peer_up(), announce(&["10.0.0.0/8"], 1), peer_down(), peer_up(), announce(&["10.0.0.0/8"], 1)],
    );
    let deltas = apply(&mut table, &all);
    assert_eq!(changes(&deltas), ["+10.0.0.0/8 1 ended", "+10.0.0.0/8 1"]);
    assert_eq!(deltas.ends.len(), 1);
    assert!(deltas.routes[0].position < deltas.ends[0].position);
    assert!(deltas.ends[0].position < deltas.routes[1].position);
    assert_eq!(
        (deltas.peers.len(), deltas.peers[0].state),
        (1, PeerState::Up),
        "the row as it is at the end"
    );
}

#[test]
fn a_session_that_sends_the_same_again_changes_nothing() {
    let mut table = table();
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    old.say(&mut table, 1, IN, peer_up());
    old.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    let ended = old.end(&mut table);
    let [end] = &ended.ends[..] else { panic!("one end") };
    assert_eq!((end.scope, end.kind), (EndScope::Router(0), EndKind::Stale));
    assert_eq!(ended.routers[0].state, RouterState::Disconnected);
    assert!(ended.routes.is_empty());

    let mut new = Speaker::new(1, EPOCH + 60_000_000);
    new.start(&mut table);
    new.say(&mut table, 1, IN, peer_up());
    let same = new.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    assert!(same.routes.is_empty() && !same.peers.iter().any(|peer| peer.changed));
    let swept = new.say(&mut table, 1, IN, end_of_rib());
    assert!(swept.routes.is_empty());
    assert_eq!((swept.events[0].kind, swept.events[0].routes), (EventKind::EndOfRib, Some(0)));
    let row = table.routes(&rib::Query::default()).expect("a page").rows.remove(0);
    assert_eq!(
        (row.position.generation, row.stale),
        (1, false),
        "the change is the old one, the sight is new"
    );
}

#[test]
fn end_of_rib_sweeps_what_was_not_said_again_of_its_family_and_view() {
    let mut table = table();
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    old.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    old.say(&mut table, 1, RibView::AdjRibInPost, announce(&["11.0.0.0/8"], 1));
    old.say(&mut table, 1, IN, routes(1, vec![group(Action::Announce, 2, 1, v6("2001:db8::/32"))]));
    old.end(&mut table);

    let mut new = Speaker::new(1, EPOCH + 1000);
    new.start(&mut table);
    new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 2));
    let swept = new.say(&mut table, 1, IN, end_of_rib());
    assert_eq!(changes(&swept), ["-11.0.0.0/8 synthetic"]);
    assert_eq!(swept.routes[0].position, Position { generation: 2, sequence: 3 });
    assert_eq!(
        held(&table),
        [
            "10.0.0.1 adj_rib_in_pre 10.0.0.0/8 2",
            "10.0.0.1 adj_rib_in_pre 2001:db8::/32 1",
            "10.0.0.1 adj_rib_in_post 11.0.0.0/8 1"
        ]
    );
}

#[test]
fn a_router_without_end_of_rib_is_swept_after_the_timeout() {
    let limits = Limits { eor_timeout_us: 10 * SECOND, ..limits() };
    let mut table = table_with(limits);
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    for peer in [1, 2] {
        old.say(&mut table, peer, IN, peer_up());
        old.say(&mut table, peer, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    }
    old.end(&mut table);
    let mut new = Speaker::new(1, EPOCH + 1000);
    new.start(&mut table);
    new.say(&mut table, 1, IN, peer_up());
    new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));

    let start = i64::try_from(EPOCH).unwrap() + 1000;
    assert!(expire(&mut table, start + 9 * SECOND).is_empty());
    let expired = expire(&mut table, start + 10 * SECOND);
    assert_eq!(changes(&expired), ["-11.0.0.0/8 synthetic"], "route by route where some were said again");
    let [end] = &expired.ends[..] else { panic!("one end") };
    assert_eq!((end.kind, end.routes, end.synthetic), (EndKind::Ended, 2, true), "at once where none was");
    let gone = expired.peers.iter().find(|peer| peer.peer_id == peer_id(2)).expect("peer 2");
    assert_eq!((gone.state, gone.changed), (PeerState::Down, true));
    assert_eq!(held(&table), ["10.0.0.1 adj_rib_in_pre 10.0.0.0/8 1"]);
    assert!(expire(&mut table, start + 1000 * SECOND).is_empty(), "once");
}

#[test]
fn a_sweep_is_done_in_bounded_steps() {
    let limits = Limits { eor_timeout_us: SECOND, max_expired: 2, ..limits() };
    let mut table = table_with(limits);
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    let prefixes: Vec<String> = (1..=5).map(|n| format!("10.{n}.0.0/16")).collect();
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    old.say(&mut table, 1, IN, announce(&prefixes, 1));
    let mut new = Speaker::new(1, EPOCH + 1000);
    new.start(&mut table);
    new.say(&mut table, 1, IN, announce(&prefixes[..1], 1));
    let later = i64::try_from(EPOCH).unwrap() + 100 * SECOND;
    let steps: Vec<(usize, bool)> =
        (0..3).map(|_| expire(&mut table, later)).map(|step| (step.routes.len(), step.more)).collect();
    assert_eq!(steps, [(2, true), (2, false), (0, false)]);
    assert_eq!(held(&table).len(), 1);
}

#[test]
fn a_router_that_does_not_come_back_ends_after_the_hold_time() {
    let limits = Limits { hold_time_us: 10 * SECOND, ..limits() };
    let mut table = table_with(limits);
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    r.say(&mut table, 1, IN, peer_up());
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    r.end(&mut table);
    let now = r.now_us;
    assert!(expire(&mut table, now + 9 * SECOND).is_empty());
    assert_eq!(held(&table).len(), 1, "as last seen");
    let expired = expire(&mut table, now + 11 * SECOND);
    let [end] = &expired.ends[..] else { panic!("one end") };
    assert_eq!(
        (end.scope, end.kind, end.routes, end.synthetic),
        (EndScope::Router(0), EndKind::Ended, 1, true)
    );
    assert_eq!(expired.events[0].kind, EventKind::Expired);
    assert!(held(&table).is_empty());
    assert_eq!(table.peers(None)[0].row.state, PeerState::Down);
}

/// A router that lost its session; the table with a hold time of 60 s, and steps of time that count up to 5 s.
fn lost() -> (RoutingTable, Speaker, i64) {
    let limits = Limits { hold_time_us: 60 * SECOND, max_step_us: 5 * SECOND, ..limits() };
    let mut table = table_with(limits);
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    r.end(&mut table);
    (table, r, i64::try_from(EPOCH).expect("small"))
}

/// After how many seconds something ends, where one looks every second.
fn ends_after(table: &mut RoutingTable, from: i64) -> Option<i64> {
    (1..1000).find(|second| !expire(table, from + second * SECOND).ends.is_empty())
}

#[test]
fn a_table_that_looks_every_second_expires_in_time() {
    let (mut table, _, start) = lost();
    assert_eq!(ends_after(&mut table, start), Some(60));
}

#[test]
fn nothing_ends_while_batches_are_behind() {
    let (mut table, _, start) = lost();
    for second in 1..200 {
        let now = start + second * SECOND;
        assert!(table.expire(now, now, false).is_empty());
    }
    let mut new = Speaker::new(1, EPOCH + 5_000_000);
    new.start(&mut table);
    let again = new.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    assert!(again.routes.is_empty(), "it was never gone");
}

#[test]
fn time_in_which_the_table_was_held_up_does_not_count() {
    let (mut table, _, start) = lost();
    // The store was away for 100 s, and with it the pipeline.
    let now = start + 100 * SECOND;
    assert!(expire(&mut table, now).is_empty());
    assert_eq!(ends_after(&mut table, now), Some(60));
}

#[test]
fn a_wall_clock_that_steps_an_hour_ends_nothing_and_holds_up_nothing() {
    for step in [-3600, 3600] {
        let (mut table, _, start) = lost();
        let wall = start + step * SECOND;
        let ends = (1..1000).find(|second| {
            let now = second * SECOND;
            !table.expire(wall + now, start + now, true).ends.is_empty()
        });
        assert_eq!(ends, Some(60));
    }
}

#[test]
fn without_a_hold_time_the_end_of_the_session_is_the_end_of_its_routes() {
    let limits = Limits { hold_time_us: 0, ..limits() };
    let mut table = table_with(limits);
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let deltas = r.end(&mut table);
    assert!(deltas.ends.iter().any(|end| end.kind == EndKind::Ended && end.routes == 1));
    assert!(held(&table).is_empty());
}

#[test]
fn termination_makes_the_peers_stale() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, peer_up());
    let said = proto::Termination { reason: Some(0), ..Default::default() };
    let deltas = r.session(&mut table, Body::Termination(said));
    assert_eq!(deltas.ends[0].kind, EndKind::Stale);
    assert_eq!(table.peers(None)[0].row.state, PeerState::Stale);
    let end = r.end(&mut table);
    assert!(end.ends.is_empty(), "told once");
}

#[test]
fn a_session_that_replaces_one_that_never_ended_is_told_as_a_gap() {
    let mut table = table();
    let mut old = Speaker::new(1, EPOCH);
    old.start(&mut table);
    old.say(&mut table, 1, IN, peer_up());
    let deltas = Speaker::new(1, EPOCH + 5).start(&mut table);
    let gap = deltas.events.iter().find(|event| event.kind == EventKind::SessionEnd).expect("its end");
    assert!(gap.synthetic);
    assert_eq!(deltas.ends[0].kind, EndKind::Stale);
    assert_eq!(deltas.routers[0].state, RouterState::Connected);
}

#[test]
fn routes_from_before_path_identifiers_were_inferred_are_withdrawn() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["0.0.0.0/0", "24.0.0.0/7"], 1));
    // Another view of the same peer keeps what it has.
    r.say(&mut table, 1, RibView::AdjRibInPost, announce(&["10.0.0.0/8"], 1));
    let inferred = Body::AddPathInferred(proto::AddPathInferred { afi: 1, safi: 1, ..Default::default() });
    let deltas = r.say(&mut table, 1, IN, inferred);
    assert_eq!(changes(&deltas), ["-0.0.0.0/0 synthetic", "-24.0.0.0/7 synthetic"]);
    assert!(deltas.routes.iter().all(|route| route.synthetic));
    let event = &deltas.events[0];
    assert_eq!((event.kind, event.routes, event.synthetic), (EventKind::Swept, Some(2), true));
    let mut group = group(Action::Announce, 1, 1, [&[0, 0, 0, 7][..], &v4("10.1.2.0/24")].concat());
    group.add_path = true;
    group.add_path_inferred = true;
    r.say(&mut table, 1, IN, routes(1, vec![group]));
    let peers = table.peers(None);
    let said: Vec<_> =
        peers[0].ribs.iter().map(|rib| (rib.view, rib.routes, rib.add_path_inferred)).collect();
    assert_eq!(said, [(IN, 1, true), (RibView::AdjRibInPost, 1, false)]);
    let rows = table.routes(&rib::Query::default()).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.add_path_inferred).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_rib_that_could_not_all_be_read_again_is_not_verified_and_not_swept() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    r.end(&mut table);
    let mut r = Speaker::new(1, EPOCH + 1);
    r.start(&mut table);
    let turned = |as_negotiated, incomplete| {
        Body::AddPathInferred(proto::AddPathInferred { afi: 1, safi: 1, as_negotiated, incomplete })
    };
    let deltas = r.say(&mut table, 1, IN, turned(false, true));
    let counts = (deltas.counts.add_path_inferred, deltas.counts.add_path_taken_back);
    assert_eq!((counts, deltas.ribs[0].inferred, deltas.ribs[0].verified), ((1, 0), true, None));
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    // 11.0.0.0/8 may be among what could not be read again.
    let end = r.say(&mut table, 1, IN, Body::EndOfRib(proto::EndOfRib { afi: 1, safi: 1 }));
    assert_eq!((changes(&end), end.ribs[0].verified), (vec![], None));
    assert!(!table.peers(None)[0].ribs[0].verified);
    let back = r.say(&mut table, 1, IN, turned(true, false));
    assert_eq!((back.counts.add_path_taken_back, back.ribs[0].inferred), (1, false));
    assert!(back.events[0].reason.as_deref().unwrap().contains("taken back"));
}
