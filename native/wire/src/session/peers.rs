//! What is remembered of each peer: what its OPENs negotiated, and what its messages showed.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::{Counters, Options};
use crate::bgp::open::Open;
use crate::bgp::{AddressFamily, Context, FamilySet};
use crate::bmp::{PeerHeader, PeerKey, PeerUp, RibView};
use crate::path_ids::PathIds;
use crate::registry::bgp::add_path_mode;

/// What a peer's OPENs negotiated, and what its messages showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Peer {
    /// Families with path identifiers towards the router, and from it.
    pub(super) add_path_in: FamilySet,
    pub(super) add_path_out: FamilySet,
    /// Families whose NLRI may have more than one label.
    pub(super) multiple_labels: FamilySet,
    /// What the messages of each RIB view showed, by its number.
    pub(super) views: [Option<Box<PathIds>>; 5],
    /// The OPENs are of two ASes.
    pub(super) external: bool,
    /// The next Peer Up replaces this and is not added to it. Until then it still holds, for routers
    /// send withdrawals of a peer after its Peer Down.
    pub(super) down: bool,
}

impl Peer {
    pub(super) fn view(&mut self, view: RibView) -> Option<&mut PathIds> {
        self.views.get_mut(view as usize).map(|view| &mut **view.get_or_insert_default())
    }

    pub(super) fn context(&self, peer: &PeerHeader) -> Context<'static> {
        let (add_path, external) =
            if peer.adj_rib_out() { (self.add_path_out, false) } else { (self.add_path_in, self.external) };
        let (settled, inferred) = match self.views.get(peer.view() as usize) {
            Some(Some(known)) => (known.settled, known.inferred),
            _ => Default::default(),
        };
        Context {
            two_octet_as: peer.two_octet_as_path(),
            add_path,
            inferred,
            settled,
            multiple_labels: self.multiple_labels,
            external,
            ..Context::default()
        }
    }

    /// Takes the OPENs of a Peer Up. What the messages showed holds on, but where something else is negotiated now.
    pub(super) fn up(&mut self, peer_up: &PeerUp) {
        let (add_path_in, add_path_out) = (self.add_path_in, self.add_path_out);
        if self.down {
            *self = Peer { views: std::mem::take(&mut self.views), ..Peer::default() };
        }
        self.add(peer_up);
        let inwards = add_path_in.difference(self.add_path_in);
        let outwards = add_path_out.difference(self.add_path_out);
        for (number, view) in self.views.iter_mut().enumerate() {
            let out =
                [RibView::AdjRibOutPre, RibView::AdjRibOutPost].map(|view| view as usize).contains(&number);
            if let Some(view) = view {
                view.forget(if out { outwards } else { inwards });
            }
        }
    }

    /// Adds what a Peer Up says. Some routers send several for a peer, each with OPENs of other families: what the OPENs
    /// say of the families that they carry replaces what was known of these, and nothing else. For a Loc-RIB, whose OPENs
    /// are made up, RFC 9069 (section 4.4) adds them all up.
    fn add(&mut self, peer_up: &PeerUp) {
        let opens = || peer_up.sent_open.iter().chain(&peer_up.received_open);
        let loc_rib = peer_up.peer.is_loc_rib();
        if !loc_rib {
            let carried: FamilySet = opens().flat_map(Open::families).collect();
            self.add_path_in = self.add_path_in.without(carried);
            self.add_path_out = self.add_path_out.without(carried);
            self.multiple_labels = self.multiple_labels.without(carried);
        }
        self.add_add_path(peer_up, loc_rib);
        // RFC 8277, section 2.1: counts where both have sent it.
        if let (Some(sent), Some(received)) = (&peer_up.sent_open, &peer_up.received_open) {
            let both: FamilySet = received.multiple_labels().collect();
            let both = sent.multiple_labels().filter(|family| both.contains(*family)).collect();
            self.multiple_labels = self.multiple_labels.union(both);
        }
    }

    /// RFC 7911, section 4: a direction has path identifiers where one side can send and the other can receive.
    fn add_add_path(&mut self, peer_up: &PeerUp, loc_rib: bool) {
        let sent = families(peer_up.sent_open.as_ref());
        let mut received = families(peer_up.received_open.as_ref());
        // Looked up and not searched: an OPEN holds up to 16,000 families. Of one that is given twice the first counts.
        received.sort_by_key(|(family, _)| *family);
        if let (Some(sent), Some(received), false) = (&peer_up.sent_open, &peer_up.received_open, loc_rib) {
            self.external = sent.asn() != received.asn();
        }
        for (family, local) in sent {
            let place = received.partition_point(|(other, _)| *other < family);
            let remote =
                received.get(place).filter(|(other, _)| *other == family).map_or(0, |(_, mode)| *mode);
            // The OPENs of a Loc-RIB are made up by the router and have no direction (RFC 9069, section 4.4).
            if loc_rib && local != 0
                || local & add_path_mode::RECEIVE != 0 && remote & add_path_mode::SEND != 0
            {
                self.add_path_in.insert(family);
            }
            if local & add_path_mode::SEND != 0 && remote & add_path_mode::RECEIVE != 0 {
                self.add_path_out.insert(family);
            }
        }
    }
}

fn families(open: Option<&Open>) -> SmallVec<[(AddressFamily, u8); 4]> {
    open.into_iter().flat_map(Open::add_path).collect()
}

pub(super) type Peers = HashMap<PeerKey, Peer, foldhash::fast::RandomState>;

pub(super) fn remember(message: &PeerUp, peers: &mut Peers, options: &Options, counters: &mut Counters) {
    match known(message.peer.key(), peers, options) {
        Some(peer) => peer.up(message),
        None => counters.peers_over_limit += 1,
    }
}

/// What is remembered of a peer; nothing is of those above the limit.
pub(super) fn known<'a>(key: PeerKey, peers: &'a mut Peers, options: &Options) -> Option<&'a mut Peer> {
    if peers.len() >= options.max_peers && !peers.contains_key(&key) {
        return None;
    }
    Some(peers.entry(key).or_default())
}

#[inline(always)]
pub(super) fn context(peer: &PeerHeader, peers: &Peers) -> Context<'static> {
    match peers.get(&peer.key()) {
        Some(known) => known.context(peer),
        None => Peer::default().context(peer),
    }
}
