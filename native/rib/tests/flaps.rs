//! Routes that change again and again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::*;

#[test]
fn withdrawals_and_changes_add_up_and_time_halves_them() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    for med in 1..=4 {
        r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], med));
    }
    for _ in 0..3 {
        r.say(&mut table, 1, IN, announce(&["11.0.0.0/8"], 1));
        r.say(&mut table, 1, IN, withdraw(&["11.0.0.0/8"]));
    }
    // Once is no flap; the same again is none.
    r.say(&mut table, 1, IN, announce(&["12.0.0.0/8"], 1));
    r.say(&mut table, 1, IN, announce(&["12.0.0.0/8"], 2));
    r.say(&mut table, 1, IN, announce(&["12.0.0.0/8"], 2));
    let flaps = |table: &rib::RoutingTable| {
        let routes = table.flapping(None, None, 10);
        routes
            .into_iter()
            .map(|one| (one.nlri_text, one.withdrawals, one.changes, one.penalty))
            .collect::<Vec<_>>()
    };
    assert_eq!(flaps(&table), [("11.0.0.0/8".into(), 3, 0, 3000), ("10.0.0.0/8".into(), 0, 3, 1500)]);
    assert_eq!(table.flapping(None, None, 1).len(), 1);
    expire(&mut table, START + 900 * SECOND);
    assert_eq!(flaps(&table), [("11.0.0.0/8".into(), 3, 0, 1500), ("10.0.0.0/8".into(), 0, 3, 750)]);
    expire(&mut table, START + 2700 * SECOND);
    assert_eq!(flaps(&table).len(), 1, "what is quiet is forgotten");
}

#[test]
fn a_session_that_comes_back_makes_no_flap() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    r.say(&mut table, 1, IN, announce(&["10.0.0.0/8", "11.0.0.0/8"], 1));
    for number in 1..5 {
        r.end(&mut table);
        r = Speaker::new(1, EPOCH + number);
        r.start(&mut table);
        r.say(&mut table, 1, IN, announce(&["10.0.0.0/8"], u8::try_from(number).unwrap() + 1));
        r.say(&mut table, 1, IN, end_of_rib());
    }
    assert!(table.flapping(None, None, 10).is_empty());
}

#[test]
fn a_table_that_is_withdrawn_as_a_whole_leaves_room_for_what_flaps() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    let all: Vec<String> =
        (0..110_000_u32).map(|n| format!("{}/32", std::net::Ipv4Addr::from(0x0a00_0000 + n))).collect();
    for some in all.chunks(10_000) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        r.say(&mut table, 1, IN, announce(&some, 1));
        r.say(&mut table, 1, IN, withdraw(&some));
    }
    assert!(table.flapping(None, None, 10).is_empty());
    expire(&mut table, START + 100 * SECOND);
    for _ in 0..2 {
        r.say(&mut table, 1, IN, announce(&["192.0.2.0/24"], 1));
        expire(&mut table, START + 200 * SECOND);
        r.say(&mut table, 1, IN, withdraw(&["192.0.2.0/24"]));
    }
    assert_eq!(table.flapping(None, None, 10).len(), 1);
}

#[test]
fn what_flaps_is_asked_of_a_router_or_a_peer_and_says_when_it_was() {
    let (mut table, mut r) = (table(), Speaker::new(1, EPOCH));
    r.start(&mut table);
    for peer in [1, 2] {
        for _ in 0..=peer {
            r.say(&mut table, peer, IN, announce(&["10.0.0.0/8"], 1));
            r.say(&mut table, peer, IN, withdraw(&["10.0.0.0/8"]));
        }
    }
    let all = table.flapping(None, None, 10);
    assert_eq!(all.iter().map(|one| one.withdrawals).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(all[0].prefix, Some("10.0.0.0/8".parse().unwrap()));
    assert!(all[0].changed_at_us > START && all[0].changed_at_us > all[1].changed_at_us);
    let of =
        |router, peer| table.flapping(router, peer, 10).iter().map(|one| one.peer_id).collect::<Vec<_>>();
    assert_eq!(of(None, Some(&all[1].peer_id)), [all[1].peer_id]);
    assert_eq!(of(Some(&all[0].router_id), None), [all[0].peer_id, all[1].peer_id]);
    assert!(of(Some(&[7; 16]), None).is_empty() && of(Some(&[7; 16]), Some(&all[0].peer_id)).is_empty());
}
