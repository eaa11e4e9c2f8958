//! When an event happened: as the router says, where its clock can be believed.

/// When it happened, as the router says, or else when it was received.
pub(crate) fn event_time_us(router_time_us: i64, received_at_us: i64) -> i64 {
    if router_time_us == 0 || is_clock_wrong(router_time_us, received_at_us) {
        received_at_us
    } else {
        router_time_us
    }
}

pub(super) fn milliseconds(router_time_us: i64, received_at_us: i64) -> i64 {
    event_time_us(router_time_us, received_at_us) / 1000
}

/// 2010, before there was BMP: a clock that says so was never set, and began at some day when the router started.
pub(super) const BEFORE_BMP_US: i64 = 1_262_304_000_000_000;

/// A message that is from so far after the time at which it was received.
pub(super) const FUTURE_US: i64 = 86_400_000_000;

/// Whether the router's time is there and cannot be right.
pub(super) fn is_clock_wrong(router_time_us: i64, received_at_us: i64) -> bool {
    router_time_us != 0
        && (router_time_us < BEFORE_BMP_US || router_time_us.saturating_sub(received_at_us) > FUTURE_US)
}
