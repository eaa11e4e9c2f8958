//! Deltas made by hand, for what a table would rarely or never send.

use std::net::{IpAddr, Ipv4Addr};

use rib::*;

pub const ROUTER: Id = [0xaa; 16];
/// 2026-11-21 00:00:00 UTC and a bit.
pub const EPOCH: u64 = 1_795_219_200_000_001;

pub fn at(sequence: u64) -> Position {
    Position { generation: EPOCH, sequence }
}

/// The moment of a sequence.
pub fn time(sequence: u64) -> i64 {
    i64::try_from(EPOCH + sequence * 1000).unwrap()
}

pub fn peer_id(peer: u8) -> Id {
    [peer; 16]
}

pub fn router() -> RouterRow {
    RouterRow {
        router_id: ROUTER,
        position: at(1),
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        port: 40_000,
        sys_name: "edge1".into(),
        sys_descr: "a router".into(),
        collector: "station".into(),
        state: RouterState::Connected,
        session_started_us: time(0),
        session_ended_us: None,
        end_reason: None,
        changed: true,
    }
}

pub fn peer(number: u8) -> PeerRow {
    PeerRow {
        peer_id: peer_id(number),
        router: 0,
        position: at(2),
        peer_type: 0,
        distinguisher: 0,
        address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, number)),
        asn: 4_200_000_000 + u32::from(number),
        bgp_id: Ipv4Addr::new(10, 0, 0, number),
        state: PeerState::Up,
        state_since_us: time(2),
        local_address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        local_port: Some(179),
        remote_port: Some(50_000),
        local_asn: Some(65_000),
        local_bgp_id: Some(Ipv4Addr::new(10, 0, 0, 254)),
        hold_time: Some(90),
        sent_open: vec![1],
        received_open: vec![2],
        table_name: None,
        down_reason: None,
        changed: true,
    }
}

/// The pre-policy RIB for IPv4 of the peer of that index.
pub fn rib(peer: u32) -> RibRow {
    let (view, afi, safi) = (RibView::AdjRibInPre, 1, 1);
    RibRow {
        rib_id: rib_id(&peer_id(u8::try_from(peer + 1).unwrap()), view, afi, safi),
        peer,
        view,
        afi,
        safi,
        routes: 1,
        verified: None,
        end_of_rib: None,
        filtered: false,
        inferred: false,
        changed_at_us: time(2),
        changed: true,
    }
}

/// One router, peers 1 and 2 (indexes 0 and 1) with a RIB of the same index, nothing else.
pub fn deltas() -> Deltas {
    Deltas {
        routers: vec![router()],
        peers: vec![peer(1), peer(2)],
        ribs: vec![rib(0), rib(1)],
        ..Deltas::default()
    }
}

/// NLRI of 10.x.y.0/24.
pub fn nlri(number: u16) -> Nlri {
    let [high, low] = number.to_be_bytes();
    Nlri::from_slice(&[24, 10, high, low])
}

/// The prefix of [`nlri`].
pub fn prefix(number: u16) -> String {
    let [high, low] = number.to_be_bytes();
    format!("10.{high}.{low}.0/24")
}

/// ORIGIN IGP, an AS_PATH of two, LOCAL_PREF told apart by `value`.
pub fn attributes(value: u8) -> AttributeSet {
    let octets = [
        &[0x40, 1, 1, 0][..],
        &[0x40, 2, 10, 2, 2, 0xfa, 0x56, 0xea, 0x01, 0, 0, 0xfd, 0xe9],
        &[0x40, 5, 4, 0, 0, 0, value],
    ];
    AttributeSet::from_parts(&[198, 51, 100, 1], &octets.concat())
}

pub fn announce(deltas: &mut Deltas, peer: u32, route: u16, value: u8, sequence: u64) {
    deltas.attributes.push(attributes(value));
    let set = u32::try_from(deltas.attributes.len() - 1).unwrap();
    deltas.routes.push(RouteDelta {
        change: RouteChange::Announce,
        attributes: Some(set),
        ..withdrawal(peer, route, sequence)
    });
}

pub fn withdraw(deltas: &mut Deltas, peer: u32, route: u16, sequence: u64) {
    deltas.routes.push(withdrawal(peer, route, sequence));
}

fn withdrawal(peer: u32, route: u16, sequence: u64) -> RouteDelta {
    RouteDelta {
        change: RouteChange::Withdraw,
        rib: peer,
        nlri: nlri(route),
        path_id: None,
        attributes: None,
        before: None,
        position: at(sequence),
        router_time_us: time(sequence) - 500,
        received_at_us: time(sequence),
        synthetic: false,
        unknown: false,
        ended: false,
        after_gap: false,
    }
}

pub fn end(deltas: &mut Deltas, scope: EndScope, kind: EndKind, sequence: u64) {
    deltas.ends.push(End {
        scope,
        kind,
        position: at(sequence),
        router_time_us: 0,
        received_at_us: time(sequence),
        synthetic: false,
        routes: 0,
    });
}

pub fn event(deltas: &mut Deltas, kind: EventKind, peer: Option<u32>, sequence: u64) {
    deltas.events.push(PeerEvent {
        kind,
        router: 0,
        peer,
        view: None,
        afi: None,
        safi: None,
        position: at(sequence),
        router_time_us: 0,
        received_at_us: time(sequence),
        reason_code: Some(3),
        reason: Some("remote system closed, NOTIFICATION received".into()),
        notification_code: Some(6),
        notification_subcode: Some(2),
        notification_data: Vec::new(),
        fsm_event: None,
        routes: Some(2),
        since_us: None,
        synthetic: false,
    });
}
