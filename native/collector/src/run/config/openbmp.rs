//! OpenBMP's raw feed, as `run` is told of it.

use super::jet_stream::{stream, subject};
use anyhow::{ensure, Result};
use serde::Deserialize;

/// Each BMP message as the router sent it, behind OpenBMP's binary header: for programs that read OpenBMP's `bmp_raw`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenBmp {
    /// Where the messages go; nowhere by default. `{router}` in it stands for the router's hash: a subject each.
    pub subject: Option<String>,
    pub stream: String,
    /// Of a stream that is created. Its oldest messages make room for new ones.
    pub max_bytes: i64,
    /// By what programs know a group of routers; it is in each header.
    pub router_group: String,
    /// Most octets that wait for JetStream, of all sessions together. What is more is left out.
    pub buffer_bytes: usize,
}

/// What a subject may have in it.
pub const ROUTER: &str = "{router}";
/// Readers of the format take names up to so many octets.
const LONGEST_NAME: usize = 255;

impl Default for OpenBmp {
    fn default() -> Self {
        OpenBmp {
            subject: None,
            stream: "OPENBMP".into(),
            max_bytes: 1 << 30,
            router_group: String::new(),
            buffer_bytes: 64 << 20,
        }
    }
}

impl OpenBmp {
    /// `collector` is in each header, too.
    pub fn check(&self, collector: &str, max_message_bytes: u32) -> Result<()> {
        let Some(to) = &self.subject else { return Ok(()) };
        subject("openbmp.subject", &to.replace(ROUTER, "router"))?;
        ensure!(
            to.split('.').all(|token| token == ROUTER || !token.contains(['{', '}'])),
            "openbmp.subject has {ROUTER} between dots or not at all, not {to:?}"
        );
        stream("openbmp.stream", &self.stream)?;
        ensure!(self.max_bytes > 0, "openbmp.max_bytes is above 0");
        let least = 2 * u64::from(max_message_bytes);
        ensure!(
            self.buffer_bytes as u64 >= least,
            "openbmp.buffer_bytes is {}; it is at least twice session.max_message_bytes, {least}",
            self.buffer_bytes
        );
        for (option, name) in [("openbmp.router_group", self.router_group.as_str()), ("collector", collector)]
        {
            ensure!(
                name.len() <= LONGEST_NAME,
                "{option} has {} octets; OpenBMP's header has room for {LONGEST_NAME}",
                name.len()
            );
        }
        Ok(())
    }
}
