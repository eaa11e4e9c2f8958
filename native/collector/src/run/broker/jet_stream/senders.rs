//! Sessions whose batches a publisher holds, and how far each of them is stored: what is stored after its successor has lost
//! its order.

use std::collections::HashMap;

/// By the session's id; those of whose batches none is held are forgotten.
#[derive(Debug, Default)]
pub struct Senders(HashMap<String, Sender>);

/// How many batches of a session are held, and the number of its last one that was stored.
#[derive(Debug, Default)]
struct Sender {
    held: usize,
    stored: Option<u64>,
}

impl Senders {
    /// One batch more is held.
    pub fn hold(&mut self, session: &str) {
        self.0.entry(session.to_owned()).or_default().held += 1;
    }

    /// A batch is stored; whether one that came after it was stored before.
    pub fn stored(&mut self, session: &str, number: u64) -> bool {
        let sender = self.0.entry(session.to_owned()).or_default();
        let late = sender.stored.is_some_and(|last| number < last);
        sender.stored = sender.stored.max(Some(number));
        late
    }

    /// A batch is held no longer.
    pub fn release(&mut self, session: &str) {
        if let Some(sender) = self.0.get_mut(session) {
            sender.held -= 1;
            if sender.held == 0 {
                self.0.remove(session);
            }
        }
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_after_its_successor_is_late() {
        let mut senders = Senders::default();
        senders.hold("one");
        senders.hold("one");
        senders.hold("two");
        assert!(!senders.stored("one", 7));
        assert!(senders.stored("one", 5));
        assert!(!senders.stored("two", 6));
        senders.release("one");
        senders.release("one");
        assert!(senders.0.contains_key("two") && !senders.0.contains_key("one"));
    }
}
