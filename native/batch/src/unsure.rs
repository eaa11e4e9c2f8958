//! Messages of families of which it is not known for good whether they have path identifiers (RFC 7911), to be read again
//! when it turns out that they were read in the wrong way.

use hashbrown::HashMap;
use wire::bgp::AddressFamily;
use wire::bmp::{PeerHeader, PeerKey, RibView};

/// Octets of all messages that are kept of a session. A few messages are enough to know a family, so this is enough for all but
/// made-up sessions; what is above is not read again, and that is told.
const MOST_OCTETS: usize = 1 << 20;

/// What is kept of each family of a peer's view.
#[derive(Debug, Default)]
pub(crate) struct Unsure {
    kept: HashMap<(PeerKey, RibView, AddressFamily), Kept>,
    octets: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// In their order.
    pub frames: Vec<Vec<u8>>,
    /// There were others, which are not kept.
    pub lost: bool,
}

impl Kept {
    fn octets(&self) -> usize {
        self.frames.iter().map(Vec::len).sum()
    }
}

impl Unsure {
    pub fn keep(&mut self, peer: &PeerHeader, family: AddressFamily, frame: &[u8]) {
        let kept = self.kept.entry((peer.key(), peer.view(), family)).or_default();
        if self.octets + frame.len() <= MOST_OCTETS {
            self.octets += frame.len();
            kept.frames.push(frame.to_vec());
        } else {
            kept.lost = true;
        }
    }

    /// What was kept of a family, which is read in another way from now on.
    pub fn take(&mut self, peer: &PeerHeader, family: AddressFamily) -> Kept {
        let Some(kept) = self.kept.get_mut(&(peer.key(), peer.view(), family)) else {
            return Kept::default();
        };
        self.octets -= kept.octets();
        Kept { frames: std::mem::take(&mut kept.frames), lost: kept.lost }
    }

    /// It is known how the family is read. Should that turn out to be wrong after all, what came by now is lost.
    pub fn settled(&mut self, peer: &PeerHeader, family: AddressFamily) {
        self.take(peer, family);
        self.kept.entry((peer.key(), peer.view(), family)).or_default().lost = true;
    }

    /// Forgets the messages of a peer, whose routes are gone.
    pub fn forget(&mut self, peer: &PeerHeader) {
        let key = peer.key();
        let octets = &mut self.octets;
        self.kept.retain(|(of, _, _), kept| {
            if *of == key {
                *octets -= kept.octets();
                kept.frames.clear();
            }
            // Of a family that was settled before, what comes after is not kept either.
            kept.lost || !kept.frames.is_empty()
        });
    }
}
