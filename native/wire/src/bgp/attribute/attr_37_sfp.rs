//! SFP (RFC 9015, section 3.2.1).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Bytes, Fields, Number, Octets, Repeat, Tlvs},
    Tlv,
};
use crate::registry::attribute_tlvs::sfp;

shaped_attribute! {
    /// A service function path.
    ///
    /// RFC 9015, section 3.2.1: malformed, and the routes withdrawn, where TLVs do not end where the attribute ends, there is no Hop TLV,
    /// or one without a sub-TLV.
    ServiceFunctionPath, Tlvs(namespace);

    fn rule(&self) -> Result<(), &'static str> {
        let mut hops = self.0.tlvs().iter().filter(|tlv| tlv.number == sfp::HOP).peekable();
        if hops.peek().is_none() {
            return Err("a path of one hop or more");
        }
        let whole = |hop: &Tlv| hop.value.field("details").is_some_and(|details| !details.tlvs().is_empty());
        if hops.all(whole) {
            Ok(())
        } else {
            Err("hops of one sub-TLV or more")
        }
    }
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

/// IANA "SFP Attribute TLVs"; those of a hop are of the same space.
static NAMESPACE: Namespace = Namespace {
    header: Header::Mixed,
    names: sfp::name,
    table: &[
        (
            sfp::ASSOCIATION,
            Fields(&[
                ("association_type", Number(1)),
                ("route_distinguisher", Bytes(8)),
                ("service_path_identifier", Number(3)),
            ]),
        ),
        (sfp::HOP, Fields(&[("service_index", Number(1)), ("details", Tlvs(namespace))])),
        (
            sfp::SFT,
            Fields(&[
                ("service_function_type", Number(2)),
                ("route_distinguishers", Repeat(&Shape::Bytes(8))),
            ]),
        ),
        (sfp::MPLS_SWAPPING, Octets),
        (sfp::MPLS_HIERARCHY, Octets),
    ],
};
