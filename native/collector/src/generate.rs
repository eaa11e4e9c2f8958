//! `generate`: a synthetic BMP session with a full table, the same for the same options for ever.

mod messages;
mod prefixes;
mod random;
mod table;

use crate::outcome::Outcome;
use crate::output::{self, Output};
use crate::progress;
use anyhow::{bail, Context, Result};
use clap::Args;
use messages::Messages;
use random::Random;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use table::{Group, Path, Peer, View};

/// Makes a synthetic BMP session: a full table of N routes from each of P peers
///
/// The session begins with Initiation and a Peer Up for each peer; then comes each peer's table with its End-of-RIBs
/// and a Statistics Report. Prefix lengths, AS paths, communities and how many prefixes share an UPDATE are like those
/// of the Internet's tables; all addresses and names are made up. The session is not closed: it ends as if the router
/// had nothing more to say. The same options make the same bytes.
#[derive(Args)]
pub struct Options {
    /// Routes of each peer, of both address families together
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    routes: u64,
    /// Peers; each has a path for every prefix
    #[arg(long, value_name = "P", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=i64::from(Peer::MAX)))]
    peers: u32,
    /// How many of 100 routes are IPv6
    #[arg(long, value_name = "PERCENT", default_value_t = 18, value_parser = clap::value_parser!(u64).range(0..=100))]
    ipv6_percent: u64,
    /// Views of the routes to send: before the router's import policy, after it, or both
    #[arg(long, value_name = "VIEW", value_enum, value_delimiter = ',', default_value = "pre")]
    views: Vec<View>,
    /// Route changes after the table: UPDATEs that give a path anew, and withdrawals (1 of 5)
    #[arg(long, value_name = "UPDATES", default_value_t = 0)]
    churn: u64,
    /// What chance depends on
    #[arg(long, value_name = "NUMBER", default_value_t = 7854)]
    seed: u64,
    /// The router's name, as Initiation gives it
    #[arg(long, value_name = "NAME", default_value = "generated")]
    name: String,
    /// Where to write; gzip where the name ends in .gz, `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

pub fn run(options: &Options) -> Result<Outcome> {
    if options.output.as_os_str() == "-" && io::stdout().is_terminal() {
        bail!("the stream is binary and not for a terminal: give a file with --output, or pipe it");
    }
    let mut views = options.views.clone();
    views.sort_unstable();
    views.dedup();
    let ipv6 = options.routes * options.ipv6_percent / 100;
    let session = Session {
        seed: options.seed,
        groups: table::groups(options.seed, options.routes - ipv6, ipv6),
        peers: (0..options.peers).map(Peer::new).collect(),
        views,
    };
    let written = Output::create(&options.output).and_then(|mut out| {
        session.write(&options.name, options.churn, &mut out)?;
        out.finish()
    });
    if options.output.as_os_str() == "-" {
        written.context(output::Stdout)?;
    } else {
        written.with_context(|| options.output.display().to_string())?;
    }
    Ok(Outcome::Clean)
}

struct Session {
    seed: u64,
    groups: Vec<Group>,
    peers: Vec<Peer>,
    views: Vec<View>,
}

impl Session {
    fn write(&self, name: &str, churn: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut messages = Messages::default();
        out.write_all(messages.initiation(name))?;
        for peer in &self.peers {
            for &view in &self.views {
                out.write_all(messages.peer_up(peer, view))?;
            }
        }
        let routes: u64 = self.groups.iter().map(|group| group.prefixes.len() as u64).sum();
        let bar = progress::of_routes(routes * (self.peers.len() * self.views.len()) as u64);
        for peer in &self.peers {
            for &view in &self.views {
                for group in &self.groups {
                    self.announce(&mut messages, peer, view, group, 0, out)?;
                    bar.inc(group.prefixes.len() as u64);
                }
                out.write_all(messages.end_of_rib_ipv4(peer, view))?;
                out.write_all(messages.end_of_rib_ipv6(peer, view))?;
            }
            out.write_all(messages.statistics(peer, &self.views, routes))?;
        }
        bar.finish_and_clear();
        for change in 1..=churn {
            self.change(&mut messages, change, out)?;
        }
        Ok(())
    }

    fn announce(
        &self,
        messages: &mut Messages,
        peer: &Peer,
        view: View,
        group: &Group,
        version: u64,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(path) = Path::new(self.seed, peer, group, version) else { return Ok(()) };
        let path = if view == View::Post { path.after_policy(peer) } else { path };
        out.write_all(messages.announcement(peer, view, &path, &group.prefixes))
    }

    /// A path that is new, or none any more: what one UPDATE from a neighbour says.
    fn change(&self, messages: &mut Messages, number: u64, out: &mut dyn Write) -> io::Result<()> {
        let mut random = Random::new(self.seed, [u64::MAX, number, 0]);
        let pick =
            |random: &mut Random, of: usize| usize::try_from(random.below(of as u64)).unwrap_or_default();
        let (Some(peer), Some(group)) = (
            self.peers.get(pick(&mut random, self.peers.len())),
            self.groups.get(pick(&mut random, self.groups.len())),
        ) else {
            return Ok(());
        };
        let withdrawn = random.chance(20);
        for &view in &self.views {
            if withdrawn {
                out.write_all(messages.withdrawal(peer, view, &group.prefixes))?;
            } else {
                self.announce(messages, peer, view, group, number, out)?;
            }
        }
        Ok(())
    }
}
