//! One BMP session: bytes in any split become frames, and what the peers' OPENs negotiated is remembered.
//!
//! ```
//! use wire::session::{Decoder, Options};
//!
//! let mut decoder = Decoder::new(Options::default());
//! let initiation = [3, 0, 0, 0, 16, 4, 0, 2, 0, 6, b'f', b'a', b'r', b'm', b'0', b'1'];
//! let (head, tail) = initiation.split_at(7);
//! assert!(decoder.feed(head).next().is_none());
//! let mut feed = decoder.feed(tail);
//! let frame = feed.next().unwrap().unwrap();
//! assert_eq!(frame.to_message().unwrap().body.type_name(), "initiation");
//! ```

mod counters;
mod frame;
mod last;
mod options;
mod peers;
mod whole;

pub use self::counters::Counters;
pub use self::frame::{Content, Frame, Taken};
use self::last::Last;
pub use self::options::Options;
use self::peers::Peers;
use self::whole::Whole;
use crate::bgp::plain::Sink;
use crate::bgp::Context;
pub use crate::bmp::RouteMonitoringView;
use crate::bmp::{CommonHeader, Message, PeerHeader, HEADER_LENGTH};
use crate::error::{DecodeError, ErrorKind, Result};
use crate::reader::Reader;

/// The decoder of one session.
#[derive(Clone, Debug)]
pub struct Decoder {
    options: Options,
    peers: Peers,
    last: Last,
    /// The start of a message that has not come whole.
    pending: Vec<u8>,
    /// Of the first octet of `pending`, or of what comes next.
    offset: u64,
    counters: Counters,
    fatal: Option<DecodeError>,
    /// Whether plain UPDATEs are read in one pass.
    plain: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new(Options::default())
    }
}

impl Decoder {
    pub fn new(options: Options) -> Self {
        Decoder {
            options,
            peers: Peers::default(),
            last: Last::default(),
            pending: Vec::new(),
            offset: 0,
            counters: Counters::default(),
            fatal: None,
            plain: true,
        }
    }

    /// A decoder that reads no UPDATE in one pass. For tests, which compare the results of both ways.
    #[doc(hidden)]
    #[must_use]
    pub fn the_long_way(self) -> Self {
        Decoder { plain: false, ..self }
    }

    /// Gives the decoder more of the session; the frames that are complete come out of the [`Feed`]. What is left
    /// of `bytes` when the feed is dropped is kept, read or not.
    pub fn feed<'a>(&'a mut self, bytes: &'a [u8]) -> Feed<'a> {
        Feed { decoder: self, input: bytes, pending_read: false, failed: false }
    }

    /// How far the session is read, in octets: everything before is in frames that came out.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Octets of a message that has not come whole.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Of a session that is over: where its last message is cut off, as the error of the field that is not
    /// complete. `None` where the session ends between two messages.
    pub fn cut_off(&self) -> Option<DecodeError> {
        let have = self.pending.len();
        if have == 0 || self.fatal.is_some() {
            return None;
        }
        let limit = self.options.max_message_bytes;
        let header = match CommonHeader::decode(&mut Reader::new(&self.pending, self.offset), limit) {
            Ok(header) => header,
            Err(error) => return Some(error),
        };
        // Read as a message of the length that there is, it fails at the field that is cut.
        let mut bytes = self.pending.clone();
        let length = u32::try_from(have).unwrap_or(u32::MAX);
        bytes.get_mut(1..5)?.copy_from_slice(&length.to_be_bytes());
        let mut decoder = Decoder { pending: Vec::new(), ..self.clone() };
        let inside =
            decoder.feed(&bytes).next().and_then(|frame| frame.and_then(|frame| frame.content).err());
        let is_cut = |error: &DecodeError| matches!(error.kind(), ErrorKind::Truncated { .. });
        inside.filter(is_cut).or_else(|| {
            let kind = ErrorKind::Truncated { need: header.length as usize, have };
            Some(DecodeError::new(kind, self.offset + 1).in_field("length").in_field("bmp"))
        })
    }

    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How a message of the peer would be read now.
    pub(crate) fn context(&self, peer: &PeerHeader) -> Context<'static> {
        peers::context(peer, &self.peers)
    }

    /// So many octets of the session will never come, e.g. because a capture lacks them. Goes on behind them, where a
    /// message must begin. A message that has not come whole is forgotten; what the peers negotiated is not.
    pub fn skip(&mut self, octets: u64) {
        self.offset += self.pending.len() as u64 + octets;
        self.pending.clear();
    }

    /// Why the session cannot be read on.
    pub fn fatal(&self) -> Option<&DecodeError> {
        self.fatal.as_ref()
    }
}

/// Frames that are complete; see [`Decoder::feed`].
#[derive(Debug)]
pub struct Feed<'a> {
    decoder: &'a mut Decoder,
    input: &'a [u8],
    /// `Decoder::pending` holds a message that has come out already.
    pending_read: bool,
    failed: bool,
}

impl Feed<'_> {
    /// The next frame; an error ends the session, as framing is lost: every later call gives nothing, and
    /// every later feed the same error.
    #[allow(clippy::should_implement_trait)] // a frame borrows from the feed
    pub fn next(&mut self) -> Option<Result<Frame<'_>>> {
        Some(self.take()?.map(Whole::decode))
    }

    /// As [`Feed::next`], but a plain UPDATE, which nearly every UPDATE is, goes to `sink` field by field in
    /// the same pass that checks it. It is for callers that make values of their own of it.
    #[inline]
    pub fn next_into(&mut self, sink: &mut impl for<'s> Sink<'s>) -> Option<Result<Frame<'_, Taken<'_>>>> {
        Some(self.take()?.map(|whole| whole.decode_into(sink)))
    }

    /// The next frame as an owned message; what [`Frame::into_message`] makes of [`Feed::next`], in less time.
    #[inline]
    pub fn next_message(&mut self) -> Option<Result<Frame<'_, Message>>> {
        Some(self.take()?.map(Whole::decode_message))
    }

    #[inline(always)]
    fn take(&mut self) -> Option<Result<Whole<'_>>> {
        if self.failed {
            return None;
        }
        if let Some(error) = &self.decoder.fatal {
            self.failed = true;
            return Some(Err(error.clone()));
        }
        if self.pending_read {
            self.decoder.pending.clear();
            self.pending_read = false;
        }
        match self.complete() {
            Ok(None) => None,
            Ok(Some((header, from_pending))) => {
                let Decoder { offset, counters, peers, last, pending, options, plain, .. } =
                    &mut *self.decoder;
                let bytes = if from_pending {
                    self.pending_read = true;
                    pending.as_slice()
                } else {
                    let (frame, rest) = self.input.split_at_checked(header.length as usize)?;
                    self.input = rest;
                    frame
                };
                let start = *offset;
                *offset += u64::from(header.length);
                counters.messages += 1;
                Some(Ok(Whole {
                    offset: start,
                    bytes,
                    header,
                    peers,
                    last,
                    options,
                    counters,
                    plain: *plain,
                }))
            }
            Err(error) => {
                self.failed = true;
                self.decoder.fatal = Some(error.clone());
                Some(Err(error))
            }
        }
    }

    /// Finds out whether there is a whole message, and whether it is in `pending`.
    #[inline]
    fn complete(&mut self) -> Result<Option<(CommonHeader, bool)>> {
        let Decoder { pending, offset, options, .. } = &mut *self.decoder;
        let limit = options.max_message_bytes;
        if pending.is_empty() {
            if self.input.len() < HEADER_LENGTH {
                return check_start(self.input, *offset, limit);
            }
            let header = CommonHeader::decode(&mut Reader::new(self.input, *offset), limit)?;
            return Ok((header.length as usize <= self.input.len()).then_some((header, false)));
        }
        move_up_to(pending, &mut self.input, HEADER_LENGTH);
        if pending.len() < HEADER_LENGTH {
            return check_start(pending, *offset, limit);
        }
        let header = CommonHeader::decode(&mut Reader::new(pending, *offset), limit)?;
        move_up_to(pending, &mut self.input, header.length as usize);
        Ok((header.length as usize <= pending.len()).then_some((header, true)))
    }
}

/// Fewer octets than a header has: what is there must still be right.
fn check_start(bytes: &[u8], offset: u64, limit: u32) -> Result<Option<(CommonHeader, bool)>> {
    match CommonHeader::decode(&mut Reader::new(bytes, offset), limit) {
        Err(error) if !matches!(error.kind(), ErrorKind::Truncated { .. }) => Err(error),
        _ => Ok(None),
    }
}

/// Moves octets from the input until `pending` has `length` of them.
fn move_up_to(pending: &mut Vec<u8>, input: &mut &[u8], length: usize) {
    let wanted = length.saturating_sub(pending.len()).min(input.len());
    if let Some((taken, rest)) = input.split_at_checked(wanted) {
        pending.extend_from_slice(taken);
        *input = rest;
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        if self.pending_read {
            self.decoder.pending.clear();
        }
        if self.decoder.fatal.is_none() {
            self.decoder.pending.extend_from_slice(self.input);
        }
    }
}
