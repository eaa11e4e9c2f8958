//! What is known of how routers' BMP differs from their own tables. Each was seen by comparing the octets with the tables.

use rib::RibView;
use serde::Serialize;

use crate::route::{Route, NOBODY};
use crate::table::{Format, Table};

/// A known fault of a router's BMP: the station holds what was sent, and that is not what the router holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    OwnAsInFront,
    LocalPrefLeftOut,
    LocalAsPath,
    ReflectorAttributes,
    OnePathOnly,
    LocRibWithoutPrefixesOfTwoPaths,
}

impl Fault {
    /// For a reader who has never heard of it.
    pub fn text(self) -> &'static str {
        match self {
            Fault::OwnAsInFront => {
                "FRR puts its own AS number in front of the AS_PATH of Adj-RIB-In routes over BMP, as if it were announcing them"
            }
            Fault::LocalPrefLeftOut => "FRR does not send the LOCAL_PREF of this route over BMP",
            Fault::LocalAsPath => {
                "FRR sends the AS_PATH of its own routes over BMP with 2-octet AS numbers and says that they have 4 octets"
            }
            Fault::ReflectorAttributes => {
                "FRR adds ORIGINATOR_ID and CLUSTER_LIST to routes of iBGP peers over BMP, as if it were reflecting them"
            }
            Fault::OnePathOnly => {
                "the router holds more than one path of this peer for this route, and sends one of them over BMP"
            }
            Fault::LocRibWithoutPrefixesOfTwoPaths => {
                "FRR 10 leaves a route out of its first dump of the Loc-RIB when it has two paths of one peer for it"
            }
        }
    }

    /// The fault that makes one attribute differ.
    pub(crate) fn of_attribute(
        name: &str,
        router: Option<&str>,
        ours: Option<&str>,
        route: &Route,
        view: RibView,
        table: &Table,
    ) -> Option<Fault> {
        if table.format != Format::Frr {
            return None;
        }
        match name {
            "as_path" if route.key.peer == NOBODY && view != RibView::LocRib => Some(Fault::LocalAsPath),
            "as_path" if matches!(view, RibView::AdjRibInPre | RibView::AdjRibInPost) => {
                let own = table.local_as?.to_string();
                let in_front = match router {
                    Some(path) => format!("{own} {path}"),
                    None => own,
                };
                (ours == Some(in_front.as_str())).then_some(Fault::OwnAsInFront)
            }
            "originator_id" | "cluster_list" if router.is_none() => Some(Fault::ReflectorAttributes),
            "local_pref" if ours.is_none() => Some(Fault::LocalPrefLeftOut),
            _ => None,
        }
    }
}
