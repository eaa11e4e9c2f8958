defmodule ServiceRadar.BMP.Registry do
  @moduledoc """
  Code points as IANA assigned them, and what this project calls them.

  Written from the tables in `native/wire/src/registry`: change those, and then

      cargo run --manifest-path native/Cargo.toml -p wire --example registry
  """

  @attributes [
    {1, "origin", :own},
    {2, "as_path", :own},
    {3, "next_hop", :own},
    {4, "multi_exit_disc", :own},
    {5, "local_pref", :own},
    {6, "atomic_aggregate", :own},
    {7, "aggregator", :own},
    {8, "communities", :own},
    {9, "originator_id", :own},
    {10, "cluster_list", :own},
    {14, "mp_reach_nlri", :groups},
    {15, "mp_unreach_nlri", :groups},
    {16, "extended_communities", :own},
    {17, "as4_path", :other},
    {18, "as4_aggregator", :other},
    {22, "pmsi_tunnel", :other},
    {23, "tunnel_encapsulation", :other},
    {24, "traffic_engineering", :other},
    {25, "ipv6_extended_communities", :other},
    {26, "aigp", :other},
    {27, "pe_distinguisher_labels", :other},
    {29, "bgp_ls", :other},
    {32, "large_communities", :own},
    {33, "bgpsec_path", :other},
    {34, "community_container", :other},
    {35, "only_to_customer", :field},
    {36, "d_path", :other},
    {37, "sfp", :other},
    {38, "bfd_discriminator", :other},
    {39, "next_hop_capabilities", :other},
    {40, "prefix_sid", :other},
    {41, "bier", :other},
    {42, "edge_metadata", :other},
    {128, "attr_set", :other}
  ]

  @families [
    {{1, 1}, "ipv4-unicast", "IPv4 unicast", nil},
    {{1, 2}, "ipv4-multicast", "IPv4 multicast", nil},
    {{1, 4}, "ipv4-labeled", "IPv4 labeled unicast", :Labeled},
    {{1, 5}, "ipv4-mcast-vpn", "IPv4 MCAST-VPN", :McastVpn},
    {{1, 7}, "ipv4-encapsulation", "IPv4 encapsulation", nil},
    {{1, 66}, "ipv4-mdt", "IPv4 MDT", nil},
    {{1, 73}, "ipv4-sr-policy", "IPv4 SR policy", :SrPolicy},
    {{1, 74}, "ipv4-sd-wan", "IPv4 SD-WAN", nil},
    {{1, 75}, "ipv4-routing-policy", "IPv4 routing policy", nil},
    {{1, 76}, "ipv4-ct", "IPv4 classful transport", :Vpn},
    {{1, 77}, "ipv4-tunneled-flowspec", "IPv4 FlowSpec of tunnels", nil},
    {{1, 78}, "ipv4-mcast-tree", "IPv4 MCAST-TREE", nil},
    {{1, 83}, "ipv4-car", "IPv4 CAR", nil},
    {{1, 84}, "ipv4-vpn-car", "IPv4 VPN CAR", nil},
    {{1, 85}, "ipv4-mup", "IPv4 MUP", :Mup},
    {{1, 128}, "ipv4-vpn", "IPv4 VPN", :Vpn},
    {{1, 129}, "ipv4-vpn-multicast", "IPv4 VPN multicast", :Vpn},
    {{1, 132}, "ipv4-rtc", "IPv4 route target constraint", :RouteTargetConstraint},
    {{1, 133}, "ipv4-flowspec", "IPv4 FlowSpec", :FlowSpec},
    {{1, 134}, "ipv4-vpn-flowspec", "IPv4 VPN FlowSpec", :FlowSpec},
    {{2, 1}, "ipv6-unicast", "IPv6 unicast", nil},
    {{2, 2}, "ipv6-multicast", "IPv6 multicast", nil},
    {{2, 4}, "ipv6-labeled", "IPv6 labeled unicast", :Labeled},
    {{2, 5}, "ipv6-mcast-vpn", "IPv6 MCAST-VPN", :McastVpn},
    {{2, 7}, "ipv6-encapsulation", "IPv6 encapsulation", nil},
    {{2, 66}, "ipv6-mdt", "IPv6 MDT", nil},
    {{2, 73}, "ipv6-sr-policy", "IPv6 SR policy", :SrPolicy},
    {{2, 74}, "ipv6-sd-wan", "IPv6 SD-WAN", nil},
    {{2, 75}, "ipv6-routing-policy", "IPv6 routing policy", nil},
    {{2, 76}, "ipv6-ct", "IPv6 classful transport", :Vpn},
    {{2, 77}, "ipv6-tunneled-flowspec", "IPv6 FlowSpec of tunnels", nil},
    {{2, 78}, "ipv6-mcast-tree", "IPv6 MCAST-TREE", nil},
    {{2, 83}, "ipv6-car", "IPv6 CAR", nil},
    {{2, 84}, "ipv6-vpn-car", "IPv6 VPN CAR", nil},
    {{2, 85}, "ipv6-mup", "IPv6 MUP", :Mup},
    {{2, 128}, "ipv6-vpn", "IPv6 VPN", :Vpn},
    {{2, 129}, "ipv6-vpn-multicast", "IPv6 VPN multicast", :Vpn},
    {{2, 132}, "ipv6-rtc", "IPv6 route target constraint", :RouteTargetConstraint},
    {{2, 133}, "ipv6-flowspec", "IPv6 FlowSpec", :FlowSpec},
    {{2, 134}, "ipv6-vpn-flowspec", "IPv6 VPN FlowSpec", :FlowSpec},
    {{25, 8}, "l2vpn-mcast-vpls", "L2VPN MCAST-VPLS", nil},
    {{25, 65}, "l2vpn-vpls", "L2VPN VPLS", :Vpls},
    {{25, 70}, "l2vpn-evpn", "L2VPN EVPN", :Evpn},
    {{25, 77}, "l2vpn-tunneled-flowspec", "L2VPN FlowSpec of tunnels", nil},
    {{25, 133}, "l2vpn-flowspec", "L2VPN FlowSpec", :FlowSpec},
    {{25, 134}, "l2vpn-vpn-flowspec", "L2VPN VPN FlowSpec", :FlowSpec},
    {{16_388, 71}, "bgp-ls", "BGP-LS", :LinkState},
    {{16_388, 72}, "bgp-ls-vpn", "BGP-LS VPN", :LinkState},
    {{16_388, 80}, "bgp-ls-spf", "BGP-LS SPF", :LinkState}
  ]

  @capabilities [
    {1, :multiprotocol, "Multiprotocol"},
    {2, :route_refresh, "Route refresh"},
    {3, :outbound_route_filtering, "Outbound route filtering"},
    {5, :extended_next_hop, "Extended next hop"},
    {6, :extended_message, "Extended message"},
    {7, :bgpsec, "BGPsec"},
    {8, :multiple_labels, "Multiple labels"},
    {9, :role, "BGP role"},
    {64, :graceful_restart, "Graceful restart"},
    {65, :four_octet_as, "4-octet AS number"},
    {67, :dynamic_capability, "Dynamic capability"},
    {68, :multisession, "Multisession"},
    {69, :add_path, "ADD-PATH"},
    {70, :enhanced_route_refresh, "Enhanced route refresh"},
    {71, :long_lived_graceful_restart, "Long-lived graceful restart"},
    {72, :routing_policy_distribution, "Routing policy distribution"},
    {73, :fqdn, "FQDN"},
    {74, :bfd_strict_mode, "BFD strict mode"},
    {75, :software_version, "Software version"},
    {76, :paths_limit, "Paths limit"},
    {77, :link_local_next_hop, "Link-local next hop"},
    {128, :old_route_refresh, "Route refresh (pre-standard)"},
    {130, :old_outbound_route_filtering, "Outbound route filtering (pre-standard)"},
    {131, :old_multisession, "Multisession (pre-standard)"},
    {184, :old_fqdn, "FQDN (pre-standard)"}
  ]

  @statistics [
    {0, "prefixes_rejected_by_inbound_policy", "Prefixes rejected by inbound policy"},
    {1, "duplicate_prefix_advertisements", "Known duplicate prefix advertisements"},
    {2, "duplicate_withdraws", "Known duplicate withdraws"},
    {3, "updates_invalidated_by_cluster_list_loop", "Updates invalidated: CLUSTER_LIST loop"},
    {4, "updates_invalidated_by_as_path_loop", "Updates invalidated: AS_PATH loop"},
    {5, "updates_invalidated_by_originator_id", "Updates invalidated: ORIGINATOR_ID"},
    {6, "updates_invalidated_by_as_confed_loop", "Updates invalidated: AS_CONFED loop"},
    {7, "adj_rib_in_routes", "Routes in Adj-RIBs-In"},
    {8, "loc_rib_routes", "Routes in Loc-RIB"},
    {9, "adj_rib_in_routes_per_family", "Routes in Adj-RIB-In"},
    {10, "loc_rib_routes_per_family", "Routes in Loc-RIB"},
    {11, "updates_treated_as_withdraw", "Updates subjected to treat-as-withdraw"},
    {12, "prefixes_treated_as_withdraw", "Prefixes subjected to treat-as-withdraw"},
    {13, "duplicate_updates_received", "Duplicate update messages received"},
    {14, "adj_rib_out_pre_policy_routes", "Routes in Adj-RIBs-Out pre-policy"},
    {15, "adj_rib_out_post_policy_routes", "Routes in Adj-RIBs-Out post-policy"},
    {16, "adj_rib_out_pre_policy_routes_per_family", "Routes in Adj-RIB-Out pre-policy"},
    {17, "adj_rib_out_post_policy_routes_per_family", "Routes in Adj-RIB-Out post-policy"},
    {18, "adj_rib_in_pre_policy_routes", "Adj-RIB-In pre-policy routes"},
    {19, "adj_rib_in_pre_policy_routes_per_family", "Adj-RIB-In pre-policy routes"},
    {20, "adj_rib_in_post_policy_routes", "Adj-RIB-In post-policy routes"},
    {21, "adj_rib_in_post_policy_routes_per_family", "Adj-RIB-In post-policy routes"},
    {22, "adj_rib_in_rejected_by_policy_per_family", "Adj-RIB-In rejected by policy"},
    {23, "adj_rib_in_accepted_by_policy_per_family", "Adj-RIB-In accepted by policy"},
    {26, "suppressed_by_damping_per_family", "Suppressed by damping"},
    {27, "stale_by_graceful_restart_per_family", "Stale by graceful restart"},
    {28, "stale_by_long_lived_graceful_restart_per_family", "Stale by long lived graceful restart"},
    {29, "routes_left_before_threshold", "Routes left before threshold"},
    {30, "routes_left_before_threshold_per_family", "Routes left before threshold"},
    {31, "routes_left_before_license_threshold", "Routes left before license threshold"},
    {32, "routes_left_before_license_threshold_per_family", "Routes left before license threshold"},
    {33, "adj_rib_in_rejected_by_as_path_length", "Adj-RIB-In rejected by AS_PATH length"},
    {34, "adj_rib_in_rejected_by_as_path_length_per_family", "Adj-RIB-In rejected by AS_PATH length"},
    {35, "adj_rib_in_invalidated_by_roa_per_family", "Adj-RIB-In invalidated by ROA"},
    {36, "adj_rib_in_validated_by_roa_per_family", "Adj-RIB-In validated by ROA"},
    {37, "adj_rib_in_roa_not_found_per_family", "Adj-RIB-In ROA not found"},
    {38, "adj_rib_out_rejected_by_policy_per_family", "Adj-RIB-Out rejected by policy"},
    {39, "adj_rib_out_filtered_by_as_path_length", "Adj-RIB-Out filtered by AS_PATH length"},
    {40, "adj_rib_out_filtered_by_as_path_length_per_family", "Adj-RIB-Out filtered by AS_PATH length"},
    {41, "adj_rib_out_invalidated_by_roa_per_family", "Adj-RIB-Out invalidated by ROA"},
    {42, "adj_rib_out_validated_by_roa_per_family", "Adj-RIB-Out validated by ROA"},
    {43, "adj_rib_out_roa_not_found_per_family", "Adj-RIB-Out ROA not found"}
  ]

  @doc "Path attributes that have a reading, as `{code, name, place}`; `:field` is one of its own, by the name."
  def attributes, do: @attributes

  @doc """
  Fields that attributes have by their line in the table alone.

      iex> :only_to_customer in ServiceRadar.BMP.Registry.attribute_fields()
      true
  """
  def attribute_fields, do: for({_code, name, :field} <- @attributes, do: String.to_atom(name))

  @doc "Address families whose routes can be told apart, as `{{afi, safi}, name, label, struct}`."
  def families, do: @families

  @doc """
      iex> ServiceRadar.BMP.Registry.family_name({1, 1})
      "ipv4-unicast"
      iex> ServiceRadar.BMP.Registry.family_name({1, 200})
      nil
  """
  def family_name(family), do: find(@families, family, 1)

  @doc """
      iex> ServiceRadar.BMP.Registry.family_label({25, 70})
      "L2VPN EVPN"
  """
  def family_label(family), do: find(@families, family, 2)

  @doc "Names of the structs under `ServiceRadar.BMP.BGP` that hold an NLRI."
  def nlri_structs, do: for({_, _, _, value} <- @families, value != nil, uniq: true, do: value)

  @doc "Capabilities, as `{code, name, label}`."
  def capabilities, do: @capabilities

  @doc """
      iex> ServiceRadar.BMP.Registry.capability_code(:add_path)
      69
  """
  def capability_code(name), do: Enum.find_value(@capabilities, fn {code, known, _} -> known == name && code end)

  @doc """
      iex> ServiceRadar.BMP.Registry.capability_label(69)
      "ADD-PATH"
  """
  def capability_label(code), do: find(@capabilities, code, 2)

  @doc "Statistics of Statistics Reports, as `{type, name, label}`."
  def statistics, do: @statistics

  @doc """
      iex> ServiceRadar.BMP.Registry.statistic_label(4)
      "Updates invalidated: AS_PATH loop"
  """
  def statistic_label(type), do: find(@statistics, type, 2)

  defp find(table, key, column) do
    case List.keyfind(table, key, 0) do
      nil -> nil
      row -> elem(row, column)
    end
  end
end
