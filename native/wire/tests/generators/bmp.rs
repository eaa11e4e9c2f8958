//! BMP messages.

use std::net::{IpAddr, Ipv4Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use wire::bgp::Notification;
use wire::bmp::{
    Body, Initiation, Message, Mirrored, PeerDown, PeerDownReason, PeerHeader, PeerType, PeerUp,
    RouteMirroring, RouteMonitoring, Statistic, StatisticValue, StatisticsReport, Termination, Timestamp,
    Tlv, Unknown,
};
use wire::Raw;

use super::attributes::update;
use super::capabilities::open;
use super::{family, ip_of, octets, v4};

pub fn peer() -> impl Strategy<Value = PeerHeader> {
    // Of version 3's flags all but A: with it AS numbers have two octets.
    let flags = prop_oneof![Just(0u8), Just(0x40), Just(0x10), Just(0x50)];
    (0..=3u8, flags, any::<u64>(), any::<(bool, bool)>(), any::<u32>(), v4(), any::<(u32, u32)>())
        .prop_flat_map(
            |(kind, flags, distinguisher, (v6, filtered), asn, bgp_id, (seconds, microseconds))| {
                let peer_type = PeerType(kind);
                let loc_rib = peer_type == PeerType::LOC_RIB;
                let (flags, address) = if loc_rib {
                    (u8::from(filtered) << 7, Just(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).boxed())
                } else {
                    (flags | u8::from(v6) << 7, ip_of(v6))
                };
                let timestamp = Timestamp { seconds, microseconds };
                address.prop_map(move |address| PeerHeader {
                    peer_type,
                    flags,
                    distinguisher,
                    address,
                    asn,
                    bgp_id,
                    timestamp,
                })
            },
        )
}

pub fn tlv() -> impl Strategy<Value = Tlv> {
    (prop_oneof![0..6u16, any::<u16>()], octets(24)).prop_map(|(tlv_type, value)| Tlv::new(tlv_type, value.0))
}

fn statistic() -> impl Strategy<Value = Statistic> {
    let value = prop_oneof![
        any::<u32>().prop_map(|value| StatisticValue::Counter32 { value }),
        any::<u64>().prop_map(|value| StatisticValue::Gauge64 { value }),
        (family(), any::<u64>()).prop_map(|(family, value)| StatisticValue::Family { family, value }),
        vec(any::<u8>(), 12..20).prop_map(|raw| StatisticValue::Raw { raw: Raw(raw) }),
    ];
    (0..50u16, value).prop_map(|(statistic_type, value)| Statistic { statistic_type, value })
}

pub fn notification() -> impl Strategy<Value = Notification> {
    (1..10u8, 0..12u8, octets(30)).prop_map(|(code, subcode, data)| Notification { code, subcode, data })
}

fn peer_down() -> impl Strategy<Value = Body> {
    let encoded = |notification: &Notification| {
        let mut out = Vec::new();
        notification.encode(&mut out);
        Raw(out)
    };
    let reason = prop_oneof![
        notification().prop_map(move |notification| {
            let data = encoded(&notification);
            (PeerDownReason::LocalNotification { notification: Some(notification) }, data)
        }),
        any::<u16>().prop_map(|event| {
            (PeerDownReason::LocalFsmEvent { event: Some(event) }, Raw(event.to_be_bytes().to_vec()))
        }),
        notification().prop_map(move |notification| {
            let data = encoded(&notification);
            (PeerDownReason::RemoteNotification { notification: Some(notification) }, data)
        }),
        Just((PeerDownReason::RemoteNoNotification, Raw::default())),
        Just((PeerDownReason::Deconfigured, Raw::default())),
        vec(tlv(), 0..3).prop_map(|tlvs| {
            let mut out = Vec::new();
            tlvs.iter().for_each(|tlv| tlv.encode(&mut out));
            (PeerDownReason::LocalSystemClosed { tlvs }, Raw(out))
        }),
        (7..=255u8, octets(9)).prop_map(|(number, data)| (PeerDownReason::Unknown { number }, data)),
    ];
    (peer(), reason)
        .prop_map(|(peer, (reason, data))| Body::PeerDown(PeerDown { peer, reason, data, tlvs: Vec::new() }))
}

fn peer_up() -> impl Strategy<Value = Body> {
    let ports = (any::<u16>(), any::<u16>());
    (peer(), ports, open(), open(), vec(tlv(), 0..3)).prop_flat_map(
        |(peer, (local_port, remote_port), sent_open, received_open, tlvs)| {
            ip_of(peer.address.is_ipv6()).prop_map(move |local_address| {
                let (mut sent, mut received) = (Vec::new(), Vec::new());
                sent_open.encode(&mut sent);
                received_open.encode(&mut received);
                Body::PeerUp(PeerUp {
                    peer,
                    local_address,
                    local_port,
                    remote_port,
                    sent_open: Some(sent_open.clone()),
                    received_open: Some(received_open.clone()),
                    faults: Vec::new(),
                    sent_open_message: Raw(sent),
                    received_open_message: Raw(received),
                    tlvs: tlvs.clone(),
                    trailing: Raw::default(),
                })
            })
        },
    )
}

fn mirrored() -> impl Strategy<Value = Mirrored> {
    prop_oneof![
        notification().prop_map(|notification| {
            let message = wire::bgp::Message::Notification(notification);
            let mut out = Vec::new();
            message.encode(&mut out);
            Mirrored::BgpMessage { message: Raw(out), decoded: Some(Box::new(message)), error: None }
        }),
        any::<u16>().prop_map(|code| Mirrored::Information { code }),
        (2..=u16::MAX, octets(20)).prop_map(|(tlv_type, value)| Mirrored::Unknown { tlv_type, value }),
    ]
}

pub fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        4 => (peer(), update(false)).prop_map(|(peer, update)| {
            Body::RouteMonitoring(RouteMonitoring { peer, update, tlvs: Vec::new(), update_tlv: None })
        }),
        1 => (peer(), vec(statistic(), 0..6)).prop_map(|(peer, statistics)| {
            Body::StatisticsReport(StatisticsReport { peer, statistics, tlvs: Vec::new(), position: None })
        }),
        1 => peer_down(),
        2 => peer_up(),
        1 => vec(tlv(), 0..4).prop_map(|tlvs| Body::Initiation(Initiation::new(tlvs))),
        1 => vec(tlv(), 0..4).prop_map(|tlvs| Body::Termination(Termination::new(tlvs))),
        1 => (peer(), vec(mirrored(), 0..4))
            .prop_map(|(peer, mirrored)| Body::RouteMirroring(RouteMirroring { peer, mirrored })),
        1 => (7..=255u8, octets(20)).prop_map(|(message_type, data)| Body::Unknown(Unknown { message_type, data })),
    ]
}

/// A message of version 3, with its length.
pub fn message() -> impl Strategy<Value = (Message, Vec<u8>)> {
    body().prop_map(|body| {
        let mut message = Message { offset: 0, length: 0, version: 3, body };
        let mut octets = Vec::new();
        message.encode(&mut octets);
        message.length = u32::try_from(octets.len()).unwrap();
        (message, octets)
    })
}
