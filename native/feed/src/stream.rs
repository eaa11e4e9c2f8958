//! One client's stream.

use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;

use crate::encode;
use crate::picture::Picture;

/// How long nothing is sent at most.
const HEARTBEAT_US: i64 = 5_000_000;

/// An endless Arrow IPC stream of a [`Picture`], and what its client has of it.
pub struct Stream {
    writer: StreamWriter<Vec<u8>>,
    /// None before the first picture.
    revision: Option<u64>,
    sent_us: i64,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("revision", &self.revision).finish_non_exhaustive()
    }
}

impl Stream {
    /// # Errors
    /// None that is known of: the schema is a fixed one.
    pub fn new() -> Result<Self, ArrowError> {
        let writer = StreamWriter::try_new(Vec::new(), &encode::schema())?;
        Ok(Stream { writer, revision: None, sent_us: 0 })
    }

    /// The next octets of the stream: a picture first, then what has changed since the last call, or a heartbeat where for
    /// some seconds nothing has. None where there is nothing to say.
    ///
    /// # Errors
    /// As [`Stream::new`]: rows are made of what the picture holds.
    pub fn next(&mut self, picture: &Picture, now_us: i64) -> Result<Option<Vec<u8>>, ArrowError> {
        let batch = match self.revision.and_then(|revision| picture.since(revision)) {
            None => encode::picture(picture, now_us)?,
            Some(changed) if !changed.is_empty() => encode::changes(picture, &changed)?,
            Some(_) if now_us.saturating_sub(self.sent_us) >= HEARTBEAT_US => {
                encode::heartbeat(picture.revision(), now_us)?
            }
            Some(_) => return Ok(None),
        };
        self.writer.write(&batch)?;
        self.revision = Some(picture.revision());
        self.sent_us = now_us;
        Ok(Some(std::mem::take(self.writer.get_mut())))
    }

    /// All of a picture, and the end of the stream.
    ///
    /// # Errors
    /// As [`Stream::next`] and [`Stream::end`].
    pub fn whole(mut self, picture: &Picture, now_us: i64) -> Result<Vec<u8>, ArrowError> {
        let mut octets = self.next(picture, now_us)?.unwrap_or_default();
        octets.append(&mut self.end()?);
        Ok(octets)
    }

    /// The octets that say that the stream is over.
    ///
    /// # Errors
    /// When it was said before.
    pub fn end(&mut self) -> Result<Vec<u8>, ArrowError> {
        self.writer.finish()?;
        Ok(std::mem::take(self.writer.get_mut()))
    }
}
