//! What is counted of a session.

use serde::Serialize;

/// What a session's decoder saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    pub messages: u64,
    /// Messages whose framing holds and whose inside could not be read.
    pub undecodable: u64,
    /// Those of them that read with the other ADD-PATH setting, which earlier messages or they themselves rule out.
    pub suspect: u64,
    /// Families of a peer's view whose path identifiers are inferred: their messages do not read as it was negotiated.
    pub add_path_inferred: u64,
    /// How often that was taken back, because more messages read only as it was negotiated.
    pub add_path_taken_back: u64,
    /// UPDATEs whose AS_PATH reads in another width than the A flag says.
    pub as_width_mismatch: u64,
    /// UPDATEs in which RFC 7606 found a fault.
    pub faulty_updates: u64,
    /// Route Monitorings of peers of an unknown type: which table they are about is not known.
    pub unknown_peer_types: u64,
    /// Peer Ups that were not remembered for [`Options::max_peers`](super::Options::max_peers).
    pub peers_over_limit: u64,
}
