//! `bmp-collector`: receives, reads, shows, compares, replays and makes BMP (RFC 7854) streams.

mod decode;
mod generate;
mod input;
mod outcome;
mod output;
mod parity;
mod progress;
mod replay;
mod rib;
mod run;
mod scenario;

use clap::{Parser, Subcommand};
use outcome::Outcome;
use std::process::ExitCode;

/// Receives, reads, compares, replays and makes streams of the BGP Monitoring Protocol (RFC 7854).
///
/// FILE may be BMP as it was on the wire, the same in gzip, or a packet capture (pcap, pcapng, also in gzip): which it
/// is, is seen from its first bytes. `-` is standard input. A capture may hold many BMP sessions; each is decoded on
/// its own.
#[derive(Parser)]
#[command(name = "bmp-collector", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
Exit status:
  0  everything was read; single messages that cannot be decoded are printed with the reason and are no failure
  1  the input is damaged: bytes are missing, or it ends within a message; what could be read was printed. Of
     `parity`: the tables differ; of `scenario --check`: not all was said, or what must not be said
  2  message framing was lost, after which nothing can be read: what came before was printed; wrong usage; or a
     file or connection that cannot be opened, read or written. Of `parity`: the tables cannot be compared

Examples:
  bmp-collector decode capture.pcap | jq 'select(.type == \"peer_down\")'
  bmp-collector rib dump.bmp.gz | jq -r '[.peer, .prefix] | @tsv'
  bmp-collector parity dump.bmp.gz show-bgp-ipv4.json
  bmp-collector generate --routes 1000 --peers 2 -o table.bmp
  bmp-collector replay table.bmp 127.0.0.1:11019 --rate 500
  bmp-collector run --allow 192.0.2.0/24 --nats nats://127.0.0.1:4222")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Decode(decode::Options),
    Rib(rib::Options),
    Replay(replay::Options),
    Generate(generate::Options),
    Parity(parity::Options),
    Run(run::Options),
    Scenario(scenario::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Decode(options) => decode::run(&options),
        Command::Rib(options) => rib::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::Generate(options) => generate::run(&options),
        Command::Parity(options) => parity::run(&options),
        Command::Scenario(options) => scenario::run(&options),
        Command::Run(options) => run::run(&options),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Damaged | Outcome::Different) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        // whoever read our output has had enough, as `head` does
        Err(e) if output::is_closed(&e) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bmp-collector: {e:#}");
            ExitCode::from(2)
        }
    }
}
