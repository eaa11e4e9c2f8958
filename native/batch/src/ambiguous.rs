//! Messages that read with path identifiers (RFC 7911) and without, kept until others show which is right.

use hashbrown::HashMap;
use wire::bgp::AddressFamily;
use wire::bmp::{PeerHeader, PeerKey, RibView};

/// Octets of all messages that are kept of a session. Nearly every message reads in one way only, so this is enough for
/// all but made-up sessions; what is above is not read again.
const MOST_OCTETS: usize = 1 << 20;

/// The messages of each family of a peer's view, in their order.
#[derive(Debug, Default)]
pub(crate) struct Ambiguous {
    kept: HashMap<(PeerKey, RibView, AddressFamily), Vec<Vec<u8>>>,
    octets: usize,
}

impl Ambiguous {
    pub fn keep(&mut self, peer: &PeerHeader, family: AddressFamily, frame: &[u8]) {
        if self.octets + frame.len() <= MOST_OCTETS {
            self.octets += frame.len();
            self.kept.entry((peer.key(), peer.view(), family)).or_default().push(frame.to_vec());
        }
    }

    /// What was kept of a family, which is known now.
    pub fn take(&mut self, peer: &PeerHeader, family: AddressFamily) -> Vec<Vec<u8>> {
        let frames = self.kept.remove(&(peer.key(), peer.view(), family)).unwrap_or_default();
        self.octets -= frames.iter().map(Vec::len).sum::<usize>();
        frames
    }

    /// Forgets a peer, whose routes are gone.
    pub fn forget(&mut self, peer: &PeerHeader) {
        let key = peer.key();
        let octets = &mut self.octets;
        self.kept.retain(|(of, _, _), frames| {
            let keep = *of != key;
            if !keep {
                *octets -= frames.iter().map(Vec::len).sum::<usize>();
            }
            keep
        });
    }
}
