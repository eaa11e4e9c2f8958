//! Streams of messages, and what a session makes of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code)] // Not every test needs all of it.

use std::net::{IpAddr, Ipv4Addr};

use batch::proto::event::Body;
use batch::proto::{self, Message};
use batch::{EncodedBatch, EndReason, Session, SessionOptions};
use wire::bgp::attribute::{AsPath, Attribute, AttributeValue, Attributes, ClassicNextHop, Origin};
use wire::bgp::{Nlri, NlriValue, Update};
use wire::bmp::{self, PeerHeader, PeerType, Tlv};

pub const SESSION: [u8; 16] = [0xab; 16];

pub fn options() -> SessionOptions {
    SessionOptions::new(IpAddr::from([192, 0, 2, 7]), 40000, SESSION, "here")
}

pub fn message(body: bmp::Body) -> Vec<u8> {
    let mut out = Vec::new();
    bmp::Message { offset: 0, length: 0, version: 3, body }.encode(&mut out);
    out
}

pub fn initiation(name: &str) -> Vec<u8> {
    let tlvs = vec![Tlv::new(1, b"a router".as_slice()), Tlv::new(2, name.as_bytes())];
    message(bmp::Body::Initiation(bmp::Initiation::new(tlvs)))
}

pub fn header(peer: u8) -> PeerHeader {
    PeerHeader {
        peer_type: PeerType::GLOBAL,
        flags: 0,
        distinguisher: 0,
        address: IpAddr::from([10, 0, 0, peer]),
        asn: 65001,
        bgp_id: Ipv4Addr::new(10, 0, 0, 1),
        timestamp: bmp::Timestamp { seconds: 1_700_000_000, microseconds: 5 },
    }
}

pub fn announce(peer: u8, prefix: &str, asn: u32) -> Vec<u8> {
    let attributes = Attributes(
        [
            AttributeValue::Origin(Origin::Igp),
            AttributeValue::AsPath(AsPath::sequence(&[65001, asn])),
            AttributeValue::NextHop(ClassicNextHop(Ipv4Addr::new(10, 0, 0, peer))),
        ]
        .into_iter()
        .map(Attribute::new)
        .collect(),
    );
    let nlri = vec![Nlri { path_id: None, value: NlriValue::Prefix(prefix.parse().unwrap()) }];
    let update = Update { attributes, nlri, ..Update::default() };
    message(bmp::Body::RouteMonitoring(bmp::RouteMonitoring {
        peer: header(peer),
        update,
        tlvs: vec![],
        update_tlv: None,
    }))
}

pub fn withdraw(peer: u8, prefix: &str) -> Vec<u8> {
    let withdrawn = vec![Nlri { path_id: None, value: NlriValue::Prefix(prefix.parse().unwrap()) }];
    let update = Update { withdrawn, ..Update::default() };
    message(bmp::Body::RouteMonitoring(bmp::RouteMonitoring {
        peer: header(peer),
        update,
        tlvs: vec![],
        update_tlv: None,
    }))
}

pub fn end_of_rib(peer: u8) -> Vec<u8> {
    let update = Update::default();
    message(bmp::Body::RouteMonitoring(bmp::RouteMonitoring {
        peer: header(peer),
        update,
        tlvs: vec![],
        update_tlv: None,
    }))
}

/// A message whose inside does not read: prefix length 33.
pub fn broken(peer: u8) -> Vec<u8> {
    let mut out = announce(peer, "10.0.0.0/8", 1);
    let place = out.len() - 2;
    out[place] = 33;
    out
}

pub fn decode(batch: &EncodedBatch) -> proto::Batch {
    proto::Batch::decode(batch.payload.as_slice()).expect("a batch")
}

/// Sequence, name and routes of every event, one line each.
pub fn lines(batches: &[EncodedBatch]) -> Vec<String> {
    let mut out = Vec::new();
    for encoded in batches {
        let batch = decode(encoded);
        for event in &batch.events {
            let sequence = batch.first_sequence + u64::from(event.sequence_offset);
            let peer = event.peer.map(|place| batch.peers[place as usize].address[3]);
            let what = match event.body.as_ref().expect("a body") {
                Body::SessionStart(_) => "start".to_string(),
                Body::SessionEnd(end) => {
                    format!("end {:?} {}", end.reason(), end.text).trim_end().to_string()
                }
                Body::Initiation(_) => "initiation".into(),
                Body::Termination(_) => "termination".into(),
                Body::PeerUp(_) => "peer up".into(),
                Body::PeerDown(down) => format!("peer down {}", down.reason),
                Body::Routes(routes) => {
                    let groups = routes
                        .groups
                        .iter()
                        .map(|group| format!("{:?} {:02x?}", group.action(), &group.nlri[..]));
                    format!("{} {} faults", groups.collect::<Vec<_>>().join(" "), routes.faults.len())
                }
                Body::EndOfRib(end) => format!("end of rib {}/{}", end.afi, end.safi),
                Body::Undecodable(what) => {
                    format!("undecodable {} {} {}", what.offset, what.path, what.reason)
                }
                other => format!("{other:?}"),
            };
            out.push(match peer {
                Some(peer) => format!("{sequence} peer {peer} {what}"),
                None => format!("{sequence} {what}"),
            });
        }
    }
    out
}

pub fn play(stream: &[u8], chunk: usize) -> Vec<EncodedBatch> {
    let mut session = Session::new(options());
    let mut batches = Vec::new();
    for bytes in stream.chunks(chunk.max(1)) {
        batches.extend(session.feed(bytes, 1).batches);
    }
    batches.extend(session.end(EndReason::Closed, "", 2));
    batches
}

pub fn sample() -> Vec<u8> {
    [
        initiation("r1"),
        announce(1, "10.0.0.0/8", 1),
        announce(1, "11.0.0.0/8", 1),
        announce(1, "12.0.0.0/8", 2),
        announce(2, "12.0.0.0/8", 2),
        withdraw(1, "10.0.0.0/8"),
        withdraw(1, "11.0.0.0/8"),
        broken(1),
        end_of_rib(1),
    ]
    .concat()
}
