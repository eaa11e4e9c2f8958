//! The binary header of OpenBMP's raw messages, version 1.7.
//!
//! ```text
//! octets  what
//! 4       "OBMP"
//! 2       major and minor version
//! 2       length of this header
//! 4       length of the BMP message after it
//! 1       flags: 0x80 it is of a router, 0x40 the router's address is IPv6
//! 1       type of the object: 12, a BMP message
//! 4 + 4   when it was received: seconds, microseconds
//! 16      the collector's hash, MD5 of its name
//! 2 + n   the collector's name
//! 16      the router's hash
//! 16      the router's address; IPv4 has the first four
//! 2 + n   the router's group
//! 4       rows: 1
//! ```
//!
//! OpenBMP makes the router's hash of its address and of the collector. Here it is the router's id in the batches: two
//! routers behind one address have two, and one that moves to another collector keeps its own. Readers compare it only.

use batch::ids::Id;
use md5::{Digest, Md5};
use std::net::IpAddr;

const VERSION: [u8; 2] = [1, 7];
const OF_A_ROUTER: u8 = 0x80;
const IPV6: u8 = 0x40;
const BMP_RAW: u8 = 12;
/// Without the two names.
const FIXED: usize = 78;

#[derive(Debug)]
pub struct Header<'a> {
    pub collector: &'a str,
    pub router_id: Id,
    pub router: IpAddr,
    pub router_group: &'a str,
    pub received_us: i64,
}

impl Header<'_> {
    /// The header, and the message behind it.
    pub fn before(&self, message: &[u8]) -> Vec<u8> {
        let length = FIXED + self.collector.len() + self.router_group.len();
        let mut flags = OF_A_ROUTER;
        let mut address = [0; 16];
        match self.router {
            IpAddr::V4(router) => address[..4].copy_from_slice(&router.octets()),
            IpAddr::V6(router) => {
                flags |= IPV6;
                address = router.octets();
            }
        }
        let second = 1_000_000;
        let mut octets = Vec::with_capacity(length + message.len());
        octets.extend_from_slice(b"OBMP");
        octets.extend(VERSION);
        octets.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        octets.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        octets.extend([flags, BMP_RAW]);
        for time in [self.received_us.div_euclid(second), self.received_us.rem_euclid(second)] {
            octets.extend(u32::try_from(time).unwrap_or_default().to_be_bytes());
        }
        octets.extend_from_slice(&Md5::digest(self.collector));
        name(&mut octets, self.collector);
        octets.extend(self.router_id);
        octets.extend(address);
        name(&mut octets, self.router_group);
        octets.extend(1_u32.to_be_bytes());
        octets.extend_from_slice(message);
        octets
    }
}

fn name(octets: &mut Vec<u8>, name: &str) {
    octets.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    octets.extend_from_slice(name.as_bytes());
}
