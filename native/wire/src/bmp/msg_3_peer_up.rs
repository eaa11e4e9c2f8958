//! Peer Up Notification (RFC 7854, section 4.10; RFC 9069, section 5.1; RFC 9736).

use std::net::IpAddr;

use serde::Serialize;

use super::peer_header::PeerHeader;
use super::tlv::Tlv;
use super::{peer_header, tlv};
use crate::bgp;
use crate::bgp::Open;
use crate::error::{At, DecodeError, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::message;
use crate::registry::bmp::peer_up_tlv;

/// A peer's session is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerUp {
    pub peer: PeerHeader,
    /// 0.0.0.0 for Loc-RIB.
    pub local_address: IpAddr,
    pub local_port: u16,
    pub remote_port: u16,
    /// What the router sent to the peer; none where the router has none to give, or it is malformed: the peer is up all the same.
    pub sent_open: Option<Open>,
    /// What the peer sent to the router.
    pub received_open: Option<Open>,
    /// Why an OPEN could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<DecodeError>,
    /// The OPEN messages whole, with their header of 19 octets.
    #[serde(skip)]
    pub sent_open_message: Raw,
    #[serde(skip)]
    pub received_open_message: Raw,
    /// Type 0 is free text, 3 the VRF or table name, 4 an administrative label.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "tlv::serialize_peer_tlvs")]
    pub tlvs: Vec<Tlv>,
    /// Octets at the end that are no TLV. The peer is up all the same, with a fault.
    #[serde(skip_serializing_if = "Raw::is_empty")]
    pub trailing: Raw,
}

impl PeerUp {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let peer = PeerHeader::decode(reader)?;
        let local_address =
            peer_header::address(reader.array().at("local_address")?, matches!(peer.address, IpAddr::V6(_)));
        let local_port = reader.u16().at("local_port")?;
        let remote_port = reader.u16().at("remote_port")?;
        let mut faults = Vec::new();
        let (sent_open_message, sent_open) = open(reader, "sent_open", &mut faults)?;
        let (received_open_message, received_open) = open(reader, "received_open", &mut faults)?;
        let (tlvs, trailing) = tlvs(reader, &mut faults);
        Ok(PeerUp {
            peer,
            local_address,
            local_port,
            remote_port,
            sent_open,
            received_open,
            faults,
            sent_open_message,
            received_open_message,
            tlvs,
            trailing,
        })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        peer_header::encode_address(self.local_address, out);
        out.extend_from_slice(&self.local_port.to_be_bytes());
        out.extend_from_slice(&self.remote_port.to_be_bytes());
        for (open, message) in
            [(&self.sent_open, &self.sent_open_message), (&self.received_open, &self.received_open_message)]
        {
            match open {
                Some(open) => open.encode(out),
                None => out.extend_from_slice(message),
            }
        }
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
        out.extend_from_slice(&self.trailing);
    }

    /// VRF or table name (RFC 9069, section 5.1).
    pub fn table_name(&self) -> Option<String> {
        tlv::text(&self.tlvs, peer_up_tlv::TABLE_NAME)
    }
}

/// TLVs up to the end, or up to the first octets that are none. What the OPENs negotiated counts whatever follows them:
/// without it the peer's routes would be misread.
fn tlvs(reader: &mut Reader<'_>, faults: &mut Vec<DecodeError>) -> (Vec<Tlv>, Raw) {
    let mut tlvs = Vec::new();
    while !reader.is_empty() {
        let start = *reader;
        match Tlv::decode(reader).at_index(tlvs.len()).at("tlvs") {
            Ok(tlv) => tlvs.push(tlv),
            Err(error) => {
                reader.take_rest();
                faults.push(error.in_field("peer_up").in_field("bmp"));
                return (tlvs, start.peek().into());
            }
        }
    }
    (tlvs, Raw::default())
}

/// FRR puts a bare header of 19 octets where it has no OPEN: for its Loc-RIB, and where two connections to the peer collided.
fn open(
    reader: &mut Reader<'_>,
    field: &'static str,
    faults: &mut Vec<DecodeError>,
) -> Result<(Raw, Option<Open>)> {
    let start = reader.peek();
    let mut body = bgp::header::read_of(reader, message::OPEN, "1 (OPEN)").at(field)?;
    let message = start.get(..start.len() - reader.len()).unwrap_or_default();
    let at = body.offset();
    let open = if body.is_empty() { Ok(None) } else { Open::decode(&mut body).map(Some) };
    let open = open.unwrap_or_else(|error| {
        faults.push(error.in_field(field).in_field("peer_up").in_field("bmp"));
        None
    });
    if open.as_ref().is_some_and(|open| open.asn() == 0) {
        // RFC 7607: AS 0 is no AS. It is told and stays, as in a path.
        let kind = ErrorKind::Value { found: 0, expected: "an AS number above 0" };
        let error = DecodeError::new(kind, at + 1).in_field("my_as");
        faults.push(error.in_field(field).in_field("peer_up").in_field("bmp"));
    }
    Ok((message.into(), open))
}
