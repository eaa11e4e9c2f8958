//! Edge Metadata (draft-ietf-idr-5g-edge-service-metadata; the code is a temporary assignment).

use super::shaped_attribute;
use crate::bgp::tlv::{Header, Namespace, Shape};

shaped_attribute! {
    /// How near and loaded a service is; the code points of its TLVs are not settled, so values are octets. The draft says nothing of
    /// malformed ones: what does not read is left out.
    EdgeMetadata, Shape::Tlvs(namespace)
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

static NAMESPACE: Namespace = Namespace { header: Header::Long, names: |_| None, table: &[] };
