import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.PlacesTest do
    # Routes with some attributes: the tables in memory say where they are, and the database is asked for these rows alone.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [connect!: 1, eventually: 1, start_station!: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Instance, Query, Wire}
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Store.Postgres.Places
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Reads, Servers}

    @moduletag capture_log: true

    @station :places_postgres
    @routes 250

    setup do
      server = Servers.postgres!()
      start_station!(@station, store: {Postgres, url: Server.url(server)}, partitions: 2)
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(@station)) end)
      %{socket: connect!(@station)}
    end

    defp announce(number, path),
      do: Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(path), nlri: ["10.0.#{number}.0/24"]))

    # Ten routes of each origin.
    defp told!(socket) do
      routes = for number <- 1..@routes, do: announce(number, [64_500, 65_000 + rem(number, 25)])
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), routes])
      eventually(fn -> match?({:ok, %{routes: @routes}}, BMP.counts(@station)) end)
    end

    defp ready! do
      :ok = BMP.prepare_search(@station)
      config = Instance.config!(@station)
      {:ok, query} = Query.new(origin_as: 65_001)
      eventually(fn -> Places.keys(config, query, 10) != :not_known end)
    end

    defp pages(query, cursor \\ nil) do
      {:ok, page, next} = BMP.routes(@station, query ++ [cursor: cursor])
      if next, do: page ++ pages(query, next), else: page
    end

    test "few routes are read by their keys, page by page, and counted without the database", %{socket: socket} do
      told!(socket)
      asks = [[origin_as: 65_007], [as: 65_007], [as_path: "_65007$"], [origin_as: 65_007, within: "10.0.128.0/17"]]
      looked = for ask <- asks, do: pages(ask)
      assert length(hd(looked)) == 10
      ready!()

      for {ask, expected} <- Enum.zip(asks, looked) do
        assert pages(ask) == expected
        assert pages(ask ++ [limit: 3]) == expected
        {{:ok, page, nil}, [{sql, values, _}]} = Reads.statements(fn -> BMP.routes(@station, [limit: 50] ++ ask) end)
        assert page == expected
        {rows, 0} = Reads.of(@station, sql, values, "bgp_routing_state")
        assert rows == length(expected)
        count = length(expected)
        assert {{:ok, ^count}, []} = Reads.statements(fn -> BMP.count_routes(@station, ask) end)
      end

      # Of none nobody asks the database, and of many that look is not the way.
      assert {{:ok, [], nil}, []} = Reads.statements(fn -> BMP.routes(@station, origin_as: 64_999) end)
      assert length(pages(as: 64_500, limit: 60)) == @routes
      assert BMP.count_routes(@station, [as: 64_500], 100) == {:ok, {:more_than, 100}}

      # A change is found as soon as it is stored.
      :ok = :gen_tcp.send(socket, [announce(7, [64_500, 64_777])])
      eventually(fn -> match?({:ok, [%{as_path: [64_500, 64_777]}], nil}, BMP.routes(@station, origin_as: 64_777)) end)
      assert length(pages(origin_as: 65_007)) == 9
      :ok = stop_supervised(@station)
    end

    test "where the database does not hold what the tables say it is asked itself", %{socket: socket} do
      told!(socket)
      ready!()
      assert length(pages(origin_as: 65_007)) == 10
      # As while a change is on its way: what is there is told, and no more.
      Reads.query!(@station, "DELETE FROM {schema}.bgp_routing_state WHERE prefix = '10.0.7.0/24'")
      {{:ok, page, nil}, asked} = Reads.statements(fn -> BMP.routes(@station, origin_as: 65_007) end)
      assert length(page) == 9 and length(asked) > 2
      :ok = stop_supervised(@station)
    end
  end
end
