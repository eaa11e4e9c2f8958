//! A PostgreSQL server of our own on a free loopback port, for as long as this process lives.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

/// The oldest release whose unique indexes can treat nulls as equal.
const OLDEST: u32 = 15;

pub struct Cluster {
    port: u16,
    /// Its end of file tells the server's keeper that we are gone.
    _alive: ChildStdin,
}

impl Cluster {
    /// The server that all tests of this process share. Where the machine has no PostgreSQL the test is left out.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = SHARED.get_or_init(|| Some(Cluster::start(&server_programs()?)));
        cluster.as_ref().unwrap_or_else(|| {
            needs::leave_out(format!(
                "no PostgreSQL of version {OLDEST} or later (SERVICERADAR_BMP_PG_BIN names the folder of its programs)"
            ))
        })
    }

    /// A connection to a database of its own.
    pub fn database(&self, name: &str) -> Client {
        self.connect("postgres").batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        self.connect(name)
    }

    pub fn connect(&self, database: &str) -> Client {
        Client::connect(&self.url("postgres", database), NoTls).unwrap()
    }

    pub fn connect_as(&self, user: &str, database: &str) -> Client {
        Client::connect(&self.url(user, database), NoTls).unwrap()
    }

    fn url(&self, user: &str, database: &str) -> String {
        format!("host=127.0.0.1 port={} user={user} dbname={database}", self.port)
    }

    fn start(programs: &Path) -> Cluster {
        let folder = tempfile::Builder::new().prefix("bmp-postgres-").tempdir().unwrap().keep();
        let data = folder.join("data");
        fs::create_dir(&data).unwrap();
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if root {
            // The server refuses to run as root.
            let owned = Command::new("chown").args(["-R", "postgres"]).arg(&folder).status().unwrap();
            assert!(owned.success(), "there is no user postgres for the server to run as");
        }
        let command = |program: &str| {
            if root {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
                command
            } else {
                Command::new(program)
            }
        };
        let made = command(&programs.join("initdb").to_string_lossy())
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(&data)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let log = File::create(folder.join("log")).unwrap();
        // A shell keeps the server: when our end of its standard input closes, however this process ended, it
        // stops the server by its pid and clears up.
        // Nobody waits for it: it ends after us.
        #[allow(clippy::zombie_processes)]
        let mut keeper = command("sh")
            .args(["-c", r#"folder=$1; shift; "$@" & server=$!; read _; kill -INT $server; wait $server; rm -rf "$folder""#])
            .arg("keeper")
            .arg(&folder)
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "fsync=off", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"])
            .args(std::env::var("SERVICERADAR_BMP_PG_OPTIONS").unwrap_or_default().split_whitespace())
            .current_dir(&folder)
            // Signals meant for the tests' own process group are not for the server.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let cluster = Cluster { port, _alive: keeper.stdin.take().unwrap() };
        let deadline = Instant::now() + Duration::from_secs(60);
        while let Err(error) = Client::connect(&cluster.url("postgres", "postgres"), NoTls) {
            assert!(
                Instant::now() < deadline,
                "the server does not answer: {error}\n{}",
                fs::read_to_string(folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        // What every new database has.
        for extension in
            std::env::var("SERVICERADAR_BMP_PG_EXTENSIONS").unwrap_or_default().split_whitespace()
        {
            cluster.connect("template1").batch_execute(&format!("CREATE EXTENSION {extension}")).unwrap();
        }
        cluster
    }
}

/// Folder of the newest `initdb` and `postgres` that are new enough.
fn server_programs() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("SERVICERADAR_BMP_PG_BIN") {
        return Some(folder.into());
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, folder)| *version >= OLDEST && folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, folder)| folder)
}
