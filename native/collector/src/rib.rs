//! `rib`: the routing table left at the end of a file.

use crate::Outcome;
use anyhow::{bail, Result};
use clap::Args;
use std::path::PathBuf;

/// Plays a file and prints the routing table left at its end, one JSON object a route
#[derive(Args)]
pub struct Options {
    /// Raw BMP, gzip of it, pcap or pcapng; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The router's address, where the file does not say it
    #[arg(long, value_name = "ADDRESS")]
    router: Option<std::net::IpAddr>,
}

pub fn run(options: &Options) -> Result<Outcome> {
    bail!("cannot play {} for {:?} yet", options.file.display(), options.router)
}
