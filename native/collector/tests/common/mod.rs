//! What the tests share: running the binary, and building captures.
#![allow(dead_code)] // each test file uses a part

use etherparse::PacketBuilder;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::process::{Command, Output, Stdio};

pub struct Run {
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    /// Standard output, one JSON value a line.
    pub fn objects<T: DeserializeOwned>(&self) -> Vec<T> {
        self.stdout
            .split(|octet| *octet == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).expect("a line of JSON"))
            .collect()
    }

    /// As [`Self::objects`], of a run that must have gone well.
    #[track_caller]
    pub fn good_objects<T: DeserializeOwned>(&self) -> Vec<T> {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self.objects()
    }
}

pub fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_bmp-collector"))
}

fn outcome(output: Output) -> Run {
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn run(args: &[&str]) -> Run {
    outcome(command().args(args).stdin(Stdio::null()).output().expect("the binary starts"))
}

pub fn run_with_input(args: &[&str], input: &[u8]) -> Run {
    let mut child = command()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    outcome(output)
}

/// How packets are captured: LINKTYPE_ numbers of the pcap registry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    Null = 0,
    Ethernet = 1,
    /// Ethernet with two VLAN tags.
    Vlan,
    Raw = 101,
    Loop = 108,
    Sll = 113,
    Sll2 = 276,
}

impl Link {
    fn number(self) -> u32 {
        if self == Link::Vlan {
            1
        } else {
            self as u32
        }
    }

    fn frame(self, ip: &[u8]) -> Vec<u8> {
        let v6 = ip[0] >> 4 == 6;
        let ether_type: [u8; 2] = if v6 { [0x86, 0xdd] } else { [0x08, 0x00] };
        let header = match self {
            Link::Null => {
                if v6 {
                    vec![30, 0, 0, 0]
                } else {
                    vec![2, 0, 0, 0]
                }
            }
            Link::Loop => {
                if v6 {
                    vec![0, 0, 0, 24]
                } else {
                    vec![0, 0, 0, 2]
                }
            }
            Link::Raw => vec![],
            Link::Ethernet => [&[2; 12][..], &ether_type].concat(),
            Link::Vlan => [&[2; 12][..], &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 9], &ether_type].concat(),
            Link::Sll => [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &ether_type].concat(),
            Link::Sll2 => [&ether_type[..], &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0]].concat(),
        };
        [&header, ip].concat()
    }
}

/// File formats of captures.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    Pcap,
    PcapBigEndian,
    PcapNanoseconds,
    PcapNg,
}

/// A packet capture being built.
pub struct Capture {
    link: Link,
    packets: Vec<Vec<u8>>,
}

impl Capture {
    pub fn new(link: Link) -> Self {
        Self { link, packets: Vec::new() }
    }

    /// One TCP segment; `flags` of `S`, `F`, `R`.
    pub fn segment(&mut self, from: &str, to: &str, sequence: u32, flags: &str, payload: &[u8]) {
        let (from, to): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
        let ip = match (from.ip(), to.ip()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => PacketBuilder::ipv4(a.octets(), b.octets(), 64),
            (IpAddr::V6(a), IpAddr::V6(b)) => PacketBuilder::ipv6(a.octets(), b.octets(), 64),
            _ => panic!("two families in one connection"),
        };
        let mut tcp = ip.tcp(from.port(), to.port(), sequence, 65535);
        for flag in flags.chars() {
            tcp = match flag {
                'S' => tcp.syn(),
                'F' => tcp.fin(),
                'R' => tcp.rst(),
                other => panic!("flag {other}"),
            };
        }
        let mut packet = Vec::new();
        tcp.write(&mut packet, payload).unwrap();
        self.packets.push(self.link.frame(&packet));
    }

    /// A whole connection: SYN, `bytes` in segments of `size`, FIN.
    pub fn connection(&mut self, from: &str, to: &str, bytes: &[u8], size: usize) {
        let initial = 0xffff_fff0; // so that sequence numbers wrap
        self.segment(from, to, initial, "S", &[]);
        let mut sequence = initial.wrapping_add(1);
        for part in bytes.chunks(size) {
            self.segment(from, to, sequence, "", part);
            sequence = sequence.wrapping_add(part.len() as u32);
        }
        self.segment(from, to, sequence, "F", &[]);
    }

    pub fn packet(&mut self, bytes: &[u8]) {
        self.packets.push(bytes.to_vec());
    }

    /// Packets in another order: `order[i]` is the number of the packet that comes i-th.
    pub fn reorder(&mut self, order: impl IntoIterator<Item = usize>) {
        self.packets = order.into_iter().map(|i| self.packets[i].clone()).collect();
    }

    /// Appends the packet number `i` of another capture, if there is one.
    pub fn take_from(&mut self, other: &Self, i: usize) {
        self.packets.extend(other.packets.get(i).cloned());
    }

    pub fn len(&self) -> usize {
        self.packets.len()
    }

    pub fn bytes(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Pcap => self.pcap(0xa1b2_c3d4, u32::to_le_bytes, u16::to_le_bytes),
            Format::PcapNanoseconds => self.pcap(0xa1b2_3c4d, u32::to_le_bytes, u16::to_le_bytes),
            Format::PcapBigEndian => self.pcap(0xa1b2_c3d4, u32::to_be_bytes, u16::to_be_bytes),
            Format::PcapNg => self.pcapng(),
        }
    }

    fn pcap(&self, magic: u32, n32: fn(u32) -> [u8; 4], n16: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let mut file =
            [&n32(magic)[..], &n16(2), &n16(4), &n32(0), &n32(0), &n32(262_144), &n32(self.link.number())]
                .concat();
        for (second, packet) in (1_700_000_000..).zip(&self.packets) {
            let length = packet.len() as u32;
            for number in [second, 5, length, length] {
                file.extend(n32(number));
            }
            file.extend(packet);
        }
        file
    }

    fn pcapng(&self) -> Vec<u8> {
        fn block(kind: u32, body: &[u8]) -> Vec<u8> {
            let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
            let length = ((12 + body.len() + padding.len()) as u32).to_le_bytes();
            [&kind.to_le_bytes()[..], &length, body, &padding, &length].concat()
        }
        let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
        let interface =
            [&(self.link.number() as u16).to_le_bytes()[..], &[0, 0], &262_144_u32.to_le_bytes()].concat();
        let mut file = [block(0x0a0d_0d0a, &section), block(1, &interface)].concat();
        for (second, packet) in (1_700_000_000u64..).zip(&self.packets) {
            let ticks = second * 1_000_000 + 5;
            let length = packet.len() as u32;
            let mut body = Vec::new();
            for number in [0, (ticks >> 32) as u32, ticks as u32, length, length] {
                body.extend(number.to_le_bytes());
            }
            body.extend(packet);
            file.extend(block(6, &body));
        }
        file
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
