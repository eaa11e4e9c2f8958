//! Path attributes: IANA "BGP Path Attributes", one line an attribute.
//!
//! | column | |
//! |---|---|
//! | code, constant, name | IANA's number and name; the name in lower case is what JSON, terms and rows say |
//! | reference | where it is defined |
//! | class | the Optional and Transitive bits that the attribute must have |
//! | malformed | what RFC 7606, or the attribute's own specification, does when the value is malformed |
//! | variant, type, getter | of [`AttributeValue`](crate::bgp::AttributeValue), and of [`Attributes`](crate::bgp::Attributes) |
//! | plain | how the fast way reads it, see [`Plain`] |
//! | place | where the value is shown, see [`Place`] |

/// How an UPDATE is read that is read in one pass (`bgp::plain`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// By a method of its own, which builds the value at once.
    ByHand,
    /// By the attribute's own check, and the value stays octets: for attributes that are well formed or not whatever else is in the
    /// message.
    Checked,
    /// Not at all: a message that has the attribute goes the long way.
    No,
}

/// Where the value of an attribute is shown: in the terms of `decode/1`, the table's rows, JSON and the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a field or a column that was made by hand for it.
    Own,
    /// In a field of the attribute's name. It is made everywhere by this alone, from what the type's `Serialize` writes.
    Field,
    /// In the route groups: next hops and routes.
    Groups,
    /// Among the other attributes, with its code.
    Other,
}

/// What the registry says of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub code: u8,
    pub name: &'static str,
    pub reference: &'static str,
    pub plain: Plain,
    pub place: Place,
}

/// The table, given to a macro.
macro_rules! attributes {
    ($define:ident!) => {
        $define! {
            attributes:
            1 ORIGIN "origin" "RFC 4271, section 5.1.1" WELL_KNOWN TreatAsWithdraw Origin(Origin) origin ByHand Own;
            2 AS_PATH "as_path" "RFC 4271, section 5.1.2" WELL_KNOWN TreatAsWithdraw AsPath(AsPath) as_path ByHand Own;
            3 NEXT_HOP "next_hop" "RFC 4271, section 5.1.3" WELL_KNOWN TreatAsWithdraw NextHop(ClassicNextHop) next_hop ByHand Own;
            4 MULTI_EXIT_DISC "multi_exit_disc" "RFC 4271, section 5.1.4" OPTIONAL_NON_TRANSITIVE TreatAsWithdraw MultiExitDisc(MultiExitDisc) multi_exit_disc ByHand Own;
            5 LOCAL_PREF "local_pref" "RFC 4271, section 5.1.5" WELL_KNOWN TreatAsWithdraw LocalPref(LocalPref) local_pref ByHand Own;
            6 ATOMIC_AGGREGATE "atomic_aggregate" "RFC 4271, section 5.1.6" WELL_KNOWN AttributeDiscard AtomicAggregate(AtomicAggregate) atomic_aggregate Checked Own;
            7 AGGREGATOR "aggregator" "RFC 4271, section 5.1.7" OPTIONAL_TRANSITIVE AttributeDiscard Aggregator(Aggregator) aggregator Checked Own;
            8 COMMUNITIES "communities" "RFC 1997" OPTIONAL_TRANSITIVE TreatAsWithdraw Communities(Communities) communities ByHand Own;
            9 ORIGINATOR_ID "originator_id" "RFC 4456, section 8" OPTIONAL_NON_TRANSITIVE TreatAsWithdraw OriginatorId(OriginatorId) originator_id Checked Own;
            10 CLUSTER_LIST "cluster_list" "RFC 4456, section 8" OPTIONAL_NON_TRANSITIVE TreatAsWithdraw ClusterList(ClusterList) cluster_list Checked Own;
            14 MP_REACH_NLRI "mp_reach_nlri" "RFC 4760, section 3" OPTIONAL_NON_TRANSITIVE SessionReset MpReach(MpReach) mp_reach ByHand Groups;
            15 MP_UNREACH_NLRI "mp_unreach_nlri" "RFC 4760, section 4" OPTIONAL_NON_TRANSITIVE SessionReset MpUnreach(MpUnreach) mp_unreach ByHand Groups;
            16 EXTENDED_COMMUNITIES "extended_communities" "RFC 4360, section 2" OPTIONAL_TRANSITIVE TreatAsWithdraw ExtendedCommunities(ExtendedCommunities) extended_communities ByHand Own;
            17 AS4_PATH "as4_path" "RFC 6793, section 3" OPTIONAL_TRANSITIVE AttributeDiscard As4Path(As4Path) as4_path No Other;
            18 AS4_AGGREGATOR "as4_aggregator" "RFC 6793, section 3" OPTIONAL_TRANSITIVE AttributeDiscard As4Aggregator(As4Aggregator) as4_aggregator No Other;
            21 AS_PATHLIMIT "as_pathlimit" "draft-ietf-idr-as-pathlimit" OPTIONAL_TRANSITIVE AttributeDiscard AsPathLimit(AsPathLimit) as_pathlimit Checked Other;
            22 PMSI_TUNNEL "pmsi_tunnel" "RFC 6514, section 5" OPTIONAL_TRANSITIVE TreatAsWithdraw PmsiTunnel(PmsiTunnel) pmsi_tunnel No Other;
            23 TUNNEL_ENCAPSULATION "tunnel_encapsulation" "RFC 9012, section 2" OPTIONAL_TRANSITIVE TreatAsWithdraw TunnelEncapsulation(TunnelEncapsulation) tunnel_encapsulation No Other;
            24 TRAFFIC_ENGINEERING "traffic_engineering" "RFC 5543, section 3" OPTIONAL_NON_TRANSITIVE TreatAsWithdraw TrafficEngineering(TrafficEngineering) traffic_engineering No Other;
            25 IPV6_EXTENDED_COMMUNITIES "ipv6_extended_communities" "RFC 5701, section 2" OPTIONAL_TRANSITIVE TreatAsWithdraw Ipv6ExtendedCommunities(Ipv6ExtendedCommunities) ipv6_extended_communities No Other;
            26 AIGP "aigp" "RFC 7311, section 3" OPTIONAL_NON_TRANSITIVE AttributeDiscard Aigp(Aigp) aigp Checked Other;
            27 PE_DISTINGUISHER_LABELS "pe_distinguisher_labels" "RFC 6514, section 8" OPTIONAL_TRANSITIVE TreatAsWithdraw PeDistinguisherLabels(PeDistinguisherLabels) pe_distinguisher_labels No Other;
            29 BGP_LS "bgp_ls" "RFC 9552, section 5.3" OPTIONAL_NON_TRANSITIVE AttributeDiscard LinkStateAttribute(LinkStateAttribute) bgp_ls No Other;
            32 LARGE_COMMUNITIES "large_communities" "RFC 8092, section 3" OPTIONAL_TRANSITIVE TreatAsWithdraw LargeCommunities(LargeCommunities) large_communities ByHand Own;
            33 BGPSEC_PATH "bgpsec_path" "RFC 8205, section 3" OPTIONAL_NON_TRANSITIVE TreatAsWithdraw BgpsecPath(BgpsecPath) bgpsec_path No Other;
            34 COMMUNITY_CONTAINER "community_container" "draft-ietf-idr-wide-bgp-communities" OPTIONAL_TRANSITIVE TreatAsWithdraw CommunityContainer(CommunityContainer) community_container No Other;
            35 ONLY_TO_CUSTOMER "only_to_customer" "RFC 9234, section 5" OPTIONAL_TRANSITIVE TreatAsWithdraw OnlyToCustomer(OnlyToCustomer) only_to_customer Checked Field;
            36 D_PATH "d_path" "RFC 10039, section 4" OPTIONAL_TRANSITIVE TreatAsWithdraw DPath(DPath) d_path No Other;
            37 SFP "sfp" "RFC 9015, section 3.2.1" OPTIONAL_TRANSITIVE TreatAsWithdraw ServiceFunctionPath(ServiceFunctionPath) sfp No Other;
            38 BFD_DISCRIMINATOR "bfd_discriminator" "RFC 9026, section 3.1.6" OPTIONAL_TRANSITIVE AttributeDiscard BfdDiscriminator(BfdDiscriminator) bfd_discriminator No Other;
            39 NEXT_HOP_CAPABILITIES "next_hop_capabilities" "draft-ietf-idr-nhc" OPTIONAL_TRANSITIVE AttributeDiscard NextHopCapabilities(NextHopCapabilities) next_hop_capabilities No Other;
            40 PREFIX_SID "prefix_sid" "RFC 8669, section 3" OPTIONAL_TRANSITIVE AttributeDiscard PrefixSid(PrefixSid) prefix_sid Checked Other;
            41 BIER "bier" "RFC 9793, section 3" OPTIONAL_TRANSITIVE AttributeDiscard Bier(Bier) bier No Other;
            42 EDGE_METADATA "edge_metadata" "draft-ietf-idr-5g-edge-service-metadata" OPTIONAL_NON_TRANSITIVE AttributeDiscard EdgeMetadata(EdgeMetadata) edge_metadata No Other;
            128 ATTR_SET "attr_set" "RFC 6368, section 5" OPTIONAL_TRANSITIVE TreatAsWithdraw AttrSet(AttrSet) attr_set No Other;

            // Codes that are deprecated: they have a name and no reading.
            names:
            11 "dpa";
            12 "advertiser";
            13 "rcid_path";
            19 "safi_specific";
            20 "connector";
            28 "entropy_label_capability";
        }
    };
}
pub(crate) use attributes;

/// The constants and the list that the table makes.
macro_rules! define {
    (
        attributes: $($code:literal $constant:ident $name:literal $reference:literal $class:ident $malformed:ident
            $variant:ident($type:ty) $getter:ident $plain:ident $place:ident;)*
        names: $($deprecated:literal $deprecated_name:literal;)*
    ) => {
        /// The codes, by IANA's names.
        pub mod code {
            $(pub const $constant: u8 = $code;)*
        }

        /// Every attribute that has a reading, by code.
        pub const ALL: &[Attribute] = &[
            $(Attribute { code: $code, name: $name, reference: $reference, plain: Plain::$plain, place: Place::$place },)*
        ];

        /// IANA's name of a code, in lower case.
        pub const fn name(code: u8) -> Option<&'static str> {
            match code {
                $($code => Some($name),)*
                $($deprecated => Some($deprecated_name),)*
                _ => None,
            }
        }
    };
}
attributes!(define!);

/// By code, so that nothing has to be searched.
#[allow(clippy::indexing_slicing)] // looked at when it is compiled, and then right for good
const BY_CODE: [Option<Attribute>; 256] = {
    let mut by_code = [None; 256];
    let mut index = 0;
    while index < ALL.len() {
        by_code[ALL[index].code as usize] = Some(ALL[index]);
        index += 1;
    }
    by_code
};

/// The attribute of a code, where it has a reading.
#[inline]
pub fn attribute(code: u8) -> Option<&'static Attribute> {
    BY_CODE.get(usize::from(code))?.as_ref()
}

/// Whether the attribute's own check says all about it; see [`Plain::Checked`].
#[inline]
pub(crate) fn is_checked_alone(code: u8) -> bool {
    attribute(code).is_some_and(|attribute| attribute.plain == Plain::Checked)
}

/// Where the value of an attribute is shown.
#[inline]
pub fn place(code: u8) -> Place {
    attribute(code).map_or(Place::Other, |attribute| attribute.place)
}

/// Where an attribute is defined; of one without a reading, where attributes are.
pub fn reference(code: u8) -> &'static str {
    attribute(code).map_or("RFC 4271, section 4.3", |attribute| attribute.reference)
}

/// The attributes that have a field of their name by the table alone.
pub fn fields() -> impl Iterator<Item = &'static Attribute> {
    ALL.iter().filter(|attribute| attribute.place == Place::Field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_up_and_each_is_there_once() {
        assert!(ALL.is_sorted_by(|one, other| one.code < other.code));
        assert_eq!(attribute(code::ONLY_TO_CUSTOMER).map(|one| one.name), Some("only_to_customer"));
        assert_eq!(attribute(200), None);
    }

    #[test]
    fn what_is_read_by_hand_is_shown_by_hand() {
        for one in ALL.iter().filter(|one| one.plain == Plain::ByHand) {
            assert!(matches!(one.place, Place::Own | Place::Groups), "{}", one.name);
        }
    }
}
