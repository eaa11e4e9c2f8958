//! Address families: IANA "Address Family Numbers" and "SAFI Values", one line a pair of them; and below them the types that their NLRI
//! have.
//!
//! | column | |
//! |---|---|
//! | AFI and SAFI, constant | the pair, as a constant of [`AddressFamily`] |
//! | name, label | what JSON, messages and the addresses of pages say, and what pages say to a reader |
//! | layout | how a block of NLRI is split into routes, and what they are read as: see [`Layout`] |
//! | value | the struct under `ServiceRadar.BMP.BGP` that holds an NLRI; nothing where a prefix or the octets are all there is |

use std::fmt;

use serde::{Serialize, Serializer};

use crate::bgp::family::AddressFamily;

/// How the NLRI of a family are laid out. Each has a file under `bgp::nlri`, which splits, keys and reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A bare prefix (RFC 4271, section 4.3; RFC 4760, section 5).
    Prefix,
    /// Labels and a prefix (RFC 8277).
    Labeled,
    /// Labels, a route distinguisher and a prefix (RFC 4364, RFC 4659; RFC 9832, section 6).
    LabeledVpn,
    /// A route distinguisher and a prefix (RFC 6514, SAFI 129).
    VpnPrefix,
    Evpn,
    McastVpn,
    /// RFC 6037
    Mdt,
    Vpls,
    RouteTargetConstraint,
    SrPolicy,
    /// RFC 8955; with AFI 25, draft-ietf-idr-flowspec-l2vpn: the same framing, and of its components those of the link layer have
    /// no reading.
    FlowSpec {
        vpn: bool,
    },
    /// draft-ietf-idr-flowspec-v2. IANA has assigned no SAFI to it: a block of another family must never be taken for these, so
    /// no line below has this layout.
    FlowSpecV2 {
        vpn: bool,
    },
    /// RFC 9552; RFC 9815, section 5.1.
    LinkState {
        vpn: bool,
    },
    Mup,
    /// Only where an NLRI ends is read, and what of it identifies the route.
    Framed(Framing),
}

/// How an NLRI of which nothing else is read says how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// An octet with the number of bits: Encapsulation (RFC 5512), MDT (RFC 6037).
    Bits,
    /// An octet with the number of octets: the Routing Policy SAFI (draft-ietf-idr-rpd).
    Octets,
    /// The same, and after it an octet that says how many of those after the next one are the key: Color-Aware
    /// Routing and its VPN form (RFC 9871).
    OctetsWithKey,
    /// A type and a length of an octet each: MCAST-VPLS (RFC 7117), MCAST-TREE (draft-ietf-bess-bgp-multicast).
    ShortTlv,
    /// A type and a length of two octets each: SD-WAN (draft-ietf-idr-sdwan-edge-discovery).
    LongTlv,
    /// One octet or two, as FlowSpec has it: tunnelled traffic (draft-ietf-idr-flowspec-nvo3).
    FlowSpec,
}

/// What the registry says of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    pub family: AddressFamily,
    pub name: &'static str,
    pub label: &'static str,
    pub layout: Layout,
    pub value: &'static str,
}

impl AddressFamily {
    /// Address family numbers.
    pub const IPV4: u16 = 1;
    pub const IPV6: u16 = 2;
    pub const L2VPN: u16 = 25;
    pub const LINK_STATE: u16 = 16388;
}

macro_rules! families {
    ($(($afi:literal, $safi:literal) $constant:ident $name:literal $label:literal $layout:ident $({ $vpn:ident: $is_vpn:literal })? $((Framing::$framing:ident))?, $value:literal;)*) => {
        impl AddressFamily {
            $(pub const $constant: AddressFamily = AddressFamily::new($afi, $safi);)*
        }

        /// Every family whose NLRI can be told apart, by AFI and SAFI.
        pub const ALL: &[Family] = &[$(Family {
            family: AddressFamily::$constant,
            name: $name,
            label: $label,
            layout: Layout::$layout $({ $vpn: $is_vpn })? $((Framing::$framing))?,
            value: $value,
        },)*];
    };
}

families! {
    (1, 1) IPV4_UNICAST "ipv4-unicast" "IPv4 unicast" Prefix, "";
    (1, 2) IPV4_MULTICAST "ipv4-multicast" "IPv4 multicast" Prefix, "";
    (1, 4) IPV4_LABELED "ipv4-labeled" "IPv4 labeled unicast" Labeled, "Labeled";
    (1, 5) IPV4_MCAST_VPN "ipv4-mcast-vpn" "IPv4 MCAST-VPN" McastVpn, "McastVpn";
    (1, 7) IPV4_ENCAPSULATION "ipv4-encapsulation" "IPv4 encapsulation" Framed(Framing::Bits), "";
    (1, 66) IPV4_MDT "ipv4-mdt" "IPv4 MDT" Mdt, "Mdt";
    (1, 73) IPV4_SR_POLICY "ipv4-sr-policy" "IPv4 SR policy" SrPolicy, "SrPolicy";
    (1, 74) IPV4_SD_WAN "ipv4-sd-wan" "IPv4 SD-WAN" Framed(Framing::LongTlv), "";
    (1, 75) IPV4_ROUTING_POLICY "ipv4-routing-policy" "IPv4 routing policy" Framed(Framing::Octets), "";
    (1, 76) IPV4_CT "ipv4-ct" "IPv4 classful transport" LabeledVpn, "Vpn";
    (1, 77) IPV4_TUNNELED_FLOWSPEC "ipv4-tunneled-flowspec" "IPv4 FlowSpec of tunnels" Framed(Framing::FlowSpec), "";
    (1, 78) IPV4_MCAST_TREE "ipv4-mcast-tree" "IPv4 MCAST-TREE" Framed(Framing::ShortTlv), "";
    (1, 83) IPV4_CAR "ipv4-car" "IPv4 CAR" Framed(Framing::OctetsWithKey), "";
    (1, 84) IPV4_VPN_CAR "ipv4-vpn-car" "IPv4 VPN CAR" Framed(Framing::OctetsWithKey), "";
    (1, 85) IPV4_MUP "ipv4-mup" "IPv4 MUP" Mup, "Mup";
    (1, 128) IPV4_VPN "ipv4-vpn" "IPv4 VPN" LabeledVpn, "Vpn";
    (1, 129) IPV4_VPN_MULTICAST "ipv4-vpn-multicast" "IPv4 VPN multicast" VpnPrefix, "Vpn";
    (1, 132) IPV4_RTC "ipv4-rtc" "IPv4 route target constraint" RouteTargetConstraint, "RouteTargetConstraint";
    (1, 133) IPV4_FLOWSPEC "ipv4-flowspec" "IPv4 FlowSpec" FlowSpec { vpn: false }, "FlowSpec";
    (1, 134) IPV4_VPN_FLOWSPEC "ipv4-vpn-flowspec" "IPv4 VPN FlowSpec" FlowSpec { vpn: true }, "FlowSpec";
    (2, 1) IPV6_UNICAST "ipv6-unicast" "IPv6 unicast" Prefix, "";
    (2, 2) IPV6_MULTICAST "ipv6-multicast" "IPv6 multicast" Prefix, "";
    (2, 4) IPV6_LABELED "ipv6-labeled" "IPv6 labeled unicast" Labeled, "Labeled";
    (2, 5) IPV6_MCAST_VPN "ipv6-mcast-vpn" "IPv6 MCAST-VPN" McastVpn, "McastVpn";
    (2, 7) IPV6_ENCAPSULATION "ipv6-encapsulation" "IPv6 encapsulation" Framed(Framing::Bits), "";
    (2, 66) IPV6_MDT "ipv6-mdt" "IPv6 MDT" Framed(Framing::Bits), "";
    (2, 73) IPV6_SR_POLICY "ipv6-sr-policy" "IPv6 SR policy" SrPolicy, "SrPolicy";
    (2, 74) IPV6_SD_WAN "ipv6-sd-wan" "IPv6 SD-WAN" Framed(Framing::LongTlv), "";
    (2, 75) IPV6_ROUTING_POLICY "ipv6-routing-policy" "IPv6 routing policy" Framed(Framing::Octets), "";
    (2, 76) IPV6_CT "ipv6-ct" "IPv6 classful transport" LabeledVpn, "Vpn";
    (2, 77) IPV6_TUNNELED_FLOWSPEC "ipv6-tunneled-flowspec" "IPv6 FlowSpec of tunnels" Framed(Framing::FlowSpec), "";
    (2, 78) IPV6_MCAST_TREE "ipv6-mcast-tree" "IPv6 MCAST-TREE" Framed(Framing::ShortTlv), "";
    (2, 83) IPV6_CAR "ipv6-car" "IPv6 CAR" Framed(Framing::OctetsWithKey), "";
    (2, 84) IPV6_VPN_CAR "ipv6-vpn-car" "IPv6 VPN CAR" Framed(Framing::OctetsWithKey), "";
    (2, 85) IPV6_MUP "ipv6-mup" "IPv6 MUP" Mup, "Mup";
    (2, 128) IPV6_VPN "ipv6-vpn" "IPv6 VPN" LabeledVpn, "Vpn";
    (2, 129) IPV6_VPN_MULTICAST "ipv6-vpn-multicast" "IPv6 VPN multicast" VpnPrefix, "Vpn";
    (2, 132) IPV6_RTC "ipv6-rtc" "IPv6 route target constraint" RouteTargetConstraint, "RouteTargetConstraint";
    (2, 133) IPV6_FLOWSPEC "ipv6-flowspec" "IPv6 FlowSpec" FlowSpec { vpn: false }, "FlowSpec";
    (2, 134) IPV6_VPN_FLOWSPEC "ipv6-vpn-flowspec" "IPv6 VPN FlowSpec" FlowSpec { vpn: true }, "FlowSpec";
    (25, 8) L2VPN_MCAST_VPLS "l2vpn-mcast-vpls" "L2VPN MCAST-VPLS" Framed(Framing::ShortTlv), "";
    (25, 65) L2VPN_VPLS "l2vpn-vpls" "L2VPN VPLS" Vpls, "Vpls";
    (25, 70) L2VPN_EVPN "l2vpn-evpn" "L2VPN EVPN" Evpn, "Evpn";
    (25, 77) L2VPN_TUNNELED_FLOWSPEC "l2vpn-tunneled-flowspec" "L2VPN FlowSpec of tunnels" Framed(Framing::FlowSpec), "";
    (25, 133) L2VPN_FLOWSPEC "l2vpn-flowspec" "L2VPN FlowSpec" FlowSpec { vpn: false }, "FlowSpec";
    (25, 134) L2VPN_VPN_FLOWSPEC "l2vpn-vpn-flowspec" "L2VPN VPN FlowSpec" FlowSpec { vpn: true }, "FlowSpec";
    (16388, 71) BGP_LS "bgp-ls" "BGP-LS" LinkState { vpn: false }, "LinkState";
    (16388, 72) BGP_LS_VPN "bgp-ls-vpn" "BGP-LS VPN" LinkState { vpn: true }, "LinkState";
    (16388, 80) BGP_LS_SPF "bgp-ls-spf" "BGP-LS SPF" LinkState { vpn: false }, "LinkState";
}

/// AFI that have families in the table.
const AFIS: [u16; 4] =
    [AddressFamily::IPV4, AddressFamily::IPV6, AddressFamily::L2VPN, AddressFamily::LINK_STATE];

/// Nowhere in the table.
const NOWHERE: u8 = u8::MAX;

/// Where a family is in [`ALL`], by the place of its AFI in [`AFIS`] and by its SAFI.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // looked at when it is compiled, and then right for good
const PLACES: [[u8; 256]; 4] = {
    let mut places = [[NOWHERE; 256]; 4];
    let mut place = 0;
    while place < ALL.len() {
        let AddressFamily { afi, safi } = ALL[place].family;
        let mut row = 0;
        while AFIS[row] != afi {
            row += 1;
        }
        places[row][safi as usize] = place as u8;
        place += 1;
    }
    places
};

/// Where the family is in [`ALL`].
#[inline(always)]
pub(crate) fn place(family: AddressFamily) -> Option<usize> {
    let [ipv4, ipv6, l2vpn, bgp_ls] = &PLACES;
    let row = match family.afi {
        AddressFamily::IPV4 => ipv4,
        AddressFamily::IPV6 => ipv6,
        AddressFamily::L2VPN => l2vpn,
        AddressFamily::LINK_STATE => bgp_ls,
        _ => return None,
    };
    match row.get(usize::from(family.safi)) {
        Some(&place) if place != NOWHERE => Some(place.into()),
        _ => None,
    }
}

/// What the registry says of a family that it has.
#[inline(always)]
pub fn family(family: AddressFamily) -> Option<&'static Family> {
    ALL.get(place(family)?)
}

impl AddressFamily {
    /// Name in lower case, `ipv4-unicast`; `None` of a family that is not in the registry.
    pub fn name(self) -> Option<&'static str> {
        family(self).map(|known| known.name)
    }

    /// How its NLRI are laid out; `None` where they cannot be told apart.
    #[inline(always)]
    pub fn layout(self) -> Option<Layout> {
        family(self).map(|known| known.layout)
    }

    /// Where its NLRI are defined; nothing where no more than their framing is read.
    pub fn reference(self) -> &'static str {
        match self.layout() {
            Some(Layout::Prefix) if self == AddressFamily::IPV4_UNICAST => "RFC 4271, section 4.3",
            Some(Layout::Prefix) => "RFC 4760, section 5",
            Some(Layout::Labeled) => "RFC 8277, section 2",
            Some(Layout::LabeledVpn) if self.safi == AddressFamily::IPV4_CT.safi => "RFC 9832, section 6",
            Some(Layout::LabeledVpn) if self.is_ipv6() => "RFC 4659, section 3.2",
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

    /// Whether its NLRI are bare prefixes.
    #[inline(always)]
    pub fn is_prefix(self) -> bool {
        self.layout() == Some(Layout::Prefix)
    }
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}/{}", self.afi, self.safi),
        }
    }
}

impl Serialize for AddressFamily {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("AddressFamily", 3)?;
        out.serialize_field("afi", &self.afi)?;
        out.serialize_field("safi", &self.safi)?;
        out.serialize_field("name", &self.name())?;
        out.end()
    }
}

// What the NLRI of some families have inside: route types, components and the like, a table a list of IANA's. BGP-LS has a file of its own.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_is_there_once_and_is_found() {
        assert!(ALL.is_sorted_by(|one, other| one.family < other.family));
        for one in ALL {
            assert_eq!(family(one.family), Some(one));
        }
        assert_eq!(family(AddressFamily::new(1, 200)), None);
        assert_eq!(family(AddressFamily::new(3, 1)), None);
    }

    #[test]
    fn names_are_of_one_family_each() {
        let mut names: Vec<&str> = ALL.iter().map(|one| one.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    /// A [`FamilySet`](crate::bgp::FamilySet) has a bit for each.
    #[test]
    fn there_are_no_more_than_a_set_has_room_for() {
        assert!(ALL.len() <= 128);
    }
}
