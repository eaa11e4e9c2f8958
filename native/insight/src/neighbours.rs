//! Neighbouring autonomous systems, by what they are to us.

use hashbrown::HashSet;

/// AS numbers of neighbours.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    pub providers: HashSet<u32>,
    pub peers: HashSet<u32>,
}
