//! Peer Up Notification (RFC 7854, section 4.10; RFC 9069, section 5.1; RFC 9736).

use std::net::IpAddr;

use serde::Serialize;

use super::{peer_header, tlv, PeerHeader, Tlv};
use crate::bgp::open::Open;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// A peer's session is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerUp {
    pub peer: PeerHeader,
    /// 0.0.0.0 for Loc-RIB.
    pub local_address: IpAddr,
    pub local_port: u16,
    pub remote_port: u16,
    /// What the router sent to the peer.
    pub sent_open: Open,
    /// What the peer sent to the router.
    pub received_open: Open,
    /// The OPEN messages whole, with their header of 19 octets.
    #[serde(skip)]
    pub sent_open_message: Raw,
    #[serde(skip)]
    pub received_open_message: Raw,
    /// Type 0 is free text, 3 the VRF or table name, 4 an administrative label.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "tlv::serialize_peer_tlvs")]
    pub tlvs: Vec<Tlv>,
}

impl PeerUp {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let peer = PeerHeader::decode(reader)?;
        let local_address =
            peer_header::address(reader.array().at("local_address")?, matches!(peer.address, IpAddr::V6(_)));
        let local_port = reader.u16().at("local_port")?;
        let remote_port = reader.u16().at("remote_port")?;
        let (sent_open_message, sent_open) = open(reader).at("sent_open")?;
        let (received_open_message, received_open) = open(reader).at("received_open")?;
        let tlvs = Tlv::decode_all(reader)?;
        Ok(PeerUp {
            peer,
            local_address,
            local_port,
            remote_port,
            sent_open,
            received_open,
            sent_open_message,
            received_open_message,
            tlvs,
        })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        peer_header::encode_address(self.local_address, out);
        out.extend_from_slice(&self.local_port.to_be_bytes());
        out.extend_from_slice(&self.remote_port.to_be_bytes());
        self.sent_open.encode(out);
        self.received_open.encode(out);
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
    }

    /// VRF or table name (RFC 9069, section 5.1).
    pub fn table_name(&self) -> Option<String> {
        tlv::text(&self.tlvs, 3)
    }
}

fn open(reader: &mut Reader<'_>) -> Result<(Raw, Open)> {
    let start = reader.peek();
    let before = reader.len();
    let open = Open::decode_message(reader)?;
    let message = start.get(..before - reader.len()).unwrap_or_default();
    Ok((message.into(), open))
}
