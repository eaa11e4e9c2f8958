import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.SearchTest do
    # How routes are looked for at the database that no index leads to.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [eventually: 1, start_station!: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Reads, Servers}

    @moduletag capture_log: true

    @station :search_postgres

    setup do
      server = Servers.postgres!()
      start_station!(@station, store: {Postgres, url: Server.url(server)})
      eventually(fn -> Postgres.Keeper.ready?(BMP.Instance.config!(@station)) end)
      :ok
    end

    defp query!(sql, values \\ []), do: Reads.query!(@station, sql, values)

    # A RIB of routes, ten to an attribute set, each set of an AS of its own. Nothing is analyzed, as after a first load.
    defp fill(routes) do
      query!("ALTER TABLE {schema}.bgp_routing_state SET (autovacuum_enabled = false)")

      query!("""
      INSERT INTO {schema}.bgp_routers (router_id, generation, sequence, sys_name, sys_descr, address, port, collector, state,
        session_started_at, first_seen_at)
      VALUES ('11111111-1111-1111-1111-111111111111', 1, 1, 'edge', '', '10.0.0.1', 1, 'c', 'connected', now(), now())
      """)

      query!("""
      INSERT INTO {schema}.bgp_peers (peer_id, router_id, generation, sequence, peer_type, distinguisher, address, asn, bgp_id, state,
        state_since, first_seen_at)
      VALUES ('22222222-2222-2222-2222-222222222222', '11111111-1111-1111-1111-111111111111', 1, 1, 0, '\\x0000000000000000',
        '10.0.0.2', 65000, '10.0.0.2', 'up', now(), now())
      """)

      query!(
        """
        INSERT INTO {schema}.bgp_ribs (rib_id, peer_id, view, afi, safi, routes, changed_at)
        VALUES (7, '22222222-2222-2222-2222-222222222222', 'adj_rib_in_pre', 1, 1, $1, now())
        """,
        [routes]
      )

      query!(
        """
        INSERT INTO {schema}.bgp_attribute_sets (set_id, as_path, origin_as, as_path_text, next_hop_octets, attributes)
        SELECT md5(n::text)::uuid, ARRAY[65000, 70000 + n], 70000 + n, '65000 ' || 70000 + n, '', ''
        FROM generate_series(1, $1::integer / 10) n
        """,
        [routes]
      )

      query!(
        """
        INSERT INTO {schema}.bgp_routing_state (rib_id, path_id, generation, sequence, changed_at, set_id, nlri_key, prefix)
        SELECT 7, -1, 1, n, now(), md5((1 + n % ($1::integer / 10))::text)::uuid, '\\x20'::bytea || int4send(n), '1.0.0.0'::inet + n
        FROM generate_series(1, $1::integer) n
        """,
        [routes]
      )
    end

    defp processes(%{"Node Type" => "Gather"} = plan), do: 1 + plan["Workers Planned"]
    defp processes(plan), do: plan |> Map.get("Plans", []) |> Enum.map(&processes/1) |> Enum.max(fn -> 1 end)

    defp plan(statements) do
      {settings, [{sql, values, _rows}]} =
        statements |> Enum.reject(&(elem(&1, 0) in ["begin", "commit"])) |> Enum.split(-1)

      %{rows: rows} =
        Postgres.with_repo(BMP.Instance.config!(@station), fn repo, _ ->
          {:ok, result} =
            repo.transaction(fn ->
              for {setting, values, _} <- settings, setting =~ "set_config", do: repo.query!(setting, values)
              repo.query!("EXPLAIN (FORMAT JSON) " <> sql, values)
            end)

          result
        end)

      [[[%{"Plan" => plan}]]] = rows
      plan
    end

    test "a table that was just filled is looked through by several processes for the routes of few attribute sets" do
      fill(200_000)

      for question <- [[origin_as: 70_007], [as: 70_007], [as_path: "_70007$"]] do
        {{:ok, page, nil}, asked} = Reads.statements(fn -> BMP.routes(@station, [limit: 50] ++ question) end)
        assert length(page) == 10
        assert processes(plan(asked)) > 1

        # Their number is counted without a look at their sets.
        {{:ok, 10}, asked} = Reads.statements(fn -> BMP.count_routes(@station, question) end)
        plan = plan(asked)
        assert processes(plan) > 1
        refute inspect(plan) =~ "bgp_attribute_sets"
      end

      assert BMP.count_routes(@station, within: "1.0.1.0/24") == {:ok, 256}
      assert BMP.count_routes(@station, as: 65_000) == {:ok, {:more_than, 10_000}}
      assert BMP.count_routes(@station, as: 65_000, within: "1.0.1.0/24") == {:ok, 256}
      # Before its server, which ends with this process.
      :ok = stop_supervised(@station)
    end

    test "as of a moment each end of a peer or router is looked at once, and not for each route" do
      fill(200)

      # Many before the routes were told, of the peer, of another, and of their router as a whole; then one more of the other.
      end_of = fn peer, generation, count ->
        query!(
          """
          INSERT INTO {schema}.bgp_peer_events (time, router_id, peer_id, generation, sequence, kind, synthetic)
          SELECT now() - interval '1 hour' + make_interval(secs => n), '11111111-1111-1111-1111-111111111111', $1, $2, n, 'peer_down', false
          FROM generate_series(1, $3::integer) n
          """,
          [peer && Ecto.UUID.dump!(peer), generation, count]
        )
      end

      end_of.("22222222-2222-2222-2222-222222222222", 0, 300)
      end_of.("33333333-3333-3333-3333-333333333333", 0, 300)
      end_of.(nil, 0, 300)
      end_of.("33333333-3333-3333-3333-333333333333", 2, 1)
      query!("ANALYZE {schema}.bgp_peer_events")

      ask = fn -> BMP.routes_at(@station, DateTime.utc_now(), limit: 1_000) end
      {{:ok, page, nil}, asked} = Reads.statements(ask)
      assert length(page) == 200
      {sql, values, 200} = List.last(asked)
      {rows, _whole} = Reads.of(@station, sql, values, "bgp_peer_events")
      assert rows <= 901
      assert Reads.compared(@station, sql, values) <= 3 * 200

      # The router's end ends all of its peers' routes, the peer's its own.
      end_of.(nil, 2, 1)
      assert {:ok, [], nil} = ask.()
      query!("DELETE FROM {schema}.bgp_peer_events WHERE peer_id IS NULL")
      assert {:ok, [_ | _], nil} = ask.()
      end_of.("22222222-2222-2222-2222-222222222222", 1, 150)
      # Those told after it are still there.
      {:ok, page, nil} = ask.()
      assert length(page) == 51
      # Before its server, which ends with this process.
      :ok = stop_supervised(@station)
    end
  end
end
