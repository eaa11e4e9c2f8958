//! How a session stands, for those who watch it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Status {
    pub router: SocketAddr,
    pub since: Instant,
    messages: AtomicU64,
    routes: AtomicU64,
    rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
struct Rest {
    /// The sysName.
    name: String,
    /// When each batch was handed to the broker that it has not yet.
    handed: VecDeque<Instant>,
}

impl Status {
    pub fn new(router: SocketAddr) -> Self {
        let (messages, routes) = (AtomicU64::new(0), AtomicU64::new(0));
        Status { router, since: Instant::now(), messages, routes, rest: Mutex::default() }
    }

    pub fn named(&self, name: &str) {
        let mut rest = self.lock();
        if rest.name != name {
            name.clone_into(&mut rest.name);
        }
    }

    /// A batch is on its way.
    pub fn handed(&self, messages: u64, routes: u64) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.routes.fetch_add(routes, Ordering::Relaxed);
        self.lock().handed.push_back(Instant::now());
    }

    /// The broker has one, nearly always the oldest.
    pub fn taken(&self) {
        self.lock().handed.pop_front();
    }

    pub fn name(&self) -> String {
        self.lock().name.clone()
    }

    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Announced and withdrawn.
    pub fn routes(&self) -> u64 {
        self.routes.load(Ordering::Relaxed)
    }

    /// For how long the broker has not taken what it was handed.
    pub fn lag(&self) -> Duration {
        self.lock().handed.front().map(Instant::elapsed).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
