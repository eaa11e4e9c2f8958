//! AS numbers of two and of four octets (RFC 6793), sets and confederations.

use crate::common::*;
use crate::*;
use wire::bgp::Attributes;

#[test]
fn the_a_flag_rules_the_width() {
    let two = attribute(0x40, 2, &[2, 2, 0xfd, 0xe9, 0xfd, 0xea]);
    let message = one(route_monitoring(0x20, &update(&[], &[ORIGIN_IGP, &two, NEXT_HOP], PREFIX)));
    let update = update_of(&message);
    assert_eq!(update.attributes.as_path().unwrap().to_string(), "65001 65002");
    assert!(update.two_octet_as && !update.as_width_mismatch);
}

#[test]
fn a_path_that_only_reads_in_the_other_width_is_believed_and_counted() {
    let two = attribute(0x40, 2, &[2, 2, 0xfd, 0xe9, 0xfd, 0xea]);
    let frame = route_monitoring(0, &update(&[], &[ORIGIN_IGP, &two, NEXT_HOP], PREFIX));
    let mut decoder = Decoder::default();
    let message = decoder.feed(&frame).next().unwrap().unwrap().into_message().unwrap();
    assert_eq!(update_of(&message).attributes.as_path().unwrap().to_string(), "65001 65002");
    assert!(update_of(&message).as_width_mismatch);
    assert_eq!(decoder.counters().as_width_mismatch, 1);
}

/// Canonical AS_PATH of a two-octet path with an AS4_PATH.
fn merged(as_path: &[u8], as4_path: &[u8]) -> String {
    let attributes = [ORIGIN_IGP, &attribute(0x40, 2, as_path), NEXT_HOP, &attribute(0xc0, 17, as4_path)];
    let canonical = canonical(&route_monitoring(0x20, &update(&[], &attributes, PREFIX)));
    let attributes = Attributes::decode_canonical(&canonical).unwrap();
    assert!(attributes.as4_path().is_none());
    attributes.as_path().unwrap().to_string()
}

#[test]
fn as4_path_is_merged() {
    // RFC 6793, section 4.2.3: 65001 23456 23456 with 70000 80000
    let path = [2, 3, 0xfd, 0xe9, 0x5b, 0xa0, 0x5b, 0xa0];
    let as4 = [2, 2, 0, 1, 0x11, 0x70, 0, 1, 0x38, 0x80];
    assert_eq!(merged(&path, &as4), "65001 70000 80000");
    // Longer than AS_PATH: ignored.
    assert_eq!(merged(&[2, 1, 0x5b, 0xa0], &as4), "23456");
    // Across segments: a set counts as one.
    let path = [2, 1, 0xfd, 0xe9, 1, 2, 0x5b, 0xa0, 0, 5];
    assert_eq!(merged(&path, &[1, 2, 0, 1, 0x11, 0x70, 0, 0, 0, 5]), "65001 {70000,5}");
    // Leading confederation segments stay; those in AS4_PATH are discarded (section 6).
    let path = [3, 1, 0, 9, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0];
    let as4 = [3, 1, 0, 0, 0, 9, 2, 1, 0, 1, 0x11, 0x70];
    assert_eq!(merged(&path, &as4), "(9) 65001 70000");
}

#[test]
fn as4_aggregator_is_merged_and_another_aggregator_rules_as4_out() {
    let path = attribute(0x40, 2, &[2, 1, 0x5b, 0xa0]);
    let as4_path = attribute(0xc0, 17, &[2, 1, 0, 1, 0x11, 0x70]);
    let as4_aggregator = attribute(0xc0, 18, &[0, 1, 0x11, 0x70, 192, 0, 2, 7]);
    let read = |aggregator_as: [u8; 2]| {
        let aggregator = attribute(0xc0, 7, &[&aggregator_as[..], &[192, 0, 2, 6]].concat());
        let attributes = [ORIGIN_IGP, &path, NEXT_HOP, &aggregator, &as4_path, &as4_aggregator];
        let canonical = canonical(&route_monitoring(0x20, &update(&[], &attributes, PREFIX)));
        let attributes = Attributes::decode_canonical(&canonical).unwrap();
        let aggregator = attributes.aggregator().unwrap();
        (attributes.as_path().unwrap().to_string(), aggregator.asn, aggregator.address.to_string())
    };
    assert_eq!(read([0x5b, 0xa0]), ("70000".into(), 70000, "192.0.2.7".into()));
    assert_eq!(read([0, 5]), ("23456".into(), 5, "192.0.2.6".into()));
}

#[test]
fn as_0_is_told_and_stays() {
    // RFC 7607, section 2, binds a speaker; routers do hold such routes (RouteViews, 2015).
    use wire::bgp::Treatment;
    let path = attribute(0x40, 2, &[1, 1, 0, 0, 0, 9, 2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0, 0]);
    let four = attribute(0xc0, 7, &[0, 0, 0, 0, 192, 0, 2, 6]);
    let two = attribute(0xc0, 7, &[0, 0, 192, 0, 2, 6]);
    let as4 = attribute(0xc0, 18, &[0, 0, 0, 0, 192, 0, 2, 6]);
    for (attributes, code) in [
        ([ORIGIN_IGP, &path, NEXT_HOP, &[]], 2),
        ([ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &four], 7),
        ([ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &two], 7),
        ([ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &as4], 18),
    ] {
        let message = announce(&attributes);
        let update = update_of(&message);
        let faults: Vec<_> = update.faults.iter().map(|fault| (fault.attribute, fault.treatment)).collect();
        assert_eq!(faults, [(Some(code), Treatment::Kept)]);
        assert_eq!(routes(&message)[0].0, Action::Announce);
        assert!(update.attributes.0.iter().any(|attribute| attribute.code() == code));
    }
    let message = announce(&[ORIGIN_IGP, &path, NEXT_HOP]);
    assert_eq!(update_of(&message).attributes.as_path().unwrap().to_string(), "{9} 65001 0");
    // Octets of 0 across two AS numbers are none.
    let path = attribute(0x40, 2, &[2, 2, 0, 1, 0, 0, 0, 0, 0, 1]);
    assert_eq!(update_of(&announce(&[ORIGIN_IGP, &path, NEXT_HOP])).faults, []);
}

#[test]
fn between_four_octet_speakers_as4_path_is_ignored() {
    let as4 = attribute(0xc0, 17, &[2, 1, 0, 1, 0x11, 0x70]);
    let canonical =
        canonical(&route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &as4], PREFIX)));
    assert_eq!(Attributes::decode_canonical(&canonical).unwrap().as_path().unwrap().to_string(), "65001");
}

#[test]
fn sets_and_confederations_are_kept() {
    let path = attribute(
        0x40,
        2,
        &[3, 1, 0, 0, 0, 9, 2, 1, 0, 0, 0, 1, 1, 2, 0, 0, 0, 2, 0, 0, 0, 3, 4, 1, 0, 0, 0, 8],
    );
    let message = announce(&[ORIGIN_IGP, &path, NEXT_HOP]);
    let path = update_of(&message).attributes.as_path().unwrap();
    assert_eq!(path.to_string(), "(9) 1 {2,3} [8]");
    assert_eq!((path.hop_count(), path.origin_as()), (2, None));
}

#[test]
fn a_loc_rib_has_four_octets_whatever_its_flags() {
    // RFC 9069, section 5.2: 0x20 is not the A flag there.
    let body =
        [peer_at(3, 0x20, 0, [0; 4]), update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX)].concat();
    let message = one(bmp(0, &body));
    assert!(!update_of(&message).two_octet_as);
    assert_eq!(update_of(&message).attributes.as_path().unwrap().to_string(), "65001");
}
