import ServiceRadar.BMP.Test.Needs

needs [:packages, :lab, :nats, :postgres] do
  defmodule ServiceRadar.BMP.LiveFRRTest do
    @moduledoc """
    Live FRR routers speak BMP to a station, through JetStream and Broadway into Postgres, while things happen to them.
    After each, the active rows are the router's own tables.
    """
    use ExUnit.Case, async: false

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Instance, Pipeline, Store}
    alias ServiceRadar.BMP.Broker.JetStream.API
    alias ServiceRadar.BMP.Test.{FreePort, Lab, NATS, OSProcess, Parity, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 600_000

    # What the two neighbours announce together; each prefix is in two views, some of them from both neighbours.
    @routes 1_000
    @patience 60_000

    setup do
      nats = Servers.nats!()
      postgres = Servers.postgres!()
      lab = Lab.start!(@routes)
      on_exit(fn -> Lab.stop(lab) end)

      options = [hostname: "127.0.0.1", port: postgres.port, username: "postgres", database: "postgres"]
      %{nats: nats, postgres: postgres, lab: lab, sql: start_supervised!({Postgrex, options})}
    end

    defp station!(%{nats: nats, postgres: postgres, lab: lab}) do
      start_supervised!(
        {BMP,
         name: __MODULE__.Station,
         ip: lab.facts["STATION"],
         port: 0,
         allow: [lab.facts["EDGE"]],
         partitions: 2,
         broker: {Broker.JetStream, servers: [NATS.url(nats)]},
         pipeline: Pipeline.Broadway,
         store: {Store.Postgres, url: Postgres.url(postgres), schema: "live"}},
        id: :station
      )

      BMP.port(__MODULE__.Station)
    end

    test "every view's active rows are the router's own tables, whatever happens to its neighbours", context do
      %{lab: lab, sql: sql} = context
      port = station!(context)
      west = lab.facts["WEST_PEER"]
      east = lab.facts["EAST_PEER"]

      step("it connects", fn -> connect(lab, port) end)
      same(lab, sql, denied: true)

      differences_are_seen(lab, sql)

      # It says something: two views and two families of both neighbours, and what the router originates.
      counts = for [peer, view, afi, count] <- rows(sql, counts()), into: %{}, do: {{peer, view, afi}, count}
      assert map_size(counts) == 10

      for peer <- [west, east], view <- ~w(adj_rib_in_pre adj_rib_in_post), {afi, share} <- [{1, 3}, {2, 2}] do
        announced = div(div(@routes, 2) * share, 5)
        # The policy denies a seventh.
        assert counts[{peer, view, afi}] in div(announced * 6, 7)..(announced + 3)
      end

      assert rows(sql, "SELECT state FROM live.bgp_peers WHERE address IN ('#{west}', '#{east}')") == [["up"], ["up"]]

      step("BMP is reset: unchanged routes are written nowhere", fn ->
        before = written(sql)
        reconnect(lab, sql, port)
        assert written(sql) == before
      end)

      same(lab, sql, denied: true)
      assert written(sql).history == length(written(sql).state)

      step("routes are withdrawn", fn ->
        Lab.run(lab, "withdraw", ["west", 50])
        Lab.run(lab, "withdraw", ["east", 30])
      end)

      same(lab, sql)
      assert [[withdrawn]] = rows(sql, "SELECT count(*) FROM live.bgp_routing_history WHERE change = 'withdraw'")
      # Two families and two views, less what is denied and, in the second view, what never was there.
      assert withdrawn in 200..320

      step("routes change", fn ->
        Lab.run(lab, "change", ["east", 80])
        Lab.run(lab, "announce", ["west", 50])
      end)

      same(lab, sql)
      assert [[changes]] = rows(sql, "SELECT count(*) FROM live.bgp_routing_history WHERE change = 'change'")
      assert changes > 100

      step("edge takes west down", fn -> Lab.run(lab, "shutdown", ["west"]) end)
      await("peer down of #{west}", fn -> peer(sql, west) == "down" end)
      assert active(sql, west) == 0
      # FRR 8.4: reason 2, the local system closed it, FSM event follows.
      assert [2] in events(sql, west, "peer_down")
      same(lab, sql)
      assert active(sql, east) > 500

      step("edge takes west up", fn -> Lab.run(lab, "no-shutdown", ["west"]) end)
      up_again(lab, sql, west)
      same(lab, sql)

      step("east's bgpd is killed", fn -> Lab.run(lab, "kill", ["east"]) end)
      await("peer down of #{east}", fn -> peer(sql, east) == "down" end)
      assert active(sql, east) == 0
      assert [4] in events(sql, east, "peer_down")
      same(lab, sql)

      step("east's bgpd is started again", fn -> Lab.run(lab, "restart", ["east"]) end)
      up_again(lab, sql, east)
      same(lab, sql)

      step("east leaves", fn -> Lab.run(lab, "leave", ["east"]) end)
      await("peer down of #{east}", fn -> peer(sql, east) == "down" end)
      assert active(sql, east) == 0
      assert [3] in events(sql, east, "peer_down")
      step("east returns", fn -> Lab.run(lab, "return", ["east"]) end)
      up_again(lab, sql, east)
      same(lab, sql)

      step("BMP is away while routes are withdrawn and change, and east goes down", fn ->
        disconnect(lab, sql)
        # What is not known any more is not ended: nobody said so.
        assert active(sql, west) > 500
        Lab.run(lab, "change", ["west", 120])
        # As they were, because a network is taken back by its own name.
        Lab.run(lab, "announce", ["west", 60])
        Lab.run(lab, "withdraw", ["west", 60])
        Lab.run(lab, "kill", ["east"])
        Lab.run(lab, "settle")
        connect(lab, port)
      end)

      same(lab, sql, denied: true)
      synthetic = "SELECT count(*) FROM live.bgp_routing_history WHERE synthetic AND change = 'withdraw'"
      assert [[swept]] = rows(sql, synthetic)
      assert swept >= 200

      step("east is back", fn -> Lab.run(lab, "restart", ["east"]) end)
      up_again(lab, sql, east)
      same(lab, sql)
      reconnect(lab, sql, port)
      same(lab, sql, denied: true)

      # All of it came through NATS, and what is committed is gone from there.
      assert Enum.sort(for [kind] <- rows(sql, "SELECT DISTINCT kind FROM live.bgp_peer_events"), do: kind) --
               ~w(end_of_rib gap initiation peer_down peer_up session_end session_start) == []

      assert length(events(sql, nil, "session_start")) == 4
      config = Instance.config!(__MODULE__.Station)
      {_, options} = config.broker
      {:ok, %{"state" => state}} = API.request(Instance.whereis(config.name, :nats), options, "STREAM.INFO.BMP")
      assert state["last_seq"] > 20

      await("an empty stream", fn ->
        {:ok, %{"state" => state}} = API.request(Instance.whereis(config.name, :nats), options, "STREAM.INFO.BMP")
        state["messages"] == 0
      end)

      assert rows(sql, "SELECT count(*) FROM live.bgp_dead_letters") == [[0]]
      stop_supervised!(:station)
    end

    test "the whole station is killed, in the middle of a dump and between: the router connects again", context do
      %{lab: lab, sql: sql, postgres: postgres, nats: nats} = context
      port = free_port(lab)
      log = Path.join(nats.folder, "station.log")
      arguments = [lab.facts["STATION"], to_string(port), NATS.url(nats), Postgres.url(postgres), "live"]

      start = fn ->
        OSProcess.start_elixir!(Path.expand("../../support/station_node.exs", __DIR__), arguments, log)
      end

      node = start.()
      connect(lab, port)

      node =
        step("its first routes are there", fn ->
          await("routes", fn -> known(sql) > 0 end)
          OSProcess.kill(node)
          start.()
        end)

      node =
        step("half a second into the next session", fn ->
          generation = generation(sql)
          await("a session", fn -> generation(sql) > generation end)
          Process.sleep(500)
          OSProcess.kill(node)
          Lab.run(lab, "withdraw", ["west", 40])
          Lab.run(lab, "change", ["east", 60])
          Lab.run(lab, "settle")
          start.()
        end)

      same(lab, sql, denied: true)

      step("nothing has changed meanwhile: it writes no row", fn ->
        before = written(sql)
        generation = generation(sql)
        OSProcess.kill(node)
        node = start.()
        await("a session", fn -> generation(sql) > generation end)
        await("End-of-RIBs", fn -> ends_of_rib(sql) >= 8 end)
        assert written(sql) == before
        same(lab, sql, denied: true)
        OSProcess.stop(node)
      end)

      # No change is told twice.
      assert rows(sql, """
             SELECT * FROM (
               SELECT change, set_id, lag(row(change = 'withdraw', set_id)) OVER same AS before
               FROM live.bgp_routing_history
               WINDOW same AS (PARTITION BY rib_id, nlri_key, path_id ORDER BY generation, sequence)) h
             WHERE before IS NOT DISTINCT FROM row(change = 'withdraw', set_id) LIMIT 5
             """) == []
    end

    defp step(name, fun) do
      if System.get_env("SERVICERADAR_BMP_VERBOSE"), do: IO.puts(:stderr, "#{Time.utc_now()} #{name}")
      fun.()
    end

    # A comparison that cannot fail proves nothing: one row made wrong, each way that there is, and made right again.
    defp differences_are_seen(lab, sql) do
      expected = Lab.run(lab, "expected")

      one = """
      (rib_id, nlri_key, path_id) = (
        SELECT rib_id, nlri, -1 FROM live.bgp_routes
        WHERE peer_address = '#{lab.facts["WEST_PEER"]}' AND prefix = '::/0' AND view = 'adj_rib_in_post')
      """

      # Others have its attribute set too, so it gets one of its own.
      another = "99999999-9999-9999-9999-999999999999"

      set = fn change ->
        [
          """
          INSERT INTO live.bgp_attribute_sets
          SELECT (jsonb_populate_record(s, '{"set_id": "#{another}"}')).* FROM live.bgp_attribute_sets s
          WHERE set_id = (SELECT set_id FROM live.bgp_routing_state WHERE #{one})
          """,
          "UPDATE live.bgp_attribute_sets SET #{change} WHERE set_id = '#{another}'",
          "UPDATE live.bgp_routing_state SET set_id = '#{another}' WHERE #{one}"
        ]
      end

      for {statements, what} <- [
            {set.("next_hop = '2001:db8::9'"), "next_hop"},
            {set.("next_hop_octets = substr(next_hop_octets, 1, 31) || '\\x99'"), "link_local"},
            {set.("as_path = as_path || 1::bigint"), "as_path"},
            {set.("med = coalesce(med, 0) + 1"), "med"},
            {set.("origin = 'incomplete'"), "origin"},
            {set.("communities = communities || 1::bigint"), "communities"},
            {set.("large_communities = '{4200000000:0:2}'"), "large_communities"},
            {["DELETE FROM live.bgp_routing_state WHERE #{one}"], "missing"},
            {[
               """
               INSERT INTO live.bgp_ribs
               SELECT 1, peer_id, 'loc_rib', 1, 128, 1, NULL, NULL, false, false, now() FROM live.bgp_peers LIMIT 1
               """,
               "UPDATE live.bgp_routing_state SET rib_id = 1 WHERE #{one}"
             ], "extra, missing"}
          ] do
        Postgrex.transaction(sql, fn sql ->
          for statement <- statements, do: assert(%{num_rows: 1} = Postgrex.query!(sql, statement, []))
          differences = Parity.differences(sql, "live", lab.facts["SYSNAME"], expected, denied: true)
          assert Enum.map_join(differences, ", ", &elem(&1, 0)) == what
          Postgrex.rollback(sql, :made_right)
        end)
      end
    end

    # The same when the router is quiet, within some time, because its BMP lags behind its tables.
    defp same(lab, sql, options \\ []) do
      Lab.run(lab, "settle")
      same(lab, sql, options, now())
    end

    defp same(lab, sql, options, since) do
      case Parity.differences(sql, "live", lab.facts["SYSNAME"], Lab.run(lab, "expected"), options) do
        [] ->
          :ok

        differences ->
          if now() - since > @patience, do: flunk(Parity.describe(differences))
          Process.sleep(200)
          same(lab, sql, options, since)
      end
    end

    # FRR 8.4 withdraws routes whose next hop is not resolved yet, post-policy, and says nothing when it is.
    defp up_again(lab, sql, address) do
      await("peer up of #{address}", fn -> peer(sql, address) == "up" end)
      Lab.run(lab, "settle")
      Lab.run(lab, "refresh")
    end

    defp connect(lab, port), do: Lab.run(lab, "bmp", [port])

    defp disconnect(lab, sql) do
      Lab.run(lab, "no-bmp")
      await("the session's end", fn -> rows(sql, "SELECT state FROM live.bgp_routers") == [["disconnected"]] end)
    end

    defp reconnect(lab, sql, port) do
      disconnect(lab, sql)
      before = generation(sql)
      connect(lab, port)
      await("a session", fn -> generation(sql) > before end)
      await("End-of-RIBs", fn -> ends_of_rib(sql) >= 8 end)
    end

    # Of the last session, or 0 before the tables are made: they are those of version 1 for a moment.
    defp generation(sql) do
      case Postgrex.query(sql, "SELECT max(generation) FROM live.bgp_routers", []) do
        {:ok, %{rows: [[generation]]}} -> generation || 0
        {:error, %Postgrex.Error{postgres: %{code: code}}} when code in [:undefined_table, :undefined_column] -> 0
      end
    end

    defp known(sql) do
      if generation(sql) == 0, do: 0, else: sql |> rows("SELECT count(*) FROM live.bgp_routing_state") |> hd() |> hd()
    end

    # Two views and two families of each neighbour have one.
    defp ends_of_rib(sql) do
      [[count]] =
        rows(sql, """
        SELECT count(DISTINCT (peer_id, view, afi)) FROM live.bgp_peer_events
        WHERE kind = 'end_of_rib' AND generation = (SELECT max(generation) FROM live.bgp_routers)
        """)

      count
    end

    # Everything that a write would change: each row's version, and how many rows history has.
    defp written(sql) do
      %{
        state: rows(sql, "SELECT xmin::text, ctid::text, rib_id, nlri_key FROM live.bgp_routing_state ORDER BY 3, 4"),
        history: rows(sql, "SELECT count(*) FROM live.bgp_routing_history") |> hd() |> hd()
      }
    end

    defp counts do
      """
      SELECT host(peer_address), view::text, afi, count(*) FROM live.bgp_routes GROUP BY 1, 2, 3
      """
    end

    defp peer(sql, address) do
      case rows(sql, "SELECT state FROM live.bgp_peers WHERE address = '#{address}'") do
        [[state]] -> state
        [] -> nil
      end
    end

    defp active(sql, address) do
      [[count]] =
        rows(sql, """
        SELECT count(*) FROM live.bgp_routes WHERE peer_address = '#{address}'
        """)

      count
    end

    defp events(sql, address, kind) do
      of = if address, do: "AND p.address = '#{address}'"

      rows(sql, """
      SELECT e.reason_code FROM live.bgp_peer_events e LEFT JOIN live.bgp_peers p USING (peer_id)
      WHERE e.kind = '#{kind}' #{of}
      """)
    end

    defp free_port(lab) do
      {:ok, address} = :inet.parse_address(to_charlist(lab.facts["STATION"]))
      FreePort.free_port(address)
    end

    defp rows(sql, text), do: Postgrex.query!(sql, text, []).rows

    defp await(what, fun, since \\ now()) do
      cond do
        fun.() -> :ok
        now() - since > @patience -> flunk("no #{what} within #{@patience} ms")
        true -> Process.sleep(100) && await(what, fun, since)
      end
    end

    defp now, do: System.monotonic_time(:millisecond)
  end
end
