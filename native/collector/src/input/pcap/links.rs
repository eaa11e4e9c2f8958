//! The packets of a capture, whatever link they were on.

use etherparse::{EtherType, LaxSlicedPacket};
use pcap_parser::{Block, Linktype, PcapBlockOwned};

/// A captured packet: its link layer type and bytes.
pub(super) struct Packet<'a> {
    pub(super) link: Linktype,
    pub(super) time_us: Option<i64>,
    pub(super) bytes: &'a [u8],
}

/// Link types and clocks of a capture's interfaces.
#[derive(Default)]
pub(super) struct Links {
    pub(super) legacy: Option<(Linktype, bool)>,
    pub(super) interfaces: Vec<(Linktype, Option<u64>, i64)>,
}

impl Links {
    pub(super) fn packet<'a>(&mut self, block: PcapBlockOwned<'a>) -> Option<Packet<'a>> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.legacy = Some((header.network, header.is_nanosecond_precision()));
                None
            }
            PcapBlockOwned::Legacy(packet) => {
                let (link, nanoseconds) = self.legacy?;
                let fraction = i64::from(packet.ts_usec) / if nanoseconds { 1000 } else { 1 };
                let time_us = Some(i64::from(packet.ts_sec) * 1_000_000 + fraction);
                Some(Packet { link, time_us, bytes: packet.data.get(..packet.caplen as usize)? })
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.interfaces.clear();
                None
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.interfaces.push((interface.linktype, interface.ts_resolution(), interface.if_tsoffset));
                None
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let &(link, resolution, offset) = self.interfaces.get(packet.if_id as usize)?;
                let ticks = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
                let time_us = resolution.and_then(|resolution| time_us(ticks, resolution, offset));
                Some(Packet { link, time_us, bytes: packet.data.get(..packet.caplen as usize)? })
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let &(link, ..) = self.interfaces.first()?;
                let length = packet.data.len().min(packet.origlen as usize);
                Some(Packet { link, time_us: None, bytes: packet.data.get(..length)? })
            }
            PcapBlockOwned::NG(_) => None,
        }
    }
}

fn time_us(ticks: u64, resolution: u64, offset: i64) -> Option<i64> {
    let us = u128::from(ticks) * 1_000_000 / u128::from(resolution.max(1));
    i64::try_from(us).ok()?.checked_add(offset.checked_mul(1_000_000)?)
}

/// Parses the headers of a packet, whatever link it was captured on; `None` for a link type not known here.
pub(super) fn slice(link: Linktype, bytes: &[u8]) -> Option<Option<LaxSlicedPacket<'_>>> {
    let ip = |at: usize| bytes.get(at..).and_then(|ip| LaxSlicedPacket::from_ip(ip).ok());
    let ether_type = |kind: usize, payload: usize| {
        let kind = EtherType(u16::from_be_bytes(*bytes.get(kind..)?.first_chunk::<2>()?));
        Some(LaxSlicedPacket::from_ether_type(kind, bytes.get(payload..)?))
    };
    Some(match link.0 {
        // Ethernet
        1 => LaxSlicedPacket::from_ethernet(bytes).ok(),
        // BSD loopback and OpenBSD's: an address family of four octets, which the IP version repeats
        0 | 108 => ip(4),
        // raw IP: the three numbers in use, and the ones for IPv4 or IPv6 alone
        12 | 14 | 101 | 228 | 229 => ip(0),
        // Linux "cooked" captures, versions 1 and 2
        113 => ether_type(14, 16),
        276 => ether_type(0, 20),
        _ => return None,
    })
}
