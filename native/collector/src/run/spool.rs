//! A queue on disk, for batches that the broker does not take: first in, first out, and there again after this program was
//! killed.
//!
//! A spool is a folder. Its records are in segments, files that are written once from front to back and
//! deleted when all of their records were taken. The file `head` says up to where records were taken. It is
//! written without waiting for the disk: after a power failure it may be behind, and then records are handed
//! out a second time. Their ids let the broker drop the duplicates.
//!
//! ```text
//! 00000000000000000007.spool   00000000000000000008.spool   00000000000000000009.spool
//!   released  |  handed out                    | still to be handed out   | the end
//!             ^ head                           ^ reader                   ^ appended, each time with fdatasync
//! ```

mod record;

pub use record::Record;

use anyhow::{bail, Context, Result};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

const SUFFIX: &str = ".spool";
/// A segment is closed when it has so many octets: what is taken is given back in such pieces.
const SEGMENT: u64 = 16 << 20;

/// Octets on disk, of several spools together.
#[derive(Debug)]
pub struct Budget {
    most: u64,
    used: AtomicU64,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    Kept,
    /// Kept in the last sixteenth, which is there for sessions to end in good order.
    Reserve,
    /// There is no room: the record is not kept.
    Full,
}

/// A place between two records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    segment: u64,
    offset: u64,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    /// Octets of whole records, which is all that a reader may see.
    length: u64,
}

#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    budget: Arc<Budget>,
    head: File,
    /// The segments, beginning with the one that has the first record that is not released. Never empty while
    /// there is such a record.
    segments: VecDeque<Segment>,
    next_segment: u64,
    writer: Option<File>,
    /// Whether something was written since the last fdatasync.
    unsynced: bool,
    reader: Option<(BufReader<File>, u64)>,
    at: Place,
    /// Where each record that is handed out and not released ends.
    out: VecDeque<Place>,
}

impl Budget {
    pub fn new(most: u64) -> Arc<Self> {
        Arc::new(Budget { most, used: AtomicU64::new(0) })
    }

    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    fn take(&self, octets: u64) -> Appended {
        let fits = |used: u64| used.checked_add(octets).filter(|used| *used <= self.most);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(before) if before + octets <= self.most / 16 * 15 => Appended::Kept,
            Ok(_) => Appended::Reserve,
            Err(_) => Appended::Full,
        }
    }

    fn give(&self, octets: u64) {
        self.used.fetch_sub(octets, Ordering::Relaxed);
    }
}

/// Keeps others out of a folder until it is dropped: two programs in one spool would send and delete each other's records.
pub fn lock(folder: &Path) -> Result<File> {
    fs::create_dir_all(folder).with_context(|| format!("the spool {}", folder.display()))?;
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("the spool's {}", path.display()))?;
    // SAFETY: the descriptor is the file's, which is open.
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
        bail!("the spool {} is in use by another collector", folder.display());
    }
    Ok(file)
}

impl Spool {
    /// Opens a spool with the records that an earlier run left there. A record at the end that was not
    /// written completely is cut off.
    pub fn open(folder: &Path, budget: Arc<Budget>) -> Result<Self> {
        let of = |path: &Path| format!("the spool's {}", path.display());
        fs::create_dir_all(folder).with_context(|| of(folder))?;
        let path = folder.join("head");
        let head = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let head = head.with_context(|| of(&path))?;
        let at = read_head(&head).unwrap_or_default();
        let mut spool = Spool {
            folder: folder.to_owned(),
            budget,
            head,
            segments: VecDeque::new(),
            next_segment: at.segment + 1,
            writer: None,
            unsynced: false,
            reader: None,
            at,
            out: VecDeque::new(),
        };
        let mut numbers = numbers(folder).with_context(|| of(folder))?;
        numbers.sort_unstable();
        let last = numbers.last().copied();
        for number in numbers {
            let path = spool.path(number);
            if number < at.segment {
                fs::remove_file(&path).with_context(|| of(&path))?;
                continue;
            }
            if Some(number) == last {
                cut_off(&path).with_context(|| of(&path))?;
            }
            let length = fs::metadata(&path).with_context(|| of(&path))?.len();
            spool.budget.used.fetch_add(length, Ordering::Relaxed);
            spool.segments.push_back(Segment { number, length });
            spool.next_segment = number + 1;
        }
        match spool.segments.front() {
            Some(first) if first.number != spool.at.segment => {
                spool.at = Place { segment: first.number, offset: 0 };
            }
            Some(first) if first.length < spool.at.offset => spool.at.offset = first.length,
            _ => {}
        }
        spool.delete_released().with_context(|| of(folder))?;
        Ok(spool)
    }

    /// Whether every record was released.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Puts a record behind the others. It outlives the machine's end only after [`Self::sync`].
    pub fn append(&mut self, record: &Record) -> io::Result<Appended> {
        let octets = record.to_octets();
        let length = octets.len() as u64;
        let appended = self.budget.take(length);
        if appended == Appended::Full {
            return Ok(appended);
        }
        let written = self.write(&octets);
        if written.is_err() {
            self.budget.give(length);
        }
        written.map(|()| appended)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        if self.writer.is_none() || self.segments.back().is_none_or(|segment| segment.length >= SEGMENT) {
            self.sync()?;
            let number = self.next_segment;
            let path = self.path(number);
            self.writer = Some(OpenOptions::new().create_new(true).write(true).open(path)?);
            self.next_segment += 1;
            if self.segments.is_empty() {
                self.at = Place { segment: number, offset: 0 };
            }
            self.segments.push_back(Segment { number, length: 0 });
            File::open(&self.folder)?.sync_all()?;
        }
        let (Some(writer), Some(segment)) = (&mut self.writer, self.segments.back_mut()) else {
            return Ok(());
        };
        if let Err(error) = writer.write_all(octets) {
            // Half a record is worse than none: whatever is written next follows the last whole one.
            writer.set_len(segment.length)?;
            writer.seek(SeekFrom::Start(segment.length))?;
            return Err(error);
        }
        segment.length += octets.len() as u64;
        self.unsynced = true;
        Ok(())
    }

    /// Waits until the disk has everything.
    pub fn sync(&mut self) -> io::Result<()> {
        if let (Some(writer), true) = (&self.writer, self.unsynced) {
            writer.sync_data()?;
        }
        self.unsynced = false;
        Ok(())
    }

    /// The next record, which stays in the spool until it is released. What is damaged is left out up to the next segment.
    pub fn hand_out(&mut self) -> io::Result<Option<Record>> {
        loop {
            let at = self.at;
            let has_more = |segment: &&Segment| {
                segment.number > at.segment || (segment.number == at.segment && segment.length > at.offset)
            };
            let Some(segment) = self.segments.iter().find(has_more) else { return Ok(None) };
            let (number, length) = (segment.number, segment.length);
            if number != at.segment {
                self.at = Place { segment: number, offset: 0 };
            }
            if self.reader.as_ref().is_none_or(|(_, of)| *of != number) {
                let mut file = File::open(self.path(number))?;
                file.seek(SeekFrom::Start(self.at.offset))?;
                self.reader = Some((BufReader::with_capacity(256 << 10, file), number));
            }
            let Some((reader, _)) = &mut self.reader else { return Ok(None) };
            match Record::read(reader) {
                Ok(record) => {
                    self.at.offset += record.length();
                    self.out.push_back(self.at);
                    return Ok(Some(record));
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::error!(
                        file = %self.path(number).display(),
                        octet = self.at.offset,
                        lost = length - self.at.offset,
                        "the spool is damaged, the rest of the file is left out: {error}"
                    );
                    (self.reader, self.at.offset) = (None, length);
                    if self.out.is_empty() {
                        self.delete_released()?;
                    }
                }
                Err(error) => {
                    self.reader = None;
                    return Err(error);
                }
            }
        }
    }

    /// Releases the oldest record that was handed out: it has reached its destination.
    pub fn release(&mut self) -> io::Result<()> {
        let Some(end) = self.out.pop_front() else { return Ok(()) };
        self.head.write_all_at(&head_octets(end), 0)?;
        if self
            .segments
            .front()
            .is_some_and(|first| first.number != end.segment || first.length <= end.offset)
        {
            self.delete_released()?;
        }
        Ok(())
    }

    /// Deletes the segments before the first record that is not released.
    fn delete_released(&mut self) -> io::Result<()> {
        // What is out is in the segment where the first of it ends, and nothing is out of those before.
        let first = self.out.front().map_or(self.at, |end| Place { segment: end.segment, offset: 0 });
        while let Some(segment) = self.segments.front() {
            let whole = first == Place { segment: segment.number, offset: segment.length };
            if segment.number >= first.segment && !whole {
                break;
            }
            fs::remove_file(self.path(segment.number))?;
            self.budget.give(segment.length);
            self.segments.pop_front();
        }
        if self.segments.is_empty() {
            (self.writer, self.reader, self.unsynced) = (None, None, false);
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:020}{SUFFIX}"))
    }
}

fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).map(str::parse);
        if let Some(Ok(number)) = number {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// Cuts a segment off after its last complete record.
fn cut_off(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut reader = BufReader::new(&file);
    let mut whole = 0;
    while let Ok(record) = Record::read(&mut reader) {
        whole += record.length();
    }
    let length = file.metadata()?.len();
    if whole < length {
        tracing::warn!(file = %path.display(), octets = length - whole, "the spool's end was not written whole, it is cut off");
        file.set_len(whole)?;
    }
    Ok(())
}

fn head_octets(place: Place) -> Vec<u8> {
    let mut octets = [place.segment.to_be_bytes(), place.offset.to_be_bytes()].concat();
    octets.extend(crc32fast::hash(&octets).to_be_bytes());
    octets
}

/// Where the first record is that was not taken. `None` where the file was not written, or not completely:
/// then every record is handed out.
fn read_head(mut file: &File) -> Option<Place> {
    let mut octets = Vec::new();
    file.read_to_end(&mut octets).ok()?;
    let segment = u64::from_be_bytes(octets.get(..8)?.try_into().ok()?);
    let offset = u64::from_be_bytes(octets.get(8..16)?.try_into().ok()?);
    let place = Place { segment, offset };
    (head_octets(place) == octets).then_some(place)
}

#[cfg(test)]
mod tests;
