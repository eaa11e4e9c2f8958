//! `run`: the edge collector, which receives BMP sessions and publishes them as batches.

mod broker;
mod config;
mod door;
mod http;
mod listener;
mod md5;
mod metrics;
mod openbmp;
mod openings;
mod progress;
mod proxy;
mod session;
mod sessions;
mod spool;
mod status;
mod tee;
mod tls;
mod values;

use crate::outcome::Outcome;
use anyhow::{anyhow, Context, Result};
use broker::jet_stream::JetStream;
use broker::json_lines::JsonLines;
use broker::Broker;
use clap::Args;
use config::{Config, LogFormat, Sources};
use door::Door;
use listener::Gate;
use md5::Md5;
use metrics::Metrics;
use openbmp::OpenBmp;
use progress::Progress;
use sd_notify::NotifyState;
use session::World;
use sessions::Sessions;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::{oneshot, Semaphore};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::EnvFilter;

/// Receives BMP sessions of routers and publishes them, as the station does
///
/// Options come from a TOML file, over it from the environment (session.window is BMP_COLLECTOR_SESSION__WINDOW), over
/// both from the flags. Only this machine itself may connect until `allow` says who else. SIGTERM ends all sessions and
/// waits until the broker has everything; SIGHUP reads lists of sources, keys and certificates again. The log goes to standard error.
#[derive(Args)]
pub struct Options {
    /// The configuration file
    #[arg(short, long, value_name = "FILE", env = "BMP_COLLECTOR_CONFIG")]
    config: Option<PathBuf>,
    /// Where routers connect to [default: [::]:11019]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Who may connect: addresses and prefixes, with commas between [default: 127.0.0.0/8,::1]
    #[arg(long, value_name = "SOURCES")]
    allow: Option<String>,
    /// Where batches go: jetstream, or json_lines on standard output [default: jetstream]
    #[arg(long, value_name = "BROKER")]
    broker: Option<String>,
    /// NATS servers, nats:// or tls://, with commas between [default: nats://127.0.0.1:4222]
    #[arg(long, value_name = "URLS")]
    nats: Option<String>,
    /// Any other option by its name in the file, such as session.window=32
    #[arg(long = "set", value_name = "OPTION=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Check the configuration, and the files it names, and end
    #[arg(long)]
    check: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (path, value) = text.split_once('=').ok_or("it has the form OPTION=VALUE")?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}

impl Options {
    fn sources(&self) -> Sources {
        let flags = [
            ("listen", &self.listen),
            ("allow", &self.allow),
            ("broker", &self.broker),
            ("jetstream.servers", &self.nats),
        ];
        let flags = flags.into_iter().filter_map(|(path, value)| Some((path.to_owned(), value.clone()?)));
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name != "BMP_COLLECTOR_CONFIG");
        Sources {
            file: self.config.clone(),
            environment: environment.collect(),
            flags: flags.chain(self.set.iter().cloned()).collect(),
        }
    }
}

pub fn run(options: &Options) -> Result<Outcome> {
    let config = Config::load(&options.sources())?;
    let filter: EnvFilter = config.log.level.parse().map_err(|error| anyhow!("log.level: {error}"))?;
    if options.check {
        Md5::check(config.listen, config.tcp_md5_keys.as_deref())?;
        eprintln!("the configuration is in order");
        return Ok(Outcome::Clean);
    }
    let progress = Progress::start(config.broker == config::Broker::JsonLines);
    let writer = match progress.clone() {
        None => BoxMakeWriter::new(std::io::stderr),
        Some(progress) => BoxMakeWriter::new(move || progress.log()),
    };
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(writer);
    match config.log.format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("threads")?;
    runtime.block_on(collect(config, &options.sources(), progress))
}

async fn collect(config: Config, sources: &Sources, progress: Option<Progress>) -> Result<Outcome> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let listener = listener::listen(config.listen)?;
    let address = listener.local_addr()?;
    let md5 = Md5::start(&listener, config.tcp_md5_keys.as_deref())?;

    let (failed, mut broken) = oneshot::channel();
    let sessions = Arc::new(Sessions::default());
    let metrics = Arc::new(Metrics::new());
    let broker: Arc<dyn Broker> = match config.broker {
        config::Broker::Jetstream => Arc::new(JetStream::start(&config, &sessions, &metrics)?),
        config::Broker::JsonLines => Arc::new(JsonLines::start(std::io::stdout(), failed)?),
    };
    if config.broker == config::Broker::JsonLines {
        metrics.broker.connected.set(1);
    }
    let gate = Arc::new(Gate {
        door: Arc::new(Door::new(&config)),
        tls: RwLock::new(tls::acceptor(&config.tls)?),
        world: Arc::new(World {
            broker,
            openbmp: OpenBmp::start(&config, &metrics),
            sessions: Arc::clone(&sessions),
            metrics: Arc::clone(&metrics),
            sys_names: RwLock::new(config.sys_names.clone()),
            memory: Arc::new(Semaphore::new(config.memory_bytes / 1024)),
            config,
        }),
    });
    let config = &gate.world.config;
    if let Some(address) = config.http {
        let http = listener::listen(address)?;
        tracing::info!(address = %http.local_addr()?, "health and metrics are asked for");
        tokio::spawn(http::serve(http, metrics));
    }
    let accepting = tokio::spawn(listener::accept(listener, Arc::clone(&gate)));
    tracing::info!(%address, allow = ?config.allow, tls = config.tls.cert.is_some(), "listening for routers");
    notify(NotifyState::Ready);
    let shown = progress.clone().map(|progress| tokio::spawn(progress.show(Arc::clone(&sessions))));

    let outcome = loop {
        tokio::select! {
            _ = terminate.recv() => break Ok(Outcome::Clean),
            _ = interrupt.recv() => break Ok(Outcome::Clean),
            _ = hangup.recv() => match reload(sources, &gate, &md5) {
                Ok(()) => tracing::info!("lists, limits of sources, keys and certificates are read again"),
                Err(error) => tracing::error!("everything stays as it is: {error:#}"),
            },
            Ok(error) = &mut broken => break Err(error).context("standard output"),
        }
    };
    tracing::info!("stopping: no session is accepted any more, those that are there end");
    notify(NotifyState::Stopping);
    accepting.abort();
    sessions.shut_down().await;
    if let Some(openbmp) = &gate.world.openbmp {
        openbmp.drain(Duration::from_millis(config.drain_timeout_ms)).await;
    }
    if let (Some(progress), Some(shown)) = (progress, shown) {
        shown.abort();
        progress.clear();
    }
    outcome
}

/// What SIGHUP is for: who may come, keys and certificates. Sessions that are there go on.
fn reload(sources: &Sources, gate: &Gate, md5: &Md5) -> Result<()> {
    let config = Config::load(sources)?;
    let tls = tls::acceptor(&config.tls)?;
    md5.reload(config.tcp_md5_keys.as_deref())?;
    gate.door.reload(&config);
    *gate.world.sys_names.write().unwrap_or_else(PoisonError::into_inner) = config.sys_names;
    *gate.tls.write().unwrap_or_else(PoisonError::into_inner) = tls;
    Ok(())
}

/// Tells systemd, where it started us.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "systemd does not hear us");
    }
}
