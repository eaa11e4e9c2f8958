//! PE Distinguisher Labels (RFC 6514, section 8).

use std::net::IpAddr;

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Fields, Ipv4, Ipv6, Number, Repeat},
    Value,
};
use crate::error::Result;
use crate::reader::Reader;

shaped_attribute! {
    /// A label for each PE of a multicast VPN. `label` is the whole field of three octets: the label is in its high 20 bits.
    ///
    /// RFC 6514, section 8: malformed where the length is not a multiple of 7 (IPv4) or 19 (IPv6), or a PE's address is
    /// no unicast address; the routes are then withdrawn.
    PeDistinguisherLabels, Shape::Custom(labels);

    fn rule(&self) -> Result<(), &'static str> {
        let unicast = |entry: &Value| match entry.field("pe") {
            Some(Value::Address(IpAddr::V4(v4))) => {
                !(v4.is_multicast() || v4.is_broadcast() || v4.is_unspecified())
            }
            Some(Value::Address(IpAddr::V6(v6))) => !(v6.is_multicast() || v6.is_unspecified()),
            _ => false,
        };
        if self.0.list().iter().all(unicast) {
            Ok(())
        } else {
            Err("unicast addresses only")
        }
    }
}

/// The NLRI says which family the addresses are of; the length nearly always does too, and where both fit it is IPv4.
fn labels(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let shape = if reader.len().is_multiple_of(7) {
        Repeat(&Fields(&[("pe", Ipv4), ("label", Number(3))]))
    } else {
        Repeat(&Fields(&[("pe", Ipv6), ("label", Number(3))]))
    };
    Value::decode_at(shape, reader, depth)
}
