//! Why a router says that a peer is down: the reasons of Peer Down (RFC 7854, section 4.9) and the NOTIFICATIONs in them.

use rib::PeerEvent;
use wire::bgp::Notification;

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
        match (event.reason_code, notification) {
            (Some(1), Some(notification)) => notified(true, &notification),
            (Some(3), Some(notification)) => notified(false, &notification),
            (Some(1 | 3), None) => {
                Reason::new(Cause::Unknown, true, "it was closed with a NOTIFICATION that is not shown")
            }
            // RFC 4271, section 8.1.2.
            (Some(2), _) => match fsm {
                2 | 8 => Reason::new(
                    Cause::LocalShutdown,
                    false,
                    format!("the router stopped it (FSM event {fsm})"),
                ),
                10 => Reason::new(Cause::RemoteFailure, true, "the hold timer expired (FSM event 10)"),
                18 => Reason::new(Cause::RemoteFailure, true, "the TCP connection failed (FSM event 18)"),
                _ => Reason::new(
                    Cause::RemoteFailure,
                    true,
                    format!("the router closed it without a NOTIFICATION (FSM event {fsm})"),
                ),
            },
            (Some(4), _) => {
                Reason::new(Cause::RemoteFailure, true, "the peer closed it without a NOTIFICATION")
            }
            (Some(5), _) => {
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
    if let Some(inner) = notification.hard_reset().filter(|inner| (inner.code, inner.subcode) != (6, 9)) {
        let mut reason = notified(local, &inner);
        reason.text += " (in a Hard Reset)";
        return reason;
    }
    let who = if local { "the router" } else { "the peer" };
    let Notification { code, subcode, .. } = notification;
    let said = format!("{who} sent NOTIFICATION {code}/{subcode}: {notification}");
    let shutdown = if local { Cause::LocalShutdown } else { Cause::RemoteShutdown };
    let cause = match (code, subcode) {
        (4, _) => return Reason::new(Cause::RemoteFailure, true, said),
        (6, 10) => return Reason::new(Cause::PathFailure, true, said),
        (6, 1) => Cause::MaxPrefix,
        (6, 2..=4) => shutdown,
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
