defmodule ServiceRadar.BMPWeb.Capabilities do
  @moduledoc """
  What both sides of a BGP session announced in their OPEN messages (RFC 5492), side by side.
  """
  alias ServiceRadar.BMP.BGP.Open
  alias ServiceRadar.BMPWeb.Format

  # IANA Capability Codes.
  @names %{
    1 => "Multiprotocol",
    2 => "Route refresh",
    3 => "Outbound route filtering",
    5 => "Extended next hop",
    6 => "Extended message",
    7 => "BGPsec",
    8 => "Multiple labels",
    9 => "BGP role",
    64 => "Graceful restart",
    65 => "4-octet AS number",
    67 => "Dynamic capability",
    68 => "Multisession",
    69 => "ADD-PATH",
    70 => "Enhanced route refresh",
    71 => "Long-lived graceful restart",
    72 => "Routing policy distribution",
    73 => "FQDN",
    74 => "BFD strict mode",
    75 => "Software version",
    76 => "Paths limit",
    77 => "Link-local next hop",
    128 => "Route refresh (pre-standard)",
    130 => "Outbound route filtering (pre-standard)",
    131 => "Multisession (pre-standard)",
    184 => "FQDN (pre-standard)"
  }

  @type row :: %{code: byte, name: String.t(), sent: [String.t()] | nil, received: [String.t()] | nil}

  @doc """
  A row a capability, by code; nil where the peer's OPENs are not known. `sent` is what the router announced, `received`
  what the peer did: nil where it did not, and the capability's values, of which there may be none.
  """
  @spec compare(ServiceRadar.BMP.Peer.t()) :: [row] | nil
  def compare(peer) do
    case {capabilities(peer.sent_open), capabilities(peer.received_open)} do
      {nil, nil} -> nil
      {sent, received} -> rows(sent || [], received || [])
    end
  end

  defp capabilities(nil), do: nil

  defp capabilities(message) do
    case Open.decode(message) do
      {:ok, open} -> open.capabilities
      {:error, _} -> nil
    end
  end

  @doc "The same from both sides' capabilities."
  @spec rows([Open.capability()], [Open.capability()]) :: [row]
  def rows(sent, received) do
    {sent, received} = {by_code(sent), by_code(received)}

    for code <- sent |> Map.merge(received) |> Map.keys() |> Enum.sort() do
      %{code: code, name: Map.get(@names, code, "Capability #{code}"), sent: sent[code], received: received[code]}
    end
  end

  # With the values of all instances of a capability.
  defp by_code(capabilities),
    do: capabilities |> Enum.map(&read/1) |> Enum.group_by(&elem(&1, 0), &elem(&1, 1)) |> Map.new(&flatten/1)

  defp flatten({code, values}), do: {code, values |> List.flatten() |> Enum.uniq()}

  defp read({:multiprotocol, family}), do: {1, [Format.family(family)]}
  defp read(:route_refresh), do: {2, []}
  defp read(:extended_message), do: {6, []}
  defp read({:four_octet_as, asn}), do: {65, ["AS#{asn}"]}
  defp read({:add_path, families}), do: {69, for({family, mode} <- families, do: "#{Format.family(family)}: #{mode}")}
  # RFC 9234, section 4.1
  defp read({:role, role}),
    do: {9, [Enum.at(["provider", "route server", "RS client", "customer", "peer"], role, "#{role}")]}

  # RFC 4724, section 3
  defp read({:graceful_restart, %{restart_time: time, families: families}}),
    do: {64, ["restart time #{time} s" | for(%{family: family} <- families, do: Format.family(family))]}

  # RFC 9494, section 3
  defp read({:long_lived_graceful_restart, families}),
    do: {71, for(%{family: family, stale_time: time} <- families, do: "#{Format.family(family)}: #{time} s")}

  defp read({:extended_next_hop, families}) do
    {5, for(%{afi: afi, safi: safi, next_hop_afi: by} <- families, do: "#{Format.family({afi, safi})}: AFI #{by}")}
  end

  defp read({:multiple_labels, families}),
    do: {8, for(%{family: family, count: count} <- families, do: "#{Format.family(family)}: #{count}")}

  defp read({:paths_limit, families}),
    do: {76, for(%{family: family, limit: limit} <- families, do: "#{Format.family(family)}: #{limit}")}

  defp read({:outbound_route_filtering, families}),
    do: {3, for(%{family: family} <- families, do: Format.family(family))}

  defp read({:fqdn, %{host: host, domain: domain}}),
    do: {73, [host, domain] |> Enum.reject(&(&1 == "")) |> Enum.join(".") |> printable()}

  defp read({:software_version, version}), do: {75, printable(version)}
  defp read({:bgpsec, %{flags: flags, afi: afi}}), do: {7, ["flags #{flags}, AFI #{afi}"]}
  defp read({:dynamic_capability, octets}), do: {67, value(octets)}
  defp read({:multisession, %{flags: flags, capabilities: octets}}), do: {68, ["flags #{flags}" | value(octets)]}
  defp read({:routing_policy_distribution, octets}), do: {72, value(octets)}
  defp read(:enhanced_route_refresh), do: {70, []}
  defp read(:bfd_strict_mode), do: {74, []}
  defp read(:link_local_next_hop), do: {77, []}
  defp read(:old_route_refresh), do: {128, []}
  defp read({:old_outbound_route_filtering, families}), do: {130, of_same(3, {:outbound_route_filtering, families})}
  defp read({:old_multisession, value}), do: {131, of_same(68, {:multisession, value})}
  defp read({:old_fqdn, value}), do: {184, of_same(73, {:fqdn, value})}
  defp read({code, octets}) when is_integer(code), do: {code, value(octets)}

  # The codes before the registry's (RFC 8810) have the same values.
  defp of_same(code, capability) do
    {^code, values} = read(capability)
    values
  end

  defp value(<<>>), do: []
  defp value(octets), do: ["0x" <> Base.encode16(octets, case: :lower)]

  defp printable(text), do: if(String.printable?(text), do: [text], else: ["0x" <> Base.encode16(text, case: :lower)])
end
