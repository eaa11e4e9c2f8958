//! `ServiceRadar.BMP.Parity`: a router's own table and ours.

use parity::{compare, Frames, Options, Report, Status};
use rustler::{Binary, Encoder, Env, Term};

use crate::atoms;
use crate::term::{error, guard};

/// `lines` is JSON lines as `bmp-collector rib` prints them, `tables` texts of the router, `frames` BMP or empty, `options` pairs of
/// text. `{:ok, equal?, json, text}`, or `{:error, reason}` where they cannot be compared.
#[rustler::nif(schedule = "DirtyCpu")]
fn parity_compare<'a>(
    env: Env<'a>,
    lines: Binary<'a>,
    tables: Vec<Binary<'a>>,
    bmp: Binary<'a>,
    options: Vec<(String, String)>,
) -> Term<'a> {
    match guard(|| report(&lines, &tables, &bmp, &options)) {
        Ok(Ok(report)) => match serde_json::to_string(&report) {
            Ok(json) => {
                let text = report
                    .differences
                    .iter()
                    .take(20)
                    .fold(report.to_string(), |text, one| format!("{text}{one}\n"));
                (atoms::ok(), report.status() == Status::Equal, json, text).encode(env)
            }
            Err(reason) => error(env, reason.to_string()),
        },
        Ok(Err(reason)) | Err(reason) => error(env, reason),
    }
}

fn report(
    lines: &[u8],
    tables: &[Binary<'_>],
    bmp: &[u8],
    options: &[(String, String)],
) -> Result<Report, String> {
    let text =
        |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_string).map_err(|error| error.to_string());
    let mut asked = Options::default();
    for (name, value) in options {
        asked.set(name, value).map_err(|error| format!("option {name}: {error}"))?;
    }
    let tables = tables.iter().map(|table| text(table)).collect::<Result<Vec<_>, _>>()?;
    let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
    let frames = (!bmp.is_empty()).then(|| {
        let mut frames = Frames::default();
        frames.feed(0, bmp);
        frames
    });
    compare(text(lines)?.lines(), &tables, frames.as_ref(), &asked).map_err(|error| error.to_string())
}
