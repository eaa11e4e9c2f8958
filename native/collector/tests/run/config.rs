//! Options from a file, the environment and flags, and what is wrong with them.

use std::process::Command;
use tempfile::TempDir;

fn check(file: &str, environment: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("collector.toml");
    std::fs::write(&path, file).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bmp-collector"))
        .args(["run", "--check", "--config", path.to_str().unwrap()])
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_configuration_is_checked() {
    let file =
        "allow = [\"192.0.2.0/24\", \"2001:db8::1\"]\n[session]\nwindow = 32\n[jetstream]\nstream = \"X\"\n";
    let (good, text) = check(file, &[("BMP_COLLECTOR_SESSION__WINDOW", "16")], &["--set", "partitions=4"]);
    assert!(good, "{text}");
    assert!(text.contains("in order"), "{text}");
}

/// A file, environment variables, flags, and what the text about them says.
type Fault<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let wrong: &[Fault] = &[
        ("alow = []", &[], &[], &["alow", "allow"]),
        ("allow = [\"192.0.2.0/33\"]", &[], &[], &["192.0.2.0/33", "no prefix"]),
        ("partitions = \"many\"", &[], &[], &["partitions"]),
        ("= 1", &[], &[], &["collector.toml", "line 1"]),
        ("", &[("BMP_COLLECTOR_SESSION__WINDOW", "0")], &[], &["session.window", "above 0"]),
        ("", &[("BMP_COLLECTOR_WINDOW", "1")], &[], &["window"]),
        ("", &[("BMP_COLLECTOR_LISTEN__X", "1"), ("BMP_COLLECTOR_LISTEN", "a:1")], &[], &["LISTEN"]),
        ("", &[], &["--listen", "nowhere"], &["listen"]),
        ("", &[], &["--nats", "http://127.0.0.1"], &["jetstream.servers", "nats://"]),
        ("", &[], &["--set", "jetstream.creds=/does/not/exist"], &["jetstream.creds", "/does/not/exist"]),
        ("", &[], &["--set", "jetstream.tls_cert=/x"], &["tls_key"]),
        ("", &[], &["--set", "spool.max_bytes=1000"], &["spool.max_bytes", "16777216"]),
        ("broker = \"json_lines\"\n[spool]\nfolder = \"/x\"", &[], &[], &["spool.folder", "jetstream only"]),
        ("", &[], &["--set", "jetstream.subject_prefix=a.*"], &["subject_prefix"]),
        ("", &[], &["--set", "openbmp.subject=a.{peer}"], &["openbmp.subject", "{router}"]),
        (
            "",
            &[],
            &["--set", "openbmp.subject=a", "--set", "openbmp.buffer_bytes=9"],
            &["buffer_bytes", "2097152"],
        ),
        ("", &[], &["--set", "tls.cert=/x"], &["tls.cert"]),
        ("", &[], &["--set", "tls.cert=/proc/version"], &["tls.key"]),
        ("", &[], &["--set", "connects_per_second=0"], &["connects_per_second"]),
        ("", &[], &["--set", "memory_bytes=1"], &["memory_bytes"]),
        ("", &[], &["--set", "log.level=info=loud"], &["log.level"]),
    ];
    for (file, environment, arguments, expected) in wrong {
        let (good, text) = check(file, environment, arguments);
        assert!(!good, "{file} {environment:?} {arguments:?}: {text}");
        for part in *expected {
            assert!(text.contains(part), "{file} {environment:?} {arguments:?} should tell {part:?}: {text}");
        }
    }
}

#[test]
fn keys_are_checked_and_never_shown() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("keys");
    let setting = format!("tcp_md5_keys={}", file.display());
    for (text, good, said) in [
        ("# of the border\n192.0.2.1 secret\n\n2001:db8::/32  an other secret\n", true, "in order"),
        ("192.0.2.1 secret\nnowhere secret\n", false, "line 2"),
        ("192.0.2.1\n", false, "SOURCE KEY"),
        ("192.0.2.1 secret\n192.0.2.1/32 secret\n", false, "a key already"),
        (&format!("192.0.2.1 {}", "secret".repeat(14)), false, "80 octets"),
    ] {
        std::fs::write(&file, text).unwrap();
        let (is_good, all) = check("", &[], &["--set", &setting]);
        assert!(!all.contains("secret"), "{all}");
        if all.contains("CONFIG_TCP_MD5SIG") {
            needs::leave_out("this kernel has no TCP MD5 signatures");
        }
        assert_eq!(is_good, good, "{all}");
        assert!(all.contains(said), "{all}");
    }
    // The kernel is asked, too, at a socket as `listen` makes it.
    std::fs::write(&file, "2001:db8::/32 secret\n").unwrap();
    let (good, all) = check("", &[], &["--listen", "127.0.0.1:0", "--set", &setting]);
    assert!(!good && all.contains("2001:db8::/32 is IPv6, and `listen` is an IPv4 address"), "{all}");
}

#[test]
fn no_password_is_in_what_is_said() {
    let (good, text) = check("", &[], &["--nats", "http://user:secret@127.0.0.1"]);
    assert!(!good && !text.contains("secret"), "{text}");
}
