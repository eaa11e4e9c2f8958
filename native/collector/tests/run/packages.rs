//! The systemd unit and the configuration to begin with.

use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn packaged(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)).unwrap()
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = TempDir::new().unwrap();
    let unit = folder.path().join("bmp-collector.service");
    // It is not installed here.
    let text = packaged("bmp-collector.service");
    fs::write(&unit, text.replace("/usr/bin/bmp-collector", env!("CARGO_BIN_EXE_bmp-collector"))).unwrap();
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit).output();
    let verified = verified.unwrap_or_else(|_| needs::leave_out("systemd-analyze is not installed"));
    let said = String::from_utf8_lossy(&verified.stderr);
    let said: Vec<_> = said.lines().filter(|line| line.contains("bmp-collector")).collect();
    assert!(verified.status.success() && said.is_empty(), "{said:?}");
}

#[test]
fn the_configuration_to_begin_with_is_in_order() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("bmp-collector.toml");
    // The credentials are the operator's.
    fs::write(folder.path().join("creds"), "").unwrap();
    let creds = folder.path().join("creds").display().to_string();
    fs::write(&file, packaged("bmp-collector.toml").replace("/etc/bmp-collector.creds", &creds)).unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_bmp-collector"))
        .args(["run", "--check", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
