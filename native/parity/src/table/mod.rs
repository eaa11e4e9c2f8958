//! A router's own table, as its operator gets it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rib::RibView;
use wire::bgp::AddressFamily;

use crate::route::Route;
use crate::{cannot, Result};

mod bird;
mod frr;
mod gobgp;

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
    pub many_paths: BTreeSet<crate::Key>,
    /// What could not be read, in words.
    pub unread: Vec<String>,
}

impl Table {
    /// Reads a table; the format is seen from its form.
    ///
    /// # Errors
    /// When it has none of the forms, or the router says in it that it cannot tell.
    pub fn read(text: &str, hints: &Hints) -> Result<Self> {
        let start = text.trim_start();
        let json = start.starts_with('{');
        let mut table = match hints.format {
            Some(Format::Bird) => bird::read(text, hints)?,
            None if !json => bird::read(text, hints)?,
            format => {
                let value = serde_json::from_str(text)
                    .or_else(|error| cannot(format!("the router's table is no JSON: {error}")))?;
                match format.unwrap_or_else(|| {
                    if gobgp::looks_like(&value) {
                        Format::GoBgp
                    } else {
                        Format::Frr
                    }
                }) {
                    Format::GoBgp => gobgp::read(&value, hints)?,
                    _ => frr::read(&value, hints)?,
                }
            }
        };
        table.families.extend(hints.family);
        table.families.extend(table.routes.iter().map(|route| route.key.family()));
        Ok(table)
    }

    /// The same view of the same router in more than one file.
    ///
    /// # Errors
    /// When they do not belong together.
    pub fn join(mut self, other: Table) -> Result<Self> {
        if (self.format, self.view, self.peer) != (other.format, other.view, other.peer) {
            return cannot(format!(
                "the tables do not belong together: one is {} of {}, another {} of {}",
                self.view.as_str(),
                self.format.name(),
                other.view.as_str(),
                other.format.name()
            ));
        }
        self.local_as = self.local_as.or(other.local_as);
        self.families.extend(other.families);
        self.routes.extend(other.routes);
        self.many_paths.extend(other.many_paths);
        self.unread.extend(other.unread);
        Ok(self)
    }
}

/// Collects routes of a table while it is read.
pub(super) struct Reader {
    table: Table,
    seen: BTreeSet<crate::Key>,
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
            let key = crate::Key {
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

/// `65000:1`, `192.0.2.1:1` or `4200000000:1` (RFC 4364, section 4.2).
pub(super) fn distinguisher(text: &str) -> Option<wire::bgp::nlri::RouteDistinguisher> {
    let (admin, number) = text.rsplit_once(':')?;
    let octets: [u8; 8] = if let Ok(address) = admin.parse::<std::net::Ipv4Addr>() {
        let [a, b, c, d] = address.octets();
        let [e, f] = number.parse::<u16>().ok()?.to_be_bytes();
        [0, 1, a, b, c, d, e, f]
    } else if let Ok(asn) = admin.parse::<u16>() {
        let ([a, b], [c, d, e, f]) = (asn.to_be_bytes(), number.parse::<u32>().ok()?.to_be_bytes());
        [0, 0, a, b, c, d, e, f]
    } else {
        let ([a, b, c, d], [e, f]) =
            (admin.parse::<u32>().ok()?.to_be_bytes(), number.parse::<u16>().ok()?.to_be_bytes());
        [0, 2, a, b, c, d, e, f]
    };
    Some(wire::bgp::nlri::RouteDistinguisher(u64::from_be_bytes(octets)))
}

/// `02:00:00:00:01:01`
pub(super) fn mac(text: &str) -> Option<wire::bgp::nlri::evpn::Mac> {
    let octets = rib::text::unhex(&text.replace(':', ""))?;
    octets.try_into().ok().map(wire::bgp::nlri::evpn::Mac)
}

/// A well-known community by the names that routers print, as numbers.
pub(super) fn community(name: &str) -> String {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let number = match plain.as_str() {
        "internet" => "0:0",
        "gracefulshutdown" => "65535:0",
        "acceptown" => "65535:1",
        "routefiltertranslatedv4" => "65535:2",
        "routefilterv4" => "65535:3",
        "routefiltertranslatedv6" => "65535:4",
        "routefilterv6" => "65535:5",
        "llgrstale" => "65535:6",
        "nollgr" => "65535:7",
        "acceptownnexthop" => "65535:8",
        "blackhole" => "65535:666",
        "noexport" => "65535:65281",
        "noadvertise" => "65535:65282",
        "localas" | "noexportsubconfed" => "65535:65283",
        "nopeer" => "65535:65284",
        _ => name,
    };
    number.to_string()
}
