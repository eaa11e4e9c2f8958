//! What the router's own messages say of a route: a witness that is asked where the tables differ.
//!
//! No routing table is kept here, only the last message that spoke of each route of a session. So it does not share the
//! mistakes that the station's table may make.

use std::collections::HashMap;
use std::sync::Arc;

use rib::AttributeSet;
use wire::bgp::Action;
use wire::bmp::{Body, PeerHeader};
use wire::session::{Content, Decoder, Options};

use crate::report::{Frame, Says};
use crate::route::{typed, Attributes, Key, NOBODY};

/// The BMP sessions of a capture or recording.
#[derive(Debug, Default)]
pub struct Frames {
    sessions: Vec<Session>,
}

#[derive(Debug)]
struct Session {
    number: usize,
    decoder: Decoder,
    frames: u64,
    sys_name: String,
    /// By path identifier, of each route.
    last: HashMap<(rib::RibView, u64, Key), HashMap<Option<u32>, Word>>,
    downs: HashMap<(u64, std::net::IpAddr), At>,
}

/// Which message, and where it starts in its session.
#[derive(Clone, Copy, Debug)]
struct At {
    number: u64,
    offset: u64,
}

#[derive(Clone, Debug)]
struct Word {
    at: At,
    /// Next hop and attributes of an announcement.
    announced: Option<(Vec<u8>, Arc<[u8]>)>,
}

impl Frames {
    /// The next octets of a session, which is any number that tells sessions apart.
    pub fn feed(&mut self, session: usize, octets: &[u8]) {
        let place = self.sessions.iter().position(|known| known.number == session);
        let place = place.unwrap_or_else(|| {
            let decoder = Decoder::new(Options { max_message_bytes: 16 << 20, ..Options::default() });
            self.sessions.push(Session {
                number: session,
                decoder,
                frames: 0,
                sys_name: String::new(),
                last: HashMap::new(),
                downs: HashMap::new(),
            });
            self.sessions.len() - 1
        });
        if let Some(session) = self.sessions.get_mut(place) {
            session.feed(octets);
        }
    }

    /// Whether there is a session of the router: one that is not there says nothing, and excuses nothing.
    pub(crate) fn has(&self, router: &str) -> bool {
        self.of(router).is_some()
    }

    /// The router's newest session.
    fn of(&self, router: &str) -> Option<&Session> {
        // A router without a name goes by its address, which a recording may not hold.
        let named = |session: &&Session| session.sys_name == router || session.sys_name.is_empty();
        self.sessions.iter().rev().find(named)
    }

    /// The last word about a route in the newest session of the router, and the attributes it announced.
    pub(crate) fn last(
        &self,
        router: &str,
        view: rib::RibView,
        distinguisher: u64,
        key: &Key,
        path_id: Option<u32>,
    ) -> (Frame, Option<Attributes>) {
        let nothing = (Frame { number: None, offset: None, says: Says::Nothing }, None);
        let Some(session) = self.of(router) else { return nothing };
        let Some(words) = session.last.get(&(view, distinguisher, key.clone())) else { return nothing };
        // Not every table shows path identifiers: then whatever was said last counts.
        let newest = || words.values().max_by_key(|word| word.at.number).filter(|_| path_id.is_none());
        let Some(word) = words.get(&path_id).or_else(newest) else { return nothing };
        let frame = |at: At, says| Frame { number: Some(at.number), offset: Some(at.offset), says };
        if let Some(down) =
            session.downs.get(&(distinguisher, key.peer)).filter(|down| down.number > word.at.number)
        {
            return (frame(*down, Says::PeerDown), None);
        }
        match &word.announced {
            None => (frame(word.at, Says::Withdraws), None),
            Some((next_hop, canonical)) => {
                let set = AttributeSet::from_parts(next_hop, canonical);
                (frame(word.at, Says::Announces), Some(typed(set.typed())))
            }
        }
    }
}

impl Session {
    fn feed(&mut self, octets: &[u8]) {
        let mut canonical = Vec::new();
        let mut feed = self.decoder.feed(octets);
        // Where the framing is lost there is nothing more to be learned.
        while let Some(Ok(frame)) = feed.next() {
            self.frames += 1;
            let at = At { number: self.frames, offset: frame.offset };
            match frame.content {
                Ok(Content::RouteMonitoring(message)) => {
                    let (view, distinguisher, peer) = place(&message.peer);
                    canonical.clear();
                    message.update.canonical_attributes(&mut canonical);
                    let attributes: Arc<[u8]> = canonical.as_slice().into();
                    for group in message.update.groups() {
                        for nlri in group.iter().flatten() {
                            let key = Key::new(peer, group.family, nlri.bytes);
                            let announced = (group.action == Action::Announce)
                                .then(|| (group.next_hop.to_vec(), Arc::clone(&attributes)));
                            let words = self.last.entry((view, distinguisher, key)).or_default();
                            words.insert(nlri.path_id, Word { at, announced });
                        }
                    }
                }
                Ok(Content::Other(Body::PeerDown(down))) => {
                    let (_, distinguisher, peer) = place(&down.peer);
                    self.downs.insert((distinguisher, peer), at);
                }
                Ok(Content::Other(Body::Initiation(initiation))) => {
                    self.sys_name = initiation.sys_name.unwrap_or_default();
                }
                _ => {}
            }
        }
    }
}

fn place(peer: &PeerHeader) -> (rib::RibView, u64, std::net::IpAddr) {
    let view = rib::RibView::from_name(peer.view().name()).unwrap_or(rib::RibView::AdjRibInPre);
    let address = if peer.is_loc_rib() || peer.address.is_unspecified() { NOBODY } else { peer.address };
    (view, peer.distinguisher, address)
}
