//! `ServiceRadar.BMP.decode_json/1`: messages as `bmp-collector decode` prints them.

use rustler::{Binary, Encoder, Env, Term};
use serde_json::{json, to_string};
use wire::session::{Decoder, Frame};

use crate::atoms;
use crate::term::{error, guard};

/// `{:ok, lines, rest}`, or `{:error, reason}` where the framing is lost.
#[rustler::nif(schedule = "DirtyCpu")]
fn decode_json<'a>(env: Env<'a>, input: Binary<'a>) -> Term<'a> {
    match guard(|| lines(&input)) {
        Ok(Ok((lines, read))) => {
            let rest = input.get(read..).unwrap_or_default().len();
            let rest = input.make_subbinary(input.len() - rest, rest);
            (atoms::ok(), lines, rest.map_or_else(|_| "".encode(env), |rest| rest.encode(env))).encode(env)
        }
        Ok(Err(reason)) | Err(reason) => error(env, reason),
    }
}

/// The lines, and how much of the input is in them.
fn lines(input: &[u8]) -> Result<(Vec<String>, usize), String> {
    let mut decoder = Decoder::default();
    let mut lines = Vec::new();
    {
        let mut feed = decoder.feed(input);
        while let Some(frame) = feed.next() {
            lines.push(line(frame.map_err(|error| error.to_string())?)?);
        }
    }
    Ok((lines, usize::try_from(decoder.offset()).unwrap_or(usize::MAX)))
}

fn line(frame: Frame<'_>) -> Result<String, String> {
    let (offset, header, bytes) = (frame.offset, frame.header, frame.bytes);
    let line = match frame.into_message() {
        Ok(message) => to_string(&message),
        Err(error) => to_string(&json!({
            "offset": offset,
            "length": header.length,
            "version": header.version,
            "message_type": header.message_type,
            "error": error,
            "raw": wire::Raw::from(bytes),
        })),
    };
    line.map_err(|error| error.to_string())
}
