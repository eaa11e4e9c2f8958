//! Help, version, exit status and pipes, as somebody at a terminal meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

mod common;

use common::{command, run, run_with_input};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn help_tells_a_newcomer_what_there_is() {
    let help = run(&["--help"]);
    assert_eq!(help.status, 0);
    let text = String::from_utf8(help.stdout).unwrap();
    for word in [
        "RFC 7854",
        "decode",
        "rib",
        "replay",
        "generate",
        "parity",
        "pcap",
        "gzip",
        "Exit status",
        "Examples",
    ] {
        assert!(text.contains(word), "{word:?} not in\n{text}");
    }
    for (name, words) in [
        ("decode", "--pretty"),
        ("rib", "--router"),
        ("replay", "--rate"),
        ("generate", "--churn"),
        ("parity", "--as-sent"),
    ] {
        let help = run(&[name, "--help"]);
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(help.status == 0 && text.contains(words), "{text}");
    }
    let version = run(&["--version"]);
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("bmp-collector {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_is_status_2() {
    for args in [&["frobnicate"][..], &["decode"], &["decode", "x", "--frob"], &[], &["replay", "x"]] {
        let run = run(args);
        assert_eq!(run.status, 2, "{args:?}");
        assert!(run.stderr.contains("Usage"), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    for subcommand in ["decode", "rib", "generate"] {
        let table = run(&["generate", "--routes", "20000", "--peers", "1"]).stdout;
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("table.bmp");
        std::fs::write(&path, table).unwrap();
        let mut command = command();
        match subcommand {
            "generate" => command.args(["generate", "--routes", "200000", "--peers", "1"]),
            _ => command.arg(subcommand).arg(&path),
        };
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = Vec::new();
        BufReader::new(child.stdout.take().unwrap()).take(100).read_until(b'\n', &mut first).unwrap();
        assert!(!first.is_empty());
        // the pipe is closed here, with most of the output unread
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{subcommand}");
    }
}

#[test]
fn pretty_is_the_same_in_many_lines() {
    let table = run(&["generate", "--routes", "20", "--peers", "1"]).stdout;
    for subcommand in ["decode", "rib"] {
        let plain = run_with_input(&[subcommand, "-"], &table);
        let pretty = run_with_input(&[subcommand, "-", "--pretty"], &table);
        let values: Vec<serde_json::Value> =
            serde_json::Deserializer::from_slice(&pretty.stdout).into_iter().map(Result::unwrap).collect();
        assert_eq!(values, plain.objects::<serde_json::Value>());
        assert!(pretty.stdout.split(|b| *b == b'\n').count() > 5 * values.len());
    }
}
