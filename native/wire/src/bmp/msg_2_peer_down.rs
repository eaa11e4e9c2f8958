//! Peer Down Notification (RFC 7854, section 4.9; RFC 9069, section 5.3).

use serde::{Serialize, Serializer};

use super::{PeerHeader, Tlv};
use crate::bgp::notification::Notification;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::fsm_event;
use crate::registry::bmp::peer_down_reason;

/// A peer's session ended. Its routes end with it, so this never fails for what follows the reason:
/// data that does not read stays in `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerDown {
    pub peer: PeerHeader,
    pub reason: PeerDownReason,
    /// Everything after the reason.
    pub data: Raw,
    /// What follows the reason's own data: TLVs of version 4.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlvs: Vec<Tlv>,
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
        #[serde(flatten, serialize_with = "serialize_event")]
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
        #[serde(serialize_with = "super::tlv::serialize_peer_tlvs")]
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
        let (reason, mut rest) = PeerDownReason::decode(number, *reader);
        let tlvs = Tlv::decode_all(&mut rest).unwrap_or_default();
        reader.take_rest();
        Ok(PeerDown { peer, reason, data: data.into(), tlvs })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        out.push(self.reason.number());
        out.extend_from_slice(&self.data);
    }
}

impl PeerDownReason {
    /// The reason, and what comes after its data.
    fn decode(number: u8, mut data: Reader<'_>) -> (Self, Reader<'_>) {
        let reason = match number {
            peer_down_reason::LOCAL_NOTIFICATION => {
                PeerDownReason::LocalNotification { notification: notification(&mut data) }
            }
            peer_down_reason::LOCAL_FSM_EVENT => PeerDownReason::LocalFsmEvent { event: data.u16().ok() },
            peer_down_reason::REMOTE_NOTIFICATION => {
                PeerDownReason::RemoteNotification { notification: notification(&mut data) }
            }
            peer_down_reason::REMOTE_NO_NOTIFICATION => PeerDownReason::RemoteNoNotification,
            peer_down_reason::DECONFIGURED => PeerDownReason::Deconfigured,
            peer_down_reason::LOCAL_SYSTEM_CLOSED => {
                PeerDownReason::LocalSystemClosed { tlvs: Tlv::decode_all(&mut data).unwrap_or_default() }
            }
            number => {
                data.take_rest();
                PeerDownReason::Unknown { number }
            }
        };
        (reason, data)
    }

    /// IANA "BMP Peer Down Reason Codes".
    pub fn number(&self) -> u8 {
        match self {
            PeerDownReason::LocalNotification { .. } => peer_down_reason::LOCAL_NOTIFICATION,
            PeerDownReason::LocalFsmEvent { .. } => peer_down_reason::LOCAL_FSM_EVENT,
            PeerDownReason::RemoteNotification { .. } => peer_down_reason::REMOTE_NOTIFICATION,
            PeerDownReason::RemoteNoNotification => peer_down_reason::REMOTE_NO_NOTIFICATION,
            PeerDownReason::Deconfigured => peer_down_reason::DECONFIGURED,
            PeerDownReason::LocalSystemClosed { .. } => peer_down_reason::LOCAL_SYSTEM_CLOSED,
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

/// One that does not read takes everything: where it ends is not known.
fn notification(data: &mut Reader<'_>) -> Option<Notification> {
    let notification = Notification::decode_message(data).ok();
    if notification.is_none() {
        data.take_rest();
    }
    notification
}

fn serialize_event<S: Serializer>(
    event: &Option<u16>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut out = serializer.serialize_map(Some(2))?;
    out.serialize_entry("event", event)?;
    out.serialize_entry("event_name", &event.and_then(fsm_event::name))?;
    out.end()
}
