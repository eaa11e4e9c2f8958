//! What broke, where and why: `ServiceRadar.BMP.Insight`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ::insight::{read_file, Config, Findings, InterfaceEvent, Kept, Mark, Said, Source, Tables, Verdict};
use ::rtr::Told;
use ipnet::IpNet;
use rib::{Deltas, Query, RouteRow};
use rustler::{Atom, Encoder, Env, Resource, ResourceArc, Term};

use crate::atoms;
use crate::deltas::DeltasResource;
use crate::rtr::Client;
use crate::structs::Structs;
use crate::table::Table;
use crate::term::{error, guard, ok};

pub struct Insight {
    insight: Mutex<::insight::Insight>,
    /// Makes OCSF findings of what it says.
    findings: Mutex<Findings>,
}

#[rustler::resource_impl]
impl Resource for Insight {}

/// The tables of all partitions. One is read only while it is asked, so that nobody who changes another waits.
struct AllTables(Vec<ResourceArc<Table>>);

impl Tables for AllTables {
    fn each_route(&self, query: &Query, visit: &mut dyn FnMut(RouteRow) -> bool) {
        let mut go_on = true;
        for table in &self.0 {
            Tables::each_route(&*table.read(), query, &mut |row| {
                go_on = visit(row);
                go_on
            });
            if !go_on {
                return;
            }
        }
    }

    fn each_held(&self, prefix: Option<IpNet>, visit: &mut dyn FnMut(&Deltas)) {
        for table in &self.0 {
            Tables::each_held(&*table.read(), prefix, visit);
        }
    }
}

impl Insight {
    pub fn get(&self) -> MutexGuard<'_, ::insight::Insight> {
        self.insight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `{:ok, lines, findings, due}`, where the lines are what was said, and the findings those of it that are OCSF events; `:poisoned` where a call before this one panicked.
    fn say<'a>(&self, env: Env<'a>, say: impl FnOnce(&mut ::insight::Insight) -> Vec<Said>) -> Term<'a> {
        if self.insight.is_poisoned() {
            return atoms::poisoned().encode(env);
        }
        let said = guard(|| {
            let mut insight = self.get();
            let said = say(&mut insight);
            let lines: Vec<String> = said.iter().filter_map(|one| serde_json::to_string(one).ok()).collect();
            // Held together, so that findings come in the order in which things were said.
            let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
            let findings: Vec<String> = said.iter().flat_map(|one| findings.of(one)).collect();
            (lines, findings, insight.due())
        });
        match said {
            Ok((lines, findings, due)) => (atoms::ok(), lines, findings, due).encode(env),
            Err(_) => atoms::poisoned().encode(env),
        }
    }
}

#[rustler::nif]
fn insight_new<'a>(env: Env<'a>, config: &str) -> Term<'a> {
    match Config::from_json(config).and_then(::insight::Insight::new) {
        Ok(insight) => {
            let insight = Insight { insight: Mutex::new(insight), findings: Mutex::default() };
            ok(env, ResourceArc::new(insight))
        }
        Err(reason) => error(env, reason.to_string()),
    }
}

#[rustler::nif(schedule = "DirtyCpu")]
fn insight_apply<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    tables: Vec<ResourceArc<Table>>,
    deltas: ResourceArc<DeltasResource>,
    now_ms: i64,
) -> Term<'a> {
    insight.say(env, |insight| insight.apply(&AllTables(tables), &deltas.0, now_ms))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn insight_tick<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    tables: Vec<ResourceArc<Table>>,
    now_ms: i64,
) -> Term<'a> {
    insight.say(env, |insight| insight.tick(&AllTables(tables), now_ms))
}

/// `event` is JSON: `device`, `name`, `oper_status`, `admin_status`.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_interface<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    tables: Vec<ResourceArc<Table>>,
    event: &str,
    now_ms: i64,
) -> Term<'a> {
    match serde_json::from_str::<InterfaceEvent>(event) {
        Ok(event) => insight.say(env, |insight| insight.interface(&AllTables(tables), &event, now_ms)),
        Err(reason) => error(env, reason.to_string()),
    }
}

/// Open alerts, a map each.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_alerts<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    now_ms: i64,
    structs: Term<'a>,
) -> Term<'a> {
    let alerts = insight.get().alerts(now_ms);
    crate::serialize::term(Structs::new(env, structs, None), &alerts)
}

/// The last verdict of each subject, a map each.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_verdicts<'a>(env: Env<'a>, insight: ResourceArc<Insight>, structs: Term<'a>) -> Term<'a> {
    let verdicts = insight.get().verdicts(i64::MIN);
    let said = verdicts.into_iter().map(|(at_ms, verdict)| VerdictAt { at_ms, verdict });
    crate::serialize::term(Structs::new(env, structs, None), &said.collect::<Vec<_>>())
}

#[derive(serde::Serialize)]
struct VerdictAt {
    at_ms: i64,
    #[serde(flatten)]
    verdict: Verdict,
}

/// Takes up what `insight_kept` gave before a restart.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_restore<'a>(env: Env<'a>, insight: ResourceArc<Insight>, kept: &str, now_ms: i64) -> Term<'a> {
    match serde_json::from_str::<Kept>(kept) {
        Ok(kept) => insight.say(env, |insight| {
            insight.restore(kept, now_ms);
            Vec::new()
        }),
        Err(reason) => error(env, reason.to_string()),
    }
}

/// What has to outlive a restart, as JSON.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_kept(insight: ResourceArc<Insight>, now_ms: i64) -> String {
    serde_json::to_string(&insight.get().kept(now_ms)).unwrap_or_default()
}

/// Reads a table that is full already.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_adopt<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    table: ResourceArc<Table>,
    now_ms: i64,
) -> Term<'a> {
    insight.say(env, |insight| insight.adopt(&table.read(), now_ms))
}

/// Where VRPs come from: caches, a file, and how often the file is looked at, in milliseconds.
#[rustler::nif]
fn insight_rpki(insight: ResourceArc<Insight>) -> (Vec<String>, Option<String>, u64) {
    let held = insight.get();
    let rpki = held.rpki();
    (rpki.caches.clone(), rpki.file.clone(), rpki.reload_ms.unwrap_or(60_000).max(100))
}

/// Takes what the caches told; `{said, notes}`, where the notes are for the log.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_caches<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    tables: Vec<ResourceArc<Table>>,
    client: ResourceArc<Client>,
    now_ms: i64,
) -> Term<'a> {
    let mut notes = Vec::new();
    let said = insight.say(env, |insight| {
        let tables = AllTables(tables);
        let mut said = Vec::new();
        for told in client.take() {
            match told {
                Told::Changed { added, removed } => {
                    said.extend(insight.change_vrps(&tables, Source::Cache, &added, &removed, now_ms));
                }
                Told::Aspas(aspas) => {
                    said.extend(insight.replace_aspas(&tables, Source::Cache, aspas, now_ms));
                }
                Told::Whole { cache, vrps, aspas } => {
                    notes.push(format!("the RPKI cache {cache} gave {vrps} VRPs and {aspas} ASPAs"));
                }
                Told::Failed { cache, reason } => {
                    notes.push(format!("the RPKI cache {cache} cannot be had: {reason}"));
                }
                Told::Expired => notes.push("what the RPKI caches told expired".to_string()),
            }
        }
        said
    });
    (said, notes).encode(env)
}

/// A file of VRPs takes the place of the one before.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_vrp_file<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    tables: Vec<ResourceArc<Table>>,
    file: &str,
    now_ms: i64,
) -> Term<'a> {
    match read_file(file) {
        Ok(file) => insight.say(env, |insight| insight.replace_file(&AllTables(tables), file, now_ms)),
        Err(reason) => error(env, reason.to_string()),
    }
}

/// What RPKI says of routes, each a prefix as text and its origin; nothing where there are no VRPs.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_validity<'a>(
    env: Env<'a>,
    insight: ResourceArc<Insight>,
    routes: Vec<(&'a str, Option<u32>)>,
) -> Vec<Option<Atom>> {
    let held = insight.get();
    let vrps = held.vrps();
    let say = |(prefix, origin): (&str, Option<u32>)| {
        let prefix = prefix.parse().ok().filter(|_| !vrps.is_empty())?;
        Atom::from_str(env, vrps.validity(&prefix, origin).as_str()).ok()
    };
    routes.into_iter().map(say).collect()
}

/// Links and the routes on them, a line of JSON each.
#[rustler::nif(schedule = "DirtyCpu")]
fn insight_topology(insight: ResourceArc<Insight>) -> Vec<String> {
    insight.get().topology().rows().filter_map(|row| serde_json::to_string(&row).ok()).collect()
}

#[rustler::nif]
fn insight_mark(
    insight: ResourceArc<Insight>,
    rule: &str,
    subject: &str,
    acknowledged: bool,
    muted_until_ms: Option<i64>,
) -> Atom {
    insight.get().mark(rule, subject, Mark { acknowledged, muted_until_ms });
    atoms::ok()
}
