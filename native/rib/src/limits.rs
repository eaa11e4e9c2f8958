//! What a table may hold, how long it waits, and the clock that tells how long it did.

#[cfg(doc)]
use batch::proto;

/// What a table may hold and how long it waits.
#[derive(Clone, Debug)]
pub struct Limits {
    pub max_routers: usize,
    pub max_peers_per_router: usize,
    /// Over all routers; announcements past it are refused, counted, and told once a batch as a
    /// dead letter.
    pub max_routes: usize,
    /// A router that came back and sent no End-of-RIB for a family by then has its routes of older
    /// sessions withdrawn.
    pub eor_timeout_us: i64,
    /// Routes of a lost session stay this long for its router to come back; 0: they end at once.
    pub hold_time_us: i64,
    /// Withdrawals that one `expire` may make; the rest is left to the next.
    pub max_expired: usize,
    /// A session whose router is quiet is heard this often ([`proto::Alive`]). One that is not heard for
    /// three times as long, and a half, is lost; 0: none is lost by silence.
    pub heartbeat_us: i64,
    /// When `expire` was not called for longer than this, the time since does not count as waiting.
    pub max_step_us: i64,
}

impl Limits {
    /// So long a time without a word means that a session is lost.
    pub(crate) fn is_silence(&self, time_us: i64) -> bool {
        self.heartbeat_us > 0 && time_us > self.silence_us()
    }

    /// After so much silence a session is lost.
    pub(crate) fn silence_us(&self) -> i64 {
        self.heartbeat_us.saturating_mul(7) / 2
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_routers: 10_000,
            max_peers_per_router: 10_000,
            max_routes: 50_000_000,
            eor_timeout_us: 300_000_000,
            hold_time_us: 300_000_000,
            max_expired: 100_000,
            heartbeat_us: 10_000_000,
            max_step_us: 5_000_000,
        }
    }
}

/// Time as deadlines see it. It stands while the table is behind its sessions, since what was not applied
/// yet may be just what a deadline waits for.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    pub now_us: i64,
    looked_us: Option<i64>,
}

impl Clock {
    /// `monotonic_us` is any clock that is never set. A step longer than `longest_us` was no waiting:
    /// whoever should have looked was held up, and batches wait behind it.
    pub fn advance(&mut self, monotonic_us: i64, caught_up: bool, longest_us: i64) {
        let before = self.looked_us.replace(monotonic_us).unwrap_or(monotonic_us);
        let passed = monotonic_us.saturating_sub(before);
        if caught_up && (0..=longest_us).contains(&passed) {
            self.now_us = self.now_us.saturating_add(passed);
        }
    }
}
