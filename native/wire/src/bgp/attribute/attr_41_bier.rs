//! BIER (RFC 9793, section 3).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Header, Namespace, Shape,
    Shape::{Fields, Number},
};
use crate::registry::attribute_tlvs::bier;

shaped_attribute! {
    /// BIER sub-domains of a router.
    ///
    /// RFC 9793, section 4: discarded where it has no TLV, or TLVs or sub-TLVs do not end where what holds them ends.
    Bier, Shape::Tlvs(namespace);

    fn rule(&self) -> Result<(), &'static str> {
        if self.0.tlvs().is_empty() || !NAMESPACE.fits(self.0.tlvs()) {
            return Err("one TLV or more of well-formed sub-TLVs");
        }
        Ok(())
    }
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

fn sub_tlvs() -> &'static Namespace {
    &SUB_TLVS
}

/// Encapsulations and next hops; their values keep their octets.
static SUB_TLVS: Namespace = Namespace { header: Header::Long, names: |_| None, table: &[] };

static NAMESPACE: Namespace = Namespace {
    header: Header::Long,
    names: bier::name,
    table: &[(
        bier::BIER,
        Fields(&[
            ("sub_domain", Number(1)),
            ("bfr_id", Number(2)),
            ("reserved", Number(1)),
            ("sub_tlvs", Shape::Tlvs(sub_tlvs)),
        ]),
    )],
};
