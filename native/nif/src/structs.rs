//! Elixir structs from their own defaults.
//!
//! The caller hands over one map, module to its struct with all defaults, which is a literal of the VM: what is made of it shares
//! its keys, and fields that keep their default cost nothing.

use ipnet::IpNet;
use rustler::sys::{enif_make_map_update, ErlNifTerm};
use rustler::{Atom, Binary, Encoder, Env, Term};

use crate::atoms;
use crate::term::{nil, Address, Bytes};

/// Structs of the caller, and the input that binaries may point into.
#[derive(Clone, Copy)]
pub struct Structs<'a> {
    pub env: Env<'a>,
    all: Term<'a>,
    input: Option<Binary<'a>>,
}

impl<'a> Structs<'a> {
    pub fn new(env: Env<'a>, all: Term<'a>, input: Option<Binary<'a>>) -> Self {
        Structs { env, all, input }
    }

    /// The struct of a module with its defaults.
    pub fn of(self, module: Atom) -> Term<'a> {
        self.all.map_get(module).unwrap_or_else(|_| nil(self.env))
    }

    /// The struct for a type of Rust, where there is one.
    pub fn named(self, rust_name: &str) -> Option<Term<'a>> {
        let name = Atom::existing_from_str(self.env, rust_name).ok()?;
        self.all.map_get(name).ok()
    }

    /// Octets as a binary: a part of the input where they are long and lie in it, else a copy.
    pub fn octets(self, octets: &[u8]) -> Term<'a> {
        /// Shorter ones are copied by the VM on every occasion, and do not keep the input alive.
        const SHORT: usize = 64;
        if let Some(input) = self.input.filter(|_| octets.len() > SHORT) {
            let from = (octets.as_ptr() as usize).wrapping_sub(input.as_ptr() as usize);
            if from < input.len() {
                if let Ok(part) = input.make_subbinary(from, octets.len()) {
                    return part.encode(self.env);
                }
            }
        }
        Bytes(octets).encode(self.env)
    }
}

/// A map with another value for a key that it has; else the map itself.
#[inline]
pub fn put<'a>(map: Term<'a>, key: Term<'a>, value: Term<'a>) -> Term<'a> {
    let env = map.get_env();
    let mut made: ErlNifTerm = map.as_c_arg();
    // SAFETY: three terms of `env`; where `map` is no map or has no such key, `made` stays what it is.
    let done = unsafe {
        enif_make_map_update(env.as_c_arg(), map.as_c_arg(), key.as_c_arg(), value.as_c_arg(), &mut made)
    };
    if done == 0 {
        return map;
    }
    // SAFETY: a term of `env`, just made.
    unsafe { Term::new(env, made) }
}

/// A struct with values for some of its fields: `fill!(struct, field: value, …)`.
macro_rules! fill {
    ($template:expr, $($key:ident: $value:expr),+ $(,)?) => {{
        let mut made: rustler::Term<'_> = $template;
        let env = made.get_env();
        $(
            let value = rustler::Encoder::encode(&$value, env);
            made = $crate::structs::put(made, $crate::atoms::$key().to_term(env), value);
        )+
        made
    }};
}
pub(crate) use fill;

/// The error that `decode/1` and the like give for a message.
pub fn decode_error<'a>(structs: Structs<'a>, error: &wire::DecodeError) -> Term<'a> {
    fill!(structs.of(atoms::decode_error_module()),
        reason: error.reason(),
        offset: error.offset(),
        path: error.path().to_string(),
        suspect: error.suspect(),
    )
}

/// A prefix in the given `ServiceRadar.BMP.Prefix`.
pub fn prefix<'a>(template: Term<'a>, net: &IpNet) -> Term<'a> {
    fill!(template, address: Address(net.addr()), length: net.prefix_len())
}
