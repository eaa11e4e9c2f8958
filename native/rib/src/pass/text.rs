//! Reasons that sessions and peers end for, in words.

use batch::proto;
use wire::registry::bmp;

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

pub fn termination_text(reason: u32) -> &'static str {
    u16::try_from(reason).ok().and_then(bmp::termination_reason::words).unwrap_or("unknown reason")
}

pub fn peer_down_text(reason: u32) -> &'static str {
    u8::try_from(reason).ok().and_then(bmp::peer_down_reason::words).unwrap_or("unknown reason")
}
