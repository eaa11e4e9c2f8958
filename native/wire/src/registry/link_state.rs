//! BGP-LS: IANA "Border Gateway Protocol - Link State (BGP-LS) Parameters", one line a code point. What the values of TLVs look like
//! is in `bgp::link_state`.

code_points! {
    /// NLRI types (RFC 9552, section 5.2; RFC 9514; RFC 9857).
    nlri: u16;
    1 NODE "node";
    2 LINK "link";
    3 IPV4_PREFIX "ipv4_prefix";
    4 IPV6_PREFIX "ipv6_prefix";
    5 SR_POLICY_CANDIDATE_PATH "sr_policy_candidate_path";
    6 SRV6_SID "srv6_sid";
}

code_points! {
    /// Protocol-IDs (RFC 9552, section 5.2).
    protocol: u8;
    1 ISIS_LEVEL_1 "isis_level_1";
    2 ISIS_LEVEL_2 "isis_level_2";
    3 OSPFV2 "ospfv2";
    4 DIRECT "direct";
    5 STATIC "static";
    6 OSPFV3 "ospfv3";
    7 BGP "bgp";
    8 RSVP_TE "rsvp_te";
    9 SEGMENT_ROUTING "segment_routing";
}

code_points! {
    /// TLVs of NLRI and of the attribute, which share one list (RFC 9552, section 8.3; RFC 8571, RFC 8814, RFC 9085, RFC 9086,
    /// RFC 9294, RFC 9351, RFC 9514, RFC 9857).
    tlv: u16;
    256 LOCAL_NODE_DESCRIPTORS "local_node_descriptors";
    257 REMOTE_NODE_DESCRIPTORS "remote_node_descriptors";
    258 LINK_LOCAL_REMOTE_IDENTIFIERS "link_local_remote_identifiers";
    259 IPV4_INTERFACE_ADDRESS "ipv4_interface_address";
    260 IPV4_NEIGHBOR_ADDRESS "ipv4_neighbor_address";
    261 IPV6_INTERFACE_ADDRESS "ipv6_interface_address";
    262 IPV6_NEIGHBOR_ADDRESS "ipv6_neighbor_address";
    263 MULTI_TOPOLOGY_IDS "multi_topology_ids";
    264 OSPF_ROUTE_TYPE "ospf_route_type";
    265 IP_REACHABILITY "ip_reachability";
    266 NODE_MSD "node_msd";
    267 LINK_MSD "link_msd";
    512 AUTONOMOUS_SYSTEM "autonomous_system";
    513 BGP_LS_IDENTIFIER "bgp_ls_identifier";
    514 OSPF_AREA_ID "ospf_area_id";
    515 IGP_ROUTER_ID "igp_router_id";
    516 BGP_ROUTER_ID "bgp_router_id";
    517 BGP_CONFEDERATION_MEMBER "bgp_confederation_member";
    518 SRV6_SID "srv6_sid";
    554 SR_POLICY_CANDIDATE_PATH "sr_policy_candidate_path";
    1024 NODE_FLAGS "node_flags";
    1025 OPAQUE_NODE "opaque_node";
    1026 NODE_NAME "node_name";
    1027 ISIS_AREA_IDENTIFIER "isis_area_identifier";
    1028 IPV4_ROUTER_ID_LOCAL "ipv4_router_id_local";
    1029 IPV6_ROUTER_ID_LOCAL "ipv6_router_id_local";
    1030 IPV4_ROUTER_ID_REMOTE "ipv4_router_id_remote";
    1031 IPV6_ROUTER_ID_REMOTE "ipv6_router_id_remote";
    1032 S_BFD_DISCRIMINATORS "s_bfd_discriminators";
    1034 SR_CAPABILITIES "sr_capabilities";
    1035 SR_ALGORITHMS "sr_algorithms";
    1036 SR_LOCAL_BLOCK "sr_local_block";
    1037 SRMS_PREFERENCE "srms_preference";
    1038 SRV6_CAPABILITIES "srv6_capabilities";
    1039 FLEXIBLE_ALGORITHM_DEFINITION "flexible_algorithm_definition";
    1040 FLEX_ALGO_EXCLUDE_ANY_AFFINITY "flex_algo_exclude_any_affinity";
    1041 FLEX_ALGO_INCLUDE_ANY_AFFINITY "flex_algo_include_any_affinity";
    1042 FLEX_ALGO_INCLUDE_ALL_AFFINITY "flex_algo_include_all_affinity";
    1043 FLEX_ALGO_DEFINITION_FLAGS "flex_algo_definition_flags";
    1044 FLEX_ALGO_PREFIX_METRIC "flex_algo_prefix_metric";
    1045 FLEX_ALGO_EXCLUDE_SRLG "flex_algo_exclude_srlg";
    1046 FLEX_ALGO_UNSUPPORTED "flex_algo_unsupported";
    1088 ADMINISTRATIVE_GROUP "administrative_group";
    1089 MAXIMUM_LINK_BANDWIDTH "maximum_link_bandwidth";
    1090 MAXIMUM_RESERVABLE_BANDWIDTH "maximum_reservable_bandwidth";
    1091 UNRESERVED_BANDWIDTH "unreserved_bandwidth";
    1092 TE_DEFAULT_METRIC "te_default_metric";
    1093 LINK_PROTECTION_TYPE "link_protection_type";
    1094 MPLS_PROTOCOL_MASK "mpls_protocol_mask";
    1095 IGP_METRIC "igp_metric";
    1096 SHARED_RISK_LINK_GROUP "shared_risk_link_group";
    1097 OPAQUE_LINK "opaque_link";
    1098 LINK_NAME "link_name";
    1099 ADJACENCY_SID "adjacency_sid";
    1100 LAN_ADJACENCY_SID "lan_adjacency_sid";
    1101 PEER_NODE_SID "peer_node_sid";
    1102 PEER_ADJACENCY_SID "peer_adjacency_sid";
    1103 PEER_SET_SID "peer_set_sid";
    1105 RTM_CAPABILITY "rtm_capability";
    1106 SRV6_END_X_SID "srv6_end_x_sid";
    1107 ISIS_SRV6_LAN_END_X_SID "isis_srv6_lan_end_x_sid";
    1108 OSPFV3_SRV6_LAN_END_X_SID "ospfv3_srv6_lan_end_x_sid";
    1114 UNIDIRECTIONAL_LINK_DELAY "unidirectional_link_delay";
    1115 MIN_MAX_UNIDIRECTIONAL_LINK_DELAY "min_max_unidirectional_link_delay";
    1116 UNIDIRECTIONAL_DELAY_VARIATION "unidirectional_delay_variation";
    1117 UNIDIRECTIONAL_LINK_LOSS "unidirectional_link_loss";
    1118 UNIDIRECTIONAL_RESIDUAL_BANDWIDTH "unidirectional_residual_bandwidth";
    1119 UNIDIRECTIONAL_AVAILABLE_BANDWIDTH "unidirectional_available_bandwidth";
    1120 UNIDIRECTIONAL_UTILIZED_BANDWIDTH "unidirectional_utilized_bandwidth";
    1121 GRACEFUL_LINK_SHUTDOWN "graceful_link_shutdown";
    1122 APPLICATION_SPECIFIC_LINK_ATTRIBUTES "application_specific_link_attributes";
    1152 IGP_FLAGS "igp_flags";
    1153 IGP_ROUTE_TAGS "igp_route_tags";
    1154 IGP_EXTENDED_ROUTE_TAGS "igp_extended_route_tags";
    1155 PREFIX_METRIC "prefix_metric";
    1156 OSPF_FORWARDING_ADDRESS "ospf_forwarding_address";
    1157 OPAQUE_PREFIX "opaque_prefix";
    1158 PREFIX_SID "prefix_sid";
    1159 RANGE "range";
    1161 SID_LABEL "sid_label";
    1162 SRV6_LOCATOR "srv6_locator";
    1170 PREFIX_ATTRIBUTE_FLAGS "prefix_attribute_flags";
    1171 SOURCE_ROUTER_ID "source_router_id";
    1172 L2_BUNDLE_MEMBER_ATTRIBUTES "l2_bundle_member_attributes";
    1173 EXTENDED_ADMINISTRATIVE_GROUP "extended_administrative_group";
    1174 SOURCE_OSPF_ROUTER_ID "source_ospf_router_id";
    1201 SR_BINDING_SID "sr_binding_sid";
    1202 SR_CANDIDATE_PATH_STATE "sr_candidate_path_state";
    1203 SR_CANDIDATE_PATH_NAME "sr_candidate_path_name";
    1204 SR_CANDIDATE_PATH_CONSTRAINTS "sr_candidate_path_constraints";
    1205 SR_SEGMENT_LIST "sr_segment_list";
    1206 SR_SEGMENT "sr_segment";
    1207 SR_SEGMENT_LIST_METRIC "sr_segment_list_metric";
    1208 SR_AFFINITY_CONSTRAINT "sr_affinity_constraint";
    1209 SR_SRLG_CONSTRAINT "sr_srlg_constraint";
    1210 SR_BANDWIDTH_CONSTRAINT "sr_bandwidth_constraint";
    1211 SR_DISJOINT_GROUP_CONSTRAINT "sr_disjoint_group_constraint";
    1212 SRV6_BINDING_SID "srv6_binding_sid";
    1213 SR_POLICY_NAME "sr_policy_name";
    1214 SR_BIDIRECTIONAL_GROUP_CONSTRAINT "sr_bidirectional_group_constraint";
    1215 SR_METRIC_CONSTRAINT "sr_metric_constraint";
    1216 SR_SEGMENT_LIST_BANDWIDTH "sr_segment_list_bandwidth";
    1217 SR_SEGMENT_LIST_IDENTIFIER "sr_segment_list_identifier";
    1250 SRV6_ENDPOINT_BEHAVIOR "srv6_endpoint_behavior";
    1251 SRV6_BGP_PEER_NODE_SID "srv6_bgp_peer_node_sid";
    1252 SRV6_SID_STRUCTURE "srv6_sid_structure";
}
