//! NetGauze's decode, every field of every message: ours is written in its words, and the two are compared.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{json, Map, Value};
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::nlri::label::Label;
use wire::bgp::open::OptionalParameter;

use wire::bgp::{
    AddressFamily, Attribute, AttributeValue, Capability, NextHop, Nlri, NlriValue, Open, RouteDistinguisher,
    Update,
};
use wire::bmp::{
    Body, Message, PathMarking, PeerDownReason, PeerHeader, PeerType, Statistic, StatisticValue, Timestamp,
};

use crate::differences::Found;

#[test]
fn every_message_is_as_netgauze_reads_it() {
    let folder = needs::captures();
    let (mut compared, mut fields) = (0, 0);
    let mut found = Found::default();
    for name in crate::streams(&folder.join("streams/netgauze")) {
        let theirs = crate::lines(&folder.join(format!("streams/netgauze/{name}.json.gz")));
        let messages = crate::messages(&folder, &name);
        assert_eq!(messages.len(), theirs.len(), "{name}");
        for (number, (message, theirs)) in messages.iter().zip(&theirs).enumerate() {
            compared += 1;
            compare("", &in_their_words(message), theirs, &mut |field, pair| match pair {
                None => fields += 1,
                Some((a, b)) => found.push(field, || format!("{name} {number}: {a} and not {b}")),
            });
        }
    }
    println!("{compared} messages and {fields} fields are as NetGauze reads them");
    assert_eq!(compared, 1817);
    found.compare("NetGauze");
}

/// Tells each leaf: with nothing where both are the same. Places in lists are left out of the way to it.
fn compare(field: &str, ours: &Value, theirs: &Value, tell: &mut impl FnMut(&str, Option<(&Value, &Value)>)) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            for (key, value) in a {
                compare(&format!("{field}.{key}"), value, &b[key], tell);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| compare(field, a, b, tell));
        }
        (a, b) if a == b => tell(field, None),
        (a, b) => tell(field, Some((a, b))),
    }
}

fn one(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_string(), value)]))
}

fn in_their_words(message: &Message) -> Value {
    let body = match &message.body {
        Body::RouteMonitoring(route) if message.version == 4 => {
            let place = route.update_tlv.unwrap();
            let markings: Vec<PathMarking> = route.path_markings().collect();
            let mut markings = markings.iter();
            one(
                "RouteMonitoring",
                json!({
                    "peer_header": peer(&route.peer),
                    "update_pdu": {"index": place.index, "value": {"BgpUpdate": {"Update": update(&route.update)}}},
                    "tlvs": route.tlvs.iter().map(|tlv| json!({"index": tlv.index, "value": match tlv.tlv_type {
                        2 => one("GroupTlv", json!(tlv.value.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect::<Vec<_>>())),
                        3 => one("VrfTableName", json!(tlv.text())),
                        5 => {
                            let marking = markings.next().unwrap();
                            let statuses: Vec<String> = marking.statuses().map(str::to_uppercase).collect();
                            one("PathMarking", json!({"path_status": statuses.join(" | "), "reason": marking.reason}))
                        }
                        other => json!(other),
                    }})).collect::<Vec<_>>(),
                }),
            )
        }
        Body::RouteMonitoring(route) => one(
            "RouteMonitoring",
            json!({"peer_header": peer(&route.peer), "update_message": {"Update": update(&route.update)}}),
        ),
        Body::StatisticsReport(report) => one(
            "StatisticsReport",
            json!({
                "peer_header": peer(&report.peer),
                "counters": report.statistics.iter().map(statistic).collect::<Vec<_>>(),
            }),
        ),
        Body::PeerDown(down) => {
            let reason = match &down.reason {
                PeerDownReason::RemoteNoNotification => json!("RemoteSystemClosedNoData"),
                PeerDownReason::LocalSystemClosed { tlvs } => {
                    let [tlv] = tlvs.as_slice() else { panic!("{tlvs:?}") };
                    one("LocalSystemClosedTlvDataFollows", information(3, tlv))
                }
                reason => panic!("{reason:?}"),
            };
            let mut down = json!({"peer_header": peer(&down.peer), "reason": reason});
            if message.version == 4 {
                down["tlvs"] = json!([]);
            }
            one("PeerDownNotification", down)
        }
        Body::PeerUp(up) => one(
            "PeerUpNotification",
            json!({
                "peer_header": peer(&up.peer),
                "local_address": address(up.local_address),
                "local_port": port(up.local_port),
                "remote_port": port(up.remote_port),
                "sent_message": {"Open": up.sent_open.as_ref().map(open)},
                "received_message": {"Open": up.received_open.as_ref().map(open)},
                "information": up.tlvs.iter().map(|tlv| information(3, tlv)).collect::<Vec<_>>(),
            }),
        ),
        Body::Initiation(initiation) => one(
            "Initiation",
            json!({"information": initiation.tlvs.iter().map(|tlv| information(4, tlv)).collect::<Vec<_>>()}),
        ),
        body => panic!("{body:?}"),
    };
    one(if message.version == 4 { "V4" } else { "V3" }, body)
}

fn information(message_type: u8, tlv: &wire::bmp::Tlv) -> Value {
    let name = match (message_type, tlv.tlv_type) {
        (4, 1) => "SystemDescription",
        (4, 2) => "SystemName",
        (3, 3) => "VrfTableName",
        _ => "unknown",
    };
    one(name, json!(tlv.text()))
}

fn address(address: IpAddr) -> Value {
    if address.is_unspecified() {
        Value::Null
    } else {
        json!(address)
    }
}

fn port(port: u16) -> Value {
    if port == 0 {
        Value::Null
    } else {
        json!(port)
    }
}

fn peer(peer: &PeerHeader) -> Value {
    let kind = match peer.peer_type {
        PeerType::GLOBAL => "GlobalInstancePeer",
        PeerType::RD => "RdInstancePeer",
        PeerType::LOCAL => "LocalInstancePeer",
        _ => "LocRibInstancePeer",
    };
    let flags = if peer.is_loc_rib() {
        json!({"filtered": peer.filtered()})
    } else {
        json!({
            "ipv6": peer.address.is_ipv6(),
            "post_policy": peer.post_policy(),
            "asn2": peer.two_octet_as_path(),
            "adj_rib_out": peer.adj_rib_out(),
        })
    };
    json!({
        "peer_type": one(kind, flags),
        "rd": if peer.distinguisher == 0 { Value::Null } else { rd(RouteDistinguisher(peer.distinguisher)) },
        "address": address(peer.address),
        "peer_as": peer.asn,
        "bgp_id": peer.bgp_id,
        "timestamp": timestamp(peer.timestamp),
    })
}

/// RFC 3339 in UTC (the civil date of a day number as Howard Hinnant reckons it).
fn timestamp(time: Timestamp) -> Value {
    if time == Timestamp::default() {
        return Value::Null;
    }
    let (day, second) = (i64::from(time.seconds / 86_400), time.seconds % 86_400);
    let shifted = day + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let (date, month) =
        (day_of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let fraction = match (time.microseconds, time.microseconds % 1000) {
        (0, _) => String::new(),
        (micro, 0) => format!(".{:03}", micro / 1000),
        (micro, _) => format!(".{micro:06}"),
    };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    json!(format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

fn rd(rd: RouteDistinguisher) -> Value {
    let [_, kind, a, b, c, d, e, f] = rd.0.to_be_bytes();
    let (first, last) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([e, f]));
    match kind {
        0 => json!({"As2Administrator": {"asn2": first, "number": u32::from_be_bytes([c, d, e, f])}}),
        1 => json!({"Ipv4Administrator": {"ip": Ipv4Addr::new(a, b, c, d), "number": last}}),
        _ => json!({"As4Administrator": {"asn4": u32::from_be_bytes([a, b, c, d]), "number": last}}),
    }
}

fn family(family: AddressFamily) -> &'static str {
    match (family.afi, family.safi) {
        (1, 1) => "Ipv4Unicast",
        (1, 2) => "Ipv4Multicast",
        (1, 4) => "Ipv4NlriMplsLabels",
        (1, 128) => "Ipv4MplsLabeledVpn",
        (1, 133) => "Ipv4FlowSpecification",
        (2, 1) => "Ipv6Unicast",
        (2, 4) => "Ipv6NlriMplsLabels",
        (2, 128) => "Ipv6MplsLabeledVpn",
        (16388, 71) => "BgpLs",
        (25, 70) => "L2VpnBgpEvpn",
        _ => panic!("{family}"),
    }
}

fn open(open: &Open) -> Value {
    let parameters = open.parameters.iter().map(|parameter| match parameter {
        OptionalParameter::Capabilities(capabilities) => {
            one("Capabilities", capabilities.iter().map(capability).collect())
        }
        OptionalParameter::Unknown { .. } => panic!("{parameter:?}"),
    });
    json!({
        "version": open.version,
        "my_as": open.my_as,
        "hold_time": open.hold_time,
        "bgp_id": open.bgp_id,
        "params": parameters.collect::<Vec<_>>(),
    })
}

fn capability(capability: &Capability) -> Value {
    match capability {
        Capability::Multiprotocol { family: value } => {
            json!({"MultiProtocolExtensions": {"address_type": family(*value)}})
        }
        Capability::RouteRefresh => json!("RouteRefresh"),
        Capability::OldRouteRefresh => json!("CiscoRouteRefresh"),
        Capability::FourOctetAs { asn } => json!({"FourOctetAs": {"asn4": asn}}),
        Capability::ExtendedNextHop { families } => {
            let encodings = families.iter().map(|entry| {
                json!({
                    "address_type": family(AddressFamily::new(entry.afi, entry.safi as u8)),
                    "next_hop_afi": if entry.next_hop_afi == 2 { "IPv6" } else { "IPv4" },
                })
            });
            json!({"ExtendedNextHopEncoding": {"encodings": encodings.collect::<Vec<_>>()}})
        }
        Capability::GracefulRestart { flags, restart_time, families } => {
            let families = families.iter().map(|entry| {
                json!({"forwarding_state": entry.flags & 0x80 != 0, "address_type": family(entry.family)})
            });
            json!({"GracefulRestartCapability": {
                "restart": flags & 8 != 0,
                "graceful_notification": flags & 4 != 0,
                "time": restart_time,
                "address_families": families.collect::<Vec<_>>(),
            }})
        }
        Capability::LongLivedGracefulRestart { families } => {
            let families = families.iter().map(|entry| {
                json!({
                    "address_type": family(entry.family),
                    "forwarding_state": entry.flags & 0x80 != 0,
                    "stale_time": entry.stale_time,
                })
            });
            json!({"LongLivedGracefulRestart": {"address_families": families.collect::<Vec<_>>()}})
        }
        other => json!(other),
    }
}

fn statistic(statistic: &Statistic) -> Value {
    let name = match statistic.statistic_type {
        1 => "NumberOfDuplicatePrefixAdvertisements",
        2 => "NumberOfDuplicateWithdraws",
        4 => "NumberOfUpdatesInvalidatedDueToAsPathLoop",
        7 => "NumberOfRoutesInAdjRibIn",
        8 => "NumberOfRoutesInLocRib",
        10 => "NumberOfRoutesInPerAfiSafiLocRib",
        _ => statistic.name().unwrap_or("unknown"),
    };
    let value = match &statistic.value {
        StatisticValue::Counter32 { value } => json!(value),
        StatisticValue::Gauge64 { value } => json!(value),
        StatisticValue::Family { family: of, value } => json!([family(*of), value]),
        StatisticValue::Raw { raw } => json!(raw),
    };
    one(name, value)
}

fn update(update: &Update) -> Value {
    if update.end_of_rib.is_some_and(|family| family == AddressFamily::IPV4_UNICAST) {
        assert!(update.attributes.0.len() <= 1);
    }
    json!({
        "withdrawn_routes": update.withdrawn.iter().map(prefix).collect::<Vec<_>>(),
        "path_attributes": update.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "nlri": update.nlri.iter().map(prefix).collect::<Vec<_>>(),
    })
}

fn prefix(nlri: &Nlri) -> Value {
    json!({"path_id": nlri.path_id, "network": nlri.value.prefix().unwrap()})
}

fn labels(labels: &[Label]) -> Value {
    labels.iter().map(|label| json!(&label.0.to_be_bytes()[1..])).collect()
}

fn routes(nlri: &[Nlri]) -> Value {
    let one = |nlri: &Nlri| match &nlri.value {
        NlriValue::Prefix(_) => prefix(nlri),
        NlriValue::Labeled(route) => {
            json!({"path_id": nlri.path_id, "labels": labels(&route.labels), "prefix": route.prefix})
        }
        NlriValue::Vpn(route) => json!({
            "path_id": nlri.path_id,
            "rd": rd(route.rd),
            "label_stack": labels(&route.labels),
            "network": route.prefix,
        }),
        value => panic!("{value}"),
    };
    nlri.iter().map(one).collect()
}

/// Names of multiprotocol routes.
fn routes_name(of: AddressFamily) -> &'static str {
    match (of.afi, of.safi) {
        (1, 128) => "Ipv4MplsVpnUnicast",
        (2, 128) => "Ipv6MplsVpnUnicast",
        _ => family(of),
    }
}

fn attribute(attribute: &Attribute) -> Value {
    use AttributeValue as A;
    let value = match &attribute.value {
        A::Origin(origin) => {
            json!({"Origin": match origin.name() { "igp" => "IGP", "egp" => "EGP", _ => "Incomplete" }})
        }
        A::AsPath(path) => {
            let segments = path.segments.iter().map(
                |segment| json!({"segment_type": format!("{:?}", segment.kind), "as_numbers": segment.asns}),
            );
            json!({"AsPath": {"As4PathSegments": segments.collect::<Vec<_>>()}})
        }
        A::NextHop(next_hop) => json!({"NextHop": {"next_hop": next_hop.0}}),
        A::MultiExitDisc(med) => json!({"MultiExitDiscriminator": {"metric": med.0}}),
        A::LocalPref(preference) => json!({"LocalPreference": {"metric": preference.0}}),
        A::Communities(communities) => {
            json!({"Communities": {"communities": communities.0.iter().map(|community| community.0).collect::<Vec<_>>()}})
        }
        A::ExtendedCommunities(communities) => {
            json!({"ExtendedCommunities": {"communities": communities.0.iter().map(extended_community).collect::<Vec<_>>()}})
        }
        A::LargeCommunities(communities) => {
            let each = communities.0.iter().map(|community| {
                let text = community.to_string();
                let parts: Vec<u32> = text.split(':').map(|part| part.parse().unwrap()).collect();
                json!({"global_admin": parts[0], "local_data1": parts[1], "local_data2": parts[2]})
            });
            json!({"LargeCommunities": {"communities": each.collect::<Vec<_>>()}})
        }
        A::Aigp(aigp) => json!({"Aigp": {"AccumulatedIgpMetric": aigp.metric}}),
        A::MpReach(reach) => {
            let nlri = routes(&reach.nlri);
            let routes = match (&reach.next_hop, (reach.family.afi, reach.family.safi)) {
                (NextHop::Ipv6 { global, link_local }, (2, 1)) => {
                    json!({"next_hop_global": global, "next_hop_local": link_local, "nlri": nlri})
                }
                (NextHop::Ipv4(_) | NextHop::Ipv6 { .. }, _) => json!({
                    "next_hop": reach.next_hop.address(),
                    "next_hop_local": reach.next_hop.link_local(),
                    "nlri": nlri,
                }),
                (NextHop::VpnIpv4 { rd: of, address }, _) => {
                    json!({"next_hop": {"Ipv4": {"rd": rd(*of), "next_hop": address}}, "nlri": nlri})
                }
                (NextHop::VpnIpv6 { rd: of, global, link_local: None }, _) => json!({
                    "next_hop": {"Ipv6": {"rd": rd(*of), "next_hop": global, "next_hop_local": null}},
                    "nlri": nlri,
                }),
                (next_hop, _) => panic!("{next_hop:?}"),
            };
            json!({"MpReach": one(routes_name(reach.family), routes)})
        }
        A::MpUnreach(unreach) => {
            json!({"MpUnreach": one(routes_name(unreach.family), json!({"nlri": routes(&unreach.nlri)}))})
        }
        A::PrefixSid(sid) => {
            let tlvs = tlvs(&serde_json::to_value(sid).unwrap());
            json!({"PrefixSegmentIdentifier": {"tlvs": tlvs}})
        }
        value => json!(value),
    };
    let flag = |bit: u8| attribute.flags & bit != 0;
    json!({
        "optional": flag(0x80),
        "transitive": flag(0x40),
        "partial": flag(0x20),
        "extended_length": flag(0x10),
        "value": value,
    })
}

fn extended_community(community: &ExtendedCommunity) -> Value {
    let [kind, subtype, a, b, c, d, e, f] = community.0;
    let name = match (kind, subtype) {
        (0, 2) => "RouteTarget",
        (0, 3) => "RouteOrigin",
        _ => panic!("{community}"),
    };
    let (global, local) = (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]));
    json!({"TransitiveTwoOctet": one(name, json!({"global_admin": global, "local_admin": local}))})
}

/// TLVs of a prefix SID, from their JSON.
fn tlvs(tlvs: &Value) -> Vec<Value> {
    tlvs.as_array()
        .unwrap()
        .iter()
        .map(|tlv| {
            let value = &tlv["value"];
            let names = [
                ("LabelIndex", "label_index", &[("flags", "flags"), ("label_index", "index")][..]),
                ("SRv6ServiceL3", "srv6_l3_service", &[("reserved", "reserved"), ("subtlvs", "sub_tlvs")]),
                (
                    "SRv6SIDInformation",
                    "srv6_sid_information",
                    &[
                        ("reserved1", "reserved_1"),
                        ("sid", "sid"),
                        ("service_sid_flags", "flags"),
                        ("endpoint_behaviour", "endpoint_behavior"),
                        ("reserved2", "reserved_2"),
                        ("subsubtlvs", "sub_sub_tlvs"),
                    ],
                ),
                (
                    "SRv6SIDStructure",
                    "srv6_sid_structure",
                    &[
                        ("locator_block_len", "locator_block_length"),
                        ("locator_node_len", "locator_node_length"),
                        ("function_len", "function_length"),
                        ("arg_len", "argument_length"),
                        ("transposition_len", "transposition_length"),
                        ("transposition_offset", "transposition_offset"),
                    ],
                ),
            ];
            let found = names.iter().find(|(_, ours, _)| tlv["name"] == *ours);
            let (theirs, _, fields) = found.unwrap_or_else(|| panic!("{tlv}"));
            let fields = fields.iter().map(|(theirs, ours)| {
                let value = &value[*ours];
                let value = if value.is_array() { json!(self::tlvs(value)) } else { value.clone() };
                (theirs.to_string(), value)
            });
            one(theirs, Value::Object(fields.collect()))
        })
        .collect()
}
