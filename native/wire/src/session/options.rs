//! What a session may ask for.

/// Limits of a session.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A longer message ends the session.
    pub max_message_bytes: u32,
    /// Peers whose OPENs are remembered; those of further ones are not, which is counted.
    pub max_peers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_message_bytes: 1 << 20, max_peers: 1 << 16 }
    }
}
