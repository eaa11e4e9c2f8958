//! TLVs inside of path attributes, a table a list of IANA's or of the attribute's own specification, one line a code point. What the
//! values look like is in the attribute's file; tunnels and BGP-LS have files of their own here.

code_points! {
    /// AIGP (RFC 7311, section 3).
    aigp: u8;
    1 ACCUMULATED_METRIC "accumulated_metric";
}

code_points! {
    /// Containers of the attribute COMMUNITY_CONTAINER (draft-ietf-idr-wide-bgp-communities, section 3).
    community_container: u16;
    1 WIDE_COMMUNITY "wide_community";
}

code_points! {
    /// TLVs of a wide community (section 4 of the same draft).
    wide_community: u16;
    1 TARGETS "targets";
    2 EXCLUDE_TARGETS "exclude_targets";
    3 PARAMETERS "parameters";
}

code_points! {
    /// Atoms in those (section 5).
    wide_community_atom: u16;
    0 RESERVED "reserved";
    1 AUTONOMOUS_SYSTEMS "autonomous_systems";
    2 IPV4_PREFIXES "ipv4_prefixes";
    3 IPV6_PREFIXES "ipv6_prefixes";
    4 INTEGERS "integers";
    5 FLOATS "floats";
    6 NEIGHBOR_CLASSES "neighbor_classes";
    7 USER_CLASSES "user_classes";
    8 STRING "string";
    255 RESERVED_255 "reserved_255";
}

code_points! {
    /// SFP; those of a hop are of the same list (RFC 9015, section 3.2.1).
    sfp: u16;
    1 ASSOCIATION "association";
    2 HOP "hop";
    3 SFT "sft";
    4 MPLS_SWAPPING "mpls_swapping";
    5 MPLS_HIERARCHY "mpls_hierarchy";
}

code_points! {
    /// BFD_DISCRIMINATOR (RFC 9026, section 3.1.6).
    bfd_discriminator: u16;
    1 SOURCE_IP "source_ip";
}

code_points! {
    /// Characteristics of a next hop (draft-ietf-idr-nhc).
    characteristic: u16;
    1 ENTROPY_LABEL "entropy_label";
    3 BGP_ID "bgp_id";
}

code_points! {
    /// PREFIX_SID (RFC 8669, section 3; RFC 9252, section 2).
    prefix_sid: u16;
    1 LABEL_INDEX "label_index";
    3 ORIGINATOR_SRGB "originator_srgb";
    5 SRV6_L3_SERVICE "srv6_l3_service";
    6 SRV6_L2_SERVICE "srv6_l2_service";
}

code_points! {
    /// Sub-TLVs of an SRv6 service (RFC 9252, section 3).
    srv6_service: u16;
    1 SRV6_SID_INFORMATION "srv6_sid_information";
}

code_points! {
    /// Sub-sub-TLVs of an SRv6 SID (RFC 9252, section 3.2).
    srv6_sid: u16;
    1 SRV6_SID_STRUCTURE "srv6_sid_structure";
}

code_points! {
    /// BIER (RFC 9793, section 3).
    bier: u16;
    1 BIER "bier";
}
