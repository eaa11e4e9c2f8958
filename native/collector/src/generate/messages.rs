//! The BMP messages (RFC 7854) of a synthetic session, with the BGP messages (RFC 4271) inside.

use super::table::{Path, Peer, View, LOCAL_ADDRESS, LOCAL_AS};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};
use wire::bgp::attribute::{
    Aggregator, AtomicAggregate, ClassicNextHop, Communities, Community, LargeCommunities, LargeCommunity,
    LocalPref, MpReach, MpUnreach, MultiExitDisc,
};
use wire::bgp::open::OptionalParameter;
use wire::bgp::{
    AddressFamily, AsPath, Attribute, AttributeValue, Attributes, Capability, NextHop, Nlri, NlriValue, Open,
    Update,
};
use wire::bmp::{
    Body, Initiation, Message, PeerHeader, PeerType, PeerUp, RouteMonitoring, Statistic, StatisticValue,
    StatisticsReport, Timestamp, Tlv,
};
use wire::registry::bgp::{AS_TRANS, VERSION};
use wire::registry::bmp::peer_flag;

/// 2026-01-01 00:00:00 UTC: the time of the first message, so that two runs give the same bytes.
const EPOCH_US: u64 = 1_767_225_600_000_000;
/// What lies between two messages, as a busy router's clock shows it.
const STEP_US: u64 = 37;

/// Makes one message after the other in one buffer.
#[derive(Debug, Default)]
pub struct Messages {
    buffer: Vec<u8>,
    made: u64,
}

impl Messages {
    /// Initiation (section 4.3) with sysDescr and sysName.
    pub fn initiation(&mut self, name: &str) -> &[u8] {
        let description = concat!("bmp-collector ", env!("CARGO_PKG_VERSION"), ", synthetic");
        let tlvs = [(1, description), (2, name)].map(|(tlv_type, text)| Tlv {
            tlv_type,
            index: None,
            value: text.as_bytes().into(),
        });
        self.message(Body::Initiation(Initiation::new(tlvs.to_vec())))
    }

    /// Peer Up (section 4.10) with both OPENs: IPv4 and IPv6 unicast, route refresh, four-octet AS numbers.
    pub fn peer_up(&mut self, peer: &Peer, view: View) -> &[u8] {
        let peer_up = PeerUp {
            peer: self.peer_header(peer, view),
            local_address: IpAddr::V4(LOCAL_ADDRESS),
            local_port: 179,
            remote_port: 40_000,
            sent_open: Some(open(LOCAL_AS, LOCAL_ADDRESS)),
            received_open: Some(open(peer.asn, peer.address)),
            faults: Vec::new(),
            sent_open_message: Vec::new().into(),
            received_open_message: Vec::new().into(),
            tlvs: Vec::new(),
            trailing: Vec::new().into(),
        };
        self.message(Body::PeerUp(peer_up))
    }

    /// An UPDATE that announces `prefixes`, all of one family.
    pub fn announcement(&mut self, peer: &Peer, view: View, path: &Path, prefixes: &[IpNet]) -> &[u8] {
        let mut update = Update { attributes: attributes(path), ..Update::default() };
        match path.next_hop {
            IpAddr::V4(_) => update.nlri = nlri(prefixes),
            IpAddr::V6(global) => {
                let next_hop = NextHop::Ipv6 { global, link_local: None };
                let reach = MpReach { family: AddressFamily::IPV6_UNICAST, next_hop, nlri: nlri(prefixes) };
                update.attributes.0.push(Attribute::new(AttributeValue::MpReach(reach)));
            }
        }
        self.update(peer, view, update)
    }

    /// An UPDATE that withdraws `prefixes`, all of one family.
    pub fn withdrawal(&mut self, peer: &Peer, view: View, prefixes: &[IpNet]) -> &[u8] {
        match prefixes.first() {
            Some(IpNet::V6(_)) => self.withdrawal_ipv6(peer, view, prefixes),
            _ => self.update(peer, view, Update { withdrawn: nlri(prefixes), ..Update::default() }),
        }
    }

    fn withdrawal_ipv6(&mut self, peer: &Peer, view: View, prefixes: &[IpNet]) -> &[u8] {
        let unreach = MpUnreach { family: AddressFamily::IPV6_UNICAST, nlri: nlri(prefixes) };
        let attributes = Attributes(vec![Attribute::new(AttributeValue::MpUnreach(unreach))]);
        self.update(peer, view, Update { attributes, ..Update::default() })
    }

    /// End-of-RIB (RFC 4724, section 2) of IPv4 unicast: an UPDATE with nothing in it.
    pub fn end_of_rib_ipv4(&mut self, peer: &Peer, view: View) -> &[u8] {
        self.update(peer, view, Update::default())
    }

    /// End-of-RIB of IPv6 unicast: an MP_UNREACH_NLRI with nothing in it.
    pub fn end_of_rib_ipv6(&mut self, peer: &Peer, view: View) -> &[u8] {
        self.withdrawal_ipv6(peer, view, &[])
    }

    /// Statistics Report (section 4.8): how many routes each view holds.
    pub fn statistics(&mut self, peer: &Peer, views: &[View], routes: u64) -> &[u8] {
        // routes in Adj-RIBs-In, and those of them that are in the Loc-RIB.
        let statistic_type = |view: &View| if *view == View::Pre { 7 } else { 8 };
        let statistics = views.iter().map(|view| Statistic {
            statistic_type: statistic_type(view),
            value: StatisticValue::Gauge64 { value: routes },
        });
        let report = StatisticsReport {
            peer: self.peer_header(peer, View::Pre),
            statistics: statistics.collect(),
            tlvs: Vec::new(),
            position: None,
        };
        self.message(Body::StatisticsReport(report))
    }

    fn update(&mut self, peer: &Peer, view: View, update: Update) -> &[u8] {
        let peer = self.peer_header(peer, view);
        self.message(Body::RouteMonitoring(RouteMonitoring {
            peer,
            update,
            tlvs: Vec::new(),
            update_tlv: None,
        }))
    }

    fn peer_header(&mut self, peer: &Peer, view: View) -> PeerHeader {
        self.made += 1;
        let now = EPOCH_US + self.made * STEP_US;
        let part = |us: u64| u32::try_from(us).unwrap_or_default();
        PeerHeader {
            peer_type: PeerType::GLOBAL,
            flags: if view == View::Post { peer_flag::L } else { 0 },
            distinguisher: 0,
            address: IpAddr::V4(peer.address),
            asn: peer.asn,
            bgp_id: peer.address,
            timestamp: Timestamp { seconds: part(now / 1_000_000), microseconds: part(now % 1_000_000) },
        }
    }

    fn message(&mut self, body: Body) -> &[u8] {
        self.buffer.clear();
        Message { offset: 0, length: 0, version: 3, body }.encode(&mut self.buffer);
        &self.buffer
    }
}

fn open(asn: u32, bgp_id: Ipv4Addr) -> Open {
    let capabilities = vec![
        Capability::Multiprotocol { family: AddressFamily::IPV4_UNICAST },
        Capability::Multiprotocol { family: AddressFamily::IPV6_UNICAST },
        Capability::RouteRefresh,
        Capability::FourOctetAs { asn },
    ];
    Open {
        version: VERSION,
        my_as: u16::try_from(asn).unwrap_or(AS_TRANS),
        hold_time: 180,
        bgp_id,
        parameters: vec![OptionalParameter::Capabilities(capabilities)],
        extended: false,
    }
}

fn nlri(prefixes: &[IpNet]) -> Vec<Nlri> {
    prefixes.iter().map(|prefix| Nlri { path_id: None, value: NlriValue::Prefix(*prefix) }).collect()
}

/// Every attribute but MP_REACH_NLRI, in order of their codes.
fn attributes(path: &Path) -> Attributes {
    let mut values =
        vec![AttributeValue::Origin(path.origin), AttributeValue::AsPath(AsPath::sequence(&path.as_path))];
    if let IpAddr::V4(next_hop) = path.next_hop {
        values.push(AttributeValue::NextHop(ClassicNextHop(next_hop)));
    }
    values.extend(path.med.map(|med| AttributeValue::MultiExitDisc(MultiExitDisc(med))));
    values.extend(path.local_pref.map(|local_pref| AttributeValue::LocalPref(LocalPref(local_pref))));
    values.extend(path.atomic_aggregate.then_some(AttributeValue::AtomicAggregate(AtomicAggregate)));
    values.extend(
        path.aggregator
            .map(|(asn, address)| AttributeValue::Aggregator(Aggregator { asn, address, two_octet: false })),
    );
    if !path.communities.is_empty() {
        values.push(AttributeValue::Communities(Communities(
            path.communities.iter().copied().map(Community).collect(),
        )));
    }
    if !path.large_communities.is_empty() {
        let large =
            path.large_communities.iter().map(|&[global_administrator, local_data_1, local_data_2]| {
                LargeCommunity { global_administrator, local_data_1, local_data_2 }
            });
        values.push(AttributeValue::LargeCommunities(LargeCommunities(large.collect())));
    }
    Attributes(values.into_iter().map(Attribute::new).collect())
}
