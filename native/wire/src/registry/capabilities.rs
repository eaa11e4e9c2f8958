//! Capabilities of an OPEN: IANA "Capability Codes", one line a capability: code, constant, name in JSON and terms, what
//! pages say, and where it is defined. How a value is read is in `bgp::capability`.

/// What the registry says of a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    pub code: u8,
    pub name: &'static str,
    pub label: &'static str,
    pub reference: &'static str,
}

macro_rules! capabilities {
    ($($code:literal $constant:ident $name:literal $label:literal $reference:literal;)*) => {
        /// The codes, by their names.
        pub mod code {
            $(pub const $constant: u8 = $code;)*
        }

        /// Every capability that has a reading, by code.
        pub const ALL: &[Capability] = &[$(Capability { code: $code, name: $name, label: $label, reference: $reference },)*];
    };
}

capabilities! {
    1 MULTIPROTOCOL "multiprotocol" "Multiprotocol" "RFC 4760, section 8";
    2 ROUTE_REFRESH "route_refresh" "Route refresh" "RFC 2918, section 2";
    3 OUTBOUND_ROUTE_FILTERING "outbound_route_filtering" "Outbound route filtering" "RFC 5291, section 5";
    5 EXTENDED_NEXT_HOP "extended_next_hop" "Extended next hop" "RFC 8950, section 4";
    6 EXTENDED_MESSAGE "extended_message" "Extended message" "RFC 8654, section 3";
    7 BGPSEC "bgpsec" "BGPsec" "RFC 8205, section 2.1";
    8 MULTIPLE_LABELS "multiple_labels" "Multiple labels" "RFC 8277, section 2.1";
    9 ROLE "role" "BGP role" "RFC 9234, section 4.1";
    64 GRACEFUL_RESTART "graceful_restart" "Graceful restart" "RFC 4724, section 3";
    65 FOUR_OCTET_AS "four_octet_as" "4-octet AS number" "RFC 6793, section 3";
    67 DYNAMIC_CAPABILITY "dynamic_capability" "Dynamic capability" "draft-ietf-idr-dynamic-cap";
    68 MULTISESSION "multisession" "Multisession" "draft-ietf-idr-bgp-multisession";
    69 ADD_PATH "add_path" "ADD-PATH" "RFC 7911, section 4";
    70 ENHANCED_ROUTE_REFRESH "enhanced_route_refresh" "Enhanced route refresh" "RFC 7313, section 3.1";
    71 LONG_LIVED_GRACEFUL_RESTART "long_lived_graceful_restart" "Long-lived graceful restart" "RFC 9494, section 3.1";
    72 ROUTING_POLICY_DISTRIBUTION "routing_policy_distribution" "Routing policy distribution" "draft-ietf-idr-rpd";
    73 FQDN "fqdn" "FQDN" "draft-walton-bgp-hostname-capability";
    74 BFD_STRICT_MODE "bfd_strict_mode" "BFD strict mode" "draft-ietf-idr-bgp-bfd-strict-mode";
    75 SOFTWARE_VERSION "software_version" "Software version" "draft-abraitis-bgp-version-capability";
    76 PATHS_LIMIT "paths_limit" "Paths limit" "draft-abraitis-idr-addpath-paths-limit";
    77 LINK_LOCAL_NEXT_HOP "link_local_next_hop" "Link-local next hop" "draft-ietf-idr-linklocal-capability";
    128 OLD_ROUTE_REFRESH "old_route_refresh" "Route refresh (pre-standard)" "RFC 8810";
    130 OLD_OUTBOUND_ROUTE_FILTERING "old_outbound_route_filtering" "Outbound route filtering (pre-standard)" "RFC 8810";
    131 OLD_MULTISESSION "old_multisession" "Multisession (pre-standard)" "RFC 8810";
    184 OLD_FQDN "old_fqdn" "FQDN (pre-standard)" "RFC 8810";
}

/// Where a capability is defined; of one without a reading, where capabilities are.
pub fn reference(code: u8) -> &'static str {
    ALL.iter().find(|known| known.code == code).map_or("RFC 5492, section 4", |known| known.reference)
}
