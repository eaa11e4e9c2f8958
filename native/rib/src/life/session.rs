//! Which of a router's sessions feeds its table, which stand by, and which are over.
//!
//! No clock of a collector decides anything here. The newer of two sessions is the one whose SessionStart
//! came later in the stream; deadlines run on the table's own clock.

use crate::deltas::{EventKind, Id, Position, Reset, RouterState, SessionRow, SessionState};
use crate::recorder::{Moment, Recorder};
use crate::router::{Rib, Router, Session};
use crate::text::duration;
use crate::work::Work;

/// How a session came to be known.
pub(crate) struct Arrival<'a> {
    pub session: &'a batch::proto::Session,
    pub session_id: Id,
    /// Its first sequence that is known.
    pub first_sequence: u64,
    /// That is its SessionStart.
    pub starts: bool,
    pub received_at_us: i64,
}

/// Sessions that are remembered of a router, so that what still comes of them is known for what it is.
const MAX_SESSIONS: usize = 32;

impl Router {
    /// Gives a session that was never heard before its generation and its part.
    pub fn arrive(&mut self, new: &Arrival, work: &mut Work<'_>) {
        self.generation = self.generation.saturating_add(1);
        let position = Position { generation: self.generation, sequence: new.first_sequence };
        let moment = Moment { position, router_time_us: 0, received_at_us: new.received_at_us };
        let address = new.session.router_address.parse().ok();
        let mut row = SessionRow {
            session_id: new.session_id,
            router: work.out.router(&self.row),
            generation: self.generation,
            sequence: new.first_sequence.saturating_sub(1),
            collector: new.session.collector.clone(),
            address,
            port: u16::try_from(new.session.router_port).unwrap_or(0),
            state: SessionState::Feeding,
            started_us: new.received_at_us,
            heard_us: new.received_at_us,
            ended_us: None,
            end_reason: None,
            changed: true,
        };
        let mut conflict = None;
        if let Some(old) = self.feeding() {
            let quiet = !old.heard && work.limits.is_silence(work.now.saturating_sub(old.heard_at));
            if new.starts && (old.row.address == address || quiet) {
                self.supersede(work);
            } else {
                row.state = SessionState::Standby;
                conflict = new.starts.then(|| conflict_text(&old.row, &row));
            }
        }
        let feeds = row.state == SessionState::Feeding;
        let session = Session {
            row,
            heard: true,
            heard_at: work.now,
            whole: new.starts,
            reset: None,
            superseded_at: work.now,
        };
        self.sessions.insert(new.session_id, session);
        self.forget_sessions();
        if let Some(text) = conflict {
            self.told(&mut work.out, EventKind::Conflict, moment, text);
        }
        if feeds {
            self.feeding = Some(new.session_id);
            self.begin(work, moment, new.starts);
            if !new.starts {
                self.gap(work, new.session_id, moment, "the start of its session was missed");
            }
        }
    }

    /// Another session takes the place of the one that feeds the table.
    fn supersede(&mut self, work: &mut Work<'_>) {
        let Some(old) = self.feeding.take().and_then(|id| self.sessions.get_mut(&id)) else { return };
        old.row.state = SessionState::Superseded;
        old.superseded_at = work.now;
        let row = old.row.clone();
        work.out.session(&self.row, &row);
        self.lost(work, &row, "replaced by a later session", 0);
    }

    /// Something came of a session that does not feed the table. `said` tells whether its router spoke,
    /// or only its collector.
    pub fn left_out(&mut self, id: Id, said: bool, moment: Moment, work: &mut Work<'_>) {
        let feeding = self.feeding.and_then(|id| self.sessions.get(&id)).map(|session| session.row.clone());
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match session.row.state {
            SessionState::Superseded if said => {
                let since = work.now.saturating_sub(session.superseded_at);
                if since >= work.limits.heartbeat_us && work.limits.heartbeat_us > 0 {
                    session.row.state = SessionState::Standby;
                    let text = feeding.map(|feeding| conflict_text(&feeding, &session.row));
                    self.told(&mut work.out, EventKind::Conflict, moment, text.unwrap_or_default());
                }
            }
            // It was taken for lost, and lives. What it said in between was missed.
            SessionState::Ended if feeding.is_none() => {
                ask(session, work, "it was taken for lost");
            }
            _ => {}
        }
    }

    /// Some of what a session said never came: nothing can be concluded from what it does not say.
    pub fn gap(&mut self, work: &mut Work<'_>, id: Id, moment: Moment, why: &str) {
        work.out.deltas.counts.gaps += 1;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.row.state != SessionState::Feeding {
            return;
        }
        session.whole = false;
        request(session, work, why);
        self.sweeps.clear();
        for peer in self.peers.values_mut() {
            for (key, rib) in &mut peer.ribs {
                rib.verified = None;
                work.out.changed_rib(&self.row, &peer.row, *key);
            }
        }
        self.told(&mut work.out, EventKind::Gap, moment, why.into());
    }

    /// The session that fed the table is over, in whatever way.
    pub fn session_over(&mut self, work: &mut Work<'_>, ended_us: i64, reason: &str) {
        let Some(session) = self.feeding.take().and_then(|id| self.sessions.get_mut(&id)) else { return };
        end(session, ended_us, reason);
        let row = session.row.clone();
        work.out.session(&self.row, &row);
        // One that stands by has not told its tables to us: it does when it begins anew.
        let standby = self.standby().next().map(|row| row.session_id);
        if let Some(standby) = standby.and_then(|id| self.sessions.get_mut(&id)) {
            request(standby, work, "the session that fed the table is over, and this one stood by");
        }
    }

    /// The sessions that live beside the one that feeds the table, the newest first.
    pub fn standby(&self) -> impl Iterator<Item = &SessionRow> {
        let rows = self.sessions.values().map(|session| &session.row);
        let mut rows: Vec<_> = rows.filter(|row| row.state == SessionState::Standby).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.generation));
        rows.into_iter()
    }

    /// A session that does not feed the table is over.
    pub fn left_out_over(&mut self, id: Id, ended_us: i64, reason: &str) {
        if let Some(session) = self.sessions.get_mut(&id) {
            end(session, ended_us, reason);
        }
    }

    /// Looks after the sessions as time passes: who is silent is lost, who was asked to begin anew and did
    /// not is asked again.
    pub fn watch(&mut self, work: &mut Work<'_>) {
        let (limits, now) = (work.limits, work.now);
        let silence = limits.silence_us();
        let silent = |heard_at: i64| limits.is_silence(now.saturating_sub(heard_at));
        for session in self.sessions.values_mut() {
            if std::mem::take(&mut session.heard) {
                session.heard_at = now;
            }
        }
        let loaded_at = self.loaded_at;
        let heard_at = self.feeding().map_or(loaded_at, |session| session.heard_at);
        if self.row.state == RouterState::Connected && silent(heard_at) {
            let reason = format!("not heard for {}", duration(silence.unsigned_abs() / 1_000_000));
            let row = self.feeding().map(|session| session.row.clone());
            let row = row.unwrap_or_else(|| self.unknown_session());
            self.lost(work, &row, &reason, limits.hold_time_us);
            self.session_over(work, row.heard_us, &reason);
        }
        for session in self.sessions.values_mut().filter(|session| session.alive()) {
            if session.row.state != SessionState::Feeding && silent(session.heard_at) {
                let heard_us = session.row.heard_us;
                end(session, heard_us, "not heard any more");
                work.out.session(&self.row, &session.row);
            } else if let Some((why, asked_at)) = &session.reset {
                if now.saturating_sub(*asked_at) > silence {
                    let why = why.clone();
                    request(session, work, &why);
                }
            }
        }
    }

    /// A table that was loaded while a router was telling its routes cannot know which of them it had told:
    /// the session has to begin anew.
    pub fn check_loaded(&mut self, work: &mut Work<'_>) {
        if !std::mem::take(&mut self.loaded) {
            return;
        }
        let generation = self.last.generation;
        let sure = |rib: &Rib| rib.verified.is_some_and(|verified| verified >= generation);
        if self.peers.values().all(|peer| peer.ribs.values().all(sure)) {
            return;
        }
        if let Some(session) = self.feeding() {
            session.whole = false;
            request(session, work, "the table was loaded before all routes had been told again");
        }
    }

    /// An event of the router as a whole, in words.
    pub fn told(&self, out: &mut Recorder, kind: EventKind, moment: Moment, reason: String) {
        let index = out.router(&self.row);
        let event = out.event(kind, index, None, moment);
        event.reason = Some(reason);
        event.synthetic = true;
    }

    fn forget_sessions(&mut self) {
        while self.sessions.len() > MAX_SESSIONS {
            let oldest =
                self.sessions.values().filter(|session| Some(session.row.session_id) != self.feeding);
            let Some(oldest) = oldest.min_by_key(|session| (session.alive(), session.row.generation)) else {
                return;
            };
            let oldest = oldest.row.session_id;
            self.sessions.remove(&oldest);
        }
    }

    /// Takes over what a store knows of a session.
    pub fn load_session(&mut self, row: SessionRow, now: i64) {
        self.generation = self.generation.max(row.generation);
        if row.state == SessionState::Feeding {
            self.feeding = Some(row.session_id);
            self.current = self.generations.index(row.generation);
            self.last = self.last.max(Position { generation: row.generation, sequence: row.sequence });
        }
        let session =
            Session { whole: true, heard: false, heard_at: now, reset: None, superseded_at: now, row };
        self.sessions.insert(session.row.session_id, session);
    }
}

fn end(session: &mut Session, ended_us: i64, reason: &str) {
    session.row.state = SessionState::Ended;
    session.row.ended_us = Some(ended_us);
    session.row.end_reason = Some(reason.into());
    session.reset = None;
}

/// Asks a session to begin anew, and again if it does not.
fn request(session: &mut Session, work: &mut Work<'_>, why: &str) {
    session.reset = Some((why.into(), work.now));
    work.out.deltas.resets.push(Reset {
        session_id: session.row.session_id,
        collector: session.row.collector.clone(),
        reason: why.into(),
    });
}

/// As [`request`], but not more often than somebody can answer.
fn ask(session: &mut Session, work: &mut Work<'_>, why: &str) {
    let asked = session.reset.as_ref().map(|(_, at)| work.now.saturating_sub(*at));
    if asked.is_none_or(|since| since > work.limits.silence_us()) {
        request(session, work, why);
    }
}

fn conflict_text(feeding: &SessionRow, other: &SessionRow) -> String {
    format!(
        "two sessions of one router live at a time: the one from {} feeds the table, the one from {} stands by",
        feeding.origin(),
        other.origin()
    )
}
