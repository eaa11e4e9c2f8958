//! Elixir terms, built by hand: what `decode/1` gives is made of them by the million.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use rustler::sys::{
    enif_make_list_from_array, enif_make_map_from_arrays, enif_make_tuple_from_array, ErlNifTerm,
};
use rustler::{Encoder, Env, NewBinary, Term};
use smallvec::SmallVec;

use crate::atoms;

/// A struct of Elixir: `record!(env, module_atom, field: term, …)`.
///
/// The VM sorts the keys of a map that it makes. Given in order of the alphabet they are in order already, up to OTP
/// 25, which compares atoms as text: worth it for what is made by the million.
macro_rules! record {
    ($env:expr, $module:ident, $($key:ident: $value:expr),+ $(,)?) => {{
        let env = $env;
        let keys = [
            $crate::atoms::__struct__().to_term(env),
            $($crate::atoms::$key().to_term(env)),+
        ];
        let values = [
            $crate::atoms::$module().to_term(env),
            $(rustler::Encoder::encode(&$value, env)),+
        ];
        $crate::term::map(env, keys, values)
    }};
}

/// A map with atoms as keys: `object!(env, key: term, …)`.
macro_rules! object {
    ($env:expr, $($key:ident: $value:expr),+ $(,)?) => {{
        let env = $env;
        let keys = [$($crate::atoms::$key().to_term(env)),+];
        let values = [$(rustler::Encoder::encode(&$value, env)),+];
        $crate::term::map(env, keys, values)
    }};
}

pub(crate) use {object, record};

/// rustler's own makers of maps, tuples and lists collect into vectors first, which is most of what `decode/1` would do.
/// Keys are distinct by construction, so that this never fails.
#[inline]
pub fn map<'a, const N: usize>(env: Env<'a>, keys: [Term<'a>; N], values: [Term<'a>; N]) -> Term<'a> {
    let keys = keys.map(|key| key.as_c_arg());
    let values = values.map(|value| value.as_c_arg());
    let mut made = nil(env).as_c_arg();
    // SAFETY: both arrays have N terms of `env`; where the map cannot be made, `made` stays nil.
    unsafe {
        enif_make_map_from_arrays(env.as_c_arg(), keys.as_ptr(), values.as_ptr(), N, &mut made);
        Term::new(env, made)
    }
}

#[inline]
pub fn tuple<'a, const N: usize>(env: Env<'a>, terms: [Term<'a>; N]) -> Term<'a> {
    let raw = terms.map(|term| term.as_c_arg());
    let length = u32::try_from(N).unwrap_or_default();
    // SAFETY: the array has `length` terms of `env`.
    unsafe { Term::new(env, enif_make_tuple_from_array(env.as_c_arg(), raw.as_ptr(), length)) }
}

/// A list of what a function makes of each item.
#[inline]
pub fn list<'a, T>(
    env: Env<'a>,
    items: impl IntoIterator<Item = T>,
    mut encode: impl FnMut(T) -> Term<'a>,
) -> Term<'a> {
    // Filled where it is: to collect it is to move it.
    let mut terms: SmallVec<[ErlNifTerm; 32]> = SmallVec::new();
    for item in items {
        terms.push(encode(item).as_c_arg());
    }
    list_of(env, &terms)
}

/// A list of terms of `env`.
#[inline]
pub fn list_of<'a>(env: Env<'a>, terms: &[ErlNifTerm]) -> Term<'a> {
    if terms.is_empty() {
        return Term::list_new_empty(env);
    }
    let length = u32::try_from(terms.len()).unwrap_or(u32::MAX);
    // SAFETY: there are `length` terms of `env`, or more.
    unsafe { Term::new(env, enif_make_list_from_array(env.as_c_arg(), terms.as_ptr(), length)) }
}

/// A value of JSON, its objects as maps with text as keys.
pub fn json<'a>(env: Env<'a>, value: &serde_json::Value) -> Term<'a> {
    use serde_json::Value;
    match value {
        Value::Null => nil(env),
        Value::Bool(value) => value.encode(env),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => number.encode(env),
            (None, Some(number)) => number.encode(env),
            (None, None) => number.as_f64().encode(env),
        },
        Value::String(text) => text.encode(env),
        Value::Array(items) => list(env, items, |item| json(env, item)),
        Value::Object(fields) => {
            let pairs: Vec<(&str, Term<'a>)> =
                fields.iter().map(|(key, value)| (key.as_str(), json(env, value))).collect();
            Term::map_from_pairs(env, &pairs).unwrap_or_else(|_| nil(env))
        }
    }
}

pub fn nil(env: Env<'_>) -> Term<'_> {
    rustler::types::atom::nil().to_term(env)
}

/// An `:inet` address.
pub struct Address(pub IpAddr);

impl From<Ipv4Addr> for Address {
    fn from(address: Ipv4Addr) -> Self {
        Address(address.into())
    }
}

impl Encoder for Address {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        match self.0 {
            IpAddr::V4(v4) => tuple(env, v4.octets().map(|part| part.encode(env))),
            IpAddr::V6(v6) => tuple(env, v6.segments().map(|part| part.encode(env))),
        }
    }
}

/// `ServiceRadar.BMP.Prefix`
pub struct Prefix(pub IpNet);

impl Encoder for Prefix {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        record!(env, prefix_module, address: Address(self.0.network()), length: self.0.prefix_len())
    }
}

/// Octets as a binary.
pub struct Bytes<'b>(pub &'b [u8]);

impl Encoder for Bytes<'_> {
    fn encode<'a>(&self, env: Env<'a>) -> Term<'a> {
        let mut binary = NewBinary::new(env, self.0.len());
        binary.as_mut_slice().copy_from_slice(self.0);
        binary.into()
    }
}

/// An address from an `:inet` tuple.
pub fn decode_address(term: Term<'_>) -> Option<IpAddr> {
    if let Ok((a, b, c, d)) = term.decode::<(u8, u8, u8, u8)>() {
        return Some(Ipv4Addr::new(a, b, c, d).into());
    }
    let parts = rustler::types::tuple::get_tuple(term).ok()?;
    let parts: Vec<u16> = parts.into_iter().map(|part| part.decode().ok()).collect::<Option<_>>()?;
    <[u16; 8]>::try_from(parts).ok().map(IpAddr::from)
}

/// What `f` gives; a panic inside becomes an error with its text.
pub fn guard<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        format!("internal error: {text}")
    })
}

/// `{:error, reason}`
pub fn error<'a>(env: Env<'a>, reason: impl Encoder) -> Term<'a> {
    (atoms::error(), reason).encode(env)
}

/// `{:ok, value}`
pub fn ok<'a>(env: Env<'a>, value: impl Encoder) -> Term<'a> {
    (atoms::ok(), value).encode(env)
}
