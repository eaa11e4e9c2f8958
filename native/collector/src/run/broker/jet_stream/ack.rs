//! What JetStream answers to a publication.

use async_nats::Message;
use serde::Deserialize;

/// JetStream: "message size exceeds maximum allowed".
const TOO_BIG: u64 = 10_054;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PubAck {
    error: Option<PubError>,
    seq: Option<u64>,
    duplicate: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PubError {
    err_code: u64,
    description: String,
}

#[derive(Debug)]
pub enum Outcome {
    Stored,
    Duplicate,
    TooBig(String),
    Refused(String),
}

pub fn outcome(message: &Message) -> Outcome {
    if message.status.is_some_and(|status| status.as_u16() == 503) {
        return Outcome::Refused("nothing listens there: the stream is gone, or JetStream is not up".into());
    }
    match serde_json::from_slice::<PubAck>(&message.payload) {
        Ok(PubAck { error: Some(error), .. }) if error.err_code == TOO_BIG => {
            Outcome::TooBig(error.description)
        }
        Ok(PubAck { error: Some(error), .. }) => Outcome::Refused(error.description),
        Ok(PubAck { duplicate: true, .. }) => Outcome::Duplicate,
        Ok(PubAck { seq: Some(_), .. }) => Outcome::Stored,
        _ => Outcome::Refused("an answer that is none of JetStream".into()),
    }
}
