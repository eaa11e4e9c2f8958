//! Routers' tables in hand-made texts against hand-made routes of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use parity::{compare, Frames, Kind, Options, Report, Status};
use serde_json::{json, Value};

/// A line of `bmp-collector rib`: an IPv4 route of AS 65001 from 192.0.2.1, with changes.
fn line(nlri: &str, changes: Value) -> String {
    let mut line = json!({
        "router": "edge", "view": "adj_rib_in_post", "peer": "192.0.2.1", "distinguisher": "0:0", "afi": 1, "safi": 1,
        "nlri": nlri, "path_id": null, "origin": "igp", "as_path_text": "65001 65002", "next_hop": "192.0.2.1",
        "med": 10, "local_pref": 100, "atomic_aggregate": false, "communities": ["65001:2", "65535:65281"],
        "extended_communities": [], "large_communities": [],
    });
    line.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    line.to_string()
}

fn report(ours: &[String], table: &str) -> Report {
    compare(ours, &[table], None, &Options::default()).unwrap()
}

fn counts(report: &Report) -> (u64, u64, u64, u64) {
    (report.equal, report.missing, report.extra, report.different)
}

fn refused(ours: &[String], table: &str) -> String {
    compare(ours, &[table], None, &Options::default()).unwrap_err().to_string()
}

const BIRD: &str = "\
BIRD 2.0.12 ready.
Table master4:
10.0.0.0/24          unicast [west 12:00:00.123] * (100) [AS65002i]
	via 192.0.2.1 on eth0
	Type: BGP univ
	BGP.origin: IGP
	BGP.as_path: 65001 65002
	BGP.next_hop: 192.0.2.1
	BGP.med: 10
	BGP.local_pref: 100
	BGP.community: (65535,65281) (65001,2)
                     unicast [east 12:00:01.456 from 192.0.2.2] (100) [AS65009?]
	via 192.0.2.9 on eth0
	Type: BGP univ
	BGP.origin: Incomplete
	BGP.as_path: 65003 {65004 65009}
	BGP.next_hop: 192.0.2.9
	BGP.local_pref: 100
	BGP.large_community: (65003, 1, 2)
	BGP.ext_community: (rt, 65003, 1)
2001:db8::/32        unicast [six 12:00:02] * (100) [AS65001i]
	via fe80::1 on eth0
	BGP.origin: IGP
	BGP.as_path: 65001
	BGP.next_hop: 2001:db8:ffff::1 fe80::1
";

fn ours_of_bird() -> Vec<String> {
    vec![
        line("180a0000", json!({})),
        line(
            "180a0000",
            json!({"peer": "192.0.2.2", "origin": "incomplete", "as_path_text": "65003 {65004,65009}",
                "next_hop": "192.0.2.9", "med": null, "communities": [], "large_communities": ["65003:1:2"],
                "extended_communities": ["rt:65003:1"]}),
        ),
        line(
            "2020010db8",
            json!({"peer": "fe80::1", "afi": 2, "as_path_text": "65001", "next_hop": "2001:db8:ffff::1",
                "next_hop_link_local": "fe80::1", "med": null, "local_pref": null, "communities": []}),
        ),
    ]
}

#[test]
fn bird() {
    let report = report(&ours_of_bird(), BIRD);
    assert_eq!(counts(&report), (3, 0, 0, 0), "{:#?}", report.differences);
    assert_eq!(report.status(), Status::Equal);
    assert_eq!(report.families, ["ipv4-unicast", "ipv6-unicast"]);
}

#[test]
fn bird_without_attributes_is_compared_by_prefix_and_peer() {
    let table =
        "10.0.0.0/24          unicast [west 12:00:00.123] * (100) [AS65002i]\n\tvia 192.0.2.1 on eth0\n";
    assert_eq!(counts(&report(&[line("180a0000", json!({}))], table)), (1, 0, 0, 0));
    assert_eq!(counts(&report(&[line("180a0000", json!({"peer": "192.0.2.7"}))], table)), (0, 1, 1, 0));
}

#[test]
fn every_attribute_that_the_table_shows_is_compared() {
    for (name, value) in [
        ("origin", json!("egp")),
        ("as_path_text", json!("65001")),
        ("next_hop", json!("192.0.2.8")),
        ("med", json!(11)),
        ("med", Value::Null),
        ("local_pref", json!(101)),
        ("communities", json!(["65001:2"])),
        ("large_communities", json!(["1:2:3"])),
        ("extended_communities", json!(["rt:1:2"])),
    ] {
        let mut ours = ours_of_bird();
        ours[0] = line("180a0000", json!({ name: value }));
        let report = report(&ours, BIRD);
        assert_eq!((report.different, report.status()), (1, Status::Different), "{name}");
        let attribute = if name == "as_path_text" { "as_path" } else { name };
        assert_eq!(report.by_attribute.keys().copied().collect::<Vec<_>>(), [attribute]);
        assert_eq!(report.differences[0].attributes[attribute].ours, value_text(&value), "{name}");
    }
}

fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => list[0].as_str().map(str::to_string),
        other => Some(other.to_string()),
    }
}

#[test]
fn missing_and_extra_routes_are_told() {
    let mut ours = ours_of_bird();
    ours[0] = line("180a0100", json!({}));
    let report = report(&ours, BIRD);
    assert_eq!(counts(&report), (2, 1, 1, 0));
    let told: Vec<_> = report.differences.iter().map(|one| (one.kind, one.nlri.as_str())).collect();
    assert_eq!(told, [(Kind::Missing, "10.0.0.0/24"), (Kind::Extra, "10.1.0.0/24")]);
}

#[test]
fn only_views_families_and_peers_of_the_table_are_compared() {
    let mut ours = ours_of_bird();
    ours.push(line("180a0200", json!({"view": "adj_rib_in_pre"})));
    ours.push(line("180a0200", json!({"distinguisher": "65000:1"})));
    ours.push(line("180a0200", json!({"safi": 2})));
    assert_eq!(counts(&report(&ours, BIRD)), (3, 0, 0, 0));
    let options = Options { peer: Some("192.0.2.2".parse().unwrap()), ..Options::default() };
    let report = compare(&ours, &[BIRD], None, &options).unwrap();
    assert_eq!((report.equal, report.ours), (1, 1));
}

const FRR: &str = r#"{"vrfName": "default", "localAS": 65000, "routes": {
  "10.0.0.0/24": [
    {"valid": true, "bestpath": true, "peerId": "192.0.2.1", "path": "65001 65002", "origin": "igp", "metric": 10,
     "locPrf": 100, "nexthops": [{"ip": "192.0.2.1", "afi": "ipv4", "used": true}]},
    {"valid": true, "peerId": "192.0.2.1", "path": "65001", "origin": "igp", "announceNexthopSelf": true,
     "nexthops": [{"ip": "192.0.2.7", "afi": "ipv4"}]},
    {"valid": false, "peerId": "192.0.2.3", "path": "65003", "origin": "igp", "nexthops": [{"ip": "192.0.2.3"}]}]}}"#;

#[test]
fn known_faults_of_frr_are_counted_and_are_no_difference() {
    let ours = [line("180a0000", json!({"as_path_text": "65000 65001 65002", "local_pref": null}))];
    let report = report(&ours, FRR);
    assert_eq!(
        (counts(&report), report.status()),
        ((1, 0, 0, 0), Status::Equal),
        "{:#?}",
        report.differences
    );
    let faults: Vec<Value> =
        report.known_faults.iter().map(|met| serde_json::to_value(met.fault).unwrap()).collect();
    assert_eq!(faults, ["own_as_in_front", "local_pref_left_out", "one_path_only"]);
    // Another AS in front is none.
    let ours = [line("180a0000", json!({"as_path_text": "64999 65001 65002"}))];
    assert_eq!(counts(&self::report(&ours, FRR)), (0, 0, 0, 1));
}

/// What the router `edge` said of 10.0.0.0/24 of its peer 192.0.2.1, post-policy: with this AS after its own.
fn said(asn: u8) -> Frames {
    let message = |kind: u8, body: &[&[u8]]| {
        let body = body.concat();
        let length = u32::try_from(body.len() + 6).unwrap().to_be_bytes();
        [&[3], length.as_slice(), &[kind], &body].concat()
    };
    let mut peer = [0; 42];
    peer[1] = 0x40;
    peer[22..26].copy_from_slice(&[192, 0, 2, 1]);
    let path = [0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe8, 0, 0, 0, asn];
    let attributes = [&[0x40, 1, 1, 0], path.as_slice(), &[0x40, 3, 4, 192, 0, 2, 1]].concat();
    let length = u8::try_from(attributes.len()).unwrap();
    let update = [&[0, 0, 0, length], attributes.as_slice(), &[24, 10, 0, 0]].concat();
    let header = [&[0xff; 16][..], &[0, u8::try_from(update.len() + 19).unwrap(), 2]].concat();
    let mut frames = Frames::default();
    frames.feed(0, &message(4, &[&[0, 2, 0, 4], b"edge"]));
    frames.feed(0, &message(0, &[&peer, &header, &update]));
    frames
}

#[test]
fn one_path_only_is_an_excuse_if_we_hold_what_was_said_last() {
    let ours = |asn: u8| {
        let changes = json!({"as_path_text": format!("65000 {asn}"), "med": null, "local_pref": null,
            "communities": []});
        [line("180a0000", changes)]
    };
    let table = FRR.replace("65001 65002", "7").replace(r#""metric": 10,"#, "");
    let report = compare(ours(7), &[&table], Some(&said(7)), &Options::default()).unwrap();
    assert_eq!((counts(&report), report.status()), ((1, 0, 0, 0), Status::Equal), "{report}");
    // The router changed it to what its table has, and we did not.
    let report = compare(ours(8), &[&table], Some(&said(7)), &Options::default()).unwrap();
    assert_eq!((counts(&report), report.sent_so), ((0, 1, 0, 1), 0), "{report}");
    // We have nothing of it.
    let options = Options { router: Some("edge".into()), as_sent: true, ..Options::default() };
    let report = compare(&[] as &[&str], &[&table], Some(&said(7)), &options).unwrap();
    assert_eq!((counts(&report), report.status()), ((0, 2, 0, 0), Status::Different), "{report}");
    // Another router's silence is none of this one's.
    let options = Options { router: Some("core".into()), ..options };
    let why = compare(&[] as &[&str], &[&table], Some(&said(7)), &options).unwrap_err().to_string();
    assert_eq!(why, "the BMP messages have no session of core");
}

#[test]
fn the_loc_rib_has_the_best_paths_only() {
    let ours = [line("180a0000", json!({"view": "loc_rib", "peer": "0.0.0.0"}))];
    let options = Options { view: Some(rib::RibView::LocRib), ..Options::default() };
    let report = compare(&ours, &[FRR], None, &options).unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0), "{:#?}", report.differences);
    // FRR 10 leaves it out, because it has two paths of one peer.
    let report = compare(&[] as &[&str], &[FRR], None, &options).unwrap();
    assert_eq!(counts(&report), (0, 0, 0, 0));
    assert_eq!(report.known_faults[0].fault, parity::Fault::LocRibWithoutPrefixesOfTwoPaths);
}

#[test]
fn what_cannot_be_compared_says_why() {
    let ours = [line("180a0000", json!({}))];
    let why = refused(&ours, r#"{ "warning": "Inbound soft reconfiguration not enabled" }"#);
    assert!(why.contains("Inbound soft reconfiguration not enabled"), "{why}");
    let why =
        refused(&ours, r#"{"receivedRoutes": {"10.0.0.0/24": {"nextHop": "192.0.2.1", "path": "65001"}}}"#);
    assert!(why.contains("--peer"), "{why}");
    let why = refused(&ours, r#"{"routes": {}}"#);
    assert!(why.contains("--family"), "{why}");
    let why = refused(&ours, "show: command not found\n");
    assert!(why.contains("none of the forms"), "{why}");
    let why = refused(&["{}".to_string()], BIRD);
    assert!(why.contains("line 1 of our routes is no route"), "{why}");
    let two = [line("180a0000", json!({})), line("180a0000", json!({"router": "core"}))];
    assert!(refused(&two, BIRD).contains("edge and core (--router names one)"));
}

#[test]
fn an_empty_table_of_a_family_is_compared() {
    let ours = [line("180a0000", json!({}))];
    let family = Some(wire::bgp::AddressFamily::IPV4_UNICAST);
    let report =
        compare(&ours, &[r#"{"routes": {}}"#], None, &Options { family, ..Options::default() }).unwrap();
    assert_eq!(counts(&report), (0, 0, 1, 0));
}

#[test]
fn gobgp() {
    let table = r#"{"10.0.0.0/24": [
      {"nlri": {"prefix": "10.0.0.0/24"}, "best": true, "neighbor-ip": "192.0.2.1", "attrs": [
        {"type": 1, "value": 0}, {"type": 2, "as_paths": [{"segment_type": 2, "num": 2, "asns": [65001, 65002]}]},
        {"type": 3, "nexthop": "192.0.2.1"}, {"type": 4, "metric": 10}, {"type": 5, "value": 100},
        {"type": 8, "communities": [4259905538, 4294967041]}]}],
      "65003:1:10.1.0.0/24": [
      {"nlri": {"prefix": "10.1.0.0/24", "labels": [100], "rd": {"type": 0, "admin": 65003, "assigned": 1}},
       "best": true, "neighbor-ip": "192.0.2.1", "attrs": [{"type": 1, "value": 0},
        {"type": 2, "as_paths": [{"segment_type": 2, "num": 1, "asns": [65001]}, {"segment_type": 1, "num": 2, "asns": [7, 8]}]},
        {"type": 14, "nexthop": "192.0.2.1", "afi": 1, "safi": 128}]}]}"#;
    let vpn = |label: &str| {
        line(
            &format!("70{label}0000fdeb000000010a0100"),
            json!({"safi": 128, "as_path_text": "65001 {7,8}", "med": null, "local_pref": null, "communities": []}),
        )
    };
    let report = report(&[line("180a0000", json!({})), vpn("000641")], table);
    assert_eq!(counts(&report), (2, 0, 0, 0), "{:#?}", report.differences);
    // Another label is the same route with another attribute.
    let report = self::report(&[line("180a0000", json!({})), vpn("000651")], table);
    assert_eq!((report.different, report.by_attribute["labels"]), (1, 1));
}

#[test]
fn vpn_routes_of_frr_stand_under_their_distinguisher_and_show_no_label() {
    let path = r#"{"valid": true, "peerId": "192.0.2.1", "path": "65001 65002", "origin": "igp", "metric": 10,
      "locPrf": 100, "nexthops": [{"ip": "192.0.2.1"}], "nextHop": "192.0.2.1", "bgpOriginCode": "i"}"#;
    let ours = [line("700006410000fdeb000000010a0100", json!({"safi": 128}))];
    let accepted =
        format!(r#"{{"routes": {{"routeDistinguishers": {{"65003:1": {{"10.1.0.0/24": [{path}]}}}}}}}}"#);
    assert_eq!(counts(&report(&ours, &accepted)), (1, 0, 0, 0));
    let received =
        format!(r#"{{"receivedRoutes": {{"65003:1": {{"rd": "65003:1", "10.1.0.0/24": {path}}}}}}}"#);
    let options = Options {
        peer: Some("192.0.2.1".parse().unwrap()),
        view: Some(rib::RibView::AdjRibInPost),
        ..Options::default()
    };
    assert_eq!(counts(&compare(&ours, &[&received], None, &options).unwrap()), (1, 0, 0, 0));
}
