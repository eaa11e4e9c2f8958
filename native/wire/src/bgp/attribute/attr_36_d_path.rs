//! D-PATH (RFC 10039).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Fields, Number},
};

shaped_attribute! {
    /// The domains that a route came through, with the family it had in each.
    ///
    /// RFC 10039, section 4: malformed, and the routes withdrawn, where there is no segment, one without a domain, or octets left over.
    DPath, Shape::Segments(&Fields(&[("global_administrator", Number(4)), ("local_administrator", Number(2)), ("isf_safi", Number(1))]));

    fn rule(&self) -> Result<(), &'static str> {
        let segments = self.0.list();
        if segments.is_empty() || segments.iter().any(|segment| segment.list().is_empty()) {
            return Err("segments of one domain or more");
        }
        Ok(())
    }
}
