//! Questions about attributes to a table that is large enough for its postings: whatever came before, they give what a look at every
//! route gives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod support;

use batch::proto::route_group::Action;
use batch::proto::{self, event::Body};
use rib::{Community, Limits, Query, RibView, RouteRow, RoutingTable, StoredKey};
use support::*;

/// More than are looked at one by one.
const MANY: u32 = 6_000;

fn path(asns: &[u32]) -> Vec<u8> {
    let mut out = vec![0x40, 1, 1, 0, 0x40, 2, 2 + 4 * asns.len() as u8, 2, asns.len() as u8];
    out.extend(asns.iter().flat_map(|asn| asn.to_be_bytes()));
    // Of each kind of community one, by the origin; every fifth path has none.
    let origin = asns.last().copied().unwrap_or_default();
    if origin % 5 > 0 {
        let [.., low] = origin.to_be_bytes();
        out.extend([0xc0, 8, 4, 0xfd, 0xe8, 0, low % 100]);
        out.extend([0xc0, 16, 8, 0, 2, 0xfd, 0xe8, 0, 0, 0, low % 30]);
        out.extend([0xc0, 32, 12, 0, 0, 0xfd, 0xe8, 0, 0, 0, low % 50, 0, 0, 0, 1]);
    }
    out
}

fn next_hop(asns: &[u32]) -> [u8; 4] {
    [192, 0, 2, asns.last().map_or(0, |asn| (asn % 10) as u8)]
}

/// 10.0.0.0/24 and those after it, one with a path identifier where the peer's have one.
fn nlri(number: u32, path_id: Option<u32>) -> Vec<u8> {
    let mut out: Vec<u8> = path_id.map(u32::to_be_bytes).into_iter().flatten().collect();
    let [_, _, high, low] = number.to_be_bytes();
    out.extend([24, 10, high, low]);
    out
}

fn say(
    speaker: &mut Speaker,
    table: &mut RoutingTable,
    peer: u8,
    action: Action,
    asns: &[u32],
    number: u32,
    id: Option<u32>,
) {
    let mut group = proto::RouteGroup { add_path: id.is_some(), ..group(action, 1, 1, nlri(number, id)) };
    if action == Action::Announce {
        group.next_hop = next_hop(asns).to_vec().into();
    }
    let attributes = if action == Action::Announce { path(asns) } else { Vec::new() };
    let body = Body::Routes(proto::Routes {
        attributes: attributes.into(),
        groups: vec![group],
        ..Default::default()
    });
    speaker.say(table, peer, IN, body);
}

fn asks() -> Vec<Query> {
    let pattern = |text: &str| Query { as_path: Some(text.parse().unwrap()), ..Query::default() };
    let community = |text: &str| Query { community: Some(text.parse().unwrap()), ..Query::default() };
    let next_hop = |last: u8| Query { next_hop: Some([192, 0, 2, last].into()), ..Query::default() };
    vec![
        community("65000:7"),
        community("65000:1"),
        community("65000:999"),
        community("65000:49:1"),
        community("65000:4:1"),
        community("rt:65000:3"),
        community("rt:65000:3;c65000:3"),
        community("t:65000:3"),
        next_hop(1),
        next_hop(11),
        Query { next_hop: Some("::ffff:192.0.2.1".parse().unwrap()), ..Query::default() },
        Query { community: Some("65000:11".parse().unwrap()), ..next_hop(1) },
        Query { as_in_path: Some(3), ..next_hop(4) },
        Query { as_in_path: Some(99_999), ..next_hop(4) },
        Query { community: Some("65000:44:1".parse().unwrap()), ..pattern("44$") },
        Query { as_in_path: Some(3), ..Query::default() },
        Query { as_in_path: Some(777), ..Query::default() },
        Query { as_in_path: Some(99_999), ..Query::default() },
        Query { origin_as: Some(40), ..Query::default() },
        Query { origin_as: Some(40), as_in_path: Some(65_011), ..Query::default() },
        Query { origin_as: Some(41), view: Some(RibView::LocRib), ..Query::default() },
        pattern("^65010 3 "),
        pattern(r"(^|[\]\[ ,{}()]|$)77(^|[\]\[ ,{}()]|$)"),
        pattern("[^0-9]4[0-9]$"),
        pattern("88$"),
        Query { as_in_path: Some(5), ..pattern("99$") },
    ]
}

fn wanted(query: &Query, row: &RouteRow) -> bool {
    let path = &row.attributes.as_path;
    let has = |community: &Community| match community {
        Community::Standard(one) => row.attributes.communities.contains(one),
        Community::Large(one) => row.attributes.large_communities.contains(one),
        Community::Extended(one) => row.attributes.extended_communities.contains(one),
    };
    query.next_hop.is_none_or(|next_hop| row.attributes.next_hop == Some(next_hop))
        && query.community.as_ref().is_none_or(has)
        && query.view.is_none_or(|view| view == row.view)
        && query.as_in_path.is_none_or(|asn| path.contains(&asn))
        && query.origin_as.is_none_or(|asn| path.last() == Some(&asn))
}

fn name(row: &RouteRow) -> String {
    format!("{} {:?} {:?} {}", row.peer, row.prefix, row.path_id, row.attributes.as_path_text)
}

fn key(row: &RouteRow) -> StoredKey {
    StoredKey {
        rib_id: rib::rib_id(&row.peer_id, row.view, row.afi, row.safi),
        nlri_key: row.nlri.to_vec(),
        path_id: row.path_id,
    }
}

/// Page after page, and once as a whole, against a look at all routes.
fn holds(table: &RoutingTable, when: &str) {
    let mut all = Vec::new();
    table
        .each_route(&Query::default(), |row| {
            all.push(row);
            true
        })
        .unwrap();
    for query in asks() {
        let alone = query.as_path.as_ref().map(|pattern| pattern.expression().to_owned());
        let alone = alone.map(|text| regex::Regex::new(&text).unwrap());
        let matches = |row: &&RouteRow| {
            wanted(&query, row)
                && alone.as_ref().is_none_or(|alone| alone.is_match(&row.attributes.as_path_text))
        };
        let expected: Vec<String> = all.iter().filter(matches).map(name).collect();
        let keys: Vec<StoredKey> = all.iter().filter(matches).map(key).collect();
        assert_eq!(table.keys(&query, 100_000).unwrap(), keys, "{when}, keys: {query:?}");
        assert_eq!(table.keys(&query, 20).unwrap().len(), keys.len().min(21), "{when}, keys: {query:?}");
        let mut whole = Vec::new();
        table
            .each_route(&query, |row| {
                whole.push(name(&row));
                true
            })
            .unwrap();
        assert_eq!(whole, expected, "{when}: {query:?}");
        assert_eq!(table.count(&query, 100_000).unwrap(), expected.len(), "{when}, counted: {query:?}");
        assert_eq!(table.count(&query, 20).unwrap(), expected.len().min(21), "{when}, counted: {query:?}");
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = table.routes(&Query { limit: 250, cursor, ..query.clone() }).unwrap();
            assert!(page.rows.len() <= 250);
            paged.extend(page.rows.iter().map(name));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(paged, expected, "{when}, in pages: {query:?}");
    }
}

#[test]
fn what_is_asked_of_attributes_is_what_a_look_at_every_route_gives() {
    let mut table = table_with(Limits::default());
    let mut speaker = Speaker::new(1, EPOCH);
    speaker.start(&mut table);
    for peer in [10, 11] {
        speaker.say(&mut table, peer, IN, peer_up());
    }
    let id = |peer: u8, number: u32| (peer == 11).then_some(number % 3);
    let first = |peer: u8| 65_000 + u32::from(peer);
    for peer in [10, 11] {
        for number in 0..MANY {
            say(
                &mut speaker,
                &mut table,
                peer,
                Action::Announce,
                &[first(peer), number % 7, number % 1_000],
                number,
                id(peer, number),
            );
        }
    }
    holds(&table, "filled");
    // Others come, some change and some go.
    for number in (0..MANY).step_by(13) {
        say(&mut speaker, &mut table, 10, Action::Announce, &[first(10), 777, number % 50], number, None);
        say(&mut speaker, &mut table, 11, Action::Withdraw, &[], number, id(11, number));
        say(&mut speaker, &mut table, 10, Action::Announce, &[first(10), 3], MANY + number, None);
    }
    holds(&table, "changed");
    // There and back: what was said of them before holds again.
    for number in (0..MANY).step_by(29) {
        say(&mut speaker, &mut table, 10, Action::Withdraw, &[], number, None);
        say(
            &mut speaker,
            &mut table,
            10,
            Action::Announce,
            &[first(10), number % 7, number % 1_000],
            number,
            None,
        );
    }
    holds(&table, "there and back");
    // So much that the postings are forgotten.
    for round in 0..3 {
        for number in 0..MANY {
            say(
                &mut speaker,
                &mut table,
                10,
                Action::Announce,
                &[first(10), round, number % 900 + round],
                number,
                None,
            );
        }
    }
    holds(&table, "all of it anew");
    speaker.say(&mut table, 10, IN, peer_down());
    holds(&table, "a peer is gone");
}

#[test]
fn a_table_that_changes_while_it_is_made_ready_gives_the_same() {
    let mut table = table_with(Limits::default());
    let mut speaker = Speaker::new(1, EPOCH);
    speaker.start(&mut table);
    speaker.say(&mut table, 10, IN, peer_up());
    let mut announce = |table: &mut RoutingTable, asns: &[u32], number| {
        say(&mut speaker, table, 10, Action::Announce, asns, number, None);
    };
    for number in 0..MANY {
        announce(&mut table, &[65_010, number % 7, number % 1_000], number);
    }
    // A set goes and its name is another's, before its turn comes and after it.
    for number in 0..MANY {
        if number % 20 == 0 {
            table.prepare_search(10);
        }
        announce(&mut table, &[65_010, 3 + number % 7, number % 1_000], number);
    }
    assert!(!table.is_ready_to_search());
    holds(&table, "half ready");
    while !table.prepare_search(100) {}
    assert!(table.is_ready_to_search());
    assert!(table.prepare_search(0), "it stays ready");
    for number in (0..MANY).step_by(13) {
        announce(&mut table, &[65_010, 777, number % 50], number);
    }
    assert!(!table.prepare_search(0), "sets came that are not ready");
    assert!(table.is_ready_to_search(), "but they are few");
    holds(&table, "changed since");
    assert!(table.prepare_search(0), "the question has made them ready");
}
