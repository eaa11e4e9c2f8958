//! The store on a real TimescaleDB: hypertables, compression and retention in place of partitions.
//!
//! Debian has no package of it. A server that has it is used where `SERVICERADAR_BMP_PG_BIN` names its programs, with
//! `SERVICERADAR_BMP_PG_OPTIONS="-c shared_preload_libraries=timescaledb"` and `SERVICERADAR_BMP_PG_EXTENSIONS=timescaledb`.

use rib::*;

use crate::cluster::Cluster;
use crate::make;
use crate::store::Store;

const DAY_US: i64 = 86_400_000_000;

fn timescale(name: &str) -> Store {
    let mut client = Cluster::shared().database(name);
    if client.query("SELECT FROM pg_extension WHERE extname = 'timescaledb'", &[]).unwrap().is_empty() {
        needs::leave_out(
            "no TimescaleDB: SERVICERADAR_BMP_PG_EXTENSIONS=timescaledb says that the server has it",
        );
    }
    let mut store = Store::new(client, "bmp Store");
    store.migrate_up();
    store
}

/// A route announced, changed, and withdrawn, a day between each, beginning 20 days before 2026-12-11.
fn days(store: &mut Store) {
    for (day, sequence) in (0..20).zip((10..).step_by(10)) {
        let mut deltas = make::deltas();
        for route in 0..50 {
            make::announce(&mut deltas, 0, route, u8::try_from(day).unwrap(), sequence);
        }
        for route in &mut deltas.routes {
            route.received_at_us += day * DAY_US;
            if day > 0 {
                route.change = RouteChange::Change;
            }
        }
        let statistic = Statistic {
            peer: 0,
            stat_type: 7,
            afi: None,
            safi: None,
            value: sequence,
            position: make::at(sequence),
            router_time_us: 0,
            received_at_us: make::time(sequence) + day * DAY_US,
        };
        deltas.statistics.push(statistic);
        store.commit(&deltas);
    }
}

fn maintain(store: &mut Store, at: &str) {
    let schema = store.schema.clone();
    let call = format!(
        "CALL {schema}.bgp_maintain(keep_history => '15 days', keep_statistics => '3 days', at => '{at}')"
    );
    store.client.batch_execute(&call).unwrap();
}

const CHUNKS: &str = "SELECT hypertable_name, is_compressed, count(*) FROM timescaledb_information.chunks
    GROUP BY 1, 2 ORDER BY 1, 2";
const HISTORY: &str = "SELECT change, prefix, get_byte(s.attributes, length(s.attributes) - 1), generation, sequence, time
    FROM {schema}.bgp_routing_history h JOIN {schema}.bgp_attribute_sets s USING (set_id) ORDER BY time, sequence, prefix";
/// Newest first, as a page of changes is read.
const PAGE: &str = "SELECT sequence, prefix FROM {schema}.bgp_routing_history
    WHERE time >= (SELECT {schema}.bgp_changes_from('-infinity', 'infinity', 60)) ORDER BY time DESC, sequence DESC, prefix LIMIT 60";

#[test]
fn history_is_compressed_and_goes_and_reads_the_same() {
    let mut store = timescale("timescale_real");
    store.client.batch_execute("SET timezone = 'UTC'").unwrap();
    days(&mut store);
    assert_eq!(store.rows(CHUNKS), ["(bgp_routing_history,f,20)", "(bgp_stats,f,20)"]);
    let (history, page) = (store.rows(HISTORY), store.rows(PAGE));
    assert_eq!((history.len(), page.len()), (1000, 60));

    // The last change was on 2026-12-10. What is older than a week is compressed, and all reads as before.
    maintain(&mut store, "2026-12-05 12:00Z");
    assert_eq!(
        store.rows(CHUNKS),
        ["(bgp_routing_history,f,13)", "(bgp_routing_history,t,7)", "(bgp_stats,f,9)",]
    );
    assert_eq!(store.rows(HISTORY), history);
    assert_eq!(store.rows(PAGE), page);

    // A change that comes late goes into a chunk that is compressed.
    let mut late = make::deltas();
    make::withdraw(&mut late, 0, 1, 1000);
    late.routes[0].received_at_us = make::time(0) + DAY_US;
    store.commit(&late);
    let found =
        "SELECT count(*) FROM {schema}.bgp_routing_history WHERE change = 'withdraw' AND time < '2026-11-23'";
    assert_eq!(store.rows(found), ["(1)"]);

    // And is gone with its time.
    maintain(&mut store, "2026-12-11");
    let left = store.rows(HISTORY);
    assert_eq!(left.len(), 750);
    assert!(history.ends_with(&left));
    store.migrate_down();
    let chunks = "SELECT count(*) FROM timescaledb_information.chunks";
    assert_eq!(store.rows(chunks), ["(0)"]);
}

/// Somebody reads an old chunk for long: maintenance does not wait for it, and nobody behind maintenance.
#[test]
fn a_chunk_that_is_in_use_goes_later() {
    let mut store = timescale("timescale_in_use");
    days(&mut store);
    let mut reader = Cluster::shared().connect("timescale_in_use");
    let mut reading = reader.transaction().unwrap();
    let read = format!("SELECT FROM {}.bgp_routing_history WHERE time < '2026-11-22'", store.schema);
    reading.query(&read, &[]).unwrap();
    store.client.batch_execute("SET statement_timeout = '60s'").unwrap();
    let oldest = "SELECT min(time)::date FROM {schema}.bgp_routing_history";
    maintain(&mut store, "2026-12-11");
    assert_eq!(store.rows(oldest), ["(2026-11-21)"], "it is in use");
    assert_eq!(store.rows("SELECT count(*) FROM {schema}.bgp_routing_history"), ["(800)"], "the others went");
    reading.commit().unwrap();
    maintain(&mut store, "2026-12-11");
    assert_eq!(store.rows(oldest), ["(2026-11-26)"]);
}

/// As on a server without it: the table is filled, changed, loaded, ended.
#[test]
fn a_table_lives_on_hypertables() {
    let mut store = timescale("timescale_table");
    let mut deltas = make::deltas();
    for route in 0..500 {
        make::announce(&mut deltas, 0, route, 1, 10);
    }
    store.commit(&deltas);
    let before = store.everything();
    store.commit_again(&[&deltas]);
    assert_eq!(store.everything(), before, "made again, every row stays where it is");
    let table = store.load("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", Limits::default());
    assert_eq!(table.size().routes, 500);
    let mut down = make::deltas();
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 20);
    store.commit(&down);
    assert_eq!(store.rows("SELECT count(*) FROM {schema}.bgp_routing_state"), ["(0)"]);
    assert_eq!(store.rows("SELECT count(*) FROM {schema}.bgp_routing_history"), ["(500)"]);
}
