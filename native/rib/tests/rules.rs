//! The table's promises, each as a test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use batch::proto::{self, event::Body, route_group::Action, Message as _};
use rib::{EndKind, EndScope, EventKind, Limits, PeerState, Position, RibView, RouterState, RoutingTable};
use support::*;

const IN: RibView = RibView::AdjRibInPre;

#[test]
fn announce_change_unchanged_withdraw() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, peer_up());
    let first = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "10.1.0.0/16"], 1));
    assert_eq!(changes(&first), ["+10.0.0.0/8 1", "+10.1.0.0/16 1"]);
    assert_eq!(first.attributes.len(), 1, "one set for both");
    assert_eq!(first.routes[0].position, Position { generation: 1, sequence: 3 });

    let again = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    assert!(again.is_quiet(), "the same again is no change");
    assert_eq!(again.counts.unchanged, 1);

    assert_eq!(changes(&r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 2))), ["~10.0.0.0/8 2"]);
    assert_eq!(changes(&r.say(&mut table, 1, IN, withdraw(&["10.0.0.0/8"]))), ["-10.0.0.0/8"]);
    assert_eq!(held(&table), ["10.0.0.1 adj_rib_in_pre 10.1.0.0/16 1"]);
    assert_eq!(table.size().attribute_sets, 1, "sets without a route are freed");
}

#[test]
fn another_next_hop_is_a_change() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let mut moved = group(Action::Announce, 1, 1, v4("10.0.0.0/8"));
    moved.next_hop = vec![192, 0, 2, 1].into();
    let deltas = r.say(&mut table, 1, IN, routes(1, vec![moved]));
    assert_eq!(changes(&deltas), ["~10.0.0.0/8 1"]);
    assert_eq!(deltas.attributes[0].next_hop(), [192, 0, 2, 1]);
}

#[test]
fn bits_after_the_prefix_length_are_no_part_of_the_key() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    let sloppy = routes(1, vec![group(Action::Announce, 1, 1, vec![12, 10, 0x0f])]);
    let deltas = r.say(&mut table, 1, IN, sloppy);
    assert_eq!(changes(&deltas), ["+10.0.0.0/12 1"]);
    assert_eq!(deltas.routes[0].nlri[..], [12, 10, 0], "the key is told");
    assert_eq!(changes(&r.say(&mut table, 1, IN, withdraw(&["10.0.0.0/12"]))), ["-10.0.0.0/12"]);
}

#[test]
fn an_unknown_withdrawal_is_passed_on_as_such() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let deltas = r.say(&mut table, 1, IN, withdraw(&["10.0.0.0/8"]));
    assert_eq!(changes(&deltas), ["-10.0.0.0/8 unknown"]);
    assert_eq!(deltas.counts.unknown_withdrawals, 1);
}

#[test]
fn what_one_update_withdraws_and_announces_is_announced() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    let both = routes(
        2,
        vec![
            group(Action::Withdraw, 1, 1, [v4("10.0.0.0/8"), v4("11.0.0.0/8")].concat()),
            group(Action::Announce, 1, 1, v4("10.0.0.0/8")),
        ],
    );
    assert_eq!(changes(&r.say(&mut table, 1, IN, both)), ["-11.0.0.0/8", "~10.0.0.0/8 2"]);
}

#[test]
fn one_position_says_one_thing_of_a_route() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let mut second = group(Action::Announce, 1, 1, v4("10.0.0.0/8"));
    second.next_hop = vec![192, 0, 2, 9].into();
    let twice = routes(1, vec![group(Action::Announce, 1, 1, v4("10.0.0.0/8")), second]);
    let deltas = r.say(&mut table, 1, IN, twice);
    assert_eq!(changes(&deltas), ["+10.0.0.0/8 1"]);
    let set = deltas.attributes_of(&deltas.routes[0]).expect("attributes");
    assert_eq!(set.next_hop(), [192, 0, 2, 9], "the last one said");
}

#[test]
fn an_update_that_says_all_its_routes_twice() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let nlri: Vec<u8> =
        (0..16_000_u32).flat_map(|number| [&[32][..], &number.to_be_bytes()].concat()).collect();
    let backwards: Vec<u8> = nlri.chunks(5).rev().flatten().copied().collect();
    let mut second = group(Action::Announce, 1, 1, backwards);
    second.next_hop = vec![192, 0, 2, 9].into();
    let deltas = r.say(&mut table, 1, IN, routes(1, vec![group(Action::Announce, 1, 1, nlri), second]));
    assert_eq!(deltas.routes.len(), 16_000);
    let last_said = |route| deltas.attributes_of(route).expect("attributes").next_hop() == [192, 0, 2, 9];
    assert!(deltas.routes.iter().all(last_said));
}

#[test]
fn a_message_that_does_not_read_makes_no_peer() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let deltas = r.say(&mut table, 1, IN, Body::Undecodable(proto::Undecodable::default()));
    assert_eq!((deltas.dead_letters.len(), deltas.dead_letters[0].peer), (1, None));
    assert!(table.peers(None).is_empty());
}

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
fn routes_without_a_peer_up_make_their_peer() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let deltas = r.say(&mut table, 3, RibView::LocRib, announce(&["10.0.0.0/8"], 1));
    assert_eq!((deltas.peers[0].state, deltas.peers[0].changed), (PeerState::Unknown, true));
    assert_eq!(held(&table), ["10.0.0.3 loc_rib 10.0.0.0/8 1"]);
    r.say(&mut table, 3, RibView::LocRib, peer_up());
    assert_eq!(table.peers(None)[0].row.state, PeerState::Up);
}

#[test]
fn path_ids_are_part_of_the_key() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let path = |action, id: u32| {
        let mut group = group(action, 1, 1, [id.to_be_bytes().to_vec(), v4("10.0.0.0/8")].concat());
        group.add_path = true;
        group
    };
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 1));
    r.say(&mut table, 1, IN, routes(2, vec![path(Action::Announce, 0)]));
    r.say(&mut table, 1, IN, routes(3, vec![path(Action::Announce, 7)]));
    let all = ["10.0.0.0/8 1", "10.0.0.0/8#0 2", "10.0.0.0/8#7 3"]
        .map(|row| format!("10.0.0.1 adj_rib_in_pre {row}"));
    assert_eq!(held(&table), all, "no path id is not path id 0");
    let gone = r.say(&mut table, 1, IN, routes(0, vec![path(Action::Withdraw, 0)]));
    assert_eq!(changes(&gone), ["-10.0.0.0/8#0"]);
}

#[test]
fn views_peers_and_routers_are_never_mixed() {
    let mut table = table();
    for router in [1, 2] {
        let mut r = Speaker::new(router, EPOCH);
        r.start(&mut table);
        for peer in [router * 10, router * 10 + 1] {
            for (med, view) in (1..).zip(RibView::ALL) {
                let deltas = r.say(&mut table, peer, view, announce(&["10.0.0.0/8"], med));
                assert_eq!(changes(&deltas).len(), 1);
            }
        }
        let gone = r.say(&mut table, router * 10, RibView::LocRib, withdraw(&["10.0.0.0/8"]));
        assert!(!gone.routes[0].unknown);
    }
    assert_eq!(table.size().routes, 2 * (2 * 5 - 1));
    assert_eq!(table.size().attribute_sets, 5, "sets are shared across all of them");
}

#[test]
fn families_that_cannot_be_split_are_no_routes() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    for action in [Action::Announce, Action::Withdraw] {
        let deltas = r.say(&mut table, 1, IN, routes(1, vec![group(action, 25, 200, vec![2, 3, 1, 2, 3])]));
        assert_eq!((deltas.routes.len(), deltas.counts.unsplit, table.size().routes), (0, 1, 0));
        let letter = &deltas.dead_letters[0];
        assert_eq!((letter.treatment, &letter.raw[..]), ("kept_raw", &[2, 3, 1, 2, 3][..]));
        assert_eq!(letter.reason, "NLRI of 25/200 cannot be split into routes: they are kept as they came");
    }
}

#[test]
fn of_families_of_which_the_framing_is_read_each_nlri_is_a_route() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    // Two of SD-WAN (SAFI 74), and one of Color-Aware Routing (SAFI 83) with two different things beside its key.
    let sd_wan = [[0, 1, 0, 2, 7, 7], [0, 1, 0, 2, 7, 8]].concat();
    let car = |beside: u8| vec![7, 3, 1, 16, 10, 1, 1, beside];
    r.say(&mut table, 1, IN, routes(1, vec![group(Action::Announce, 1, 74, sd_wan)]));
    r.say(&mut table, 1, IN, routes(1, vec![group(Action::Announce, 1, 83, car(1))]));
    r.say(&mut table, 1, IN, routes(1, vec![group(Action::Announce, 1, 83, car(2))]));
    let page = table.routes(&rib::Query::default()).expect("a page");
    let texts: Vec<_> = page.rows.iter().map(|row| row.nlri_text.as_deref().unwrap()).collect();
    assert_eq!(texts, ["000100020707", "000100020708", "070301100a010102"]);
    let gone = r.say(&mut table, 1, IN, routes(1, vec![group(Action::Withdraw, 1, 83, car(3))]));
    assert_eq!((gone.routes[0].unknown, table.size().routes), (false, 2));
}

#[test]
fn a_statistic_without_a_value_is_not_zero() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let counters = vec![proto::statistics::Counter { r#type: 7, unread: true, ..Default::default() }];
    let deltas = r.say(&mut table, 1, IN, Body::Statistics(proto::Statistics { counters }));
    assert_eq!((deltas.statistics.len(), deltas.counts.raw_statistics), (0, 1));
}

#[test]
fn a_label_is_no_part_of_the_key_and_a_new_one_is_another_nlri() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    // 65000:1 10.0.0.0/8 with a label; withdrawn with the label that RFC 8277 gives withdrawals.
    let vpn = |label: [u8; 3], action| {
        let nlri = [&[24 + 64 + 8][..], &label, &[0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 10]].concat();
        group(action, 1, 128, nlri)
    };
    let first = [0, 1, 1];
    r.say(&mut table, 1, IN, routes(1, vec![vpn(first, Action::Announce)]));
    let page = table.routes(&rib::Query::default()).expect("a page");
    let text = page.rows[0].nlri_text.as_deref().expect("a text");
    assert_eq!(text, "65000:1:10.0.0.0/8");
    let by = |text: &str| rib::Query { nlri_text: Some(text.to_string()), ..rib::Query::default() };
    assert_eq!(table.routes(&by(text)).expect("a page").rows.len(), 1);
    assert_eq!(table.routes(&by("10.0.0.0/8")).expect("a page").rows.len(), 0);
    assert!(r.say(&mut table, 1, IN, routes(1, vec![vpn(first, Action::Announce)])).is_quiet());

    let moved = r.say(&mut table, 1, IN, routes(1, vec![vpn([0, 2, 1], Action::Announce)]));
    assert_eq!(changes(&moved), ["-600001010000fde8000000010a", "+600002010000fde8000000010a 1"]);
    assert_eq!(table.size().routes, 1);

    let gone = r.say(&mut table, 1, IN, routes(1, vec![vpn([0x80, 0, 0], Action::Withdraw)]));
    assert_eq!(changes(&gone), ["-600002010000fde8000000010a"], "as it was announced");
    assert_eq!(table.size().routes, 0);
}

#[test]
fn limits_refuse_and_tell() {
    let limits = Limits { max_routes: 2, max_peers_per_router: 1, max_routers: 1, ..limits() };
    let mut table = table_with(limits);
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    let deltas =
        r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8", "13.0.0.0/8"], 1));
    assert_eq!((changes(&deltas).len(), deltas.counts.over_limit, deltas.dead_letters.len()), (2, 2, 1));
    let known = r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], 2));
    assert_eq!(changes(&known), ["~10.0.0.0/8 2"], "what is held goes on");
    let refused = r.say(&mut table, 2, IN, announce(&["10.0.0.0/8"], 1));
    assert_eq!((refused.routes.len(), refused.dead_letters.len()), (0, 1));
    let many = r.batch(Some(2), IN, (0..100).map(|_| announce(&["10.0.0.0/8"], 1)).collect());
    let refused = apply(&mut table, &many);
    let [letter] = &refused.dead_letters[..] else { panic!("one dead letter a batch") };
    assert_eq!(letter.reason, "limit of 1 peers reached: 100 events refused");
    assert_eq!(refused.counts.over_limit, 100);
    let other = Speaker::new(2, EPOCH).batch(None, IN, vec![]);
    assert!(table.apply(&other.encode_to_vec()).is_err());
}

#[test]
fn what_is_no_batch_is_refused_and_changes_nothing() {
    let mut table = table();
    assert!(table.apply(b"\xff\xff\xff").is_err());
    assert!(table.apply(b"").is_err(), "no session");
    let mut r = Speaker::new(1, EPOCH);
    let mut batch = r.batch(Some(1), IN, vec![announce(&["10.0.0.0/8"], 1)]);
    batch.peers[0].address = vec![1, 2, 3].into();
    assert!(table.apply(&batch.encode_to_vec()).is_err());
    assert_eq!(table.size(), rib::Size::default());
}

#[test]
fn faults_statistics_and_dead_letters_are_told() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let fault = proto::Fault {
        treatment: proto::fault::Treatment::TreatAsWithdraw as i32,
        attribute: Some(2),
        reason: "AS_PATH: segment past the end".into(),
        raw: vec![2, 9].into(),
    };
    let body = Body::Routes(proto::Routes { faults: vec![fault], ..Default::default() });
    let deltas = r.say(&mut table, 1, IN, body);
    assert_eq!(deltas.dead_letters[0].treatment, "treat_as_withdraw");
    let counters = vec![
        proto::statistics::Counter { r#type: 7, value: 42, ..Default::default() },
        proto::statistics::Counter { r#type: 9, afi: 1, safi: 1, value: 43, ..Default::default() },
    ];
    let deltas = r.say(&mut table, 1, IN, Body::Statistics(proto::Statistics { counters }));
    let rows: Vec<_> =
        deltas.statistics.iter().map(|row| (row.stat_type, row.afi, row.safi, row.value)).collect();
    assert_eq!(rows, [(7, None, None, 42), (9, Some(1), Some(1), 43)]);
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
