//! Families of which only the framing is read: where an NLRI ends, and what of it identifies the route.

use crate::error::{At, Result};
use crate::reader::Reader;
use crate::registry::families::Framing;

impl Framing {
    /// Takes one NLRI.
    pub(super) fn take<'a>(self, reader: &mut Reader<'a>) -> Result<&'a [u8]> {
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
    pub(super) fn key(self, bytes: &[u8], out: &mut Vec<u8>) {
        match (self, bytes) {
            (Framing::FlowSpec, _) => super::flowspec::key(bytes, out),
            // Length, length of the key, type of the NLRI, the key, and what is none of it.
            (Framing::OctetsWithKey, [_, key_length, rest @ ..]) => {
                out.push(*key_length);
                out.extend_from_slice(rest.get(..1 + usize::from(*key_length)).unwrap_or(rest));
            }
            (Framing::Bits, _) => super::unicast::key(bytes, out),
            _ => out.extend_from_slice(bytes),
        }
    }
}
