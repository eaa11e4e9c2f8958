import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.TableAtTest do
    # The table of a moment, of a peer that has gone down thousands of times: each route was held against each of these ends.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [connect!: 1, eventually: 1, start_station!: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{RoutingTable, Wire}
    alias ServiceRadar.BMP.Store.Postgres.SQL
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Reads, Servers}

    @moduletag capture_log: true

    @station :table_at_station
    @routes 100

    setup do
      server = Servers.postgres!()
      start_station!(@station, store: {BMP.Store.Postgres, url: Server.url(server)})
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(@station)) end)
      :ok
    end

    defp nodes(plan), do: [plan | Enum.flat_map(plan["Plans"] || [], &nodes/1)]

    test "what ended routes is found once of each RIB" do
      socket = connect!(@station)
      update = &Wire.update(attributes: Wire.mandatory(), nlri: ["10.0.#{&1}.0/24"])
      routes = for number <- 1..@routes, do: Wire.route_monitoring(update.(number))
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), routes])
      eventually(fn -> match?({:ok, %{routes: @routes}}, BMP.counts(@station)) end)

      # Of the session before: they end nothing of this one.
      Reads.query!(@station, """
      INSERT INTO {schema}.bgp_peer_events (time, router_id, peer_id, generation, sequence, kind, synthetic)
      SELECT now() - interval '1 day', p.router_id, p.peer_id, -1, n, 'peer_down', false
      FROM generate_series(1, 5000) n, {schema}.bgp_peers p
      """)

      Reads.query!(@station, "ANALYZE {schema}.bgp_peer_events")
      at = DateTime.add(DateTime.utc_now(), 1)
      {:ok, table} = BMP.table_at(@station, at, 1_000)
      assert %{routes: @routes} = RoutingTable.counts(table)

      values = [at: "'#{DateTime.to_iso8601(at)}'::timestamptz", most: "1000", prefixes: "5000"]
      "COPY (" <> sql = SQL.text("query/load_at/routes.sql", "public", values)
      sql = String.replace(sql, ") TO STDOUT (FORMAT binary)", "")
      %{rows: [[[%{"Plan" => plan}]]]} = Reads.query!(@station, "EXPLAIN (ANALYZE, FORMAT JSON) " <> sql)
      compared = for node <- nodes(plan), do: Map.get(node, "Rows Removed by Join Filter", 0) * node["Actual Loops"]
      assert Enum.sum(compared) < 5_000

      # They are gone through in spans, and not prefix by prefix.
      [steps] = for %{"Node Type" => "Recursive Union"} = node <- nodes(plan), do: node["Actual Rows"]
      assert steps <= 4

      # One that comes after ends them all.
      Reads.query!(@station, """
      INSERT INTO {schema}.bgp_peer_events (time, router_id, peer_id, generation, sequence, kind, synthetic)
      SELECT now(), p.router_id, p.peer_id, p.generation + 1, 1, 'peer_down', false FROM {schema}.bgp_peers p
      """)

      {:ok, table} = BMP.table_at(@station, at, 1_000)
      assert %{routes: 0} = RoutingTable.counts(table)
      # Before its server, which ends with this process.
      :ok = stop_supervised(@station)
    end

    defp paths(at) do
      {:ok, table} = BMP.table_at(@station, at, 1_000)
      {:ok, query} = BMP.Query.new(limit: 1_000)
      {:ok, routes, nil} = RoutingTable.routes(table, query)
      Map.new(routes, &{to_string(&1.prefix), &1.as_path})
    end

    test "what changed since is told by history, the rest by its row" do
      socket = connect!(@station)
      announce = &Wire.route_monitoring(Wire.update(attributes: Wire.mandatory([64_500, &2]), nlri: [&1]))
      withdraw = &Wire.route_monitoring(Wire.update(withdrawn: [&1]))
      # So that the clock has gone on between what was told before and after.
      moment = fn -> Process.sleep(20) && DateTime.utc_now() |> tap(fn _ -> Process.sleep(20) end) end

      send! = fn messages, routes ->
        :ok = :gen_tcp.send(socket, messages)
        eventually(fn -> match?({:ok, %{routes: ^routes}}, BMP.counts(@station)) end)
        moment.()
      end

      before = moment.()
      first = send!.([Wire.initiation("rtr"), Wire.peer_up(), announce.("0.0.0.0/0", 1), announce.("10.0.0.0/8", 1)], 2)
      assert paths(before) == %{}
      assert paths(first) == %{"0.0.0.0/0" => [64_500, 1], "10.0.0.0/8" => [64_500, 1]}

      second = send!.([announce.("10.0.0.0/8", 2), announce.("192.0.2.0/24", 2), announce.("255.255.255.255/32", 2)], 4)
      third = send!.([withdraw.("0.0.0.0/0"), withdraw.("192.0.2.0/24")], 2)
      fourth = send!.([Wire.peer_down()], 0)
      assert paths(first) == %{"0.0.0.0/0" => [64_500, 1], "10.0.0.0/8" => [64_500, 1]}

      assert paths(second) == %{
               "0.0.0.0/0" => [64_500, 1],
               "10.0.0.0/8" => [64_500, 2],
               "192.0.2.0/24" => [64_500, 2],
               "255.255.255.255/32" => [64_500, 2]
             }

      assert paths(third) == %{"10.0.0.0/8" => [64_500, 2], "255.255.255.255/32" => [64_500, 2]}
      assert paths(fourth) == %{}
      :ok = stop_supervised(@station)
    end
  end
end
