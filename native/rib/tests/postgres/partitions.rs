//! History in partitions, or in hypertables where there is TimescaleDB.

use crate::*;

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
