//! The schema: up from every version and down, the privileges it needs, and the guide to it.

use crate::*;

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
