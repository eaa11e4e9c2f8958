//! PMSI_TUNNEL (RFC 6514, section 5; RFC 7385 for the registry of tunnel types, RFC 8317 for composite tunnels).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Fields, Ip, Number, Octets},
    Value,
};
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::tunnels::{pmsi, PMSI_COMPOSITE, PMSI_EXPERIMENTS};

shaped_attribute! {
    /// The tunnel that carries multicast of a VPN. `label` is the whole field of three octets: an MPLS label in the high
    /// 20 bits, or a VNI.
    ///
    /// RFC 6514, section 5: malformed where the tunnel type is not defined, or the tunnel identifier is not one of that
    /// type; the routes are then withdrawn.
    PmsiTunnel, Shape::Custom(tunnel)
}

fn tunnel(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let flags = Value::decode_at(Number(1), reader, depth).at("flags")?;
    let at = *reader;
    let number = reader.u8().at("tunnel_type")?;
    let label = Value::decode_at(Number(3), reader, depth).at("label")?;
    let experiment = PMSI_EXPERIMENTS.iter().any(|types| types.contains(&number));
    // The identifier of a composite tunnel starts with a label for the way to the root.
    let composite = number & PMSI_COMPOSITE != 0 && !experiment;
    let base = if composite { number & !PMSI_COMPOSITE } else { number };
    let Some(shape) = identifier(base) else {
        let found = number.into();
        return Err(at.error(ErrorKind::Value { found, expected: "a tunnel type" })).at("tunnel_type");
    };
    let mut fields = vec![
        ("flags", flags),
        ("tunnel_type", Value::Number { value: number.into(), octets: 1 }),
        ("label", label),
    ];
    if composite {
        fields.push(("root_label", Value::decode_at(Number(3), reader, depth).at("root_label")?));
    }
    fields.push(("tunnel_identifier", Value::decode_at(shape, reader, depth).at("tunnel_identifier")?));
    Ok(Value::Fields(fields))
}

/// The form of a tunnel type's identifier; `None` for types that IANA has not assigned.
fn identifier(number: u8) -> Option<Shape> {
    Some(match number {
        pmsi::NO_TUNNEL_INFORMATION => Fields(&[]),
        pmsi::RSVP_TE_P2MP => RSVP_TE_P2MP,
        pmsi::MLDP_P2MP | pmsi::MLDP_MP2MP => MLDP,
        pmsi::PIM_SSM | pmsi::PIM_SM | pmsi::BIDIR_PIM => Shape::Custom(source_and_group),
        pmsi::INGRESS_REPLICATION | pmsi::ASSISTED_REPLICATION => Ip,
        pmsi::TRANSPORT_TUNNEL => Shape::Custom(transport_tunnel),
        pmsi::BIER => BIER,
        // Their own documents are drafts.
        pmsi::SR_MPLS_P2MP | pmsi::SRV6_P2MP => Octets,
        _ if PMSI_EXPERIMENTS.iter().any(|types| types.contains(&number)) => Octets,
        _ => return None,
    })
}

/// As in the P2MP LSP's SESSION object (RFC 4875), the extended tunnel ID first.
const RSVP_TE_P2MP: Shape = Shape::Custom(|reader, depth| {
    let address = if reader.len() == 24 { Shape::Ipv6 } else { Shape::Ipv4 };
    Ok(Value::Fields(vec![
        ("extended_tunnel_id", Value::decode_at(address, reader, depth)?),
        ("reserved", Value::decode_at(Number(2), reader, depth)?),
        ("tunnel_id", Value::decode_at(Number(2), reader, depth)?),
        ("p2mp_id", Value::decode_at(Number(4), reader, depth)?),
    ]))
});

/// An mLDP FEC element (RFC 6388, section 2.2).
const MLDP: Shape = Shape::Custom(|reader, depth| {
    let head = [("fec_type", 1), ("address_family", 2), ("address_length", 1)];
    let mut fields = Vec::with_capacity(6);
    for (name, octets) in head {
        fields.push((name, Value::decode_at(Number(octets), reader, depth).at(name)?));
    }
    let length = fields.last().and_then(|(_, value)| value.number()).unwrap_or_default();
    let mut root = reader.sub(usize::try_from(length).unwrap_or(usize::MAX)).at("root")?;
    fields.push(("root", Value::decode_at(Ip, &mut root, depth).at("root")?));
    root.finish().at("root")?;
    let length = reader.u16().at("opaque_length")?;
    fields.push(("opaque_length", Value::Number { value: length.into(), octets: 2 }));
    fields.push(("opaque", Value::Raw(reader.take(length.into()).at("opaque")?.into())));
    Ok(Value::Fields(fields))
});

/// PIM trees: two addresses of one family.
fn source_and_group(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let address = if reader.len() == 32 { Shape::Ipv6 } else { Shape::Ipv4 };
    let source = Value::decode_at(address, reader, depth)?;
    Ok(Value::Fields(vec![("source", source), ("group", Value::decode_at(address, reader, depth)?)]))
}

/// RFC 7524, section 8: the PE and a number of its own.
fn transport_tunnel(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let address = if reader.len() == 20 { Shape::Ipv6 } else { Shape::Ipv4 };
    let source = Value::decode_at(address, reader, depth)?;
    Ok(Value::Fields(vec![("source", source), ("number", Value::decode_at(Number(4), reader, depth)?)]))
}

/// RFC 8556, section 2.1
const BIER: Shape = Fields(&[("sub_domain", Number(1)), ("bfr_id", Number(2)), ("bfr_prefix", Ip)]);

impl PmsiTunnel {
    /// IANA "P-Multicast Service Interface Tunnel (PMSI Tunnel) Tunnel Types"; of a composite tunnel the type of its way
    /// to the leaves.
    pub fn type_name(&self) -> Option<&'static str> {
        let number = u8::try_from(self.0.field("tunnel_type")?.number()?).ok()?;
        pmsi::name(number & !PMSI_COMPOSITE)
    }
}
