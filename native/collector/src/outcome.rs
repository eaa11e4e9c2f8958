//! How a command ended that did not fail; `main` makes an exit status of it.

/// How reading went, where nothing failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    #[default]
    Clean,
    Damaged,
    /// Two tables were compared and differ.
    Different,
    /// Framing was lost.
    Unreadable,
}
