//! Capabilities of an OPEN (RFC 5492).

use serde::Serialize;

use super::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// One capability. A value that does not have its capability's form is kept as `Unknown`: a
/// capability never makes an OPEN fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Capability {
    /// 1 (RFC 4760)
    Multiprotocol {
        family: AddressFamily,
    },
    /// 2 (RFC 2918)
    RouteRefresh,
    /// 6 (RFC 8654)
    ExtendedMessage,
    /// 65 (RFC 6793)
    FourOctetAs {
        asn: u32,
    },
    /// 69 (RFC 7911)
    AddPath {
        families: Vec<AddPathFamily>,
    },
    Unknown {
        code: u8,
        value: Raw,
    },
}

/// One family of the ADD-PATH capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AddPathFamily {
    pub family: AddressFamily,
    /// 1 can receive, 2 can send, 3 both.
    pub mode: u8,
}

impl Capability {
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let code = reader.u8().at("code")?;
        let length = reader.u8().at("length")?;
        let value = reader.sub(length.into()).at("value")?;
        Ok(Capability::typed(code, value)
            .unwrap_or_else(|| Capability::Unknown { code, value: value.peek().into() }))
    }

    fn typed(code: u8, mut value: Reader<'_>) -> Option<Self> {
        let reader = &mut value;
        let capability = match code {
            1 => {
                let afi = reader.u16().ok()?;
                if reader.u8().ok()? != 0 {
                    return None;
                }
                Capability::Multiprotocol { family: AddressFamily::new(afi, reader.u8().ok()?) }
            }
            2 => Capability::RouteRefresh,
            6 => Capability::ExtendedMessage,
            65 => Capability::FourOctetAs { asn: reader.u32().ok()? },
            69 => {
                let mut families = Vec::with_capacity(reader.len() / 4);
                while !reader.is_empty() {
                    let family = AddressFamily::decode(reader).ok()?;
                    families.push(AddPathFamily { family, mode: reader.u8().ok()? });
                }
                Capability::AddPath { families }
            }
            _ => return None,
        };
        value.finish().ok().map(|()| capability)
    }

    pub fn code(&self) -> u8 {
        match self {
            Capability::Multiprotocol { .. } => 1,
            Capability::RouteRefresh => 2,
            Capability::ExtendedMessage => 6,
            Capability::FourOctetAs { .. } => 65,
            Capability::AddPath { .. } => 69,
            Capability::Unknown { code, .. } => *code,
        }
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code());
        super::encode_with_u8_length(out, |out| match self {
            Capability::Multiprotocol { family } => {
                out.extend_from_slice(&family.afi.to_be_bytes());
                out.extend_from_slice(&[0, family.safi]);
            }
            Capability::RouteRefresh | Capability::ExtendedMessage => {}
            Capability::FourOctetAs { asn } => out.extend_from_slice(&asn.to_be_bytes()),
            Capability::AddPath { families } => {
                for entry in families {
                    entry.family.encode(out);
                    out.push(entry.mode);
                }
            }
            Capability::Unknown { value, .. } => out.extend_from_slice(value),
        });
    }
}
