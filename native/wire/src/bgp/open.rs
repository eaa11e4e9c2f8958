//! OPEN (RFC 4271, section 4.2; RFC 5492; RFC 9072).

use std::net::Ipv4Addr;

use serde::Serialize;

use super::{AddressFamily, Capability};
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::{message, optional_parameter};

/// What a speaker offers at the start of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
    pub version: u8,
    /// My Autonomous System, 23456 (AS_TRANS) where the number needs four octets; see [`Open::asn`].
    #[serde(rename = "my_as")]
    pub my_as: u16,
    /// Seconds.
    pub hold_time: u16,
    pub bgp_id: Ipv4Addr,
    pub parameters: Vec<OptionalParameter>,
    /// The parameters are in the extended form (RFC 9072).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub extended: bool,
}

/// An optional parameter (RFC 4271, section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionalParameter {
    Capabilities(Vec<Capability>),
    Unknown { parameter_type: u8, value: Raw },
}

impl Open {
    /// Reads a whole message, its header included.
    pub fn decode_message(reader: &mut Reader<'_>) -> Result<Self> {
        let mut body = super::header::read_of(reader, message::OPEN, "1 (OPEN)")?;
        Open::decode(&mut body)
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let version = reader.u8().at("version")?;
        let my_as = reader.u16().at("my_as")?;
        let hold_time = reader.u16().at("hold_time")?;
        let bgp_id = reader.ipv4().at("bgp_id")?;
        let length = reader.u8().at("optional_parameters_length")?;
        // RFC 9072, section 2: this type as the first parameter's says that lengths have two octets.
        let extended = length != 0 && reader.peek().first() == Some(&optional_parameter::EXTENDED_LENGTH);
        let mut parameters = if extended {
            reader.u8()?;
            let length = reader.u16().at("extended_optional_parameters_length")?;
            reader.sub(length.into())
        } else {
            reader.sub(length.into())
        }
        .at("optional_parameters")?;
        reader.finish()?;
        let mut decoded = Vec::new();
        while !parameters.is_empty() {
            let parameter = OptionalParameter::decode(&mut parameters, extended)
                .at_index(decoded.len())
                .at("optional_parameters")?;
            decoded.push(parameter);
        }
        Ok(Open { version, my_as, hold_time, bgp_id, parameters: decoded, extended })
    }

    /// Writes a whole message, its header included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        super::header::encode(message::OPEN, out, |out| {
            out.push(self.version);
            out.extend_from_slice(&self.my_as.to_be_bytes());
            out.extend_from_slice(&self.hold_time.to_be_bytes());
            out.extend_from_slice(&self.bgp_id.octets());
            let parameters = |out: &mut Vec<u8>| {
                self.parameters.iter().for_each(|parameter| parameter.encode(out, self.extended));
            };
            if self.extended {
                out.extend_from_slice(&[u8::MAX, optional_parameter::EXTENDED_LENGTH]);
                crate::bgp::length::with_u16(out, parameters);
            } else {
                crate::bgp::length::with_u8(out, parameters);
            }
        });
    }

    pub fn capabilities(&self) -> impl Iterator<Item = &Capability> {
        self.parameters.iter().flat_map(|parameter| match parameter {
            OptionalParameter::Capabilities(capabilities) => capabilities.as_slice(),
            OptionalParameter::Unknown { .. } => &[],
        })
    }

    /// The speaker's AS number: of the four-octet AS capability (RFC 6793), else My Autonomous System.
    pub fn asn(&self) -> u32 {
        self.four_octet_as().unwrap_or(self.my_as.into())
    }

    /// What the four-octet AS capability says, where there is one.
    pub fn four_octet_as(&self) -> Option<u32> {
        self.capabilities().find_map(|capability| match capability {
            Capability::FourOctetAs { asn } => Some(*asn),
            _ => None,
        })
    }

    /// Families that the OPEN is about: those of its multiprotocol and ADD-PATH capabilities. One that names none is about
    /// IPv4 unicast, which needs no capability (RFC 4760, section 8).
    pub fn families(&self) -> impl Iterator<Item = AddressFamily> + '_ {
        let named = || {
            let multiprotocol = self.capabilities().filter_map(|capability| match capability {
                Capability::Multiprotocol { family } => Some(*family),
                _ => None,
            });
            multiprotocol.chain(self.add_path().map(|(family, _)| family))
        };
        let implied = named().next().is_none().then_some(AddressFamily::IPV4_UNICAST);
        named().chain(implied)
    }

    /// Families of which the speaker reads NLRI with more than one label (RFC 8277, section 2.1).
    pub fn multiple_labels(&self) -> impl Iterator<Item = AddressFamily> + '_ {
        self.capabilities()
            .flat_map(|capability| match capability {
                Capability::MultipleLabels { families } => families.as_slice(),
                _ => &[],
            })
            .map(|entry| entry.family)
    }

    /// Families with ADD-PATH as (family, mode): 1 can receive, 2 can send, 3 both (RFC 7911, section 4).
    pub fn add_path(&self) -> impl Iterator<Item = (AddressFamily, u8)> + '_ {
        self.capabilities()
            .flat_map(|capability| match capability {
                Capability::AddPath { families } => families.as_slice(),
                _ => &[],
            })
            .map(|entry| (entry.family, entry.mode))
    }
}

impl OptionalParameter {
    fn decode(reader: &mut Reader<'_>, extended: bool) -> Result<Self> {
        let parameter_type = reader.u8().at("type")?;
        let length =
            if extended { reader.u16().at("length")?.into() } else { reader.u8().at("length")?.into() };
        let mut value = reader.sub(length).at("value")?;
        if parameter_type != optional_parameter::CAPABILITIES {
            return Ok(OptionalParameter::Unknown { parameter_type, value: value.take_rest().into() });
        }
        let mut capabilities = Vec::new();
        while !value.is_empty() {
            capabilities
                .push(Capability::decode(&mut value).at_index(capabilities.len()).at("capabilities")?);
        }
        Ok(OptionalParameter::Capabilities(capabilities))
    }

    fn encode(&self, out: &mut Vec<u8>, extended: bool) {
        let value = |out: &mut Vec<u8>| match self {
            OptionalParameter::Capabilities(capabilities) => {
                capabilities.iter().for_each(|capability| capability.encode(out));
            }
            OptionalParameter::Unknown { value, .. } => out.extend_from_slice(value),
        };
        out.push(match self {
            OptionalParameter::Capabilities(_) => optional_parameter::CAPABILITIES,
            OptionalParameter::Unknown { parameter_type, .. } => *parameter_type,
        });
        if extended {
            crate::bgp::length::with_u16(out, value);
        } else {
            crate::bgp::length::with_u8(out, value);
        }
    }
}
