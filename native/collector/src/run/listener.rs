//! Accepts connections, and makes sessions of those that the door lets in.

use super::door::{unmapped, Door, Refusal};
use super::proxy;
use super::session::{self, World};
use anyhow::{Context, Result};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout_at, Instant};
use tokio_rustls::TlsAcceptor;

pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let any = address.ip().is_unspecified() && address.is_ipv6();
    let bound = match bind(address) {
        // The system has no IPv6 at all.
        Err(error) if any && error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {
            bind((Ipv4Addr::UNSPECIFIED, address.port()).into())
        }
        other => other,
    };
    bound.with_context(|| format!("cannot listen on {address}"))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // It takes IPv4 too.
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

/// What connections have to pass before they are sessions.
pub struct Gate {
    pub door: Arc<Door>,
    pub tls: RwLock<Option<TlsAcceptor>>,
    pub world: Arc<World>,
}

/// Until it is dropped.
pub async fn accept(listener: TcpListener, gate: Arc<Gate>) {
    // Connections that are still before the door: half-open ones are bounded, too.
    let handshakes = Arc::new(Semaphore::new(gate.world.config.max_sessions));
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let from = SocketAddr::new(unmapped(from.ip()), from.port());
                match Arc::clone(&handshakes).try_acquire_owned() {
                    Ok(place) => {
                        let gate = Arc::clone(&gate);
                        tokio::spawn(async move { gate.welcome(stream, from, place).await });
                    }
                    Err(_) => gate.refuse(from, Refusal::Sessions, ""),
                }
            }
            // Out of file descriptors, or the client was gone before it was accepted: others may still come.
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Gate {
    async fn welcome(&self, mut stream: TcpStream, from: SocketAddr, handshake: OwnedSemaphorePermit) {
        let until = Instant::now() + Duration::from_millis(self.world.config.handshake_timeout_ms);
        let mut router = from;
        if self.door.is_balancer(from.ip()) {
            match timeout_at(until, proxy::source(&mut stream)).await {
                Ok(Ok(Some(source))) => router = SocketAddr::new(unmapped(source.ip()), source.port()),
                // It asks after our health.
                Ok(Ok(None)) => return,
                Ok(Err(error)) => return self.refuse(from, Refusal::ProxyHeader, &error.to_string()),
                Err(_elapsed) => return self.refuse(from, Refusal::HandshakeTimeout, ""),
            }
        }
        let entry = match self.door.enter(router.ip()) {
            Ok(entry) => entry,
            Err(refusal) => return self.refuse(router, refusal, ""),
        };
        // BMP has no keepalive of its own.
        let keepalive =
            TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
        if let Err(error) = SockRef::from(&stream).set_tcp_keepalive(&keepalive) {
            tracing::debug!(%router, %error, "no keepalive");
        }
        let tls = self.tls.read().unwrap_or_else(PoisonError::into_inner).clone();
        let world = Arc::clone(&self.world);
        let served = match tls {
            None => {
                drop(handshake);
                session::serve(world, stream, router).await
            }
            Some(tls) => match timeout_at(until, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    drop(handshake);
                    session::serve(world, stream, router).await
                }
                Ok(Err(error)) => return self.refuse(router, Refusal::Tls, &error.to_string()),
                Err(_elapsed) => return self.refuse(router, Refusal::HandshakeTimeout, ""),
            },
        };
        if let Err(error) = served {
            tracing::error!(%router, "a session cannot begin: {error:#}");
        }
        drop(entry);
    }

    fn refuse(&self, from: SocketAddr, refusal: Refusal, why: &str) {
        self.world.metrics.refuse(refusal.name());
        tracing::warn!(%from, reason = refusal.name(), why, "a connection is refused: {}", refusal.advice());
    }
}
