//! Route Mirroring, and what follows an UPDATE.

use crate::common::*;
use crate::*;

#[test]
fn route_mirroring_keeps_every_tlv() {
    let good = update(&[], &[], &[]);
    let tlv = |kind: u8, value: &[u8]| {
        [&[0, kind], u16::try_from(value.len()).unwrap().to_be_bytes().as_slice(), value].concat()
    };
    let body = [peer(0, 0), tlv(0, &good), tlv(0, &[1, 2, 3]), tlv(1, &[0, 1]), tlv(9, &[7])].concat();
    let message = one(bmp(6, &body));
    let Body::RouteMirroring(mirroring) = &message.body else { panic!() };
    use wire::bmp::Mirrored;
    assert!(matches!(&mirroring.mirrored[0], Mirrored::BgpMessage { decoded: Some(_), error: None, .. }));
    assert!(
        matches!(&mirroring.mirrored[1], Mirrored::BgpMessage { decoded: None, error: Some(_), message } if message.len() == 3)
    );
    assert!(matches!(&mirroring.mirrored[2], Mirrored::Information { code: 1 }));
    assert!(matches!(&mirroring.mirrored[3], Mirrored::Unknown { tlv_type: 9, .. }));
}

#[test]
fn tlvs_after_the_update_are_kept() {
    let mut body = [peer(0, 0), update(&[], &[], &[])].concat();
    body.extend([0, 5, 0, 1, 7]);
    let Body::RouteMonitoring(route) = one(bmp(0, &body)).body else { panic!() };
    assert_eq!(route.tlvs.len(), 1);
}

#[test]
fn information_of_route_mirroring_has_names() {
    for (code, name) in [(0, "errored_pdu"), (1, "messages_lost")] {
        let json =
            serde_json::to_value(one(bmp(6, &[peer(0, 0), vec![0, 1, 0, 2, 0, code]].concat()))).unwrap();
        assert_eq!(
            (&json["mirrored"][0]["code"], &json["mirrored"][0]["code_name"]),
            (&code.into(), &name.into())
        );
    }
}

/// A mirrored ROUTE-REFRESH as JSON; it writes back to its bytes.
fn refresh(body: &[u8]) -> serde_json::Value {
    let pdu = bgp(5, body);
    let length = u16::try_from(pdu.len()).unwrap().to_be_bytes();
    let message = one(bmp(6, &[peer(0, 0).as_slice(), &[0, 0], &length, &pdu].concat()));
    let Body::RouteMirroring(mirroring) = &message.body else { panic!() };
    let wire::bmp::Mirrored::BgpMessage { decoded: Some(decoded), .. } = &mirroring.mirrored[0] else {
        panic!()
    };
    let mut encoded = Vec::new();
    decoded.encode(&mut encoded);
    assert_eq!(encoded, pdu);
    serde_json::to_value(decoded).unwrap()
}

#[test]
fn route_refresh_has_subtypes() {
    // RFC 2918; RFC 7313, section 3.2
    for (subtype, name) in [(0, "request"), (1, "begin"), (2, "end")] {
        let json = refresh(&[0, 2, subtype, 1]);
        assert_eq!((&json["family"]["name"], &json["subtype_name"]), (&"ipv6-unicast".into(), &name.into()));
        assert!(json.get("outbound_route_filters").is_none());
    }
}

#[test]
fn route_refresh_has_outbound_route_filters() {
    // RFC 5291, section 4; RFC 5292, section 3
    let add = [0x20, 0, 0, 0, 5, 16, 24, 8, 10];
    let body = [&[0, 1, 0, 1, 1, 64, 0, 10], add.as_slice(), &[0x80], &[65, 0, 1, 7]].concat();
    assert_eq!(
        refresh(&body)["outbound_route_filters"],
        serde_json::json!({"when_to_refresh": 1, "filters": [
            {"type": 64, "entries": [
                {"action": 0, "permit": false, "rule": {"sequence": 5, "min_length": 16, "max_length": 24, "prefix": "10.0.0.0/8"}},
                {"action": 2, "permit": true, "rule": null}]},
            {"type": 65, "entries": "07"},
        ]})
    );
    // What does not read is kept raw.
    assert_eq!(
        refresh(&[0, 1, 0, 1, 1, 64, 0, 1, 0])["outbound_route_filters"]["filters"][0]["entries"],
        "00"
    );
    let json = refresh(&[0, 1, 0, 1, 1, 64, 0, 9]);
    assert_eq!((json.get("outbound_route_filters"), &json["filters"]), (None, &"01400009".into()));
}

#[test]
fn route_refresh_and_keepalive_are_mirrored() {
    use wire::bmp::Mirrored;
    let refresh = bgp(5, &[0, 1, 1, 1]);
    let keepalive = bgp(4, &[]);
    let tlv = |value: &[u8]| {
        [&[0, 0], u16::try_from(value.len()).unwrap().to_be_bytes().as_slice(), value].concat()
    };
    let frame = bmp(6, &[peer(0, 0), tlv(&refresh), tlv(&keepalive)].concat());
    let Body::RouteMirroring(mirroring) = decode_all(&frame).remove(0).unwrap().body else { panic!() };
    for (mirrored, bytes) in mirroring.mirrored.iter().zip([&refresh, &keepalive]) {
        let Mirrored::BgpMessage { decoded: Some(decoded), .. } = mirrored else { panic!("{mirrored:?}") };
        let mut encoded = Vec::new();
        decoded.encode(&mut encoded);
        assert_eq!(&encoded, bytes);
    }
}
