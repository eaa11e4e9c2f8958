//! Termination (RFC 7854, section 4.5).

use serde::{Serialize, Serializer};

use super::{tlv, Tlv};
use crate::error::Result;
use crate::reader::Reader;

/// The router ends the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Termination {
    /// 0 administratively closed, 1 unspecified, 2 out of resources, 3 redundant connection,
    /// 4 permanently administratively closed.
    #[serde(flatten, serialize_with = "serialize_reason")]
    pub reason: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Type 0 is free text, 1 the reason; all of them, the two above too.
    pub tlvs: Vec<Tlv>,
}

impl Termination {
    pub fn new(tlvs: Vec<Tlv>) -> Self {
        let reason = tlvs
            .iter()
            .find(|tlv| tlv.tlv_type == 1)
            .and_then(|tlv| <[u8; 2]>::try_from(&*tlv.value).ok())
            .map(u16::from_be_bytes);
        Termination { reason, text: tlv::text(&tlvs, 0), tlvs }
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Tlv::decode_all(reader).map(Termination::new)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
    }
}

/// IANA "BMP Termination Message Reason Codes".
pub fn reason_name(reason: u16) -> Option<&'static str> {
    Some(match reason {
        0 => "administratively_closed",
        1 => "unspecified",
        2 => "out_of_resources",
        3 => "redundant_connection",
        4 => "permanently_administratively_closed",
        _ => return None,
    })
}

fn serialize_reason<S: Serializer>(
    reason: &Option<u16>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut out = serializer.serialize_map(Some(2))?;
    out.serialize_entry("reason", reason)?;
    out.serialize_entry("reason_name", &reason.and_then(reason_name))?;
    out.end()
}
