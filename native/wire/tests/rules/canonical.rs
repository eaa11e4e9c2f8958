//! Canonical attributes: one form for one set.

use crate::common::*;
use crate::*;
use wire::bgp::Attributes;

#[test]
fn a_discarded_attribute_is_not_in_the_canonical_set() {
    let attributes = [ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(0x40, 6, &[1])];
    let canonical = canonical(&route_monitoring(0, &update(&[], &attributes, PREFIX)));
    assert_eq!(canonical, [ORIGIN_IGP, AS_PATH_65001].concat());
}

#[test]
fn canonical_attributes_are_sorted_short_and_without_routes() {
    let long_med = [0x90, 4, 0, 4, 0, 0, 0, 9];
    let unsorted = [&long_med[..], &mp_reach_v6(), AS_PATH_65001, NEXT_HOP, &[0x4f, 1, 1, 0]];
    let a = canonical(&route_monitoring(0, &update(&[], &unsorted, PREFIX)));
    let b = canonical(&route_monitoring(
        0,
        &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &[0x80, 4, 4, 0, 0, 0, 9]], PREFIX),
    ));
    assert_eq!(a, [ORIGIN_IGP, AS_PATH_65001, &[0x80, 4, 4, 0, 0, 0, 9]].concat());
    assert_eq!(a, b);
}

#[test]
fn canonical_attributes_have_four_octets_an_as_whatever_the_session() {
    let two = attribute(0x40, 2, &[2, 1, 0xfd, 0xe9]);
    let a = canonical(&route_monitoring(0x20, &update(&[], &[ORIGIN_IGP, &two, NEXT_HOP], PREFIX)));
    let b = canonical(&route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX)));
    assert_eq!(a, b);
}

#[test]
fn canonical_attributes_read_back() {
    let unknown = attribute(0xc0, 99, &[1, 2, 3]);
    let bytes = canonical(&route_monitoring(
        0,
        &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &unknown], PREFIX),
    ));
    let attributes = Attributes::decode_canonical(&bytes).unwrap();
    let mut again = Vec::new();
    attributes.encode_canonical(&mut again);
    assert_eq!(again, bytes);
    assert_eq!(attributes.0.len(), 3);
}

#[test]
fn canonical_attributes_are_the_same_in_any_encoding() {
    // Every mixture of forms that are canonical on the wire already and of forms that are not.
    let forms: [[&[u8]; 2]; 3] = [
        [ORIGIN_IGP, &[0x50, 1, 0, 1, 0]],
        [AS_PATH_65001, &[0x50, 2, 0, 6, 2, 1, 0, 0, 0xfd, 0xe9]],
        [&[0x80, 4, 4, 0, 0, 0, 9], &[0x8f, 4, 4, 0, 0, 0, 9]],
    ];
    let expected = [forms[0][0], forms[1][0], forms[2][0]].concat();
    for mixture in 0..8usize {
        let chosen: Vec<&[u8]> = (0..3).map(|index| forms[index][mixture >> index & 1]).collect();
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut attributes: Vec<&[u8]> = order.iter().map(|index| chosen[*index]).collect();
            attributes.insert(1, NEXT_HOP);
            let canonical = canonical(&route_monitoring(0, &update(&[], &attributes, PREFIX)));
            assert_eq!(canonical, expected, "{mixture} {order:?}");
        }
    }
}
