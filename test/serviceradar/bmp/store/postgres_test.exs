import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.Store.PostgresTest do
    use ExUnit.Case, async: false
    doctest ServiceRadar.BMP.Store.Postgres.SQL

    import ExUnit.CaptureLog, only: [capture_log: 1]
    import ServiceRadar.BMP.TestRouter, only: [eventually: 1]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Config, Events, Insight, Prefix, Replay, TestRouter, Wire}
    alias ServiceRadar.BMP.Store.{Memory, Postgres}
    alias ServiceRadar.BMP.Test.Postgres, as: Server
    alias ServiceRadar.BMP.Test.Servers

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    defmodule HostRepo do
      use Ecto.Repo, otp_app: :serviceradar_bmp, adapter: Ecto.Adapters.Postgres
    end

    defmodule HostMigration do
      use Ecto.Migration
      def up, do: ServiceRadar.BMP.Migrations.up(prefix: "platform")
      def down, do: ServiceRadar.BMP.Migrations.down(prefix: "platform")
    end

    defmodule OlderMigration do
      use Ecto.Migration
      def up, do: ServiceRadar.BMP.Migrations.up(prefix: "older", version: 3)
    end

    defmodule NewerMigration do
      use Ecto.Migration
      def up, do: ServiceRadar.BMP.Migrations.up(prefix: "older")
    end

    setup_all do
      server = Servers.postgres!()
      %{server: server}
    end

    setup %{server: server} do
      name = :"station_#{System.unique_integer([:positive])}"
      %{name: name, options: [url: Server.url(server), schema: to_string(name), maintain_every: 600_000]}
    end

    test "insight takes up a table that is full, and its open alerts", %{name: name, options: options} do
      path = Path.join(System.tmp_dir!(), "#{name}.json")
      File.write!(path, ~s({"rules": {"router_clock": {"enabled": false}}}))
      on_exit(fn -> File.rm(path) end)
      peers = for address <- [{10, 0, 0, 8}, {10, 0, 0, 9}], do: [address: address, bgp_id: address]
      station(name, options, insight: path)
      socket = TestRouter.connect!(name)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Enum.map(peers, &Wire.peer_up/1)])
      :ok = :gen_tcp.send(socket, Wire.peer_down(List.last(peers)))
      [alert] = eventually(fn -> match?([_], Insight.alerts(name)) && Insight.alerts(name) end)
      stop_supervised!(name)

      # No router connects: what it knows is what is stored.
      Events.subscribe("bmp:insight")
      station(name, options, insight: path)

      [link] = eventually(fn -> match?([_], Insight.topology(name)) && Insight.topology(name) end)
      assert link =~ "10.0.0.8" and link =~ ~s("status":"stale")
      assert Insight.alerts(name) == [alert]
      refute_received {:bmp_insight, ^name, _}
    end

    test "OCSF events are rows, each once", %{name: name, options: options} do
      station(name, options, ocsf: [table: true])
      socket = TestRouter.connect!(name)
      routes = for n <- 1..30, do: "10.#{n}.0.0/16"
      update = Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: routes))
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), update])
      eventually(fn -> match?({:ok, %{routes: 30}}, BMP.counts(name)) end)
      sql = "SELECT event FROM {schema}.bgp_ocsf_events WHERE event->>'count' = '30'"
      [[event]] = eventually(fn -> match?([_], query!(name, sql)) && query!(name, sql) end)
      assert event["class_uid"] == 4001 and length(event["unmapped"]["bgp"]["samples"]) == 10
      [[count]] = query!(name, "SELECT count(*) FROM {schema}.bgp_ocsf_events")
      config = ServiceRadar.BMP.Instance.config!(name)
      assert :ok = Postgres.keep_ocsf(config, [Jason.encode!(event)])
      assert [[^count]] = query!(name, "SELECT count(*) FROM {schema}.bgp_ocsf_events")
    end

    defp station(name, options, more \\ []) do
      options = [name: name, ip: "127.0.0.1", port: 0, partitions: 2, store: {Postgres, options}] ++ more
      start_supervised!({BMP, options}, id: name)
      name
    end

    # Active routes at the end of the sample session.
    @sample_routes 691

    # The sample session, until the store has all of it.
    defp sample(name) do
      {:ok, messages} = Replay.messages(Replay.sample())
      {:ok, replay} = Replay.start_link({127, 0, 0, 1}, BMP.port(name), messages, time: 0)
      settled(name)
      replay
    end

    defp settled(name, before \\ nil, since \\ now()) do
      Process.sleep(200)

      case {BMP.counts(name), BMP.peers(name)} do
        {{:ok, %{routes: @sample_routes}}, _} = same when same == before ->
          :ok

        other ->
          if now() - since > 60_000, do: flunk("not settled: #{inspect(other)}"), else: settled(name, other, since)
      end
    end

    defp now, do: System.monotonic_time(:millisecond)

    defp all_routes(name, query, found \\ []) do
      {:ok, routes, cursor} = BMP.routes(name, query)
      found = found ++ routes
      if cursor, do: all_routes(name, Keyword.put(query, :cursor, cursor), found), else: found
    end

    # What does not depend on when and through which session it came.
    defp plain(routes) do
      routes
      |> Enum.map(&Map.drop(Map.from_struct(&1), [:generation, :sequence, :changed_at_us, :stale]))
      |> Enum.sort()
    end

    defp query!(name, sql, values \\ []) do
      config = ServiceRadar.BMP.Instance.config!(name)

      Postgres.with_repo(config, fn repo, options ->
        repo.query!(String.replace(sql, "{schema}", ~s("#{options[:schema]}")), values).rows
      end)
    end

    test "options are checked" do
      for {options, text} <- [
            {[], "one of :repo"},
            {[repo: HostRepo, url: "x"], "one of :repo"},
            {[repo: HostRepo, migrate: true], "its host's"},
            {[url: 7], ":url is text"},
            {[url: "x", schema: "it's"], ":schema"},
            {[url: "x", keep: 0], ":keep"},
            {[url: "x", shcema: "a"], "unknown"}
          ] do
        assert {:error, error} = Config.new(store: {Postgres, options})
        assert error =~ text
      end
    end

    test "holds what the memory store holds, and more", %{name: name, options: options} do
      station(name, options)
      memory = :"#{name}_memory"
      start_supervised!({BMP, name: memory, ip: "127.0.0.1", port: 0, store: Memory}, id: memory)
      sample(memory)
      sample(name)

      assert BMP.counts(name) == {:ok, Map.take(elem(BMP.counts(memory), 1), [:routers, :peers, :routes])}
      routes = all_routes(name, limit: 97)
      assert plain(routes) == plain(all_routes(memory, limit: 1000))
      assert length(routes) > 300

      {:ok, peers} = BMP.peers(name)
      {:ok, known} = BMP.peers(memory)

      same =
        &(&1
          |> Enum.map(fn peer -> {peer.peer_id, peer.address, peer.asn, peer.state, peer.routes} end)
          |> Enum.sort())

      assert same.(peers) == same.(known)
      assert [%{name: "edge", state: :connected, peers_up: 2}] = elem(BMP.routers(name), 1)

      # Each filter gives what the memory store gives.
      route = Enum.find(routes, &(&1.communities != [] and &1.as_path != [] and &1.prefix.length == 24))

      for query <- [
            [prefix: route.prefix],
            [address: route.prefix.address],
            [within: "10.0.0.0/8"],
            [within: "::/0"],
            [covering: route.prefix],
            [as: List.last(route.as_path)],
            [origin_as: List.last(route.as_path)],
            [as_path: "_#{hd(route.as_path)}_.*#{List.last(route.as_path)}$"],
            [as_path: "^$"],
            [as_path: "^[0-9]+( [0-9]+){1,2}$"],
            [next_hop: route.next_hop],
            [community: hd(route.communities)],
            [peer: route.peer],
            [peer_id: route.peer_id, view: :adj_rib_in_post],
            [router: route.router_id, family: {2, 1}]
          ] do
        found = all_routes(name, [limit: 50] ++ query)
        assert plain(found) == plain(all_routes(memory, [limit: 1000] ++ query)), inspect(query)
      end

      assert Enum.any?(all_routes(name, prefix: route.prefix), &(&1.prefix == route.prefix))

      assert {:error, _} = BMP.routes(name, cursor: "AAAA")
      assert {:error, _} = BMP.routes(name, cursor: Base.url_encode64(:erlang.term_to_binary([1, 2])))
    end

    test "a session that stands by is told of while it does", %{name: name, options: options} do
      station(name, options)
      [first, second] = for last <- [1, 2], do: speak_from({127, 0, 0, last}, name)
      [%{standby: [told], collector: collector}] = eventually(fn -> routers_with_standby(name) end)
      {:ok, {_, port}} = :inet.sockname(second)
      assert told == "127.0.0.2 port #{port} (collector #{collector})"
      :gen_tcp.close(second)
      eventually(fn -> match?({:ok, [%{standby: [], state: :connected}]}, BMP.routers(name)) end)
      :gen_tcp.close(first)
    end

    # Once its session is known, as which of two comes first decides which one feeds.
    defp speak_from(address, name) do
      known = length(BMP.sessions(name))
      {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, BMP.port(name), [:binary, active: false, ip: address])
      :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
      eventually(fn -> Enum.count(BMP.sessions(name), & &1.router_id) > known end)
      eventually(fn -> match?({:ok, [_]}, BMP.routers(name)) end)
      socket
    end

    defp routers_with_standby(name) do
      {:ok, routers} = BMP.routers(name)
      Enum.any?(routers, &(&1.standby != [])) && routers
    end

    test "families without a bare prefix have a text, and are found by it", %{name: name, options: options} do
      station(name, options)
      memory = :"#{name}_memory"
      start_supervised!({BMP, name: memory, ip: "127.0.0.1", port: 0, store: Memory}, id: memory)

      texts = [
        "65000:1:10.1.0.0/16",
        "[2]:[65000:1]:[0]:[48]:[00:00:5e:00:53:01]",
        "dst 10.0.0.0/8",
        "198.51.100.0/24"
      ]

      for station <- [name, memory] do
        messages = [Wire.initiation("rtr"), Wire.peer_up() | Enum.map(Wire.families(), &Wire.route_monitoring/1)]
        {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(station), messages, time: 0)
        eventually(fn -> match?({:ok, %{routes: 4}}, BMP.counts(station)) end)
      end

      routes = all_routes(name, [])
      assert plain(routes) == plain(all_routes(memory, []))
      assert routes |> Enum.map(&(&1.nlri_text || to_string(&1.prefix))) |> Enum.sort() == Enum.sort(texts)

      for text <- texts, station <- [name, memory] do
        assert [route] = all_routes(station, nlri: text)
        assert text in [route.nlri_text, to_string(route.prefix)]
        assert all_routes(station, nlri: text <> "1") == []
      end

      # A search for a prefix finds it in every family.
      for station <- [name, memory] do
        assert [%{rd: "65000:1", labels: [_], prefix: prefix}] = all_routes(station, prefix: "10.1.0.0/16")
        assert to_string(prefix) == "10.1.0.0/16"
        assert [%{rd: "65000:1"}] = all_routes(station, address: "10.1.2.3")
      end

      assert query!(name, "SELECT rd, labels IS NULL FROM {schema}.bgp_routing_history WHERE prefix = '10.1.0.0/16'") ==
               [["65000:1", false]]

      assert query!(name, "SELECT nlri_text FROM {schema}.bgp_routing_history WHERE nlri_text LIKE 'dst%'") ==
               [["dst 10.0.0.0/8"]]
    end

    @tag :clock
    test "has history, events and statistics", %{name: name, options: options} do
      station(name, options)
      sample(name)

      [[prefix]] =
        query!(
          name,
          "SELECT prefix FROM {schema}.bgp_routing_history WHERE change = 'change' AND family(prefix) = 4 LIMIT 1"
        )

      {:ok, changes, nil} =
        BMP.history(name, prefix: %Prefix{address: prefix.address, length: prefix.netmask}, limit: 1000)

      assert Enum.all?(changes, &(&1.prefix.address == prefix.address))
      assert Enum.any?(changes, &(&1.change == :change and &1.as_path != []))
      assert Enum.any?(changes, & &1.implied), "west went down: its routes ended"
      assert changes == Enum.sort_by(changes, &{-&1.received_at_us, -&1.generation, -&1.sequence})
      {:ok, [first], cursor} = BMP.history(name, prefix: hd(changes).prefix, limit: 1)
      {:ok, [second], _} = BMP.history(name, prefix: hd(changes).prefix, limit: 1, cursor: cursor)
      assert [first, second] == Enum.take(changes, 2)

      {:ok, events, nil} = BMP.events(name, limit: 1000)
      kinds = Enum.frequencies_by(events, & &1.kind)
      assert kinds["peer_up"] == 5
      assert kinds["session_start"] == 1
      assert Enum.any?(events, &(&1.kind == "peer_down" and &1.reason != nil and &1.peer != nil))
      {:ok, page, cursor} = BMP.events(name, limit: 3)
      {:ok, next, _} = BMP.events(name, limit: 3, cursor: cursor)
      assert page ++ next == Enum.take(events, 6)

      {:ok, peers} = BMP.peers(name)
      statistics = Enum.flat_map(peers, &elem(BMP.statistics(name, &1.peer_id), 1))
      # The last of each counter's values is the newest.
      until = DateTime.utc_now()

      series =
        Enum.flat_map(peers, &elem(BMP.statistics_series(name, &1.peer_id, DateTime.add(until, -3600), until), 1))

      last = for one <- series, do: {one.type, one.afi, one.safi, one.points |> List.last() |> elem(1)}
      assert Enum.sort(last) == Enum.sort(for one <- statistics, do: {one.type, one.afi, one.safi, one.value})
      assert Enum.any?(statistics, &(is_integer(&1.value) and &1.type == 0))
    end

    @tag :clock
    test "a station that starts again knows what was stored", %{name: name, options: options} do
      station(name, options)
      sample(name)
      before = plain(all_routes(name, limit: 1000))
      state = query!(name, "SELECT count(*), max(changed_at) FROM {schema}.bgp_routing_state")
      history = query!(name, "SELECT count(*) FROM {schema}.bgp_routing_history")
      :ok = stop_supervised(name)

      station(name, options)
      assert plain(all_routes(name, limit: 1000)) == before
      assert query!(name, "SELECT count(*), max(changed_at) FROM {schema}.bgp_routing_state") == state
      assert query!(name, "SELECT count(*) FROM {schema}.bgp_routing_history") == history
    end

    test "the server is killed in the midst of it and nothing is missing", context do
      %{name: name, options: options} = context
      # A server of its own, which may die.
      server = Servers.postgres!()
      station(name, Keyword.put(options, :url, Server.url(server)))
      {:ok, messages} = Replay.messages(Replay.sample())
      {:ok, _replay} = Replay.start_link({127, 0, 0, 1}, BMP.port(name), messages, time: 1_500)
      Process.sleep(700)
      Server.kill(server)
      assert {:error, _} = BMP.counts(name)
      Process.sleep(300)
      Servers.again!(server)
      settled(name)

      memory = :"#{name}_memory"
      start_supervised!({BMP, name: memory, ip: "127.0.0.1", port: 0, store: Memory}, id: memory)
      sample(memory)
      assert plain(all_routes(name, limit: 1000)) == plain(all_routes(memory, limit: 1000))
      # Before its server, which ends with this process.
      :ok = stop_supervised(name)
    end

    test "a row that is refused for good is a dead letter, and the others are stored", %{name: name, options: options} do
      station(name, options)
      refuse = "ADD CONSTRAINT poison CHECK (prefix IS DISTINCT FROM '10.0.3.0/24')"
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(name)) end)
      query!(name, "ALTER TABLE {schema}.bgp_routing_state #{refuse}")
      query!(name, "ALTER TABLE {schema}.bgp_peer_events ADD CONSTRAINT poison CHECK (kind <> 'peer_up')")
      update = &Wire.update(attributes: Wire.mandatory(), nlri: ["10.0.#{&1}.0/24"])
      messages = [Wire.initiation("rtr"), Wire.peer_up() | Enum.map(1..7, &Wire.route_monitoring(update.(&1)))]
      {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(name), messages, time: 0)
      eventually(fn -> match?({:ok, %{routes: 6}}, BMP.counts(name)) end)

      stored = "SELECT prefix FROM {schema}.bgp_routing_state ORDER BY prefix"
      third = fn -> for([%{address: {10, 0, n, 0}}] <- query!(name, stored), do: n) end
      assert third.() == [1, 2, 4, 5, 6, 7]

      letters = "SELECT path, sqlstate, raw, router_id IS NULL FROM {schema}.bgp_dead_letters ORDER BY path"

      assert query!(name, letters) == [
               ["events", "23514", "", false],
               ["routes_new", "23514", <<24, 10, 0, 3>>, false]
             ]

      # By pages of one, and each by its id.
      assert {:ok, [%{path: first}], cursor} = BMP.dead_letters(name, limit: 1)
      assert {:ok, [%{path: second} = letter], nil} = BMP.dead_letters(name, limit: 1, cursor: cursor)
      assert Enum.sort([first, second]) == ["events", "routes_new"]
      assert {:ok, %{raw: raw, octets: octets} = whole} = BMP.dead_letter(name, letter.id)
      assert byte_size(raw) == octets and Map.delete(whole, :raw) == letter
      assert {:ok, nil} = BMP.dead_letter(name, "no such")

      # The table does not hold it either: told again when nothing stands in the way, it is new.
      query!(name, "ALTER TABLE {schema}.bgp_routing_state DROP CONSTRAINT poison")
      query!(name, "ALTER TABLE {schema}.bgp_peer_events DROP CONSTRAINT poison")
      {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(name), messages, time: 0)
      eventually(fn -> match?({:ok, %{routes: 7}}, BMP.counts(name)) end)
      assert third.() == [1, 2, 3, 4, 5, 6, 7]
      assert length(query!(name, letters)) == 2
    end

    test "a commit that takes longer than it may is made in parts, and each change is stored once", context do
      %{name: name, options: options} = context
      station(name, Keyword.put(options, :timeout, 1_500), session: [max_batch_bytes: 128])
      eventually(fn -> match?({:ok, %{routes: 0}}, BMP.counts(name)) end)

      query!(name, """
      CREATE FUNCTION {schema}.slow() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN PERFORM pg_sleep(0.008); RETURN NEW; END'
      """)

      trigger = "CREATE TRIGGER slow BEFORE INSERT ON {schema}.bgp_routing_history FOR EACH ROW"
      query!(name, "#{trigger} EXECUTE FUNCTION {schema}.slow()")
      update = &Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["10.0.#{&1}.0/24"]))
      messages = [Wire.initiation("rtr"), Wire.peer_up() | Enum.map(1..250, update)]
      {:ok, _} = Replay.start_link({127, 0, 0, 1}, BMP.port(name), messages, time: 0)
      eventually(fn -> match?({:ok, %{routes: 250}}, BMP.counts(name)) end)
      assert [[250, 250]] = query!(name, "SELECT count(*), count(DISTINCT prefix) FROM {schema}.bgp_routing_history")
    end

    test "a server that is not there yet is waited for", %{name: name, options: options} do
      server = Servers.postgres!()
      Server.kill(server)
      station(name, Keyword.put(options, :url, Server.url(server)))
      assert {:error, _} = BMP.routers(name)
      Servers.again!(server)
      sample(name)
      assert {:ok, %{routers: 1}} = BMP.counts(name)
      :ok = stop_supervised(name)
    end

    test "routes of few and of very many attribute sets are found as in memory", %{name: name, options: options} do
      memory = :"#{name}_memory"
      start_supervised!({BMP, name: name, port: 0, partitions: 1, store: {Postgres, options}})
      start_supervised!({BMP, name: memory, port: 0, partitions: 1})

      updates =
        for number <- 1..2_100 do
          path = if rem(number, 300) == 0, do: [64_500, 64_999], else: [64_500]
          attributes = Wire.mandatory(path) ++ [Wire.attribute(0x80, 4, <<number::32>>)]
          nlri = ["10.#{div(number, 256)}.#{rem(number, 256)}.0/24"]
          Wire.route_monitoring(Wire.update(attributes: attributes, nlri: nlri))
        end

      # One set that very many routes have.
      common =
        for numbers <- Enum.chunk_every(0..5_099, 800) do
          nlri = for number <- numbers, do: "100.#{div(number, 256)}.#{rem(number, 256)}.0/24"
          Wire.route_monitoring(Wire.update(attributes: Wire.mandatory([64_777]), nlri: nlri))
        end

      for station <- [name, memory] do
        :ok = :gen_tcp.send(TestRouter.connect!(station), [Wire.initiation("rtr"), Wire.peer_up(), updates, common])
        eventually(fn -> match?({:ok, %{routes: 7_200}}, BMP.counts(station)) end)
      end

      for {options, count} <- [
            {[as: 64_500], 2_100},
            {[as: 64_999], 7},
            {[as: 64_999, within: "10.2.0.0/16"], 1},
            {[as_path: "^64500$"], 2_093},
            {[as_path: "_64999$"], 7},
            {[as_path: "6499"], 7},
            {[origin_as: 64_999], 7},
            {[as: 64_501], 0},
            {[as: 64_777], 5_100}
          ] do
        assert {:ok, found} = BMP.count_routes(name, options, 10_000)
        assert {options, found} == {options, count}
        assert {options, prefixes(name, options)} == {options, prefixes(memory, options)}
      end
    end

    defp prefixes(station, options, cursor \\ nil) do
      {:ok, routes, next} = BMP.routes(station, [limit: 500, cursor: cursor] ++ options)
      prefixes = Enum.map(routes, &to_string(&1.prefix))
      if next, do: Enum.sort(prefixes ++ prefixes(station, options, next)), else: Enum.sort(prefixes)
    end

    test "small writes do not wait for TCP", %{name: name, server: server, options: options} do
      start_supervised!({BMP, name: name, port: 0, store: {Postgres, options}})

      sockets = fn ->
        for port <- Port.list(),
            Port.info(port, :name) == {:name, ~c"tcp_inet"},
            match?({:ok, {_address, number}} when number == server.port, :inet.peername(port)),
            do: port
      end

      eventually(fn -> sockets.() != [] end)
      for socket <- sockets.(), do: assert(:inet.getopts(socket, [:nodelay]) == {:ok, [nodelay: true]})
    end

    test "lives in a host's Repo and schema", %{name: name, server: server} do
      start_supervised!({HostRepo, url: Server.url(server), log: false})
      HostRepo.query!("CREATE SCHEMA platform", [])
      :ok = Ecto.Migrator.up(HostRepo, 1, HostMigration, log: false)
      station(name, repo: HostRepo, schema: "platform")
      sample(name)
      assert %{rows: [[count]]} = HostRepo.query!("SELECT count(*) FROM platform.bgp_routing_state", [])
      assert count > 0
      :ok = stop_supervised(name)
      :ok = Ecto.Migrator.down(HostRepo, 1, HostMigration, log: false)

      assert %{rows: [[0]]} =
               HostRepo.query!(
                 "SELECT count(*) FROM pg_tables WHERE schemaname = 'platform' AND tablename ~ '^bgp_'",
                 []
               )

      :ok = Ecto.Migrator.up(HostRepo, 1, HostMigration, log: false)
      :ok = Ecto.Migrator.down(HostRepo, 1, HostMigration, log: false)
    end

    test "older tables are said with the version that is needed, and waited for", %{name: name, server: server} do
      start_supervised!({HostRepo, url: Server.url(server), log: false})
      newest = ServiceRadar.BMP.Migrations.newest()
      :ok = Ecto.Migrator.up(HostRepo, 2, OlderMigration, log: false)

      log =
        capture_log(fn ->
          station(name, repo: HostRepo, schema: "older")
          Process.sleep(1_000)
        end)

      assert log =~ "schema older has version 3 of the BMP tables, and this release needs version #{newest}"
      :ok = Ecto.Migrator.up(HostRepo, 3, NewerMigration, log: false)
      sample(name)
      assert {:ok, [_ | _], _} = BMP.changes(name, limit: 5)
      :ok = stop_supervised(name)
    end
  end
end
