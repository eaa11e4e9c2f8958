//! The store's SQL files against one connection, as `priv/sql/README.md` says they are run.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use postgres::{Client, Transaction};
use rib::copy::{Commit, Kind, HEADER, TRAILER};
use rib::{Deltas, Dump, Limits, Loader, RoutingTable};

#[allow(missing_debug_implementations)] // A connection has none.
pub struct Store {
    pub client: Client,
    pub schema: String,
    commits: u64,
}

impl Store {
    pub fn new(client: Client, schema: &str) -> Self {
        Store { client, schema: format!("\"{schema}\""), commits: 0 }
    }

    /// The text of a file under `priv/sql`.
    pub fn sql(&self, file: &str) -> String {
        fs::read_to_string(folder().join(file)).unwrap().replace("{schema}", &self.schema)
    }

    pub fn migrate_up(&mut self) {
        self.migrate_from(0);
    }

    /// To the newest version, from an earlier one.
    pub fn migrate_from(&mut self, version: u32) {
        for next in version + 1.. {
            if !folder().join(format!("migrations/v{next}")).exists() {
                return;
            }
            self.migrate_to(next);
        }
    }

    /// From the version before.
    pub fn migrate_to(&mut self, version: u32) {
        for file in files(&format!("migrations/v{version}"), ".sql") {
            self.migrate(&file);
        }
    }

    pub fn migrate_down(&mut self) {
        self.migrate("migrations/down.sql");
    }

    /// Statement by statement, as Ecto has to.
    fn migrate(&mut self, file: &str) {
        for statement in self.sql(file).split("\n-- ;\n") {
            self.client.execute(statement, &[]).unwrap_or_else(|error| panic!("{file}: {error:?}"));
        }
    }

    /// One commit. Returns how many rows each statement touched, by its file's name.
    pub fn commit(&mut self, deltas: &Deltas) -> Vec<(String, u64)> {
        self.commit_all(&[deltas])
    }

    /// One commit of several deltas.
    pub fn commit_all(&mut self, deltas: &[&Deltas]) -> Vec<(String, u64)> {
        self.commits += 1;
        self.commit_again(deltas)
    }

    /// The last commit once more, by somebody who was not told that it went through.
    pub fn commit_again(&mut self, deltas: &[&Deltas]) -> Vec<(String, u64)> {
        let id = format!("00000000-0000-0000-0000-{:012}", self.commits);
        let name = |file: &str, batches: String| self.sql(file).replace("$1", "0").replace("$2", &batches);
        let is_done = name("store/is_done.sql", format!("'{id}'"));
        let done = name("store/done.sql", format!("ARRAY['{id}']"));
        let schema = self.schema.clone();
        let mut transaction = self.client.transaction().unwrap();
        if transaction.query_one(&is_done, &[]).unwrap().get(0) {
            return Vec::new();
        }
        let touched = commit(&mut transaction, &schema, deltas);
        transaction.execute(&done, &[]).unwrap();
        transaction.commit().unwrap();
        touched
    }

    /// How the statements of a commit would be run now, by file.
    pub fn plans(&mut self) -> Vec<(String, String)> {
        let read =
            |file: &str| fs::read_to_string(folder().join(file)).unwrap().replace("{schema}", &self.schema);
        let mut transaction = self.client.transaction().unwrap();
        transaction.execute(&read("store/settings.sql"), &[]).unwrap();
        for kind in Kind::ALL {
            if let Some(stage) = stage(kind) {
                transaction.batch_execute(&read(&stage)).unwrap();
            }
        }
        let mut plan = |file: String| {
            let lines = transaction.query(&format!("EXPLAIN {}", read(&file)), &[]).unwrap();
            let lines: Vec<String> = lines.iter().map(|line| line.get(0)).collect();
            (file, lines.join("\n"))
        };
        files("store/commit", ".sql").into_iter().map(&mut plan).collect()
    }

    /// A table from what is stored of one router, as after a restart.
    pub fn load(&mut self, router_id: &str, limits: Limits) -> RoutingTable {
        let mut table = RoutingTable::new(limits);
        let mut loader = Loader::new();
        for dump in Dump::ALL {
            let query = self
                .sql(&format!("query/load/{}.sql", dump.as_str()))
                .replace("{router_ids}", &format!("'{router_id}'"));
            let mut stream = Vec::new();
            self.client.copy_out(&query).unwrap().read_to_end(&mut stream).unwrap();
            loader.begin(dump);
            for piece in stream.chunks(1000) {
                loader.piece(&mut table, piece).unwrap();
            }
            loader.end().unwrap();
        }
        table
    }

    /// Rows of a query as text, one line a row.
    pub fn rows(&mut self, query: &str) -> Vec<String> {
        let query = query.replace("{schema}", &self.schema);
        self.client
            .query(&format!("SELECT q::text FROM ({query}) q"), &[])
            .unwrap_or_else(|error| panic!("{query}: {error:?}"))
            .iter()
            .map(|row| row.get(0))
            .collect()
    }

    /// Everything in the store's tables but the times of writing, with each row's place on disk: a row
    /// that was only rewritten differs too.
    pub fn everything(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        for table in TABLES {
            all.extend(
                self.rows(&format!(
                    "SELECT '{table}', t.ctid, t.* FROM {{schema}}.{table} t ORDER BY t::text"
                )),
            );
        }
        all
    }
}

pub const TABLES: [&str; 11] = [
    "bgp_routers",
    "bgp_sessions",
    "bgp_peers",
    "bgp_ribs",
    "bgp_attribute_sets",
    "bgp_commits",
    "bgp_routing_state",
    "bgp_routing_history",
    "bgp_peer_events",
    "bgp_stats",
    "bgp_dead_letters",
];

fn commit(transaction: &mut Transaction<'_>, schema: &str, deltas: &[&Deltas]) -> Vec<(String, u64)> {
    let read = |file: &str| fs::read_to_string(folder().join(file)).unwrap().replace("{schema}", schema);
    transaction.execute(&read("store/settings.sql"), &[]).unwrap();
    let commit = Commit::new(deltas.to_vec());
    let mut touched = Vec::new();
    for kind in Kind::ALL {
        let rows = commit.rows(kind);
        if rows == 0 {
            continue;
        }
        let name = kind.as_str();
        if let Some(stage) = stage(kind) {
            transaction.batch_execute(&read(&stage)).unwrap();
        }
        let mut writer = transaction.copy_in(&read(&format!("store/copy/{name}.sql"))).unwrap();
        writer.write_all(HEADER).unwrap();
        for first in (0..rows).step_by(10_000) {
            writer.write_all(&commit.copy(kind, first..rows.min(first + 10_000))).unwrap();
        }
        writer.write_all(TRAILER).unwrap();
        let copied = writer.finish().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(copied, rows as u64);
        for file in files("store/commit", ".sql").iter().filter(|file| file.contains(&format!(".{name}."))) {
            let rows =
                transaction.execute(&read(file), &[]).unwrap_or_else(|error| panic!("{file}: {error:?}"));
            let name = file.trim_start_matches("store/commit/").trim_end_matches(".sql");
            touched.push((name.to_owned(), rows));
        }
    }
    touched
}

/// The file that makes the kind's stage; none where its rows go straight to their table.
fn stage(kind: Kind) -> Option<String> {
    let file = format!("store/stage/{}.sql", kind.as_str());
    folder().join(&file).exists().then_some(file)
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../priv/sql"))
}

fn files(under: &str, ending: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder().join(under))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(ending))
        .map(|name| format!("{under}/{name}"))
        .collect();
    names.sort();
    names
}
