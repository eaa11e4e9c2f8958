//! Communities: IANA "BGP Well-known Communities", "BGP Extended Communities" and what is told inside of these, one line a
//! code point.

code_points! {
    /// Well-known communities (RFC 1997).
    well_known: u32;
    0xffff_0000 GRACEFUL_SHUTDOWN "graceful-shutdown";
    0xffff_0001 ACCEPT_OWN "accept-own";
    0xffff_0002 ROUTE_FILTER_TRANSLATED_V4 "route-filter-translated-v4";
    0xffff_0003 ROUTE_FILTER_V4 "route-filter-v4";
    0xffff_0004 ROUTE_FILTER_TRANSLATED_V6 "route-filter-translated-v6";
    0xffff_0005 ROUTE_FILTER_V6 "route-filter-v6";
    0xffff_0006 LLGR_STALE "llgr-stale";
    0xffff_0007 NO_LLGR "no-llgr";
    0xffff_0008 ACCEPT_OWN_NEXTHOP "accept-own-nexthop";
    0xffff_0009 STANDBY_PE "standby-pe";
    0xffff_029a BLACKHOLE "blackhole";
    0xffff_ff01 NO_EXPORT "no-export";
    0xffff_ff02 NO_ADVERTISE "no-advertise";
    0xffff_ff03 NO_EXPORT_SUBCONFED "no-export-subconfed";
    0xffff_ff04 NO_PEER "no-peer";
}

code_points! {
    /// Extended communities of an IPv6 address (RFC 5701): type and subtype.
    ipv6: u16;
    0x0002 ROUTE_TARGET "rt";
    0x0003 ROUTE_ORIGIN "soo";
    0x000b VRF_ROUTE_IMPORT "vrf-route-import";
    0x000c REDIRECT_TO_IP "redirect-to-ip";
    0x000d REDIRECT "redirect";
    0x0010 VPN_DISTINGUISHER "vpn-distinguisher";
    0x0011 UUID_RT "uuid-rt";
    0x0012 INTER_AREA_P2MP_NEXT_HOP "inter-area-p2mp-next-hop";
    0x0014 VRF_RECURSIVE_NEXT_HOP "vrf-recursive-next-hop";
    0x0015 RT_DERIVED "rt-derived";
    0x0020 MVPN_SA_RP "mvpn-sa-rp";
}

code_points! {
    /// What an extended community says of a route's origin (RFC 8097).
    validation_state: u8;
    0 VALID "valid";
    1 NOT_FOUND "not-found";
    2 INVALID "invalid";
}

/// How the six octets after type and subtype are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An AS number of two octets and a number.
    TwoOctetAs,
    /// An IPv4 address and a number.
    Ipv4,
    /// An AS number of four octets and a number.
    FourOctetAs,
    /// An AS number, and octets or packets a second (RFC 10005; RFC 8955, section 7.1).
    Rate,
    /// Point of insertion, identifier, cost.
    Cost,
    /// Area, route type, options (RFC 4577, section 4.2.6).
    OspfRouteType,
    /// Color-only bits and color (RFC 9012, section 4.3; RFC 9830, section 3).
    Color,
    /// Flags and identifier (RFC 9014: the label of a context).
    FlagsAndIdentifier,
    /// A tunnel type (RFC 9012, section 4.1).
    Encapsulation,
    /// RFC 8097
    ValidationState,
    /// Flags and sequence number (RFC 7432, section 7.7).
    MacMobility,
    /// Flags and label (RFC 7432, section 7.5; RFC 8317, section 5.1).
    FlagsAndLabel,
    Mac,
    /// Flags and MTU (RFC 8214, section 3.1).
    FlagsAndMtu,
    /// Algorithm, capabilities, preference (RFC 8584, section 2.2; RFC 9785).
    DfElection,
    /// Flags in the first octet (RFC 9047).
    ArpNd,
    /// Flags in the first two octets (RFC 9251, section 9.4).
    MulticastFlags,
    /// AS number, direction and group.
    InterfaceSet,
    /// A number in the last four octets.
    LastNumber,
    /// Encapsulation, control flags, MTU (RFC 4761, section 3.2.4).
    LayerTwo,
    /// A number in the last octet (RFC 8955, section 7.5).
    LastOctet,
    /// Bits in the last octet (RFC 8955, section 7.3).
    LastOctetInHex,
    /// Without a reading.
    Octets,
}

/// Types and subtypes of eight octets: number, number, constant, name, and how the value is written.
macro_rules! extended {
    ($($kind:literal $subtype:literal $constant:ident $name:literal $form:ident;)*) => {
        /// Extended communities (RFC 4360): type and subtype.
        pub mod extended {
            use super::Form;

            $(pub const $constant: [u8; 2] = [$kind, $subtype];)*

            /// The name, and how the value is written.
            pub const fn find(kind: u8, subtype: u8) -> Option<(&'static str, Form)> {
                match (kind, subtype) {
                    $(($kind, $subtype) => Some(($name, Form::$form)),)*
                    _ => None,
                }
            }
        }
    };
}

extended! {
    // Of an AS number of two octets
    0x00 0x02 ROUTE_TARGET "rt" TwoOctetAs;
    0x00 0x03 ROUTE_ORIGIN "soo" TwoOctetAs;
    0x00 0x04 LINK_BANDWIDTH "link-bandwidth" Rate;
    0x00 0x05 OSPF_DOMAIN_ID "ospf-domain-id" TwoOctetAs;
    0x00 0x08 BGP_DATA_COLLECTION "bgp-data-collection" TwoOctetAs;
    0x00 0x09 SOURCE_AS "source-as" TwoOctetAs;
    0x00 0x0a L2VPN_ID "l2vpn-id" TwoOctetAs;
    0x00 0x10 VPN_DISTINGUISHER "vpn-distinguisher" TwoOctetAs;
    0x00 0x13 RT_RECORD "rt-record" TwoOctetAs;
    0x00 0x15 RT_DERIVED "rt-derived" TwoOctetAs;
    0x00 0x80 VNI "vni" TwoOctetAs;
    // Of an IPv4 address
    0x01 0x02 ROUTE_TARGET_IPV4 "rt" Ipv4;
    0x01 0x03 ROUTE_ORIGIN_IPV4 "soo" Ipv4;
    0x01 0x05 OSPF_DOMAIN_ID_IPV4 "ospf-domain-id" Ipv4;
    0x01 0x07 OSPF_ROUTER_ID "ospf-router-id" Ipv4;
    0x01 0x09 NODE_TARGET "node-target" Ipv4;
    0x01 0x0a L2VPN_ID_IPV4 "l2vpn-id" Ipv4;
    0x01 0x0b VRF_ROUTE_IMPORT "vrf-route-import" Ipv4;
    0x01 0x0c REDIRECT_TO_IP_IPV4 "redirect-to-ip" Ipv4;
    0x01 0x10 VPN_DISTINGUISHER_IPV4 "vpn-distinguisher" Ipv4;
    0x01 0x12 INTER_AREA_P2MP_NEXT_HOP "inter-area-p2mp-next-hop" Ipv4;
    0x01 0x13 RT_RECORD_IPV4 "rt-record" Ipv4;
    0x01 0x14 VRF_RECURSIVE_NEXT_HOP "vrf-recursive-next-hop" Ipv4;
    0x01 0x15 RT_DERIVED_IPV4 "rt-derived" Ipv4;
    0x01 0x20 MVPN_SA_RP "mvpn-sa-rp" Ipv4;
    // Of an AS number of four octets
    0x02 0x02 ROUTE_TARGET_FOUR_OCTET_AS "rt" FourOctetAs;
    0x02 0x03 ROUTE_ORIGIN_FOUR_OCTET_AS "soo" FourOctetAs;
    0x02 0x04 GENERIC_FOUR_OCTET_AS "generic" FourOctetAs;
    0x02 0x05 OSPF_DOMAIN_ID_FOUR_OCTET_AS "ospf-domain-id" FourOctetAs;
    0x02 0x08 BGP_DATA_COLLECTION_FOUR_OCTET_AS "bgp-data-collection" FourOctetAs;
    0x02 0x09 SOURCE_AS_FOUR_OCTET_AS "source-as" FourOctetAs;
    0x02 0x10 VPN_DISTINGUISHER_FOUR_OCTET_AS "vpn-distinguisher" FourOctetAs;
    0x02 0x13 RT_RECORD_FOUR_OCTET_AS "rt-record" FourOctetAs;
    0x02 0x15 RT_DERIVED_FOUR_OCTET_AS "rt-derived" FourOctetAs;
    // Opaque
    0x03 0x01 COST "cost" Cost;
    0x03 0x03 CP_ORF "cp-orf" Octets;
    0x03 0x04 EXTRANET_SOURCE "extranet-source" Octets;
    0x03 0x05 EXTRANET_SEPARATION "extranet-separation" Octets;
    0x03 0x06 OSPF_ROUTE_TYPE "ospf-route-type" OspfRouteType;
    0x03 0x07 ADDITIONAL_PMSI_FLAGS "additional-pmsi-flags" Octets;
    0x03 0x08 CONTEXT_LABEL_SPACE "context-label-space" FlagsAndIdentifier;
    0x03 0x0b COLOR "color" Color;
    0x03 0x0c ENCAPSULATION "encapsulation" Encapsulation;
    0x03 0x0d DEFAULT_GATEWAY "default-gateway" Octets;
    0x03 0x0e PPMP_LABEL "ppmp-label" Octets;
    0x03 0x14 CONSISTENT_HASH_SORT_ORDER "consistent-hash-sort-order" Octets;
    0x03 0xaa LOAD_BALANCE "load-balance" Octets;
    // QoS marking, CoS capability
    0x04 0x00 QOS_MARKING "qos-marking" Octets;
    0x05 0x00 COS_CAPABILITY "cos-capability" Octets;
    // EVPN
    0x06 0x00 MAC_MOBILITY "mac-mobility" MacMobility;
    0x06 0x01 ESI_LABEL "esi-label" FlagsAndLabel;
    0x06 0x02 ES_IMPORT "es-import" Mac;
    0x06 0x03 ROUTER_MAC "router-mac" Mac;
    0x06 0x04 L2_ATTRIBUTES "l2-attributes" FlagsAndMtu;
    0x06 0x05 E_TREE "e-tree" FlagsAndLabel;
    0x06 0x06 DF_ELECTION "df-election" DfElection;
    0x06 0x07 I_SID "i-sid" Octets;
    0x06 0x08 ARP_ND "arp-nd" ArpNd;
    0x06 0x09 MULTICAST_FLAGS "multicast-flags" MulticastFlags;
    0x06 0x0a EVI_ROUTE_TARGET "evi-rt" TwoOctetAs;
    0x06 0x0b EVI_ROUTE_TARGET_IPV4 "evi-rt" Ipv4;
    0x06 0x0c EVI_ROUTE_TARGET_FOUR_OCTET_AS "evi-rt" FourOctetAs;
    0x06 0x0d EVI_ROUTE_TARGET_IPV6 "evi-rt" Octets;
    0x06 0x0e ATTACHMENT_CIRCUIT "attachment-circuit" Octets;
    0x06 0x0f SERVICE_CARVING_TIMESTAMP "service-carving-timestamp" Octets;
    0x06 0x10 EVPN_LINK_BANDWIDTH "evpn-link-bandwidth" Octets;
    // FlowSpec
    0x07 0x02 INTERFACE_SET "interface-set" InterfaceSet;
    0x08 0x00 REDIRECT_TO_IP_FLOWSPEC "redirect-to-ip" Ipv4;
    0x09 0x00 REDIRECT_TO_INDIRECTION_ID "redirect-to-indirection-id" Octets;
    // Transport class, service function chaining, mobile user plane
    0x0a 0x02 TRANSPORT_CLASS "transport-class" LastNumber;
    0x0b 0x01 SFIR_POOL "sfir-pool" Octets;
    0x0b 0x02 SFC_MPLS_LABEL "sfc-mpls-label" Octets;
    0x0c 0x00 MUP_SEGMENT "mup-segment" TwoOctetAs;
    // The same, and not passed on to other ASes
    0x40 0x04 LINK_BANDWIDTH_NON_TRANSITIVE "link-bandwidth" Rate;
    0x40 0x80 VNI_NON_TRANSITIVE "vni" TwoOctetAs;
    0x41 0x0c REDIRECT_TO_IP_IPV4_NON_TRANSITIVE "redirect-to-ip" Ipv4;
    0x42 0x04 GENERIC_FOUR_OCTET_AS_NON_TRANSITIVE "generic" FourOctetAs;
    0x43 0x00 ORIGIN_VALIDATION "origin-validation" ValidationState;
    0x43 0x01 COST_NON_TRANSITIVE "cost" Cost;
    0x44 0x00 QOS_MARKING_NON_TRANSITIVE "qos-marking" Octets;
    0x47 0x02 INTERFACE_SET_NON_TRANSITIVE "interface-set" InterfaceSet;
    0x4a 0x02 TRANSPORT_CLASS_NON_TRANSITIVE "transport-class" LastNumber;
    // Generic, parts 1 to 3
    0x80 0x00 OLD_OSPF_ROUTE_TYPE "old-ospf-route-type" OspfRouteType;
    0x80 0x01 OLD_OSPF_ROUTER_ID "old-ospf-router-id" Ipv4;
    0x80 0x05 OLD_OSPF_DOMAIN_ID "old-ospf-domain-id" TwoOctetAs;
    0x80 0x06 TRAFFIC_RATE_BYTES "traffic-rate-bytes" Rate;
    0x80 0x07 TRAFFIC_ACTION "traffic-action" LastOctetInHex;
    0x80 0x08 REDIRECT "redirect" TwoOctetAs;
    0x80 0x09 TRAFFIC_MARKING "traffic-marking" LastOctet;
    0x80 0x0a L2_INFO "l2-info" LayerTwo;
    0x80 0x0b E_TREE_INFO "e-tree-info" Octets;
    0x80 0x0c TRAFFIC_RATE_PACKETS "traffic-rate-packets" Rate;
    0x81 0x08 REDIRECT_IPV4 "redirect" Ipv4;
    0x82 0x08 REDIRECT_FOUR_OCTET_AS "redirect" FourOctetAs;
}
