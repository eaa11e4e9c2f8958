import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.HistoryTest do
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [connect!: 1, eventually: 1]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Feed, Instance, Query, RoutingTable, Wire}
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.Servers

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    @west [address: {10, 0, 0, 1}]
    @east [address: {10, 0, 0, 2}]

    setup_all do
      server = Servers.postgres!()
      %{server: server}
    end

    setup %{server: server} do
      name = :"history_#{System.unique_integer([:positive])}"
      store = {Postgres, url: Server.url(server), schema: "#{name}", maintain_every: 600_000}
      start_supervised!({BMP, name: name, ip: "127.0.0.1", port: 0, partitions: 2, store: store})
      %{name: name, moments: churn(name)}
    end

    # Announcements, changes, withdrawals and a Peer Down; after each step, when it was and what the table was.
    defp churn(name) do
      socket = connect!(name)
      whole = for n <- 0..49, do: "10.#{n}.0.0/16"

      steps = [
        {50, [Wire.initiation("rtr"), Wire.peer_up(@west), announce(whole, [64_501, 64_510], @west)]},
        {101,
         [
           Wire.peer_up(@east),
           announce(["0.0.0.0/0", "10.1.2.0/24"] ++ Enum.take(whole, 49), [64_502, 64_510], @east)
         ]},
        {96,
         [
           announce(Enum.take(whole, 5), [64_501, 64_520], @west),
           Wire.route_monitoring(Wire.update(withdrawn: Enum.drop(whole, 45)), @west)
         ]},
        {51, [Wire.peer_down(@west)]},
        {81, [Wire.peer_up(@west), announce(Enum.take(whole, 30), [64_501, 64_530], @west)]}
      ]

      for {routes, messages} <- steps do
        :ok = :gen_tcp.send(socket, messages)
        eventually(fn -> match?({:ok, %{routes: ^routes}}, BMP.counts(name)) end)
        # Counts are those of a commit; the next step is of a later microsecond.
        Process.sleep(20)
        {:ok, table, nil} = BMP.routes(name, limit: 1000)
        {DateTime.utc_now(), plain(table)}
      end
    end

    defp announce(prefixes, as_path, peer),
      do: Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(as_path), nlri: prefixes), peer)

    defp plain(routes) do
      routes
      |> Enum.map(&Map.drop(Map.from_struct(&1), [:generation, :sequence, :changed_at_us, :stale]))
      |> Enum.sort()
    end

    defp all(ask, query, found \\ []) do
      {:ok, page, cursor} = ask.(query)
      if cursor, do: all(ask, Keyword.put(query, :cursor, cursor), found ++ page), else: found ++ page
    end

    # The oracle: the view, with a condition of SQL's own.
    defp told(name, condition) do
      sql = """
      SELECT time, change::text, peer_address, prefix, as_path FROM #{name}.bgp_changes WHERE #{condition}
      ORDER BY time DESC, generation DESC, sequence DESC, rib_id DESC, nlri DESC
      """

      Postgres.with_repo(Instance.config!(name), fn repo, _ -> repo.query!(sql, []).rows end)
      |> Enum.map(fn [time, change, peer, prefix, as_path] ->
        {DateTime.to_unix(time, :microsecond), change, peer.address, "#{:inet.ntoa(prefix.address)}/#{prefix.netmask}",
         as_path || []}
      end)
    end

    defp same(changes) do
      for one <- changes,
          do: {one.received_at_us, Atom.to_string(one.change), one.peer, to_string(one.prefix), one.as_path}
    end

    test "changes by time, prefix, peer and origin, a page at a time", %{name: name, moments: moments} do
      [{first, _}, {second, _}, {third, _} | _] = moments
      {:ok, peers} = BMP.peers(name)
      west = Enum.find(peers, &(&1.address == {10, 0, 0, 1}))

      for {query, condition, count} <- [
            {[], "true", 50 + 51 + 10 + 30},
            {[from: first, until: second], "time BETWEEN '#{first}' AND '#{second}'", 51},
            {[prefix: "10.1.0.0/16"], "prefix = '10.1.0.0/16'", 4},
            {[within: "10.1.0.0/16"], "prefix <<= '10.1.0.0/16'", 5},
            {[covering: "10.1.2.0/24"], "prefix >>= '10.1.2.0/24'", 6},
            {[peer: "10.0.0.1", from: second, until: third],
             "peer_address = '10.0.0.1' AND time BETWEEN '#{second}' AND '#{third}'", 10},
            {[peer_id: west.peer_id, router: west.router_id], "peer_address = '10.0.0.1'", 90},
            {[origin_as: 64_520], "origin_as = 64520", 5},
            {[as: 64_502, within: "10.0.0.0/14"], "prefix <<= '10.0.0.0/14' AND as_path @> '{64502}'", 5},
            {[peer: "10.0.0.9"], "false", 0}
          ] do
        expected = told(name, condition)
        assert length(expected) == count, condition

        for limit <- [1000, 7] do
          assert same(all(&BMP.changes(name, &1), [limit: limit] ++ query)) == expected, inspect(query)
        end
      end

      assert {:error, %ArgumentError{}} = BMP.changes(name, address: "10.0.0.1")
      assert {:error, %ArgumentError{}} = BMP.changes(name, from: "yesterday")
      assert {:error, _} = BMP.changes(name, cursor: "AAAA")
      assert {:error, %ArgumentError{}} = BMP.routes(name, from: DateTime.utc_now())
    end

    test "one prefix and the ends of its peers, in a time", %{name: name, moments: moments} do
      {third, _} = Enum.at(moments, 2)
      {fourth, _} = Enum.at(moments, 3)
      assert {:ok, [%{implied: true}], nil} = BMP.history(name, prefix: "10.9.0.0/16", from: third, until: fourth)
      {:ok, changes, nil} = BMP.history(name, prefix: "10.9.0.0/16")
      assert [:announce, :withdraw, :announce, :announce] = Enum.map(changes, & &1.change)
    end

    test "the table as of a moment", %{name: name, moments: moments} do
      for {at, table} <- moments, limit <- [1000, 7] do
        ask = &BMP.routes_at(name, at, &1)
        assert plain(all(ask, limit: limit)) == table
      end

      {at, table} = Enum.at(moments, 2)

      for {query, wanted} <- [
            {[prefix: "10.1.0.0/16"], &(to_string(&1.prefix) == "10.1.0.0/16")},
            {[within: "10.1.0.0/16"], &(to_string(&1.prefix) in ["10.1.0.0/16", "10.1.2.0/24"])},
            {[covering: "10.1.2.0/24"], &(to_string(&1.prefix) in ["0.0.0.0/0", "10.1.0.0/16", "10.1.2.0/24"])},
            {[address: "10.2.3.4"], &(to_string(&1.prefix) in ["0.0.0.0/0", "10.2.0.0/16"])},
            {[origin_as: 64_520], &(List.last(&1.as_path) == 64_520)},
            {[peer: "10.0.0.2"], &(&1.peer == {10, 0, 0, 2})}
          ] do
        expected = Enum.filter(table, wanted)
        assert expected != []
        {:ok, routes, _} = BMP.routes_at(name, at, [limit: 1000] ++ query)
        assert plain(routes) == expected, inspect(query)
      end

      assert {:ok, [], nil} = BMP.routes_at(name, ~U[2020-01-01 00:00:00Z], limit: 1000)
      assert {:error, %ArgumentError{}} = BMP.routes_at(name, at, from: at)
    end

    test "the whole table as of a moment, with the states of then, and its picture", %{name: name, moments: moments} do
      {:ok, everything} = Query.new(limit: 1000)

      for {{at, told}, state} <- Enum.zip(moments, [:up, :up, :up, :down, :up]) do
        {:ok, table} = BMP.table_at(name, at, 20_000)
        assert {:ok, routes, nil} = RoutingTable.routes(table, everything)
        assert plain(routes) == told
        assert [%{state: :connected}] = RoutingTable.routers(table)
        assert Enum.find(RoutingTable.peers(table), &(&1.address == {10, 0, 0, 1})).state == state
      end

      {first, _} = hd(moments)
      assert {:ok, picture} = Feed.at(name, first)
      assert picture =~ "10.49.0.0/16"
      # The second peer came later, as did its routes.
      refute picture =~ "10.1.2.0/24"
      refute picture =~ "10.0.0.2"

      assert {:ok, few} = BMP.table_at(name, DateTime.utc_now(), 7)
      assert %{routes: 7} = RoutingTable.counts(few)
      assert {:ok, none} = BMP.table_at(name, ~U[2020-01-01 00:00:00Z], 20_000)
      assert %{routers: 0, peers: 0, routes: 0} = RoutingTable.counts(none)
    end
  end
end
