//! Closes a session when the owner of its routing table asks for it: see `Broker.JetStream`, "Resets", of the station.

use super::connection::Connection;
use crate::run::config::JetStream;
use crate::run::sessions::Sessions;
use futures_util::StreamExt;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
struct Request {
    /// Hexadecimal.
    session_id: String,
    reason: String,
}

/// For as long as the connection lasts.
pub async fn listen(connection: &Connection, options: &JetStream, sessions: Arc<Sessions>) {
    let subject = subject(&options.subject_prefix);
    let client = connection.client().clone();
    let mut requests = match client.subscribe(subject.clone()).await {
        Ok(requests) => requests,
        // The link finds out by itself that the connection is lost.
        Err(error) => return tracing::warn!(subject, %error, "requests for resets are not heard"),
    };
    tokio::spawn(async move {
        while let Some(message) = requests.next().await {
            match serde_json::from_slice::<Request>(&message.payload) {
                Ok(request) => {
                    if sessions.reset(&request.session_id, &request.reason) {
                        if let Some(reply) = message.reply {
                            drop(client.publish(reply, "+OK".into()).await);
                        }
                    }
                }
                Err(error) => tracing::warn!(subject, %error, "a request cannot be read and is left out"),
            }
        }
    });
}

fn subject(prefix: &str) -> String {
    let before = prefix.rsplit_once('.').map_or(prefix, |(before, _last)| before);
    format!("{before}.control.reset")
}

#[cfg(test)]
mod tests {
    #[test]
    fn subjects_are_those_of_the_station() {
        assert_eq!(super::subject("events.bgp.raw"), "events.bgp.control.reset");
        assert_eq!(super::subject("bmp"), "bmp.control.reset");
    }
}
