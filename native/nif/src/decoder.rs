//! `ServiceRadar.BMP.decode/1` and `ServiceRadar.BMP.Decoder`.

use std::sync::{Mutex, PoisonError};

use rustler::sys::ErlNifTerm;
use rustler::{Binary, Encoder, Env, Resource, ResourceArc, Term};
use wire::session::{Decoder, Options};

use crate::atoms;
use crate::message::{self, Messages};
use crate::structs::Structs;
use crate::term::{error, guard, list_of, ok};

pub struct DecoderResource(Mutex<Decoder>);

#[rustler::resource_impl]
impl Resource for DecoderResource {}

#[rustler::nif]
fn decoder_new(max_message_bytes: u32) -> ResourceArc<DecoderResource> {
    ResourceArc::new(DecoderResource(Mutex::new(Decoder::new(Options {
        max_message_bytes,
        ..Options::default()
    }))))
}

/// Under a millisecond: the caller looks at the size.
#[rustler::nif]
fn decode_short<'a>(env: Env<'a>, input: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    decode_all(env, input, structs)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn decode_long<'a>(env: Env<'a>, input: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    decode_all(env, input, structs)
}

#[rustler::nif]
fn decoder_feed_short<'a>(
    env: Env<'a>,
    decoder: ResourceArc<DecoderResource>,
    input: Binary<'a>,
    structs: Term<'a>,
) -> Term<'a> {
    feed(env, &decoder, input, structs)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn decoder_feed_long<'a>(
    env: Env<'a>,
    decoder: ResourceArc<DecoderResource>,
    input: Binary<'a>,
    structs: Term<'a>,
) -> Term<'a> {
    feed(env, &decoder, input, structs)
}

/// `{:ok, messages, rest}`, or `{:error, error}` where the framing is lost.
fn decode_all<'a>(env: Env<'a>, input: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    let structs = Structs::new(env, structs, Some(input));
    let mut decoder = Decoder::default();
    caught(env, || match messages(structs, &mut decoder, &input) {
        Ok(messages) => (atoms::ok(), messages, rest(env, input, decoder.offset())).encode(env),
        Err(error) => error,
    })
}

/// `{:ok, messages}`, or `{:error, error}` where the framing is lost.
fn feed<'a>(env: Env<'a>, decoder: &DecoderResource, input: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    let structs = Structs::new(env, structs, Some(input));
    caught(env, || {
        let mut decoder = decoder.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages(structs, &mut decoder, &input).map_or_else(|error| error, |messages| ok(env, messages))
    })
}

fn rest<'a>(env: Env<'a>, input: Binary<'a>, from: u64) -> Term<'a> {
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(input.len());
    match input.make_subbinary(from, input.len() - from) {
        Ok(rest) => rest.encode(env),
        Err(_) => "".encode(env),
    }
}

fn messages<'a>(structs: Structs<'a>, decoder: &mut Decoder, input: &[u8]) -> Result<Term<'a>, Term<'a>> {
    let env = structs.env;
    let pending = decoder.pending();
    let start = decoder.offset();
    let mut builder = Messages::new(structs);
    let mut messages: Vec<ErlNifTerm> = Vec::new();
    let mut fatal = None;
    {
        let mut feed = decoder.feed(input);
        while let Some(frame) = feed.next_into(builder.sink()) {
            match frame {
                Ok(frame) => messages.push(builder.frame(&frame).as_c_arg()),
                Err(error) => fatal = Some(error),
            }
        }
    }
    let messages = list_of(env, &messages);
    match fatal {
        None => Ok(messages),
        Some(reason) => {
            let read =
                usize::try_from(decoder.offset() - start).unwrap_or(usize::MAX).saturating_sub(pending);
            let rest = input.get(read..).unwrap_or_default();
            Err(error(env, message::fatal_error(structs, &reason, messages, rest)))
        }
    }
}

fn caught<'a>(env: Env<'a>, f: impl FnOnce() -> Term<'a>) -> Term<'a> {
    guard(f).unwrap_or_else(|reason| error(env, message::internal_error(env, &reason)))
}
