defmodule ServiceRadar.BMPWeb.Capabilities do
  @moduledoc """
  What both sides of a BGP session announced in their OPEN messages (RFC 5492), side by side.
  """
  import Bitwise

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
    69 => "ADD-PATH",
    70 => "Enhanced route refresh",
    71 => "Long-lived graceful restart",
    73 => "FQDN",
    75 => "Software version",
    128 => "Route refresh (pre-standard)"
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
  defp read({code, octets}) when is_integer(code), do: {code, value(code, octets)}

  # RFC 9234, section 4.1
  defp value(9, <<role>>), do: [Enum.at(["provider", "route server", "RS client", "customer", "peer"], role, "#{role}")]

  # RFC 4724, section 3
  defp value(64, <<flags_and_time::16, families::binary>>) do
    time = flags_and_time &&& 0xFFF
    ["restart time #{time} s" | for(<<afi::16, safi, _flags <- families>>, do: Format.family({afi, safi}))]
  end

  # RFC 9494, section 3
  defp value(71, families) when rem(byte_size(families), 7) == 0 do
    for <<afi::16, safi, _flags, time::24 <- families>>, do: "#{Format.family({afi, safi})}: #{time} s"
  end

  # draft-walton-bgp-hostname-capability
  defp value(73, <<size, host::binary-size(size), rest::binary>>) do
    domain = with <<length, domain::binary-size(length), _::binary>> <- rest, do: domain
    [host, domain] |> Enum.reject(&(&1 == "")) |> Enum.join(".") |> printable()
  end

  # draft-abraitis-bgp-version-capability
  defp value(75, <<size, version::binary-size(size)>>), do: printable(version)
  defp value(_code, <<>>), do: []
  defp value(_code, octets), do: ["0x" <> Base.encode16(octets, case: :lower)]

  defp printable(text), do: if(String.printable?(text), do: [text], else: ["0x" <> Base.encode16(text, case: :lower)])
end
