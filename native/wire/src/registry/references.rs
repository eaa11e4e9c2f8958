//! Where an element is defined: the sections that [`dissect`](crate::dissect) names beside its octets. An empty text is of what
//! is not in the other tables.

use crate::bgp::AddressFamily;
use crate::registry::bgp::message as bgp;
use crate::registry::bmp::message as bmp;
use crate::registry::families::Layout;

/// A message of BMP, by its type.
pub const fn bmp_message(number: u8) -> &'static str {
    match number {
        bmp::ROUTE_MONITORING => "RFC 7854, section 4.6",
        bmp::STATISTICS_REPORT => "RFC 7854, section 4.8",
        bmp::PEER_DOWN => "RFC 7854, section 4.9",
        bmp::PEER_UP => "RFC 7854, section 4.10",
        bmp::INITIATION => "RFC 7854, section 4.3",
        bmp::TERMINATION => "RFC 7854, section 4.5",
        bmp::ROUTE_MIRRORING => "RFC 7854, section 4.7",
        _ => "",
    }
}

/// A message of BGP, by its type.
pub const fn bgp_message(number: u8) -> &'static str {
    match number {
        bgp::OPEN => "RFC 4271, section 4.2",
        bgp::UPDATE => "RFC 4271, section 4.3",
        bgp::NOTIFICATION => "RFC 4271, section 4.5",
        bgp::KEEPALIVE => "RFC 4271, section 4.4",
        bgp::ROUTE_REFRESH => "RFC 2918, section 3",
        _ => "RFC 4271, section 4.1",
    }
}

/// A path attribute, by its code.
pub const fn attribute(code: u8) -> &'static str {
    match code {
        1 => "RFC 4271, section 5.1.1",
        2 => "RFC 4271, section 5.1.2",
        3 => "RFC 4271, section 5.1.3",
        4 => "RFC 4271, section 5.1.4",
        5 => "RFC 4271, section 5.1.5",
        6 => "RFC 4271, section 5.1.6",
        7 => "RFC 4271, section 5.1.7",
        8 => "RFC 1997",
        9 | 10 => "RFC 4456, section 8",
        14 => "RFC 4760, section 3",
        15 => "RFC 4760, section 4",
        16 => "RFC 4360, section 2",
        17 | 18 => "RFC 6793, section 3",
        21 => "draft-ietf-idr-as-pathlimit",
        22 => "RFC 6514, section 5",
        23 => "RFC 9012, section 2",
        24 => "RFC 5543, section 3",
        25 => "RFC 5701, section 2",
        26 => "RFC 7311, section 3",
        27 => "RFC 6514, section 8",
        29 => "RFC 9552, section 5.3",
        32 => "RFC 8092, section 3",
        33 => "RFC 8205, section 3",
        34 => "draft-ietf-idr-wide-bgp-communities",
        35 => "RFC 9234, section 5",
        36 => "RFC 10039, section 4",
        37 => "RFC 9015, section 3.2.1",
        38 => "RFC 9026, section 3.1.6",
        39 => "draft-ietf-idr-nhc",
        40 => "RFC 8669, section 3",
        41 => "RFC 9793, section 3",
        42 => "draft-ietf-idr-5g-edge-service-metadata",
        128 => "RFC 6368, section 5",
        _ => "RFC 4271, section 4.3",
    }
}

/// A capability, by its code.
pub const fn capability(code: u8) -> &'static str {
    match code {
        1 => "RFC 4760, section 8",
        2 => "RFC 2918, section 2",
        3 => "RFC 5291, section 5",
        5 => "RFC 8950, section 4",
        6 => "RFC 8654, section 3",
        7 => "RFC 8205, section 2.1",
        8 => "RFC 8277, section 2.1",
        9 => "RFC 9234, section 4.1",
        64 => "RFC 4724, section 3",
        65 => "RFC 6793, section 3",
        67 => "draft-ietf-idr-dynamic-cap",
        68 => "draft-ietf-idr-bgp-multisession",
        69 => "RFC 7911, section 4",
        70 => "RFC 7313, section 3.1",
        71 => "RFC 9494, section 3.1",
        72 => "draft-ietf-idr-rpd",
        73 => "draft-walton-bgp-hostname-capability",
        74 => "draft-ietf-idr-bgp-bfd-strict-mode",
        75 => "draft-abraitis-bgp-version-capability",
        76 => "draft-abraitis-idr-addpath-paths-limit",
        77 => "draft-ietf-idr-linklocal-capability",
        128 | 130 | 131 | 184 => "RFC 8810",
        _ => "RFC 5492, section 4",
    }
}

/// The NLRI of a family.
pub fn family(family: AddressFamily) -> &'static str {
    match family.layout() {
        Some(Layout::Prefix) if family == AddressFamily::IPV4_UNICAST => "RFC 4271, section 4.3",
        Some(Layout::Prefix) => "RFC 4760, section 5",
        Some(Layout::Labeled) => "RFC 8277, section 2",
        Some(Layout::LabeledVpn) if family.safi == 76 => "RFC 9832, section 6",
        Some(Layout::LabeledVpn) if family.is_ipv6() => "RFC 4659, section 3.2",
        Some(Layout::LabeledVpn) => "RFC 4364, section 4.3.4",
        Some(Layout::VpnPrefix) => "RFC 6514",
        Some(Layout::Evpn) => "RFC 7432, section 7",
        Some(Layout::McastVpn) => "RFC 6514, section 4",
        Some(Layout::Mdt) => "RFC 6037",
        Some(Layout::Vpls) => "RFC 4761, section 3.2.2",
        Some(Layout::RouteTargetConstraint) => "RFC 4684, section 4",
        Some(Layout::SrPolicy) => "RFC 9830, section 2.1",
        Some(Layout::FlowSpec { .. }) => "RFC 8955, section 4",
        Some(Layout::FlowSpecV2 { .. }) => "draft-ietf-idr-flowspec-v2",
        Some(Layout::LinkState { .. }) => "RFC 9552, section 5.2",
        Some(Layout::Mup) => "draft-ietf-bess-mup-safi",
        Some(Layout::Framed(_)) | None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{attributes, capabilities};

    /// What has a reading has a section of its own, and not that of the list it is in.
    #[test]
    fn every_attribute_and_capability_that_has_a_reading_has_its_reference() {
        for known in attributes::ALL {
            assert_ne!(attribute(known.code), attribute(255), "{}", known.name);
        }
        for known in capabilities::ALL {
            assert_ne!(capability(known.code), capability(255), "{}", known.name);
        }
        for (number, name) in bmp::ALL {
            assert_ne!(bmp_message(*number), "", "{name}");
        }
    }
}
