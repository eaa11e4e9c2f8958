//! `scenario`: what insight says of a recorded or invented story, and whether that is what must be said.

mod check;
mod file;
mod play;
mod tell;

use crate::outcome::Outcome;
use crate::output::Objects;
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// Plays scenarios through decoder, routing table and insight, and prints what is said
///
/// A scenario is a folder with `scenario.json` (configuration), `events.jsonl` (octets of sessions, states of interfaces, each with its
/// time) and, for `--check`, `expected.json` (what must and what must not be said). The clock is virtual. One JSON object a line is
/// printed for everything that is said, in the order of time. A folder of scenarios stands for all that are in it.
#[derive(Args)]
pub struct Options {
    #[arg(value_name = "FOLDER", required = true)]
    folders: Vec<PathBuf>,
    /// Print what is said also with `--check`, where it is left out otherwise
    #[arg(long)]
    json: bool,
    /// Compare with `expected.json`; the exit status is 1 where something is missing or forbidden
    #[arg(long)]
    check: bool,
    /// Print OCSF events of what happened and of what is said, as the station delivers them
    #[arg(long, conflicts_with_all = ["json", "check"])]
    ocsf: bool,
    /// Configuration of the station, under that of each scenario: e.g. names of the sites that all have in common
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub fn run(options: &Options) -> Result<Outcome> {
    let station = options.config.as_deref().map(file::read).transpose()?;
    let mut out = Objects::new(false);
    let mut totals = check::Totals::default();
    for folder in &scenarios(&options.folders)? {
        let play::Played { said, events } = play::play(folder, station.as_ref())?;
        if options.ocsf {
            for event in &events {
                out.line(event)?;
            }
            continue;
        }
        if options.json || !options.check {
            for object in &said {
                out.print(object)?;
            }
        }
        if options.check {
            let expected = file::read(&folder.join("expected.json"))?;
            let result = check::check(&expected, &said)
                .with_context(|| format!("{} cannot be read", folder.join("expected.json").display()))?;
            totals.add(&result);
            if !options.json {
                let name = folder.file_name().unwrap_or(folder.as_os_str());
                out.line(&result.text(&name.to_string_lossy()))?;
            }
        }
    }
    if options.check && !options.json {
        out.line(&totals.text())?;
    }
    out.finish()?;
    Ok(if totals.passed() { Outcome::Clean } else { Outcome::Different })
}

/// What is named, and of a folder without a scenario of its own those in it, in the order of their names.
fn scenarios(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let is_scenario = |folder: &Path| folder.join("scenario.json").is_file();
    let mut folders = Vec::new();
    for folder in named {
        if is_scenario(folder) {
            folders.push(folder.clone());
            continue;
        }
        let entries = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
        let mut inside: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        inside.retain(|inside| is_scenario(inside));
        ensure!(
            !inside.is_empty(),
            "{} is no scenario: there is no scenario.json, nor in a folder in it",
            folder.display()
        );
        inside.sort();
        folders.append(&mut inside);
    }
    Ok(folders)
}
