defmodule ServiceRadar.BMPWeb.Capabilities do
  @moduledoc """
  What both sides of a BGP session announced in their OPEN messages (RFC 5492), side by side.
  """
  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.BGP.Open
  alias ServiceRadar.BMP.Registry
  alias ServiceRadar.BMPWeb.Format

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
    case BMP.decode_open(message) do
      {:ok, open} -> open.capabilities
      {:error, _} -> nil
    end
  end

  @doc "The same from both sides' capabilities."
  @spec rows([Open.capability()], [Open.capability()]) :: [row]
  def rows(sent, received) do
    {sent, received} = {by_code(sent), by_code(received)}

    for code <- sent |> Map.merge(received) |> Map.keys() |> Enum.sort() do
      %{
        code: code,
        name: Registry.capability_label(code) || "Capability #{code}",
        sent: sent[code],
        received: received[code]
      }
    end
  end

  # With the values of all instances of a capability.
  defp by_code(capabilities),
    do: capabilities |> Enum.map(&read/1) |> Enum.group_by(&elem(&1, 0), &elem(&1, 1)) |> Map.new(&flatten/1)

  defp flatten({code, values}), do: {code, values |> List.flatten() |> Enum.uniq()}

  defp read({code, octets}) when is_integer(code), do: {code, octets(octets)}
  defp read({name, value}), do: {Registry.capability_code(name), values(name, value)}
  defp read(name), do: {Registry.capability_code(name), []}

  defp values(:multiprotocol, family), do: [Format.family(family)]
  defp values(:four_octet_as, asn), do: ["AS#{asn}"]
  defp values(:add_path, families), do: for({family, mode} <- families, do: "#{Format.family(family)}: #{mode}")
  # RFC 9234, section 4.1
  defp values(:role, role),
    do: [Enum.at(["provider", "route server", "RS client", "customer", "peer"], role, "#{role}")]

  # RFC 4724, section 3
  defp values(:graceful_restart, %{restart_time: time, families: families}),
    do: ["restart time #{time} s" | for(%{family: family} <- families, do: Format.family(family))]

  # RFC 9494, section 3
  defp values(:long_lived_graceful_restart, families),
    do: for(%{family: family, stale_time: time} <- families, do: "#{Format.family(family)}: #{time} s")

  defp values(:extended_next_hop, families),
    do: for(%{afi: afi, safi: safi, next_hop_afi: by} <- families, do: "#{Format.family({afi, safi})}: AFI #{by}")

  defp values(:multiple_labels, families),
    do: for(%{family: family, count: count} <- families, do: "#{Format.family(family)}: #{count}")

  defp values(:paths_limit, families),
    do: for(%{family: family, limit: limit} <- families, do: "#{Format.family(family)}: #{limit}")

  # The codes before the registry's (RFC 8810) have the same values.
  defp values(name, families) when name in [:outbound_route_filtering, :old_outbound_route_filtering],
    do: for(%{family: family} <- families, do: Format.family(family))

  defp values(name, %{host: host, domain: domain}) when name in [:fqdn, :old_fqdn],
    do: [host, domain] |> Enum.reject(&(&1 == "")) |> Enum.join(".") |> printable()

  defp values(:software_version, version), do: printable(version)
  defp values(:bgpsec, %{flags: flags, afi: afi}), do: ["flags #{flags}, AFI #{afi}"]

  defp values(name, %{flags: flags, capabilities: octets}) when name in [:multisession, :old_multisession],
    do: ["flags #{flags}" | octets(octets)]

  defp values(_name, octets) when is_binary(octets), do: octets(octets)
  # A capability that is newer than this page.
  defp values(_name, value), do: [inspect(value)]

  defp octets(<<>>), do: []
  defp octets(octets), do: ["0x" <> Base.encode16(octets, case: :lower)]

  defp printable(text), do: if(String.printable?(text), do: [text], else: ["0x" <> Base.encode16(text, case: :lower)])
end
