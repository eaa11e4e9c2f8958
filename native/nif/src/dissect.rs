//! `ServiceRadar.BMP.dissect/2`: a message as a tree of fields.

use rustler::{Binary, Env, Term};
use wire::session::Decoder;

use crate::serialize;
use crate::structs::Structs;
use crate::term::{error, guard, ok};

/// The fields of messages, or of the value of a path attribute where its code is given.
#[rustler::nif(schedule = "DirtyCpu")]
fn dissect<'a>(env: Env<'a>, input: Binary<'a>, attribute: Option<u8>, structs: Term<'a>) -> Term<'a> {
    let fields = guard(|| match attribute {
        Some(code) => wire::dissect::dissect_attribute(code, &input),
        None => wire::dissect::dissect(&input, &mut Decoder::default()),
    });
    match fields {
        Ok(fields) => ok(env, serialize::term(Structs::new(env, structs, None), &fields)),
        Err(reason) => error(env, reason),
    }
}
