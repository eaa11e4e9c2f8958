//! A route as the table shows it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;
use wire::bgp::RouteDistinguisher;

use crate::attributes::PathAttributes;
use crate::deltas::{Id, Position};
use crate::nlri::{self, Nlri};
use crate::router::{Peer, RibKey, Router};
use crate::routes::{Route, WireKey};
use crate::text;
use crate::view::RibView;

/// One route as the table holds it; as JSON, a line of `bmp-collector rib`.
#[derive(Clone, Debug, Serialize)]
pub struct RouteRow {
    /// sysName, or the address of a router that gave none.
    pub router: String,
    #[serde(serialize_with = "text::uuid::serialize")]
    pub router_id: Id,
    pub view: RibView,
    pub peer: IpAddr,
    #[serde(serialize_with = "text::uuid::serialize")]
    pub peer_id: Id,
    pub peer_type: u8,
    pub peer_asn: u32,
    pub peer_bgp_id: Ipv4Addr,
    /// Route distinguisher as `0:0` or `65000:1` prints it (RFC 4364, section 4.2).
    #[serde(serialize_with = "text::distinguisher")]
    pub distinguisher: u64,
    pub afi: u16,
    pub safi: u8,
    /// Of every family whose NLRI hold one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<IpNet>,
    /// Route distinguisher of the NLRI, as `65000:1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rd: Option<RouteDistinguisher>,
    /// MPLS labels of the NLRI, top first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<u32>,
    /// VXLAN Network Identifiers that stand in place of the labels (RFC 8365).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vnis: Vec<u32>,
    /// Of families whose NLRI is more than a prefix: the NLRI as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nlri_text: Option<String>,
    /// The NLRI as on the wire, without path id; hexadecimal in JSON.
    #[serde(serialize_with = "text::as_hex")]
    pub nlri: Nlri,
    pub path_id: Option<u32>,
    #[serde(flatten)]
    pub attributes: Arc<PathAttributes>,
    /// Of the last change.
    #[serde(flatten)]
    pub position: Position,
    pub changed_at_us: i64,
    /// Whether there is a path id was not negotiated but seen in the messages.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub add_path_inferred: bool,
    /// Last seen in an earlier session than the router's latest, or that session is over.
    pub stale: bool,
}

pub(super) fn row(
    router: &Router,
    peer: &Peer,
    key: RibKey,
    wire: WireKey,
    route: &Route,
    inferred: bool,
    attributes: Arc<PathAttributes>,
) -> RouteRow {
    let parts = nlri::route(key.afi, key.safi, &wire.nlri);
    let bare = nlri::is_prefix_family(key.afi, key.safi);
    let (labels, vnis) = attributes.labels_of(&parts);
    RouteRow {
        router: match (router.row.sys_name.as_str(), router.row.address) {
            ("", Some(address)) => address.to_string(),
            (name, _) => name.to_string(),
        },
        router_id: router.row.router_id,
        view: key.view,
        peer: peer.row.address,
        peer_id: peer.row.peer_id,
        peer_type: peer.row.peer_type,
        peer_asn: peer.row.asn,
        peer_bgp_id: peer.row.bgp_id,
        distinguisher: peer.row.distinguisher,
        afi: key.afi,
        safi: key.safi,
        prefix: parts.prefix,
        rd: parts.rd,
        labels,
        vnis,
        nlri_text: (!bare).then(|| nlri::text(key.afi, key.safi, &wire.nlri)),
        nlri: wire.nlri,
        path_id: wire.path_id,
        attributes,
        position: Position { generation: router.generations.get(route.changed), sequence: route.sequence },
        changed_at_us: route.changed_at_us,
        add_path_inferred: inferred,
        stale: route.seen != router.current || router.ends_at.is_some(),
    }
}
