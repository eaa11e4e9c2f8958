//! What the things that take time are known by, from when they are first seen until they are told.

/// An alert: its rule and subject.
pub(crate) type AlertKey = (&'static str, String);

/// A default route: router, distinguisher, and whether it is of IPv6.
pub(crate) type Scope = (u32, u64, bool);

/// Prefixes that go from one next hop to another: router, and the names or addresses of both next hops.
pub(crate) type ShiftKey = (u32, String, String);
