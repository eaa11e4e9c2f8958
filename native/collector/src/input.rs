//! Reading files: raw BMP, gzip of it, or a packet capture, told apart by their first bytes.
//!
//! What comes out is the same for all of them: [`Event`]s of BMP byte streams, each stream being what one router sent
//! over one TCP connection. A raw file is one stream; a capture can hold many, and their events come in the order of
//! the capture.

mod choose;
mod pcap;
mod tcp;

use crate::{progress, Outcome};
use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::net::SocketAddr;
use std::path::Path;

/// Number of a stream within its file, in order of appearance.
pub type StreamId = usize;

/// The two ends of the TCP connection a stream came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    pub router: SocketAddr,
    pub station: SocketAddr,
}

impl std::fmt::Display for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}>{}", self.router, self.station)
    }
}

/// What happened on a stream.
#[derive(Debug)]
pub enum Event<'a> {
    /// A stream begins; `flow` is `None` for a raw file, which does not say who sent it.
    Start { stream: StreamId, flow: Option<Flow> },
    /// The next bytes of it, in order and without repetition. `time_us` is the capture's own time, in µs since 1970.
    Data { stream: StreamId, bytes: &'a [u8], time_us: Option<i64> },
    /// `bytes` bytes are not in the capture or could not be used; the next `Data` begins with a BMP message.
    Lost { stream: StreamId, bytes: u64 },
    /// The connection was closed, or the file ended.
    End { stream: StreamId },
}

/// Which TCP streams of a capture are taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection {
    /// Only streams from or to this port; without it, those of port 11019 and those that look like BMP.
    pub port: Option<u16>,
}

/// How reading went: notes for the user, and whether the file is damaged.
#[derive(Debug, Default)]
pub struct Report {
    notes: Vec<String>,
    damaged: bool,
}

impl Report {
    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    fn damage(&mut self, what: String) {
        self.notes.push(what);
        self.damaged = true;
    }

    /// Prints the notes, one a line, on standard error.
    pub fn print(&self) -> Outcome {
        for note in &self.notes {
            eprintln!("bmp-collector: {note}");
        }
        if self.damaged {
            Outcome::Damaged
        } else {
            Outcome::Clean
        }
    }
}

/// Whether a read failed because of what is in the file (gzip that is cut off or wrong) rather than by the system.
fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    )
}

/// What a sink returns as an error to have no more: nothing that follows can be read.
#[derive(Debug)]
pub struct Enough;

impl std::fmt::Display for Enough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nothing more can be read")
    }
}

impl std::error::Error for Enough {}

/// Whether `path` is a file, which has an end: of a pipe or a device everything is to be shown as it comes.
pub fn is_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file())
}

/// Reads `path` (`-` is standard input) to its end and hands every event to `sink`.
///
/// A file that turns out to be damaged is read up to there, which the report tells. Errors: the file cannot be opened
/// or read, is a capture without any BMP stream, or `sink` returned an error other than [`Enough`].
pub fn read(path: &Path, selection: Selection, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<Report> {
    match read_path(path, selection, sink) {
        Err(error) if error.is::<Enough>() => Ok(Report::default()),
        result => result,
    }
}

fn read_path(path: &Path, selection: Selection, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<Report> {
    let name = path.display().to_string();
    if path.as_os_str() == "-" {
        return read_any(Box::new(io::stdin().lock()), selection, sink).context("standard input");
    }
    let file = File::open(path).with_context(|| name.clone())?;
    let size = file.metadata().map_or(0, |meta| meta.len());
    let bar = progress::of_bytes(size);
    let result = read_any(Box::new(bar.wrap_read(file)), selection, sink).context(name);
    bar.finish_and_clear();
    result
}

fn read_any<'r>(
    reader: Box<dyn Read + 'r>,
    selection: Selection,
    sink: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Report> {
    let (head, reader) = peek(reader, 4)?;
    let (head, reader) = if head.starts_with(&[0x1f, 0x8b]) {
        peek(Box::new(MultiGzDecoder::new(reader)), 4).context("damaged gzip")?
    } else {
        (head, reader)
    };
    match pcap::Format::of(&head) {
        Some(format) => pcap::read(reader, format, selection, sink),
        None => read_raw(reader, sink),
    }
}

/// Looks at the first `len` bytes (fewer at the end of the file) without taking them away.
fn peek<'r>(mut reader: Box<dyn Read + 'r>, len: usize) -> io::Result<(Vec<u8>, Box<dyn Read + 'r>)> {
    let mut head = Vec::with_capacity(len);
    reader.by_ref().take(len as u64).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::new(whole)))
}

fn read_raw(mut reader: impl Read, sink: &mut dyn FnMut(Event) -> Result<()>) -> Result<Report> {
    let stream = 0;
    let mut buffer = vec![0; 256 << 10];
    let mut report = Report::default();
    let mut offset = 0u64;
    sink(Event::Start { stream, flow: None })?;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                offset += n as u64;
                sink(Event::Data { stream, bytes: buffer.get(..n).unwrap_or_default(), time_us: None })?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if is_damage(&e) => {
                report.damage(format!("the file is damaged: {e}; {offset} bytes of BMP were read before"));
                break;
            }
            Err(e) => return Err(e).with_context(|| format!("cannot read on after offset {offset}")),
        }
    }
    if offset == 0 && !report.damaged {
        report.note("there is nothing to read: the input is empty".into());
    }
    sink(Event::End { stream })?;
    Ok(report)
}
