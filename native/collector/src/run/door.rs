//! Who is let in: by lists of sources, and by how many are in already.

use super::config::Config;
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Source,
    Sessions,
    SourceSessions,
    SourceRate,
    ProxyHeader,
    Tls,
    HandshakeTimeout,
}

#[derive(Debug)]
pub struct Door(Mutex<State>);

#[derive(Debug)]
struct State {
    allow: Vec<IpNet>,
    balancers: Vec<IpNet>,
    max_sessions: usize,
    max_sessions_per_source: usize,
    connects_per_second: f64,
    inside: usize,
    sources: HashMap<IpAddr, Source>,
}

/// What a source did lately.
#[derive(Debug)]
struct Source {
    inside: usize,
    /// Connections that it may still make at once; they grow by `connects_per_second`.
    tokens: f64,
    at: Instant,
}

/// A place inside, free again when it is dropped.
#[derive(Debug)]
pub struct Entry {
    door: Arc<Door>,
    source: IpAddr,
}

impl Door {
    pub fn new(config: &Config) -> Self {
        Door(Mutex::new(State {
            allow: config.allow.clone(),
            balancers: config.balancers.clone(),
            max_sessions: config.max_sessions,
            max_sessions_per_source: config.max_sessions_per_source,
            connects_per_second: f64::from(config.connects_per_second),
            inside: 0,
            sources: HashMap::new(),
        }))
    }

    /// Other lists and limits, for those who come from now on.
    pub fn reload(&self, config: &Config) {
        let mut state = self.lock();
        state.allow.clone_from(&config.allow);
        state.balancers.clone_from(&config.balancers);
        state.max_sessions = config.max_sessions;
        state.max_sessions_per_source = config.max_sessions_per_source;
        state.connects_per_second = f64::from(config.connects_per_second);
    }

    /// Whether it says by the PROXY protocol whom it speaks for, and is no router itself.
    pub fn is_balancer(&self, address: IpAddr) -> bool {
        self.lock().balancers.iter().any(|network| network.contains(&address))
    }

    /// Whether it may come at all.
    pub fn allows(&self, source: IpAddr) -> bool {
        source.is_loopback() || self.lock().allow.iter().any(|network| network.contains(&source))
    }

    /// Lets a router in.
    pub fn enter(self: &Arc<Self>, source: IpAddr) -> Result<Entry, Refusal> {
        if !self.allows(source) {
            return Err(Refusal::Source);
        }
        let mut state = self.lock();
        let now = Instant::now();
        let (most, rate) = (state.max_sessions_per_source, state.connects_per_second);
        // What has been quiet for long enough is as if it had never come.
        if state.sources.len() > 2 * state.max_sessions {
            state
                .sources
                .retain(|_, one| one.inside > 0 || one.at.elapsed().as_secs_f64() * rate < most as f64);
        }
        if state.inside >= state.max_sessions {
            return Err(Refusal::Sessions);
        }
        let one = state.sources.entry(source).or_insert(Source { inside: 0, tokens: most as f64, at: now });
        one.tokens = (one.tokens + (now - one.at).as_secs_f64() * rate).min(most as f64);
        one.at = now;
        if one.inside >= most {
            return Err(Refusal::SourceSessions);
        }
        if one.tokens < 1.0 {
            return Err(Refusal::SourceRate);
        }
        one.tokens -= 1.0;
        one.inside += 1;
        state.inside += 1;
        Ok(Entry { door: Arc::clone(self), source })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut state = self.door.lock();
        state.inside = state.inside.saturating_sub(1);
        if let Some(source) = state.sources.get_mut(&self.source) {
            source.inside = source.inside.saturating_sub(1);
        }
    }
}

impl Refusal {
    /// As it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Source => "source",
            Refusal::Sessions => "sessions",
            Refusal::SourceSessions => "source_sessions",
            Refusal::SourceRate => "source_rate",
            Refusal::ProxyHeader => "proxy_header",
            Refusal::Tls => "tls",
            Refusal::HandshakeTimeout => "handshake_timeout",
        }
    }

    /// What the operator can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Refusal::Source => "it is not among `allow`; to let it in, add its address or prefix there",
            Refusal::Sessions => "there are as many sessions as `max_sessions` allows",
            Refusal::SourceSessions => "it has as many sessions as `max_sessions_per_source` allows",
            Refusal::SourceRate => "it connects more often than `connects_per_second` allows",
            Refusal::ProxyHeader => "a balancer has to begin with a PROXY protocol header",
            Refusal::Tls => "the TLS handshake failed",
            Refusal::HandshakeTimeout => "it did not finish its PROXY header or TLS handshake in time",
        }
    }
}

/// An IPv4 router on an IPv6 socket is an IPv4 router.
pub fn unmapped(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(config: Config) -> Arc<Door> {
        Arc::new(Door::new(&config))
    }

    fn address(text: &str) -> IpAddr {
        unmapped(text.parse().unwrap())
    }

    #[test]
    fn nobody_is_let_in_unasked() {
        let door = door(Config::default());
        assert!(door.enter(address("127.0.0.1")).is_ok());
        assert!(door.enter(address("::1")).is_ok());
        assert_eq!(door.enter(address("192.0.2.1")).unwrap_err(), Refusal::Source);
        let allow = vec!["192.0.2.0/24".parse().unwrap()];
        door.reload(&Config { allow, ..Config::default() });
        assert!(door.enter(address("::ffff:192.0.2.7")).is_ok());
        assert_eq!(door.enter(address("192.0.3.7")).unwrap_err(), Refusal::Source);
    }

    #[test]
    fn places_are_counted_and_free_again() {
        let config = Config { max_sessions: 3, max_sessions_per_source: 2, ..Config::default() };
        let door = door(config);
        let first = door.enter(address("::1")).unwrap();
        let _second = door.enter(address("::1")).unwrap();
        assert_eq!(door.enter(address("::1")).unwrap_err(), Refusal::SourceSessions);
        let _third = door.enter(address("127.0.0.1")).unwrap();
        assert_eq!(door.enter(address("127.0.0.2")).unwrap_err(), Refusal::Sessions);
        drop(first);
        assert!(door.enter(address("127.0.0.2")).is_ok());
    }

    #[test]
    fn a_source_may_not_connect_again_and_again() {
        let config = Config { max_sessions_per_source: 2, connects_per_second: 1, ..Config::default() };
        let door = door(config);
        for _ in 0..2 {
            assert!(door.enter(address("::1")).is_ok());
        }
        assert_eq!(door.enter(address("::1")).unwrap_err(), Refusal::SourceRate);
        assert!(door.enter(address("127.0.0.1")).is_ok());
    }
}
