//! How much is held of each router, peer and RIB, and what flaps.

use ipnet::IpNet;
use serde::Serialize;

use super::question::MAX_LIMIT;
use crate::deltas::{Id, PeerRow, PeerState, RouterRow, SessionRow};
use crate::flaps::FlapKey;
use crate::nlri::{self, Nlri};
use crate::router::{Peer, Rib, RibKey, Router};
use crate::table::RoutingTable;
use crate::text;
use crate::view::RibView;

/// A router and how much is held of it.
#[derive(Clone, Debug, Serialize)]
pub struct RouterSummary {
    #[serde(flatten)]
    pub row: RouterRow,
    pub peers: usize,
    /// Of them, without what the router originates itself.
    #[serde(skip)]
    pub sessions: usize,
    pub peers_up: usize,
    pub routes: usize,
    /// 0 where no route ever changed.
    pub last_change_us: i64,
    /// Where its further sessions come from that feed nothing while the first lives, the newest first.
    pub standby: Vec<String>,
}

/// A peer and how many routes each of its views holds.
#[derive(Clone, Debug, Serialize)]
pub struct PeerSummary {
    #[serde(serialize_with = "text::uuid::serialize")]
    pub router_id: Id,
    #[serde(skip)]
    pub router_name: String,
    #[serde(flatten)]
    pub row: PeerRow,
    pub routes: usize,
    pub last_change_us: i64,
    pub ribs: Vec<RibSummary>,
}

/// One view and family of a peer.
#[derive(Clone, Debug, Serialize)]
pub struct RibSummary {
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    pub routes: usize,
    pub last_change_us: i64,
    /// RFC 9069: the Loc-RIB shows a part only.
    pub filtered: bool,
    /// Whether its NLRI have path identifiers was not negotiated but seen in its messages.
    pub add_path_inferred: bool,
    /// Everything that it holds is known to be what the router holds now.
    pub verified: bool,
}

/// A route that changes again and again.
#[derive(Clone, Debug)]
pub struct FlappingRoute {
    pub router_id: Id,
    pub peer_id: Id,
    pub view: RibView,
    pub afi: u16,
    pub safi: u8,
    pub nlri: Nlri,
    /// The NLRI as text, of any family.
    pub nlri_text: String,
    /// Of every family whose NLRI hold one.
    pub prefix: Option<IpNet>,
    pub path_id: Option<u32>,
    /// As RFC 2439 counts: 1000 a withdrawal, 500 a change, halved every quarter of an hour.
    pub penalty: u32,
    pub withdrawals: u32,
    pub changes: u32,
    /// When the last of them was received.
    pub changed_at_us: i64,
}

impl RoutingTable {
    /// Routes that changed more than once of late, the worst first, at most `limit`: of a router and of a peer where given.
    pub fn flapping(&self, router: Option<&Id>, peer: Option<&Id>, limit: usize) -> Vec<FlappingRoute> {
        let now = self.clock.now_us;
        let router = router.map(|id| self.routers.values().find(|router| router.row.router_id == *id));
        let wanted = |key: &FlapKey| {
            peer.is_none_or(|id| *id == key.peer)
                && router
                    .is_none_or(|router| router.is_some_and(|router| router.peers.contains_key(&key.peer)))
        };
        let worst = self.flaps.worst(now, limit.min(MAX_LIMIT), wanted);
        let router_of = |peer: &Id| self.routers.values().find(|router| router.peers.contains_key(peer));
        worst
            .into_iter()
            .filter_map(|(key, flap)| {
                Some(FlappingRoute {
                    router_id: router_of(&key.peer)?.row.router_id,
                    peer_id: key.peer,
                    view: key.rib.view,
                    afi: key.rib.afi,
                    safi: key.rib.safi,
                    nlri: key.nlri.clone(),
                    nlri_text: nlri::text(key.rib.afi, key.rib.safi, &key.nlri),
                    prefix: nlri::route(key.rib.afi, key.rib.safi, &key.nlri).prefix,
                    path_id: key.path_id,
                    penalty: flap.points(now),
                    withdrawals: flap.withdrawals,
                    changes: flap.changes,
                    changed_at_us: flap.last_us,
                })
            })
            .collect()
    }

    /// Every router, by id.
    pub fn routers(&self) -> Vec<RouterSummary> {
        self.routers.values().map(router_summary).collect()
    }

    /// The peers of a router, or of all, by id.
    pub fn peers(&self, router: Option<&Id>) -> Vec<PeerSummary> {
        self.routers
            .values()
            .filter(|held| router.is_none_or(|id| *id == held.row.router_id))
            .flat_map(|router| router.peers.values().map(|peer| peer_summary(router, peer)))
            .collect()
    }
}

pub(super) fn router_summary(router: &Router) -> RouterSummary {
    let ribs = || router.peers.values().flat_map(|peer| peer.ribs.values());
    RouterSummary {
        row: router.row.clone(),
        peers: router.peers.len(),
        sessions: router.peers.values().filter(|peer| !peer.row.is_own()).count(),
        peers_up: router.peers.values().filter(|peer| peer.row.state == PeerState::Up).count(),
        routes: ribs().map(|rib| rib.routes.len()).sum(),
        last_change_us: ribs().map(|rib| rib.last_change_us).max().unwrap_or(0),
        standby: router.standby().map(SessionRow::origin).collect(),
    }
}

pub(super) fn peer_summary(router: &Router, peer: &Peer) -> PeerSummary {
    let ribs = || peer.ribs.iter().map(|(key, rib): (&RibKey, &Rib)| (key, rib));
    PeerSummary {
        router_id: router.row.router_id,
        router_name: router.row.name(),
        row: peer.row.clone(),
        routes: ribs().map(|(_, rib)| rib.routes.len()).sum(),
        last_change_us: ribs().map(|(_, rib)| rib.last_change_us).max().unwrap_or(0),
        ribs: ribs()
            .map(|(key, rib)| RibSummary {
                view: key.view,
                afi: key.afi,
                safi: key.safi,
                routes: rib.routes.len(),
                last_change_us: rib.last_change_us,
                filtered: rib.filtered,
                add_path_inferred: rib.add_path_inferred,
                verified: rib.verified.is_some_and(|verified| verified >= router.last.generation),
            })
            .collect(),
    }
}
