//! What becomes of the routes and other things that a router says, each promise as a test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use batch::proto::{self, event::Body, route_group::Action, Message as _};
use rib::{Limits, PeerState, Position, RibView};
use support::*;

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
