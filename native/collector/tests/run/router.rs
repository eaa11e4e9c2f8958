//! A router's side of a session, and the sessions that `generate` makes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

pub struct Router(pub TcpStream);

impl Router {
    pub fn connect(address: SocketAddr) -> Self {
        Router(TcpStream::connect(address).unwrap())
    }

    pub fn send(&mut self, octets: &[u8]) -> &mut Self {
        self.0.write_all(octets).unwrap();
        self
    }

    /// Whether the other side closes within some time.
    pub fn is_closed(&mut self) -> bool {
        self.0.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        match self.0.read(&mut [0; 16]) {
            Ok(octets) => octets == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

/// A session as `bmp-collector generate` makes it.
pub fn generated(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_bmp-collector"))
        .arg("generate")
        .args(arguments)
        .output()
        .expect("generate runs");
    assert!(output.status.success());
    output.stdout
}

/// A whole stream's messages.
pub fn messages(mut octets: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while !octets.is_empty() {
        let length = u32::from_be_bytes(octets[1..5].try_into().unwrap()) as usize;
        let (message, rest) = octets.split_at(length);
        messages.push(message);
        octets = rest;
    }
    messages
}

/// An Initiation with a sysName.
pub fn initiation(name: &str) -> Vec<u8> {
    let length = name.len() as u8;
    let mut message = vec![3, 0, 0, 0, 10 + length, 4, 0, 2, 0, length];
    message.extend_from_slice(name.as_bytes());
    message
}
