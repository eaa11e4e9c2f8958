//! What RFC 7606 does about what is malformed.

use serde::Serialize;

/// What is done about something malformed, by RFC 7606, section 2, but for the first; ordered from mild to severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Nothing: it is told, and stays. A speaker must not accept AS 0 (RFC 7607), but where a router holds a route
    /// with it, a station shows that.
    Kept,
    AttributeDiscard,
    TreatAsWithdraw,
    AfiSafiDisable,
    SessionReset,
}
