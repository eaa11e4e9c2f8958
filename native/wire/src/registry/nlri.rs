//! What NLRI have inside: route types, components and the like, a table a list of IANA's, one line a code point. BGP-LS has a file of
//! its own.

code_points! {
    /// Types of a route distinguisher (RFC 4364, section 4.2).
    rd_type: u16;
    0 TWO_OCTET_AS "two_octet_as";
    1 IPV4 "ipv4";
    2 FOUR_OCTET_AS "four_octet_as";
}

code_points! {
    /// EVPN route types (RFC 7432; RFC 9136; RFC 9251; RFC 9572).
    evpn: u8;
    1 ETHERNET_AUTO_DISCOVERY "ethernet_auto_discovery";
    2 MAC_IP_ADVERTISEMENT "mac_ip_advertisement";
    3 INCLUSIVE_MULTICAST_ETHERNET_TAG "inclusive_multicast_ethernet_tag";
    4 ETHERNET_SEGMENT "ethernet_segment";
    5 IP_PREFIX "ip_prefix";
    6 SELECTIVE_MULTICAST_ETHERNET_TAG "selective_multicast_ethernet_tag";
    7 MULTICAST_MEMBERSHIP_REPORT_SYNCH "multicast_membership_report_synch";
    8 MULTICAST_LEAVE_SYNCH "multicast_leave_synch";
    9 PER_REGION_I_PMSI "per_region_i_pmsi";
    10 S_PMSI "s_pmsi";
    11 LEAF_AD "leaf_ad";
}

code_points! {
    /// Types of an Ethernet Segment Identifier (RFC 7432, section 5).
    esi_type: u8;
    0 ARBITRARY "arbitrary";
    1 LACP "lacp";
    2 BRIDGE_PROTOCOL "bridge_protocol";
    3 MAC "mac";
    4 ROUTER_ID "router_id";
    5 AS "as";
}

code_points! {
    /// MCAST-VPN route types (RFC 6514, section 4).
    mcast_vpn: u8;
    1 INTRA_AS_I_PMSI "intra_as_i_pmsi";
    2 INTER_AS_I_PMSI "inter_as_i_pmsi";
    3 S_PMSI "s_pmsi";
    4 LEAF_AD "leaf_ad";
    5 SOURCE_ACTIVE "source_active";
    6 SHARED_TREE_JOIN "shared_tree_join";
    7 SOURCE_TREE_JOIN "source_tree_join";
}

code_points! {
    /// Architectures of MUP (draft-ietf-bess-mup-safi).
    mup_architecture: u8;
    1 THREE_GPP_5G "3gpp_5g";
}

code_points! {
    /// Route types of MUP's architecture 3GPP-5G.
    mup: u16;
    1 INTERWORK_SEGMENT_DISCOVERY "interwork_segment_discovery";
    2 DIRECT_SEGMENT_DISCOVERY "direct_segment_discovery";
    3 TYPE_1_SESSION_TRANSFORMED "type_1_session_transformed";
    4 TYPE_2_SESSION_TRANSFORMED "type_2_session_transformed";
}

code_points! {
    /// Components of FlowSpec (RFC 8955, section 4.2.2; RFC 8956, section 3).
    flowspec: u8;
    1 DESTINATION_PREFIX "dst";
    2 SOURCE_PREFIX "src";
    3 PROTOCOL "proto";
    4 PORT "port";
    5 DESTINATION_PORT "dport";
    6 SOURCE_PORT "sport";
    7 ICMP_TYPE "icmp-type";
    8 ICMP_CODE "icmp-code";
    9 TCP_FLAGS "tcp-flags";
    10 PACKET_LENGTH "length";
    11 DSCP "dscp";
    12 FRAGMENT "fragment";
    13 FLOW_LABEL "flow-label";
}

code_points! {
    /// Filters of FlowSpec version 2 (draft-ietf-idr-flowspec-v2-04, section 3).
    flowspec_v2: u16;
    1 IP "ip";
}
