//! What reading a file makes: events of its streams, and a report of how it went.

use crate::outcome::Outcome;
use std::io;
use std::net::SocketAddr;

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
    pub(super) damaged: bool,
}

impl Report {
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(super) fn damage(&mut self, what: String) {
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
pub(super) fn is_damage(error: &io::Error) -> bool {
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
