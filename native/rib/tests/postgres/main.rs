//! The store's SQL and the COPY streams against a real PostgreSQL: the files that the station runs,
//! on a server of their own. Where the machine has no server programs they are left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[macro_use]
extern crate needs;

needs::main!();

mod churn;
mod cluster;
mod commits;
mod history;
mod make;
mod migrations;
mod partitions;
mod speed;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod timescale;

use std::collections::BTreeMap;

use cluster::Cluster;
use postgres::Client;
use rib::*;
use store::{Store, TABLES};

/// An empty store in a database of its own.
pub fn store(name: &str) -> Store {
    let mut store = Store::new(Cluster::shared().database(name), "bmp Store");
    store.migrate_up();
    store
}

// The last octet of the attributes tells the sets of these tests apart.
const ACTIVE: &str = "SELECT b.peer_id, t.prefix, get_byte(s.attributes, length(s.attributes) - 1)
    FROM {schema}.bgp_routing_state t JOIN {schema}.bgp_ribs b USING (rib_id)
    JOIN {schema}.bgp_attribute_sets s USING (set_id) ORDER BY 1, 2";
const HISTORY: &str = "SELECT change, prefix, get_byte(s.attributes, length(s.attributes) - 1), sequence
    FROM {schema}.bgp_routing_history LEFT JOIN {schema}.bgp_attribute_sets s USING (set_id) ORDER BY sequence, prefix";

fn row(peer: u8, route: u16, value: u8) -> String {
    let id = format!("{peer:02x}").repeat(16);
    format!(
        "({}-{}-{}-{}-{},{},{value})",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..],
        make::prefix(route)
    )
}

#[test]
fn every_column_arrives_as_it_is() {
    let mut store = store("columns");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 7, 100, 10);
    deltas.routes[0].path_id = Some(u32::MAX);
    deltas.ribs[0].view = RibView::AdjRibOutPost;
    deltas.ribs[0].rib_id = rib_id(&make::peer_id(1), RibView::AdjRibOutPost, 1, 1);
    deltas.peers[1].distinguisher = 0x0000_fde8_0000_0064;
    deltas.peers[1].address = "2001:db8::1".parse().unwrap();
    deltas.peers[1].table_name = Some("red\0vrf".into());
    make::event(&mut deltas, EventKind::PeerDown, Some(0), 11);
    for (stat_type, value) in [(7, 0), (0, 12_345_678), (8, u64::MAX)] {
        deltas.statistics.push(Statistic {
            peer: 0,
            stat_type,
            afi: None,
            safi: None,
            value,
            position: make::at(12),
            router_time_us: 0,
            received_at_us: make::time(12),
        });
    }
    for path in ["a", "b"] {
        deltas.dead_letters.push(DeadLetter {
            router: 0,
            peer: Some(1),
            position: make::at(13),
            received_at_us: make::time(13),
            offset: Some(99),
            path: path.into(),
            reason: "length 5, need 19".into(),
            treatment: "kept_raw",
            suspect: false,
            raw: vec![3, 0, 0, 0, 5],
        });
    }
    store.commit(&deltas);
    let state = "SELECT t.generation, t.sequence, t.path_id, extract(epoch FROM t.changed_at) * 1000000, b.view, b.afi, b.safi,
        t.nlri_key, t.nlri, t.prefix, s.next_hop_octets, s.attributes, b.routes, b.rib_id = {schema}.bgp_rib_id(b.peer_id, b.view, b.afi, b.safi),
        s.set_id = {schema}.bgp_set_id(s.next_hop_octets, s.attributes)
        FROM {schema}.bgp_routing_state t
        JOIN {schema}.bgp_ribs b USING (rib_id) JOIN {schema}.bgp_attribute_sets s USING (set_id)";
    let time = make::time(10);
    assert_eq!(
        store.rows(state),
        [format!(
            "({},10,4294967295,{time}.000000,adj_rib_out_post,1,1,\"\\\\x180a0007\",,\
             10.0.7.0/24,\"\\\\xc6336401\",\"\\\\x4001010040020a0202fa56ea010000fde940050400000064\",1,t,t)",
            make::EPOCH
        )]
    );
    assert_eq!(
        store.rows(
            "SELECT origin, as_path, as_path_text, next_hop, med, local_pref, communities, large_communities,
            extended_communities, other_attributes, origin_as FROM {schema}.bgp_attribute_sets"
        ),
        ["(igp,\"{4200000001,65001}\",\"4200000001 65001\",198.51.100.1,,100,,,,,65001)"]
    );
    assert_eq!(
        store.rows("SELECT distinguisher, address, asn, bgp_id, table_name, state, local_asn, hold_time FROM {schema}.bgp_peers ORDER BY peer_id"),
        [
            "(\"\\\\x0000000000000000\",198.51.100.1,4200000001,10.0.0.1,,up,65000,90)".to_owned(),
            "(\"\\\\x0000fde800000064\",2001:db8::1,4200000002,10.0.0.2,red\u{fffd}vrf,up,65000,90)".to_owned(),
        ]
    );
    assert_eq!(
        store.rows("SELECT sys_name, address, port, collector, state FROM {schema}.bgp_routers"),
        ["(edge1,192.0.2.1,40000,station,connected)"]
    );
    assert_eq!(
        store.rows("SELECT type, value FROM {schema}.bgp_stats ORDER BY type"),
        ["(0,12345678)", "(7,0)", "(8,18446744073709551615)"]
    );
    assert_eq!(
        store.rows("SELECT kind, reason_code, notification_code, notification_subcode, routes FROM {schema}.bgp_peer_events"),
        ["(peer_down,3,6,2,2)"]
    );
    assert_eq!(
        store.rows("SELECT ordinal, \"offset\", path, raw FROM {schema}.bgp_dead_letters ORDER BY ordinal"),
        ["(0,99,a,\"\\\\x0300000005\")", "(1,99,b,\"\\\\x0300000005\")"]
    );
    let before = store.everything();
    store.commit_again(&[&deltas]);
    assert_eq!(store.everything(), before, "made again, every row stays where it is");
}

#[test]
fn every_attribute_has_its_column() {
    let mut store = store("attributes");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 0, 10);
    let octets = [
        &[0x40, 1, 1, 2][..],
        // 65001 {65002,65003}
        &[0x40, 2, 16, 2, 1, 0, 0, 0xfd, 0xe9, 1, 2, 0, 0, 0xfd, 0xea, 0, 0, 0xfd, 0xeb],
        &[0x80, 4, 4, 0xff, 0xff, 0xff, 0xff, 0x40, 6, 0],
        &[0xc0, 7, 8, 0xfa, 0x56, 0xea, 0, 10, 0, 0, 1],
        &[0xc0, 8, 8, 0xfd, 0xe8, 0, 1, 0xff, 0xff, 0xff, 1],
        &[0x80, 9, 4, 10, 0, 0, 2, 0x80, 10, 8, 10, 0, 0, 3, 10, 0, 0, 4],
        &[0xc0, 16, 8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 1],
        &[0xc0, 32, 12, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff],
        &[0xc0, 35, 4, 0, 0, 0xfd, 0xe8],
        &[0xe0, 200, 2, 0xca, 0xfe],
    ];
    deltas.attributes[0] = AttributeSet::from_parts(
        &[&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], &[0xfe, 0x80], &[0; 13], &[2]].concat(),
        &octets.concat(),
    );
    store.commit(&deltas);
    assert_eq!(
        store.rows(
            "SELECT origin, as_path, as_path_text, next_hop, med, communities, large_communities,
            extended_communities FROM {schema}.bgp_attribute_sets"
        ),
        ["(incomplete,\"{65001,65002,65003}\",\"65001 {65002,65003}\",2001:db8::1,4294967295,\
          \"{4259840001,4294967041}\",{65000:1:4294967295},{rt:65000:1})"]
    );
    assert_eq!(
        store.rows(
            "SELECT key, value FROM {schema}.bgp_attribute_sets, jsonb_each_text(other_attributes)
                    WHERE key <> 'other' ORDER BY key"
        ),
        [
            "(aggregator,\"{\"\"asn\"\": 4200000000, \"\"address\"\": \"\"10.0.0.1\"\"}\")",
            "(atomic_aggregate,true)",
            "(cluster_list,\"[\"\"10.0.0.3\"\", \"\"10.0.0.4\"\"]\")",
            "(next_hop_link_local,fe80::2)",
            "(only_to_customer,65000)",
            "(originator_id,10.0.0.2)",
        ]
    );
    assert_eq!(
        store.rows("SELECT (other_attributes->'other'->0)::text FROM {schema}.bgp_attribute_sets"),
        ["(\"{\"\"code\"\": 200, \"\"flags\"\": 224, \"\"value\"\": \"\"cafe\"\"}\")"]
    );
}

#[test]
fn an_nlri_that_no_index_holds_is_known_by_its_digest() {
    let mut store = store("long");
    let mut deltas = make::deltas();
    (deltas.ribs[0].afi, deltas.ribs[0].safi) = (16388, 71);
    let long = |last: u8| Nlri::from_vec([vec![1_u8; 4000], vec![last]].concat());
    // One that looks like a digest, and the longest that is its own key.
    let same = Nlri::from_vec(vec![0xff; 36]);
    let short = Nlri::from_vec(vec![2; 256]);
    for (sequence, nlri) in (10..).zip([long(1), long(2), same.clone(), short]) {
        make::announce(&mut deltas, 0, 1, 100, sequence);
        deltas.routes.last_mut().unwrap().nlri = nlri;
    }
    store.commit(&deltas);
    let keys =
        "SELECT length(nlri_key), length(nlri), nlri_key = {schema}.bgp_nlri_key(coalesce(nlri, nlri_key))
        FROM {schema}.bgp_routing_state ORDER BY sequence";
    assert_eq!(store.rows(keys), ["(36,4001,t)", "(36,4001,t)", "(36,36,t)", "(256,,t)"]);
    let mut gone = make::deltas();
    (gone.ribs[0].afi, gone.ribs[0].safi) = (16388, 71);
    make::withdraw(&mut gone, 0, 1, 20);
    gone.routes[0].nlri = long(1);
    store.commit(&gone);
    assert_eq!(store.rows(keys), ["(36,4001,t)", "(36,36,t)", "(256,,t)"]);
    let table = store.load("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", Limits::default());
    let mut held = Vec::new();
    table
        .each_route(&Query::default(), |row| {
            held.push(row.nlri.len());
            true
        })
        .unwrap();
    held.sort_unstable();
    assert_eq!(held, [36, 256, 4001]);
}

/// A table tells a set once; a store that has forgotten it (maintenance) or shares it (another table) is told again.
#[test]
fn an_attribute_set_is_written_once() {
    let mut store = store("sets");
    let mut table = support::table();
    let mut router = support::Speaker::new(1, support::EPOCH);
    store.commit(&router.start(&mut table));
    let mut written = |body| {
        let deltas = router.say(&mut table, 1, RibView::AdjRibInPre, body);
        let touched: BTreeMap<_, _> = store.commit(&deltas).into_iter().collect();
        touched.get("06.attribute_sets.insert").copied()
    };
    assert_eq!(written(support::announce(&["10.1.0.0/16"], 7)), Some(1));
    assert_eq!(written(support::announce(&["10.2.0.0/16"], 7)), None, "told before");
    assert_eq!(written(support::withdraw(&["10.1.0.0/16", "10.2.0.0/16"])), None);
    assert_eq!(written(support::announce(&["10.1.0.0/16"], 7)), Some(0), "told again, and there");
    assert_eq!(store.rows("SELECT count(*) FROM {schema}.bgp_attribute_sets"), ["(1)"]);
}

#[test]
fn sets_that_nothing_has_go_with_the_history_of_their_time() {
    let mut store = store("garbage");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    make::announce(&mut deltas, 0, 2, 101, 10);
    store.commit(&deltas);
    let mut gone = make::deltas();
    make::withdraw(&mut gone, 0, 1, 20);
    store.commit(&gone);
    let schema = store.schema.clone();
    let maintain = |store: &mut Store, at: &str| {
        store
            .client
            .execute(&format!("CALL {schema}.bgp_maintain(keep_history => '10 days', at => '{at}')"), &[])
            .unwrap();
        store.rows(
            "SELECT get_byte(attributes, length(attributes) - 1), unused_since FROM {schema}.bgp_attribute_sets ORDER BY 1",
        )
    };
    let marked = ["(100,\"2026-11-22 00:00:00+00\")", "(101,)"];
    store.client.batch_execute("SET timezone = 'UTC'").unwrap();
    assert_eq!(maintain(&mut store, "2026-11-22"), marked);
    assert_eq!(maintain(&mut store, "2026-12-01"), marked);
    // Told again, it is used again.
    let mut back = make::deltas();
    make::announce(&mut back, 0, 1, 100, 30);
    store.commit(&back);
    assert_eq!(maintain(&mut store, "2026-12-10"), ["(100,)", "(101,)"]);
    let mut gone = make::deltas();
    make::withdraw(&mut gone, 0, 1, 40);
    store.commit(&gone);
    assert_eq!(maintain(&mut store, "2026-12-11").len(), 2);
    assert_eq!(maintain(&mut store, "2026-12-22"), ["(101,)"]);
}
