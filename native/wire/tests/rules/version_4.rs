//! BMP version 4 (draft-ietf-grow-bmp-tlv, draft-ietf-grow-bmp-path-marking-tlv).

use crate::common::*;
use crate::*;
use wire::bmp::version_4::{CodePoints, Meaning, DEPLOYED, REVISION_20, REVISION_21};
use wire::bmp::{PathMarking, RouteMonitoring, StatisticValue};
use wire::DecodeError;

const REVISIONS: [CodePoints; 3] = [DEPLOYED, REVISION_20, REVISION_21];
const GROUP: u16 = 0x8000;

fn frame(message_type: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    wire::bmp::encode(4, message_type, &mut frame, |out| out.extend_from_slice(body));
    frame
}

fn tlv(tlv_type: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    [tlv_type.to_be_bytes().as_slice(), &length.to_be_bytes(), value].concat()
}

/// The length is of the value alone.
fn indexed(tlv_type: u16, index: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    [tlv_type.to_be_bytes(), length.to_be_bytes(), index.to_be_bytes()]
        .concat()
        .into_iter()
        .chain(value.to_vec())
        .collect()
}

/// Route Monitoring in a session that starts with `before`.
fn read_after(before: Vec<u8>, tlvs: &[Vec<u8>]) -> Result<RouteMonitoring, DecodeError> {
    let frame = frame(0, &[peer(0, 0), tlvs.concat()].concat());
    let message = session(&[before, frame.clone()]).pop().unwrap()?;
    let mut encoded = Vec::new();
    message.encode(&mut encoded);
    assert_eq!(encoded, frame, "it writes back to its bytes");
    let Body::RouteMonitoring(route) = message.body else { panic!() };
    Ok(route)
}

fn read(tlvs: &[Vec<u8>]) -> RouteMonitoring {
    read_after(Vec::new(), tlvs).unwrap()
}

fn meanings(route: &RouteMonitoring) -> Vec<Meaning> {
    route.meanings().map(|(_, meaning)| meaning).collect()
}

fn pdu(nlri: &[u8]) -> Vec<u8> {
    update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], nlri)
}

fn nlri(route: &RouteMonitoring) -> Vec<String> {
    route.update.nlri.iter().map(|nlri| format!("{}#{:?}", nlri.value, nlri.path_id)).collect()
}

const WITH_ID: &[u8] = &[0, 0, 0, 7, 24, 10, 1, 2];
/// ADD-PATH of IPv4 unicast, as in an OPEN.
const ADD_PATH: &[u8] = &[69, 4, 0, 1, 1, 3];

#[test]
fn the_update_is_in_a_tlv_of_any_revision_and_at_any_place() {
    for points in REVISIONS {
        let update = indexed(points.bgp_message, 0, &pdu(PREFIX));
        let other = indexed(0x7777, 1, &[1, 2]);
        for tlvs in [vec![update.clone(), other.clone()], vec![other, update]] {
            let route = read(&tlvs);
            assert_eq!(nlri(&route), ["10.1.2.0/24#None"], "{}", points.revision);
            assert_eq!(meanings(&route), [Meaning::Unknown], "an unknown TLV is kept raw");
            assert_eq!(route.tlvs[0].value.to_string(), "0102");
        }
    }
}

#[test]
fn without_an_update_there_is_no_route_monitoring() {
    let error = read_after(Vec::new(), &[indexed(3, 0, b"red")]).unwrap_err();
    assert_eq!(error.path().to_string(), "bmp.route_monitoring.update");
}

#[test]
fn every_revisions_tlvs_have_their_meaning() {
    for points in REVISIONS {
        let tlvs = [
            indexed(points.group, GROUP | 1, &[0, 1, 0, 2]),
            indexed(points.table_name, 0, b"blue"),
            indexed(points.stateless_parsing, 0, &[65, 4, 0, 0, 0xfd, 0xe8]),
            indexed(points.bgp_message, 0, &pdu(PREFIX)),
        ];
        let route = read(&tlvs);
        let [group, name, parsing] = meanings(&route).try_into().unwrap();
        assert_eq!(group, Meaning::Group { nlri: vec![1, 2] }, "{}", points.revision);
        assert_eq!(name, Meaning::TableName { name: "blue".into() }, "{}", points.revision);
        let Meaning::StatelessParsing { capabilities } = parsing else { panic!("{parsing:?}") };
        assert_eq!(capabilities[0].to_string(), "four-octet-as 65000");
        for (code_point, meaning) in [
            (points.sequence_number, Meaning::SequenceNumber { number: 9 }),
            (points.extended_flags, Meaning::ExtendedFlags { flags: vec![0, 0, 0, 9].into() }),
            (points.timestamp, Meaning::Timestamp { time: vec![0, 0, 0, 9].into() }),
        ] {
            let Some(code_point) = code_point else { continue };
            let mut tlvs = tlvs.to_vec();
            tlvs.push(indexed(code_point, 0, &[0, 0, 0, 9]));
            assert_eq!(meanings(&read(&tlvs)).pop(), Some(meaning), "{}", points.revision);
        }
    }
}

#[test]
fn a_revision_shows_in_its_tlvs() {
    for (tlvs, revision) in [
        (vec![], "19"),
        (vec![indexed(1, 0, ADD_PATH)], "19"),
        (vec![indexed(2, GROUP | 1, &[0, 1, 0, 2])], "19"),
        (vec![indexed(3, 0, b"red")], "19"),
        (vec![indexed(5, 1, &[0, 0, 0, 2, 0, 4])], "19"),
        (vec![indexed(1, GROUP | 1, &[0, 1, 0, 2])], "21"),
        (vec![indexed(2, 0, b"red")], "21"),
        (vec![indexed(3, 0, ADD_PATH)], "21"),
        (vec![indexed(6, 0, &[0])], "21"),
        (vec![indexed(7, 0, &[0])], "21"),
    ] {
        // With path identifiers where the revision's TLV says so.
        let with_id = tlvs.iter().any(|tlv| tlv.ends_with(ADD_PATH));
        let update = indexed(4, 0, &pdu(if with_id { WITH_ID } else { PREFIX }));
        let route = read(&[tlvs.clone(), vec![update]].concat());
        assert_eq!(CodePoints::of(4, &route.tlvs).revision, revision, "{tlvs:02x?}");
    }
}

#[test]
fn stateless_parsing_rules_add_path_of_its_message() {
    for points in REVISIONS {
        let parsing = |mode: u8| indexed(points.stateless_parsing, 0, &[69, 4, 0, 1, 1, mode]);
        let update = |nlri: &[u8]| indexed(points.bgp_message, 0, &pdu(nlri));
        // Before any Peer Up.
        assert_eq!(nlri(&read(&[parsing(3), update(WITH_ID)])), ["10.1.2.0/24#Some(7)"]);
        assert_eq!(nlri(&read(&[update(PREFIX)])), ["10.1.2.0/24#None"]);
        // Against the OPENs.
        let declared = open(65000, &[(69, &[0, 1, 1, 3])]);
        let up = || peer_up(&peer(0, 0), &declared, &declared);
        let after = |tlvs: &[Vec<u8>]| read_after(up(), tlvs);
        assert_eq!(nlri(&after(&[parsing(0), update(PREFIX)]).unwrap()), ["10.1.2.0/24#None"]);
        assert_eq!(nlri(&after(&[update(WITH_ID)]).unwrap()), ["10.1.2.0/24#Some(7)"]);
        // Of another family it says nothing about this one.
        let other = indexed(points.stateless_parsing, 0, &[69, 4, 0, 2, 1, 3]);
        assert_eq!(nlri(&after(&[other, update(WITH_ID)]).unwrap()), ["10.1.2.0/24#Some(7)"]);
        // What it says does not hold for the next message, and what does not read with it is suspect.
        assert!(after(&[parsing(3), update(PREFIX)]).unwrap_err().suspect());
    }
}

#[test]
fn stateless_path_identifiers_have_a_direction() {
    const ADJ_RIB_OUT: u8 = 0x10;
    for points in REVISIONS {
        for (flags, receives, sends) in [(0, true, false), (0x40, true, false), (ADJ_RIB_OUT, false, true)] {
            for (mode, with_ids) in [(1, receives), (2, sends), (3, true)] {
                let parsing = indexed(points.stateless_parsing, 0, &[69, 4, 0, 1, 1, mode]);
                let routes = if with_ids { WITH_ID } else { PREFIX };
                let body = [peer(0, flags).to_vec(), parsing, indexed(points.bgp_message, 0, &pdu(routes))];
                let mut frame = bmp(0, &body.concat());
                frame[0] = 4;
                let expected = if with_ids { "10.1.2.0/24#Some(7)" } else { "10.1.2.0/24#None" };
                let Body::RouteMonitoring(route) = one(frame).body else { panic!("routes") };
                assert_eq!(nlri(&route), [expected], "flags {flags}, mode {mode}");
            }
        }
    }
}

#[test]
fn stateless_parsing_rules_the_width_of_as_numbers() {
    // Four octets, whatever the A flag says: the path reads in either width.
    let path = attribute(0x40, 2, &[2, 2, 0, 1, 0, 2, 2, 1, 0, 3]);
    let four = attribute(0x40, 2, &[2, 1, 0, 1, 0, 2]);
    for (path, parsing, expected) in
        [(&four, Some(&[65, 4, 0, 0, 0xfd, 0xe8]), "65538"), (&path, None, "1 2 3")]
    {
        let mut tlvs: Vec<Vec<u8>> = parsing.iter().map(|value| indexed(1, 0, value.as_slice())).collect();
        tlvs.push(indexed(4, 0, &update(&[], &[ORIGIN_IGP, path, NEXT_HOP], PREFIX)));
        let message = one(frame(0, &[peer(0, 0x20), tlvs.concat()].concat()));
        assert_eq!(update_of(&message).attributes.as_path().unwrap().to_string(), expected);
        assert!(!update_of(&message).as_width_mismatch);
    }
}

#[test]
fn path_markings_name_status_and_reason() {
    let marking = |status: u32, reason: Option<u16>| PathMarking { index: 1, status, reason };
    for points in [DEPLOYED, REVISION_20] {
        let expected = marking(0x8a, Some(4));
        let tlvs = [
            indexed(points.path_marking.unwrap(), 1, &expected.encode()),
            indexed(points.bgp_message, 0, &pdu(PREFIX)),
        ];
        let route = read(&tlvs);
        assert_eq!(route.path_markings().collect::<Vec<_>>(), [expected]);
        let json = serde_json::to_value(&route).unwrap();
        assert_eq!(json["tlvs"][0]["meaning"], "path_marking");
        assert_eq!(
            json["tlvs"][0]["path_marking"]["status"],
            serde_json::json!(["best", "primary", "add_path"])
        );
    }
    let all: Vec<_> = marking(0xfff, None).statuses().map(str::to_owned).collect();
    assert_eq!(
        all.join(" "),
        "invalid best non_selected primary backup non_installed best_external add_path filtered_inbound \
         filtered_outbound stale suppressed"
    );
    let reasons: Vec<_> =
        (1..=12).map(|reason| marking(1, Some(reason)).reason_name().unwrap_or("?")).collect();
    assert_eq!(
        reasons.join(" "),
        "as_loop unresolvable_next_hop local_preference as_path_length origin med peer_type igp_cost router_id \
         peer_address aigp ?"
    );
}

#[test]
fn where_a_code_point_is_of_two_the_value_says_which() {
    // Revision 20: 5 is the table name, and in the path marking draft still path marking.
    let tlvs = |value: &[u8]| [indexed(5, 0, value), indexed(7, 0, &pdu(PREFIX))];
    assert_eq!(meanings(&read(&tlvs(b"blue"))), [Meaning::TableName { name: "blue".into() }]);
    assert!(matches!(meanings(&read(&tlvs(&[0, 0, 0, 2])))[..], [Meaning::PathMarking { .. }]));
    assert_eq!(meanings(&read(&tlvs(b"orange-"))), [Meaning::TableName { name: "orange-".into() }]);
}

#[test]
fn tlvs_of_enterprises_are_kept_raw() {
    let tlvs = [indexed(0x8001, 0, &[0, 0, 0, 9, 1, 2]), indexed(4, 0, &pdu(PREFIX))];
    let route = read(&tlvs);
    assert_eq!(meanings(&route), [Meaning::Enterprise { enterprise: 9 }]);
    assert_eq!(route.tlvs[0].value.to_string(), "000000090102");
}

#[test]
fn statistics_are_in_a_tlv_or_not() {
    let statistics = [0, 0, 0, 1, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0];
    let other = tlv(2, &[1]);
    for (body, tlvs) in [
        (statistics.to_vec(), 0),
        (tlv(1, &statistics), 0),
        ([other.clone(), tlv(1, &statistics), other].concat(), 2),
    ] {
        let frame = frame(1, &[peer(0, 0), body].concat());
        let message = one(frame.clone());
        let Body::StatisticsReport(report) = &message.body else { panic!() };
        assert_eq!(report.statistics[0].value, StatisticValue::Gauge64 { value: 256 });
        assert_eq!((report.statistics.len(), report.tlvs.len()), (1, tlvs));
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, frame);
    }
}

#[test]
fn peer_down_has_tlvs_after_the_reasons_data() {
    let notification = bgp(3, &[6, 2]);
    for data in [vec![1], vec![2, 0, 18], vec![3], vec![4], vec![5]] {
        let pdu: &[u8] = if matches!(data[0], 1 | 3) { &notification } else { &[] };
        let frame = frame(2, &[peer(0, 0).as_slice(), &data, pdu, &tlv(9, &[7])].concat());
        let message = one(frame.clone());
        let Body::PeerDown(down) = &message.body else { panic!() };
        assert_eq!((down.tlvs.len(), down.tlvs[0].tlv_type), (1, 9), "{data:?}");
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, frame);
    }
}

#[test]
fn peer_up_initiation_and_termination_are_as_in_version_3() {
    let up = peer_up(&peer(0, 0), &open(65000, &[]), &open(65001, &[]));
    let message = one(frame(3, &[&up[6..], tlv(3, b"red").as_slice()].concat()));
    let Body::PeerUp(up) = &message.body else { panic!() };
    assert_eq!((message.version, up.table_name().as_deref()), (4, Some("red")));
    let Body::Initiation(initiation) = one(frame(4, &tlv(2, b"farm01"))).body else { panic!() };
    assert_eq!(initiation.sys_name.as_deref(), Some("farm01"));
    let Body::Termination(termination) = one(frame(5, &tlv(1, &[0, 3]))).body else { panic!() };
    assert_eq!(termination.reason, Some(3));
}
