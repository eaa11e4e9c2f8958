//! Where messages are defined: the sections that [`dissect`](crate::dissect) names beside their octets. Those of attributes, capabilities and
//! families are in their own tables.

use crate::registry::bgp::message as bgp;
use crate::registry::bmp::message as bmp;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_its_reference() {
        for (number, name) in bmp::ALL {
            assert_ne!(bmp_message(*number), "", "{name}");
        }
        for (number, name) in bgp::ALL {
            assert_ne!(bgp_message(*number), bgp_message(0), "{name}");
        }
    }
}
