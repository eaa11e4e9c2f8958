//! Standard output, buffered, with a closed pipe told apart from real failures.

use anyhow::{Context, Result};
use flate2::write::GzEncoder;
use flate2::Compression;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

/// JSON objects on standard output, one a line unless `pretty`.
pub struct Objects {
    out: BufWriter<StdoutLock<'static>>,
    pretty: bool,
}

impl Objects {
    pub fn new(pretty: bool) -> Self {
        Self { out: BufWriter::with_capacity(256 << 10, io::stdout().lock()), pretty }
    }

    pub fn print(&mut self, object: &impl Serialize) -> Result<()> {
        let written = if self.pretty {
            serde_json::to_writer_pretty(&mut self.out, object)
        } else {
            serde_json::to_writer(&mut self.out, object)
        };
        written.map_err(io::Error::from).and_then(|()| self.out.write_all(b"\n")).context(Stdout)
    }

    /// A line of text.
    pub fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "{text}").context(Stdout)
    }

    /// Shows what was printed at once.
    pub fn flush(&mut self) -> Result<()> {
        self.out.flush().context(Stdout)
    }

    pub fn finish(mut self) -> Result<()> {
        self.out.flush().context(Stdout)
    }
}

/// A file being written, gzip when its name ends in `.gz`; `-` is standard output.
pub enum Output {
    Stdout(BufWriter<StdoutLock<'static>>),
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Output {
    pub fn create(path: &Path) -> io::Result<Self> {
        const BUFFER: usize = 256 << 10;
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout(BufWriter::with_capacity(BUFFER, io::stdout().lock())));
        }
        let file = BufWriter::with_capacity(BUFFER, File::create(path)?);
        Ok(if path.extension().is_some_and(|extension| extension == "gz") {
            Self::Gzip(GzEncoder::new(file, Compression::default()))
        } else {
            Self::Plain(file)
        })
    }

    /// Writes what is left; without it a gzip file has no end.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush(),
            Self::Plain(mut out) => out.flush(),
            Self::Gzip(out) => out.finish()?.flush(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
        }
    }
}

/// Marks a failure to write standard output.
#[derive(Debug, Clone, Copy)]
pub struct Stdout;

impl std::fmt::Display for Stdout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot write standard output")
    }
}

/// Whether `error` says that the reader of standard output went away.
pub fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Stdout>().is_some()
        && error.chain().any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
        })
}
