//! Capabilities of an OPEN: IANA "Capability Codes", one line a capability: code, constant, name in JSON and terms, and
//! what pages say. How a value is read is in `bgp::capability`.

/// What the registry says of a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    pub code: u8,
    pub name: &'static str,
    pub label: &'static str,
}

macro_rules! capabilities {
    ($($code:literal $constant:ident $name:literal $label:literal;)*) => {
        /// The codes, by their names.
        pub mod code {
            $(pub const $constant: u8 = $code;)*
        }

        /// Every capability that has a reading, by code.
        pub const ALL: &[Capability] = &[$(Capability { code: $code, name: $name, label: $label },)*];
    };
}

capabilities! {
    1 MULTIPROTOCOL "multiprotocol" "Multiprotocol";
    2 ROUTE_REFRESH "route_refresh" "Route refresh";
    3 OUTBOUND_ROUTE_FILTERING "outbound_route_filtering" "Outbound route filtering";
    5 EXTENDED_NEXT_HOP "extended_next_hop" "Extended next hop";
    6 EXTENDED_MESSAGE "extended_message" "Extended message";
    7 BGPSEC "bgpsec" "BGPsec";
    8 MULTIPLE_LABELS "multiple_labels" "Multiple labels";
    9 ROLE "role" "BGP role";
    64 GRACEFUL_RESTART "graceful_restart" "Graceful restart";
    65 FOUR_OCTET_AS "four_octet_as" "4-octet AS number";
    67 DYNAMIC_CAPABILITY "dynamic_capability" "Dynamic capability";
    68 MULTISESSION "multisession" "Multisession";
    69 ADD_PATH "add_path" "ADD-PATH";
    70 ENHANCED_ROUTE_REFRESH "enhanced_route_refresh" "Enhanced route refresh";
    71 LONG_LIVED_GRACEFUL_RESTART "long_lived_graceful_restart" "Long-lived graceful restart";
    72 ROUTING_POLICY_DISTRIBUTION "routing_policy_distribution" "Routing policy distribution";
    73 FQDN "fqdn" "FQDN";
    74 BFD_STRICT_MODE "bfd_strict_mode" "BFD strict mode";
    75 SOFTWARE_VERSION "software_version" "Software version";
    76 PATHS_LIMIT "paths_limit" "Paths limit";
    77 LINK_LOCAL_NEXT_HOP "link_local_next_hop" "Link-local next hop";
    128 OLD_ROUTE_REFRESH "old_route_refresh" "Route refresh (pre-standard)";
    130 OLD_OUTBOUND_ROUTE_FILTERING "old_outbound_route_filtering" "Outbound route filtering (pre-standard)";
    131 OLD_MULTISESSION "old_multisession" "Multisession (pre-standard)";
    184 OLD_FQDN "old_fqdn" "FQDN (pre-standard)";
}
