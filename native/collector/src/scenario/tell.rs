//! What a router tells, written so that a person can read and change it: `up`, `down`, `announce`, `withdraw`, `end_of_rib`, `statistics`
//! and `initiation` in place of `hex`. It is encoded to the octets that the router would send, and goes the whole way from there.

use anyhow::{bail, Context, Result};
use ipnet::IpNet;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use wire::bgp::attribute::{
    ClassicNextHop, Communities, Community, ExtendedCommunities, ExtendedCommunity, LargeCommunities,
    LargeCommunity, LocalPref, MpReach, MpUnreach, MultiExitDisc, OnlyToCustomer,
};
use wire::bgp::open::OptionalParameter;
use wire::bgp::{
    AddressFamily, AsPath, Attribute, AttributeValue, Attributes, Capability, NextHop, Nlri, NlriValue,
    Notification, Open, Origin, Update,
};
use wire::bmp::{
    Body, Initiation, Message, PeerDown, PeerDownReason, PeerHeader, PeerType, PeerUp, RouteMonitoring,
    Statistic, StatisticValue, StatisticsReport, Timestamp, Tlv,
};
use wire::registry::bgp::{AS_TRANS, VERSION};
use wire::registry::bmp::peer_down_reason as reason;

/// One line of `events.jsonl` may tell one of these.
#[derive(Deserialize)]
pub struct Told {
    initiation: Option<String>,
    up: Option<Up>,
    down: Option<Down>,
    announce: Option<Announce>,
    withdraw: Option<Withdraw>,
    end_of_rib: Option<EndOfRib>,
    statistics: Option<Statistics>,
    /// How far the router's clock is ahead.
    #[serde(default)]
    clock_s: i64,
}

/// `loc-rib`, or a peer's address.
#[derive(Deserialize)]
struct Up {
    peer: String,
    asn: u32,
    id: Option<Ipv4Addr>,
    local: Option<IpAddr>,
    local_asn: Option<u32>,
    /// The router's own BGP Identifier, where it is not `local`.
    local_id: Option<Ipv4Addr>,
    /// `65000:1`: the peer is in that VRF.
    rd: Option<String>,
    /// What it calls itself (the FQDN capability).
    host: Option<String>,
}

#[derive(Deserialize)]
struct Down {
    peer: String,
    reason: u8,
    notification: Option<(u8, u8)>,
    /// The text of a shutdown (RFC 9003).
    text: Option<String>,
    /// What follows code and subcode, as hexadecimal text.
    data: Option<String>,
    #[serde(default)]
    fsm: u16,
}

#[derive(Deserialize)]
struct Announce {
    peer: String,
    /// `10.0.0.0/24`, or `10.0.0.0/24 x 200` for that and the 199 after it.
    prefixes: Vec<String>,
    #[serde(default)]
    path: Vec<u32>,
    next_hop: Option<IpAddr>,
    med: Option<u32>,
    local_pref: Option<u32>,
    #[serde(default)]
    incomplete: bool,
    #[serde(default)]
    communities: Vec<String>,
    /// Sixteen hexadecimal digits each.
    #[serde(default)]
    extended: Vec<String>,
    otc: Option<u32>,
    #[serde(default = "pre_and_post")]
    views: Vec<View>,
}

#[derive(Deserialize)]
struct Withdraw {
    peer: String,
    prefixes: Vec<String>,
    #[serde(default = "pre_and_post")]
    views: Vec<View>,
}

#[derive(Deserialize)]
struct EndOfRib {
    peer: String,
    #[serde(default = "pre_and_post")]
    views: Vec<View>,
}

#[derive(Deserialize)]
struct Statistics {
    peer: String,
    /// The value of each counter, by the number of its type.
    counters: BTreeMap<String, u64>,
}

/// Of a Loc-RIB there is one view only, whatever is said.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    Pre,
    Post,
}

fn pre_and_post() -> Vec<View> {
    vec![View::Pre, View::Post]
}

/// The peers of a session, as their `up` told them.
#[derive(Default)]
pub struct Teller {
    peers: HashMap<String, PeerHeader>,
}

impl Teller {
    /// The octets of what is told; none where nothing is.
    pub fn octets(&mut self, told: &Told, unix_ms: i64) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let at = unix_ms + told.clock_s * 1000;
        if let Some(name) = &told.initiation {
            let tlvs = [(1, "a scenario"), (2, name.as_str())].map(|(tlv_type, text)| Tlv {
                tlv_type,
                index: None,
                value: text.as_bytes().into(),
            });
            push(&mut out, Body::Initiation(Initiation::new(tlvs.to_vec())));
        }
        if let Some(up) = &told.up {
            push(&mut out, self.up(up, at)?);
        }
        if let Some(down) = &told.down {
            push(&mut out, self.down(down, at)?);
        }
        if let Some(announce) = &told.announce {
            let prefixes = prefixes(&announce.prefixes)?;
            for view in self.views(&announce.peer, &announce.views)? {
                let peer = self.header(&announce.peer, view, at)?;
                for some in prefixes.chunks(500) {
                    let update = announced(announce, some, peer.address)?;
                    push(&mut out, monitoring(peer, update));
                }
            }
        }
        if let Some(withdraw) = &told.withdraw {
            let prefixes = prefixes(&withdraw.prefixes)?;
            for view in self.views(&withdraw.peer, &withdraw.views)? {
                let peer = self.header(&withdraw.peer, view, at)?;
                for some in prefixes.chunks(500) {
                    push(&mut out, monitoring(peer, withdrawn(some)));
                }
            }
        }
        if let Some(end) = &told.end_of_rib {
            for view in self.views(&end.peer, &end.views)? {
                let peer = self.header(&end.peer, view, at)?;
                push(&mut out, monitoring(peer, Update::default()));
                let none = MpUnreach { family: AddressFamily::IPV6_UNICAST, nlri: Vec::new() };
                push(&mut out, monitoring(peer, unreach(none)));
            }
        }
        if let Some(statistics) = &told.statistics {
            let counters = statistics.counters.iter().map(|(kind, value)| {
                let statistic_type = kind.parse().with_context(|| format!("{kind} is no type"))?;
                Ok(Statistic { statistic_type, value: StatisticValue::Gauge64 { value: *value } })
            });
            push(
                &mut out,
                Body::StatisticsReport(StatisticsReport {
                    peer: self.header(&statistics.peer, View::Pre, at)?,
                    statistics: counters.collect::<Result<_>>()?,
                    tlvs: Vec::new(),
                    position: None,
                }),
            );
        }
        Ok(out)
    }

    fn views(&self, peer: &str, asked: &[View]) -> Result<Vec<View>> {
        let header = self.peers.get(peer).with_context(|| format!("peer {peer} was never up"))?;
        Ok(if header.peer_type == PeerType::LOC_RIB { vec![View::Pre] } else { asked.to_vec() })
    }

    fn header(&self, peer: &str, view: View, at_ms: i64) -> Result<PeerHeader> {
        let mut header = *self.peers.get(peer).with_context(|| format!("peer {peer} was never up"))?;
        if view == View::Post {
            header.flags |= 0x40;
        }
        header.timestamp = Timestamp {
            seconds: u32::try_from(at_ms / 1000)?,
            microseconds: u32::try_from(at_ms % 1000 * 1000)?,
        };
        Ok(header)
    }

    fn up(&mut self, up: &Up, at_ms: i64) -> Result<Body> {
        let loc_rib = up.peer == "loc-rib";
        let address = match loc_rib {
            true => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            false => up.peer.split(' ').next().unwrap_or_default().parse().context("no address")?,
        };
        let id = match (up.id, address) {
            (Some(id), _) => id,
            (None, IpAddr::V4(address)) => address,
            (None, IpAddr::V6(_)) => Ipv4Addr::new(198, 18, 0, 1),
        };
        let header = PeerHeader {
            peer_type: match (loc_rib, &up.rd) {
                (true, _) => PeerType::LOC_RIB,
                (false, Some(_)) => PeerType::RD,
                (false, None) => PeerType::GLOBAL,
            },
            flags: if address.is_ipv6() { 0x80 } else { 0 },
            distinguisher: up.rd.as_deref().map(distinguisher).transpose()?.unwrap_or(0),
            address,
            asn: up.asn,
            bgp_id: id,
            timestamp: Timestamp { seconds: 0, microseconds: 0 },
        };
        self.peers.insert(up.peer.clone(), header);
        let local = up.local.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let own = match (up.local_id, local) {
            (Some(id), _) => id,
            (None, IpAddr::V4(local)) => local,
            (None, IpAddr::V6(_)) => Ipv4Addr::new(198, 18, 0, 2),
        };
        Ok(Body::PeerUp(PeerUp {
            peer: self.header(&up.peer, View::Pre, at_ms)?,
            local_address: local,
            local_port: 179,
            remote_port: 40_000,
            sent_open: Some(open(up.local_asn.unwrap_or(up.asn), own, None)),
            received_open: Some(open(up.asn, id, up.host.as_deref())),
            faults: Vec::new(),
            sent_open_message: Vec::new().into(),
            received_open_message: Vec::new().into(),
            tlvs: Vec::new(),
            trailing: Vec::new().into(),
        }))
    }

    fn down(&self, down: &Down, at_ms: i64) -> Result<Body> {
        let mut data = Vec::new();
        match down.reason {
            reason::LOCAL_NOTIFICATION | reason::REMOTE_NOTIFICATION => {
                let Some((code, subcode)) = down.notification else { bail!("no notification") };
                let octets = match (&down.text, &down.data) {
                    (Some(text), _) => [&[u8::try_from(text.len())?][..], text.as_bytes()].concat(),
                    (None, Some(hex)) => rib::text::unhex(hex).context("data is no hexadecimal text")?,
                    (None, None) => Vec::new(),
                };
                Notification { code, subcode, data: octets.into() }.encode(&mut data);
            }
            reason::LOCAL_FSM_EVENT => data.extend_from_slice(&down.fsm.to_be_bytes()),
            _ => {}
        }
        Ok(Body::PeerDown(PeerDown {
            peer: self.header(&down.peer, View::Pre, at_ms)?,
            reason: match down.reason {
                reason::REMOTE_NO_NOTIFICATION => PeerDownReason::RemoteNoNotification,
                reason::DECONFIGURED => PeerDownReason::Deconfigured,
                // Only the number of it is encoded.
                number => PeerDownReason::Unknown { number },
            },
            data: data.into(),
            tlvs: Vec::new(),
        }))
    }
}

fn push(out: &mut Vec<u8>, body: Body) {
    Message { offset: 0, length: 0, version: 3, body }.encode(out);
}

fn monitoring(peer: PeerHeader, update: Update) -> Body {
    Body::RouteMonitoring(RouteMonitoring { peer, update, tlvs: Vec::new(), update_tlv: None })
}

fn announced(of: &Announce, prefixes: &[IpNet], peer: IpAddr) -> Result<Update> {
    let origin = if of.incomplete { Origin::Incomplete } else { Origin::Igp };
    let mut values = vec![AttributeValue::Origin(origin), AttributeValue::AsPath(AsPath::sequence(&of.path))];
    let next_hop = of.next_hop.unwrap_or(peer);
    let ipv6 = prefixes.first().is_some_and(|prefix| prefix.addr().is_ipv6());
    if let (false, IpAddr::V4(next_hop)) = (ipv6, next_hop) {
        values.push(AttributeValue::NextHop(ClassicNextHop(next_hop)));
    }
    values.extend(of.med.map(|med| AttributeValue::MultiExitDisc(MultiExitDisc(med))));
    values.extend(of.local_pref.map(|preference| AttributeValue::LocalPref(LocalPref(preference))));
    let (mut standard, mut large) = (Vec::new(), Vec::new());
    for text in &of.communities {
        let numbers: Result<Vec<u32>, _> = text.split(':').map(str::parse).collect();
        match numbers.with_context(|| format!("{text} is no community"))?[..] {
            [high, low] => standard.push(Community(high << 16 | low)),
            [global_administrator, local_data_1, local_data_2] => {
                large.push(LargeCommunity { global_administrator, local_data_1, local_data_2 });
            }
            _ => bail!("{text} is no community"),
        }
    }
    if !standard.is_empty() {
        values.push(AttributeValue::Communities(Communities(standard)));
    }
    if !of.extended.is_empty() {
        let extended = of.extended.iter().map(|text| {
            let octets = rib::text::unhex(text).and_then(|octets| <[u8; 8]>::try_from(octets).ok());
            octets.map(ExtendedCommunity).with_context(|| format!("{text} is no extended community"))
        });
        values
            .push(AttributeValue::ExtendedCommunities(ExtendedCommunities(extended.collect::<Result<_>>()?)));
    }
    if !large.is_empty() {
        values.push(AttributeValue::LargeCommunities(LargeCommunities(large)));
    }
    values.extend(of.otc.map(|asn| AttributeValue::OnlyToCustomer(OnlyToCustomer(asn))));
    let mut attributes = Attributes(values.into_iter().map(Attribute::new).collect());
    if !ipv6 {
        return Ok(Update { attributes, nlri: nlri(prefixes), ..Update::default() });
    }
    let IpAddr::V6(global) = next_hop else { bail!("prefixes of IPv6 have a next hop of IPv4") };
    let next_hop = NextHop::Ipv6 { global, link_local: None };
    let reach = MpReach { family: AddressFamily::IPV6_UNICAST, next_hop, nlri: nlri(prefixes) };
    attributes.0.push(Attribute::new(AttributeValue::MpReach(reach)));
    Ok(Update { attributes, ..Update::default() })
}

fn withdrawn(prefixes: &[IpNet]) -> Update {
    match prefixes.first() {
        Some(IpNet::V6(_)) => {
            unreach(MpUnreach { family: AddressFamily::IPV6_UNICAST, nlri: nlri(prefixes) })
        }
        _ => Update { withdrawn: nlri(prefixes), ..Update::default() },
    }
}

fn unreach(of: MpUnreach) -> Update {
    Update {
        attributes: Attributes(vec![Attribute::new(AttributeValue::MpUnreach(of))]),
        ..Update::default()
    }
}

fn nlri(prefixes: &[IpNet]) -> Vec<Nlri> {
    prefixes.iter().map(|prefix| Nlri { path_id: None, value: NlriValue::Prefix(*prefix) }).collect()
}

fn prefixes(texts: &[String]) -> Result<Vec<IpNet>> {
    let mut out = Vec::new();
    for text in texts {
        let (first, count) = match text.split_once(" x ") {
            Some((first, count)) => (first, count.parse().with_context(|| format!("{text}: no count"))?),
            None => (text.as_str(), 1_u32),
        };
        let first: IpNet = first.parse().with_context(|| format!("{text} is no prefix"))?;
        for number in 0..count {
            out.push(match first {
                IpNet::V4(net) => {
                    let step = number.checked_shl(u32::from(32 - net.prefix_len())).unwrap_or(0);
                    let address = Ipv4Addr::from(u32::from(net.network()).wrapping_add(step));
                    IpNet::new(address.into(), net.prefix_len())?
                }
                IpNet::V6(net) => {
                    let step = u128::from(number).checked_shl(u32::from(128 - net.prefix_len())).unwrap_or(0);
                    let address = std::net::Ipv6Addr::from(u128::from(net.network()).wrapping_add(step));
                    IpNet::new(address.into(), net.prefix_len())?
                }
            });
        }
    }
    Ok(out)
}

/// `65000:1` as RFC 4364 encodes it with type 0.
fn distinguisher(text: &str) -> Result<u64> {
    let parts = text.split_once(':').and_then(|(high, low)| {
        Some((u64::from(high.parse::<u16>().ok()?), u64::from(low.parse::<u32>().ok()?)))
    });
    let (high, low) = parts.with_context(|| format!("{text} is no route distinguisher"))?;
    Ok(high << 32 | low)
}

fn open(asn: u32, bgp_id: Ipv4Addr, host: Option<&str>) -> Open {
    let mut capabilities = vec![
        Capability::Multiprotocol { family: AddressFamily::IPV4_UNICAST },
        Capability::Multiprotocol { family: AddressFamily::IPV6_UNICAST },
        Capability::FourOctetAs { asn },
    ];
    let text = |text: &str| wire::bgp::capability::Text(text.as_bytes().into());
    capabilities.extend(host.map(|host| Capability::Fqdn { host: text(host), domain: text("") }));
    Open {
        version: VERSION,
        my_as: u16::try_from(asn).unwrap_or(AS_TRANS),
        hold_time: 180,
        bgp_id,
        parameters: vec![OptionalParameter::Capabilities(capabilities)],
        extended: false,
    }
}
