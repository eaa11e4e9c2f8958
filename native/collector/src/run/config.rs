//! What `run` is told: one table of options, put together from a file, the environment and flags.

mod jet_stream;
mod openbmp;
mod sources;

use anyhow::{ensure, Context, Result};
use ipnet::IpNet;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

pub use jet_stream::JetStream;
pub use openbmp::{OpenBmp, ROUTER};
pub use sources::Sources;

use super::tls::Tls;
use super::values::{above_0, networks, texts};

/// Every option, with its default. The names are those of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where routers connect to. `[::]` takes IPv4 as well.
    pub listen: SocketAddr,
    /// Who may connect: addresses and prefixes. By default this machine itself, and nobody else.
    #[serde(deserialize_with = "networks")]
    pub allow: Vec<IpNet>,
    /// Load balancers that write a PROXY protocol header in front of each connection. Their routers are known, and let
    /// in, by the address in it.
    #[serde(deserialize_with = "networks")]
    pub balancers: Vec<IpNet>,
    /// A file with keys of sources that sign their TCP segments (RFC 2385), a line each: `192.0.2.1 KEY`.
    pub tcp_md5_keys: Option<PathBuf>,
    /// The most connections at one time: of all addresses together, and (below) of one address.
    pub max_sessions: usize,
    pub max_sessions_per_source: usize,
    /// How many connections an address may open in a second, once it has opened as many as
    /// `max_sessions_per_source` allows.
    pub connects_per_second: u32,
    /// For how long a PROXY header or a TLS handshake may take.
    pub handshake_timeout_ms: u64,
    /// Where health and metrics are asked for by HTTP: `/healthz`, `/readyz`, `/metrics`. Nowhere by default.
    pub http: Option<SocketAddr>,
    /// This collector's name in the batches; by default the machine's.
    pub collector: String,
    /// By what two sessions are recognised as those of the same router.
    pub identity: Identity,
    /// From which sources a sysName is believed. A sysName that is not listed is believed from everybody who
    /// may connect.
    pub sys_names: SysNames,
    /// How many partitions there are: the same number in every station and collector that share a stream.
    pub partitions: u32,
    /// The most bytes of batches, of all sessions together, that are held until the broker has them.
    pub memory_bytes: usize,
    /// How long a stopping collector waits until the broker has everything.
    pub drain_timeout_ms: u64,
    pub tls: Tls,
    pub tee: Tee,
    pub session: Session,
    pub broker: Broker,
    pub jetstream: JetStream,
    pub openbmp: OpenBmp,
    pub spool: Spool,
    pub log: Log,
}

/// Where batches are put that JetStream does not take. Without a folder they wait in memory; when that is
/// full, nothing more is read from routers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spool {
    /// A folder that no other collector uses; it is created where it does not exist.
    pub folder: Option<PathBuf>,
    /// The most octets in it. When it is full, sessions end.
    pub max_bytes: u64,
    /// For how long a batch waits in memory before it goes there.
    pub after_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
struct Networks(#[serde(deserialize_with = "networks")] Vec<IpNet>);

impl SysNames {
    /// Whether a router that connects from `source` may call itself `name`.
    pub fn believes(&self, name: &str, source: IpAddr) -> bool {
        let sources = self.0.get(name);
        sources.is_none_or(|sources| sources.0.iter().any(|network| network.contains(&source)))
    }
}

/// Each sysName with the addresses and prefixes from which it is believed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct SysNames(BTreeMap<String, Networks>);

/// Further stations that hear what each router says, octet by octet.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tee {
    /// `host:port` of each.
    #[serde(deserialize_with = "texts")]
    pub to: Vec<String>,
    /// How many octets of a session a station may be behind. If it is further behind, its connection is
    /// closed and begins anew.
    pub buffer_bytes: usize,
}

/// Limits of each session.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// The longest BMP message. A longer one ends the session.
    pub max_message_bytes: u32,
    /// The most peers of a session whose OPENs are remembered.
    pub max_peers: usize,
    /// About the size at which a batch is closed. NATS takes messages up to 1 MiB.
    pub max_batch_bytes: usize,
    /// A batch is made when so many octets have been read,
    pub read_bytes: usize,
    /// or when the first of them has waited for so long.
    pub batch_delay_ms: u64,
    /// The most batches that the broker has not acknowledged yet: while there are so many, the session reads
    /// nothing more.
    pub window: usize,
    /// How long a session may go without reading before it is closed. Its router sends everything again when
    /// it comes back.
    pub stall_timeout_ms: u64,
    /// How long a router may take to send its first message after it has connected.
    pub first_message_timeout_ms: u64,
    /// How long a router may take to complete a message that it has begun.
    pub message_timeout_ms: u64,
    /// The most octets a second that are read from one router; 0 is no limit. The others wait in the network.
    pub max_bytes_per_second: u64,
    /// How long a router may be silent before its session is closed; 0 is for ever, since BMP has no
    /// keepalive.
    pub idle_timeout_ms: u64,
    /// How often the collector tells the pipeline that a silent session is still there. It has to be the same
    /// in every station and collector.
    pub heartbeat_ms: u64,
}

/// See [`batch::Identity`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    #[default]
    SysName,
    Address,
    Both,
}

impl From<Identity> for batch::Identity {
    fn from(identity: Identity) -> Self {
        match identity {
            Identity::SysName => batch::Identity::SysName,
            Identity::Address => batch::Identity::Address,
            Identity::Both => batch::Identity::Both,
        }
    }
}

/// Where batches go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broker {
    #[default]
    Jetstream,
    /// One JSON object a line on standard output.
    JsonLines,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`; or a filter of Rust's tracing, `info,async_nats=debug`.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([0_u16; 8], 11_019)),
            allow: ["127.0.0.0/8", "::1/128"].iter().filter_map(|network| network.parse().ok()).collect(),
            balancers: Vec::new(),
            tcp_md5_keys: None,
            max_sessions: 1000,
            max_sessions_per_source: 100,
            connects_per_second: 10,
            handshake_timeout_ms: 10_000,
            http: None,
            collector: hostname(),
            identity: Identity::default(),
            sys_names: SysNames::default(),
            partitions: 8,
            memory_bytes: 512 << 20,
            drain_timeout_ms: 5_000,
            tls: Tls::default(),
            tee: Tee::default(),
            session: Session::default(),
            broker: Broker::default(),
            jetstream: JetStream::default(),
            openbmp: OpenBmp::default(),
            spool: Spool::default(),
            log: Log::default(),
        }
    }
}

impl Default for Tee {
    fn default() -> Self {
        Tee { to: Vec::new(), buffer_bytes: 8 << 20 }
    }
}

impl Default for Session {
    fn default() -> Self {
        Session {
            max_message_bytes: 1 << 20,
            max_peers: 1 << 16,
            max_batch_bytes: 256 << 10,
            read_bytes: 256 << 10,
            batch_delay_ms: 20,
            window: 64,
            stall_timeout_ms: 60_000,
            first_message_timeout_ms: 30_000,
            message_timeout_ms: 60_000,
            max_bytes_per_second: 0,
            idle_timeout_ms: 0,
            heartbeat_ms: 10_000,
        }
    }
}

impl Default for Spool {
    fn default() -> Self {
        Spool { folder: None, max_bytes: 1 << 30, after_ms: 1000 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { level: "info".into(), format: LogFormat::default() }
    }
}

impl Config {
    /// Puts the options together and checks them.
    pub fn load(sources: &Sources) -> Result<Config> {
        let config: Config = sources.table()?.try_into().context("configuration")?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the types of the options cannot. Files that are named have to exist and be readable.
    fn check(&self) -> Result<()> {
        above_0("partitions", u64::from(self.partitions))?;
        above_0("max_sessions", self.max_sessions as u64)?;
        above_0("max_sessions_per_source", self.max_sessions_per_source as u64)?;
        above_0("connects_per_second", u64::from(self.connects_per_second))?;
        above_0("handshake_timeout_ms", self.handshake_timeout_ms)?;
        let session = &self.session;
        above_0("session.max_peers", session.max_peers as u64)?;
        above_0("session.read_bytes", session.read_bytes as u64)?;
        above_0("session.max_batch_bytes", session.max_batch_bytes as u64)?;
        above_0("session.window", session.window as u64)?;
        above_0("session.stall_timeout_ms", session.stall_timeout_ms)?;
        above_0("session.heartbeat_ms", session.heartbeat_ms)?;
        above_0("session.first_message_timeout_ms", session.first_message_timeout_ms)?;
        above_0("session.message_timeout_ms", session.message_timeout_ms)?;
        self.tls.check()?;
        self.tcp_md5_keys.as_deref().map(super::md5::Keys::read).transpose()?;
        for to in &self.tee.to {
            let port = to.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            ensure!(matches!(port, Some(Ok(_))), "tee.to: {to:?} is not of the form host:port");
        }
        above_0("tee.buffer_bytes", self.tee.buffer_bytes as u64)?;
        ensure!(
            session.max_message_bytes >= 1024,
            "session.max_message_bytes is {}: BMP messages have up to 4096 octets of BGP and more",
            session.max_message_bytes
        );
        let least = 4 * session.max_batch_bytes;
        ensure!(
            self.memory_bytes >= least && self.memory_bytes <= 1 << 40,
            "memory_bytes is {}; it is from four times session.max_batch_bytes, {least}, to 1 TiB",
            self.memory_bytes
        );
        ensure!(
            !self.collector.is_empty(),
            "collector is empty: it is the name of this collector in every batch"
        );
        if self.broker == Broker::Jetstream {
            self.jetstream.check()?;
        } else {
            ensure!(self.spool.folder.is_none(), "spool.folder is for the broker jetstream only");
            ensure!(self.openbmp.subject.is_none(), "openbmp.subject is for the broker jetstream only");
        }
        self.openbmp.check(&self.collector, session.max_message_bytes)?;
        above_0("spool.after_ms", self.spool.after_ms)?;
        // A sixteenth of it is reserved, so that sessions can be ended in good order.
        let least = 64 * session.max_batch_bytes as u64;
        ensure!(
            self.spool.max_bytes >= least,
            "spool.max_bytes is {}; it is at least 64 times session.max_batch_bytes, {least}",
            self.spool.max_bytes
        );
        Ok(())
    }
}

/// The machine's name, as the kernel knows it.
fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "bmp-collector".into(),
        name => name.into(),
    }
}
