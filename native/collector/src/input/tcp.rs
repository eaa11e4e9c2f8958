//! Puts the segments of one direction of a TCP connection in order.
//!
//! Segments may come twice, overlapping, or in any order. What is not in the capture at all is told as
//! [`Piece::Missing`] once so much waits behind it that the sender cannot have been waiting for it any more.

use anyhow::Result;
use std::collections::BTreeMap;

/// More than a receive window usually is: a sender that went on this far did not wait for the missing bytes.
const MAX_WAITING: usize = 4 << 20;

/// What of a TCP segment matters here.
#[derive(Debug)]
pub struct Segment<'a> {
    pub sequence: u32,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub payload: &'a [u8],
}

/// A piece of the stream, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Data(&'a [u8]),
    Missing(u64),
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub struct Direction {
    /// The sequence number of the byte that comes next; unknown until a SYN or the first data.
    next: Option<u32>,
    /// Position of that byte in the stream.
    position: u64,
    initial: Option<u32>,
    waiting: BTreeMap<u64, Vec<u8>>,
    waiting_bytes: usize,
    fin: Option<u64>,
    reset: bool,
}

impl Direction {
    /// Whether the stream's first byte was seen, rather than one in its middle.
    pub fn begins_at_the_start(&self) -> bool {
        self.initial.is_some()
    }

    /// Whether this segment opens another connection between the same ends.
    pub fn is_reopened_by(&self, segment: &Segment) -> bool {
        segment.syn && self.next.is_some() && self.initial != Some(segment.sequence)
    }

    /// Whether everything up to the sender's FIN was delivered, or the connection was reset.
    pub fn is_finished(&self) -> bool {
        self.reset || self.fin.is_some_and(|fin| self.position >= fin)
    }

    /// Takes a segment and hands over what has become deliverable.
    pub fn push(&mut self, segment: &Segment, out: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
        if segment.rst {
            self.reset = true;
            return self.flush(out);
        }
        let sequence = if segment.syn {
            self.initial = Some(segment.sequence);
            segment.sequence.wrapping_add(1)
        } else {
            segment.sequence
        };
        if self.next.is_none() {
            if !segment.syn && segment.payload.is_empty() {
                return Ok(());
            }
            self.next = Some(sequence);
        }
        let start = self.position_of(sequence);
        if segment.fin {
            self.fin =
                u64::try_from(start).ok().map(|start| start + segment.payload.len() as u64).or(self.fin);
        }
        self.take(start, segment.payload, out)?;
        while self.waiting_bytes > MAX_WAITING {
            self.skip_to_waiting(out)?;
        }
        Ok(())
    }

    /// The capture ended: hands over what waits, with what is missing before it.
    pub fn flush(&mut self, out: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
        while !self.waiting.is_empty() {
            self.skip_to_waiting(out)?;
        }
        Ok(())
    }

    /// Sequence numbers wrap after 4 GiB; positions do not. Before the first byte it is negative.
    fn position_of(&self, sequence: u32) -> i64 {
        let distance = sequence.wrapping_sub(self.next.unwrap_or(sequence)).cast_signed();
        self.position.cast_signed() + i64::from(distance)
    }

    fn take(&mut self, start: i64, payload: &[u8], out: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
        let already = usize::try_from(self.position.cast_signed() - start).unwrap_or(0);
        let Some(fresh) = payload.get(already..).filter(|fresh| !fresh.is_empty()) else {
            return Ok(());
        };
        let start = start.max(self.position.cast_signed()).cast_unsigned();
        if start > self.position {
            self.wait(start, fresh);
            return Ok(());
        }
        self.deliver(fresh, out)?;
        self.deliver_waiting(out)
    }

    fn wait(&mut self, start: u64, bytes: &[u8]) {
        let known = self.waiting.get(&start).map_or(0, Vec::len);
        if bytes.len() > known {
            self.waiting_bytes += bytes.len() - known;
            self.waiting.insert(start, bytes.to_vec());
        }
    }

    fn deliver(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
        self.advance(bytes.len() as u64);
        out(Piece::Data(bytes))
    }

    fn deliver_waiting(&mut self, out: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.position {
                break;
            }
            let (start, bytes) = entry.remove_entry();
            self.waiting_bytes -= bytes.len();
            let already = usize::try_from(self.position - start).unwrap_or(usize::MAX);
            if let Some(fresh) = bytes.get(already..).filter(|fresh| !fresh.is_empty()) {
                self.deliver(fresh, out)?;
            }
        }
        Ok(())
    }

    fn skip_to_waiting(&mut self, out: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
        if let Some(start) = self.waiting.keys().next().copied() {
            let missing = start.saturating_sub(self.position);
            self.advance(missing);
            out(Piece::Missing(missing))?;
        }
        self.deliver_waiting(out)
    }

    fn advance(&mut self, bytes: u64) {
        self.position += bytes;
        // sequence numbers are the low 32 bits of a count
        let low = u32::try_from(bytes & u64::from(u32::MAX)).unwrap_or_default();
        self.next = self.next.map(|next| next.wrapping_add(low));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds segments `(sequence, flags, payload)` and returns the text delivered, `[n]` for n missing bytes.
    fn assemble(segments: &[(u32, &str, &str)]) -> (String, Direction) {
        let mut direction = Direction::default();
        let mut text = String::new();
        let mut out = |piece: Piece| {
            match piece {
                Piece::Data(bytes) => text.push_str(std::str::from_utf8(bytes).unwrap()),
                Piece::Missing(n) => text.push_str(&format!("[{n}]")),
            }
            Ok(())
        };
        for &(sequence, flags, payload) in segments {
            let (syn, fin, rst) = (flags.contains('S'), flags.contains('F'), flags.contains('R'));
            let segment = Segment { sequence, syn, fin, rst, payload: payload.as_bytes() };
            direction.push(&segment, &mut out).unwrap();
        }
        direction.flush(&mut out).unwrap();
        (text, direction)
    }

    #[test]
    fn order_is_restored_and_repetition_dropped() {
        let segments = [
            (9, "S", ""),
            (14, "", "efgh"),
            (10, "", "abcd"),
            (10, "", "abcd"),
            (12, "", "cdefghij"),
            (20, "F", "k"),
        ];
        let (text, direction) = assemble(&segments);
        assert_eq!(text, "abcdefghijk");
        assert!(direction.begins_at_the_start() && direction.is_finished());
    }

    #[test]
    fn sequence_numbers_wrap() {
        let (text, _) = assemble(&[
            (u32::MAX - 2, "S", ""),
            (0, "", "cd"),
            (u32::MAX - 1, "", "ab"),
            (u32::MAX, "", "b"),
            (2, "", "e"),
        ]);
        assert_eq!(text, "abcde");
    }

    #[test]
    fn a_keepalive_probe_adds_nothing() {
        let (text, _) = assemble(&[(9, "S", ""), (10, "", "abcd"), (13, "", "\0"), (14, "", "e")]);
        assert_eq!(text, "abcde");
    }

    #[test]
    fn missing_bytes_are_told() {
        let (text, direction) = assemble(&[(9, "S", ""), (10, "", "ab"), (15, "", "fg"), (18, "", "i")]);
        assert_eq!(text, "ab[3]fg[1]i");
        assert!(!direction.is_finished());
    }

    #[test]
    fn a_sender_that_goes_on_did_not_wait() {
        let mut direction = Direction::default();
        let mut missing = 0;
        let mut delivered = 0;
        let block = vec![0u8; 1 << 20];
        for sequence in [0u32, 2 << 20, 3 << 20, 4 << 20, 5 << 20, 6 << 20] {
            let segment = Segment { sequence, syn: false, fin: false, rst: false, payload: &block };
            direction
                .push(&segment, &mut |piece| {
                    match piece {
                        Piece::Data(bytes) => delivered += bytes.len(),
                        Piece::Missing(n) => missing += n,
                    }
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!((delivered, missing), (6 << 20, 1 << 20));
    }

    #[test]
    fn a_new_syn_is_a_new_connection() {
        let (_, direction) = assemble(&[(9, "S", ""), (10, "R", "")]);
        assert!(direction.is_finished());
        let syn = |sequence| Segment { sequence, syn: true, fin: false, rst: false, payload: b"" };
        assert!(direction.is_reopened_by(&syn(500)));
        assert!(!direction.is_reopened_by(&syn(9)), "a repeated SYN is not");
    }
}
