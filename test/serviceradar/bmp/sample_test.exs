defmodule ServiceRadar.BMP.SampleTest do
  use ExUnit.Case, async: true
  @moduletag :clock

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Decoder, Replay, RouteMonitoring, Undecodable}

  @sample Path.expand("../../../priv/sample", __DIR__)

  setup_all do
    {:ok, messages} = Replay.messages(Path.join(@sample, "frr-pair.bmp.gz"))
    %{messages: messages}
  end

  test "every message of it decodes", %{messages: messages} do
    stream = IO.iodata_to_binary(messages)
    assert {:ok, decoded, ""} = BMP.decode(stream)
    assert length(decoded) == length(messages)
    refute Enum.any?(decoded, &is_struct(&1, Undecodable))

    assert Enum.map(decoded, & &1.offset) ==
             messages |> Enum.scan(0, &(byte_size(&1) + &2)) |> then(&[0 | Enum.drop(&1, -1)])

    counts = Enum.frequencies_by(decoded, & &1.__struct__)
    assert %{BMP.RouteMonitoring => 3_971, BMP.StatisticsReport => 16, BMP.PeerDown => 8, BMP.PeerUp => 5} = counts

    faults = for %RouteMonitoring{update: %{faults: [_ | _] = faults}} <- decoded, do: faults
    assert faults == []

    decoder = Decoder.new()
    one_by_one = for message <- messages, {:ok, [decoded], ""} = BMP.decode(message, decoder), do: decoded
    assert one_by_one == decoded
  end

  # The router's own tables at the end of the session, as its command line printed them.
  test "played to a station it leaves the router's own tables", %{test: test, messages: messages} do
    station = start_station!(test)
    {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(station), messages, time: 0)

    expected = for row <- expected(), not (row =~ ~s("fault":"denied")), do: row
    {as_expected, local} = Enum.split_with(expected, &(&1 =~ ~s("fault":null)))
    assert {length(as_expected), length(local)} == {689, 2}

    # FRR 8.4 tells routes that its policy denied, as it should, at connect only: of /29 and /127 there may be others.
    rows =
      eventually(
        fn ->
          {:ok, routes, nil} = BMP.routes(station, limit: 10_000)

          rows =
            for route <- routes,
                not denied?(route),
                not (route.peer == {0, 0, 0, 0} and route.as_path != []),
                do: row(route)

          if Enum.sort(rows) == Enum.sort(as_expected), do: rows
        end,
        "the router's tables",
        500
      )

    assert length(rows) == 689

    # Its peers, too: both up, and the one that stands for what the router originates, without a Peer Up.
    {:ok, peers} = BMP.peers(station)

    assert [{{0, 0, 0, 0}, :unknown}, {{10, 255, 1, 2}, :up}, {{0x2001, 0xDB8, 0xFFFF, 2, 0, 0, 0, 2}, :up}] =
             peers |> Enum.map(&{&1.address, &1.state}) |> Enum.sort()
  end

  defp expected do
    Path.join(@sample, "frr-pair.routes.json.gz") |> File.read!() |> :zlib.gunzip() |> String.split("\n", trim: true)
  end

  defp denied?(%{view: :adj_rib_in_pre, prefix: %{length: length}}), do: length in [29, 127]
  defp denied?(_), do: false

  # A row as the file has it: the core build has no JSON.
  defp row(route) do
    fields = [
      view: text(route.view),
      peer: address(route.peer),
      afi: route.afi,
      safi: route.safi,
      prefix: text(route.prefix),
      next_hop: address(route.next_hop),
      next_hop_link_local: address(route.next_hop_link_local),
      as_path: "[#{Enum.join(route.as_path, ",")}]",
      as_path_text: text(route.as_path_text),
      origin: text(route.origin),
      med: route.med || "null",
      communities: texts(route.communities),
      large_communities: texts(route.large_communities),
      fault: "null"
    ]

    "{" <> Enum.map_join(fields, ",", fn {key, value} -> ~s("#{key}":#{value}) end) <> "}"
  end

  defp text(value), do: ~s("#{value}")
  defp texts(values), do: "[#{values |> Enum.sort() |> Enum.map_join(",", &text/1)}]"
  defp address(nil), do: "null"
  defp address(address), do: text(:inet.ntoa(address))
end
