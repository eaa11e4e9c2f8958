//! Every code point of which this project makes lists, each in one place.
//!
//! A table a file, one line a code point. All other lists are made from these: what may be in a plain UPDATE, how NLRI are split,
//! which fields terms, rows and JSON have, and what the pages call things. For Elixir they are in
//! `lib/serviceradar/bmp/registry.ex`, which [`elixir()`] writes; a test of this crate fails where that file is not up to date:
//!
//! ```sh
//! cargo run --manifest-path native/Cargo.toml -p wire --example registry
//! ```
//!
//! `guides/adding.md` says how to add an attribute or an address family.

pub mod attributes;
pub mod capabilities;
mod elixir;
pub mod families;
pub mod statistics;

pub use elixir::elixir;
