//! Stable identities of routers and peers.

use std::net::IpAddr;

use uuid::Uuid;
use wire::bmp::PeerHeader;

/// 16 octets of a UUID.
pub type Id = [u8; 16];

/// Namespace of this project's version 5 UUIDs.
const NAMESPACE: Uuid = Uuid::from_u128(0x5c1e_93b7_0d52_4f6a_9a1b_7e4d_21c8_60f3);

/// What makes two sessions those of one router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// One sysName, whatever address it comes from: that may be a NAT's or a load balancer's. A router
    /// that gives no name is known by its address.
    #[default]
    SysName,
    /// One address, whatever name it gives.
    Address,
    /// One sysName at one address.
    Both,
}

/// A router, as the policy knows it.
pub fn router(identity: Identity, sys_name: &str, address: IpAddr) -> Id {
    let name = match (identity, sys_name) {
        (Identity::Address, _) | (_, "") => format!("address:{address}"),
        (Identity::SysName, name) => format!("sysName:{name}"),
        (Identity::Both, name) => format!("address:{address} sysName:{name}"),
    };
    *Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_bytes()
}

/// A peer of a router by peer type, distinguisher and address; of a Loc-RIB by the BGP ID too. (Of
/// others the BGP ID is no part: it is 0.0.0.0 in what some routers send of a peer that is down.)
pub fn peer(router: &Id, header: &PeerHeader) -> Id {
    let key = header.key();
    let mut name = Vec::with_capacity(32);
    name.push(key.peer_type.0);
    name.extend_from_slice(&key.distinguisher.to_be_bytes());
    match key.address {
        IpAddr::V4(address) => name.extend_from_slice(&address.octets()),
        IpAddr::V6(address) => name.extend_from_slice(&address.octets()),
    }
    if header.is_loc_rib() {
        name.extend_from_slice(&key.bgp_id.octets());
    }
    *Uuid::new_v5(&Uuid::from_bytes(*router), &name).as_bytes()
}
