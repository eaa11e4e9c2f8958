//! A scenario's events through the stages of the station, with a virtual clock.

use super::file;
use super::tell::{Teller, Told};
use anyhow::{bail, Context, Result};
use batch::{EncodedBatch, EndReason, Session, SessionOptions};
use insight::{Aspa, Config, Findings, Insight, InterfaceEvent, Said, Source, Vrp};
use rib::ocsf::Grouping;
use rib::{Limits, RoutingTable};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::path::Path;

/// What `at_ms` 0 is, in seconds since 1970: routers' timestamps are held against it.
const START_S: i64 = 1_760_000_000;
const SETTLE_MS: i64 = 10_000;

#[derive(Deserialize)]
struct Event {
    at_ms: i64,
    session: Option<String>,
    open: Option<Open>,
    hex: Option<String>,
    #[serde(default)]
    close: bool,
    interface: Option<InterfaceEvent>,
    restart: Option<Restart>,
    vrps: Option<Vrps>,
    /// A file of other ASPAs takes the place of the one before.
    aspas: Option<Vec<Aspa>>,
    #[serde(flatten)]
    told: Told,
}

/// The station is started again: what insight knew is gone but for what is kept, and the table is as it was (a database has it), or empty.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Restart {
    Table,
    Empty,
}

/// An RTR cache tells what came and went.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Vrps {
    added: Vec<Vrp>,
    removed: Vec<Vrp>,
}

#[derive(Deserialize)]
struct Open {
    address: IpAddr,
    #[serde(default)]
    port: u16,
}

/// What came of a scenario.
pub struct Played {
    /// Everything that is said, in order, as it is printed.
    pub said: Vec<Value>,
    /// The same, and what happened, as lines of OCSF events.
    pub events: Vec<String>,
}

/// Plays a folder's scenario.
pub fn play(folder: &Path, station: Option<&Value>) -> Result<Played> {
    let scenario = file::read(&folder.join("scenario.json"))?;
    let mut config = station.cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    merge(&mut config, scenario.get("config").unwrap_or(&Value::Null));
    let settle_ms = config.get("settle_ms").and_then(Value::as_i64).unwrap_or(SETTLE_MS);
    let config: Config = serde_json::from_value(config)
        .with_context(|| format!("the configuration of {} cannot be read", folder.display()))?;
    let mut player = Player::new(config)?;
    let path = folder.join("events.jsonl");
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let at = || format!("{} line {number}", path.display());
        let line = line.with_context(at)?;
        if !line.trim().is_empty() {
            let event: Event = serde_json::from_str(&line).with_context(at)?;
            player.event(event).with_context(at)?;
        }
    }
    player.until(player.now_ms + settle_ms);
    Ok(Played { said: player.said, events: player.events })
}

/// Objects are merged, of anything else `over` takes the place.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (under, over) => *under = over.clone(),
    }
}

/// A scenario's routers say nothing for as long as they like.
fn table() -> RoutingTable {
    RoutingTable::new(Limits { heartbeat_us: 0, ..Limits::default() })
}

struct Player {
    config: Config,
    now_ms: i64,
    table: RoutingTable,
    insight: Insight,
    sessions: BTreeMap<String, (Session, Teller)>,
    count: u128,
    said: Vec<Value>,
    findings: Findings,
    events: Vec<String>,
}

impl Player {
    fn new(config: Config) -> Result<Self> {
        Ok(Player {
            now_ms: 0,
            table: table(),
            insight: Insight::new(config.clone())?,
            config,
            sessions: BTreeMap::new(),
            count: 0,
            said: Vec::new(),
            findings: Findings::default(),
            events: Vec::new(),
        })
    }

    fn event(&mut self, event: Event) -> Result<()> {
        if event.at_ms < self.now_ms {
            bail!("at_ms {} comes after {}", event.at_ms, self.now_ms);
        }
        self.until(event.at_ms);
        if let Some(interface) = &event.interface {
            let said = self.insight.interface(&self.table, interface, self.unix_ms());
            self.say(said);
            return Ok(());
        }
        if let Some(Vrps { added, removed }) = &event.vrps {
            let now_ms = self.unix_ms();
            let said = self.insight.change_vrps(&self.table, Source::Cache, added, removed, now_ms);
            self.say(said);
            return Ok(());
        }
        if let Some(aspas) = event.aspas {
            let said = self.insight.replace_aspas(&self.table, Source::File, aspas, self.unix_ms());
            self.say(said);
            return Ok(());
        }
        if let Some(restart) = event.restart {
            return self.restart(restart);
        }
        let Some(name) = event.session else { bail!("neither a session nor an interface is named") };
        if let Some(open) = event.open {
            self.count += 1;
            let options = SessionOptions::new(open.address, open.port, self.count.to_be_bytes(), "scenario");
            self.sessions.insert(name, (Session::new(options), Teller::default()));
            return Ok(());
        }
        let now_ms = self.unix_ms();
        let now_us = now_ms * 1000;
        let Some((session, teller)) = self.sessions.get_mut(&name) else {
            bail!("session {name} is not open")
        };
        let octets = match &event.hex {
            Some(hex) => rib::text::unhex(hex).context("hex is no hexadecimal text")?,
            None => teller.octets(&event.told, now_ms)?,
        };
        if !octets.is_empty() {
            let batches = session.feed(&octets, now_us).batches;
            if let Some(fatal) = session.decoder().fatal() {
                bail!("session {name} lost its framing: {fatal}");
            }
            return batches.iter().try_for_each(|batch| self.apply(batch));
        }
        if event.close {
            let last = session.end(EndReason::Closed, "", now_us);
            self.sessions.remove(&name);
            return last.iter().try_for_each(|batch| self.apply(batch));
        }
        bail!("nothing is said of session {name}")
    }

    fn restart(&mut self, restart: Restart) -> Result<()> {
        let now_ms = self.unix_ms();
        let kept = serde_json::to_string(&self.insight.kept(now_ms))?;
        self.insight = Insight::new(self.config.clone())?;
        self.insight.restore(serde_json::from_str(&kept)?, now_ms);
        if let Restart::Empty = restart {
            self.table = table();
        }
        let said = self.insight.adopt(&self.table, now_ms);
        self.say(said);
        Ok(())
    }

    fn apply(&mut self, batch: &EncodedBatch) -> Result<()> {
        let deltas = self.table.apply(&batch.payload).context("cannot apply a batch to the table")?;
        self.events.extend(deltas.ocsf(Grouping::default()));
        let said = self.insight.apply(&self.table, &deltas, self.unix_ms());
        self.say(said);
        Ok(())
    }

    /// Lets the clock run: insight looks when it wants to, the table once a second.
    fn until(&mut self, at_ms: i64) {
        loop {
            let second = (self.now_ms / 1000 + 1) * 1000;
            let due = self.insight.due().map_or(i64::MAX, |due| (due - START_S * 1000).max(self.now_ms));
            let next = second.min(due);
            if next > at_ms {
                break;
            }
            self.now_ms = next;
            if next == second {
                self.expire();
            }
            let said = self.insight.tick(&self.table, self.unix_ms());
            self.say(said);
        }
        self.now_ms = at_ms;
    }

    fn expire(&mut self) {
        loop {
            let now_us = self.unix_ms() * 1000;
            let deltas = self.table.expire(now_us, now_us, true);
            if !deltas.is_empty() {
                self.events.extend(deltas.ocsf(Grouping::default()));
                let said = self.insight.apply(&self.table, &deltas, self.unix_ms());
                self.say(said);
            }
            if !deltas.more {
                return;
            }
        }
    }

    fn unix_ms(&self) -> i64 {
        START_S * 1000 + self.now_ms
    }

    fn say(&mut self, said: Vec<Said>) {
        for mut one in said {
            self.events.extend(self.findings.of(&one));
            one.at_ms -= START_S * 1000;
            if let Ok(object) = serde_json::to_value(&one) {
                self.said.push(object);
            }
        }
    }
}
