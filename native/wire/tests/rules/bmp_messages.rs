//! The common and the per-peer header, Initiation, Termination, statistics (RFC 7854).

use crate::common::*;
use crate::*;
use wire::bmp::{RibView, StatisticValue};

#[test]
fn the_per_peer_header_says_who_and_which_table() {
    for (peer_type, flags, view, filtered) in [
        (0, 0x00, RibView::AdjRibInPre, false),
        (1, 0x40, RibView::AdjRibInPost, false),
        (2, 0x10, RibView::AdjRibOutPre, false),
        (0, 0x50, RibView::AdjRibOutPost, false),
        (3, 0x00, RibView::LocRib, false),
        (3, 0x80, RibView::LocRib, true),
    ] {
        let body = [peer(peer_type, flags), update(&[], &[], &[])].concat();
        let message = one(bmp(0, &body));
        let peer = message.body.peer().unwrap();
        assert_eq!((peer.view(), peer.filtered()), (view, filtered));
        assert_eq!((peer.asn, peer.bgp_id.to_string().as_str()), (65000, "192.0.2.1"));
        assert_eq!(peer.timestamp.unix_microseconds(), Some(1_700_000_000_250_000));
    }
}

#[test]
fn an_ipv6_peer_has_the_v_flag() {
    let mut header = peer(0, 0x80);
    header[10..26].copy_from_slice(&[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    let message = one(bmp(0, &[header, update(&[], &[], &[])].concat()));
    assert_eq!(message.body.peer().unwrap().address.to_string(), "2001:db8::9");
}

#[test]
fn the_f_flag_of_loc_rib_is_not_the_v_flag() {
    let message = one(bmp(0, &[peer_at(3, 0x80, 0, [0; 4]), update(&[], &[], &[])].concat()));
    assert_eq!(message.body.peer().unwrap().address.to_string(), "0.0.0.0");
}

#[test]
fn an_unknown_message_type_is_kept_raw() {
    let message = one(bmp(100, &[1, 2, 3]));
    let Body::Unknown(unknown) = &message.body else { panic!() };
    assert_eq!((unknown.message_type, unknown.data.to_string().as_str()), (100, "010203"));
}

#[test]
fn initiation_names_the_router_and_keeps_every_tlv() {
    let tlvs = [[0, 2, 0, 1, b'a'].as_slice(), &[0, 1, 0, 0], &[0x80, 9, 0, 5, 0, 0, 0, 9, 7]].concat();
    let message = one(bmp(4, &tlvs));
    let Body::Initiation(initiation) = &message.body else { panic!() };
    assert_eq!((initiation.sys_name.as_deref(), initiation.sys_descr.as_deref()), (Some("a"), Some("")));
    assert_eq!(initiation.tlvs.len(), 3);
    assert_eq!(initiation.tlvs[2].enterprise(), Some(9));
}

#[test]
fn termination_has_a_reason() {
    let message = one(bmp(5, &[0, 1, 0, 2, 0, 4, 0, 0, 0, 3, b'b', b'y', b'e']));
    let Body::Termination(termination) = &message.body else { panic!() };
    assert_eq!((termination.reason, termination.text.as_deref()), (Some(4), Some("bye")));
}

#[test]
fn statistics_are_read_by_length() {
    let tlvs: Vec<u8> = [
        [0, 0, 0, 4, 0, 0, 0, 7].as_slice(),
        &[0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0],
        &[0, 9, 0, 11, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 3],
        &[0xff, 0xfb, 0, 3, 1, 2, 3],
    ]
    .concat();
    let body = [peer(0, 0).as_slice(), &[0, 0, 0, 4], &tlvs].concat();
    let message = one(bmp(1, &body));
    let Body::StatisticsReport(report) = &message.body else { panic!() };
    let values: Vec<_> = report.statistics.iter().map(|statistic| statistic.value.clone()).collect();
    assert_eq!(
        values,
        [
            StatisticValue::Counter32 { value: 7 },
            StatisticValue::Gauge64 { value: 256 },
            StatisticValue::Family { family: V6, value: 3 },
            StatisticValue::Raw { raw: vec![1, 2, 3].into() },
        ]
    );
}

#[test]
fn reasons_of_termination_have_names() {
    for (reason, name) in [
        (0, "administratively_closed"),
        (1, "unspecified"),
        (2, "out_of_resources"),
        (3, "redundant_connection"),
        (4, "permanently_administratively_closed"),
    ] {
        let json = serde_json::to_value(one(bmp(5, &[0, 1, 0, 2, 0, reason]))).unwrap();
        assert_eq!((&json["reason"], &json["reason_name"]), (&reason.into(), &name.into()));
    }
    let json = serde_json::to_value(one(bmp(5, &[0, 0, 0, 1, b'x']))).unwrap();
    assert_eq!((&json["reason"], &json["text"]), (&serde_json::Value::Null, &"x".into()));
}

#[test]
fn every_statistic_of_the_registry_has_its_form() {
    // RFC 7854, section 4.8; RFC 8671, section 6.2; RFC 9972: counters of 32 bits, gauges of 64, and gauges of one family.
    let counters = [0, 1, 2, 3, 4, 5, 6, 11, 12, 13];
    let gauges = [7, 8, 14, 15, 18, 20, 29, 31, 33, 39];
    for number in (0..=43).filter(|number| !matches!(number, 24 | 25)) {
        let (value, expected) = if counters.contains(&number) {
            (vec![0, 0, 0, 9], StatisticValue::Counter32 { value: 9 })
        } else if gauges.contains(&number) {
            (vec![0, 0, 0, 0, 0, 0, 0, 9], StatisticValue::Gauge64 { value: 9 })
        } else {
            (vec![0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 9], StatisticValue::Family { family: V6, value: 9 })
        };
        let statistic = [&[0, number, 0, value.len() as u8], value.as_slice()].concat();
        let message = one(bmp(1, &[peer(0, 0).as_slice(), &[0, 0, 0, 1], &statistic].concat()));
        let Body::StatisticsReport(report) = &message.body else { panic!() };
        assert_eq!(report.statistics[0].value, expected, "{number}");
        let per_family = matches!(expected, StatisticValue::Family { .. });
        let name = report.statistics[0].name().unwrap();
        assert_eq!(name.ends_with("_per_family"), per_family, "{number} {name}");
    }
}

#[test]
fn statistics_have_names_from_0_to_43() {
    use wire::bmp::{Statistic, StatisticValue};
    let name =
        |statistic_type| Statistic { statistic_type, value: StatisticValue::Counter32 { value: 0 } }.name();
    let unnamed: Vec<u16> = (0..=44).filter(|number| name(*number).is_none()).collect();
    assert_eq!(unnamed, [24, 25, 44], "24 and 25 are not assigned");
}
