//! What a commit costs, beside what PostgreSQL takes for the same rows by itself and for rows that carry their attributes.
//! Not a test of anything: `bench/README.md` says how to run it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use rib::copy::{Commit, Kind, HEADER, TRAILER};
use rib::*;

use crate::make;

/// How many routes are asked for.
fn routes() -> u32 {
    match std::env::var("SERVICERADAR_BMP_ROUTES") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => needs::leave_out("a measurement: SERVICERADAR_BMP_ROUTES=1000000 asks for it"),
    }
}

/// Routes `from..to` of peer 1, as a full table has them: about seven share an attribute set, with five AS
/// numbers and three communities.
fn table(from: u32, to: u32, sequence: u64, med: u8) -> Deltas {
    let mut deltas = make::deltas();
    for number in from..to {
        if number == from || number % 7 == 0 {
            let [_, high, mid, low] = (number / 7).to_be_bytes();
            let octets = [
                &[0x40, 1, 1, 0, 0x40, 2, 22, 2, 5, 0, 0, 0xfd, 0xe9, 0, 0, 0x0d, 0x1c, 0, 0, 0x05, 0x13][..],
                &[0, high, mid, low, 0, 3, high, mid, 0x80, 4, 4, 0, 0, 0, med],
                &[0xc0, 8, 12, 0x0d, 0x1c, 0, 1, 0x0d, 0x1c, 7, low, 0x05, 0x13, high, mid],
            ];
            deltas.attributes.push(AttributeSet::from_parts(&[198, 51, 100, 1], &octets.concat()));
        }
        make::withdraw(&mut deltas, 0, 0, sequence + u64::from(number - from));
        let [_, high, mid, low] = (number + (20 << 16)).to_be_bytes();
        if let Some(route) = deltas.routes.last_mut() {
            route.change = RouteChange::Announce;
            route.nlri = Nlri::from_slice(&[24, high, mid, low]);
            route.attributes = u32::try_from(deltas.attributes.len() - 1).ok();
        }
    }
    deltas
}

/// The table in parts of a commit each.
fn parts(size: u32, sequence: u64, med: u8, change: RouteChange) -> Vec<Deltas> {
    let part = |first: u32| {
        let last = routes().min(first + size);
        let mut deltas = table(first, last, sequence + u64::from(first), med);
        deltas.routes.iter_mut().for_each(|route| route.change = change);
        deltas
    };
    (0..routes()).step_by(size as usize).map(part).collect()
}

struct Bench {
    store: crate::Store,
    report: String,
}

impl Bench {
    fn run(&mut self, sql: &str) {
        for one in
            sql.replace("{schema}", &self.store.schema).split(";\n").filter(|one| !one.trim().is_empty())
        {
            self.store.client.batch_execute(one).unwrap_or_else(|error| panic!("{one}: {error:?}"));
        }
    }

    fn number(&mut self, sql: &str) -> f64 {
        let sql = sql.replace("{schema}", &self.store.schema);
        self.store.client.query_one(&format!("SELECT ({sql})::float8"), &[]).unwrap().get(0)
    }

    /// One transaction of COPYs.
    fn copy(&mut self, streams: &[(String, Vec<u8>)]) {
        let mut transaction = self.store.client.transaction().unwrap();
        for (sql, rows) in streams {
            let mut writer = transaction.copy_in(&sql.replace("{schema}", &self.store.schema)).unwrap();
            for octets in [HEADER, rows, TRAILER] {
                writer.write_all(octets).unwrap();
            }
            writer.finish().unwrap();
        }
        transaction.commit().unwrap();
    }

    /// Times `work`, with the WAL that it writes.
    fn measure(&mut self, what: &str, work: impl FnOnce(&mut Self)) {
        self.run("CHECKPOINT");
        let before = self.number("SELECT pg_current_wal_insert_lsn() - '0/0'");
        let started = Instant::now();
        work(self);
        let seconds = started.elapsed().as_secs_f64();
        let wal = self.number("SELECT pg_current_wal_insert_lsn() - '0/0'") - before;
        let routes = f64::from(routes());
        writeln!(
            self.report,
            "{what}: {seconds:.2} s, {:.0} routes/s, {:.0} octets of WAL a route",
            routes / seconds,
            wal / routes
        )
        .unwrap();
    }

    fn octets(&mut self, what: &str, tables: &[&str]) {
        let sizes: Vec<_> =
            tables.iter().map(|table| format!("pg_total_relation_size('{{schema}}.{table}')")).collect();
        let octets = self.number(&format!("SELECT {}", sizes.join(" + ")));
        writeln!(self.report, "{what}: {:.0} octets a route", octets / f64::from(routes())).unwrap();
    }
}

/// Rows that each carry their attributes, as version 1 had them, in tables with the same indexes.
const WIDE: &str = "
CREATE UNLOGGED TABLE {schema}.wide_source AS
  SELECT t.*, s.next_hop, s.origin, s.as_path, s.as_path_text, s.med, s.local_pref, s.communities, s.large_communities,
    s.extended_communities, s.other_attributes, s.next_hop_octets, s.attributes
  FROM {schema}.bgp_routing_state t JOIN {schema}.bgp_attribute_sets s USING (set_id);
ALTER TABLE {schema}.wide_source DROP COLUMN set_id;
CREATE INDEX ON {schema}.wide_source (sequence);
ANALYZE {schema}.wide_source;
CREATE TABLE {schema}.wide_state (LIKE {schema}.wide_source) WITH (fillfactor = 70);
ALTER TABLE {schema}.wide_state ADD PRIMARY KEY (rib_id, nlri_key, path_id);
CREATE INDEX ON {schema}.wide_state (prefix);
CREATE TABLE {schema}.wide_history (LIKE {schema}.wide_source);
CREATE INDEX ON {schema}.wide_history (prefix, changed_at);
CREATE INDEX ON {schema}.wide_history USING brin (changed_at);
";

/// What PostgreSQL makes of the same rows by itself: tables with the same indexes, filled by COPY of rows that are encoded
/// already, and then changed from tables that the server has already, without any client.
const ALONE: &str = "
CREATE TABLE {schema}.alone_state (LIKE {schema}.bgp_routing_state INCLUDING ALL) WITH (fillfactor = 50);
CREATE TABLE {schema}.alone_history (LIKE {schema}.bgp_routing_history INCLUDING ALL);
CREATE TABLE {schema}.alone_sets (LIKE {schema}.bgp_attribute_sets INCLUDING ALL);
CREATE UNLOGGED TABLE {schema}.source_state (LIKE {schema}.bgp_routing_state);
CREATE UNLOGGED TABLE {schema}.source_history (LIKE {schema}.bgp_routing_history);
CREATE UNLOGGED TABLE {schema}.source_sets (LIKE {schema}.bgp_attribute_sets);
ALTER TABLE {schema}.source_state ADD COLUMN part integer;
ALTER TABLE {schema}.source_history ADD COLUMN part integer;
ALTER TABLE {schema}.source_sets ADD COLUMN part integer;
";

const ALONE_CHANGED: &str = "
BEGIN;
SET LOCAL enable_seqscan = off;
INSERT INTO {schema}.alone_sets ({sets})
  SELECT {sets} FROM {schema}.source_sets WHERE part = {part};
UPDATE {schema}.alone_state t
  SET generation = s.generation, sequence = s.sequence, changed_at = s.changed_at, set_id = s.set_id, labels = s.labels, vnis = s.vnis
  FROM {schema}.source_state s
  WHERE s.part = {part} AND t.rib_id = s.rib_id AND t.nlri_key = s.nlri_key AND t.path_id = s.path_id;
INSERT INTO {schema}.alone_history ({history})
  SELECT {history} FROM {schema}.source_history WHERE part = {part};
COMMIT";

/// Columns in the order of their streams.
const SETS: &str =
    "set_id, next_hop, origin, as_path, origin_as, as_path_text, med, local_pref, communities, \
large_communities, extended_communities, other_attributes, next_hop_octets, attributes";
const STATE: &str = "rib_id, path_id, nlri_key, generation, sequence, changed_at, set_id, prefix, rd, labels, vnis, nlri_text, nlri";
const CHANGES: &str =
    "rib_id, path_id, nlri_key, generation, sequence, time, router_time, change, synthetic, after_gap, \
set_id, prefix, rd, labels, vnis, nlri_text, nlri";

/// A commit's rows as they go to tables of that name.
fn encoded(part: &Deltas, routes: Kind, table: &str) -> Vec<(String, Vec<u8>)> {
    let commit = Commit::new(vec![part]);
    [(Kind::AttributeSets, "sets", SETS), (routes, "state", STATE), (Kind::History, "history", CHANGES)]
        .map(|(kind, name, columns)| {
            let sql = format!("COPY {{schema}}.{table}_{name} ({columns}) FROM STDIN (FORMAT binary)");
            (sql, commit.copy(kind, 0..commit.rows(kind)))
        })
        .into()
}

fn alone(bench: &mut Bench, first: &[Deltas], second: &[Deltas]) {
    let started = Instant::now();
    let streams: Vec<_> = first.iter().map(|part| encoded(part, Kind::RoutesNew, "alone")).collect();
    let seconds = started.elapsed().as_secs_f64();
    writeln!(bench.report, "what a first load comes to, and its rows: {seconds:.2} s").unwrap();
    bench.run(ALONE);
    bench.measure("PostgreSQL alone, the same rows by COPY", |bench| {
        for part in &streams {
            bench.copy(part);
        }
    });
    drop(streams);
    for (number, part) in second.iter().enumerate() {
        for table in ["source_sets", "source_state", "source_history"] {
            bench.run(&format!("ALTER TABLE {{schema}}.{table} ALTER part SET DEFAULT {number}"));
        }
        bench.copy(&encoded(part, Kind::RoutesChanged, "source"));
    }
    for table in ["source_sets", "source_state", "source_history"] {
        bench.run(&format!("CREATE INDEX ON {{schema}}.{table} (part); ANALYZE {{schema}}.{table}"));
    }
    bench.run("VACUUM ANALYZE");
    bench.measure("PostgreSQL alone, all changed", |bench| {
        let changed = ALONE_CHANGED.replace("{sets}", SETS).replace("{history}", CHANGES);
        for part in 0..second.len() {
            bench.run(&changed.replace("{part}", &part.to_string()));
        }
    });
    bench.run("DROP TABLE {schema}.alone_state, {schema}.alone_history, {schema}.alone_sets, {schema}.source_state, {schema}.source_history, {schema}.source_sets");
}

#[test]
fn speed() {
    routes();
    let store = crate::store("speed");
    let mut bench = Bench { store, report: String::new() };
    let size = 100_002; // Seven routes share a set.
    let first = parts(size, 10, 1, RouteChange::Announce);
    let second = parts(size, 10_000_000, 2, RouteChange::Change);

    alone(&mut bench, &first, &second);

    bench.measure("first load", |bench| first.iter().for_each(|part| drop(bench.store.commit(part))));
    bench.octets("state", &["bgp_routing_state"]);
    bench.octets("attribute sets", &["bgp_attribute_sets"]);
    bench.run("VACUUM ANALYZE");
    bench.run(WIDE);
    bench.measure("all changed", |bench| second.iter().for_each(|part| drop(bench.store.commit(part))));
    let hot = bench.number(
        "SELECT n_tup_hot_upd::float8 / greatest(n_tup_upd, 1) FROM pg_stat_user_tables WHERE relname = 'bgp_routing_state'",
    );
    writeln!(bench.report, "heap-only of the updates: {:.0} %", hot * 100.0).unwrap();
    let mut down = make::deltas();
    down.ribs.clear();
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 50_000_000);
    bench.measure("peer down", |bench| drop(bench.store.commit(&down)));

    let ranges: Vec<_> =
        (0..routes()).step_by(size as usize).map(|first| (first + 10, first + 10 + size)).collect();
    bench.measure("wide rows, server to server, first load", |bench| {
        for (from, to) in &ranges {
            bench.run(&format!(
                "BEGIN;
INSERT INTO {{schema}}.wide_state SELECT * FROM {{schema}}.wide_source WHERE sequence >= {from} AND sequence < {to};
INSERT INTO {{schema}}.wide_history SELECT * FROM {{schema}}.wide_source WHERE sequence >= {from} AND sequence < {to};
COMMIT"
            ));
        }
    });
    bench.octets("wide state", &["wide_state"]);
    bench.measure("wide rows, server to server, all changed", |bench| {
        for (from, to) in &ranges {
            bench.run(&format!(
                "BEGIN;
UPDATE {{schema}}.wide_state t SET (generation, sequence, changed_at, next_hop, origin, as_path, as_path_text, med, local_pref,
    communities, large_communities, extended_communities, other_attributes, next_hop_octets, attributes) =
  (s.generation, s.sequence + 1, s.changed_at, s.next_hop, s.origin, s.as_path, s.as_path_text, s.med, s.local_pref,
   s.communities, s.large_communities, s.extended_communities, s.other_attributes, s.next_hop_octets, s.attributes)
FROM {{schema}}.wide_source s
WHERE t.rib_id = s.rib_id AND t.nlri_key = s.nlri_key AND t.path_id = s.path_id AND s.sequence >= {from} AND s.sequence < {to};
INSERT INTO {{schema}}.wide_history SELECT * FROM {{schema}}.wide_source WHERE sequence >= {from} AND sequence < {to};
COMMIT"
            ));
        }
    });
    println!("{}", bench.report);
}
