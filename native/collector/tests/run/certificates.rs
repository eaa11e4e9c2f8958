//! Certificates of an authority that a test makes: of a server, and of a router.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// `authority`, `server` and `router`, and `stranger` whom the authority does not know; each has a `.pem` and a `.key`.
pub struct Certificates(TempDir);

impl Certificates {
    /// Leaves the test out where there is no openssl.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let signed = "-CA authority.pem -CAkey authority.key -addext basicConstraints=critical,CA:FALSE";
        for (name, more) in [
            ("authority", "-addext basicConstraints=critical,CA:TRUE".to_owned()),
            ("server", format!("{signed} -addext subjectAltName=DNS:localhost,IP:127.0.0.1")),
            ("router", signed.to_owned()),
            ("stranger", "-addext basicConstraints=critical,CA:FALSE".to_owned()),
        ] {
            run(folder.path(), &format!("{new} -subj /CN={name} {more} -keyout {name}.key -out {name}.pem"));
        }
        Certificates(folder)
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A command that has to go well.
fn run(folder: &Path, line: &str) {
    let mut words = line.split_whitespace();
    let output = Command::new(words.next().unwrap()).args(words).current_dir(folder).output();
    match output {
        Ok(output) => assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => needs::leave_out(format!("openssl cannot be run: {error}")),
    }
}
