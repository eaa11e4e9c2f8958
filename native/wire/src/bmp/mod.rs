//! BMP messages (RFC 7854, section 4), one file a message type.

use serde::Serialize;

use crate::error::DecodeError;
use crate::raw::Raw;
use crate::registry::bmp::message;

pub mod header;
pub mod msg_0_route_monitoring;
pub mod msg_1_statistics_report;
pub mod msg_2_peer_down;
pub mod msg_3_peer_up;
pub mod msg_4_initiation;
pub mod msg_5_termination;
pub mod msg_6_route_mirroring;
pub mod peer_header;
pub mod tlv;
pub mod version_4;

pub use header::{CommonHeader, HEADER_LENGTH};
pub use msg_0_route_monitoring::{RouteMonitoring, RouteMonitoringView, UpdateTlv};
pub use msg_1_statistics_report::{Statistic, StatisticValue, StatisticsReport};
pub use msg_2_peer_down::{PeerDown, PeerDownReason};
pub use msg_3_peer_up::PeerUp;
pub use msg_4_initiation::Initiation;
pub use msg_5_termination::Termination;
pub use msg_6_route_mirroring::{Mirrored, RouteMirroring};
pub use peer_header::{PeerHeader, PeerKey, PeerType, RibView, Timestamp};
pub use tlv::Tlv;
pub use version_4::PathMarking;

/// One BMP message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Of the message's first octet, from the first octet that was fed.
    pub offset: u64,
    /// As in the common header, the header included.
    pub length: u32,
    /// 3, or 4 for draft-ietf-grow-bmp-tlv.
    pub version: u8,
    #[serde(flatten)]
    pub body: Body,
}

/// What a message says; `type` in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    RouteMonitoring(RouteMonitoring),
    StatisticsReport(StatisticsReport),
    PeerDown(PeerDown),
    PeerUp(PeerUp),
    Initiation(Initiation),
    Termination(Termination),
    RouteMirroring(RouteMirroring),
    Unknown(Unknown),
}

/// A message of a type that has no reading, e.g. an experimental one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    pub message_type: u8,
    /// Everything after the common header.
    pub data: Raw,
}

impl Body {
    /// The name that JSON has as `type`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Body::Unknown(_) => "unknown",
            known => message::name(known.message_type()).unwrap_or("unknown"),
        }
    }

    /// The per-peer header, where the message has one.
    pub fn peer(&self) -> Option<&PeerHeader> {
        match self {
            Body::RouteMonitoring(message) => Some(&message.peer),
            Body::StatisticsReport(message) => Some(&message.peer),
            Body::PeerDown(message) => Some(&message.peer),
            Body::PeerUp(message) => Some(&message.peer),
            Body::RouteMirroring(message) => Some(&message.peer),
            Body::Initiation(_) | Body::Termination(_) | Body::Unknown(_) => None,
        }
    }

    /// What is wrong with parts of the message, which is read all the same. Those of an UPDATE are its own, see
    /// [`Update`](crate::bgp::Update).
    pub fn faults(&self) -> Vec<DecodeError> {
        match self {
            Body::PeerUp(message) => message.faults.clone(),
            Body::RouteMirroring(message) => {
                message.mirrored.iter().filter_map(|mirrored| mirrored.error().cloned()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// As in the common header.
    pub fn message_type(&self) -> u8 {
        match self {
            Body::RouteMonitoring(_) => message::ROUTE_MONITORING,
            Body::StatisticsReport(_) => message::STATISTICS_REPORT,
            Body::PeerDown(_) => message::PEER_DOWN,
            Body::PeerUp(_) => message::PEER_UP,
            Body::Initiation(_) => message::INITIATION,
            Body::Termination(_) => message::TERMINATION,
            Body::RouteMirroring(_) => message::ROUTE_MIRRORING,
            Body::Unknown(unknown) => unknown.message_type,
        }
    }
}

impl Message {
    /// Writes the message; version and length are computed, `offset` is not on the wire.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode(self.version, self.body.message_type(), out, |out| match &self.body {
            Body::RouteMonitoring(message) => message.encode(out),
            Body::StatisticsReport(message) => message.encode(out),
            Body::PeerDown(message) => message.encode(out),
            Body::PeerUp(message) => message.encode(out),
            Body::Initiation(message) => message.encode(out),
            Body::Termination(message) => message.encode(out),
            Body::RouteMirroring(message) => message.encode(out),
            Body::Unknown(message) => out.extend_from_slice(&message.data),
        });
    }
}

/// Writes a common header around what `body` writes.
pub fn encode(version: u8, message_type: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(version);
    out.extend_from_slice(&[0; 4]);
    out.push(message_type);
    body(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start + 1..start + 5) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}
