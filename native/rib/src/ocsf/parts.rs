//! What every event is made of: who told it, of whom, over which connection, and what it is known by.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::schema::{AutonomousSystem, Device, Endpoint, Metadata, Observable, Product, VERSION};
use crate::deltas::{Id, PeerRow, Position, RouterRow};
use crate::text;

/// Loc-RIB and local routes come from a peer 0.0.0.0 or ::, which is no address of anybody.
pub(crate) fn specified(address: IpAddr) -> Option<IpAddr> {
    (!address.is_unspecified()).then_some(address)
}

pub(crate) fn router_name(router: &RouterRow) -> String {
    if router.sys_name.is_empty() {
        router.address.map_or_else(|| text::uuid::text(&router.router_id), |address| address.to_string())
    } else {
        router.sys_name.clone()
    }
}

pub(crate) fn peer_name(peer: &PeerRow) -> String {
    match (specified(peer.address), peer.table_name.as_deref()) {
        (Some(address), _) => address.to_string(),
        (None, Some(table)) if !table.is_empty() => table.to_owned(),
        (None, _) => "local".to_owned(),
    }
}

pub(super) fn router_endpoint<'a>(router: &RouterRow, peer: Option<&PeerRow>) -> Endpoint<'a> {
    Endpoint {
        uid: text::uuid::text(&router.router_id),
        name: router_name(router),
        ip: router.address,
        port: peer.and_then(|peer| peer.local_port).filter(|port| *port != 0),
        zone: None,
        autonomous_system: peer.and_then(|peer| peer.local_asn).map(|number| AutonomousSystem { number }),
        kind: "Router",
        type_id: 12,
    }
}

pub(super) fn peer_endpoint(peer: &PeerRow) -> Endpoint<'_> {
    Endpoint {
        uid: text::uuid::text(&peer.peer_id),
        name: peer_name(peer),
        ip: specified(peer.address),
        port: peer.remote_port.filter(|port| *port != 0),
        zone: peer.table_name.as_deref(),
        autonomous_system: (peer.asn != 0).then_some(AutonomousSystem { number: peer.asn }),
        kind: "Router",
        type_id: 12,
    }
}

/// The station end of a BMP session.
pub(super) fn collector_endpoint<'a>(router: &RouterRow) -> Endpoint<'a> {
    let name = if router.collector.is_empty() { "bmp" } else { &router.collector };
    Endpoint {
        uid: name.to_owned(),
        name: name.to_owned(),
        ip: None,
        port: None,
        zone: None,
        autonomous_system: None,
        kind: "Server",
        type_id: 1,
    }
}

pub(super) fn observables(
    router: &RouterRow,
    peer: Option<&PeerRow>,
    outbound: bool,
    prefix: Option<&String>,
) -> Vec<Observable> {
    let (router_path, peer_path) = if outbound || peer.is_none() {
        ("src_endpoint.ip", "dst_endpoint.ip")
    } else {
        ("dst_endpoint.ip", "src_endpoint.ip")
    };
    let address =
        |name, value: IpAddr| Observable { name, kind: "IP Address", type_id: 2, value: value.to_string() };
    let subnet = |value: &String| Observable {
        name: "unmapped.bgp.prefix",
        kind: "Subnet",
        type_id: 12,
        value: value.clone(),
    };
    let router = router.address.map(|value| address(router_path, value));
    let peer = peer.and_then(|peer| specified(peer.address)).map(|value| address(peer_path, value));
    router.into_iter().chain(peer).chain(prefix.map(subnet)).collect()
}

/// A UUID (version 8, RFC 9562) of what makes an event itself and no other.
pub fn identity(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that no two lists of parts are the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = Id::default();
    id.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut id;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    text::uuid::text(&id)
}

pub(super) fn metadata(
    router: &RouterRow,
    code: &'static str,
    position: Position,
    received_at_us: i64,
    rest: &[&[u8]],
) -> Metadata {
    let (generation, sequence) = (position.generation.to_be_bytes(), position.sequence.to_be_bytes());
    let mut parts: Vec<&[u8]> = vec![&router.router_id, &generation, &sequence, code.as_bytes()];
    parts.extend_from_slice(rest);
    Metadata {
        version: VERSION,
        uid: identity(&parts),
        correlation_uid: format!("{}-{}", text::uuid::text(&router.router_id), position.generation),
        sequence: position.sequence,
        event_code: code,
        log_name: "bmp",
        log_provider: "serviceradar_bmp",
        logged_time: received_at_us / 1000,
        profiles: ["host"],
        product: product(),
    }
}

/// What makes the events.
pub fn product() -> Product {
    Product { name: "ServiceRadar BMP", vendor_name: "ServiceRadar", version: env!("CARGO_PKG_VERSION") }
}

pub(super) fn device(router: &RouterRow) -> Device {
    Device {
        uid: text::uuid::text(&router.router_id),
        name: router_name(router),
        ip: router.address,
        kind: "Router",
        type_id: 12,
    }
}
