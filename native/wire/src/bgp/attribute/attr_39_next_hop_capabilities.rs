//! Next Hop Dependent Characteristics (draft-ietf-idr-nhc; the code is a temporary assignment).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Ipv4, Number, Octets},
    Value,
};
use crate::registry::attribute_tlvs::characteristic;

shaped_attribute! {
    /// What the next hop can do; void where it is not the route's next hop.
    ///
    /// Section 2.4: discarded where it is malformed, and that is also where no characteristic follows the next hop. A characteristic that
    /// does not have its form is kept raw, the others count.
    NextHopCapabilities, Fields(&[("afi", Number(2)), ("safi", Number(1)), ("next_hop", Shape::Counted), ("characteristics", Shape::Tlvs(namespace))]);

    fn rule(&self) -> Result<(), &'static str> {
        match self.0.field("characteristics").map(Value::tlvs) {
            None | Some([]) => Err("one characteristic or more"),
            Some(_) => Ok(()),
        }
    }
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

static NAMESPACE: Namespace = Namespace {
    header: Header::Long,
    names: characteristic::name,
    table: &[(characteristic::ENTROPY_LABEL, Octets), (characteristic::BGP_ID, Ipv4)],
};
