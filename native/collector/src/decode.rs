//! `decode`: every message of a file as a JSON object.

use crate::input::{self, Event, Flow, Selection, StreamId};
use crate::outcome::Outcome;
use crate::output::Objects;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use wire::bmp::{Message, PeerHeader};
use wire::registry::bmp::message;
use wire::session::{Decoder, Frame, Options as Limits};
use wire::{DecodeError, Raw};

/// Prints every BMP message as a JSON object, one a line
///
/// Each object has `offset` (in the BMP stream, from 0), `length`, `version`, `type` (route_monitoring,
/// statistics_report, peer_down, peer_up, initiation, termination, route_mirroring or unknown) and what the message
/// says. Objects from a capture also have `session`, the ends of the TCP connection. A message that cannot be decoded
/// has `error`, with what is wrong, at which offset and in which field, its `peer` where that can be read, and the whole
/// message in hexadecimal as `raw`; how many there were is said at the end on standard error. So far as its framing
/// holds, decoding goes on after it; where framing is lost, it ends.
///
/// What comes from a pipe is printed message by message as it comes.
#[derive(Args)]
pub struct Options {
    /// Raw BMP, gzip of it, pcap or pcapng; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print each object over many lines, for reading
    #[arg(long)]
    pretty: bool,
    /// Of a capture, take only TCP connections with this port [default: 11019, and whatever looks like BMP]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

pub fn run(options: &Options) -> Result<Outcome> {
    let mut printer = Printer {
        out: Objects::new(options.pretty),
        at_once: !input::is_file(&options.file),
        streams: BTreeMap::new(),
        undecodable: 0,
        outcome: Outcome::Clean,
    };
    let read =
        input::read(&options.file, Selection { port: options.port }, &mut |event| printer.event(&event));
    printer.out.finish()?;
    let report = read?;
    if let Some(count) = undecodable(printer.undecodable) {
        eprintln!("bmp-collector: {count}");
    }
    Ok(printer.outcome.max(report.print()))
}

/// What is said of messages that could not be decoded, where there were any.
pub fn undecodable(count: u64) -> Option<String> {
    (count > 0).then(|| format!("messages that could not be decoded: {count}"))
}

struct Printer {
    out: Objects,
    /// Every piece of input is shown before the next is waited for.
    at_once: bool,
    streams: BTreeMap<StreamId, Stream>,
    undecodable: u64,
    outcome: Outcome,
}

struct Stream {
    flow: Option<Flow>,
    session: Option<String>,
    decoder: Decoder,
}

impl Printer {
    fn event(&mut self, event: &Event) -> Result<()> {
        match *event {
            Event::Start { stream, flow } => {
                let decoder = Decoder::new(Limits { max_message_bytes: MAX_MESSAGE, ..Limits::default() });
                self.streams
                    .insert(stream, Stream { flow, session: flow.map(|flow| flow.to_string()), decoder });
            }
            Event::Data { stream, bytes, .. } => {
                let Some(open) = self.streams.get_mut(&stream) else { return Ok(()) };
                open.print(bytes, &mut self.out)?;
                if self.at_once {
                    self.out.flush()?;
                }
                if open.decoder.fatal().is_some() {
                    return self.end(stream);
                }
            }
            Event::Lost { stream, bytes } => {
                self.outcome = Outcome::Damaged;
                if let Some(stream) = self.streams.get_mut(&stream) {
                    eprintln!("bmp-collector: {}", lost(stream.flow, &stream.decoder, bytes));
                    stream.decoder.skip(bytes);
                }
            }
            Event::End { stream } => self.end(stream)?,
        }
        Ok(())
    }

    fn end(&mut self, stream: StreamId) -> Result<()> {
        let Some(Stream { flow, decoder, .. }) = self.streams.remove(&stream) else { return Ok(()) };
        self.undecodable += decoder.counters().undecodable;
        let (outcome, go_on) = ended(flow, &decoder);
        self.outcome = self.outcome.max(outcome);
        go_on
    }
}

/// Says what is wrong with a stream that is over, if anything is. Where framing is lost and the input has no
/// other stream, the result is [`input::Enough`]: nothing more can be read.
pub fn ended(flow: Option<Flow>, decoder: &Decoder) -> (Outcome, Result<()>) {
    let Some(problem) = unfinished(flow, decoder) else { return (Outcome::Clean, Ok(())) };
    eprintln!("bmp-collector: {problem}");
    match (decoder.fatal(), flow) {
        (None, _) => (Outcome::Damaged, Ok(())),
        (Some(_), Some(_)) => (Outcome::Unreadable, Ok(())),
        (Some(_), None) => (Outcome::Unreadable, Err(input::Enough.into())),
    }
}

/// Larger than the wire's default: a file is looked into, nobody has to be kept out.
pub const MAX_MESSAGE: u32 = 16 << 20;

/// What is said of a stream with a hole.
pub fn lost(flow: Option<Flow>, decoder: &Decoder, bytes: u64) -> String {
    let offset = decoder.offset() + decoder.pending() as u64;
    format!("{}{bytes} bytes are missing at offset {offset}; decoding goes on after them", prefix(flow))
}

/// What is wrong with the end of a stream, if anything is.
fn unfinished(flow: Option<Flow>, decoder: &Decoder) -> Option<String> {
    let prefix = prefix(flow);
    if let Some(error) = decoder.fatal() {
        return Some(format!("{prefix}framing lost, nothing after it can be read: {error}"));
    }
    let (pending, error) = (decoder.pending(), decoder.cut_off()?);
    Some(format!("{prefix}the stream ends within a message, of which it has {pending} octets: {error}"))
}

fn prefix(flow: Option<Flow>) -> String {
    flow.map(|flow| format!("{flow}: ")).unwrap_or_default()
}

impl Stream {
    fn print(&mut self, bytes: &[u8], out: &mut Objects) -> Result<()> {
        let mut frames = self.decoder.feed(bytes);
        while let Some(Ok(frame)) = frames.next_message() {
            print(self.session.as_deref(), frame, out)?;
        }
        Ok(())
    }
}

fn print(session: Option<&str>, frame: Frame<'_, Message>, out: &mut Objects) -> Result<()> {
    let (bytes, version, kind) = (frame.bytes, frame.header.version, frame.header.message_type);
    let (offset, length) = (frame.offset, frame.header.length);
    match frame.content {
        Ok(message) => out.print(&Line { session, content: message }),
        Err(error) => out.print(&Line {
            session,
            content: Undecodable {
                offset,
                length,
                version,
                kind: message::name(kind).unwrap_or("unknown"),
                peer: PeerHeader::of_frame(bytes),
                error,
                raw: bytes.into(),
            },
        }),
    }
}

#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(flatten)]
    content: T,
}

/// A message that cannot be decoded.
#[derive(Serialize)]
struct Undecodable {
    offset: u64,
    length: u32,
    version: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<PeerHeader>,
    error: DecodeError,
    raw: Raw,
}
