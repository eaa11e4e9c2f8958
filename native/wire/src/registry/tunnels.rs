//! Tunnels: IANA "BGP Tunnel Encapsulation" and "P-Multicast Service Interface Tunnel (PMSI Tunnel) Tunnel Types", one line a
//! code point. What the values look like is in the files of the attributes, `attr_22_pmsi_tunnel` and
//! `attr_23_tunnel_encapsulation`.

code_points! {
    /// Tunnel types (RFC 9012, section 2), and what the extended community of RFC 9012, section 4.1, says of them.
    tunnel: u16;
    1 L2TPV3_OVER_IP "l2tpv3_over_ip" "l2tpv3";
    2 GRE "gre" "gre";
    3 TRANSMIT_TUNNEL_ENDPOINT "transmit_tunnel_endpoint";
    4 IPSEC_IN_TUNNEL_MODE "ipsec_in_tunnel_mode";
    5 IP_IN_IP_WITH_IPSEC "ip_in_ip_with_ipsec";
    6 MPLS_IN_IP_WITH_IPSEC "mpls_in_ip_with_ipsec";
    7 IP_IN_IP "ip_in_ip" "ip-in-ip";
    8 VXLAN "vxlan" "vxlan";
    9 NVGRE "nvgre" "nvgre";
    10 MPLS "mpls" "mpls";
    11 MPLS_IN_GRE "mpls_in_gre" "mpls-in-gre";
    12 VXLAN_GPE "vxlan_gpe" "vxlan-gpe";
    13 MPLS_IN_UDP "mpls_in_udp" "mpls-in-udp";
    14 IPV6_TUNNEL "ipv6_tunnel";
    15 SR_POLICY "sr_policy" "sr-policy";
    16 BARE "bare";
    17 SR_TUNNEL "sr_tunnel";
    19 GENEVE "geneve" "geneve";
}

code_points! {
    /// Sub-TLVs of a tunnel (RFC 9012, section 3; RFC 9830, section 2.4).
    sub_tlv: u16;
    1 ENCAPSULATION "encapsulation";
    2 PROTOCOL_TYPE "protocol_type";
    4 COLOR "color";
    5 LOAD_BALANCING_BLOCK "load_balancing_block";
    6 TUNNEL_EGRESS_ENDPOINT "tunnel_egress_endpoint";
    7 DS_FIELD "ds_field";
    8 UDP_DESTINATION_PORT "udp_destination_port";
    9 EMBEDDED_LABEL_HANDLING "embedded_label_handling";
    10 MPLS_LABEL_STACK "mpls_label_stack";
    11 PREFIX_SID "prefix_sid";
    12 PREFERENCE "preference";
    13 BINDING_SID "binding_sid";
    14 EXPLICIT_NULL_LABEL_POLICY "explicit_null_label_policy";
    15 PRIORITY "priority";
    20 SRV6_BINDING_SID "srv6_binding_sid";
    128 SEGMENT_LIST "segment_list";
    129 CANDIDATE_PATH_NAME "candidate_path_name";
    130 POLICY_NAME "policy_name";
}

code_points! {
    /// Sub-TLVs of an SR policy's segment list: segments of type A to K, and the list's weight (RFC 9830; RFC 9831).
    segment: u16;
    1 MPLS_LABEL "mpls_label";
    3 IPV4_NODE "ipv4_node";
    4 IPV6_NODE "ipv6_node";
    5 IPV4_NODE_INTERFACE "ipv4_node_interface";
    6 IPV4_ADJACENCY "ipv4_adjacency";
    7 IPV6_LINK_LOCAL "ipv6_link_local";
    8 IPV6_ADJACENCY "ipv6_adjacency";
    9 WEIGHT "weight";
    13 SRV6_SID "srv6_sid";
    14 SRV6_NODE "srv6_node";
    15 SRV6_LINK_LOCAL "srv6_link_local";
    16 SRV6_ADJACENCY "srv6_adjacency";
}

code_points! {
    /// Tunnels of multicast (RFC 6514, section 5; RFC 7385 for their list).
    pmsi: u8;
    0 NO_TUNNEL_INFORMATION "no_tunnel_information";
    1 RSVP_TE_P2MP "rsvp_te_p2mp";
    2 MLDP_P2MP "mldp_p2mp";
    3 PIM_SSM "pim_ssm";
    4 PIM_SM "pim_sm";
    5 BIDIR_PIM "bidir_pim";
    6 INGRESS_REPLICATION "ingress_replication";
    7 MLDP_MP2MP "mldp_mp2mp";
    8 TRANSPORT_TUNNEL "transport_tunnel";
    10 ASSISTED_REPLICATION "assisted_replication";
    11 BIER "bier";
    12 SR_MPLS_P2MP "sr_mpls_p2mp";
    13 SRV6_P2MP "srv6_p2mp";
}

/// With this bit a PMSI tunnel is a composite one (RFC 8317, section 4).
pub const PMSI_COMPOSITE: u8 = 0x80;

/// PMSI tunnel types for experiments (RFC 7385; RFC 8317, section 8): simple ones and composite ones.
pub const PMSI_EXPERIMENTS: [core::ops::RangeInclusive<u8>; 2] = [0x7b..=0x7e, 0xfb..=0xfe];
