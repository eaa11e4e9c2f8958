//! The store's SQL and the COPY streams against a real PostgreSQL: the files that the station runs,
//! on a server of their own. Where the machine has no server programs they are left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[macro_use]
extern crate needs;

needs::main!();

mod churn;
mod cluster;
mod history;
mod make;
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

#[test]
fn changes_of_one_commit_are_all_history_and_the_last_is_the_state() {
    let mut store = store("chain");
    let mut first = make::deltas();
    make::announce(&mut first, 0, 1, 100, 10);
    store.commit(&first);
    let mut flap = make::deltas();
    make::announce(&mut flap, 0, 1, 101, 11);
    flap.routes[0].change = RouteChange::Change;
    make::withdraw(&mut flap, 0, 1, 12);
    make::announce(&mut flap, 0, 1, 100, 13);
    make::announce(&mut flap, 0, 2, 7, 14);
    make::withdraw(&mut flap, 0, 2, 15);
    store.commit(&flap);
    let (history, state) = (store.rows(HISTORY), store.everything());
    assert_eq!(
        history,
        [
            "(announce,10.0.1.0/24,100,10)",
            "(change,10.0.1.0/24,101,11)",
            "(withdraw,10.0.1.0/24,,12)",
            "(announce,10.0.1.0/24,100,13)",
            "(announce,10.0.2.0/24,7,14)",
            "(withdraw,10.0.2.0/24,,15)",
        ]
    );
    assert_eq!(store.rows(ACTIVE), [row(1, 1, 100)]);
    store.commit_again(&[&flap]);
    assert_eq!(store.everything(), state);
}

#[test]
fn peer_down_ends_the_routes_of_one_peer_in_one_statement() {
    let mut store = store("peer_down");
    let mut deltas = make::deltas();
    for route in 0..500 {
        make::announce(&mut deltas, 0, route, 1, 10);
        make::announce(&mut deltas, 1, route, 1, 10);
    }
    store.commit(&deltas);
    let mut down = make::deltas();
    down.ribs.clear();
    make::event(&mut down, EventKind::PeerDown, Some(0), 20);
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 20);
    let touched: BTreeMap<_, _> = store.commit(&down).into_iter().collect();
    assert_eq!(touched["03.ends.delete_routes"], 500);
    assert_eq!(store.rows("SELECT routes FROM {schema}.bgp_ribs ORDER BY peer_id"), ["(0)", "(1)"]);
    assert_eq!(store.rows(ACTIVE).len(), 500);
    assert_eq!(store.rows(HISTORY).len(), 1000, "the end of the routes is one event, not 500 rows");
    let mut router = make::deltas();
    make::end(&mut router, EndScope::Router(0), EndKind::Ended, 30);
    store.commit(&router);
    assert_eq!(store.rows(ACTIVE).len(), 0);
}

#[test]
fn an_end_between_two_announcements_of_one_commit() {
    let mut store = store("end_between");
    let mut first = make::deltas();
    make::announce(&mut first, 0, 1, 100, 10);
    make::announce(&mut first, 0, 2, 100, 10);
    store.commit(&first);
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 3, 100, 11);
    deltas.routes[0].ended = true;
    make::end(&mut deltas, EndScope::Peer(0), EndKind::Ended, 12);
    make::event(&mut deltas, EventKind::PeerDown, Some(0), 12);
    // Route 1 comes back as it was; FRR withdraws route 2, which ended already.
    make::withdraw(&mut deltas, 0, 2, 13);
    deltas.routes[1].unknown = true;
    make::announce(&mut deltas, 0, 1, 100, 14);
    store.commit(&deltas);
    assert_eq!(store.rows(ACTIVE), [row(1, 1, 100)]);
    assert_eq!(
        store.rows(HISTORY),
        [
            "(announce,10.0.1.0/24,100,10)",
            "(announce,10.0.2.0/24,100,10)",
            "(announce,10.0.3.0/24,100,11)",
            "(announce,10.0.1.0/24,100,14)",
        ]
    );
    let before = store.everything();
    store.commit_again(&[&deltas]);
    assert_eq!(store.everything(), before);
}

#[test]
fn consecutive_deltas_in_one_commit_are_as_one_after_the_other() {
    let mut store = store("several");
    let mut deltas = [make::deltas(), make::deltas(), make::deltas()];
    make::announce(&mut deltas[0], 0, 1, 100, 10);
    make::announce(&mut deltas[0], 0, 2, 100, 10);
    make::announce(&mut deltas[1], 0, 1, 101, 11);
    deltas[1].routes[0].change = RouteChange::Change;
    deltas[1].routes[0].ended = true;
    deltas[1].peers[0].asn = 1;
    deltas[1].peers[0].position = make::at(11);
    make::end(&mut deltas[1], EndScope::Peer(0), EndKind::Ended, 12);
    make::announce(&mut deltas[2], 0, 2, 100, 13);
    deltas[2].peers[0].asn = 2;
    deltas[2].peers[0].position = make::at(11);
    store.commit_all(&deltas.iter().collect::<Vec<_>>());
    assert_eq!(store.rows(ACTIVE), [row(1, 2, 100)]);
    assert_eq!(store.rows(HISTORY).len(), 4);
    assert_eq!(store.rows("SELECT asn FROM {schema}.bgp_peers ORDER BY peer_id LIMIT 1"), ["(2)"]);
}

#[test]
fn a_lost_session_makes_peers_stale_and_touches_no_route() {
    let mut store = store("stale");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    deltas.peers[1].state = PeerState::Down;
    store.commit(&deltas);
    let routes = store.rows("SELECT ctid, * FROM {schema}.bgp_routing_state");
    let mut lost = make::deltas();
    lost.peers.clear();
    lost.ribs.clear();
    make::end(&mut lost, EndScope::Router(0), EndKind::Stale, 20);
    store.commit(&lost);
    assert_eq!(
        store.rows("SELECT state, sequence FROM {schema}.bgp_peers ORDER BY peer_id"),
        ["(stale,20)", "(down,2)"]
    );
    assert_eq!(store.rows("SELECT ctid, * FROM {schema}.bgp_routing_state"), routes);
}

#[test]
fn the_history_of_a_prefix_has_the_ends_of_its_peers() {
    let mut store = store("history");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    make::announce(&mut deltas, 1, 1, 100, 11);
    make::withdraw(&mut deltas, 1, 1, 12);
    store.commit(&deltas);
    for (sequence, kind) in [(20, EventKind::PeerDown), (21, EventKind::PeerDown), (30, EventKind::Expired)] {
        let mut down = make::deltas();
        let peer = (kind == EventKind::PeerDown).then_some(0);
        make::event(&mut down, kind, peer, sequence);
        make::end(&mut down, peer.map_or(EndScope::Router(0), EndScope::Peer), EndKind::Ended, sequence);
        store.commit(&down);
        if sequence == 21 {
            let mut back = make::deltas();
            make::announce(&mut back, 0, 1, 100, 25);
            store.commit(&back);
        }
    }
    let query = store.sql("query/history.sql").replace("$1", &format!("'{}'", make::prefix(1)));
    let query = query
        .replace("$2", "NULL")
        .replace("$3", "NULL")
        .replace("$4", "100")
        .replace("$5", "NULL")
        .replace("$6", "0");
    assert_eq!(
        store.rows(&format!("SELECT change, implied, peer_address, sequence FROM ({query}) h")),
        [
            "(withdraw,t,198.51.100.1,30)",
            "(announce,f,198.51.100.1,25)",
            "(withdraw,t,198.51.100.1,20)",
            "(withdraw,f,198.51.100.2,12)",
            "(announce,f,198.51.100.2,11)",
            "(announce,f,198.51.100.1,10)",
        ]
    );
}

/// Once its peers ended and it was vacuumed, the planner believes the state table empty and would scan it for every
/// row of a commit, over all that the same commit has inserted.
#[test]
fn no_commit_scans_the_state_table() {
    let mut store = store("plans");
    let mut deltas = make::deltas();
    for route in 0..500 {
        make::announce(&mut deltas, 0, route, 1, 10);
    }
    store.commit(&deltas);
    let mut down = make::deltas();
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 20);
    store.commit(&down);
    store.client.batch_execute("VACUUM ANALYZE").unwrap();
    let plans = store.plans();
    assert!(plans.iter().any(|(_, plan)| plan.contains("bgp_routing_state_key")));
    for (file, plan) in plans {
        assert!(!plan.contains("Seq Scan on bgp_routing_state"), "{file}:\n{plan}");
    }
}

#[test]
fn migrations_go_up_and_down_and_up() {
    let cluster = Cluster::shared();
    let mut store = Store::new(cluster.database("migrations"), "bmp Store");
    let nothing = objects(&mut store.client);
    for _ in 0..2 {
        store.migrate_up();
        for table in TABLES {
            assert_eq!(store.rows(&format!("SELECT count(*) FROM {{schema}}.{table}")), ["(0)"]);
        }
        store.migrate_down();
        assert_eq!(objects(&mut store.client), nothing);
    }
    // In a host's schema, which stays.
    store.schema = "public".into();
    store.migrate_up();
    store.migrate_down();
    assert_eq!(objects(&mut store.client), nothing);
}

/// The examples of the guide are what it says they are: SQL that runs, and finds what it asks for.
#[test]
fn the_guide_can_be_followed() {
    let mut store = store("guide");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    store.commit(&deltas);
    let guide = include_str!("../../../../guides/reading-the-table-with-sql.md");
    let examples: Vec<&str> =
        guide.split("```sql\n").skip(1).filter_map(|rest| Some(rest.split_once(";\n```")?.0)).collect();
    assert!(examples.len() >= 9, "{}", examples.len());
    let schema = store.schema.clone();
    store.client.batch_execute(&format!("SET search_path = {schema}")).unwrap();
    let prefix = make::prefix(1);
    let found: Vec<usize> = examples
        .iter()
        .map(|example| {
            let example = example
                .replace("192.0.2.0/24", &prefix)
                .replace("now()", "'2026-11-21 00:30+00'::timestamptz");
            store.client.query(&example, &[]).unwrap_or_else(|error| panic!("{example}: {error:?}")).len()
        })
        .collect();
    assert_eq!(found[..2], [1, 1], "who announces it, and who did");
    assert_eq!(found[5], 1, "its path through time");
}

fn objects(client: &mut Client) -> Vec<String> {
    let query = "SELECT 'class ' || oid::regclass FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
                 UNION SELECT 'type ' || oid::regtype FROM pg_type UNION SELECT 'function ' || oid::regprocedure FROM pg_proc
                 UNION SELECT 'schema ' || nspname FROM pg_namespace ORDER BY 1";
    client.query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

/// Of partitions, which a server with TimescaleDB does not have.
fn without_timescale() {
    if std::env::var("SERVICERADAR_BMP_PG_EXTENSIONS").is_ok_and(|names| names.contains("timescaledb")) {
        needs::leave_out("this server has TimescaleDB");
    }
}

#[test]
fn weeks_get_partitions_and_old_ones_go() {
    without_timescale();
    let mut store = store("partitions");
    let mut deltas = make::deltas();
    for (sequence, route) in [(10, 1), (11, 2), (12, 3)] {
        make::announce(&mut deltas, 0, route, 1, sequence);
    }
    // A collector with a wrong clock: its rows land in the default partition, refused by none.
    let day: i64 = 86_400_000_000;
    deltas.routes[1].received_at_us += 400 * day;
    deltas.routes[2].received_at_us -= 400 * day;
    store.commit(&deltas);
    let partitions = "SELECT tableoid::regclass, prefix FROM {schema}.bgp_routing_history ORDER BY prefix";
    let schema = store.schema.clone();
    // With a clock of the test's own.
    let maintain = |store: &mut Store, day: &str| {
        let call = format!("CALL {schema}.bgp_maintain(keep_history => '10 days', at => '{day}')");
        store.client.execute(&call, &[]).unwrap();
        store.rows(partitions).iter().map(|row| row.replace(['\\', '"'], "")).collect::<Vec<_>>()
    };
    assert_eq!(
        maintain(&mut store, "2026-11-22 12:00Z"),
        [
            "(bmp Store.bgp_routing_history_20261116,10.0.1.0/24)",
            "(bmp Store.bgp_routing_history_default,10.0.2.0/24)",
        ]
    );
    assert_eq!(
        maintain(&mut store, "2027-12-26 12:00Z"),
        ["(bmp Store.bgp_routing_history_20271220,10.0.2.0/24)"],
        "moved out of the default partition; the old week is gone"
    );
    let left = "SELECT count(*) FROM pg_class WHERE relname ~ '^bgp_routing_history_20261116'";
    assert_eq!(store.rows(left), ["(0)"]);
}

/// Somebody reads the history for long: maintenance does not wait for it, and nobody behind maintenance.
#[test]
fn maintenance_leaves_for_later_what_is_in_use() {
    without_timescale();
    let mut store = store("in_use");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 1, 10);
    store.commit(&deltas);
    let schema = store.schema.clone();
    let maintain = |store: &mut Store, day: &str| {
        let call = format!("CALL {schema}.bgp_maintain(keep_history => '10 days', at => '{day}')");
        store.client.execute(&call, &[]).unwrap();
        store.rows(
            "SELECT count(*) FROM {schema}.bgp_routing_history WHERE NOT EXISTS
            (SELECT FROM pg_class c WHERE c.oid = tableoid AND c.relname ~ 'default')",
        )
    };
    assert_eq!(maintain(&mut store, "2026-11-22"), ["(1)"]);
    let mut reader = Cluster::shared().connect("in_use");
    let mut reading = reader.transaction().unwrap();
    reading.query(&format!("SELECT FROM {schema}.bgp_routing_history_20261116"), &[]).unwrap();
    assert_eq!(maintain(&mut store, "2026-12-26"), ["(1)"], "its partition is in use");
    reading.commit().unwrap();
    assert_eq!(maintain(&mut store, "2026-12-26"), ["(0)"]);
}

/// What version 1 had stored: two routes of one RIB, one of them withdrawn, and what happened to them.
const VERSION_1: &str = "
    INSERT INTO {schema}.bgp_routers (router_id, epoch, sequence, sys_name, sys_descr, port, collector, state,
        session_started_at, first_seen_at)
      VALUES ('aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 1700000000000000, 9, 'edge', '', 1, 'here', 'connected',
        '2026-11-21', '2026-11-21');
    INSERT INTO {schema}.bgp_peers (peer_id, router_id, epoch, sequence, peer_type, distinguisher, address, asn, bgp_id,
        state, state_since, first_seen_at)
      VALUES ('01010101-0101-0101-0101-010101010101', 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 1700000000000000, 2, 0,
        '\\x0000000000000000', '10.0.0.1', 65001, '10.0.0.1', 'up', '2026-11-21', '2026-11-21');
    INSERT INTO {schema}.bgp_routing_state (epoch, sequence, changed_at, origin, view, afi, safi, active, change, router_id,
        peer_id, nlri, prefix, next_hop, next_hop_octets, attributes, as_path, as_path_text, communities, large_communities)
      SELECT 1700000000000000, n, '2026-11-21', 'igp', 'adj_rib_in_pre', 1, 1, n = 5, 'announce',
        'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', '01010101-0101-0101-0101-010101010101', set_byte('\\x180a0000', 3, n),
        ('10.0.' || n || '.0/24')::cidr, '192.0.2.1', '\\xc0000201', '\\x40010100', '{65001,65002}', '65001 65002', '{1}',
        '{1:2:3}'
      FROM generate_series(5, 6) n;
    INSERT INTO {schema}.bgp_routing_history (time, epoch, sequence, path_id, origin, view, afi, safi, synthetic, change,
        router_id, peer_id, nlri, prefix, next_hop, next_hop_octets, attributes, as_path)
      SELECT '2026-11-21', 1700000000000000, n, -1, 'igp', 'adj_rib_in_pre', 1, 1, false,
        CASE n WHEN 7 THEN 'withdraw' ELSE 'announce' END::{schema}.bgp_change, 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa',
        '01010101-0101-0101-0101-010101010101', '\\x180a0005', '10.0.5.0/24', CASE WHEN n < 7 THEN '192.0.2.1'::inet END,
        CASE WHEN n < 7 THEN '\\xc0000201' ELSE '' END::bytea, CASE WHEN n < 7 THEN '\\x40010102' ELSE '' END::bytea,
        CASE WHEN n < 7 THEN '{65001,65009}'::bigint[] END
      FROM generate_series(6, 7) n;
    INSERT INTO {schema}.bgp_peer_events (time, router_id, epoch, sequence, kind, synthetic)
      VALUES ('2026-11-21', 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 1700000000000000, 1, 'session_start', false);
    INSERT INTO {schema}.bgp_stats (time, router_id, peer_id, epoch, sequence, type, value)
      VALUES ('2026-11-21', 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', '01010101-0101-0101-0101-010101010101',
        1700000000000000, 3, 0, 5);
    INSERT INTO {schema}.bgp_dead_letters (time, router_id, epoch, sequence, ordinal, path, reason, treatment, suspect, raw)
      VALUES ('2026-11-21', 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa', 1700000000000000, 4, 0, '', 'why', 'kept_raw', false, '')";

#[test]
fn what_version_1_stored_is_there_in_version_2() {
    let cluster = Cluster::shared();
    let mut store = Store::new(cluster.database("upgrade"), "bmp Store");
    store.migrate_to(1);
    let schema = store.schema.clone();
    store.client.batch_execute(&VERSION_1.replace("{schema}", &schema)).unwrap();
    store.migrate_to(2);
    let id = rib_id(&make::peer_id(1), RibView::AdjRibInPre, 1, 1);
    assert_eq!(
        store.rows("SELECT rib_id, view, afi, safi, routes FROM {schema}.bgp_ribs"),
        [format!("({id},adj_rib_in_pre,1,1,1)")]
    );
    assert_eq!(
        store.rows(
            "SELECT nlri_key, prefix, generation, sequence, as_path, origin_as, large_communities
             FROM {schema}.bgp_routing_state JOIN {schema}.bgp_attribute_sets USING (set_id)"
        ),
        ["(\"\\\\x180a0005\",10.0.5.0/24,1700000000000000,5,\"{65001,65002}\",65002,{1:2:3})"]
    );
    assert_eq!(
        store.rows(
            "SELECT change, prefix, sequence, as_path_text
             FROM {schema}.bgp_routing_history LEFT JOIN {schema}.bgp_attribute_sets USING (set_id) ORDER BY sequence"
        ),
        ["(announce,10.0.5.0/24,6,\"65001 65009\")", "(withdraw,10.0.5.0/24,7,)"]
    );
    assert_eq!(store.rows("SELECT afi, safi, value FROM {schema}.bgp_stats"), ["(,,5)"]);
    assert_eq!(store.rows("SELECT kind FROM {schema}.bgp_peer_events"), ["(session_start)"]);
    assert_eq!(store.rows("SELECT reason FROM {schema}.bgp_dead_letters"), ["(why)"]);
    // And a station goes on from it.
    store.migrate_from(2);
    let table = store.load("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", Limits::default());
    assert_eq!(table.size().routes, 1);
    store.migrate_down();
}

/// Version 2 had of these families the octets and the text only.
#[test]
fn prefixes_of_every_family_are_there_in_version_3() {
    let cluster = Cluster::shared();
    let mut store = Store::new(cluster.database("version_3"), "bmp");
    store.migrate_to(1);
    store.migrate_to(2);
    let mut rows = String::new();
    for (rib, afi, safi, nlri, text) in [
        (1, 1, 4, "28 000061 0a00", "10.0.0.0/16"),
        (2, 1, 128, "58 000641 0000fde800000001 0a01", "65000:1:10.1.0.0/16"),
        // Two labels, and a route distinguisher of type 2 with a small number.
        (3, 2, 128, "80 000640 000651 0002000000010005 20010db8", "2:1:5:2001:db8::/32"),
        (4, 1, 129, "50 0000fde800000001 0a01", "65000:1:10.1.0.0/16"),
        (5, 25, 70, "0501", "[5]:[192.0.2.1:7]:[0]:[24]:[10.2.3.0]"),
        (6, 25, 70, "0201", "[2]:[65000:1]:[0]:[48]:[00:00:5e:00:53:01]"),
        (7, 1, 133, "0301080a", "dst 10.0.0.0/8"),
    ] {
        let nlri = nlri.replace(' ', "");
        rows += &format!(
            "INSERT INTO {{schema}}.bgp_ribs (rib_id, peer_id, view, afi, safi, routes, changed_at)
               VALUES ({rib}, gen_random_uuid(), 'loc_rib', {afi}, {safi}, 1, now());
             INSERT INTO {{schema}}.bgp_routing_state (rib_id, path_id, generation, sequence, changed_at, set_id, nlri_key, nlri_text)
               VALUES ({rib}, -1, 1, 1, now(), gen_random_uuid(), '\\x{nlri}', '{text}');
             INSERT INTO {{schema}}.bgp_routing_history (rib_id, path_id, generation, sequence, time, change, synthetic, after_gap,
               nlri_key, nlri_text)
               VALUES ({rib}, -1, 1, 1, now(), 'withdraw', false, false, '\\x{nlri}', '{text}');"
        );
    }
    store.client.batch_execute(&rows.replace("{schema}", "bmp")).unwrap();
    store.migrate_to(3);
    let parts = [
        "(1,10.0.0.0/16,,{6})",
        "(2,10.1.0.0/16,65000:1,{100})",
        "(3,2001:db8::/32,2:1:5,\"{100,101}\")",
        "(4,10.1.0.0/16,65000:1,)",
        "(5,10.2.3.0/24,192.0.2.1:7,)",
        "(6,,,)",
        "(7,,,)",
    ];
    assert_eq!(
        store.rows("SELECT rib_id, prefix, rd, labels FROM {schema}.bgp_routing_state ORDER BY rib_id"),
        parts
    );
    assert_eq!(
        store.rows("SELECT rib_id, prefix, rd FROM {schema}.bgp_routing_history WHERE rib_id = 3"),
        ["(3,2001:db8::/32,2:1:5)"]
    );
    assert_eq!(
        store.rows("SELECT count(*) FROM {schema}.bgp_routing_history WHERE labels IS NOT NULL"),
        ["(0)"]
    );
    store.migrate_down();
}

/// TimescaleDB itself is on few machines. This proves that its branch is valid SQL, calls what it means to call,
/// and leaves an ordinary table behind for it, by an extension of that name that only takes notes.
#[test]
fn the_timescale_branch_asks_for_hypertables() {
    without_timescale();
    let cluster = Cluster::shared();
    let mut client = cluster.database("timescale");
    client
        .batch_execute(
            "CREATE SCHEMA ts;
             CREATE TABLE ts.calls (call text);
             CREATE FUNCTION ts.create_hypertable(relation regclass, time_column_name name, chunk_time_interval interval)
               RETURNS void LANGUAGE sql AS
               $$ INSERT INTO ts.calls SELECT format('hypertable %s %s %s', $1, $2, $3) $$;
             CREATE FUNCTION ts.drop_chunks(relation regclass, older_than timestamptz, newer_than timestamptz DEFAULT NULL)
               RETURNS SETOF text LANGUAGE sql AS
               $$ INSERT INTO ts.calls SELECT format('drop %s', $1); SELECT 'a chunk' $$;
             CREATE SCHEMA timescaledb_information;
             CREATE VIEW timescaledb_information.chunks AS
               SELECT 'bmp' AS hypertable_schema, unnest('{bgp_routing_history,bgp_stats}'::text[]) AS hypertable_name,
                 '2011-01-01'::timestamptz AS range_start, '2011-01-02'::timestamptz AS range_end;
             SET allow_system_table_mods = on;
             INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
               VALUES (99999, 'timescaledb', 10, 'ts'::regnamespace, false, '2.24.0');",
        )
        .unwrap();
    let mut store = Store::new(client, "bmp");
    store.migrate_up();
    store.client.execute("CALL bmp.bgp_maintain()", &[]).unwrap();
    assert_eq!(
        store.rows("SELECT DISTINCT call FROM ts.calls ORDER BY call"),
        [
            "(\"drop bmp.bgp_routing_history\")",
            "(\"drop bmp.bgp_stats\")",
            "(\"hypertable bmp.bgp_routing_history time 1 day\")",
            "(\"hypertable bmp.bgp_stats time 1 day\")",
        ]
    );
    assert_eq!(
        store.rows("SELECT relname, relkind FROM pg_class WHERE relname ~ '^bgp_(routing_history|stats)[^k]*$' AND relkind <> 'i' ORDER BY 1"),
        ["(bgp_routing_history,r)", "(bgp_stats,r)"]
    );
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 1, 10);
    store.commit(&deltas);
    assert_eq!(store.rows(HISTORY).len(), 1);
    store.migrate_down();
}

#[test]
fn the_documented_privileges_are_enough() {
    let cluster = Cluster::shared();
    let mut owner = store("privileges");
    let schema = owner.schema.clone();
    let mut grants = format!(
        "CREATE ROLE writer LOGIN; CREATE ROLE reader LOGIN; REVOKE ALL ON DATABASE privileges FROM PUBLIC;
         GRANT CONNECT, TEMPORARY ON DATABASE privileges TO writer; GRANT CONNECT ON DATABASE privileges TO reader;
         GRANT USAGE ON SCHEMA {schema} TO writer, reader;"
    );
    for table in TABLES {
        grants += &format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.{table} TO writer; GRANT SELECT ON {schema}.{table} TO reader;"
        );
    }
    owner.client.batch_execute(&grants).unwrap();
    let mut writer = Store::new(cluster.connect_as("writer", "privileges"), "bmp Store");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 1, 10);
    make::event(&mut deltas, EventKind::PeerUp, Some(0), 9);
    make::end(&mut deltas, EndScope::Peer(1), EndKind::Ended, 11);
    writer.commit(&deltas);
    let mut reader = Store::new(cluster.connect_as("reader", "privileges"), "bmp Store");
    assert_eq!(reader.rows(ACTIVE).len(), 1);
}
