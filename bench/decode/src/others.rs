//! The same stream through decoders from crates.io, each as its documentation uses it, everything materialised.

use bytes::Bytes;
use netgauze_bmp_pkt::wire::deserializer::BmpParsingContext;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use super::{Bench, Found};

pub const DECODERS: [Bench; 3] = [
    ("netgauze-bmp-pkt 0.13", netgauze),
    ("bgpkit-parser 0.23", bgpkit),
    ("zettabgp 0.6", zettabgp),
];

fn netgauze(bytes: &[u8]) -> Found {
    use netgauze_bmp_pkt::{v3::BmpMessageValue, BmpMessage};
    let mut context = BmpParsingContext::default();
    let mut reader = SliceReader::new(bytes);
    let mut messages = 0;
    while !reader.is_empty() {
        let message = BmpMessage::parse(&mut reader, &mut context).expect("netgauze");
        messages += u64::from(matches!(
            message,
            BmpMessage::V3(BmpMessageValue::RouteMonitoring(_))
        ));
        std::hint::black_box(&message);
    }
    messages
}

fn bgpkit(bytes: &[u8]) -> Found {
    use bgpkit_parser::parser::bmp::messages::BmpMessageBody;
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut messages = 0;
    while !rest.is_empty() {
        let message = bgpkit_parser::parser::bmp::parse_bmp_msg(&mut rest).expect("bgpkit");
        messages += u64::from(matches!(
            message.message_body,
            BmpMessageBody::RouteMonitoring(_)
        ));
        std::hint::black_box(&message);
    }
    messages
}

fn zettabgp(bytes: &[u8]) -> Found {
    use zettabgp::bmp::{BMPSession, BmpMessage, BmpMessageHeader};
    let mut session = BMPSession::default();
    let mut rest = bytes;
    let mut messages = 0;
    while !rest.is_empty() {
        let (header, taken) = BmpMessageHeader::decode_from(rest).expect("zettabgp");
        let message = session
            .decode_from(&rest[taken..header.msglength])
            .expect("zettabgp");
        messages += u64::from(matches!(message, BmpMessage::RouteMonitoring(_)));
        std::hint::black_box(&message);
        rest = &rest[header.msglength..];
    }
    messages
}
