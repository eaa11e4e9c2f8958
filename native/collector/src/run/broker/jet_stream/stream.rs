//! The stream that batches are in: found or created, and how much room it has.

use super::connection::{ApiError, Connection};
use super::target::{Kind, Target};
use anyhow::{bail, ensure, Result};
use serde::Deserialize;
use serde_json::{json, Value};
use std::collections::HashMap;

const NOT_FOUND: u64 = 10_059;
const OVERLAP: u64 = 10_065;
/// JetStream counts in nanoseconds.
const MILLISECOND: u64 = 1_000_000;

/// What may be published until this is looked at again. `None` is a stream that makes room by itself.
pub type Room = Option<Left>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Left {
    /// Bytes altogether, and of one partition.
    pub bytes: u64,
    pub share: u64,
    /// Messages that each subject holds.
    pub held: HashMap<String, u64>,
    /// Bytes that a message of the stream has.
    pub mean: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    created: String,
    config: Stream,
    state: State,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    subjects: Vec<String>,
    discard: String,
    max_bytes: i64,
    no_ack: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    messages: u64,
    bytes: u64,
    subjects: Option<HashMap<String, u64>>,
}

/// Finds the stream or creates it; gives what it is known by, the time of its creation.
pub async fn ensure(connection: &Connection, target: &Target, partitions: u32) -> Result<String> {
    let stream = &target.options.stream;
    let info = match info(connection, target).await? {
        Err(ApiError { code: NOT_FOUND, .. }) => create(connection, target, partitions).await?,
        Err(error) => bail!("stream {stream}: {}", error.text),
        Ok(info) => info,
    };
    let subject = target.example(partitions.saturating_sub(1));
    ensure!(
        info.config.subjects.iter().any(|wildcard| covers(wildcard, &subject)),
        "stream {stream} exists, but its subjects do not cover {subject}"
    );
    ensure!(!info.config.no_ack, "stream {stream} does not acknowledge (no_ack)");
    Ok(info.created)
}

/// The stream's room now.
pub async fn room(connection: &Connection, target: &Target, partitions: u32) -> Result<Room> {
    match info(connection, target).await? {
        Ok(info) => Ok(room_of(info, partitions)),
        Err(error) => bail!("stream {}: {}", target.options.stream, error.text),
    }
}

/// A quarter stays free for what others publish at the same time. The rest is divided evenly: a partition whose
/// pipeline stands still fills its own share, and no other's.
fn room_of(info: Info, partitions: u32) -> Room {
    let most = u64::try_from(info.config.max_bytes).ok().filter(|most| *most > 0)?;
    if info.config.discard != "new" {
        return None;
    }
    let usable = most / 4 * 3;
    Some(Left {
        bytes: usable.saturating_sub(info.state.bytes),
        share: usable / u64::from(partitions.max(1)),
        held: info.state.subjects.unwrap_or_default(),
        mean: info.state.bytes / info.state.messages.max(1),
    })
}

async fn info(connection: &Connection, target: &Target) -> Result<Result<Info, ApiError>> {
    let filter = json!({ "subjects_filter": target.wildcard() });
    match connection.api(&format!("STREAM.INFO.{}", target.options.stream), &filter).await? {
        Ok(info) => Ok(Ok(serde_json::from_value(info)?)),
        Err(error) => Ok(Err(error)),
    }
}

async fn create(connection: &Connection, target: &Target, partitions: u32) -> Result<Info> {
    let options = &target.options;
    let (description, retention, discard) = match target.kind {
        Kind::Batches => {
            (format!("BMP batches of ServiceRadar, {partitions} partitions"), "workqueue", "new")
        }
        Kind::OpenBmp => ("BMP messages behind OpenBMP's binary header".into(), "limits", "old"),
    };
    let stream = json!({
        "name": options.stream,
        "description": description,
        "subjects": [target.wildcard()],
        "storage": "file",
        "retention": retention,
        "discard": discard,
        "max_bytes": options.max_bytes,
        "max_age": options.max_age_ms * MILLISECOND,
        "duplicate_window": options.duplicate_window_ms * MILLISECOND,
        "num_replicas": options.replicas,
        "max_consumers": -1,
        "max_msgs": -1,
    });
    match connection.api(&format!("STREAM.CREATE.{}", options.stream), &stream).await? {
        Ok(info) => Ok(serde_json::from_value(info)?),
        Err(ApiError { code: OVERLAP, .. }) => {
            // Another collector may have made it a moment ago.
            if let Ok(info) = info(connection, target).await? {
                return Ok(info);
            }
            let owner = owner(connection, target).await.unwrap_or_else(|| "another stream".into());
            bail!(
                "stream {} cannot be created: {owner} already has {}. Set {} to subjects of its own, or {} to the \
                 stream that has them",
                options.stream,
                target.wildcard(),
                if target.kind == Kind::Batches { "jetstream.subject_prefix" } else { "openbmp.subject" },
                if target.kind == Kind::Batches { "jetstream.stream" } else { "openbmp.stream" }
            )
        }
        Err(error) => bail!("stream {} cannot be created: {}", options.stream, error.text),
    }
}

async fn owner(connection: &Connection, target: &Target) -> Option<String> {
    let answer = connection.api("STREAM.NAMES", &json!({ "subject": target.wildcard() })).await.ok()?.ok()?;
    let name = answer.get("streams")?.get(0).and_then(Value::as_str)?;
    Some(format!("the stream {name}"))
}

/// Whether a subject with wildcards covers one without.
fn covers(wildcard: &str, subject: &str) -> bool {
    let mut subject = subject.split('.');
    for token in wildcard.split('.') {
        match (token, subject.next()) {
            (">", Some(_)) => return true,
            (token, Some(same)) if token == "*" || token == same => {}
            _ => return false,
        }
    }
    subject.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_covered_as_nats_says() {
        assert!(covers("events.>", "events.bgp.raw.0"));
        assert!(covers("events.bgp.raw.*", "events.bgp.raw.0"));
        assert!(!covers("events.*", "events.bgp.raw.0"));
        assert!(!covers("events.bgp.raw.0.*", "events.bgp.raw.0"));
        assert!(!covers("events.bgp.raw.0.>", "events.bgp.raw.0"));
    }

    #[test]
    fn three_quarters_are_shared_evenly() {
        let stream = Stream { discard: "new".into(), max_bytes: 1000, ..Stream::default() };
        let state = State { messages: 2, bytes: 100, subjects: None };
        let room = room_of(Info { config: stream.clone(), state: state.clone(), ..Info::default() }, 3);
        assert_eq!(room, Some(Left { bytes: 650, share: 250, held: HashMap::new(), mean: 50 }));
        let old = Stream { discard: "old".into(), ..stream };
        assert_eq!(room_of(Info { config: old, state, ..Info::default() }, 3), None);
    }
}
