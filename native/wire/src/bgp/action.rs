//! Announcing and withdrawing.

use serde::Serialize;

/// What a group of routes is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Announce,
    Withdraw,
}
