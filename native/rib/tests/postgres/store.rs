//! The store's SQL files against one connection, as `priv/sql/README.md` says they are run.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use postgres::{Client, Transaction};
use rib::copy::{copy, Kind};
use rib::{Deltas, Dump, Limits, RoutingTable};

#[allow(missing_debug_implementations)] // A connection has none.
pub struct Store {
    pub client: Client,
    pub schema: String,
}

impl Store {
    pub fn new(client: Client, schema: &str) -> Self {
        Store { client, schema: format!("\"{schema}\"") }
    }

    /// The text of a file under `priv/sql`.
    pub fn sql(&self, file: &str) -> String {
        fs::read_to_string(folder().join(file)).unwrap().replace("{schema}", &self.schema)
    }

    pub fn migrate_up(&mut self) {
        for file in files("migrations", ".up.sql") {
            self.migrate(&file);
        }
    }

    pub fn migrate_down(&mut self) {
        for file in files("migrations", ".down.sql").iter().rev() {
            self.migrate(file);
        }
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
        let schema = self.schema.clone();
        let mut transaction = self.client.transaction().unwrap();
        let touched = commit(&mut transaction, &schema, deltas);
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
            transaction.batch_execute(&read(&format!("store/stage/{}.sql", kind.as_str()))).unwrap();
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
        for (name, dump) in [
            ("routers", Dump::Routers),
            ("sessions", Dump::Sessions),
            ("peers", Dump::Peers),
            ("routes", Dump::Routes),
        ] {
            let query = self
                .sql(&format!("query/load/{name}.sql"))
                .replace("{router_ids}", &format!("'{router_id}'"));
            let mut stream = Vec::new();
            self.client.copy_out(&query).unwrap().read_to_end(&mut stream).unwrap();
            table.load(dump, &stream).unwrap();
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

pub const TABLES: [&str; 8] = [
    "bgp_routers",
    "bgp_sessions",
    "bgp_peers",
    "bgp_routing_state",
    "bgp_routing_history",
    "bgp_peer_events",
    "bgp_stats",
    "bgp_dead_letters",
];

fn commit(transaction: &mut Transaction<'_>, schema: &str, deltas: &[&Deltas]) -> Vec<(String, u64)> {
    let read = |file: &str| fs::read_to_string(folder().join(file)).unwrap().replace("{schema}", schema);
    transaction.execute(&read("store/settings.sql"), &[]).unwrap();
    let mut staged = Vec::new();
    for kind in Kind::ALL {
        let stream = copy(deltas, kind);
        if stream.is_empty() {
            continue;
        }
        let name = kind.as_str();
        transaction.batch_execute(&read(&format!("store/stage/{name}.sql"))).unwrap();
        let mut writer = transaction.copy_in(&read(&format!("store/copy/{name}.sql"))).unwrap();
        writer.write_all(&stream).unwrap();
        writer.finish().unwrap_or_else(|error| panic!("{name}: {error:?}"));
        staged.push(name);
    }
    files("store/commit", ".sql")
        .into_iter()
        .filter(|file| staged.iter().any(|kind| file.contains(&format!(".{kind}."))))
        .map(|file| {
            let rows =
                transaction.execute(&read(&file), &[]).unwrap_or_else(|error| panic!("{file}: {error:?}"));
            (file.trim_start_matches("store/commit/").trim_end_matches(".sql").to_owned(), rows)
        })
        .collect()
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
