//! Families of which only the framing is read: where an NLRI ends, and what of it identifies the route.

use crate::error::{At, Result};
use crate::reader::Reader;

/// How an NLRI says how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// An octet with the number of bits: Encapsulation (RFC 5512), MDT (RFC 6037).
    Bits,
    /// An octet with the number of octets: the Routing Policy SAFI (draft-ietf-idr-rpd).
    Octets,
    /// The same, and after it an octet that says how many of those after the next one are the key: Color-Aware
    /// Routing and its VPN form (RFC 9871).
    OctetsWithKey,
    /// A type and a length of an octet each: MCAST-VPLS (RFC 7117), MCAST-TREE (draft-ietf-bess-bgp-multicast).
    ShortTlv,
    /// A type and a length of two octets each: SD-WAN (draft-ietf-idr-sdwan-edge-discovery).
    LongTlv,
    /// One octet or two, as FlowSpec has it: tunnelled traffic (draft-ietf-idr-flowspec-nvo3).
    FlowSpec,
}

impl Framing {
    pub fn of(afi: u16, safi: u8) -> Option<Self> {
        Some(match (afi, safi) {
            (1 | 2, 7 | 66) => Framing::Bits,
            (1 | 2, 75) => Framing::Octets,
            (1 | 2, 83 | 84) => Framing::OctetsWithKey,
            (25, 8) | (1 | 2, 78) => Framing::ShortTlv,
            (1 | 2, 74) => Framing::LongTlv,
            (1 | 2 | 25, 77) => Framing::FlowSpec,
            _ => return None,
        })
    }

    /// Takes one NLRI.
    pub fn take<'a>(self, reader: &mut Reader<'a>) -> Result<&'a [u8]> {
        if self == Framing::FlowSpec {
            return super::flowspec::take(reader);
        }
        let start = *reader;
        let length = match self {
            Framing::Bits => usize::from(reader.u8().at("length")?).div_ceil(8),
            Framing::ShortTlv => {
                reader.u8().at("route_type")?;
                reader.u8().at("length")?.into()
            }
            Framing::LongTlv => {
                reader.u16().at("route_type")?;
                reader.u16().at("length")?.into()
            }
            Framing::Octets | Framing::OctetsWithKey | Framing::FlowSpec => reader.u8().at("length")?.into(),
        };
        reader.take(length).at("value")?;
        Ok(start.peek().get(..start.len() - reader.len()).unwrap_or_default())
    }

    /// Adds what identifies the route; `bytes` as `take` gives them.
    pub fn key(self, bytes: &[u8], out: &mut Vec<u8>) {
        match (self, bytes) {
            (Framing::FlowSpec, _) => super::flowspec::key(bytes, out),
            // Length, length of the key, type of the NLRI, the key, and what is none of it.
            (Framing::OctetsWithKey, [_, key_length, rest @ ..]) => {
                out.push(*key_length);
                out.extend_from_slice(rest.get(..1 + usize::from(*key_length)).unwrap_or(rest));
            }
            (Framing::Bits, [bits, rest @ ..]) => {
                out.push(*bits);
                out.extend_from_slice(rest);
                if let (1..=7, Some(last)) = (bits % 8, out.last_mut()) {
                    *last &= 0xff << (8 - bits % 8);
                }
            }
            _ => out.extend_from_slice(bytes),
        }
    }
}
