alias ServiceRadar.BMP.Test.{Lab, NATS, Postgres}

cond do
  not Enum.all?([Broadway, Gnat, Postgrex, Ecto.Adapters.Postgres], &Code.ensure_loaded?/1) ->
    IO.puts(:stderr, "left out: live FRR routers through NATS into Postgres (core build: their packages are not there)")

  why = Lab.missing() || NATS.missing() || Postgres.missing() ->
    IO.puts(:stderr, "left out: live FRR routers through NATS into Postgres (#{why})")

  true ->
    defmodule ServiceRadar.BMP.LiveFRRTest do
      @moduledoc """
      Live FRR routers speak BMP to a station, through JetStream and Broadway into Postgres, while things happen to them.
      After each, the active rows are the router's own tables.
      """
      use ExUnit.Case, async: false

      alias ServiceRadar.BMP
      alias ServiceRadar.BMP.{Broker, Instance, Pipeline, Store}
      alias ServiceRadar.BMP.Broker.JetStream.API
      alias ServiceRadar.BMP.Test.{Lab, NATS, Parity, Postgres}

      @moduletag capture_log: true
      @moduletag timeout: 600_000

      # What the two neighbours announce together; each prefix is in two views, some of them from both neighbours.
      @routes 1_000
      @patience 60_000

      setup_all do
        nats = NATS.start!()
        on_exit(fn -> NATS.stop(nats) end)
        postgres = Postgres.start!()
        on_exit(fn -> Postgres.stop(postgres) end)
        lab = Lab.start!(@routes)
        on_exit(fn -> Lab.stop(lab) end)
        %{nats: nats, postgres: postgres, lab: lab}
      end

      setup %{nats: nats, postgres: postgres, lab: lab} do
        start_supervised!(
          {BMP,
           name: __MODULE__.Station,
           ip: lab.facts["STATION"],
           port: 0,
           allow: [lab.facts["EDGE"]],
           partitions: 2,
           broker: {Broker.JetStream, servers: [NATS.url(nats)]},
           pipeline: Pipeline.Broadway,
           store: {Store.Postgres, url: Postgres.url(postgres), schema: "live"}}
        )

        sql =
          start_supervised!(
            {Postgrex, hostname: "127.0.0.1", port: postgres.port, username: "postgres", database: "postgres"}
          )

        %{sql: sql}
      end

      test "every view's active rows are the router's own tables, whatever happens to its neighbours", %{
        lab: lab,
        sql: sql
      } do
        west = lab.facts["WEST_PEER"]
        east = lab.facts["EAST_PEER"]

        step("it connects", fn -> connect(lab) end)
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
          reconnect(lab, sql)
          assert written(sql) == before
        end)

        same(lab, sql, denied: true)
        assert written(sql).history == length(written(sql).state)

        step("routes are withdrawn", fn ->
          Lab.run(lab, "withdraw", ["west", 50])
          Lab.run(lab, "withdraw", ["east", 30])
        end)

        same(lab, sql)
        assert [[withdrawn]] = rows(sql, "SELECT count(*) FROM live.bgp_routing_state WHERE NOT active")
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
          connect(lab)
        end)

        same(lab, sql, denied: true)
        synthetic = "SELECT count(*) FROM live.bgp_routing_history WHERE synthetic AND change = 'withdraw'"
        assert [[swept]] = rows(sql, synthetic)
        assert swept >= 200

        step("east is back", fn -> Lab.run(lab, "restart", ["east"]) end)
        up_again(lab, sql, east)
        same(lab, sql)
        reconnect(lab, sql)
        same(lab, sql, denied: true)

        # All of it came through NATS, and what is committed is gone from there.
        assert Enum.sort(for [kind] <- rows(sql, "SELECT DISTINCT kind FROM live.bgp_peer_events"), do: kind) --
                 ~w(end_of_rib initiation peer_down peer_up session_end session_start) == []

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
      end

      defp step(name, fun) do
        if System.get_env("SERVICERADAR_BMP_VERBOSE"), do: IO.puts(:stderr, "#{Time.utc_now()} #{name}")
        fun.()
      end

      # A comparison that cannot fail proves nothing: one row made wrong, each way that there is, and made right again.
      defp differences_are_seen(lab, sql) do
        expected = Lab.run(lab, "expected")

        one = """
        ctid = (SELECT s.ctid FROM live.bgp_routing_state s JOIN live.bgp_peers p USING (peer_id)
                WHERE p.address = '#{lab.facts["WEST_PEER"]}' AND s.prefix = '::/0' AND s.view = 'adj_rib_in_post')
        """

        for {change, what} <- [
              {"next_hop = '2001:db8::9'", "next_hop"},
              {"next_hop_octets = substr(next_hop_octets, 1, 31) || '\\x99'", "link_local"},
              {"as_path = as_path || 1::bigint", "as_path"},
              {"med = coalesce(med, 0) + 1", "med"},
              {"origin = 'incomplete'", "origin"},
              {"communities = communities || 1::bigint", "communities"},
              {"large_communities = '{4200000000:0:2}'", "large_communities"},
              {"active = false", "missing"},
              {"view = 'loc_rib'", "extra, missing"}
            ] do
          Postgrex.transaction(sql, fn sql ->
            assert %{num_rows: 1} = Postgrex.query!(sql, "UPDATE live.bgp_routing_state SET #{change} WHERE #{one}", [])
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

      defp connect(lab), do: Lab.run(lab, "bmp", [BMP.port(__MODULE__.Station)])

      defp disconnect(lab, sql) do
        Lab.run(lab, "no-bmp")
        await("the session's end", fn -> rows(sql, "SELECT state FROM live.bgp_routers") == [["disconnected"]] end)
      end

      defp reconnect(lab, sql) do
        disconnect(lab, sql)
        [[before]] = rows(sql, "SELECT epoch FROM live.bgp_routers")

        ended = fn epoch ->
          rows(sql, """
          SELECT p.address, e.view, e.afi FROM live.bgp_peer_events e LEFT JOIN live.bgp_peers p USING (peer_id)
          WHERE e.kind = 'end_of_rib' AND e.epoch = #{epoch} ORDER BY 1, 2, 3
          """)
        end

        connect(lab)
        await("a session", fn -> rows(sql, "SELECT epoch > #{before} FROM live.bgp_routers") == [[true]] end)
        [[epoch]] = rows(sql, "SELECT epoch FROM live.bgp_routers")
        await("End-of-RIBs", fn -> length(ended.(epoch)) >= 8 end)
      end

      # Everything that a write would change: each row's version, and how many rows history has.
      defp written(sql) do
        %{
          state:
            rows(sql, "SELECT xmin::text, ctid::text, peer_id, view, nlri FROM live.bgp_routing_state ORDER BY 3, 4, 5"),
          history: rows(sql, "SELECT count(*) FROM live.bgp_routing_history") |> hd() |> hd()
        }
      end

      defp counts do
        """
        SELECT host(p.address), s.view::text, s.afi, count(*) FROM live.bgp_routing_state s
        JOIN live.bgp_peers p USING (peer_id) WHERE s.active GROUP BY 1, 2, 3
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
          SELECT count(*) FROM live.bgp_routing_state s JOIN live.bgp_peers p USING (peer_id)
          WHERE p.address = '#{address}' AND s.active
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
