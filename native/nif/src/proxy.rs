//! The PROXY protocol, for `ServiceRadar.BMP.Listener.Handshake`.

use rustler::{Binary, Encoder, Env, Term};
use wire::proxy::{detect, Start};

use crate::atoms;
use crate::term::{nil, ok, Address};

/// `:partial`, `:none`, `{:error, text}`, or `{:ok, {address, port}}` with nil where a balancer speaks for itself.
#[rustler::nif]
fn proxy_header<'a>(env: Env<'a>, octets: Binary<'a>) -> Term<'a> {
    match detect(&octets) {
        Ok(Start::None) => atoms::none().encode(env),
        Ok(Start::Partial) => atoms::partial().encode(env),
        Ok(Start::Header(header)) => match header.source {
            Some(source) => ok(env, (Address(source.ip()), source.port()).encode(env)),
            None => ok(env, nil(env)),
        },
        Err(error) => crate::term::error(env, error.to_string()),
    }
}
