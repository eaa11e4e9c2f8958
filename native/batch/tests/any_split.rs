//! However a stream is split and whatever is in it, batches say the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use batch::proto;
use batch::proto::event::Body;
use batch::{EncodedBatch, EndReason, Session};
use proptest::prelude::*;
use support::*;

/// Peer, action, attributes, next hop, NLRI.
type Route = (Option<proto::Peer>, i32, Vec<u8>, Vec<u8>, Vec<u8>);

/// Routes with their positions, whatever messages joined.
fn routes(batches: &[EncodedBatch]) -> Vec<Route> {
    let mut out: Vec<Route> = Vec::new();
    for encoded in batches {
        let batch = decode(encoded);
        for event in &batch.events {
            if let Some(Body::Routes(routes)) = &event.body {
                let peer = event.peer.map(|place| batch.peers[place as usize].clone());
                for group in &routes.groups {
                    let head =
                        (peer.clone(), group.action, routes.attributes.to_vec(), group.next_hop.to_vec());
                    for nlri in group.nlri.chunks(2) {
                        out.push((head.0.clone(), head.1, head.2.clone(), head.3.clone(), nlri.to_vec()));
                    }
                }
            }
        }
    }
    out
}

/// An announcement (of one of three attribute sets) or a withdrawal by one of two peers, in one of two
/// views, with one of two AS numbers in the header.
fn churn() -> impl Strategy<Value = (u8, bool, bool, u8, Option<u32>)> {
    (1..3_u8, any::<bool>(), any::<bool>(), 0..3_u8, prop::option::of(0..3_u32))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same(sizes in prop::collection::vec(1..200_usize, 1..40)) {
        let stream = sample();
        let mut session = Session::new(options());
        let mut batches = Vec::new();
        let mut rest = stream.as_slice();
        for size in sizes.iter().cycle() {
            let (head, tail) = rest.split_at((*size).min(rest.len()));
            batches.extend(session.feed(head, 1).batches);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        batches.extend(session.end(EndReason::Closed, "", 2));
        let whole = play(&stream, usize::MAX);
        prop_assert_eq!(routes(&batches), routes(&whole));
        prop_assert_eq!(batches.iter().map(|batch| batch.messages).sum::<u64>(), 9);
        // Every event of the whole that no message joined is in the split with the same sequence.
        let (split, whole) = (lines(&batches), lines(&whole));
        for line in whole.iter().filter(|line| !line.contains("08, 0a, 08, 0b")) {
            prop_assert!(split.contains(line), "{} in {:?}", line, split);
        }
    }

    #[test]
    fn joining_keeps_what_is_said_last(steps in prop::collection::vec(churn(), 1..60)) {
        let mut stream = Vec::new();
        let mut expected = BTreeMap::new();
        for (peer, post, other_asn, number, asn) in steps {
            let prefix = format!("{}.0.0.0/8", 10 + number);
            let mut bytes = match asn {
                Some(asn) => announce(peer, &prefix, asn),
                None => withdraw(peer, &prefix),
            };
            bytes[7] = if post { 0x40 } else { 0 };
            bytes[6 + 26] = u8::from(other_asn);
            stream.extend(bytes);
            expected.insert((peer, post, number), asn);
        }
        let mut said = BTreeMap::new();
        let mut sequence = 0;
        for encoded in play(&stream, usize::MAX) {
            let batch = decode(&encoded);
            for event in batch.events {
                let now = batch.first_sequence + u64::from(event.sequence_offset);
                prop_assert!(now > sequence, "in order");
                sequence = now;
                let Some(Body::Routes(routes)) = &event.body else { continue };
                let peer = batch.peers[event.peer.expect("a peer") as usize].address[3];
                let post = event.view() == proto::RibView::AdjRibInPost;
                let group = &routes.groups[0];
                let asn = routes.attributes.last().copied().map(u32::from);
                prop_assert_eq!(asn.is_some(), group.action() == proto::route_group::Action::Announce);
                for nlri in group.nlri.chunks(2) {
                    said.insert((peer, post, nlri[1] - 10), asn);
                }
            }
        }
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), chunk in 1..50_usize) {
        // A good header before, so that more than the framing is reached.
        let mut stream = vec![3, 0, 0];
        stream.extend(u16::try_from(bytes.len() + 6).unwrap().to_be_bytes());
        stream.extend([bytes.first().copied().unwrap_or(0) % 8]);
        stream.extend(bytes);
        for batch in play(&stream, chunk) {
            decode(&batch);
        }
    }
}
