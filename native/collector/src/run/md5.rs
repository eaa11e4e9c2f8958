//! TCP MD5 signatures (RFC 2385): every segment of a router's connection is signed with a key that both sides know.
//!
//! The kernel does it. It is told the key of each source at the listening socket, and from then on drops what such a source
//! sends without a signature, or with a wrong one, before anybody here hears of it.

use anyhow::{bail, ensure, Context, Result};
use ipnet::IpNet;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpListener;

/// Linux's `struct tcp_md5sig`: a `sockaddr_storage`, flags, prefix length, key length, interface, key.
const ADDRESS: usize = 128;
const LONGEST: usize = 80;
/// `TCP_MD5SIG_FLAG_PREFIX`: the key is that of a prefix.
const PREFIX: u8 = 1;
/// `AF_INET` and `AF_INET6` of Linux.
const V4: u16 = 2;
const V6: u16 = 10;

/// The key of each source. It has no `Debug`: keys are in no log.
pub struct Keys(Vec<(IpNet, Vec<u8>)>);

impl Keys {
    /// A line each, the address or prefix and after it the key. `#` begins a comment.
    pub fn read(file: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("tcp_md5_keys: {}", file.display()))?;
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let read = || {
                let (source, key) = line.split_once(char::is_whitespace).context("it is SOURCE KEY")?;
                let source = super::values::network(source).map_err(anyhow::Error::msg)?;
                let key = key.trim().as_bytes().to_vec();
                ensure!(key.len() <= LONGEST, "a key has at most {LONGEST} octets");
                ensure!(keys.iter().all(|(other, _)| *other != source), "{source} has a key already");
                Ok((source, key))
            };
            let key = read().with_context(|| format!("tcp_md5_keys: {}, line {number}", file.display()))?;
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}

/// The keys of a listening socket.
pub struct Md5 {
    socket: OwnedFd,
    v6: bool,
    set: Mutex<Keys>,
}

impl Md5 {
    /// Without a file no source has a key.
    pub fn start(listener: &TcpListener, file: Option<&Path>) -> Result<Self> {
        let socket = SockRef::from(listener).try_clone()?.into();
        let md5 = Md5 { socket, v6: listener.local_addr()?.is_ipv6(), set: Mutex::new(Keys(Vec::new())) };
        md5.reload(file)?;
        Ok(md5)
    }

    /// Whether the kernel takes the keys, asked at a socket that nobody connects to.
    pub fn check(listen: SocketAddr, file: Option<&Path>) -> Result<()> {
        if file.is_none() {
            return Ok(());
        }
        let socket = Socket::new(Domain::for_address(listen), Type::STREAM, Some(Protocol::TCP))?.into();
        Md5 { socket, v6: listen.is_ipv6(), set: Mutex::new(Keys(Vec::new())) }.reload(file)
    }

    /// Other keys, for connections from now on. Those that are there keep theirs.
    pub fn reload(&self, file: Option<&Path>) -> Result<()> {
        let keys = file.map_or_else(|| Ok(Keys(Vec::new())), Keys::read)?;
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        for (source, _) in set.0.iter().filter(|(source, _)| keys.0.iter().all(|(other, _)| other != source))
        {
            self.tell(*source, &[])?;
        }
        for (source, key) in &keys.0 {
            self.tell(*source, key)?;
        }
        *set = keys;
        Ok(())
    }

    /// No key takes the source's away.
    fn tell(&self, source: IpNet, key: &[u8]) -> Result<()> {
        let Some(signature) = signature(source, key, self.v6) else {
            bail!("tcp_md5_keys: {source} is IPv6, and `listen` is an IPv4 address")
        };
        let length = libc::socklen_t::try_from(signature.len())?;
        // SAFETY: the socket is open, and the kernel reads `length` octets of `signature`, which are there.
        let done = unsafe {
            libc::setsockopt(
                self.socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_MD5SIG_EXT,
                signature.as_ptr().cast(),
                length,
            )
        };
        if done == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::ENOPROTOOPT) => {
                bail!("tcp_md5_keys: this kernel has no TCP MD5 signatures (CONFIG_TCP_MD5SIG)")
            }
            _ => Err(error).with_context(|| format!("tcp_md5_keys: the key of {source}")),
        }
    }
}

/// `None` is an IPv6 source at an IPv4 socket.
fn signature(source: IpNet, key: &[u8], v6: bool) -> Option<Vec<u8>> {
    let mut octets = match (source.addr(), v6) {
        (IpAddr::V4(address), false) => in4(address.octets()),
        // The length of the prefix stays that of IPv4.
        (IpAddr::V4(address), true) => in6(address.to_ipv6_mapped()),
        (IpAddr::V6(address), true) => in6(address),
        (IpAddr::V6(_), false) => return None,
    };
    octets.resize(ADDRESS, 0);
    octets.extend([PREFIX, source.prefix_len()]);
    octets.extend(u16::try_from(key.len()).ok()?.to_ne_bytes());
    octets.extend([0; 4]);
    octets.extend(key);
    octets.resize(ADDRESS + 8 + LONGEST, 0);
    Some(octets)
}

/// `sockaddr_in` without a port.
fn in4(address: [u8; 4]) -> Vec<u8> {
    [&V4.to_ne_bytes()[..], &[0; 2], &address].concat()
}

/// `sockaddr_in6` without a port.
fn in6(address: Ipv6Addr) -> Vec<u8> {
    [&V6.to_ne_bytes()[..], &[0; 6], &address.octets(), &[0; 4]].concat()
}
