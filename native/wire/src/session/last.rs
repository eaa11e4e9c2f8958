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
    found: Option<Found>,
}

#[derive(Clone, Debug)]
struct Found {
    /// The header as it is on the wire, without its time.
    octets: [u8; TIME],
    context: Context<'static>,
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
        Last { peer, found: None }
    }
}

/// Where in the per-peer header its time is.
const TIME: usize = 34;

impl Last {
    /// How a Route Monitoring of version 3 is read, where its peer, which is the last one then, is of a known type.
    #[inline(always)]
    pub(super) fn find(
        &mut self,
        bytes: &[u8],
        header: CommonHeader,
        peers: &Peers,
    ) -> Option<Context<'static>> {
        let CommonHeader { version: 3, message_type: message::ROUTE_MONITORING, .. } = header else {
            return None;
        };
        let (octets, rest) = bytes.get(HEADER_LENGTH..)?.split_first_chunk()?;
        let [seconds, microseconds, ..] = *rest.as_chunks().0 else { return None };
        match &self.found {
            Some(found) if found.octets == *octets => {
                self.peer.timestamp = Timestamp {
                    seconds: u32::from_be_bytes(seconds),
                    microseconds: u32::from_be_bytes(microseconds),
                };
                Some(found.context)
            }
            _ => self.look_up(bytes, *octets, peers),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, bytes: &[u8], octets: [u8; TIME], peers: &Peers) -> Option<Context<'static>> {
        let mut reader = Reader::new(bytes.get(HEADER_LENGTH..)?, 0);
        let peer = PeerHeader::decode(&mut reader).ok().filter(PeerHeader::is_known)?;
        let context = context(&peer, peers);
        *self = Last { peer, found: Some(Found { octets, context }) };
        Some(context)
    }

    /// A message may change what is known of a peer.
    pub(super) fn forget(&mut self) {
        self.found = None;
    }
}
