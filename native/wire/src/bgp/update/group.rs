//! Routes of one field of an UPDATE.

use std::borrow::Cow;

use crate::bgp::nlri::{self, Form, LabelStack};
use crate::bgp::{Action, AddressFamily};

/// Routes of one field of an UPDATE, where they are on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteGroup<'a> {
    pub action: Action,
    pub family: AddressFamily,
    /// Every NLRI starts with a path identifier (RFC 7911).
    pub add_path: bool,
    /// Whether they do was not negotiated but seen in the messages.
    pub inferred: bool,
    /// As in NEXT_HOP or MP_REACH_NLRI; empty for withdrawals. [`NextHop::decode`](crate::bgp::NextHop::decode) reads it.
    pub next_hop: &'a [u8],
    /// NLRI back to back, checked.
    pub nlri: &'a [u8],
    /// How many NLRI there are; 1 for a family without a reading.
    pub count: u32,
    pub labels: LabelStack,
}

impl<'a> RouteGroup<'a> {
    pub fn iter(&self) -> nlri::Iter<'a> {
        nlri::iter(self.family, self.form(), self.nlri)
    }

    pub(super) fn form(&self) -> Form {
        Form { add_path: self.add_path, labels: self.labels }
    }

    /// The NLRI as [`nlri::canonical`] writes them.
    pub fn canonical_nlri(&self) -> Cow<'a, [u8]> {
        nlri::canonical(self.family, self.form(), self.nlri)
    }
}
