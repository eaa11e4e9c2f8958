//! Credentials and certificates are renewed without a restart.

use super::certificates::Certificates;
use super::collector::{eventually, Collector};
use super::credentials::Operator;
use super::nats::{routes_in_order, Nats};
use super::router::{generated, initiation, Router};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;

/// The part of a server's configuration that says which user there is.
fn users(key: &nkeys::KeyPair) -> String {
    format!(
        "authorization {{ users: [ {{ user: admin, password: admin }}, {{ nkey: {} }} ] }}",
        key.public_key()
    )
}

/// Sends a dump in one session while `rotate` is done, and another afterwards; everything is stored once and in order.
#[track_caller]
fn goes_on(nats: &mut Nats, collector: &mut Collector, rotate: impl FnOnce(&mut Nats)) {
    collector.wait_for_log("JetStream is there");
    let dump = generated(&["--routes", "500", "--peers", "1"]);
    let mut router = Router::connect(collector.address);
    router.send(&dump);
    eventually("the first is stored", || routes_in_order(&nats.stored()) == (500, 0));
    rotate(nats);
    eventually("JetStream is there again", || collector.log().matches("JetStream is there").count() == 2);
    router.send(&initiation("the same session"));
    Router::connect(collector.address).send(&dump);
    eventually("the second is stored", || routes_in_order(&nats.stored()) == (1000, 0));
    assert!(!collector.log().contains("a session is over before"));
}

#[test]
fn an_nkey_is_renewed() {
    let keys = [nkeys::KeyPair::new_user(), nkeys::KeyPair::new_user()];
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("seed");
    fs::write(&file, keys[0].seed().unwrap()).unwrap();
    let mut nats = Nats::start_with_admin(&users(&keys[0]));
    let url = nats.url();
    let seed = format!("jetstream.nkey_seed={}", file.display());
    let mut collector = Collector::start(&["--nats", &url, "--set", &seed]);
    goes_on(&mut nats, &mut collector, |nats| {
        fs::write(&file, keys[1].seed().unwrap()).unwrap();
        // The server lets go of whom it does not know any more.
        nats.reload(&users(&keys[1]));
    });
}

#[test]
fn a_credentials_file_is_renewed() {
    let operator = Operator::new();
    let [admin, old, new] = [(); 3].map(|()| nkeys::KeyPair::new_user());
    let folder = TempDir::new().unwrap();
    let [file, admins] = ["collector.creds", "admin.creds"].map(|name| folder.path().join(name));
    fs::write(&file, operator.creds(&old)).unwrap();
    fs::write(&admins, operator.creds(&admin)).unwrap();
    let mut nats = Nats::start_with_creds(&operator.config(&[]), &admins);
    let creds = format!("jetstream.creds={}", file.display());
    let mut collector = Collector::start(&["--nats", &nats.url(), "--set", &creds]);
    goes_on(&mut nats, &mut collector, |nats| {
        fs::write(&file, operator.creds(&new)).unwrap();
        // With the old file nobody gets in any more.
        nats.kill();
        nats.configure(&operator.config(&[&old]), None);
        nats.start_again();
    });
}

#[test]
fn certificates_towards_nats_are_renewed() {
    let (old, new) = (Certificates::new(), Certificates::new());
    let config = |certificates: &Certificates| {
        format!(
            "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
            certificates.file("server.pem"),
            certificates.file("server.key"),
            certificates.file("authority.pem")
        )
    };
    let folder = TempDir::new().unwrap();
    let place = |certificates: &Certificates| {
        for name in ["authority.pem", "router.pem", "router.key"] {
            fs::copy(certificates.file(name), folder.path().join(name)).unwrap();
        }
    };
    place(&old);
    let mut nats = Nats::start_with_tls(&config(&old), &old);
    let url = nats.url().replace("nats://127.0.0.1", "tls://localhost");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let settings = [
        format!("jetstream.tls_ca={}", at("authority.pem")),
        format!("jetstream.tls_cert={}", at("router.pem")),
        format!("jetstream.tls_key={}", at("router.key")),
    ];
    let flags: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting.as_str()]).collect();
    let mut collector = Collector::start(&[&["--nats", &url][..], &flags].concat());
    goes_on(&mut nats, &mut collector, |nats| {
        place(&new);
        // Another authority altogether: with the old files nobody gets in.
        nats.kill();
        nats.configure(&config(&new), Some(&new));
        nats.start_again();
    });
}

/// Whether the collector's certificate is one that this authority signed.
fn is_trusted(address: SocketAddr, authority: &Path) -> bool {
    let output = std::process::Command::new("openssl")
        .args(["s_client", "-verify_return_error", "-connect", &address.to_string(), "-CAfile"])
        .arg(authority)
        .stdin(std::process::Stdio::null())
        .output();
    output.unwrap().status.success()
}

#[test]
fn certificates_towards_routers_are_renewed_at_sighup() {
    let (old, new) = (Certificates::new(), Certificates::new());
    let folder = TempDir::new().unwrap();
    let place = |certificates: &Certificates| {
        for name in ["server.pem", "server.key"] {
            fs::copy(certificates.file(name), folder.path().join(name)).unwrap();
        }
    };
    place(&old);
    let cert = format!("tls.cert={}", folder.path().join("server.pem").display());
    let key = format!("tls.key={}", folder.path().join("server.key").display());
    let mut collector = Collector::start(&["--broker", "json_lines", "--set", &cert, "--set", &key]);
    let trusts =
        |certificates: &Certificates| is_trusted(collector.address, &certificates.file("authority.pem"));
    assert!(trusts(&old) && !trusts(&new));
    place(&new);
    assert!(trusts(&old), "nothing changes unasked");
    collector.signal("HUP");
    collector.wait_for_log("are read again");
    let trusts =
        |certificates: &Certificates| is_trusted(collector.address, &certificates.file("authority.pem"));
    assert!(trusts(&new) && !trusts(&old));
}
