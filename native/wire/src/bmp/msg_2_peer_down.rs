//! Peer Down Notification (RFC 7854, section 4.9; RFC 9069, section 5.3).

use serde::Serialize;

use super::{PeerHeader, Tlv};
use crate::bgp::notification::Notification;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// A peer's session ended. Its routes end with it, so this never fails for what follows the reason:
/// data that does not read stays in `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerDown {
    pub peer: PeerHeader,
    pub reason: PeerDownReason,
    /// Everything after the reason.
    pub data: Raw,
}

/// Why the session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PeerDownReason {
    /// 1: the router closed with this NOTIFICATION.
    LocalNotification {
        notification: Option<Notification>,
    },
    /// 2: the router closed without one, on this event of the BGP state machine (RFC 4271, section 8.1); 0 where none fits.
    LocalFsmEvent {
        event: Option<u16>,
    },
    /// 3: the peer closed with this NOTIFICATION.
    RemoteNotification {
        notification: Option<Notification>,
    },
    /// 4: the peer closed without one.
    RemoteNoNotification,
    /// 5: the router stops to report this peer.
    Deconfigured,
    /// 6: the Loc-RIB or VRF is gone; the TLVs are those of its Peer Up.
    LocalSystemClosed {
        tlvs: Vec<Tlv>,
    },
    Unknown {
        number: u8,
    },
}

impl PeerDown {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let peer = PeerHeader::decode(reader)?;
        let number = reader.u8().at("reason")?;
        let data = reader.peek();
        let reason = PeerDownReason::decode(number, *reader);
        reader.take_rest();
        Ok(PeerDown { peer, reason, data: data.into() })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        out.push(self.reason.number());
        out.extend_from_slice(&self.data);
    }
}

impl PeerDownReason {
    fn decode(number: u8, mut data: Reader<'_>) -> Self {
        match number {
            1 => PeerDownReason::LocalNotification {
                notification: Notification::decode_message(&mut data).ok(),
            },
            2 => PeerDownReason::LocalFsmEvent { event: data.u16().ok() },
            3 => PeerDownReason::RemoteNotification {
                notification: Notification::decode_message(&mut data).ok(),
            },
            4 => PeerDownReason::RemoteNoNotification,
            5 => PeerDownReason::Deconfigured,
            6 => PeerDownReason::LocalSystemClosed { tlvs: Tlv::decode_all(&mut data).unwrap_or_default() },
            number => PeerDownReason::Unknown { number },
        }
    }

    /// IANA "BMP Peer Down Reason Codes".
    pub fn number(&self) -> u8 {
        match self {
            PeerDownReason::LocalNotification { .. } => 1,
            PeerDownReason::LocalFsmEvent { .. } => 2,
            PeerDownReason::RemoteNotification { .. } => 3,
            PeerDownReason::RemoteNoNotification => 4,
            PeerDownReason::Deconfigured => 5,
            PeerDownReason::LocalSystemClosed { .. } => 6,
            PeerDownReason::Unknown { number } => *number,
        }
    }

    pub fn notification(&self) -> Option<&Notification> {
        match self {
            PeerDownReason::LocalNotification { notification }
            | PeerDownReason::RemoteNotification { notification } => notification.as_ref(),
            _ => None,
        }
    }
}
