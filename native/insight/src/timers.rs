//! What is to be looked at again at a later time. Who set a timer looks, when it is due, whether it still means something.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::keys::{AlertKey, Scope, ShiftKey};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Timer {
    /// An alert opens, closes or is told again.
    Alert(AlertKey),
    /// Why a peer went down is decided.
    Down(u32),
    /// A peer that flapped may have been quiet for long enough.
    Quiet(u32),
    /// A node without a link is lost.
    Node(String),
    /// Pod blocks that a node lost are one alert.
    BlocksLost(String),
    /// A pod block did not come back anywhere.
    BlockGone(IpNet),
    /// Prefixes that went from one next hop to another are one shift.
    Shift(ShiftKey),
    /// What broke a rule of late is grouped into alerts.
    Conditions,
    /// A router's BMP session did not come back.
    Observation(u32),
    Service(String, String),
    /// A default route of a router did not come back.
    Default(Scope),
    /// A prefix may be gone from everywhere.
    Withdrawn(IpNet),
    /// What changed after policy may have changed before it.
    Policy,
    Ospf(String, String),
    /// Links of BGP-LS did not come again.
    LinkState(u32, u64),
    /// What is concluded of OSPF is held against BGP-LS.
    OspfAgain,
    /// A flapping route may have been quiet for long enough.
    RouteQuiet(IpNet),
    /// A router's Loc-RIB lost much, and no peer of it went down.
    LocRib(u32),
    /// How many peers have a watched prefix.
    Visibility(usize),
    /// Alerts of before a restart had the time to be heard of again.
    Restored,
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    set: BTreeMap<(i64, u64), Timer>,
    count: u64,
}

impl Timers {
    pub fn set(&mut self, at_ms: i64, timer: Timer) {
        self.count += 1;
        self.set.insert((at_ms, self.count), timer);
    }

    pub fn due(&self) -> Option<i64> {
        self.set.first_key_value().map(|(key, _)| key.0)
    }

    /// The first timer that is due, with its time.
    pub fn pop(&mut self, now_ms: i64) -> Option<(i64, Timer)> {
        let entry = self.set.first_entry()?;
        (entry.key().0 <= now_ms).then(|| {
            let ((at, _), timer) = entry.remove_entry();
            (at, timer)
        })
    }
}
