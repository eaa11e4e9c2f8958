//! A target of the kind that this crate is for, and what its run tells.
#![allow(clippy::unwrap_used, clippy::panic)] // tests

#[macro_use]
extern crate needs;

needs::main!();

use std::process::Command;

mod inner {
    #[test]
    fn passes() {}
}

/// These two do something only where the test below runs them.
fn tried() -> bool {
    std::env::var_os("NEEDS_TRIED").is_some()
}

#[test]
fn is_left_out() {
    if tried() {
        needs::leave_out("there is no such machine");
    }
}

#[test]
fn fails() {
    assert!(!tried(), "as it should");
}

#[test]
fn what_is_left_out_is_neither_passed_nor_failed() {
    if tried() {
        return;
    }
    let mut this = Command::new(std::env::current_exe().unwrap());
    let output = this.args(["--color", "never"]).env("NEEDS_TRIED", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "test fails                                         ... FAILED",
        "test inner::passes                                 ... ok",
        "test is_left_out                                   ... ignored (there is no such machine)",
        "test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out",
    ] {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
    assert!(!output.status.success());
}
