//! Labels ahead of a prefix (RFC 8277).

use crate::common::*;
use crate::*;

const LABELED: [u8; 3] = [0, 1, 4];
const VPN: [u8; 3] = [0, 1, 128];
const RD: [u8; 8] = [0, 0, 0xfd, 0xe9, 0, 0, 0, 1];
const BOTTOM: [u8; 3] = [0, 6, 0x41];
const NO_BOTTOM: [u8; 3] = [0, 6, 0x40];

/// One NLRI: labels, what is between them and the prefix, 10.1.2.0/24.
fn nlri(labels: &[[u8; 3]], rd: &[u8]) -> Vec<u8> {
    let bits = u8::try_from(24 * labels.len() + 8 * rd.len() + 24).unwrap();
    [&[bits][..], labels.as_flattened(), rd, &[10, 1, 2]].concat()
}

fn reach(family: [u8; 3], nlri: &[u8]) -> Vec<u8> {
    let value = [&family[..], &[4, 192, 0, 2, 1, 0], nlri].concat();
    route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, &attribute(0x80, 14, &value)], &[]))
}

fn unreach(family: [u8; 3], nlri: &[u8]) -> Vec<u8> {
    route_monitoring(0, &update(&[], &[&attribute(0x80, 15, &[&family[..], nlri].concat())], &[]))
}

/// A peer whose OPENs have capability 8 for the family, in one of them or in both.
fn peer_up_with_labels(family: [u8; 3], sent: bool, received: bool) -> Vec<u8> {
    let [high, low, safi] = family;
    let count = [high, low, safi, 3];
    let capabilities: &[(u8, &[u8])] = &[(1, &[high, low, 0, safi]), (8, &count)];
    let open = |labels: bool| open(65000, &capabilities[..if labels { 2 } else { 1 }]);
    peer_up(&peer(0, 0), &open(sent), &open(received))
}

fn texts(frames: &[Vec<u8>]) -> Vec<String> {
    routes(session(frames).last().unwrap().as_ref().unwrap()).remove(0).3
}

/// The NLRI as a batch has them.
fn canonical_nlri(frames: &[Vec<u8>]) -> Vec<u8> {
    let stream = frames.concat();
    let mut decoder = Decoder::default();
    let mut feed = decoder.feed(&stream);
    let mut last = Vec::new();
    while let Some(frame) = feed.next() {
        if let Ok(Content::RouteMonitoring(view)) = frame.unwrap().content {
            last = view.update.groups()[0].canonical_nlri().into_owned();
        }
    }
    last
}

#[test]
fn one_label_whatever_its_bottom_of_stack_bit_says() {
    // Section 2.2
    for (family, rd, text) in [(LABELED, &[][..], "10.1.2.0/24"), (VPN, &RD, "65001:1:10.1.2.0/24")] {
        for label in [BOTTOM, NO_BOTTOM, [0x80, 0, 0], [0; 3]] {
            let block = [nlri(&[label], rd), nlri(&[label], rd)].concat();
            for frame in [reach(family, &block), unreach(family, &block)] {
                for peer_up in [
                    vec![],
                    peer_up_with_labels(family, true, false),
                    peer_up_with_labels(family, false, true),
                ] {
                    assert_eq!(texts(&[peer_up, frame.clone()]), [text, text], "{family:?} {label:?}");
                }
            }
        }
    }
}

#[test]
fn more_labels_where_both_said_so() {
    // Section 2.3
    for (family, rd, text) in [(LABELED, &[][..], "10.1.2.0/24"), (VPN, &RD, "65001:1:10.1.2.0/24")] {
        let both = || peer_up_with_labels(family, true, true);
        let two = nlri(&[NO_BOTTOM, BOTTOM], rd);
        assert_eq!(texts(&[both(), reach(family, &two)]), [text]);
        // No value ends the labels of an announcement but the bottom of the stack.
        assert_eq!(texts(&[both(), reach(family, &nlri(&[[0; 3], [0x80, 0, 0], BOTTOM], rd))]), [text]);
        // Section 2.4
        for label in [[0x80, 0, 0], [0; 3], BOTTOM] {
            assert_eq!(texts(&[both(), unreach(family, &nlri(&[label], rd))]), [text]);
        }
        // Of another family nothing was said.
        let other = if family == VPN { LABELED } else { VPN };
        let one = nlri(&[NO_BOTTOM], rd);
        assert_eq!(texts(&[peer_up_with_labels(other, true, true), reach(family, &one)]), [text]);
    }
}

#[test]
fn a_batch_has_the_labels_so_that_octets_alone_tell_where_they_end() {
    let both = || peer_up_with_labels(LABELED, true, true);
    for (frames, labels) in [
        (vec![reach(LABELED, &nlri(&[NO_BOTTOM], &[]))], vec![BOTTOM]),
        (vec![reach(LABELED, &nlri(&[BOTTOM], &[]))], vec![BOTTOM]),
        (vec![unreach(LABELED, &nlri(&[[0x80, 0, 0]], &[]))], vec![[0x80, 0, 1]]),
        (vec![both(), reach(LABELED, &nlri(&[[0; 3], BOTTOM], &[]))], vec![[0; 3], BOTTOM]),
    ] {
        assert_eq!(canonical_nlri(&frames), nlri(&labels, &[]));
    }
    // The second of two as well, and behind path identifiers.
    let block = [nlri(&[BOTTOM], &[]), nlri(&[NO_BOTTOM], &[])].concat();
    let read = canonical_nlri(&[reach(LABELED, &block)]);
    assert_eq!(read, [nlri(&[BOTTOM], &[]), nlri(&[BOTTOM], &[])].concat());
    let paths: &[(u8, &[u8])] = &[(1, &[0, 1, 0, 4]), (69, &[0, 1, 4, 3])];
    let up = peer_up(&peer(0, 0), &open(65000, paths), &open(65000, paths));
    let block =
        |label| [&[0, 0, 0, 7], &nlri(&[label], &[])[..], &[0, 0, 0, 8], &nlri(&[label], &[])[..]].concat();
    assert_eq!(canonical_nlri(&[up, reach(LABELED, &block(NO_BOTTOM))]), block(BOTTOM));
}
