//! Keeps a connection to NATS with the stream in order, and tells the publishers.

use super::connection::Connection;
use super::target::{Kind, Target};
use super::{resets, stream};
use crate::run::metrics::Publishing;
use crate::run::sessions::Sessions;
use anyhow::Result;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often it may fail to look before the connection is made anew.
const PATIENCE: u32 = 3;

/// What publishers need to know. While there is no connection there is none here.
#[derive(Clone, Debug, Default)]
pub struct Link {
    pub connection: Option<Arc<Connection>>,
    /// What may be published, looked at a few times a second.
    pub room: stream::Room,
}

pub type Links = watch::Receiver<Link>;

pub fn start(target: Arc<Target>, partitions: u32, sessions: Arc<Sessions>, metrics: Publishing) -> Links {
    let (links, receiver) = watch::channel(Link::default());
    tokio::spawn(async move {
        let mut complaint = String::new();
        let mut wait = FIRST_WAIT;
        while !links.is_closed() {
            match open(&target, partitions).await {
                Ok((connection, room)) => {
                    tracing::info!(stream = target.options.stream, "JetStream is there");
                    (complaint, wait) = (String::new(), FIRST_WAIT);
                    metrics.connected.set(1);
                    if target.kind == Kind::Batches {
                        resets::listen(&connection, &target.options, Arc::clone(&sessions)).await;
                    }
                    let connection = Arc::new(connection);
                    links.send_replace(Link { connection: Some(Arc::clone(&connection)), room });
                    let why = watch(&connection, &target, partitions, &links).await;
                    links.send_replace(Link::default());
                    metrics.connected.set(0);
                    tracing::warn!(
                        stream = target.options.stream,
                        "JetStream is gone, trying to reach it again: {why}"
                    );
                }
                Err(error) => {
                    // Once for each reason, not once for each attempt.
                    let text = format!("{error:#}");
                    if text != complaint {
                        tracing::warn!("JetStream cannot be used, trying again: {text}");
                        complaint = text;
                    }
                }
            }
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    });
    receiver
}

async fn open(target: &Target, partitions: u32) -> Result<(Connection, stream::Room)> {
    // Whatever the publishers may have on their way fits: handing it to the client never waits.
    let room = target.options.window * partitions as usize + 1024;
    let connection = Connection::open(&target.options, room).await?;
    stream::ensure(&connection, target, partitions).await?;
    let room = stream::room(&connection, target, partitions).await?;
    Ok((connection, room))
}

/// Until the connection or the stream is gone; tells which.
async fn watch(
    connection: &Arc<Connection>,
    target: &Target,
    partitions: u32,
    links: &watch::Sender<Link>,
) -> String {
    let mut gone = connection.gone();
    let mut failed = 0;
    loop {
        if !matches!(timeout(LOOK_EVERY, gone.wait_for(|gone| *gone)).await, Err(_elapsed)) {
            return "the connection is lost".into();
        }
        if links.is_closed() {
            return "nobody publishes any more".into();
        }
        match stream::room(connection, target, partitions).await {
            Ok(room) => {
                failed = 0;
                links.send_modify(|link| link.room = room);
            }
            Err(error) => {
                failed += 1;
                if failed >= PATIENCE {
                    return format!("{error:#}");
                }
            }
        }
    }
}
