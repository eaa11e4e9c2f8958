import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.ListsTest do
    # At the database: in every order the pages of peers and routers make what a sort of everything makes, and what a page reads is no
    # more for many of them than for few.
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.Test.Lists, only: [check_all: 2]
    import ServiceRadar.BMP.TestRouter, only: [eventually: 1, start_station!: 2]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{ListQuery, Order}
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Store.Postgres.Lists
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.{Reads, Servers}
    alias ServiceRadar.BMPWeb.{API, RoutesLive, Search, WholeTables}

    @moduletag capture_log: true
    # Hundreds of pages in every order, also on a busy machine.
    @moduletag timeout: 240_000

    @station :lists_postgres

    setup do
      server = Servers.postgres!()
      start_station!(@station, store: {Postgres, url: Server.url(server)})
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(@station)) end)

      # A partition whose table is loaded after the rows are there finds that nobody speaks for their routers, and changes them.
      owned = "SELECT count(*) > 0 AND bool_and(owner IS NOT NULL) FROM {schema}.bgp_partitions"
      eventually(fn -> query!(owned).rows == [[true]] end)
      :ok
    end

    defp query!(sql, values \\ []), do: Reads.query!(@station, sql, values)

    # Many have the same values, some routers neither a name nor an address; every fifth peer is a router's own.
    defp fill(routers, peers) do
      query!(
        """
        INSERT INTO {schema}.bgp_routers (router_id, generation, sequence, sys_name, sys_descr, address, port, collector, state,
          session_started_at, first_seen_at)
        SELECT gen_random_uuid(), 1, 1, (ARRAY['', 'edge', 'Edge', 'core ä'])[1 + n % 4] || CASE WHEN n % 8 < 4 THEN '' ELSE n::text END, 'x',
          CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '10.0.0.0'::inet + (n % 7) ELSE '2001:db8::'::inet + (n % 7) END, 1, 'c',
          (ARRAY['connected', 'disconnected'])[1 + n % 2], '2026-01-01'::timestamptz + make_interval(secs => n % 5, mins => 0), now()
        FROM generate_series(1, $1::integer) n
        """,
        [routers]
      )

      query!(
        """
        INSERT INTO {schema}.bgp_peers (peer_id, router_id, generation, sequence, peer_type, distinguisher, address, asn, bgp_id,
          table_name, state, state_since, first_seen_at)
        SELECT gen_random_uuid(), r.ids[1 + (n * 7919) % cardinality(r.ids) / (1 + n % 3)], 1, 1, CASE WHEN n % 5 = 0 THEN 0 ELSE n % 4 END, '\\x0000000000000000',
          CASE n % 5 WHEN 0 THEN '0.0.0.0'::inet WHEN 1 THEN '2001:db8::'::inet + (n % 50) ELSE '10.0.0.0'::inet + (n % 60) END,
          CASE WHEN n % 5 = 0 THEN 0 ELSE 65000 + n % 9 END, '10.0.0.1', CASE WHEN n % 6 = 0 THEN 'Blue' END,
          (ARRAY['up', 'up', 'down', 'stale', 'unknown'])[1 + (n / 5) % 5], '2026-01-01'::timestamptz + make_interval(secs => n % 11), now()
        FROM generate_series(1, $1::integer) n, (SELECT array_agg(router_id ORDER BY router_id) AS ids FROM {schema}.bgp_routers) r
        """,
        [peers]
      )

      query!("""
      INSERT INTO {schema}.bgp_ribs (rib_id, peer_id, view, afi, safi, routes, changed_at)
      SELECT ('x' || substr(md5(p.peer_id::text || f.afi), 1, 16))::bit(64)::bigint, p.peer_id, 'adj_rib_in_pre', f.afi, 1,
        ascii(substr(p.peer_id::text, 1, 1)) % 5, '2026-01-01'::timestamptz + make_interval(secs => ascii(substr(p.peer_id::text, 2, 1)) % 5)
      FROM {schema}.bgp_peers p, (VALUES (1), (2)) f (afi)
      WHERE p.peer_id::text > '4'
      """)

      query!("ANALYZE {schema}.bgp_routers, {schema}.bgp_peers, {schema}.bgp_ribs")
    end

    test "the pages of every order" do
      fill(40, 700)
      check_all(@station, "as6500 EDGE")
      # Before its server, which ends with this process.
      :ok = stop_supervised(@station)
    end

    # Those of the sums of RIBs have no index: all peers are looked at there.
    @summed ["peers", "routes", "change"]

    test "a page reads no more of many than of few" do
      fill(60, 20_000)

      for column <- Order.columns(:peers) -- @summed, down? <- [false, true] do
        {:ok, _page, last} = BMP.list_peers(@station, order: {column, down?}, limit: 300)

        for after_key <- [nil, last] do
          list = %ListQuery{kind: :peers, column: column, down: down?, after: after_key, limit: 50}
          {sql, values} = Lists.peers_statement("public", list)
          {rows, whole} = Reads.of(@station, sql, values, "bgp_peers")

          # Each of the page twice, in its order and as a whole, and by router a page of each router that it begins with.
          assert {column, down?, true, 0} == {column, down?, rows <= 300, whole}
        end
      end

      # Of an address, too: 400 and more have each.
      for after_key <- [nil, {[{10, 0, 0, 2}, 0], "00000000-0000-0000-0000-000000000000"}] do
        list = %ListQuery{kind: :peers, column: "peer", address: {10, 0, 0, 2}, after: after_key, limit: 2}
        {sql, values} = Lists.peers_statement("public", list)
        {rows, whole} = Reads.of(@station, sql, values, "bgp_peers")
        assert rows <= 10 and whole == 0
      end

      query!(
        "INSERT INTO {schema}.bgp_routers SELECT gen_random_uuid(), 1, 1, 'name ' || n, '', NULL, 1, 'c', 'connected', now(), NULL, NULL, now(), now() FROM generate_series(1, 20000) n"
      )

      query!("ANALYZE {schema}.bgp_routers")

      for column <- Order.columns(:routers) -- @summed, down? <- [false, true] do
        {:ok, _page, last} = BMP.list_routers(@station, order: {column, down?}, limit: 300)

        for after_key <- [nil, last] do
          list = %ListQuery{kind: :routers, column: column, down: down?, after: after_key, limit: 50}
          {sql, values} = Lists.routers_statement("public", list)
          {rows, whole} = Reads.of(@station, sql, values, "bgp_routers")
          assert {column, down?, true, 0} == {column, down?, rows <= 150, whole}
        end
      end

      :ok = stop_supervised(@station)
    end

    # How many rows the store gives for it.
    defp rows(ask) do
      {answer, statements} = Reads.statements(ask)
      {answer, statements |> Enum.map(&elem(&1, 2)) |> Enum.sum()}
    end

    # A request to the API for events.
    defp events(params) do
      %{
        station: @station,
        base: "/bmp",
        secret: String.duplicate("s", 64),
        method: "GET",
        path: ["events"],
        params: params
      }
    end

    # Of what is counted for a list of routers nothing is read: their peers and the RIBs of these.
    defp uncounted(statements) do
      for {sql, _values, _rows} <- statements, sql =~ "bgp_routers", not (sql =~ "nlri_key") do
        refute sql =~ ~r/count\(|sum\(/
      end
    end

    test "what routers are called is known without counting what they have" do
      fill(60, 500)
      {{:ok, names}, [_one] = asked} = Reads.statements(fn -> BMP.router_names(@station) end)
      uncounted(asked)
      {:ok, routers} = BMP.routers(@station)
      assert Enum.sort(names) == routers |> Enum.map(&Map.take(&1, [:router_id, :name, :address])) |> Enum.sort()

      request = events(%{"router" => hd(routers).router_id})

      {%{status: 200}, asked} = Reads.statements(fn -> API.respond(request) end)
      assert length(asked) == 2
      uncounted(asked)
      assert %{status: 400} = API.respond(%{request | params: %{"router" => "nobody"}})

      search = Search.parse(%{"router" => hd(routers).router_id})
      routes = %{station: @station, wanted: search, cursor: nil, known: nil}
      {{:ok, page}, asked} = Reads.statements(RoutesLive.fetch(routes))
      assert Enum.sort(page.known.routers) == Enum.sort(names)
      asked |> Enum.reject(fn {sql, _, _} -> sql =~ "families" or sql =~ "bgp_peers p" end) |> uncounted()
      :ok = stop_supervised(@station)
    end

    test "who needs a few peers, or nothing of them but how many routes they have, is not given all" do
      fill(60, 5_000)
      routes = %{station: @station, wanted: Search.parse(%{}), cursor: nil, known: nil}
      {{:ok, page}, given} = rows(RoutesLive.fetch(routes))
      assert length(page.known.routers) == 60 and page.known.families != []
      assert given <= 60 + 1 + 2 * 501 + 10

      # The form is kept; the total of whole tables is known without their peers.
      {{:ok, total}, given} = rows(fn -> WholeTables.routes(@station, []) end)
      {:ok, %{routes: all}} = BMP.counts(@station)
      assert total == all and given <= 2
      {:ok, peers} = BMP.peers(@station)

      for query <- [
            [peer: {10, 0, 0, 2}],
            [peer_id: hd(peers).peer_id],
            [router: hd(peers).router_id],
            [router: hd(peers).router_id, family: {2, 1}],
            [family: {1, 1}],
            [peer: {10, 0, 0, 2}, view: :adj_rib_in_pre, family: {1, 1}]
          ] do
        of =
          for peer <- peers,
              query[:peer] in [nil, peer.address] and query[:peer_id] in [nil, peer.peer_id] and
                query[:router] in [nil, peer.router_id],
              rib <- peer.ribs,
              query[:family] in [nil, {rib.afi, rib.safi}] and query[:view] in [nil, rib.view],
              do: rib.routes

        assert {query, {:ok, Enum.sum(of)}} == {query, WholeTables.routes(@station, query)}
      end

      request = events(%{"peer" => "10.0.0.2"})

      {%{status: 400, body: body}, given} = rows(fn -> API.respond(request) end)
      assert IO.iodata_to_binary(body) =~ "Several peers have the address 10.0.0.2"
      assert given <= 2 * 3
      :ok = stop_supervised(@station)
    end
  end
end
