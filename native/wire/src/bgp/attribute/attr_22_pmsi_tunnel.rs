//! PMSI_TUNNEL (RFC 6514, section 5).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Number, Octets},
};

shaped_attribute! {
    /// The tunnel that carries multicast of a VPN.
    PmsiTunnel, 22, "pmsi_tunnel", OPTIONAL_TRANSITIVE, TreatAsWithdraw, Shape::Fields(&[("flags", Number(1)), ("tunnel_type", Number(1)), ("label", Number(3)), ("tunnel_identifier", Octets)])
}

impl PmsiTunnel {
    /// IANA "P-Multicast Service Interface Tunnel (PMSI Tunnel) Tunnel Types"
    pub fn type_name(&self) -> Option<&'static str> {
        Some(match self.0.field("tunnel_type")?.number()? {
            0 => "no_tunnel_information",
            1 => "rsvp_te_p2mp",
            2 => "mldp_p2mp",
            3 => "pim_ssm",
            4 => "pim_sm",
            5 => "bidir_pim",
            6 => "ingress_replication",
            7 => "mldp_mp2mp",
            8 => "transport_tunnel",
            10 => "assisted_replication",
            11 => "bier",
            12 => "sr_mpls_p2mp",
            _ => return None,
        })
    }
}
