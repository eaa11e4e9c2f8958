//! A collector that a test starts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub struct Collector {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Collector {
    /// On a free loopback port, with the log as text.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bmp-collector"));
        command.args(["run", "--set", "log.level=debug"]);
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let log = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let written = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut collector = Collector { child, address: "127.0.0.1:0".parse().unwrap(), log };
        collector.wait_for_log("listening for routers");
        let log = collector.log();
        let line = log.lines().find(|line| line.contains("listening for routers")).unwrap();
        let address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
        collector.address = address.parse().unwrap();
        collector
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn wait_for_log(&mut self, text: &str) {
        eventually(text, || {
            if let Ok(Some(status)) = self.child.try_wait() {
                thread::sleep(Duration::from_millis(50));
                assert!(self.log().contains(text), "it ended, {status}:\n{}", self.log());
            }
            self.log().contains(text)
        });
    }

    /// Reads its standard output, for which nobody has a use, so that it never waits.
    pub fn drain(&mut self) {
        let stdout = self.stdout();
        thread::spawn(move || read_to_end(stdout));
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it says of itself by HTTP; it needs `--set http=127.0.0.1:0`.
    pub fn get(&self, path: &str) -> String {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("health and metrics")).expect("it has HTTP");
        let address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).unwrap();
        read_to_end(stream)
    }

    /// A counter of `/metrics`, such as `batches_acknowledged_total`.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics");
        let value = text.lines().find_map(|line| line.strip_prefix(&format!("bmp_collector_{name} ")));
        value.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
    }

    pub fn stdout(&mut self) -> BufReader<ChildStdout> {
        BufReader::new(self.child.stdout.take().unwrap())
    }

    pub fn signal(&self, signal: &str) {
        let status =
            Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// SIGTERM; gives the exit status.
    pub fn stop(&mut self) -> i32 {
        self.signal("TERM");
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the collector's log:\n{}", self.log());
        }
    }
}

/// Waits until something is true.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never came true: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Reads to the end, which has to come.
pub fn read_to_end(mut from: impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}
