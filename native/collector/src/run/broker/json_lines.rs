//! Batches as JSON, one object a line: for a look, for pipes, and for programs that know no Protobuf.

use super::{Broker, Publication};
use anyhow::Result;
use serde::Serialize;
use std::io::Write;
use std::sync::mpsc::{channel, Sender};
use tokio::sync::oneshot;

/// A thread of its own writes, for standard output may be slow.
#[derive(Debug)]
pub struct JsonLines {
    lines: Sender<Publication>,
}

#[derive(Serialize)]
struct Line<'a> {
    partition: u32,
    id: &'a str,
    batch: batch::json::Batch<'a>,
}

impl JsonLines {
    /// `failed` hears when nothing can be written any more.
    pub fn start(
        mut out: impl Write + Send + 'static,
        failed: oneshot::Sender<std::io::Error>,
    ) -> Result<Self> {
        let (lines, publications) = channel::<Publication>();
        std::thread::Builder::new().name("json-lines".into()).spawn(move || {
            for publication in publications {
                if let Err(error) = write(&mut out, &publication) {
                    publication.answer(Err(error.to_string()));
                    drop(failed.send(error));
                    return;
                }
                publication.answer(Ok(()));
            }
        })?;
        Ok(JsonLines { lines })
    }
}

fn write(out: &mut impl Write, publication: &Publication) -> std::io::Result<()> {
    let line = Line {
        partition: publication.partition,
        id: &publication.batch.message_id,
        batch: batch::json::Batch(&publication.batch.payload),
    };
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

impl Broker for JsonLines {
    fn publish(&self, publication: Publication) {
        if let Err(unsent) = self.lines.send(publication) {
            unsent.0.answer(Err("standard output is closed".into()));
        }
    }
}
