//! `replay`: sends a file to a station as its routers did, one TCP connection for each BMP session of the file.

use crate::input::{self, Event, Flow, Selection, StreamId};
use crate::outcome::Outcome;
use anyhow::{anyhow, Context, Result};
use clap::Args;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Sends a file to a BMP station, as a router would
///
/// Every BMP session of a capture gets a TCP connection of its own. The bytes are sent as they are, also those that
/// are no valid BMP.
#[derive(Args)]
pub struct Options {
    /// Raw BMP, gzip of it, pcap or pcapng; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the station listens, for example 127.0.0.1:11019 or [::1]:11019
    #[arg(value_name = "HOST:PORT")]
    station: String,
    /// BMP messages to send a second, of all sessions together [default: as fast as the station takes them]
    #[arg(long, value_name = "MESSAGES", value_parser = rate)]
    rate: Option<f64>,
    /// Stay connected after the last message, until the station closes or this program is interrupted
    #[arg(long)]
    hold: bool,
    /// Of a capture, take only TCP connections with this port [default: 11019, and whatever looks like BMP]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("not a number of messages a second above 0".to_owned()),
    }
}

pub fn run(options: &Options) -> Result<Outcome> {
    let mut sender = Sender::new(options);
    let report =
        input::read(&options.file, Selection { port: options.port }, &mut |event| sender.event(&event))?;
    let damaged = report.print();
    Ok(sender.finish(options.hold)?.max(damaged))
}

struct Sender<'a> {
    station: &'a str,
    sessions: BTreeMap<StreamId, Session>,
    pace: Pace,
    bytes: u64,
    outcome: Outcome,
}

struct Session {
    connection: TcpStream,
    flow: Option<Flow>,
    framer: Framer,
    unsent: Vec<u8>,
}

impl<'a> Sender<'a> {
    fn new(options: &'a Options) -> Self {
        let pace = Pace { rate: options.rate, started: Instant::now(), messages: 0 };
        Self { station: &options.station, sessions: BTreeMap::new(), pace, bytes: 0, outcome: Outcome::Clean }
    }

    fn event(&mut self, event: &Event) -> Result<()> {
        match *event {
            Event::Start { stream, flow } => {
                let connection = TcpStream::connect(self.station)
                    .with_context(|| format!("cannot connect to {}", self.station))?;
                if self.sessions.is_empty() {
                    self.pace.started = Instant::now();
                }
                self.sessions.insert(
                    stream,
                    Session { connection, flow, framer: Framer::default(), unsent: Vec::new() },
                );
            }
            Event::Data { stream, bytes, .. } => {
                self.bytes += bytes.len() as u64;
                if let Some(session) = self.sessions.get_mut(&stream) {
                    session.send(bytes, &mut self.pace)?;
                }
            }
            Event::Lost { stream, bytes } => {
                self.outcome = Outcome::Damaged;
                if let Some(session) = self.sessions.get_mut(&stream) {
                    session.drop_partial();
                    eprintln!(
                        "bmp-collector: {}: {bytes} bytes of it are missing, replaying what is there",
                        session.name()
                    );
                }
            }
            Event::End { stream } => {
                if let Some(session) = self.sessions.get_mut(&stream) {
                    session.flush()?;
                }
            }
        }
        Ok(())
    }

    fn finish(self, hold: bool) -> Result<Outcome> {
        let seconds = self.pace.started.elapsed().as_secs_f64();
        eprintln!(
            "sent {} messages, {} bytes, over {} connection(s) in {seconds:.2} s ({:.0} messages/s)",
            self.pace.messages,
            self.bytes,
            self.sessions.len(),
            self.pace.messages as f64 / seconds.max(1e-9)
        );
        for session in self.sessions.into_values() {
            if hold {
                session.hold();
            } else {
                // the station may have closed first; everything was written
                let _ = session.connection.shutdown(Shutdown::Write);
            }
        }
        Ok(self.outcome)
    }
}

impl Session {
    fn name(&self) -> String {
        self.flow.map_or_else(|| "the stream".to_owned(), |flow| flow.to_string())
    }

    /// Queues `bytes`, writing whenever a message is due or enough has come together.
    fn send(&mut self, bytes: &[u8], pace: &mut Pace) -> Result<()> {
        const ENOUGH: usize = 64 << 10;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (taken, complete) = self.framer.take(rest);
            let (now, later) = rest.split_at_checked(taken).unwrap_or((rest, &[]));
            rest = later;
            self.unsent.extend_from_slice(now);
            if complete {
                pace.messages += 1;
            }
            let early = if complete { pace.early() } else { None };
            if early.is_some() || self.unsent.len() >= ENOUGH {
                self.flush()?;
            }
            if let Some(early) = early {
                sleep(early);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.connection.write_all(&self.unsent);
        self.unsent.clear();
        written.map_err(|e| match e.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                anyhow!("the station closed the connection ({e})")
            }
            _ => anyhow!(e).context("cannot send"),
        })
    }

    /// Forgets an unfinished message that has not been sent, because its end is missing.
    fn drop_partial(&mut self) {
        let partial = self.framer.partial().min(self.unsent.len());
        self.unsent.truncate(self.unsent.len() - partial);
        self.framer = Framer::default();
    }

    fn hold(mut self) {
        let mut ignored = [0; 4096];
        while matches!(self.connection.read(&mut ignored), Ok(n) if n > 0) {}
    }
}

/// Keeps to so many messages a second.
struct Pace {
    rate: Option<f64>,
    started: Instant,
    messages: u64,
}

impl Pace {
    /// How long to wait before the next message, where it is worth a sleep.
    fn early(&self) -> Option<Duration> {
        const WORTH_IT: Duration = Duration::from_millis(2);
        let due = Duration::try_from_secs_f64(self.messages as f64 / self.rate?).ok()?;
        due.checked_sub(self.started.elapsed()).filter(|early| *early >= WORTH_IT)
    }
}

/// Finds the ends of messages, by the length in each common header (RFC 7854, section 4.1).
#[derive(Debug, Default)]
struct Framer {
    header: Vec<u8>,
    /// Bytes of the message's body still to come, once its header is complete.
    body: Option<u64>,
    taken: usize,
}

impl Framer {
    const HEADER: usize = 6;

    /// How many of `bytes`, at least one, belong to the message at hand, and whether they complete it. Where the
    /// length is impossible everything up to the end of `bytes` is taken as a message: the station is to see it.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut used = 0;
        if self.body.is_none() {
            used = (Self::HEADER - self.header.len()).min(bytes.len());
            self.header.extend(bytes.iter().take(used));
            let &[_, a, b, c, d, _] = self.header.as_slice() else {
                self.taken += used;
                return (used, false);
            };
            self.body = u64::from(u32::from_be_bytes([a, b, c, d])).checked_sub(Self::HEADER as u64);
            if self.body.is_none() {
                *self = Self::default();
                return (bytes.len(), true);
            }
        }
        let left = self.body.unwrap_or_default();
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - used);
        used += now;
        if now as u64 == left {
            *self = Self::default();
            return (used, true);
        }
        self.body = Some(left - now as u64);
        self.taken += used;
        (used, false)
    }

    /// Bytes of the unfinished message taken so far.
    fn partial(&self) -> usize {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_any_split() {
        let stream = [&[3, 0, 0, 0, 6, 4][..], &[3, 0, 0, 0, 9, 0, 1, 2, 3], &[3, 0, 0, 0, 7, 1, 9]].concat();
        for size in 1..=stream.len() {
            let mut framer = Framer::default();
            let mut ends = Vec::new();
            let mut at = 0;
            for piece in stream.chunks(size) {
                let mut rest = piece;
                while !rest.is_empty() {
                    let (taken, complete) = framer.take(rest);
                    at += taken;
                    rest = &rest[taken..];
                    if complete {
                        ends.push(at);
                    }
                }
            }
            assert_eq!(ends, [6, 15, 22], "pieces of {size}");
            assert_eq!(framer.partial(), 0);
        }
    }

    #[test]
    fn an_impossible_length_does_not_stop_it() {
        assert_eq!(Framer::default().take(&[3, 0, 0, 0, 5, 0, 1, 2]), (8, true));
    }

    #[test]
    fn rates() {
        assert_eq!(rate("0.5"), Ok(0.5));
        assert!(rate("0").is_err() && rate("-1").is_err() && rate("inf").is_err() && rate("fast").is_err());
    }
}
