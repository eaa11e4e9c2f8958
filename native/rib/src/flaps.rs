//! Which routes flap: what RFC 2439 keeps of a route to damp it, kept here to show it.
//!
//! Every withdrawal and every change of attributes adds to a route's penalty, and time halves it. Only routes that
//! changed of late are here, and only so many.

use hashbrown::HashMap;

use crate::deltas::Id;
use crate::nlri::Nlri;
use crate::router::RibKey;

/// RFC 2439, section 4.2, as most routers have it: a withdrawal counts twice as much as a change.
const WITHDRAWAL: f32 = 1000.0;
const CHANGE: f32 = 500.0;
/// A penalty halves in a quarter of an hour.
const HALF_LIFE_US: f32 = 900_000_000.0;
/// Below this it is forgotten.
const FORGOTTEN: f32 = 250.0;
/// Routes that are remembered.
const MAX_FLAPS: usize = 100_000;
const MINUTE_US: i64 = 60_000_000;

/// A route of a peer, view and family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlapKey {
    pub peer: Id,
    pub rib: RibKey,
    pub nlri: Nlri,
    pub path_id: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Flap {
    pub withdrawals: u32,
    pub changes: u32,
    /// As it was at `at`.
    penalty: f32,
    /// On the table's clock.
    at: i64,
    /// When the last of them was received.
    pub last_us: i64,
}

impl Flap {
    /// [`Flap::penalty`] for people.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It is never below 0, and saturates.
    pub fn points(&self, now: i64) -> u32 {
        self.penalty(now).round() as u32
    }

    fn penalty(&self, now: i64) -> f32 {
        let passed = now.saturating_sub(self.at).max(0) as f32;
        self.penalty * (-passed / HALF_LIFE_US).exp2()
    }
}

#[derive(Default)]
pub(crate) struct Flaps {
    routes: HashMap<FlapKey, Flap>,
    /// When the forgotten ones were last dropped.
    tidied_at: i64,
    /// When room was last made.
    made_room_at: Option<i64>,
}

impl Flaps {
    pub fn withdrawn(&mut self, key: FlapKey, now: i64, received_at_us: i64) {
        if let Some(flap) = self.add(key, WITHDRAWAL, now, received_at_us) {
            flap.withdrawals = flap.withdrawals.saturating_add(1);
        }
    }

    pub fn changed(&mut self, key: FlapKey, now: i64, received_at_us: i64) {
        if let Some(flap) = self.add(key, CHANGE, now, received_at_us) {
            flap.changes = flap.changes.saturating_add(1);
        }
    }

    fn add(&mut self, key: FlapKey, penalty: f32, now: i64, received_at_us: i64) -> Option<&mut Flap> {
        if self.routes.len() >= MAX_FLAPS && !self.routes.contains_key(&key) {
            // A table that is withdrawn as a whole does not flap: what changed once makes room.
            if self.made_room_at.is_some_and(|at| now.saturating_sub(at) < MINUTE_US) {
                return None;
            }
            self.made_room_at = Some(now);
            self.routes.retain(|_, flap| flap.withdrawals.saturating_add(flap.changes) > 1);
            if self.routes.len() >= MAX_FLAPS {
                return None;
            }
        }
        let fresh = Flap { withdrawals: 0, changes: 0, penalty: 0.0, at: now, last_us: received_at_us };
        let flap = self.routes.entry(key).or_insert(fresh);
        flap.penalty = flap.penalty(now) + penalty;
        flap.at = now;
        flap.last_us = received_at_us;
        Some(flap)
    }

    /// Forgets what has been quiet for long.
    pub fn tidy(&mut self, now: i64) {
        if now.saturating_sub(self.tidied_at) >= MINUTE_US {
            self.tidied_at = now;
            self.routes.retain(|_, flap| flap.penalty(now) >= FORGOTTEN);
        }
    }

    /// Those that changed more than once and are wanted, the worst first.
    pub fn worst(&self, now: i64, limit: usize, wanted: impl Fn(&FlapKey) -> bool) -> Vec<(&FlapKey, &Flap)> {
        let often = |flap: &Flap| flap.withdrawals.saturating_add(flap.changes) > 1;
        let routes = self.routes.iter().filter(|(key, flap)| often(flap) && wanted(key));
        let mut all: Vec<_> = routes.map(|(key, flap)| (flap.penalty(now), key, flap)).collect();
        let worse = |one: &(f32, &FlapKey, &Flap), other: &(f32, &FlapKey, &Flap)| {
            let last = other.2.last_us.cmp(&one.2.last_us);
            other.0.total_cmp(&one.0).then(last).then_with(|| one.1.nlri.cmp(&other.1.nlri))
        };
        if all.len() > limit && limit > 0 {
            all.select_nth_unstable_by(limit - 1, worse);
        }
        all.truncate(limit);
        all.sort_by(worse);
        all.into_iter().map(|(_, key, flap)| (key, flap)).collect()
    }
}
