//! What a session is opened with.

use std::net::IpAddr;

use wire::session::Options;

use crate::ids::{Id, Identity};

/// What a session is opened with.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// Where the router's messages come from, and from which port.
    pub router_address: IpAddr,
    pub router_port: u16,
    /// Names the session: random octets, made when its connection was accepted.
    pub session_id: Id,
    /// What makes two sessions those of one router.
    pub identity: Identity,
    /// Who receives the session.
    pub collector: String,
    /// A longer BMP message ends the session.
    pub max_message_bytes: u32,
    /// Peers whose OPENs are remembered.
    pub max_peers: usize,
    /// A batch is closed when its payload is about this long. Brokers limit a message, NATS to 1 MiB
    /// unless configured; a batch exceeds this by at most one event.
    pub max_batch_bytes: usize,
    /// A batch is closed when it has this many events.
    pub max_batch_events: usize,
}

impl SessionOptions {
    /// Options with the default limits.
    pub fn new(
        router_address: IpAddr,
        router_port: u16,
        session_id: Id,
        collector: impl Into<String>,
    ) -> Self {
        let Options { max_message_bytes, max_peers } = Options::default();
        SessionOptions {
            router_address,
            router_port,
            session_id,
            identity: Identity::default(),
            collector: collector.into(),
            max_message_bytes,
            max_peers,
            max_batch_bytes: 256 * 1024,
            max_batch_events: 4096,
        }
    }
}
