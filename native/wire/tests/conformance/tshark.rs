//! tshark's decode of every message of every stream: each field that it has, with each value. Ours is written under its
//! field names; for each field of a message the values must be the same.

mod fields;
mod open;
mod update;

use wire::bgp::Update;
use wire::bmp::{Body, Message, PeerHeader};

use self::fields::Fields;
use crate::differences::Found;

/// What is no field of the message.
const NO_FIELDS: [&str; 11] = [
    "msg",
    // What it thinks of the message.
    "_ws.expert.message",
    "_ws.expert.severity",
    "_ws.expert.group",
    "_ws.malformed",
    "bgp.length.invalid",
    "bgp.marker_invalid",
    // A sum of others.
    "bgp.large_communities",
    "bgp.cap.gr.helper_mode_only",
    // Octets that it has no reading of.
    "bgp.continuation",
    "bgp.update.path_attributes.unknown",
];

#[test]
fn every_message_is_as_tshark_reads_it() {
    let folder = needs::captures();
    let (mut compared, mut fields) = (0, 0);
    let mut found = Found::default();
    for name in crate::streams(&folder.join("streams/tshark")) {
        let lines = crate::lines(&folder.join(format!("streams/tshark/{name}.json.gz")));
        let messages = crate::messages(&folder, &name);
        assert_eq!(messages.len(), lines.len(), "{name}");
        for (number, (message, line)) in messages.iter().zip(&lines).enumerate() {
            compared += 1;
            let mut theirs = Fields::default();
            theirs.take("", line);
            let mut ours = Fields::of(message);
            for (field, mut theirs) in theirs.0 {
                if NO_FIELDS.contains(&field.as_str()) {
                    continue;
                }
                theirs.sort();
                let mut ours = ours.0.remove(&field).unwrap_or_default();
                ours.sort();
                if ours == theirs {
                    fields += theirs.len();
                } else {
                    found.push(&label(message, &field), || {
                        format!("{name} {number}: {ours:?} and not {theirs:?}")
                    });
                }
            }
            for (field, ours) in ours.0 {
                found.push(&label(message, &field), || format!("{name} {number}: {ours:?} and not there"));
            }
        }
    }
    println!("{compared} messages and {fields} fields are as tshark reads them");
    assert_eq!(compared, 9209);
    found.compare("tshark");
}

/// A difference's name: the field, and what kind of message it is where that is why.
fn label(message: &Message, field: &str) -> String {
    match (&message.body, message.version) {
        (Body::RouteMonitoring(_) | Body::PeerDown(_), 4) => {
            format!("version 4 {}", message.body.type_name())
        }
        (Body::Unknown(unknown), _) => format!("message type {}", unknown.message_type),
        (body, _) if body.peer().is_some_and(PeerHeader::filtered) && is_address(field) => {
            format!("Loc-RIB with F flag: {field}")
        }
        (Body::PeerUp(up), _) if !up.tlvs.is_empty() => format!("peer_up with TLVs: {field}"),
        (Body::RouteMonitoring(route), _) if with_labels_v6(&route.update) => {
            format!("labels and IPv6: {field}")
        }
        _ => field.into(),
    }
}

fn is_address(field: &str) -> bool {
    field == "bmp.unused" || field.ends_with("ip.addr") || field.ends_with("ipv6.addr")
}

fn with_labels_v6(update: &Update) -> bool {
    update.groups().any(|group| matches!((group.family.afi, group.family.safi), (2, 4 | 128)))
}
