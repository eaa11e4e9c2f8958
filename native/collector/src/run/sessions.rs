//! Knows every session there is, and how to tell it something.

use super::status::Status;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::sync::Notify;

/// What a session is told from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The owner of its routing table asks for everything again.
    Reset(String),
    /// The collector stops.
    Shutdown,
}

#[derive(Debug)]
struct Known {
    id: String,
    control: UnboundedSender<Control>,
    status: Arc<Status>,
}

#[derive(Debug, Default)]
pub struct Sessions {
    known: Mutex<HashMap<u64, Known>>,
    next: AtomicU64,
    /// One of them has ended.
    ended: Notify,
}

/// A session's place among the others.
#[derive(Debug)]
pub struct Place {
    pub number: u64,
    pub control: UnboundedReceiver<Control>,
}

impl Sessions {
    /// `id` is hexadecimal.
    pub fn add(&self, id: String, status: Arc<Status>) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, control) = unbounded_channel();
        self.lock().insert(number, Known { id, control: sender, status });
        Place { number, control }
    }

    pub fn remove(&self, number: u64) {
        self.lock().remove(&number);
        self.ended.notify_waiters();
    }

    fn count(&self) -> usize {
        self.lock().len()
    }

    /// By the order in which they came.
    pub fn statuses(&self) -> Vec<(u64, Arc<Status>)> {
        let known = self.lock();
        let mut all: Vec<_> =
            known.iter().map(|(number, known)| (*number, Arc::clone(&known.status))).collect();
        all.sort_unstable_by_key(|(number, _)| *number);
        all
    }

    /// Whether there is such a session, which is told to end.
    pub fn reset(&self, id: &str, why: &str) -> bool {
        let known = self.lock();
        let session = known.values().find(|known| known.id == id);
        session.is_some_and(|session| session.control.send(Control::Reset(why.to_owned())).is_ok())
    }

    /// Tells all of them to end, and waits until they have.
    pub async fn shut_down(&self) {
        for known in self.lock().values() {
            drop(known.control.send(Control::Shutdown));
        }
        loop {
            let ended = self.ended.notified();
            if self.count() == 0 {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
