//! Reading files: raw BMP, gzip of it, or a packet capture, told apart by their first bytes.
//!
//! What comes out is the same for all of them: [`Event`]s of BMP byte streams, each stream being what one router sent
//! over one TCP connection. A raw file is one stream; a capture can hold many, and their events come in the order of
//! the capture.

mod choose;
mod event;
mod pcap;
mod tcp;

pub use self::event::{Enough, Event, Flow, Report, Selection, StreamId};

use self::event::is_damage;
use crate::progress;
use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

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
