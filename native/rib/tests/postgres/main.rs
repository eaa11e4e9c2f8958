//! The store's SQL and the COPY streams against a real PostgreSQL: the files that the station runs,
//! on a server of their own. Where the machine has no server programs they are left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[macro_use]
extern crate needs;

needs::main!();

mod churn;
mod cluster;
mod make;
mod speed;
mod store;
#[path = "../support/mod.rs"]
mod support;

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
const ACTIVE: &str = "SELECT peer_id, prefix, get_byte(attributes, length(attributes) - 1)
    FROM {schema}.bgp_routing_state WHERE active ORDER BY 1, 2";
const HISTORY: &str = "SELECT change, prefix,
    CASE WHEN attributes <> '' THEN get_byte(attributes, length(attributes) - 1) END, sequence
    FROM {schema}.bgp_routing_history ORDER BY sequence, prefix";

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
    let state = "SELECT generation, sequence, path_id, extract(epoch FROM changed_at) * 1000000,
        changed_at = announced_at, changed_at - router_time, view, afi, safi, active, synthetic, change, nlri, prefix,
        next_hop_octets, attributes FROM {schema}.bgp_routing_state";
    let time = make::time(10);
    assert_eq!(
        store.rows(state),
        [format!(
            "({},10,4294967295,{time}.000000,t,00:00:00.0005,adj_rib_out_post,1,1,t,f,announce,\"\\\\x180a0007\",\
             10.0.7.0/24,\"\\\\xc6336401\",\"\\\\x4001010040020a0202fa56ea010000fde940050400000064\")",
            make::EPOCH
        )]
    );
    assert_eq!(
        store.rows(
            "SELECT origin, as_path, as_path_text, next_hop, med, local_pref, communities, large_communities,
            extended_communities, other_attributes FROM {schema}.bgp_routing_state"
        ),
        ["(igp,\"{4200000001,65001}\",\"4200000001 65001\",198.51.100.1,,100,,,,)"]
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
    store.commit(&deltas);
    assert_eq!(store.everything(), before, "delivered again, every row stays where it is");
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
            extended_communities FROM {schema}.bgp_routing_state"
        ),
        ["(incomplete,\"{65001,65002,65003}\",\"65001 {65002,65003}\",2001:db8::1,4294967295,\
          \"{4259840001,4294967041}\",{65000:1:4294967295},{rt:65000:1})"]
    );
    assert_eq!(
        store.rows(
            "SELECT key, value FROM {schema}.bgp_routing_state, jsonb_each_text(other_attributes)
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
        store.rows("SELECT (other_attributes->'other'->0)::text FROM {schema}.bgp_routing_state"),
        ["(\"{\"\"code\"\": 200, \"\"flags\"\": 224, \"\"value\"\": \"\"cafe\"\"}\")"]
    );
}

#[test]
fn an_older_write_never_replaces_a_newer_one() {
    let mut store = store("older");
    let mut newer = make::deltas();
    make::announce(&mut newer, 0, 1, 200, 20);
    make::announce(&mut newer, 0, 2, 200, 20);
    store.commit(&newer);
    let mut gone = make::deltas();
    make::withdraw(&mut gone, 0, 2, 21);
    store.commit(&gone);
    let before = store.everything();
    for older in [10, 20] {
        let mut deltas = make::deltas();
        make::announce(&mut deltas, 0, 1, 100, older);
        make::announce(&mut deltas, 0, 2, 100, older);
        make::withdraw(&mut deltas, 1, 3, older);
        store.commit(&deltas);
        assert_eq!(store.everything(), before, "sequence {older}");
    }
    // An older generation with a larger sequence is older too.
    let mut deltas = make::deltas();
    make::withdraw(&mut deltas, 0, 1, 500);
    deltas.routes[0].position.generation -= 1;
    store.commit(&deltas);
    assert_eq!(store.everything(), before);
}

#[test]
fn what_did_not_change_is_not_written() {
    let mut store = store("unchanged");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    store.commit(&deltas);
    let before = store.everything();
    // As a table that knew nothing would tell it after a session reset.
    let mut again = make::deltas();
    make::announce(&mut again, 0, 1, 100, 1);
    again.routes[0].position.generation += 1_000_000;
    store.commit(&again);
    assert_eq!(store.everything(), before);
    // Another next hop is a change, the attributes being the same.
    again.attributes[0] = AttributeSet::from_parts(&[198, 51, 100, 2], make::attributes(100).canonical());
    store.commit(&again);
    assert_eq!(
        store.rows("SELECT change, next_hop_octets FROM {schema}.bgp_routing_history ORDER BY generation"),
        ["(announce,\"\\\\xc6336401\")", "(change,\"\\\\xc6336402\")"]
    );
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
    store.commit(&flap);
    assert_eq!(store.everything(), state);
    // A part of it, as another cut of the same stream would deliver it.
    flap.routes.truncate(2);
    store.commit(&flap);
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
    make::event(&mut down, EventKind::PeerDown, Some(0), 20);
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 20);
    let touched: BTreeMap<_, _> = store.commit(&down).into_iter().collect();
    assert_eq!(touched["08.ends.delete_routes"], 500);
    assert_eq!(store.rows(ACTIVE).len(), 500);
    assert_eq!(store.rows(HISTORY).len(), 1000, "the end of the routes is one event, not 500 rows");
    let before = store.everything();
    store.commit(&down);
    store.commit(&deltas);
    assert_eq!(store.everything(), before, "the watermark keeps the ended routes ended");
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
    store.commit(&deltas);
    assert_eq!(store.everything(), before);
}

#[test]
fn consecutive_deltas_in_one_commit_are_as_one_after_the_other() {
    let mut store = store("several");
    let mut deltas = [make::deltas(), make::deltas(), make::deltas()];
    make::announce(&mut deltas[0], 0, 1, 100, 10);
    make::announce(&mut deltas[0], 0, 2, 100, 10);
    make::announce(&mut deltas[1], 0, 1, 101, 11);
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
    assert!(plans.iter().any(|(_, plan)| plan.contains("Index Scan using bgp_routing_state_key")));
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

fn objects(client: &mut Client) -> Vec<String> {
    let query = "SELECT 'class ' || oid::regclass FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
                 UNION SELECT 'type ' || oid::regtype FROM pg_type UNION SELECT 'function ' || oid::regprocedure FROM pg_proc
                 UNION SELECT 'schema ' || nspname FROM pg_namespace ORDER BY 1";
    client.query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn days_get_partitions_and_old_ones_go() {
    let mut store = store("partitions");
    let partitions = "SELECT tableoid::regclass, prefix FROM {schema}.bgp_routing_history ORDER BY prefix";
    let schema = store.schema.clone();
    let maintain = |store: &mut Store, ahead: i32, day: &str| {
        store
            .client
            .execute(&format!("SELECT {schema}.bgp_maintain({ahead}, '3 days', '1 day', '{day}')"), &[])
            .unwrap();
        store.rows(partitions).iter().map(|row| row.replace(['\\', '"'], "")).collect::<Vec<_>>()
    };
    // The migration made partitions for the days around the real clock. This test has a clock of its own, so these go.
    maintain(&mut store, -1, "9999-01-01 00:00Z");
    maintain(&mut store, 1, "2026-11-21 12:00Z");

    let mut deltas = make::deltas();
    for (sequence, route) in [(10, 1), (11, 2), (12, 3)] {
        make::announce(&mut deltas, 0, route, 1, sequence);
    }
    // A collector with a wrong clock: its rows land in the default partition, refused by none.
    let day: i64 = 86_400_000_000;
    deltas.routes[1].received_at_us += 400 * day;
    deltas.routes[2].received_at_us -= 400 * day;
    store.commit(&deltas);
    assert_eq!(
        maintain(&mut store, 1, "2026-11-22 12:00Z"),
        [
            "(bmp Store.bgp_routing_history_20261121,10.0.1.0/24)",
            "(bmp Store.bgp_routing_history_default,10.0.2.0/24)",
        ]
    );
    assert_eq!(
        maintain(&mut store, 1, "2027-12-26 12:00Z"),
        ["(bmp Store.bgp_routing_history_20271226,10.0.2.0/24)"],
        "moved out of the default partition; the old day is gone"
    );
    let left = "SELECT count(*) FROM pg_class WHERE relname ~ '^bgp_routing_history_2026\\d+$'";
    assert_eq!(store.rows(left), ["(0)"]);
}

#[test]
fn tombstones_go_after_a_while() {
    let mut store = store("tombstones");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 1, 10);
    make::announce(&mut deltas, 0, 2, 1, 10);
    make::withdraw(&mut deltas, 0, 2, 11);
    store.commit(&deltas);
    let schema = store.schema.clone();
    let mut left = |day: &str| {
        store
            .client
            .execute(&format!("SELECT {schema}.bgp_maintain(1, '9 days', '1 day', '{day}')"), &[])
            .unwrap();
        store.rows("SELECT prefix, active FROM {schema}.bgp_routing_state ORDER BY prefix")
    };
    assert_eq!(left("2026-11-21 12:00Z"), ["(10.0.1.0/24,t)", "(10.0.2.0/24,f)"]);
    assert_eq!(left("2026-11-23 12:00Z"), ["(10.0.1.0/24,t)"]);
}

/// TimescaleDB itself is on few machines. This proves that its branch is valid SQL, calls what it means to call,
/// and leaves an ordinary table behind for it, by an extension of that name that only takes notes.
#[test]
fn the_timescale_branch_asks_for_hypertables() {
    let cluster = Cluster::shared();
    let mut client = cluster.database("timescale");
    client
        .batch_execute(
            "CREATE SCHEMA ts;
             CREATE TABLE ts.calls (call text);
             CREATE FUNCTION ts.create_hypertable(relation regclass, time_column_name name, chunk_time_interval interval)
               RETURNS void LANGUAGE sql AS
               $$ INSERT INTO ts.calls SELECT format('hypertable %s %s %s', $1, $2, $3) $$;
             CREATE FUNCTION ts.drop_chunks(relation regclass, older_than timestamptz) RETURNS SETOF text LANGUAGE sql AS
               $$ INSERT INTO ts.calls SELECT format('drop %s', $1); SELECT 'a chunk' $$;
             SET allow_system_table_mods = on;
             INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
               VALUES (99999, 'timescaledb', 10, 'ts'::regnamespace, false, '2.24.0');",
        )
        .unwrap();
    let mut store = Store::new(client, "bmp");
    store.migrate_up();
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
