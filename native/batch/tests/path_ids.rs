//! Path identifiers that are not as negotiated: what was read before is said again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use batch::proto::event::Body;
use batch::proto::{self, Message};
use batch::Session;
use support::*;

/// Route Monitoring of peer 1 with these NLRI in the NLRI field.
fn announce_nlri(nlri: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    wire::bmp::encode(3, 0, &mut out, |out| {
        header(1).encode(out);
        let attributes = [&[0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 10, 0, 0, 1][..]].concat();
        let length = u16::try_from(19 + 4 + attributes.len() + nlri.len()).unwrap();
        out.extend([0xff; 16]);
        out.extend(length.to_be_bytes());
        out.extend([2, 0, 0, 0, u8::try_from(attributes.len()).unwrap()]);
        out.extend(attributes);
        out.extend(nlri);
    });
    out
}

/// What a session says of path identifiers: routes (sequence, with them, inferred, NLRI), and that they are read in another way.
#[derive(Debug, PartialEq)]
enum Said {
    Routes(u64, bool, bool, Vec<u8>),
    Turned { sequence: u64, as_negotiated: bool, incomplete: bool },
}

fn said_of_path_ids(stream: &[u8]) -> Vec<Said> {
    let mut session = Session::new(options());
    let mut said = Vec::new();
    for batch in session.feed(stream, 1).batches {
        let batch = proto::Batch::decode(batch.payload.as_slice()).unwrap();
        for event in &batch.events {
            let sequence = batch.first_sequence + u64::from(event.sequence_offset);
            match event.body.as_ref().unwrap() {
                Body::Routes(routes) => said.extend(routes.groups.iter().map(|group| {
                    Said::Routes(sequence, group.add_path, group.add_path_inferred, group.nlri.to_vec())
                })),
                Body::AddPathInferred(of) => {
                    assert_eq!((of.afi, of.safi), (1, 1));
                    let (as_negotiated, incomplete) = (of.as_negotiated, of.incomplete);
                    said.push(Said::Turned { sequence, as_negotiated, incomplete });
                }
                _ => {}
            }
        }
    }
    said
}

fn with_id(id: u8, prefix: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, id], prefix].concat()
}

/// Reads both ways, or with a path identifier only, or without only.
const BOTH_WAYS: [u8; 4] = [24, 10, 1, 2];
const ONLY_WITH: [u8; 5] = [32, 10, 1, 2, 3];
const ONLY_WITHOUT: [u8; 4] = [24, 10, 9, 9];

#[test]
fn what_was_read_before_path_identifiers_were_inferred_is_said_again() {
    let (first, second, third) =
        (with_id(7, &BOTH_WAYS), with_id(8, &[24, 10, 1, 3]), with_id(9, &ONLY_WITH));
    let stream = [announce_nlri(&first), announce_nlri(&second), announce_nlri(&third)].concat();
    assert_eq!(
        said_of_path_ids(&stream),
        [
            Said::Routes(2, false, false, [first.clone(), second.clone()].concat()),
            Said::Turned { sequence: 4, as_negotiated: false, incomplete: false },
            Said::Routes(5, true, true, first),
            Said::Routes(6, true, true, second),
            Said::Routes(7, true, true, third),
        ]
    );
}

#[test]
fn what_was_inferred_wrongly_is_said_again_as_negotiated() {
    let (wrong, right) = (with_id(9, &ONLY_WITH), ONLY_WITHOUT.to_vec());
    let stream = [announce_nlri(&wrong), announce_nlri(&right), announce_nlri(&right)].concat();
    assert_eq!(
        said_of_path_ids(&stream),
        [
            Said::Turned { sequence: 2, as_negotiated: false, incomplete: false },
            Said::Routes(3, true, true, wrong),
            // The second is not read, and kept; the third shows how both are read.
            Said::Turned { sequence: 5, as_negotiated: true, incomplete: false },
            Said::Routes(6, false, false, right.clone()),
            Said::Routes(7, false, false, right),
        ]
    );
}

#[test]
fn what_cannot_be_read_again_is_told() {
    let without = announce_nlri(&ONLY_WITHOUT).repeat(5);
    let with = announce_nlri(&with_id(9, &ONLY_WITH)).repeat(4);
    let said = said_of_path_ids(&[without, with].concat());
    let turned = said.iter().find(|said| matches!(said, Said::Turned { .. }));
    assert!(matches!(turned, Some(Said::Turned { incomplete: true, as_negotiated: false, .. })), "{said:?}");
}
