//! `bmp-collector run`: real TCP sessions in, a real NATS server or standard output behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

#[macro_use]
extern crate needs;

needs::main!();

#[path = "../common/mod.rs"]
mod common;

mod certificates;
mod collector;
mod config;
mod credentials;
mod door;
mod jet_stream;
mod json_lines;
mod md5;
mod nats;
mod openbmp;
mod outages;
mod packages;
mod progress;
mod rotation;
mod router;
mod spool;
mod tee;
