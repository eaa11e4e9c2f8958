//! `parity`: is what a station holds the router's own table?

use crate::input::{self, Event, Selection};
use crate::outcome::Outcome;
use crate::output::Objects;
use crate::rib::Player;
use anyhow::{bail, Context, Result};
use clap::Args;
use flate2::read::MultiGzDecoder;
use parity::{compare, Frames, Status};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

/// Compares a router's own table with ours: missing, extra and different routes
///
/// OURS is BMP as `rib` reads it, or the lines that `rib` prints (`-` is such lines on standard input). TABLE is the
/// router's own: `show bgp … json` of FRR (with or without `detail`, `neighbors X routes`, `neighbors X received-routes`),
/// `gobgp global rib -j` or `gobgp neighbor X adj-in -j`, or the text of BIRD's `show route` (`all` shows attributes). Several
/// files of one view are compared as one table, for example one an address family.
///
/// Compared are the views, peers and address families that the table is about, and of each route every attribute that the table
/// shows. Known faults of routers' BMP are told and counted, and are no difference. Where the BMP messages are at hand
/// (OURS or --frames) every difference names the last one that spoke of the route: either the router sent it so, or
/// the station is wrong.
///
/// Exit status: 0 equal, 1 different, 2 they cannot be compared.
#[derive(Args)]
pub struct Options {
    /// BMP (raw, gzip, pcap, pcapng) or JSON lines of `rib`; `-` is lines on standard input
    #[arg(value_name = "OURS")]
    ours: PathBuf,
    /// The router's own table, also in gzip
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,
    /// Which router of ours it is: sysName, or the address where there is none
    #[arg(long, value_name = "NAME")]
    router: Option<String>,
    /// The view that the table is: adj_rib_in_pre, adj_rib_in_post, adj_rib_out_pre, adj_rib_out_post, loc_rib
    /// [default: as the table's form says]
    #[arg(long, value_name = "VIEW")]
    view: Option<String>,
    /// The only peer that the table is about
    #[arg(long, value_name = "ADDRESS")]
    peer: Option<String>,
    /// The address family of an empty table, or of one whose form does not say it: AFI/SAFI, for example 1/1
    #[arg(long, value_name = "AFI/SAFI")]
    family: Option<String>,
    /// frr, gobgp or bird [default: as the table's form says]
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// Of the peers of this route distinguisher, for an L3VPN instance's table
    #[arg(long, value_name = "RD")]
    distinguisher: Option<String>,
    /// The BMP session that OURS came from, where OURS is lines
    #[arg(long, value_name = "FILE")]
    frames: Option<PathBuf>,
    /// Differences do not count where the router's last message about the route says what we hold
    #[arg(long)]
    as_sent: bool,
    /// Print one JSON object with counts and every difference
    #[arg(long)]
    json: bool,
    /// How many differences to print as text
    #[arg(long, value_name = "N", default_value_t = 20)]
    show: usize,
}

pub fn run(options: &Options) -> Result<Outcome> {
    let mut asked = parity::Options { as_sent: options.as_sent, ..parity::Options::default() };
    for (name, value) in [
        ("router", &options.router),
        ("view", &options.view),
        ("peer", &options.peer),
        ("family", &options.family),
        ("format", &options.format),
        ("distinguisher", &options.distinguisher),
    ] {
        if let Some(value) = value {
            asked.set(name, value).with_context(|| format!("--{name}"))?;
        }
    }
    let mut frames = None;
    if let Some(path) = &options.frames {
        read_bmp(path, None, frames.get_or_insert_with(Frames::default))?;
    }
    let lines = if is_lines(&options.ours)? {
        read_lines(&options.ours)?
    } else {
        let mut player = Player::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        read_bmp(&options.ours, Some(&mut player), frames.get_or_insert_with(Frames::default))?;
        let mut lines = Vec::new();
        player.each_route(|route| {
            lines.push(serde_json::to_string(&route)?);
            Ok(())
        })?;
        lines
    };
    let mut texts = Vec::new();
    for path in &options.tables {
        texts.push(read_text(path)?);
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let report = compare(lines, &texts, frames.as_ref(), &asked).context("the tables cannot be compared")?;
    if options.json {
        let mut out = Objects::new(false);
        out.print(&report)?;
        out.finish()?;
    } else {
        print!("{report}");
        for difference in report.differences.iter().take(options.show) {
            println!("{difference}");
        }
        if let Some(more @ 1..) = report.differences.len().checked_sub(options.show) {
            println!("and {more} more (--show, --json)");
        }
    }
    Ok(match report.status() {
        Status::Equal => Outcome::Clean,
        Status::Different => Outcome::Different,
    })
}

/// Plays BMP into a table and keeps what its messages say.
fn read_bmp(path: &Path, mut player: Option<&mut Player>, frames: &mut Frames) -> Result<()> {
    let report = input::read(path, Selection::default(), &mut |event| {
        if let Event::Data { stream, bytes, .. } = event {
            frames.feed(stream, bytes);
        }
        match &mut player {
            Some(player) => player.event(&event),
            None => Ok(()),
        }
    })?;
    let damaged =
        report.print() != Outcome::Clean || player.is_some_and(|player| player.outcome != Outcome::Clean);
    if damaged {
        bail!("{} is damaged, so its table is not whole", path.display());
    }
    Ok(())
}

fn is_lines(path: &Path) -> Result<bool> {
    if path.as_os_str() == "-" {
        return Ok(true);
    }
    let mut first = [0];
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let read = file.read(&mut first).with_context(|| path.display().to_string())?;
    // An empty file is a table without routes; BMP begins with its version.
    Ok(read == 0 || first == *b"{")
}

fn read_lines(path: &Path) -> Result<Vec<String>> {
    let reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).with_context(|| path.display().to_string())?))
    };
    reader.lines().collect::<std::io::Result<_>>().with_context(|| path.display().to_string())
}

fn read_text(path: &Path) -> Result<String> {
    let name = || path.display().to_string();
    let bytes = std::fs::read(path).with_context(name)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text).with_context(name)?;
    } else {
        text = String::from_utf8(bytes).with_context(name)?;
    }
    Ok(text)
}
