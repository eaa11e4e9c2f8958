//! One BMP session, bytes in and encoded batches out.

use wire::session::{Counters, Decoder, Frame, Options, Taken};
use wire::{DecodeError, ErrorKind};

use crate::generated as proto;
use crate::ids::Id;
use crate::options::SessionOptions;
use crate::writer::{EncodedBatch, Writer, EVENT_OCTETS};

/// Why a session is over, as whoever holds its connection knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The router closed the connection.
    Closed,
    /// The connection broke.
    Error,
    /// A limit of the station was passed.
    Limit,
    /// The station is stopping.
    Shutdown,
    /// The owner of the routing table asked for it.
    Reset,
}

/// What a feed gave.
#[derive(Debug, Default)]
pub struct Feed {
    pub batches: Vec<EncodedBatch>,
    /// Framing is lost: the session must be closed, with [`Session::end`] telling why.
    pub fatal: Option<DecodeError>,
}

/// A BMP session. Fed bytes as they arrive, in any split; every complete message is in a batch when
/// the feed returns, so nothing waits here but the start of a message that has not come whole.
#[derive(Debug)]
pub struct Session {
    decoder: Decoder,
    /// Apart, since frames borrow from the decoder.
    writer: Writer,
}

impl Session {
    pub fn new(options: SessionOptions) -> Self {
        let limits = Options { max_message_bytes: options.max_message_bytes, max_peers: options.max_peers };
        Session { decoder: Decoder::new(limits), writer: Writer::new(options) }
    }

    /// Takes what arrived; gives the batches of all messages that are complete with it. After a fatal
    /// error every feed gives the same error and nothing else.
    pub fn feed(&mut self, bytes: &[u8], received_at_us: i64) -> Feed {
        self.writer.received_at_us = received_at_us;
        let mut frames = self.decoder.feed(bytes);
        let mut fatal = None;
        while let Some(frame) = frames.next_into(self.writer.sink()) {
            match frame {
                Ok(Frame { content: Ok(Taken::Plain(peer)), bytes, .. }) => self.writer.plain(peer, bytes),
                Ok(frame) => self.writer.frame(frame),
                Err(error) => {
                    fatal = Some(error);
                    break;
                }
            }
        }
        self.writer.close();
        Feed { batches: std::mem::take(&mut self.writer.batches), fatal }
    }

    /// The last batch, which tells that and why the session is over; none when it was told before. A
    /// Termination or lost framing that was seen before is the reason, whatever is given here.
    pub fn end(&mut self, reason: EndReason, text: &str, now_us: i64) -> Option<EncodedBatch> {
        use proto::session_end::Reason;
        if std::mem::replace(&mut self.writer.done, true) {
            return None;
        }
        let (reason, text) = match (self.decoder.fatal(), self.writer.terminated, reason) {
            (Some(error), ..) => match error.kind() {
                ErrorKind::MessageLength { found, limit } if found > limit => {
                    (Reason::Limit, error.to_string())
                }
                _ => (Reason::Framing, error.to_string()),
            },
            (None, true, EndReason::Closed) => (Reason::Terminated, text.to_string()),
            (None, _, EndReason::Closed) => (Reason::Closed, text.to_string()),
            (None, _, EndReason::Error) => (Reason::Error, text.to_string()),
            (None, _, EndReason::Limit) => (Reason::Limit, text.to_string()),
            (None, _, EndReason::Shutdown) => (Reason::Shutdown, text.to_string()),
            (None, _, EndReason::Reset) => (Reason::Reset, text.to_string()),
        };
        self.writer.received_at_us = now_us;
        self.writer.begin(None);
        let end = proto::SessionEnd { reason: reason.into(), text };
        self.writer.push(None, proto::event::Body::SessionEnd(end), EVENT_OCTETS);
        self.writer.sequence += 1;
        self.writer.close();
        self.writer.batches.pop()
    }

    /// The batch which tells that the session lives though its router is quiet; none before the first
    /// message and after the end.
    pub fn alive(&mut self, now_us: i64) -> Option<EncodedBatch> {
        if self.writer.done || self.writer.session.is_none() {
            return None;
        }
        self.writer.received_at_us = now_us;
        self.writer.push(None, proto::event::Body::Alive(proto::Alive {}), EVENT_OCTETS);
        self.writer.sequence += 1;
        self.writer.close();
        self.writer.batches.pop()
    }

    /// None before the first message: it decides the router's identity.
    pub fn router_id(&self) -> Option<Id> {
        self.writer.session.as_ref().map(|_| self.writer.router_id)
    }

    /// As the Initiation says; empty before it.
    pub fn sys_name(&self) -> &str {
        self.writer.session.as_ref().map_or("", |session| &session.sys_name)
    }

    pub fn sys_descr(&self) -> &str {
        self.writer.session.as_ref().map_or("", |session| &session.sys_descr)
    }

    pub fn counters(&self) -> Counters {
        self.decoder.counters()
    }

    /// Octets of a message that has not come whole.
    pub fn pending(&self) -> usize {
        self.decoder.pending()
    }

    /// Where in the session reading is, and what stopped it.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// So many octets of the session will never come; see [`Decoder::skip`].
    pub fn skip(&mut self, octets: u64) {
        self.decoder.skip(octets);
    }
}
