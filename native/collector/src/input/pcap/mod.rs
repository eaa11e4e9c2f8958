//! Packet captures: pcap and pcapng, down to the BMP streams of their TCP connections.

mod connections;
mod links;

use self::connections::Connections;
use self::links::Links;
use super::event::{is_damage, Event, Report, Selection};
use anyhow::{anyhow, bail, Context, Result};
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{LegacyPcapReader, PcapError, PcapNGReader};
use std::cell::RefCell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

const BUFFER: usize = 256 << 10;
const MAX_BUFFER: usize = 64 << 20;

/// The two kinds of capture files.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    Pcap,
    PcapNg,
}

impl Format {
    /// By the first four bytes of a file: classic pcap in either byte order, with µs or ns, or pcapng.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xa1, 0xb2, 0xc3, 0xd4]
            | [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x4d, 0x3c, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0xcd, 0x34]
            | [0x34, 0xcd, 0xb2, 0xa1] => Some(Self::Pcap),
            [0x0a, 0x0d, 0x0d, 0x0a] => Some(Self::PcapNg),
            _ => None,
        }
    }
}

/// Reads a whole capture. Errors: as [`super::read`].
pub fn read<'r>(
    reader: Box<dyn Read + 'r>,
    format: Format,
    selection: Selection,
    sink: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Report> {
    let failure = Rc::new(RefCell::new(None));
    let reader = Reader { inner: reader, failure: Rc::clone(&failure) };
    let mut connections = Connections::new(selection);
    let mut report = Report::default();
    let mut packets =
        open(reader, format).map_err(|e| cause(&failure, e)).context("cannot read the capture's header")?;
    let mut links = Links::default();
    loop {
        match packets.next() {
            Ok((size, block)) => {
                if let Some(packet) = links.packet(block) {
                    connections.packet(&packet, sink)?;
                }
                packets.consume(size);
                continue;
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => {}
            Err(PcapError::BufferTooSmall) => {
                let larger = packets.data().len().max(BUFFER) * 2;
                if larger > MAX_BUFFER || !packets.grow(larger) {
                    report.damage(format!(
                        "the capture is damaged at offset {}: a record of more than {MAX_BUFFER} bytes",
                        packets.consumed()
                    ));
                    break;
                }
            }
            Err(PcapError::UnexpectedEof) => {
                report.damage(format!("the capture ends within a packet, at offset {}", packets.consumed()));
                break;
            }
            Err(e) => {
                let e = cause(&failure, e);
                report.damage(format!("the capture is damaged at offset {}: {e}", packets.consumed()));
                break;
            }
        }
        if packets.refill().is_err() {
            let e = failure.borrow_mut().take().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into());
            if !is_damage(&e) {
                return Err(e).with_context(|| format!("cannot read on after offset {}", packets.consumed()));
            }
            report.damage(format!(
                "the file is damaged: {e}; {} bytes of the capture were read before",
                packets.consumed()
            ));
            break;
        }
    }
    connections.finish(sink)?;
    connections.notes(&mut report);
    if connections.streams == 0 {
        report.print();
        let which = selection.port.map_or_else(
            || "port 11019, and none looks like BMP (--port takes another)".to_owned(),
            |port| format!("port {port}"),
        );
        bail!(
            "no BMP in this capture: of {} TCP connections with data none is on {which}",
            connections.with_data
        );
    }
    Ok(report)
}

type Failure = Rc<RefCell<Option<io::Error>>>;

/// Keeps the reader's own error, which the capture parser replaces with one that does not say why.
struct Reader<'r> {
    inner: Box<dyn Read + 'r>,
    failure: Failure,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let again = io::Error::new(e.kind(), e.to_string());
                    *self.failure.borrow_mut() = Some(e);
                    return Err(again);
                }
                Ok(n) => return Ok(n),
            }
        }
    }
}

fn cause(failure: &Failure, error: PcapError<&[u8]>) -> anyhow::Error {
    match failure.borrow_mut().take() {
        Some(why) => anyhow!(why),
        None => match error {
            PcapError::NomError(_, kind) | PcapError::OwnedNomError(_, kind) => {
                anyhow!("not what a capture holds here ({kind:?})")
            }
            other => anyhow!("{other:?}"),
        },
    }
}

fn open<'r>(
    mut reader: Reader<'r>,
    format: Format,
) -> Result<Box<dyn PcapReaderIterator + 'r>, PcapError<&'static [u8]>> {
    // the parser wants the file's whole header from its first read
    let mut head = vec![0; 24];
    reader.read_exact(&mut head).or(Err(PcapError::UnexpectedEof))?;
    Ok(match format {
        Format::Pcap => Box::new(LegacyPcapReader::new(BUFFER, Cursor::new(head).chain(reader))?),
        Format::PcapNg => {
            let length = section_header_length(&head);
            let mut options = vec![0; length.saturating_sub(head.len())];
            reader.read_exact(&mut options).or(Err(PcapError::UnexpectedEof))?;
            head.append(&mut options);
            Box::new(PcapNGReader::new(BUFFER, Cursor::new(head).chain(reader))?)
        }
    })
}

/// Block Total Length of the Section Header Block, in the byte order its magic tells.
fn section_header_length(head: &[u8]) -> usize {
    let field =
        |at: usize| head.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).copied().unwrap_or_default();
    let length = if field(8) == [0x1a, 0x2b, 0x3c, 0x4d] {
        u32::from_be_bytes(field(4))
    } else {
        u32::from_le_bytes(field(4))
    };
    usize::try_from(length).unwrap_or(0).min(BUFFER)
}
