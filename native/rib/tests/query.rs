//! Questions to the table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use batch::proto::event::Body;
use batch::proto::{self, route_group::Action};
use rib::{AsPathPattern, Community, PrefixMatch, Query, RibView, RoutingTable};
use support::*;

fn filled() -> RoutingTable {
    let mut table = table();
    for router in [1, 2] {
        let mut r = Speaker::new(router, EPOCH);
        r.start(&mut table);
        for peer in [router * 10, router * 10 + 1] {
            r.say(&mut table, peer, IN, peer_up());
            let prefixes =
                ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.2.0.0/16", "11.0.0.0/8"];
            r.say(&mut table, peer, IN, announce(&prefixes, 1));
            let nlri =
                ["::/0", "2001:db8::/32", "2001:db8:1::/48"].iter().flat_map(|prefix| v6(prefix)).collect();
            r.say(&mut table, peer, IN, routes(2, vec![group(Action::Announce, 2, 1, nlri)]));
        }
        r.say(&mut table, router * 10, RibView::LocRib, announce(&["10.1.0.0/16"], 3));
    }
    table
}

fn of_peer(prefix: PrefixMatch) -> Query {
    Query { peer: Some(peer_id(10)), view: Some(IN), prefix, ..Query::default() }
}

fn prefixes(table: &RoutingTable, query: &Query) -> Vec<String> {
    table
        .routes(query)
        .expect("a page")
        .rows
        .iter()
        .map(|row| row.prefix.expect("a prefix").to_string())
        .collect()
}

#[test]
fn exact() {
    let table = filled();
    let exact = |prefix: &str| of_peer(PrefixMatch::Exact(prefix.parse().unwrap()));
    assert_eq!(prefixes(&table, &exact("10.1.0.0/16")), ["10.1.0.0/16"]);
    assert_eq!(prefixes(&table, &exact("10.1.2.3/16")), ["10.1.0.0/16"], "host bits do not matter");
    assert_eq!(prefixes(&table, &exact("10.1.0.0/17")), [""; 0]);
    assert_eq!(prefixes(&table, &exact("2001:db8::/32")), ["2001:db8::/32"]);
    assert_eq!(prefixes(&table, &exact("0.0.0.0/0")), ["0.0.0.0/0"]);
}

#[test]
fn longest_match() {
    let table = filled();
    for (address, expected) in [
        ("10.1.1.1", "10.1.1.0/24"),
        ("10.1.2.1", "10.1.0.0/16"),
        ("10.3.0.1", "10.0.0.0/8"),
        ("192.0.2.1", "0.0.0.0/0"),
        ("2001:db8:1::1", "2001:db8:1::/48"),
        ("2001:db8:2::1", "2001:db8::/32"),
        ("fe80::1", "::/0"),
    ] {
        let query = of_peer(PrefixMatch::Longest(address.parse().unwrap()));
        assert_eq!(prefixes(&table, &query), [expected], "{address}");
    }
    let everywhere = Query { prefix: PrefixMatch::Longest("10.1.1.1".parse().unwrap()), ..Query::default() };
    let views: Vec<String> = table
        .routes(&everywhere)
        .unwrap()
        .rows
        .iter()
        .map(|row| format!("{} {}", row.peer, row.prefix.unwrap()))
        .collect();
    assert_eq!(
        views,
        [
            "10.0.0.10 10.1.1.0/24",
            "10.0.0.10 10.1.0.0/16", // Loc-RIB has no longer one
            "10.0.0.11 10.1.1.0/24",
            "10.0.0.20 10.1.1.0/24",
            "10.0.0.20 10.1.0.0/16",
            "10.0.0.21 10.1.1.0/24",
        ]
    );
}

#[test]
fn more_specifics() {
    let table = filled();
    let inside = |prefix: &str| of_peer(PrefixMatch::MoreSpecifics(prefix.parse().unwrap()));
    assert_eq!(
        prefixes(&table, &inside("10.0.0.0/8")),
        ["10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.2.0.0/16"]
    );
    assert_eq!(prefixes(&table, &inside("10.0.0.0/15")), ["10.1.0.0/16", "10.1.1.0/24"]);
    assert_eq!(prefixes(&table, &inside("10.1.1.0/24")), ["10.1.1.0/24"]);
    assert_eq!(prefixes(&table, &inside("10.1.1.0/25")), [""; 0]);
    assert_eq!(prefixes(&table, &inside("0.0.0.0/0")).len(), 6);
    assert_eq!(prefixes(&table, &inside("2001:db8::/31")), ["2001:db8::/32", "2001:db8:1::/48"]);
    assert_eq!(prefixes(&table, &inside("ffff::/16")), [""; 0]);
}

#[test]
fn less_specifics() {
    let table = filled();
    let around = |prefix: &str| of_peer(PrefixMatch::LessSpecifics(prefix.parse().unwrap()));
    let held = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24"];
    assert_eq!(prefixes(&table, &around("10.1.1.0/24")), held);
    assert_eq!(prefixes(&table, &around("10.1.1.7/32")), held);
    assert_eq!(prefixes(&table, &around("10.1.0.0/23")), &held[..3]);
    assert_eq!(prefixes(&table, &around("2001:db8:1::/64")), ["::/0", "2001:db8::/32", "2001:db8:1::/48"]);
    let first = table.routes(&Query { limit: 2, ..around("10.1.1.0/24") }).unwrap();
    assert_eq!(prefixes(&table, &Query { cursor: first.cursor, ..around("10.1.1.0/24") }), &held[2..]);
}

#[test]
fn attributes_are_searched() {
    let mut table = table();
    let mut r = Speaker::new(1, EPOCH);
    r.start(&mut table);
    r.say(&mut table, 10, IN, peer_up());
    for (prefix, path) in
        [("10.1.0.0/16", &[3356, 174, 64500][..]), ("10.2.0.0/16", &[174, 3356]), ("10.3.0.0/16", &[])]
    {
        let mut attributes = attributes(0);
        if !path.is_empty() {
            attributes.extend([0x40, 2, 2 + 4 * u8::try_from(path.len()).unwrap(), 2]);
            attributes.push(u8::try_from(path.len()).unwrap());
            attributes.extend(path.iter().flat_map(|asn: &u32| asn.to_be_bytes()));
        }
        let groups = vec![group(Action::Announce, 1, 1, v4(prefix))];
        r.say(
            &mut table,
            10,
            IN,
            Body::Routes(proto::Routes { attributes: attributes.into(), groups, ..proto::Routes::default() }),
        );
    }
    let with = |query: Query| prefixes(&table, &query);
    let path = |text: &str| with(Query { as_path: Some(text.parse().unwrap()), ..Query::default() });
    assert_eq!(path("^3356 174"), ["10.1.0.0/16"]);
    assert_eq!(path("(^| )174( |$)"), ["10.1.0.0/16", "10.2.0.0/16"]);
    assert_eq!(path("^$"), ["10.3.0.0/16"]);
    assert_eq!(with(Query { origin_as: Some(3356), ..Query::default() }), ["10.2.0.0/16"]);
    let next_hop = |text: &str| with(Query { next_hop: Some(text.parse().unwrap()), ..Query::default() });
    assert_eq!((next_hop("192.0.2.254").len(), next_hop("192.0.2.1").len()), (3, 0));
    assert!("(".parse::<AsPathPattern>().is_err());
    assert!("((1{99}){99}){99}".parse::<AsPathPattern>().is_err(), "too much memory");
}

#[test]
fn pages_join_to_the_whole() {
    let table = filled();
    let mut whole = Vec::new();
    table
        .each_route(&Query::default(), |row| {
            whole.push((row.peer_id, row.view, row.nlri));
            true
        })
        .unwrap();
    assert_eq!(whole.len(), 2 * (2 * 9 + 1));
    for limit in 1..=whole.len() + 1 {
        let mut query = Query { limit, ..Query::default() };
        let mut joined = Vec::new();
        loop {
            let page = table.routes(&query).unwrap();
            assert!(page.rows.len() <= limit);
            joined.extend(page.rows.into_iter().map(|row| (row.peer_id, row.view, row.nlri)));
            match page.cursor {
                Some(cursor) => query.cursor = Some(cursor),
                None => break,
            }
        }
        assert_eq!(joined, whole, "limit {limit}");
    }
    let mut narrow = of_peer(PrefixMatch::MoreSpecifics("10.0.0.0/8".parse().unwrap()));
    narrow.limit = 3;
    narrow.cursor = table.routes(&narrow).unwrap().cursor;
    assert_eq!(prefixes(&table, &narrow), ["10.2.0.0/16"]);
}

#[test]
fn a_cursor_holds_when_its_route_is_gone() {
    let mut table = filled();
    let query = Query { limit: 2, ..of_peer(PrefixMatch::Any) };
    let cursor = table.routes(&query).unwrap().cursor;
    let mut r = Speaker::new(1, EPOCH);
    r.next = 100;
    r.say(&mut table, 10, IN, withdraw(&["10.0.0.0/8"]));
    assert_eq!(prefixes(&table, &Query { cursor, ..query }), ["10.1.0.0/16", "10.1.1.0/24"]);
}

#[test]
fn no_cursor_of_ours_is_an_error() {
    let table = filled();
    for cursor in ["", "zz", "00", "äö", &"0".repeat(200)] {
        let query = Query { cursor: Some(cursor.to_string()), ..Query::default() };
        assert!(table.routes(&query).is_err(), "{cursor}");
    }
}

#[test]
fn filters_join() {
    let table = filled();
    let count = |query: Query| table.routes(&Query { limit: 1000, ..query }).unwrap().rows.len();
    assert_eq!(count(Query { router: Some([1; 16]), ..Query::default() }), 19);
    assert_eq!(count(Query { router: Some([1; 16]), afi: Some(2), ..Query::default() }), 6);
    assert_eq!(count(Query { view: Some(RibView::LocRib), ..Query::default() }), 2);
    assert_eq!(count(Query { peer_address: Some("10.0.0.21".parse().unwrap()), ..Query::default() }), 9);
    assert_eq!(count(Query { safi: Some(128), ..Query::default() }), 0);
}

#[test]
fn communities_by_text() {
    assert_eq!("65000:100".parse(), Ok(Community::Standard(65000 << 16 | 100)));
    assert_eq!("65000:1:2".parse(), Ok(Community::Large("65000:1:2".into())));
    assert_eq!("rt:65000:1".parse(), Ok(Community::Extended("rt:65000:1".into())));
    for text in ["", "65000", "70000:1", "1:2:3:4"] {
        assert!(text.parse::<Community>().is_err(), "{text}");
    }
}

#[test]
fn summaries_count() {
    let table = filled();
    let routers = table.routers();
    let first = &routers[0];
    assert_eq!((routers.len(), first.peers, first.peers_up, first.routes), (2, 2, 2, 19));
    let peers = table.peers(Some(&[1; 16]));
    let ribs: Vec<_> = peers[0].ribs.iter().map(|rib| (rib.view, rib.afi, rib.safi, rib.routes)).collect();
    assert_eq!(ribs, [(IN, 1, 1, 6), (IN, 2, 1, 3), (RibView::LocRib, 1, 1, 1)]);
    assert!(peers[0].last_change_us >= i64::try_from(EPOCH).unwrap());
    assert_eq!(table.peers(None).len(), 4);
}

#[test]
fn a_row_as_json() {
    let table = filled();
    let query = of_peer(PrefixMatch::Exact("10.1.0.0/16".parse().unwrap()));
    let row = serde_json::to_value(&table.routes(&query).unwrap().rows[0]).unwrap();
    for (name, value) in [
        ("router", serde_json::json!("r1")),
        ("router_id", serde_json::json!("01010101-0101-0101-0101-010101010101")),
        ("view", serde_json::json!("adj_rib_in_pre")),
        ("peer", serde_json::json!("10.0.0.10")),
        ("peer_asn", serde_json::json!(65010)),
        ("distinguisher", serde_json::json!("0:0")),
        ("afi", serde_json::json!(1)),
        ("prefix", serde_json::json!("10.1.0.0/16")),
        ("nlri", serde_json::json!("100a01")),
        ("path_id", serde_json::Value::Null),
        ("med", serde_json::json!(1)),
        ("generation", serde_json::json!(1)),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
}
