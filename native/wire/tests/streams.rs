//! Real sessions: counts by type as INDEX.json says, every Route Monitoring as tshark reads it, and the same whatever the split.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod common;

use std::collections::BTreeMap;

use common::{data, decode_all, decode_split, gunzip};
use serde_json::Value;
use wire::bgp::{Action, AddressFamily, AttributeValue, Update};
use wire::bmp::{Body, Message};

fn index(folder: &std::path::Path) -> Vec<Value> {
    let index = std::fs::read(folder.join("streams/INDEX.json")).unwrap();
    serde_json::from_slice(&index).unwrap()
}

fn stream(folder: &std::path::Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join("streams").join(name).with_extension("bmp")).unwrap()
}

/// INDEX.json's names of types.
fn index_name(body: &Body) -> String {
    match body {
        Body::StatisticsReport(_) => "stats_report".into(),
        Body::Unknown(unknown) if unknown.message_type == 100 => "type100_huawei_rpat".into(),
        body => body.type_name().into(),
    }
}

#[test]
fn every_message_decodes_and_counts_by_type_equal_the_index() {
    let Some(folder) = data("streams by type") else { return };
    let index = index(&folder);
    assert_eq!(index.len(), 27);
    let mut total = 0;
    for entry in &index {
        let name = entry["name"].as_str().unwrap();
        let mut counts = BTreeMap::new();
        for message in decode_all(&stream(&folder, name)) {
            let message = message.unwrap_or_else(|error| panic!("{name}: {error}"));
            *counts.entry(index_name(&message.body)).or_insert(0u64) += 1;
            total += 1;
        }
        let expected: BTreeMap<String, u64> = serde_json::from_value(entry["by_type"].clone()).unwrap();
        assert_eq!(counts, expected, "{name}");
    }
    assert_eq!(total, 9209);
}

#[test]
fn no_update_of_the_streams_has_a_fault() {
    let Some(folder) = data("faults in streams") else { return };
    for entry in index(&folder) {
        let name = entry["name"].as_str().unwrap();
        for message in decode_all(&stream(&folder, name)).into_iter().flatten() {
            if let Body::RouteMonitoring(route) = &message.body {
                assert_eq!(route.update.faults, [], "{name} at {}", message.offset);
            }
        }
    }
}

#[test]
fn any_split_gives_the_same_messages() {
    let Some(folder) = data("streams in any split") else { return };
    for entry in index(&folder) {
        let bytes = stream(&folder, entry["name"].as_str().unwrap());
        let whole = decode_all(&bytes);
        for piece in [1, 5, 47, 1000, 65536] {
            assert_eq!(decode_split(&bytes, piece), whole, "{} in pieces of {piece}", entry["name"]);
        }
    }
}

#[test]
fn encoding_a_message_gives_its_bytes() {
    let Some(folder) = data("re-encoded streams") else { return };
    for entry in index(&folder) {
        let bytes = stream(&folder, entry["name"].as_str().unwrap());
        for message in decode_all(&bytes) {
            let message = message.unwrap();
            let start = usize::try_from(message.offset).unwrap();
            let original = &bytes[start..start + message.length as usize];
            let mut encoded = Vec::new();
            message.encode(&mut encoded);
            assert!(
                encoded == original,
                "{} at {start}: {message:?}\n{original:02x?}\n{encoded:02x?}",
                entry["name"]
            );
        }
    }
}

/// The text of a field, the first where there are several.
fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    match &object[key] {
        Value::Array(values) => values.first()?.as_str(),
        value => value.as_str(),
    }
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}

fn numbers(value: &Value) -> Vec<u32> {
    list(value).iter().map(|number| number.as_str().unwrap().parse().unwrap()).collect()
}

/// Every `<prefix>/<length>` below `value`, where `key` names the address.
fn prefixes(value: &Value, key: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(address) = fields.get(key).and_then(Value::as_str) {
                out.push(format!("{address}/{}", fields["bgp.prefix_length"].as_str().unwrap()));
            }
            fields.values().for_each(|value| prefixes(value, key, out));
        }
        Value::Array(values) => values.iter().for_each(|value| prefixes(value, key, out)),
        _ => {}
    }
}

type Prefixes = Vec<(Action, String)>;

fn ours(update: &Update) -> Prefixes {
    let mut routes: Prefixes = update
        .groups()
        .filter(|group| matches!((group.family.afi, group.family.safi), (1 | 2, 1)))
        .flat_map(|group| group.nlri.iter().map(move |nlri| (group.action, nlri.value.to_string())))
        .collect();
    routes.sort_by_key(|(action, prefix)| (*action as u8, prefix.clone()));
    routes
}

fn theirs(update: &Value) -> Prefixes {
    let mut found = Vec::new();
    let mut add = |action, value: &Value, key: &str| {
        let mut out = Vec::new();
        prefixes(value, key, &mut out);
        found.extend(out.into_iter().map(|prefix| (action, prefix)));
    };
    add(Action::Withdraw, &update["bgp.update.withdrawn_routes"], "bgp.withdrawn_prefix");
    add(Action::Announce, &update["bgp.update.nlri"], "bgp.nlri_prefix");
    for attribute in attributes(update) {
        let unicast =
            |name: &str| text(attribute, &format!("bgp.update.path_attribute.{name}.safi")) == Some("1");
        for (name, action) in [("mp_reach_nlri", Action::Announce), ("mp_unreach_nlri", Action::Withdraw)] {
            if unicast(name) {
                let nlri = &attribute[&format!("bgp.update.path_attribute.{name}")];
                add(action, nlri, &format!("bgp.{name}_ipv4_prefix"));
                add(action, nlri, &format!("bgp.{name}_ipv6_prefix"));
            }
        }
    }
    found.sort_by_key(|(action, prefix)| (*action as u8, prefix.clone()));
    found
}

fn attributes(update: &Value) -> Vec<&Value> {
    list(&update["bgp.update.path_attributes"]["bgp.update.path_attribute"])
}

/// An attribute's value in tshark's words; `None` where it has no reading to compare with.
fn in_their_words(value: &AttributeValue) -> Option<Value> {
    use serde_json::json;
    Some(match value {
        AttributeValue::Origin(origin) => json!((*origin as u8).to_string()),
        AttributeValue::AsPath(path) => json!(path
            .segments
            .iter()
            .map(|segment| ((segment.kind as u8).to_string(), segment.asns.clone()))
            .collect::<Vec<_>>()),
        AttributeValue::NextHop(next_hop) => json!(next_hop.0.to_string()),
        AttributeValue::MultiExitDisc(med) => json!(med.0.to_string()),
        AttributeValue::LocalPref(preference) => json!(preference.0.to_string()),
        AttributeValue::Aggregator(aggregator) => json!([aggregator.asn.to_string(), aggregator.address]),
        AttributeValue::Communities(communities) => {
            json!(communities.0.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        AttributeValue::OriginatorId(id) => json!(id.0.to_string()),
        AttributeValue::ClusterList(clusters) => json!(clusters.0),
        AttributeValue::LargeCommunities(communities) => {
            json!(communities.0.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        AttributeValue::MpReach(reach) => {
            json!([reach.family.afi.to_string(), reach.family.safi.to_string(), reach.next_hop.address(),])
        }
        AttributeValue::MpUnreach(unreach) => {
            json!([unreach.family.afi.to_string(), unreach.family.safi.to_string()])
        }
        _ => return None,
    })
}

fn their_value(code: u8, attribute: &Value) -> Option<Value> {
    use serde_json::json;
    let field = |name: &str| attribute[&format!("bgp.update.path_attribute.{name}")].clone();
    Some(match code {
        1 => field("origin"),
        2 => json!(list(&field("as_path_segment"))
            .iter()
            .map(|segment| {
                let kind = segment["bgp.update.path_attribute.as_path_segment.type"].clone();
                (kind, numbers(&segment["bgp.update.path_attribute.as_path_segment.as4"]))
            })
            .collect::<Vec<_>>()),
        3 => field("next_hop"),
        4 => field("multi_exit_disc"),
        5 => field("local_pref"),
        7 => json!([field("aggregator_as"), field("aggregator_origin")]),
        8 => json!(list(&field("communities")["bgp.update.path_attribute.community"])
            .iter()
            .map(|community| format!(
                "{}:{}",
                text(community, "bgp.update.path_attribute.community_as").unwrap(),
                text(community, "bgp.update.path_attribute.community_value").unwrap()
            ))
            .collect::<Vec<_>>()),
        9 => field("originator_id"),
        10 => json!(list(&attribute["bgp.path_attribute.cluster_list"]["bgp.path_attribute.cluster_id"])),
        14 => {
            let next_hop = field("mp_reach_nlri.next_hop_tree");
            let address = ["ipv4", "ipv6"].iter().find_map(|kind| {
                text(&next_hop, &format!("bgp.update.path_attribute.mp_reach_nlri.next_hop.{kind}"))
                    .map(String::from)
            });
            json!([field("mp_reach_nlri.afi"), field("mp_reach_nlri.safi"), address])
        }
        15 => json!([field("mp_unreach_nlri.afi"), field("mp_unreach_nlri.safi")]),
        32 => json!(list(&attribute["bgp.large_communities_tree"])
            .iter()
            .map(|community| ["ga", "ldp1", "ldp2"]
                .map(|part| text(community, &format!("bgp.large_communities.{part}")).unwrap())
                .join(":"))
            .collect::<Vec<_>>()),
        _ => return None,
    })
}

/// Why a message is not compared with tshark's reading of it.
fn exception(line: &Value, update: &Update) -> Option<&'static str> {
    if text(&line["bmp"], "bmp.version") == Some("4") {
        return Some("tshark 4.0 does not know version 4");
    }
    let families = update.groups().map(|group| group.family);
    for family in
        families.filter(|family| [AddressFamily::IPV4_UNICAST, AddressFamily::IPV6_UNICAST].contains(family))
    {
        let with_path_id = update
            .groups()
            .any(|group| group.family == family && group.nlri.iter().any(|nlri| nlri.path_id.is_some()));
        if with_path_id {
            return Some("RFC 7911, section 3: tshark guesses path identifiers, the OPENs say them");
        }
    }
    None
}

#[test]
fn route_monitoring_is_as_tshark_reads_it() {
    let Some(folder) = data("streams against tshark") else { return };
    let (mut compared, mut values) = (0, 0);
    let mut exceptions: BTreeMap<&str, u32> = BTreeMap::new();
    let mut differences = Vec::new();
    for entry in index(&folder) {
        let name = entry["name"].as_str().unwrap();
        let lines = gunzip(&folder.join(format!("streams/tshark/{name}.json.gz")));
        let lines: Vec<Value> = lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let messages: Vec<Message> =
            decode_all(&stream(&folder, name)).into_iter().map(Result::unwrap).collect();
        assert_eq!(messages.len(), lines.len(), "{name}");
        for (number, (message, line)) in messages.iter().zip(&lines).enumerate() {
            let Body::RouteMonitoring(route) = &message.body else { continue };
            let theirs_update = &line["bmp"]["bgp"];
            if let Some(reason) = exception(line, &route.update) {
                *exceptions.entry(reason).or_default() += 1;
                continue;
            }
            compared += 1;
            let (a, b) = (ours(&route.update), theirs(theirs_update));
            if a != b {
                differences.push(format!("{name} {number}: routes {a:?} tshark {b:?}"));
            }
            let their_attributes = attributes(theirs_update);
            let our_attributes = &route.update.attributes.0;
            if our_attributes.len() != their_attributes.len() {
                differences.push(format!(
                    "{name} {number}: {} attributes, tshark {}",
                    our_attributes.len(),
                    their_attributes.len()
                ));
                continue;
            }
            for (attribute, theirs) in our_attributes.iter().zip(their_attributes) {
                let code = text(theirs, "bgp.update.path_attribute.type_code").unwrap();
                let flags = text(theirs, "bgp.update.path_attribute.flags").unwrap();
                assert_eq!(
                    (attribute.code().to_string(), format!("0x{:02x}", attribute.flags)),
                    (code.into(), flags.into())
                );
                let (a, b) = (in_their_words(&attribute.value), their_value(attribute.code(), theirs));
                values += u32::from(a.is_some() && b.is_some());
                if a.is_some() && b.is_some() && a != b {
                    differences.push(format!("{name} {number}: attribute {code}: {a:?} tshark {b:?}"));
                }
            }
        }
    }
    println!("{compared} Route Monitoring messages and {values} attribute values compared; not compared: {exceptions:?}");
    assert_eq!(differences, Vec::<String>::new());
}
