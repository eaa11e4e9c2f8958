//! BMP version 4 (draft-ietf-grow-bmp-tlv).

use crate::common::*;
use crate::*;

#[test]
fn version_4_has_the_update_in_a_tlv_of_either_revision() {
    for update_type in [4u8, 7] {
        let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], PREFIX);
        let length = u16::try_from(pdu.len()).unwrap().to_be_bytes();
        let body = [
            peer(0, 0).as_slice(),
            &[0, 5, 0, 6, 0, 1, 0, 0, 0, 0x8a, 0, 4],
            &[0, update_type],
            &length,
            &[0, 0],
            &pdu,
        ]
        .concat();
        let mut frame = Vec::new();
        wire::bmp::encode(4, 0, &mut frame, |out| out.extend_from_slice(&body));
        let message = one(frame.clone());
        assert_eq!(routes(&message)[0].3, ["10.1.2.0/24"]);
        let Body::RouteMonitoring(route) = &message.body else { panic!() };
        let markings: Vec<_> = route.path_markings().collect();
        if update_type == 4 {
            assert_eq!(markings[0].statuses().collect::<Vec<_>>(), ["best", "primary", "add_path"]);
            assert_eq!(markings[0].reason_name(), Some("as_path_length"));
        } else {
            // In revision 20 type 5 is the VRF name.
            assert_eq!(markings, []);
        }
        let mut encoded = Vec::new();
        message.encode(&mut encoded);
        assert_eq!(encoded, frame);
    }
}
