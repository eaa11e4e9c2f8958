//! Sessions that end.

use batch::proto;

use super::state::Pass;
use super::text;
use crate::deltas::{EventKind, RouterState};
use crate::recorder::Moment;
use crate::router::Router;

impl Pass<'_> {
    pub fn session_end(&mut self, router: &mut Router, end: &proto::SessionEnd, moment: Moment) {
        let reason = text::session_end_reason(end);
        let ends_at = self.work.now.saturating_add(self.work.limits.hold_time_us);
        if router.row.state == RouterState::Connected {
            router.disconnect(&mut self.work.out, moment, reason.clone(), ends_at);
        }
        router.session_over(&mut self.work, moment.received_at_us, &reason);
        let index = self.work.out.router(&router.row);
        let event = self.work.out.event(EventKind::SessionEnd, index, None, moment);
        event.reason_code = u16::try_from(end.reason).ok();
        event.reason = Some(reason);
        if self.work.limits.hold_time_us == 0 {
            router.ends_at = None;
            self.work.end_router(router, moment);
        }
    }

    pub fn termination(&mut self, router: &mut Router, termination: &proto::Termination, moment: Moment) {
        let reason = match (termination.reason.map(text::termination_text), termination.text.as_str()) {
            (Some(reason), "") => reason.to_string(),
            (Some(reason), text) => format!("{reason}: {text}"),
            (None, text) => text.to_string(),
        };
        if router.row.state == RouterState::Connected {
            let ends_at = self.work.now.saturating_add(self.work.limits.hold_time_us);
            router.disconnect(&mut self.work.out, moment, format!("router terminated: {reason}"), ends_at);
        }
        let index = self.work.out.router(&router.row);
        let event = self.work.out.event(EventKind::Termination, index, None, moment);
        event.reason_code = termination.reason.and_then(|reason| u16::try_from(reason).ok());
        event.reason = Some(reason);
    }
}
