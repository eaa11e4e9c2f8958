//! Route Monitoring (RFC 7854, section 4.6).

use serde::Serialize;

use super::{PeerHeader, Tlv};
use crate::bgp::update::Update;

/// One UPDATE of a peer's table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteMonitoring {
    pub peer: PeerHeader,
    pub update: Update,
    /// What comes after the UPDATE (version 4, or trailing TLVs of version 3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlvs: Vec<Tlv>,
}

impl RouteMonitoring {
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        self.update.encode(out);
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
    }
}
