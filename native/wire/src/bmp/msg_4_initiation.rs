//! Initiation (RFC 7854, section 4.3).

use serde::Serialize;

use super::{tlv, Tlv};
use crate::error::Result;
use crate::reader::Reader;
use crate::registry::bmp::initiation_tlv;

/// The router says who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Initiation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sys_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sys_descr: Option<String>,
    /// Type 0 is free text, 1 sysDescr, 2 sysName; all of them, the two above too.
    pub tlvs: Vec<Tlv>,
}

impl Initiation {
    pub fn new(tlvs: Vec<Tlv>) -> Self {
        Initiation {
            sys_name: tlv::text(&tlvs, initiation_tlv::SYS_NAME),
            sys_descr: tlv::text(&tlvs, initiation_tlv::SYS_DESCR),
            tlvs,
        }
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Tlv::decode_all(reader).map(Initiation::new)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.tlvs.iter().for_each(|tlv| tlv.encode(out));
    }
}
