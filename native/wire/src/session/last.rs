//! The peer of the Route Monitoring before: mostly it is that of the next one too.

use std::net::Ipv4Addr;

use super::peers::{context, Peers};
use crate::bgp::Context;
use crate::bmp::{CommonHeader, PeerHeader, PeerType, Timestamp, HEADER_LENGTH};
use crate::reader::Reader;
use crate::registry::bmp::message;

/// The per-peer header that was found last, and how its messages are read while what is known of the peers stays as it is.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) peer: PeerHeader,
    pub(super) context: Context<'static>,
    /// The header as it is on the wire, without its time; None where it is to be looked up again.
    octets: Option<[u8; TIME]>,
}

impl Default for Last {
    fn default() -> Self {
        let peer = PeerHeader {
            peer_type: PeerType::GLOBAL,
            flags: 0,
            distinguisher: 0,
            address: Ipv4Addr::UNSPECIFIED.into(),
            asn: 0,
            bgp_id: Ipv4Addr::UNSPECIFIED,
            timestamp: Timestamp::default(),
        };
        Last { peer, context: Context::default(), octets: None }
    }
}

/// Where in the per-peer header its time is.
const TIME: usize = 34;

impl Last {
    /// Finds the peer of a Route Monitoring of version 3, where it is of a known type.
    #[inline(always)]
    pub(super) fn find(&mut self, bytes: &[u8], header: CommonHeader, peers: &Peers) -> Option<()> {
        let CommonHeader { version: 3, message_type: message::ROUTE_MONITORING, .. } = header else {
            return None;
        };
        let (octets, rest) = bytes.get(HEADER_LENGTH..)?.split_first_chunk()?;
        let [seconds, microseconds, ..] = *rest.as_chunks().0 else { return None };
        if self.octets.as_ref() != Some(octets) {
            return self.look_up(bytes, *octets, peers);
        }
        self.peer.timestamp = Timestamp {
            seconds: u32::from_be_bytes(seconds),
            microseconds: u32::from_be_bytes(microseconds),
        };
        Some(())
    }

    #[inline(never)]
    fn look_up(&mut self, bytes: &[u8], octets: [u8; TIME], peers: &Peers) -> Option<()> {
        let mut reader = Reader::new(bytes.get(HEADER_LENGTH..)?, 0);
        let peer = PeerHeader::decode(&mut reader).ok().filter(PeerHeader::is_known)?;
        *self = Last { peer, context: context(&peer, peers), octets: Some(octets) };
        Some(())
    }

    /// A message may change what is known of a peer.
    pub(super) fn forget(&mut self) {
        self.octets = None;
    }
}
