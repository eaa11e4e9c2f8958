//! What somebody sees who runs the collector in a terminal.

use super::collector::{eventually, Collector};
use super::router::{generated, initiation, Router};
use regex::Regex;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A collector in a terminal of its own, and everything that is written there.
struct Terminal {
    script: Child,
    written: Arc<Mutex<String>>,
}

impl Terminal {
    fn start() -> Self {
        let collector = env!("CARGO_BIN_EXE_bmp-collector");
        let shell = format!(
            "echo pid=$$ >&2; exec {collector} run --listen 127.0.0.1:0 --broker json_lines --set log.level=info >/dev/null"
        );
        let script = Command::new("script")
            .args(["-qefc", &shell, "/dev/null"])
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut script = script.unwrap_or_else(|_| needs::leave_out("script is not installed"));
        let mut out = script.stdout.take().unwrap();
        let written = Arc::new(Mutex::new(String::new()));
        let writes = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut octets = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut octets) {
                writes.lock().unwrap().push_str(&String::from_utf8_lossy(&octets[..count]));
            }
        });
        Terminal { script, written }
    }

    fn written(&self) -> String {
        self.written.lock().unwrap().clone()
    }

    /// Without colours and without what moves the cursor.
    fn text(&self) -> String {
        Regex::new("\x1b\\[[0-9;?]*[A-Za-z]").unwrap().replace_all(&self.written(), "").into_owned()
    }

    #[track_caller]
    fn wait_for(&self, pattern: &str) -> String {
        let pattern = Regex::new(pattern).unwrap();
        let mut found = String::new();
        eventually(&format!("{pattern} in {}", self.text()), || {
            let text = self.text();
            let Some(captures) = pattern.captures(&text) else { return false };
            found = captures.iter().last().flatten().unwrap().as_str().to_owned();
            true
        });
        found
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[test]
fn a_terminal_has_a_line_a_router_that_is_drawn_again_in_place() {
    let mut terminal = Terminal::start();
    let pid = terminal.wait_for(r"pid=(\d+)\s");
    let address = terminal.wait_for(r"listening for routers address=(\S+) ");
    let mut router = Router::connect(address.parse().unwrap());
    router.send(&generated(&["--routes", "1200", "--peers", "1"]));
    let mut other = Router::connect(address.parse().unwrap());
    other.send(&initiation("bad\x1b[2Jname"));
    terminal
        .wait_for(r"\S+ +127\.0\.0\.1:\d+  up 00:\d\d:\d\d  [\d,]+ messages/s  1,200 routes  lag 0\.\d s");
    // A name does nothing to the terminal.
    terminal.wait_for(r"(bad\\u\{1b\}\[2Jname) +127\.0\.0\.1");
    // In place: the line is cleared and written again. The log goes above, in whole lines.
    eventually("it is drawn again", || terminal.written().matches("\x1b[2K").count() > 2);
    terminal.wait_for(r"(?m)^\S*\s*INFO a session begins session=\S+ router=127\.0\.0\.1:(\d+)\s*$");
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(terminal.script.wait().unwrap().success(), "{}", terminal.text());
}

#[test]
fn a_pipe_has_the_log_only() {
    let mut collector = Collector::start(&["--broker", "json_lines"]);
    collector.drain();
    Router::connect(collector.address).send(&generated(&["--routes", "500", "--peers", "1"]));
    collector.wait_for_log("a session is over");
    assert_eq!(collector.stop(), 0);
    assert!(!collector.log().contains('\x1b') && !collector.log().contains("routes  lag"));
}
