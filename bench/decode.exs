# How fast `ServiceRadar.BMP.decode/1` is, terms and all, beside a decoder of the same fields in plain Elixir, and how long
# it holds a scheduler. See bench/README.md.
#
#     MIX_ENV=prod SERVICERADAR_BMP_BUILD=core mix run --no-start bench/decode.exs STREAM [CHUNK] [ROUNDS]
defmodule Plain do
  # Binary patterns and nothing else: no check, no RFC 7606, no ADD-PATH, only what the stream has.
  import Bitwise

  alias ServiceRadar.BMP.{PeerHeader, Prefix, RouteMonitoring}
  alias ServiceRadar.BMP.BGP.{Attributes, Nlri, RouteGroup, Update}

  @marker 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF

  # Route Monitoring only; other messages are nil.
  def decode(stream, offset \\ 0)

  def decode(<<3, length::32, 0, rest::binary>>, offset) do
    size = length - 6
    <<body::binary-size(size), rest::binary>> = rest
    [route_monitoring(body, offset) | decode(rest, offset + length)]
  end

  def decode(<<3, length::32, _type, rest::binary>>, offset) do
    size = length - 6
    <<_body::binary-size(size), rest::binary>> = rest
    [nil | decode(rest, offset + length)]
  end

  def decode(<<>>, _offset), do: []

  defp route_monitoring(
         <<0, flags, distinguisher::64, 0::96, address::binary-4, asn::32, id::binary-4, seconds::32, microseconds::32,
           @marker::128, _length::16, 2, withdrawn_size::16, withdrawn::binary-size(withdrawn_size), size::16,
           attributes::binary-size(size), nlri::binary>>,
         offset
       ) do
    peer = %PeerHeader{
      type: :global,
      flags: flags,
      view: :adj_rib_in_pre,
      filtered: false,
      distinguisher: distinguisher,
      address: v4(address),
      asn: asn,
      bgp_id: v4(id),
      time: seconds * 1_000_000 + microseconds
    }

    %RouteMonitoring{offset: offset, peer: peer, update: update(withdrawn, attributes, nlri)}
  end

  # End-of-RIB (RFC 4724) of IPv4 and of IPv6.
  defp update("", "", ""), do: %Update{attributes: %Attributes{}, end_of_rib: {1, 1}}

  defp update("", <<flags, 15, 3, 2::16, 1>>, ""),
    do: %Update{attributes: %Attributes{flags: [{15, flags}]}, end_of_rib: {2, 1}}

  defp update(withdrawn, attributes, nlri) do
    groups = if withdrawn == "", do: [], else: [withdraw({1, 1}, prefixes4(withdrawn))]
    {attributes, groups} = attributes(attributes, %Attributes{}, groups, [])
    groups = if nlri == "", do: groups, else: groups ++ [group({1, 1}, attributes.next_hop, prefixes4(nlri))]
    %Update{attributes: attributes, groups: groups}
  end

  defp attributes(<<flags, code, size, value::binary-size(size), rest::binary>>, made, groups, seen)
       when (flags &&& 0x10) == 0 do
    seen = [{code, flags} | seen]

    case code do
      1 -> attributes(rest, %{made | origin: origin(value)}, groups, seen)
      2 -> attributes(rest, %{made | as_path: segments(value)}, groups, seen)
      3 -> attributes(rest, %{made | next_hop: v4(value)}, groups, seen)
      4 -> attributes(rest, %{made | multi_exit_disc: number(value)}, groups, seen)
      5 -> attributes(rest, %{made | local_pref: number(value)}, groups, seen)
      6 -> attributes(rest, %{made | atomic_aggregate: true}, groups, seen)
      7 -> attributes(rest, %{made | aggregator: aggregator(value)}, groups, seen)
      8 -> attributes(rest, %{made | communities: communities(value)}, groups, seen)
      14 -> attributes(rest, made, groups ++ [reach(value)], seen)
      15 -> attributes(rest, made, groups ++ [unreach(value)], seen)
      32 -> attributes(rest, %{made | large_communities: large_communities(value)}, groups, seen)
    end
  end

  # MP_REACH_NLRI and MP_UNREACH_NLRI of many routes.
  defp attributes(<<flags, 14, size::16, value::binary-size(size), rest::binary>>, made, groups, seen),
    do: attributes(rest, made, groups ++ [reach(value)], [{14, flags} | seen])

  defp attributes(<<flags, 15, size::16, value::binary-size(size), rest::binary>>, made, groups, seen),
    do: attributes(rest, made, groups ++ [unreach(value)], [{15, flags} | seen])

  defp attributes(<<>>, made, groups, seen), do: {%{made | flags: Enum.reverse(seen)}, groups}

  defp reach(<<2::16, 1, 16, next_hop::binary-16, 0, nlri::binary>>), do: group({2, 1}, v6(next_hop), prefixes6(nlri))
  defp unreach(<<2::16, 1, nlri::binary>>), do: withdraw({2, 1}, prefixes6(nlri))
  defp withdraw(family, nlri), do: %RouteGroup{action: :withdraw, family: family, nlri: nlri}
  defp group(family, next_hop, nlri), do: %RouteGroup{action: :announce, family: family, next_hop: next_hop, nlri: nlri}

  defp origin(<<0>>), do: :igp
  defp origin(<<1>>), do: :egp
  defp origin(<<2>>), do: :incomplete
  defp number(<<number::32>>), do: number

  defp segments(<<2, count, rest::binary>>) do
    size = count * 4
    <<asns::binary-size(size), rest::binary>> = rest
    [{:sequence, for(<<asn::32 <- asns>>, do: asn)} | segments(rest)]
  end

  defp segments(<<>>), do: []
  defp aggregator(<<asn::32, address::binary-4>>), do: {asn, v4(address)}
  defp communities(value), do: for(<<high::16, low::16 <- value>>, do: {high, low})
  defp large_communities(value), do: for(<<global::32, one::32, two::32 <- value>>, do: {global, one, two})

  defp prefixes4(<<length, rest::binary>>) do
    size = (length + 7) >>> 3
    <<octets::binary-size(size), rest::binary>> = rest
    address = octets |> :binary.decode_unsigned() |> bsl(32 - 8 * size) |> band(0xFFFFFFFF <<< (32 - length))
    [%Nlri{prefix: %Prefix{address: v4(<<address::32>>), length: length}} | prefixes4(rest)]
  end

  defp prefixes4(<<>>), do: []

  defp prefixes6(<<length, rest::binary>>) do
    size = (length + 7) >>> 3
    <<octets::binary-size(size), rest::binary>> = rest
    address = octets |> :binary.decode_unsigned() |> bsl(128 - 8 * size)
    [%Nlri{prefix: %Prefix{address: v6(<<address::128>>), length: length}} | prefixes6(rest)]
  end

  defp prefixes6(<<>>), do: []

  defp v4(<<a, b, c, d>>), do: {a, b, c, d}
  defp v6(<<a::16, b::16, c::16, d::16, e::16, f::16, g::16, h::16>>), do: {a, b, c, d, e, f, g, h}
end

defmodule Bench do
  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.RouteMonitoring

  # In words: as a process has that decodes much (see `ServiceRadar.BMP.decode/1`), and as any has.
  @heap 2_000_000
  @default_heap 233

  def main([path | options]) do
    [chunk, rounds] = options |> Enum.map(&String.to_integer/1) |> Kernel.++([65_536, 7] |> Enum.drop(length(options)))
    pieces = path |> File.read!() |> pieces(chunk)
    routes = check(pieces)

    IO.puts(
      "#{routes} routes in #{length(pieces)} pieces of up to #{chunk} octets; both decoders made the same of all of them"
    )

    for heap <- [@heap, @default_heap], do: compare(pieces, routes, rounds, heap)
    schedulers(path)
  end

  # They take turns, so that what else the machine does is the same for both.
  defp compare(pieces, routes, rounds, heap) do
    ours = &BMP.decode/1
    plain = &Plain.decode/1
    for decode <- [ours, plain], do: run(decode, pieces, heap)
    times = for _ <- 1..rounds, do: {run(ours, pieces, heap), run(plain, pieces, heap)}
    ratio = median(for {ours, plain} <- times, do: plain / ours)
    {ours, plain} = Enum.unzip(times)

    IO.puts("a heap of #{heap} words, the median of #{rounds} rounds:")
    IO.puts("  ServiceRadar.BMP.decode/1  #{rate(routes, median(ours))}")
    IO.puts("  plain Elixir               #{rate(routes, median(plain))}")
    IO.puts("  ratio                      #{Float.round(ratio, 2)}")
  end

  # Whole messages, as many as fit.
  defp pieces(<<>>, _chunk), do: []

  defp pieces(stream, chunk) do
    size = fit(stream, 0, chunk)
    [binary_part(stream, 0, size) | pieces(binary_part(stream, size, byte_size(stream) - size), chunk)]
  end

  defp fit(stream, offset, chunk) do
    case stream do
      <<_::binary-size(offset), 3, length::32, _::binary>> when offset == 0 or offset + length <= chunk ->
        fit(stream, offset + length, chunk)

      _ ->
        offset
    end
  end

  defp check(pieces) do
    apart(fn ->
      pieces
      |> Enum.map(fn piece ->
        {:ok, messages, ""} = BMP.decode(piece)

        for {message, plain} <- Enum.zip(messages, Plain.decode(piece)), reduce: 0 do
          routes ->
            if match?(%RouteMonitoring{}, message) and message != plain,
              do: raise("not the same: #{inspect({message, plain})}")

            routes + if(plain, do: plain.update.groups |> Enum.map(&length(&1.nlri)) |> Enum.sum(), else: 0)
        end
      end)
      |> Enum.sum()
    end)
  end

  # Milliseconds of CPU time: what else the machine does is not in it.
  defp run(decode, pieces, heap) do
    apart(
      fn ->
        {before, _} = :erlang.statistics(:runtime)
        Enum.each(pieces, decode)
        {later, _} = :erlang.statistics(:runtime)
        max(later - before, 1)
      end,
      heap
    )
  end

  # In a process of its own.
  defp apart(function, heap \\ @heap) do
    {pid, reference} = :erlang.spawn_opt(fn -> exit({:done, function.()}) end, [:monitor, min_heap_size: heap])

    receive do
      {:DOWN, ^reference, :process, ^pid, {:done, result}} -> result
      {:DOWN, ^reference, :process, ^pid, reason} -> raise(inspect(reason))
    end
  end

  # The VM itself tells of each time that a process runs for a millisecond or more on an ordinary scheduler without a pause. The
  # operating system's own pauses count too: plain Elixir, which the VM interrupts as it likes, says how many those are.
  defp schedulers(path) do
    piece = path |> File.read!() |> pieces(1_000_000) |> hd()
    count = fn decode -> long(fn -> Enum.each(1..50, fn _ -> decode.(piece) end) end) end

    IO.puts(
      "50 calls on #{byte_size(piece)} octets held an ordinary scheduler for 1 ms or more: " <>
        "decode/1 #{count.(&BMP.decode/1)} times, plain Elixir #{count.(&Plain.decode/1)} times"
    )
  end

  defp long(function) do
    {pid, reference} = :erlang.spawn_opt(fn -> receive(do: (:go -> function.())) end, [:monitor, min_heap_size: @heap])
    :erlang.system_monitor(self(), [{:long_schedule, 1}])
    send(pid, :go)
    receive do: ({:DOWN, ^reference, :process, ^pid, :normal} -> :ok)
    :erlang.system_monitor(:undefined)
    count(pid, 0)
  end

  defp count(pid, seen) do
    receive do
      {:monitor, ^pid, :long_schedule, _info} -> count(pid, seen + 1)
      {:monitor, _other, :long_schedule, _info} -> count(pid, seen)
    after
      0 -> seen
    end
  end

  defp median(list), do: list |> Enum.sort() |> Enum.at(div(length(list), 2))
  defp rate(routes, ms), do: "#{Float.round(routes / ms / 1000, 2)} M routes a second of CPU time"
end

case System.argv() do
  [_ | _] = arguments -> Bench.main(arguments)
  [] -> IO.puts("usage: mix run --no-start bench/decode.exs STREAM [CHUNK] [ROUNDS]")
end
