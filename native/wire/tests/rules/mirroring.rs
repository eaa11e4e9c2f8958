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
