//! What a reader of any form of table starts from and makes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rib::RibView;
use wire::bgp::AddressFamily;

use crate::route::{Key, Route};

/// Who printed the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Frr,
    GoBgp,
    Bird,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Frr => "frr",
            Format::GoBgp => "gobgp",
            Format::Bird => "bird",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Format::Frr, Format::GoBgp, Format::Bird].into_iter().find(|format| format.name() == name)
    }
}

/// What the user says of a table, because the table itself may not.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    pub format: Option<Format>,
    pub view: Option<RibView>,
    pub peer: Option<IpAddr>,
    pub family: Option<AddressFamily>,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub format: Format,
    pub view: RibView,
    /// The router's own AS number, where the table says it.
    pub local_as: Option<u32>,
    /// The only peer whose routes these are; `None` is all peers.
    pub peer: Option<IpAddr>,
    pub families: BTreeSet<AddressFamily>,
    pub routes: Vec<Route>,
    /// Routes of which more than one path of one peer is in the table, best or not.
    pub many_paths: BTreeSet<Key>,
    /// What could not be read, in words.
    pub unread: Vec<String>,
}

/// Collects routes of a table while it is read.
pub(super) struct Reader {
    table: Table,
    seen: BTreeSet<Key>,
}

impl Reader {
    pub fn new(format: Format, view: RibView, hints: &Hints) -> Self {
        let table = Table {
            format,
            view,
            local_as: None,
            peer: hints.peer.filter(|_| view != RibView::LocRib),
            families: BTreeSet::new(),
            routes: Vec::new(),
            many_paths: BTreeSet::new(),
            unread: Vec::new(),
        };
        Reader { table, seen: BTreeSet::new() }
    }

    pub fn view(&self) -> RibView {
        self.table.view
    }

    pub fn local_as(&mut self, asn: Option<u32>) {
        self.table.local_as = asn;
    }

    /// A path of the table; of the Loc-RIB only the best ones are routes.
    pub fn path(&mut self, route: Route, best: bool) {
        let loc_rib = self.table.view == RibView::LocRib;
        if self.table.peer.is_some_and(|peer| peer != route.key.peer) {
            return;
        }
        if !self.seen.insert(route.key.clone()) {
            let key = Key {
                peer: if loc_rib { crate::route::NOBODY } else { route.key.peer },
                ..route.key.clone()
            };
            self.table.many_paths.insert(key);
        }
        if !loc_rib {
            self.table.routes.push(route);
        } else if best {
            let mut route = route;
            route.key.peer = crate::route::NOBODY;
            self.table.routes.push(route);
        }
    }

    pub fn unread(&mut self, what: impl Into<String>) {
        self.table.unread.push(what.into());
    }

    pub fn finish(self) -> Table {
        self.table
    }
}
