//! Counters of a Statistics Report: IANA "BMP Statistics Types" (RFC 7854, RFC 8671, RFC 9736 and drafts), one line a type:
//! number, constant, name in JSON and terms, what pages say, and what kind of number it is.

/// What kind of number a statistic is (RFC 7854, section 4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises.
    Counter,
    /// It says how many there are now.
    Gauge,
}

/// What the registry says of a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistic {
    pub number: u16,
    pub name: &'static str,
    pub label: &'static str,
    pub kind: Kind,
}

macro_rules! statistics {
    ($($number:literal $constant:ident $name:literal $label:literal $kind:ident;)*) => {
        /// The numbers, by their names.
        pub mod number {
            $(pub const $constant: u16 = $number;)*
        }

        /// Every statistic, by number.
        pub const ALL: &[Statistic] = &[$(Statistic { number: $number, name: $name, label: $label, kind: Kind::$kind },)*];
    };
}

statistics! {
    0 PREFIXES_REJECTED_BY_INBOUND_POLICY "prefixes_rejected_by_inbound_policy" "Prefixes rejected by inbound policy" Counter;
    1 DUPLICATE_PREFIX_ADVERTISEMENTS "duplicate_prefix_advertisements" "Known duplicate prefix advertisements" Counter;
    2 DUPLICATE_WITHDRAWS "duplicate_withdraws" "Known duplicate withdraws" Counter;
    3 UPDATES_INVALIDATED_BY_CLUSTER_LIST_LOOP "updates_invalidated_by_cluster_list_loop" "Updates invalidated: CLUSTER_LIST loop" Counter;
    4 UPDATES_INVALIDATED_BY_AS_PATH_LOOP "updates_invalidated_by_as_path_loop" "Updates invalidated: AS_PATH loop" Counter;
    5 UPDATES_INVALIDATED_BY_ORIGINATOR_ID "updates_invalidated_by_originator_id" "Updates invalidated: ORIGINATOR_ID" Counter;
    6 UPDATES_INVALIDATED_BY_AS_CONFED_LOOP "updates_invalidated_by_as_confed_loop" "Updates invalidated: AS_CONFED loop" Counter;
    7 ADJ_RIB_IN_ROUTES "adj_rib_in_routes" "Routes in Adj-RIBs-In" Gauge;
    8 LOC_RIB_ROUTES "loc_rib_routes" "Routes in Loc-RIB" Gauge;
    9 ADJ_RIB_IN_ROUTES_PER_FAMILY "adj_rib_in_routes_per_family" "Routes in Adj-RIB-In" Gauge;
    10 LOC_RIB_ROUTES_PER_FAMILY "loc_rib_routes_per_family" "Routes in Loc-RIB" Gauge;
    11 UPDATES_TREATED_AS_WITHDRAW "updates_treated_as_withdraw" "Updates subjected to treat-as-withdraw" Counter;
    12 PREFIXES_TREATED_AS_WITHDRAW "prefixes_treated_as_withdraw" "Prefixes subjected to treat-as-withdraw" Counter;
    13 DUPLICATE_UPDATES_RECEIVED "duplicate_updates_received" "Duplicate update messages received" Counter;
    14 ADJ_RIB_OUT_PRE_POLICY_ROUTES "adj_rib_out_pre_policy_routes" "Routes in Adj-RIBs-Out pre-policy" Gauge;
    15 ADJ_RIB_OUT_POST_POLICY_ROUTES "adj_rib_out_post_policy_routes" "Routes in Adj-RIBs-Out post-policy" Gauge;
    16 ADJ_RIB_OUT_PRE_POLICY_ROUTES_PER_FAMILY "adj_rib_out_pre_policy_routes_per_family" "Routes in Adj-RIB-Out pre-policy" Gauge;
    17 ADJ_RIB_OUT_POST_POLICY_ROUTES_PER_FAMILY "adj_rib_out_post_policy_routes_per_family" "Routes in Adj-RIB-Out post-policy" Gauge;
    18 ADJ_RIB_IN_PRE_POLICY_ROUTES "adj_rib_in_pre_policy_routes" "Adj-RIB-In pre-policy routes" Gauge;
    19 ADJ_RIB_IN_PRE_POLICY_ROUTES_PER_FAMILY "adj_rib_in_pre_policy_routes_per_family" "Adj-RIB-In pre-policy routes" Gauge;
    20 ADJ_RIB_IN_POST_POLICY_ROUTES "adj_rib_in_post_policy_routes" "Adj-RIB-In post-policy routes" Gauge;
    21 ADJ_RIB_IN_POST_POLICY_ROUTES_PER_FAMILY "adj_rib_in_post_policy_routes_per_family" "Adj-RIB-In post-policy routes" Gauge;
    22 ADJ_RIB_IN_REJECTED_BY_POLICY_PER_FAMILY "adj_rib_in_rejected_by_policy_per_family" "Adj-RIB-In rejected by policy" Gauge;
    23 ADJ_RIB_IN_ACCEPTED_BY_POLICY_PER_FAMILY "adj_rib_in_accepted_by_policy_per_family" "Adj-RIB-In accepted by policy" Gauge;
    26 SUPPRESSED_BY_DAMPING_PER_FAMILY "suppressed_by_damping_per_family" "Suppressed by damping" Gauge;
    27 STALE_BY_GRACEFUL_RESTART_PER_FAMILY "stale_by_graceful_restart_per_family" "Stale by graceful restart" Gauge;
    28 STALE_BY_LONG_LIVED_GRACEFUL_RESTART_PER_FAMILY "stale_by_long_lived_graceful_restart_per_family" "Stale by long lived graceful restart" Gauge;
    29 ROUTES_LEFT_BEFORE_THRESHOLD "routes_left_before_threshold" "Routes left before threshold" Gauge;
    30 ROUTES_LEFT_BEFORE_THRESHOLD_PER_FAMILY "routes_left_before_threshold_per_family" "Routes left before threshold" Gauge;
    31 ROUTES_LEFT_BEFORE_LICENSE_THRESHOLD "routes_left_before_license_threshold" "Routes left before license threshold" Gauge;
    32 ROUTES_LEFT_BEFORE_LICENSE_THRESHOLD_PER_FAMILY "routes_left_before_license_threshold_per_family" "Routes left before license threshold" Gauge;
    33 ADJ_RIB_IN_REJECTED_BY_AS_PATH_LENGTH "adj_rib_in_rejected_by_as_path_length" "Adj-RIB-In rejected by AS_PATH length" Gauge;
    34 ADJ_RIB_IN_REJECTED_BY_AS_PATH_LENGTH_PER_FAMILY "adj_rib_in_rejected_by_as_path_length_per_family" "Adj-RIB-In rejected by AS_PATH length" Gauge;
    35 ADJ_RIB_IN_INVALIDATED_BY_ROA_PER_FAMILY "adj_rib_in_invalidated_by_roa_per_family" "Adj-RIB-In invalidated by ROA" Gauge;
    36 ADJ_RIB_IN_VALIDATED_BY_ROA_PER_FAMILY "adj_rib_in_validated_by_roa_per_family" "Adj-RIB-In validated by ROA" Gauge;
    37 ADJ_RIB_IN_ROA_NOT_FOUND_PER_FAMILY "adj_rib_in_roa_not_found_per_family" "Adj-RIB-In ROA not found" Gauge;
    38 ADJ_RIB_OUT_REJECTED_BY_POLICY_PER_FAMILY "adj_rib_out_rejected_by_policy_per_family" "Adj-RIB-Out rejected by policy" Gauge;
    39 ADJ_RIB_OUT_FILTERED_BY_AS_PATH_LENGTH "adj_rib_out_filtered_by_as_path_length" "Adj-RIB-Out filtered by AS_PATH length" Gauge;
    40 ADJ_RIB_OUT_FILTERED_BY_AS_PATH_LENGTH_PER_FAMILY "adj_rib_out_filtered_by_as_path_length_per_family" "Adj-RIB-Out filtered by AS_PATH length" Gauge;
    41 ADJ_RIB_OUT_INVALIDATED_BY_ROA_PER_FAMILY "adj_rib_out_invalidated_by_roa_per_family" "Adj-RIB-Out invalidated by ROA" Gauge;
    42 ADJ_RIB_OUT_VALIDATED_BY_ROA_PER_FAMILY "adj_rib_out_validated_by_roa_per_family" "Adj-RIB-Out validated by ROA" Gauge;
    43 ADJ_RIB_OUT_ROA_NOT_FOUND_PER_FAMILY "adj_rib_out_roa_not_found_per_family" "Adj-RIB-Out ROA not found" Gauge;
}

/// What the registry says of a type.
pub fn statistic(number: u16) -> Option<&'static Statistic> {
    let place = ALL.binary_search_by_key(&number, |known| known.number).ok()?;
    ALL.get(place)
}
