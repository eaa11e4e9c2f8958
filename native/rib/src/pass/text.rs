//! Reasons that sessions and peers end for, in words.

use batch::proto;

pub fn session_end_reason(end: &proto::SessionEnd) -> String {
    match (end.reason(), end.text.as_str()) {
        (reason, "") => session_end_text(reason).to_string(),
        (reason, text) => format!("{}: {text}", session_end_text(reason)),
    }
}

fn session_end_text(reason: proto::session_end::Reason) -> &'static str {
    use proto::session_end::Reason;
    match reason {
        Reason::Unspecified => "ended",
        Reason::Closed => "closed by the router",
        Reason::Error => "connection broke",
        Reason::Framing => "framing lost",
        Reason::Limit => "limit passed",
        Reason::Shutdown => "station stopping",
        Reason::Terminated => "terminated by the router",
        Reason::Reset => "asked to begin anew",
    }
}

/// RFC 7854, section 4.5.
pub fn termination_text(reason: u32) -> &'static str {
    match reason {
        0 => "administratively closed",
        1 => "unspecified reason",
        2 => "out of resources",
        3 => "redundant connection",
        4 => "permanently administratively closed",
        _ => "unknown reason",
    }
}

/// RFC 7854, section 4.9; RFC 9069, section 5.3.
pub fn peer_down_text(reason: u32) -> &'static str {
    match reason {
        1 => "local system closed, NOTIFICATION sent",
        2 => "local system closed, FSM event",
        3 => "remote system closed, NOTIFICATION received",
        4 => "remote system closed without NOTIFICATION",
        5 => "no longer monitored",
        6 => "local system closed, TLVs follow",
        _ => "unknown reason",
    }
}
