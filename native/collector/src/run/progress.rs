//! A line a router on the terminal, drawn again in place, with the log above. Where standard error is no terminal there is
//! the log only.

use super::sessions::Sessions;
use super::status::Status;
use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{interval, MissedTickBehavior};

const EVERY: Duration = Duration::from_secs(1);
/// More routers than that are counted.
const LINES: usize = 20;

#[derive(Clone, Debug)]
pub struct Progress(MultiProgress);

/// A router's line, and how many messages there had been when it was drawn.
struct Line {
    bar: ProgressBar,
    messages: u64,
}

impl Progress {
    /// `None` where nobody watches, or where standard output is written to the same terminal.
    pub fn start(stdout_is_used: bool) -> Option<Self> {
        let seen = io::stderr().is_terminal() && !(stdout_is_used && io::stdout().is_terminal());
        seen.then(|| Progress(MultiProgress::new()))
    }

    /// Where the log is written to.
    pub fn log(&self) -> impl Write {
        Above(self.0.clone())
    }

    /// Until it is dropped.
    pub async fn show(self, sessions: Arc<Sessions>) {
        let mut lines: BTreeMap<u64, Line> = BTreeMap::new();
        let more = new_bar();
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let all = sessions.statuses();
            lines.retain(|number, line| {
                let there = all.iter().take(LINES).any(|(other, _)| other == number);
                if !there {
                    line.bar.finish_and_clear();
                    self.0.remove(&line.bar);
                }
                there
            });
            for (number, status) in all.iter().take(LINES) {
                let line = lines.entry(*number).or_insert_with(|| {
                    let bar = self.0.add(new_bar());
                    Line { bar, messages: 0 }
                });
                let messages = status.messages();
                line.bar.set_message(text(status, messages - line.messages));
                line.messages = messages;
            }
            self.0.remove(&more);
            if all.len() > LINES {
                self.0.add(more.clone()).set_message(format!("and {} more", all.len() - LINES));
            }
        }
    }

    /// Nothing of it stays on the terminal.
    pub fn clear(&self) {
        if let Err(error) = self.0.clear() {
            tracing::debug!(%error, "the terminal is gone");
        }
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style)
}

/// `messages` are those of the last second.
fn text(status: &Status, messages: u64) -> String {
    let up = status.since.elapsed().as_secs();
    format!(
        "{:<12} {}  up {:02}:{:02}:{:02}  {} messages/s  {} routes  lag {:.1} s",
        // A name is the router's: what would move the cursor is shown and not done.
        status.name().escape_debug().to_string(),
        status.router,
        up / 3600,
        up / 60 % 60,
        up % 60,
        HumanCount(messages),
        HumanCount(status.routes()),
        status.lag().as_secs_f64(),
    )
}

/// Standard error, with the lines out of the way while it is written.
struct Above(MultiProgress);

impl Write for Above {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
