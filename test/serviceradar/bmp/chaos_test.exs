import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.ChaosTest do
    @moduledoc """
    Three stations share twelve partitions, one NATS and one Postgres, while routers' routes change and everything that can
    be killed, frozen, cut or filled is, in random order. At the end the stored routes are the routers' own, no change is
    told twice, every session after a router's first is said to begin after a gap, and the takeovers are listed.

    `SERVICERADAR_BMP_LONG=1` makes it ten minutes with longer outages; `SERVICERADAR_BMP_SEED` repeats a run;
    `SERVICERADAR_BMP_LOGS` is a folder for the logs of the nodes.
    """
    use ExUnit.Case, async: false

    alias ServiceRadar.BMP.{Config, Parity, Query, Repo, Store, Wire}
    alias ServiceRadar.BMP.Test.{FakeRouter, FreePort, Link, NATS, OSProcess, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 3_600_000

    @nodes [:a, :b, :c]
    @partitions 12
    @routers 12
    @routes 150
    @refused "10.66.6.6/32"
    # Nothing is too slow, but what does not move for so long is stuck: a busy machine is no failure.
    @patience 120_000

    @long System.get_env("SERVICERADAR_BMP_LONG") not in [nil, ""]

    test "whatever happens to the nodes, the stored routes are the routers' own" do
      seed = String.to_integer(System.get_env("SERVICERADAR_BMP_SEED") || "#{:rand.uniform(1_000_000)}")
      IO.puts(:stderr, "chaos: SERVICERADAR_BMP_SEED=#{seed}")
      :rand.seed(:exsss, seed)

      cluster = start!()
      routers = routers!(cluster, seed)
      await("the first dumps", fn -> stored(cluster) end, &(&1 >= 2 * @routers * @routes * 0.8))
      refuse(cluster)
      watcher = watch(cluster)

      until = now() + if(@long, do: 600_000, else: 0)
      {cluster, injected} = torment(cluster, routers, until, [])
      for {_, router} <- routers, do: FakeRouter.churn(router, false)

      await("the routers' own tables", fn -> differences(cluster, routers) end, &(&1 == []))
      takeovers = stop_watching(watcher)
      IO.puts(:stderr, table(cluster, injected, routers, takeovers))
      assert told_twice(cluster) == []
      assert without_gap(cluster) == []
      assert [[refused]] = sql(cluster, "SELECT count(*) FROM chaos.bgp_dead_letters WHERE sqlstate = '23514'")
      assert refused > 0
    end

    # ---- the cluster

    defp start! do
      nats = Servers.nats!("", "max_file_store: 256MB")
      postgres = Servers.postgres!()
      {:ok, agent} = Agent.start(fn -> %{nats: nats, postgres: postgres} end)
      cluster = %{nats: nats, postgres: postgres, agent: agent, nodes: %{}}
      cluster = Enum.reduce(@nodes, cluster, &begin(&2, &1, FreePort.free_port(), FreePort.free_port()))
      cluster = Enum.reduce(@nodes, cluster, &ready(&2, &1))
      link = start_supervised!({Link, to: for({_, node} <- cluster.nodes, do: {{127, 0, 0, 1}, node.port})})
      Map.put(cluster, :link, link)
    end

    # With a clock that can be moved, where faketime is installed; timers go by the monotonic one, which it leaves alone.
    defp begin(cluster, name, port, control) do
      clock = Path.join(cluster.nats.folder, "clock-#{name}")
      File.write!(clock, "+0")
      logs = System.get_env("SERVICERADAR_BMP_LOGS") || cluster.nats.folder
      log = Path.join(logs, "node-#{name}-#{System.os_time(:millisecond)}.log")

      arguments =
        ["#{name}", "#{port}", "#{control}", NATS.url(cluster.nats), Postgres.url(cluster.postgres)] ++
          ["chaos", "#{@partitions}"]

      script = Path.expand("../../support/chaos_node.exs", __DIR__)
      process = OSProcess.start_elixir!(script, arguments, log, clock(clock))
      on_exit(fn -> OSProcess.stop(process) end)
      node = %{port: port, control: control, process: process, log: log, clock: clock}
      %{cluster | nodes: Map.put(cluster.nodes, name, node)}
    end

    defp ready(cluster, name) do
      node = Map.fetch!(cluster.nodes, name)

      await(
        "node #{name}",
        fn -> if connects?(node.port), do: true, else: log_size(node) end,
        &(&1 == true)
      )

      cluster
    end

    # On a busy machine the shell that makes the file may not have run yet.
    defp log_size(node) do
      case File.stat(node.log) do
        {:ok, %{size: size}} -> size
        {:error, :enoent} -> nil
      end
    end

    defp again(cluster, name, node), do: cluster |> begin(name, node.port, node.control) |> ready(name)

    defp clock(file) do
      case Path.wildcard("/usr/lib/*/faketime/libfaketimeMT.so.1") do
        [library | _] ->
          [
            {"LD_PRELOAD", library},
            {"FAKETIME_TIMESTAMP_FILE", file},
            {"FAKETIME_NO_CACHE", "1"},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}
          ]

        [] ->
          []
      end
    end

    defp routers!(cluster, seed) do
      for number <- 1..@routers do
        options = [name: "r#{number}", to: Link.port(cluster.link), routes: @routes, seed: seed + number]
        {"r#{number}", start_supervised!({FakeRouter, options}, id: {:router, number})}
      end
    end

    # ---- what is done to it

    @injections ~w(kill_node restart_node freeze_node kill_session kill_pipeline kill_nats kill_postgres)a ++
                  ~w(freeze_postgres cut_link clock_back fill_nats poison)a

    # Each once in random order, then at random until the time is over.
    defp torment(cluster, routers, until, done) do
      left = @injections -- Enum.map(done, &elem(&1, 0))

      if now() > until and left == [] do
        {cluster, Enum.reverse(done)}
      else
        injection = Enum.random(if(left == [], do: @injections, else: left))
        if System.get_env("SERVICERADAR_BMP_VERBOSE"), do: IO.puts(:stderr, "#{Time.utc_now()} #{injection}")
        started = now()
        cluster = inject(injection, cluster, routers)
        pause(500, 2_500)
        torment(cluster, routers, until, [{injection, started} | done])
      end
    end

    # Up to so many milliseconds.
    defp pause(short, long), do: Process.sleep(:rand.uniform(if @long, do: long, else: short))

    defp inject(:kill_node, cluster, _routers) do
      {name, node} = Enum.random(cluster.nodes)
      OSProcess.kill(node.process)
      # Others take over what was its own.
      Process.sleep(4_000)
      pause(1_000, 30_000)
      again(cluster, name, node)
    end

    defp inject(:restart_node, cluster, _routers) do
      {name, node} = Enum.random(cluster.nodes)
      OSProcess.terminate(node.process)
      pause(1_000, 10_000)
      again(cluster, name, node)
    end

    # For longer than a lease.
    defp inject(:freeze_node, cluster, _routers) do
      {name, node} = Enum.random(cluster.nodes)
      OSProcess.signal(node.process, "STOP")
      Process.sleep(4_000)
      pause(1_000, 30_000)
      OSProcess.signal(node.process, "CONT")
      # What froze may end itself; somebody starts it again.
      Process.sleep(1_000)
      if connects?(node.port), do: cluster, else: again(cluster, name, node)
    end

    defp inject(:kill_session, cluster, _routers), do: order(cluster, "session")
    defp inject(:kill_pipeline, cluster, _routers), do: order(cluster, "pipeline")

    defp inject(:kill_nats, cluster, _routers) do
      nats = NATS.kill(cluster.nats)
      pause(1_500, 20_000)
      remember(cluster, :nats, Servers.again!(nats))
    end

    defp inject(:kill_postgres, cluster, _routers) do
      postgres = Postgres.kill(cluster.postgres)
      pause(1_500, 20_000)
      remember(cluster, :postgres, Servers.again!(postgres))
    end

    defp inject(:freeze_postgres, cluster, _routers) do
      Postgres.signal(cluster.postgres, "STOP")
      pause(2_500, 30_000)
      Postgres.signal(cluster.postgres, "CONT")
      cluster
    end

    defp inject(:cut_link, cluster, _routers) do
      Link.cut(cluster.link, :rand.uniform(if @long, do: 60_000, else: 3_000))
      cluster
    end

    defp inject(:clock_back, cluster, _routers) do
      {_, node} = Enum.random(cluster.nodes)
      File.write!(node.clock, "-3600")
      cluster
    end

    # Another stream takes what room there is.
    defp inject(:fill_nats, cluster, _routers) do
      {:ok, nats} = Gnat.start_link(%{host: "127.0.0.1", port: cluster.nats.port})

      request = fn subject, body ->
        Gnat.request(nats, "$JS.API.STREAM.#{subject}.HOG", body, receive_timeout: 5_000)
      end

      {:ok, _} =
        request.("CREATE", ~s({"name":"HOG","subjects":["hog"],"storage":"file","max_bytes":-1,"discard":"new"}))

      junk = :binary.copy("x", 900_000)

      Enum.find(1..400, fn _ ->
        match?({:ok, %{body: "{\"error\"" <> _}}, Gnat.request(nats, "hog", junk, receive_timeout: 5_000))
      end)

      pause(2_000, 10_000)
      {:ok, _} = request.("DELETE", "")
      Gnat.stop(nats)
      cluster
    end

    # A route that Postgres refuses for good, by a constraint; and one of a family without a reading, longer than any index
    # takes.
    defp inject(:poison, cluster, routers) do
      huge = for number <- 1..3_000, into: <<>>, do: <<rem(number * 7_919, 251)>>
      reach = <<0x90, 14, byte_size(huge) + 9::16, 1::16, 99, 4, 203, 0, 113, 1, 0, huge::binary>>
      unread = Wire.update(attributes: [Wire.origin(0), Wire.as_path([64_500]), reach])
      refused = Wire.update(attributes: Wire.mandatory(), nlri: [@refused])
      messages = for update <- [unread, refused], do: Wire.route_monitoring(update, FakeRouter.peer({10, 0, 0, 1}))
      # One that is connected.
      if Enum.find(Enum.shuffle(routers), fn {_, router} -> FakeRouter.send_raw(router, messages) end),
        do: cluster,
        else: Process.sleep(200) && inject(:poison, cluster, routers)
    end

    defp refuse(cluster) do
      sql(cluster, "ALTER TABLE chaos.bgp_routing_state ADD CONSTRAINT poison CHECK (prefix <> '#{@refused}')")
    end

    defp order(cluster, word) do
      {_, node} = Enum.random(cluster.nodes)

      with {:ok, socket} <- :gen_tcp.connect({127, 0, 0, 1}, node.control, [:binary, active: false], 1_000) do
        :gen_tcp.send(socket, word)
        :gen_tcp.recv(socket, 0, 10_000)
        :gen_tcp.close(socket)
      end

      cluster
    end

    defp remember(cluster, what, server) do
      Agent.update(cluster.agent, &Map.put(&1, what, server))
      Map.put(cluster, what, server)
    end

    # ---- what came out

    # What differs between the routers' own tables and what is stored: lines of text.
    defp differences(cluster, routers) do
      with_pages(cluster, fn pages ->
        for {name, router} <- routers,
            {:ok, false, _, text} <- [Parity.compare(pages, [FakeRouter.table(router)], router: name, family: "1/1")],
            do: text
      end)
    end

    defp with_pages(cluster, fun) do
      with_store(cluster, fn ->
        fun.(fn query ->
          {:ok, query} = Query.new(query)
          Store.Postgres.routes(config(), query)
        end)
      end)
    end

    defp config, do: Config.new!(store: {Store.Postgres, repo: Repo, schema: "chaos"})

    # Consecutive changes of one route that say the same. No peer of these routers goes down, so there is none between. What
    # comes after what is told by generation and sequence: the clocks of two nodes differ here by seconds, and by an hour.
    defp told_twice(cluster) do
      with_store(cluster, fn ->
        for number <- 1..@routes,
            {route, changes} <- Enum.group_by(history(number), &Map.take(&1, [:router, :peer, :view, :path_id])),
            in_order = Enum.sort_by(changes, &{&1.generation, &1.sequence}, :desc),
            [later, earlier] <- Enum.chunk_every(in_order, 2, 1, :discard),
            said(later) == said(earlier),
            do: {number, route, later, earlier}
      end)
      |> Enum.take(5)
    end

    defp said(%{change: :withdraw}), do: :nothing
    defp said(change), do: Map.take(change, [:as_path, :next_hop, :origin, :med, :local_pref, :communities])

    defp history(number, cursor \\ nil) do
      {:ok, query} = Query.new(prefix: "10.0.#{div(number, 256)}.#{rem(number, 256)}/32", limit: 10_000, cursor: cursor)

      case Store.Postgres.history(config(), query) do
        {:ok, changes, nil} -> changes
        {:ok, changes, cursor} -> changes ++ history(number, cursor)
      end
    end

    # A router that comes back was not observed before: each of its sessions but the first has to say so.
    defp without_gap(cluster) do
      sql(cluster, """
      SELECT s.router_id::text, s.generation FROM chaos.bgp_peer_events s
      WHERE s.kind = 'session_start'
        AND EXISTS (SELECT FROM chaos.bgp_peer_events e
          WHERE e.router_id = s.router_id AND e.kind = 'session_start' AND e.generation < s.generation)
        AND NOT EXISTS (SELECT FROM chaos.bgp_peer_events g
          WHERE g.router_id = s.router_id AND g.kind = 'gap' AND g.generation = s.generation)
      """)
    end

    # Reads the tables as any application may, in a process of its own.
    defp with_store(cluster, fun) do
      Task.async(fn ->
        {:ok, repo} = Repo.start_link(url: Postgres.url(cluster.postgres), name: nil, pool_size: 1, log: false)
        Repo.put_dynamic_repo(repo)
        result = fun.()
        Supervisor.stop(repo)
        result
      end)
      |> Task.await(120_000)
    end

    # ---- takeovers: when each partition had another owner, and how long after its owner's last renewal

    defp watch(cluster) do
      test = self()
      spawn_link(fn -> look(cluster.agent, %{}, [], test) end)
    end

    defp look(agent, before, takeovers, test) do
      leases = leases(Agent.get(agent, & &1))

      taken =
        for {partition, lease} <- leases,
            %{token: token} = old when token != lease.token <- [before[partition]],
            do: {lease.at, lease.at - old.at}

      # A lease that was not renewed since is as old as it was.
      before =
        Enum.reduce(leases, before, fn {partition, lease}, before ->
          Map.update(before, partition, lease, &if(&1.expires_at == lease.expires_at, do: &1, else: lease))
        end)

      receive do
        :stop -> send(test, {:takeovers, taken ++ takeovers})
      after
        100 -> look(agent, before, taken ++ takeovers, test)
      end
    end

    defp leases(cluster) do
      rows = sql(cluster, "SELECT partition, token, expires_at FROM chaos.bgp_partitions WHERE owner IS NOT NULL")
      for [partition, token, expires_at] <- rows, do: {partition, %{token: token, expires_at: expires_at, at: now()}}
    end

    defp stop_watching(watcher) do
      send(watcher, :stop)

      receive do
        {:takeovers, takeovers} -> takeovers
      after
        10_000 -> []
      end
    end

    defp table(cluster, injected, routers, takeovers) do
      sessions = Enum.map_join(routers, ", ", fn {name, router} -> "#{name} #{FakeRouter.connections(router)}" end)

      counts =
        sql(cluster, "SELECT kind, count(*) FROM chaos.bgp_peer_events GROUP BY 1 ORDER BY 1") ++
          sql(cluster, "SELECT 'dead letters', count(*) FROM chaos.bgp_dead_letters") ++
          sql(cluster, "SELECT 'history rows', count(*) FROM chaos.bgp_routing_history")

      "chaos: what was injected, how often, and takeovers meanwhile in ms after the owner's last renewal\n" <>
        Enum.map_join(@injections, "\n", &line(&1, injected, takeovers)) <>
        "\nchaos: sessions of the routers: #{sessions}\nchaos: stored: " <>
        Enum.map_join(counts, ", ", fn [kind, count] -> "#{kind} #{count}" end)
    end

    # From an injection's beginning to the next one's.
    defp line(injection, injected, takeovers) do
      ends = injected |> Enum.map(&elem(&1, 1)) |> Enum.drop(1) |> Kernel.++([now()])
      times = for {{^injection, started}, ended} <- Enum.zip(injected, ends), do: {started, ended}

      during? = fn at -> Enum.any?(times, fn {from, to} -> at >= from and at < to end) end
      took = for {at, time} <- takeovers, during?.(at), do: time

      "  #{injection}: #{length(times)}; #{took |> Enum.sort() |> Enum.join(" ")}"
    end

    # ---- small things

    defp stored(cluster) do
      case sql(cluster, "SELECT count(*) FROM chaos.bgp_routing_state") do
        [[count]] -> count
        _ -> 0
      end
    end

    # No rows where the server is away or the tables are not made.
    defp sql(cluster, text) do
      parameters = [hostname: "127.0.0.1", port: cluster.postgres.port, username: "postgres", database: "postgres"]

      {:ok, connection} =
        Postgrex.start_link(parameters ++ [backoff_type: :stop, max_restarts: 0, pool_size: 1, timeout: 3_000])

      Process.unlink(connection)

      try do
        case Postgrex.query(connection, text, [], timeout: 3_000) do
          {:ok, %{rows: rows}} -> rows
          {:error, _} -> []
        end
      catch
        :exit, _ -> []
      after
        Process.exit(connection, :kill)
      end
    end

    defp connects?(port) do
      case :gen_tcp.connect({127, 0, 0, 1}, port, [], 500) do
        {:ok, socket} -> :gen_tcp.close(socket) == :ok
        {:error, _} -> false
      end
    end

    # As long as it moves.
    defp await(what, look, done?, before \\ nil, since \\ now()) do
      seen = look.()

      cond do
        done?.(seen) -> :ok
        seen != before -> Process.sleep(200) && await(what, look, done?, seen, now())
        now() - since > @patience -> flunk("not #{what}; nothing moved for #{@patience} ms: #{inspect(seen)}")
        true -> Process.sleep(200) && await(what, look, done?, before, since)
      end
    end

    defp now, do: System.monotonic_time(:millisecond)
  end
end
