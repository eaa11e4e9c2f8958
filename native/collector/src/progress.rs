//! Progress on standard error, where somebody is watching it and nothing else is printed there.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};

/// Of a file being read.
pub fn of_bytes(bytes: u64) -> ProgressBar {
    bar(bytes, 4 << 20, "{bar:40} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}")
}

/// Of routes being written.
pub fn of_routes(routes: u64) -> ProgressBar {
    bar(routes, 500_000, "{bar:40} {human_pos}/{human_len} routes {per_sec} {eta}")
}

fn bar(length: u64, worth_showing: u64, template: &str) -> ProgressBar {
    if length < worth_showing || io::stdout().is_terminal() || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}
