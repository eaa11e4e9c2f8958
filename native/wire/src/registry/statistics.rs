//! Counters of a Statistics Report: IANA "BMP Statistics Types" (RFC 7854, RFC 8671, RFC 9736 and drafts), one line a type:
//! number, name in JSON and terms, and what pages say.

/// What the registry says of a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistic {
    pub number: u16,
    pub name: &'static str,
    pub label: &'static str,
}

macro_rules! statistics {
    ($($number:literal $name:literal $label:literal;)*) => {
        /// Every statistic, by number.
        pub const ALL: &[Statistic] = &[$(Statistic { number: $number, name: $name, label: $label },)*];
    };
}

statistics! {
    0 "prefixes_rejected_by_inbound_policy" "Prefixes rejected by inbound policy";
    1 "duplicate_prefix_advertisements" "Known duplicate prefix advertisements";
    2 "duplicate_withdraws" "Known duplicate withdraws";
    3 "updates_invalidated_by_cluster_list_loop" "Updates invalidated: CLUSTER_LIST loop";
    4 "updates_invalidated_by_as_path_loop" "Updates invalidated: AS_PATH loop";
    5 "updates_invalidated_by_originator_id" "Updates invalidated: ORIGINATOR_ID";
    6 "updates_invalidated_by_as_confed_loop" "Updates invalidated: AS_CONFED loop";
    7 "adj_rib_in_routes" "Routes in Adj-RIBs-In";
    8 "loc_rib_routes" "Routes in Loc-RIB";
    9 "adj_rib_in_routes_per_family" "Routes in Adj-RIB-In";
    10 "loc_rib_routes_per_family" "Routes in Loc-RIB";
    11 "updates_treated_as_withdraw" "Updates subjected to treat-as-withdraw";
    12 "prefixes_treated_as_withdraw" "Prefixes subjected to treat-as-withdraw";
    13 "duplicate_updates_received" "Duplicate update messages received";
    14 "adj_rib_out_pre_policy_routes" "Routes in Adj-RIBs-Out pre-policy";
    15 "adj_rib_out_post_policy_routes" "Routes in Adj-RIBs-Out post-policy";
    16 "adj_rib_out_pre_policy_routes_per_family" "Routes in Adj-RIB-Out pre-policy";
    17 "adj_rib_out_post_policy_routes_per_family" "Routes in Adj-RIB-Out post-policy";
    18 "adj_rib_in_pre_policy_routes" "Adj-RIB-In pre-policy routes";
    19 "adj_rib_in_pre_policy_routes_per_family" "Adj-RIB-In pre-policy routes";
    20 "adj_rib_in_post_policy_routes" "Adj-RIB-In post-policy routes";
    21 "adj_rib_in_post_policy_routes_per_family" "Adj-RIB-In post-policy routes";
    22 "adj_rib_in_rejected_by_policy_per_family" "Adj-RIB-In rejected by policy";
    23 "adj_rib_in_accepted_by_policy_per_family" "Adj-RIB-In accepted by policy";
    26 "suppressed_by_damping_per_family" "Suppressed by damping";
    27 "stale_by_graceful_restart_per_family" "Stale by graceful restart";
    28 "stale_by_long_lived_graceful_restart_per_family" "Stale by long lived graceful restart";
    29 "routes_left_before_threshold" "Routes left before threshold";
    30 "routes_left_before_threshold_per_family" "Routes left before threshold";
    31 "routes_left_before_license_threshold" "Routes left before license threshold";
    32 "routes_left_before_license_threshold_per_family" "Routes left before license threshold";
    33 "adj_rib_in_rejected_by_as_path_length" "Adj-RIB-In rejected by AS_PATH length";
    34 "adj_rib_in_rejected_by_as_path_length_per_family" "Adj-RIB-In rejected by AS_PATH length";
    35 "adj_rib_in_invalidated_by_roa_per_family" "Adj-RIB-In invalidated by ROA";
    36 "adj_rib_in_validated_by_roa_per_family" "Adj-RIB-In validated by ROA";
    37 "adj_rib_in_roa_not_found_per_family" "Adj-RIB-In ROA not found";
    38 "adj_rib_out_rejected_by_policy_per_family" "Adj-RIB-Out rejected by policy";
    39 "adj_rib_out_filtered_by_as_path_length" "Adj-RIB-Out filtered by AS_PATH length";
    40 "adj_rib_out_filtered_by_as_path_length_per_family" "Adj-RIB-Out filtered by AS_PATH length";
    41 "adj_rib_out_invalidated_by_roa_per_family" "Adj-RIB-Out invalidated by ROA";
    42 "adj_rib_out_validated_by_roa_per_family" "Adj-RIB-Out validated by ROA";
    43 "adj_rib_out_roa_not_found_per_family" "Adj-RIB-Out ROA not found";
}

/// What the registry says of a type.
pub fn statistic(number: u16) -> Option<&'static Statistic> {
    let place = ALL.binary_search_by_key(&number, |known| known.number).ok()?;
    ALL.get(place)
}
