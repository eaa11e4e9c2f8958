//! NATS JetStream, as `run` is told of it.

use crate::run::values::{above_0, readable, texts};
use anyhow::{bail, ensure, Result};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// NATS JetStream. Names and defaults are those of the station's `ServiceRadar.BMP.Broker.JetStream`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JetStream {
    /// `nats://` or `tls://` URLs, with user and password or token if need be.
    #[serde(deserialize_with = "texts")]
    pub servers: Vec<String>,
    /// A credentials file: user JWT and NKey seed. Read again whenever a connection is made.
    pub creds: Option<PathBuf>,
    /// A file with an NKey seed. Read again whenever a connection is made.
    pub nkey_seed: Option<PathBuf>,
    /// Of a private authority that signed the server's certificate.
    pub tls_ca: Option<PathBuf>,
    /// For mTLS. Both are read again whenever a connection is made.
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// The server expects TLS before its first word.
    pub tls_first: bool,
    pub inbox_prefix: String,
    pub domain: Option<String>,
    pub stream: String,
    pub subject_prefix: String,
    /// Of a stream that is created.
    pub max_bytes: i64,
    pub max_age_ms: u64,
    pub replicas: u32,
    pub duplicate_window_ms: u64,
    /// Most messages and bytes of a partition that are sent and not yet acknowledged.
    pub window: usize,
    pub window_bytes: usize,
    /// When an unanswered batch is sent again.
    pub ack_timeout_ms: u64,
}

impl Default for JetStream {
    fn default() -> Self {
        JetStream {
            servers: vec!["nats://127.0.0.1:4222".into()],
            creds: None,
            nkey_seed: None,
            tls_ca: None,
            tls_cert: None,
            tls_key: None,
            tls_first: false,
            inbox_prefix: "_INBOX".into(),
            domain: None,
            stream: "BMP".into(),
            subject_prefix: "events.bgp.raw".into(),
            max_bytes: 1 << 30,
            max_age_ms: 0,
            replicas: 1,
            duplicate_window_ms: 120_000,
            window: 256,
            window_bytes: 8 << 20,
            ack_timeout_ms: 5_000,
        }
    }
}

impl JetStream {
    pub fn check(&self) -> Result<()> {
        ensure!(!self.servers.is_empty(), "jetstream.servers is empty");
        for server in &self.servers {
            // Its own text would show the URL, which may have a password in it.
            ensure!(
                server.starts_with("nats://") || server.starts_with("tls://"),
                "jetstream.servers: every server is a nats:// or tls:// URL"
            );
            ensure!(
                server.parse::<async_nats::ServerAddr>().is_ok(),
                "jetstream.servers: not all of them are URLs of a host"
            );
        }
        stream("jetstream.stream", &self.stream)?;
        subject("jetstream.subject_prefix", &self.subject_prefix)?;
        subject("jetstream.inbox_prefix", &self.inbox_prefix)?;
        above_0("jetstream.window", self.window as u64)?;
        above_0("jetstream.window_bytes", self.window_bytes as u64)?;
        above_0("jetstream.ack_timeout_ms", self.ack_timeout_ms)?;
        above_0("jetstream.replicas", u64::from(self.replicas))?;
        above_0("jetstream.duplicate_window_ms", self.duplicate_window_ms)?;
        ensure!(self.max_bytes > 0, "jetstream.max_bytes is above 0");
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            bail!("jetstream.tls_cert and jetstream.tls_key belong together: one is missing");
        }
        let files = [
            ("creds", &self.creds),
            ("nkey_seed", &self.nkey_seed),
            ("tls_ca", &self.tls_ca),
            ("tls_cert", &self.tls_cert),
            ("tls_key", &self.tls_key),
        ];
        for (name, file) in files {
            if let Some(file) = file {
                readable(&format!("jetstream.{name}"), file)?;
            }
        }
        Ok(())
    }

    pub fn ack_timeout(&self) -> Duration {
        Duration::from_millis(self.ack_timeout_ms)
    }
}

/// A name of a stream.
pub fn stream(option: &str, name: &str) -> Result<()> {
    ensure!(
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || ".*>/\\".contains(c)),
        "{option} is a name without spaces, dots and wildcards, not {name:?}"
    );
    Ok(())
}

/// Something that messages can be published to.
pub fn subject(option: &str, subject: &str) -> Result<()> {
    let fits =
        |token: &str| !token.is_empty() && !token.contains(|c: char| c.is_whitespace() || "*>".contains(c));
    ensure!(
        subject.split('.').all(fits),
        "{option} is a subject without spaces and wildcards, not {subject:?}"
    );
    Ok(())
}
