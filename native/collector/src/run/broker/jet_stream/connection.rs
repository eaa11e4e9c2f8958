//! One connection to NATS, for as long as it lasts.
//!
//! async-nats connects again by itself, and then sends what it still had in its queue, but not what was already in its
//! write buffer: a later batch would be stored before an earlier one. So a connection that is lost is not made again:
//! it has a runtime of its own, which ends with it, and another connection is made from the beginning, with credentials
//! and certificates as their files have them then.

use crate::run::config::JetStream;
use anyhow::{bail, Context, Result};
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use bytes::Bytes;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a connection that is lost is kept.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub struct Connection {
    client: Client,
    api: String,
    inbox: String,
    gone: watch::Receiver<bool>,
    /// Ends with the connection.
    _tasks: Tasks,
}

/// A runtime that can be dropped anywhere: what runs in it is not waited for.
#[derive(Debug)]
struct Tasks(Option<Runtime>);

impl Drop for Tasks {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Connection {
    /// `room` is how many messages may be on their way to the connection.
    pub async fn open(options: &JetStream, room: usize) -> Result<Self> {
        let (lost, gone) = watch::channel(false);
        let connected = Arc::new(AtomicBool::new(false));
        let (servers, settings) = settings(options, room, lost, Arc::clone(&connected)).await?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("nats")
            .enable_all()
            .build()
            .context("a thread for NATS")?;
        let connecting = runtime.spawn(async move { settings.connect(servers).await });
        let tasks = Tasks(Some(runtime));
        let client = connecting.await.context("connecting to NATS")?.context("connecting to NATS")?;
        connected.store(true, Ordering::Relaxed);
        let api = match &options.domain {
            None => "$JS.API.".to_owned(),
            Some(domain) => format!("$JS.{domain}.API."),
        };
        let inbox = options.inbox_prefix.clone();
        Ok(Connection { client, api, inbox, gone, _tasks: tasks })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A new subject for answers.
    pub fn new_inbox(&self) -> String {
        // The client's own inboxes are under the same prefix.
        debug_assert!(self.client.new_inbox().starts_with(&self.inbox));
        self.client.new_inbox()
    }

    /// Turns true when the connection is lost.
    pub fn gone(&self) -> watch::Receiver<bool> {
        self.gone.clone()
    }

    /// Asks JetStream's API. An error of the API is its `err_code` and description.
    pub async fn api(&self, verb: &str, body: &Value) -> Result<std::result::Result<Value, ApiError>> {
        let subject = format!("{}{verb}", self.api);
        let body = Bytes::from(serde_json::to_vec(body)?);
        let answer = tokio::time::timeout(REQUEST_TIMEOUT, self.client.request(subject, body))
            .await
            .context("JetStream does not answer")?
            .context("JetStream does not answer")?;
        let answer: Value =
            serde_json::from_slice(&answer.payload).context("JetStream's answer is no JSON")?;
        match answer.get("error") {
            None => Ok(Ok(answer)),
            Some(error) => Ok(Err(ApiError {
                code: error.get("err_code").and_then(Value::as_u64).unwrap_or_default(),
                text: error.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
            })),
        }
    }
}

#[derive(Clone, Debug)]
pub struct ApiError {
    pub code: u64,
    pub text: String,
}

async fn settings(
    options: &JetStream,
    room: usize,
    lost: watch::Sender<bool>,
    connected: Arc<AtomicBool>,
) -> Result<(Vec<ServerAddr>, ConnectOptions)> {
    let mut servers = Vec::new();
    let mut settings = ConnectOptions::new();
    for server in &options.servers {
        let server: ServerAddr = server.parse().context("a server's URL")?;
        match (server.username(), server.password()) {
            (Some(user), Some(password)) => {
                settings = settings.user_and_password(decoded(user), decoded(password));
            }
            (Some(token), None) => settings = settings.token(decoded(token)),
            _ => {}
        }
        servers.push(server);
    }
    if let Some(file) = &options.creds {
        settings = settings
            .credentials_file(file)
            .await
            .with_context(|| format!("the credentials file {}", file.display()))?;
    }
    if let Some(file) = &options.nkey_seed {
        let seed = std::fs::read_to_string(file)
            .with_context(|| format!("the file with the NKey seed, {}", file.display()))?;
        let Some(seed) = seed.lines().map(str::trim).find(|line| line.starts_with('S')) else {
            bail!("{} has no NKey seed", file.display());
        };
        settings = settings.nkey(seed.to_owned());
    }
    if let Some(file) = &options.tls_ca {
        settings = settings.add_root_certificates(file.clone());
    }
    if let (Some(cert), Some(key)) = (&options.tls_cert, &options.tls_key) {
        settings = settings.add_client_certificate(cert.clone(), key.clone());
    }
    if options.tls_first {
        settings = settings.tls_first();
    }
    let settings = settings
        .name("bmp-collector")
        .custom_inbox_prefix(&options.inbox_prefix)
        .client_capacity(room)
        .ping_interval(Duration::from_secs(10))
        .request_timeout(Some(REQUEST_TIMEOUT))
        .reconnect_delay_callback(
            move |_attempts| {
                if connected.load(Ordering::Relaxed) {
                    NEVER
                } else {
                    Duration::ZERO
                }
            },
        )
        .event_callback(move |event| {
            match &event {
                Event::Disconnected | Event::Closed => {
                    lost.send_replace(true);
                }
                Event::ServerError(error) => tracing::warn!(%error, "NATS says that something is wrong"),
                _ => {}
            }
            std::future::ready(())
        });
    Ok((servers, settings))
}

/// Of the percent-encoding of URLs.
fn decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits =
            tail.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(octet) => {
                octets.push(octet);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn passwords_in_urls_are_decoded() {
        assert_eq!(super::decoded("a%40b%2Fc"), "a@b/c");
        assert_eq!(super::decoded("100%"), "100%");
    }
}
