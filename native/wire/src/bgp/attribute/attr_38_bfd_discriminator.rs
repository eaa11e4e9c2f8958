//! BFD_DISCRIMINATOR (RFC 9026).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ip, Number},
    Value,
};
use crate::registry::attribute_tlvs::bfd_discriminator;

shaped_attribute! {
    /// The BFD session that watches a multicast tunnel.
    ///
    /// RFC 9026, section 3.1.6: discarded where it is shorter than mode and discriminator, its TLVs do not end where it ends, or the
    /// source address has not 4 or 16 octets.
    BfdDiscriminator, Fields(&[("mode", Number(1)), ("discriminator", Number(4)), ("tlvs", Shape::Tlvs(namespace))]);

    fn rule(&self) -> Result<(), &'static str> {
        if NAMESPACE.fits(self.0.field("tlvs").map_or(&[][..], Value::tlvs)) {
            Ok(())
        } else {
            Err("a source address of 4 or 16 octets")
        }
    }
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

static NAMESPACE: Namespace = Namespace {
    header: Header::Short,
    names: bfd_discriminator::name,
    table: &[(bfd_discriminator::SOURCE_IP, Ip)],
};
