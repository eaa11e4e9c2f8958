//! A NATS server with JetStream for a test, and what is in its stream.

use super::certificates::Certificates;
use super::collector::eventually;
use async_nats::{Client, ConnectOptions};
use batch::proto::{self, Message as _};
use futures_util::StreamExt;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub struct Nats {
    child: Child,
    port: u16,
    folder: TempDir,
    /// How the test itself gets in, to look.
    entry: Entry,
    /// In a cluster.
    name: String,
}

#[derive(Clone, Default)]
enum Entry {
    #[default]
    Open,
    /// A user that may do everything.
    Admin,
    /// A credentials file.
    Creds(PathBuf),
    /// Files of the authority, and of the test's own certificate and key.
    Tls([PathBuf; 3]),
}

/// A message of a stream.
pub struct Raw {
    pub subject: String,
    pub headers: BTreeMap<String, String>,
    pub payload: Vec<u8>,
}

/// A batch in the stream.
pub struct Stored {
    pub subject: String,
    pub headers: BTreeMap<String, String>,
    pub batch: proto::Batch,
}

impl Nats {
    /// Leaves the test out where there is no server to be started.
    pub fn start(config: &str) -> Self {
        let nats = Self::begin(config);
        nats.wait();
        nats
    }

    fn begin(config: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new().unwrap();
        write(folder.path(), port, config);
        Nats { child: spawn(folder.path()), port, folder, entry: Entry::Open, name: String::new() }
    }

    /// Another configuration, for when it starts again.
    pub fn configure(&mut self, config: &str, certificates: Option<&Certificates>) {
        write(self.folder.path(), self.port, config);
        if let Some(certificates) = certificates {
            self.entry = tls(certificates);
        }
    }

    /// Another configuration, which it reads now.
    pub fn reload(&self, config: &str) {
        write(self.folder.path(), self.port, config);
        self.signal("HUP");
    }

    /// With a user `admin`, password `admin`, among those of the configuration.
    pub fn start_with_admin(config: &str) -> Self {
        Self::start_as(config, Entry::Admin)
    }

    /// Where it is an operator's, with the credentials file of one who may do everything.
    pub fn start_with_creds(config: &str, creds: &Path) -> Self {
        Self::start_as(config, Entry::Creds(creds.into()))
    }

    /// With mTLS.
    pub fn start_with_tls(config: &str, certificates: &Certificates) -> Self {
        Self::start_as(config, tls(certificates))
    }

    fn start_as(config: &str, entry: Entry) -> Self {
        let mut nats = Self::start(config);
        nats.entry = entry;
        nats
    }

    async fn connect(&self) -> Client {
        let options = ConnectOptions::new();
        let options = match &self.entry {
            Entry::Open => options,
            Entry::Admin => options.user_and_password("admin".into(), "admin".into()),
            Entry::Creds(file) => options.credentials_file(file).await.unwrap(),
            Entry::Tls([authority, cert, key]) => options
                .add_root_certificates(authority.clone())
                .add_client_certificate(cert.clone(), key.clone())
                .require_tls(true),
        };
        options.connect(self.url()).await.unwrap()
    }

    /// Three servers, one cluster.
    pub fn cluster() -> Vec<Self> {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let routes = [free(), free(), free()];
        let all = routes.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
        let mut cluster = Vec::new();
        for (number, port) in routes.into_iter().enumerate() {
            cluster.push(Self::begin(&format!(
                "server_name: n{number}\ncluster {{ name: test, listen: 127.0.0.1:{port}, routes: [{all}] }}"
            )));
        }
        for (number, nats) in cluster.iter_mut().enumerate() {
            nats.name = format!("n{number}");
            nats.wait();
        }
        eventually("the cluster has a leader", || {
            let answer = cluster[0].try_api("STREAM.NAMES", json!({}));
            answer.is_some_and(|answer| answer.get("error").is_none())
        });
        cluster
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// `STOP` freezes it, `CONT` thaws it.
    pub fn signal(&self, signal: &str) {
        let status =
            Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Publishes so many messages, with a window of 256 that are not acknowledged.
    pub fn publish_all(&self, subject: &str, count: usize, message: impl Fn(usize) -> String) {
        wait_for(async {
            let client = self.connect().await;
            let inbox = client.new_inbox();
            let mut acks = client.subscribe(inbox.clone()).await.unwrap();
            for number in 0..count + 256 {
                if number >= 256 {
                    acks.next().await.unwrap();
                }
                if number < count {
                    let (subject, reply) = (subject.to_owned(), inbox.clone());
                    client.publish_with_reply(subject, reply, message(number).into()).await.unwrap();
                }
            }
        });
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.child = spawn(self.folder.path());
        self.wait();
    }

    fn wait(&self) {
        eventually("nats-server listens", || {
            let Ok(mut socket) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
            let mut info = [0; 2048];
            let read = std::io::Read::read(&mut socket, &mut info).unwrap_or(0);
            String::from_utf8_lossy(&info[..read]).contains("\"jetstream\":true")
        });
    }

    /// Everything in the stream `BMP`, in its order.
    pub fn stored(&self) -> Vec<Stored> {
        let batch = |raw: Raw| Stored {
            subject: raw.subject,
            headers: raw.headers,
            batch: proto::Batch::decode(raw.payload.as_slice()).unwrap(),
        };
        self.raw("BMP").into_iter().map(batch).collect()
    }

    /// Everything in a stream, in its order.
    pub fn raw(&self, stream: &str) -> Vec<Raw> {
        wait_for(async {
            let client = self.connect().await;
            let state = api(&client, &format!("STREAM.INFO.{stream}"), json!({})).await;
            let Some(count) = state["state"]["messages"].as_u64() else { return Vec::new() };
            let consumer = json!({"stream_name": stream, "config": {
                "durable_name": "look", "ack_policy": "explicit", "deliver_policy": "all", "max_ack_pending": -1,
            }});
            api(&client, &format!("CONSUMER.DURABLE.CREATE.{stream}.look"), consumer).await;
            let inbox = client.new_inbox();
            let mut messages = client.subscribe(inbox.clone()).await.unwrap();
            let next = json!({"batch": count.max(1), "no_wait": true}).to_string();
            let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.look");
            client.publish_with_reply(subject, inbox, next.into()).await.unwrap();
            let mut stored = Vec::new();
            while (stored.len() as u64) < count {
                let message = tokio::time::timeout(Duration::from_secs(20), messages.next()).await;
                let message = message.expect("all messages come").unwrap();
                let headers = message.headers.unwrap_or_default();
                stored.push(Raw {
                    subject: message.subject.to_string(),
                    headers: headers
                        .iter()
                        .map(|(name, values)| (name.to_string(), values[0].to_string()))
                        .collect(),
                    payload: message.payload.to_vec(),
                });
            }
            // It looks only: the next look begins at the first message again.
            api(&client, &format!("CONSUMER.DELETE.{stream}.look"), json!({})).await;
            stored
        })
    }

    /// The same where it may not answer.
    fn try_api(&self, verb: &str, body: Value) -> Option<Value> {
        wait_for(async {
            let client = self.connect().await;
            let answer = client.request(format!("$JS.API.{verb}"), body.to_string().into()).await.ok()?;
            serde_json::from_slice(&answer.payload).ok()
        })
    }

    /// What an API of JetStream answers.
    pub fn api(&self, verb: &str, body: Value) -> Value {
        wait_for(async {
            let client = self.connect().await;
            api(&client, verb, body).await
        })
    }

    /// Answers of whoever listens on a subject, as text; none where nobody does.
    pub fn request(&self, subject: &str, body: &str) -> Option<String> {
        let (subject, body) = (subject.to_owned(), body.to_owned());
        wait_for(async {
            let client = self.connect().await;
            let answer = client.request(subject, body.into()).await.ok()?;
            Some(String::from_utf8_lossy(&answer.payload).into_owned())
        })
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A cluster that chooses a new leader does not answer for a while, so the question is asked again.
async fn api(client: &Client, verb: &str, body: Value) -> Value {
    let mut tries_left = 6;
    loop {
        match client.request(format!("$JS.API.{verb}"), body.to_string().into()).await {
            Ok(answer) => return serde_json::from_slice(&answer.payload).unwrap(),
            Err(error) if tries_left == 0 => panic!("{verb}: {error}"),
            Err(_) => tries_left -= 1,
        }
    }
}

fn spawn(folder: &Path) -> Child {
    let server = ["nats-server", "/usr/sbin/nats-server"].into_iter().find_map(|server| {
        let config = folder.join("nats.conf");
        Command::new(server).arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
    });
    server.unwrap_or_else(|| needs::leave_out("nats-server is not installed"))
}

fn write(folder: &Path, port: u16, config: &str) {
    let store = folder.display();
    let text = format!("listen: 127.0.0.1:{port}\njetstream {{ store_dir: \"{store}/store\" }}\n{config}");
    fs::write(folder.join("nats.conf"), text).unwrap();
}

fn tls(certificates: &Certificates) -> Entry {
    Entry::Tls(["authority.pem", "router.pem", "router.key"].map(|name| certificates.file(name)))
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Routes of the batches by what is said of each, and that no sequence is missing or comes twice.
#[track_caller]
pub fn routes_in_order(batches: &[Stored]) -> (u64, u64) {
    let mut next: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let (mut announced, mut withdrawn) = (0, 0);
    for stored in batches {
        let session = stored.batch.session.as_ref().unwrap();
        let expected = next.entry(session.session_id.to_vec()).or_insert(1);
        assert_eq!(stored.batch.first_sequence, *expected, "of {}", stored.headers["Nats-Msg-Id"]);
        *expected = stored.batch.next_sequence;
        for event in &stored.batch.events {
            let Some(proto::event::Body::Routes(routes)) = &event.body else { continue };
            for group in &routes.groups {
                let count = prefixes(&group.nlri);
                if group.action == proto::route_group::Action::Announce as i32 {
                    announced += count;
                } else {
                    withdrawn += count;
                }
            }
        }
    }
    (announced, withdrawn)
}

/// How many prefixes without path identifiers there are.
fn prefixes(mut nlri: &[u8]) -> u64 {
    let mut count = 0;
    while let Some((bits, rest)) = nlri.split_first() {
        nlri = &rest[usize::from(*bits).div_ceil(8)..];
        count += 1;
    }
    count
}
