//! The NIF of ServiceRadar BMP: glue between `ServiceRadar.BMP.Native` and the other crates.
//!
//! Terms are built here; nothing is decided here. Calls that may take longer than a normal scheduler may be held run on
//! dirty ones. Panics are caught, here or by rustler, and never reach the VM.

mod atoms;
mod bgp;
mod cache;
mod decoder;
mod deltas;
mod dissect;
mod feed;
mod insight;
mod json;
mod list;
mod message;
mod parity;
mod proxy;
mod rows;
mod rtr;
mod serialize;
mod session;
mod structs;
mod table;
mod term;

rustler::init!("Elixir.ServiceRadar.BMP.Native");
