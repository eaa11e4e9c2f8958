//! Why a router says that a peer is down: the reasons of Peer Down (RFC 7854, section 4.9) and the NOTIFICATIONs in them.

use rib::PeerEvent;
use wire::bgp::Notification;
use wire::registry::bgp::fsm_event;
use wire::registry::bgp::notification::{cease, CEASE, HOLD_TIMER_EXPIRED};
use wire::registry::bmp::peer_down_reason as reason;

use crate::said::Cause;

/// What a Peer Down says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub cause: Cause,
    /// It is known by its effect only: what else is seen at the time may explain it better.
    pub soft: bool,
    pub text: String,
    pub limit: Option<PrefixLimit>,
}

/// A maximum of prefixes, of a family (RFC 4486, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrefixLimit {
    pub afi: u16,
    pub safi: u8,
    pub bound: u32,
    /// The router's own; else the peer's, of what the router announces to it.
    pub local: bool,
}

impl Reason {
    fn new(cause: Cause, soft: bool, text: impl Into<String>) -> Self {
        Reason { cause, soft, text: text.into(), limit: None }
    }

    pub fn of(event: &PeerEvent) -> Self {
        let notification = event.notification_code.zip(event.notification_subcode).map(|(code, subcode)| {
            Notification { code, subcode, data: event.notification_data.as_slice().into() }
        });
        let fsm = event.fsm_event.unwrap_or(0);
        // An octet on the wire.
        let code = event.reason_code.and_then(|code| u8::try_from(code).ok());
        match (code, notification) {
            (Some(reason::LOCAL_NOTIFICATION), Some(notification)) => notified(true, &notification),
            (Some(reason::REMOTE_NOTIFICATION), Some(notification)) => notified(false, &notification),
            (Some(reason::LOCAL_NOTIFICATION | reason::REMOTE_NOTIFICATION), None) => {
                Reason::new(Cause::Unknown, true, "it was closed with a NOTIFICATION that is not shown")
            }
            // RFC 4271, section 8.1.2.
            (Some(reason::LOCAL_FSM_EVENT), _) => match fsm {
                fsm_event::MANUAL_STOP | fsm_event::AUTOMATIC_STOP => Reason::new(
                    Cause::LocalShutdown,
                    false,
                    format!("the router stopped it (FSM event {fsm})"),
                ),
                fsm_event::HOLD_TIMER_EXPIRES => {
                    Reason::new(Cause::RemoteFailure, true, "the hold timer expired (FSM event 10)")
                }
                fsm_event::TCP_CONNECTION_FAILS => {
                    Reason::new(Cause::RemoteFailure, true, "the TCP connection failed (FSM event 18)")
                }
                // It has no event to name. FRR says this of a neighbour that is shut here, of an interface that went down, and of BFD;
                // where nothing else is seen that explains it, the router's own configuration is the likeliest.
                0 => {
                    let text = "the router closed it itself and does not say why (FSM event 0)";
                    Reason::new(Cause::LocalShutdown, true, text)
                }
                _ => Reason::new(
                    Cause::RemoteFailure,
                    true,
                    format!("the router closed it without a NOTIFICATION (FSM event {fsm})"),
                ),
            },
            (Some(reason::REMOTE_NO_NOTIFICATION), _) => {
                Reason::new(Cause::RemoteFailure, true, "the peer closed it without a NOTIFICATION")
            }
            (Some(reason::DECONFIGURED), _) => {
                Reason::new(Cause::LocalShutdown, false, "the router monitors it no longer: de-configured")
            }
            (Some(code), _) => {
                Reason::new(Cause::Unknown, true, format!("for reason {code}, which has no meaning here"))
            }
            (None, _) => Reason::new(Cause::Unknown, true, "for no reason that was told"),
        }
    }
}

/// A NOTIFICATION that the router sent (`local`) or received.
fn notified(local: bool, notification: &Notification) -> Reason {
    // RFC 8538, section 3: a Hard Reset holds the NOTIFICATION that would have been sent.
    if let Some(inner) =
        notification.hard_reset().filter(|inner| (inner.code, inner.subcode) != (CEASE, cease::HARD_RESET))
    {
        let mut reason = notified(local, &inner);
        reason.text += " (in a Hard Reset)";
        return reason;
    }
    let who = if local { "the router" } else { "the peer" };
    let Notification { code, subcode, .. } = notification;
    let said = format!("{who} sent NOTIFICATION {code}/{subcode}: {notification}");
    let shutdown = if local { Cause::LocalShutdown } else { Cause::RemoteShutdown };
    let cause = match (*code, *subcode) {
        (HOLD_TIMER_EXPIRED, _) => return Reason::new(Cause::RemoteFailure, true, said),
        (CEASE, cease::BFD_DOWN) => return Reason::new(Cause::PathFailure, true, said),
        (CEASE, cease::MAXIMUM_NUMBER_OF_PREFIXES_REACHED) => Cause::MaxPrefix,
        (CEASE, cease::ADMINISTRATIVE_SHUTDOWN | cease::PEER_DECONFIGURED | cease::ADMINISTRATIVE_RESET) => {
            shutdown
        }
        _ => Cause::ProtocolError,
    };
    let limit = notification.prefix_limit().map(|(family, bound)| PrefixLimit {
        afi: family.afi,
        safi: family.safi,
        bound,
        local,
    });
    Reason { cause, soft: false, text: said, limit }
}
