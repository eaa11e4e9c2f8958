defmodule ServiceRadar.BMP.Wire do
  @moduledoc "Writes BMP and BGP messages for tests, octet by octet."

  alias ServiceRadar.BMP.Prefix

  @doc "A BMP message around what follows the common header."
  def bmp(type, body) do
    body = IO.iodata_to_binary(body)
    <<3, byte_size(body) + 6::32, type, body::binary>>
  end

  @doc "A per-peer header; `:flags` 0x40 is post-policy, `:type` 3 Loc-RIB, `:seconds` the router's clock."
  def peer(options \\ []) do
    address = Keyword.get(options, :address, {10, 0, 0, 1})
    flags = Keyword.get(options, :flags, 0)

    {flags, octets} =
      if tuple_size(address) == 8,
        do: {flags + 0x80, octets(address)},
        else: {flags, <<0::96, octets(address)::binary>>}

    asn = Keyword.get(options, :asn, 64_500)

    <<Keyword.get(options, :type, 0), flags, Keyword.get(options, :distinguisher, 0)::64, octets::binary, asn::32,
      octets(Keyword.get(options, :bgp_id, {10, 0, 0, 1}))::binary, Keyword.get(options, :seconds, 1_700_000_000)::32,
      42::32>>
  end

  def initiation(name), do: bmp(4, [tlv(2, name)])
  def termination(reason), do: bmp(5, [tlv(1, <<reason::16>>)])
  def tlv(type, value), do: <<type::16, byte_size(value)::16, value::binary>>

  def route_monitoring(update, options \\ []), do: bmp(0, [peer(options), update])
  def peer_down(options \\ []), do: bmp(2, [peer(options), 4])

  @doc "Peer Up whose OPENs have the same `:capabilities`, four-octet AS by default."
  def peer_up(options \\ []) do
    capabilities = Keyword.get(options, :capabilities, <<65, 4, 64_500::32>>)
    parameter = <<2, byte_size(capabilities), capabilities::binary>>
    open = bgp(1, <<4, 64_500::16, 90::16, 10, 0, 0, 1, byte_size(parameter), parameter::binary>>)
    bmp(3, [peer(options), <<0::96, 10, 0, 0, 254, 179::16, 40_000::16>>, open, open])
  end

  @doc "A BGP message around its body."
  def bgp(type, body), do: <<-1::128, byte_size(body) + 19::16, type, body::binary>>

  @doc "An UPDATE of `:withdrawn`, `:attributes` and `:nlri`; a route is text or `{path_id, text}`."
  def update(parts) do
    withdrawn = routes(parts[:withdrawn])
    attributes = IO.iodata_to_binary(parts[:attributes] || [])
    body = <<byte_size(withdrawn)::16, withdrawn::binary, byte_size(attributes)::16, attributes::binary>>
    bgp(2, body <> routes(parts[:nlri]))
  end

  @doc "UPDATEs of four families: an IPv4 prefix, VPNv4, EVPN type 2, FlowSpec."
  def families do
    rd = <<0::16, 65_000::16, 1::32>>
    vpn = <<16 + 88, 100::20, 0::3, 1::1, rd::binary, 10, 1>>
    evpn = <<2, 33, rd::binary, 0::80, 0::32, 48, 0x00005E005301::48, 0, 1_000::24>>
    flow = <<3, 1, 8, 10>>

    [
      update(attributes: mandatory(), nlri: ["198.51.100.0/24"]),
      update(attributes: mandatory() ++ [mp_reach({1, 128}, <<0::64, 203, 0, 113, 1>>, vpn)]),
      update(attributes: mandatory() ++ [mp_reach({25, 70}, <<203, 0, 113, 1>>, evpn)]),
      update(attributes: mandatory() ++ [mp_reach({1, 133}, <<>>, flow)])
    ]
  end

  @doc "MP_REACH_NLRI (RFC 4760, section 3)."
  def mp_reach({afi, safi}, next_hop, nlri),
    do: attribute(0x80, 14, <<afi::16, safi, byte_size(next_hop), next_hop::binary, 0, nlri::binary>>)

  def mandatory(as_path \\ [64_500]), do: [origin(0), as_path(as_path), next_hop({203, 0, 113, 1})]
  def origin(origin), do: attribute(0x40, 1, <<origin>>)
  def as_path([]), do: attribute(0x40, 2, <<>>)
  def as_path(asns), do: attribute(0x40, 2, [2, length(asns), for(asn <- asns, do: <<asn::32>>)])
  def next_hop(address), do: attribute(0x40, 3, octets(address))

  def attribute(flags, code, value) do
    value = IO.iodata_to_binary(value)
    <<flags, code, byte_size(value), value::binary>>
  end

  defp routes(routes), do: for(route <- routes || [], into: <<>>, do: route(route))
  defp route({path_id, text}), do: <<path_id::32, route(text)::binary>>

  defp route(text) do
    %Prefix{address: address, length: length} = Prefix.new!(text)
    <<length, binary_part(octets(address), 0, div(length + 7, 8))::binary>>
  end

  defp octets({a, b, c, d}), do: <<a, b, c, d>>
  defp octets(address), do: for(part <- Tuple.to_list(address), into: <<>>, do: <<part::16>>)
end
