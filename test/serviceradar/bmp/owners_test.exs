import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.OwnersTest do
    @moduledoc """
    Several stations, one stream and one schema. Of two in this VM one receives and one is viewed; nodes of their own run the
    pipeline, and are killed, frozen and stopped. What counts is that the table is the routers', and who owns the partitions.
    """
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [start_station!: 2, connect!: 1, prefixes: 1]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Config, Store, Wire}
    alias ServiceRadar.BMP.Test.{NATS, OSProcess, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 300_000

    @routers 1..4

    setup context do
      nats = Servers.nats!()
      postgres = Servers.postgres!()
      options = [hostname: "127.0.0.1", port: postgres.port, username: "postgres", database: "postgres"]
      sql = start_supervised!({Postgrex, options})
      partitions = context[:partitions] || 2
      viewer = :"viewer of #{context.test}"
      start_station!(viewer, roles: [:view], store: {Store.Postgres, url: Postgres.url(postgres)})
      servers = %{nats: nats, postgres: postgres, sql: sql}
      Map.merge(servers, %{partitions: partitions, receiver: :"receiver of #{context.test}", viewer: viewer})
    end

    test "a station has the processes of its roles, and a viewer none that knows the broker", context do
      node!(context, "a")
      owned(context, %{"a" => 2})
      dump(context, 1..10)
      stored(context, routes(1..10))

      processes = fn station ->
        for role <- [:listener, :sessions, :nats_link, {:publisher, 0}, {:consumer, 0}, :partitions, :leases],
            BMP.Instance.whereis(station, role),
            do: role
      end

      assert processes.(context.viewer) == []
      assert processes.(context.receiver) == [:listener, :sessions, :nats_link, {:publisher, 0}]
      assert BMP.sessions(context.viewer) == []
      assert length(BMP.sessions(context.receiver)) == 4
    end

    @tag partitions: 6
    test "partitions spread over the nodes, and move when one joins, dies or stops", context do
      node!(context, "a")
      owned(context, %{"a" => 6})
      b = node!(context, "b")
      owned(context, %{"a" => 3, "b" => 3})
      c = node!(context, "c")
      owned(context, %{"a" => 2, "b" => 2, "c" => 2})
      OSProcess.kill(c)
      owned(context, %{"a" => 3, "b" => 3})
      OSProcess.terminate(b)
      assert [[0]] = query(context, "SELECT count(*)::int FROM bgp_partitions WHERE owner LIKE 'b %'")
      owned(context, %{"a" => 6})
    end

    test "an owner that applied a Peer Down dies: the peer's routes are stored when it announces them again",
         context do
      {_a, b, sockets} = two_owners(context)
      each(sockets, fn _router -> Wire.peer_down() end)
      stored(context, [])
      OSProcess.kill(b)
      each(sockets, fn router -> [Wire.peer_up(), announce(router, 1..300)] end)
      owned(context, %{"a" => 2})
      stored(context, routes(1..300))
    end

    test "an owner that applied a new session's dump stops: nothing that is right is withdrawn", context do
      {_a, b, sockets} = two_owners(context)
      for {_router, socket} <- sockets, do: :gen_tcp.close(socket)
      sockets = dump(context, 1..290)
      stored(context, routes(1..290))
      OSProcess.terminate(b)
      owned(context, %{"a" => 2})
      # Longer than the nodes wait for an End-of-RIB.
      Process.sleep(4_000)
      stored(context, routes(1..290))
      each(sockets, &announce(&1, 291..310))
      stored(context, routes(1..310))
    end

    test "an owner that was frozen and thaws stands by", context do
      {a, _b, sockets} = two_owners(context)
      OSProcess.signal(a, "STOP")
      owned(context, %{"b" => 2})
      each(sockets, &withdraw(&1, 1..100))
      stored(context, routes(101..300))
      each(sockets, &announce(&1, 301..350))
      OSProcess.signal(a, "CONT")
      each(sockets, &withdraw(&1, 101..110))
      owned(context, %{"a" => 1, "b" => 1})
      stored(context, routes(111..350))
      each(sockets, &announce(&1, 351..360))
      stored(context, routes(111..360))
    end

    for {where, condition} <- [
          transaction: "true",
          copy: "EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query ILIKE 'COPY%FROM STDIN%')"
        ] do
      @tag condition: condition
      test "an owner frozen inside a #{where} does not hold up the next one", context do
        a = node!(context, "a")
        owned(context, %{"a" => 2})
        sockets = connected(context)
        sender = spawn_link(fn -> churn(sockets, 1) end)
        freeze_inside(context, a, context.condition, 2_000)
        # What it has open is a commit of the token that it had.
        send(sender, {:stop, self()})
        assert_receive {:sent, last}, 60_000
        node!(context, "b")
        owned(context, %{"b" => 2})
        stored(context, routes(last..(last + 999)))
      end
    end

    test "an outage of NATS longer than any lease changes nothing", context do
      {_a, _b, sockets} = two_owners(context)
      nats = NATS.kill(context.nats)
      each(sockets, &withdraw(&1, 1..100))
      Process.sleep(16_000)
      Servers.again!(nats)
      stored(context, routes(101..300))
      each(sockets, &announce(&1, 301..310))
      stored(context, routes(101..310))
      owned(context, %{"a" => 1, "b" => 1})
    end

    test "what is committed with an earlier token is refused", context do
      node!(context, "a")
      owned(context, %{"a" => 2})
      config = Config.new!(name: :"fenced #{context.test}", partitions: 2, store: {Store.Postgres, url: url(context)})
      [[token]] = query(context, "SELECT token FROM bgp_partitions WHERE partition = 1")
      start_supervised!({BMP.Repo, url: url(context), name: Module.concat(config.name, Repo), log: false})
      assert :ok = Store.Postgres.commit(config, 1, token, [])
      assert {:error, :fenced} = Store.Postgres.commit(config, 1, token - 1, [])
      assert {:error, :fenced} = Store.Postgres.table(config, 1, token - 1)
      assert {:error, :fenced} = Store.Postgres.held?(config, 1, token - 1)
    end

    # Nodes ---------------------------------------------------------------------------------------------------------

    # The routers' tables are loaded by a, before b takes its share.
    defp two_owners(context) do
      a = node!(context, "a")
      owned(context, %{"a" => 2})
      sockets = dump(context, 1..300)
      stored(context, routes(1..300))
      b = node!(context, "b")
      owned(context, %{"a" => 1, "b" => 1})
      {a, b, sockets}
    end

    defp node!(context, name) do
      script = Path.expand("../../support/pipeline_node.exs", __DIR__)
      log = Path.join(System.tmp_dir!(), "bmp-#{name}-#{context.postgres.port}.log")
      on_exit(fn -> if(System.get_env("KEEP_LOGS"), do: :ok, else: File.rm(log)) end)
      arguments = [NATS.url(context.nats), url(context), name, "#{context.partitions}"]
      node = OSProcess.start_elixir!(script, arguments, log)
      on_exit(fn -> OSProcess.stop(node) end)
      node
    end

    defp url(context), do: Postgres.url(context.postgres)

    defp owned(context, expected) do
      sql = """
      SELECT split_part(owner, ' ', 1), count(*)::int FROM bgp_partitions
      WHERE owner IS NOT NULL AND expires_at > clock_timestamp() GROUP BY 1
      """

      eventually("owners are #{inspect(expected)}", expected, fn ->
        with [[true]] <- query(context, "SELECT to_regclass('bgp_partitions') IS NOT NULL"),
             do: Map.new(query(context, sql), &List.to_tuple/1)
      end)
    end

    # Frozen, and with a commit open that stays open.
    defp freeze_inside(_context, _node, _condition, 0), do: flunk("it was never frozen inside of it")

    defp freeze_inside(context, node, condition, attempts) do
      sql = "SELECT count(*) > 0 AND #{condition} FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'"

      with [[true]] <- query(context, sql),
           OSProcess.signal(node, "STOP"),
           Process.sleep(300),
           [[true]] <- query(context, sql) do
        :ok
      else
        _ ->
          OSProcess.signal(node, "CONT")
          freeze_inside(context, node, condition, attempts - 1)
      end
    end

    # Routers -------------------------------------------------------------------------------------------------------

    defp connected(context) do
      unless BMP.Instance.whereis(context.receiver, :station) do
        servers = [NATS.url(context.nats)]
        broker = {Broker.JetStream, servers: servers}
        start_station!(context.receiver, roles: [:receive], partitions: context.partitions, broker: broker)
      end

      for router <- @routers do
        socket = connect!(context.receiver)
        :ok = :gen_tcp.send(socket, [Wire.initiation("router-#{router}"), Wire.peer_up()])
        {router, socket}
      end
    end

    defp dump(context, numbers) do
      sockets = connected(context)
      each(sockets, &[announce(&1, numbers), Wire.route_monitoring(Wire.update([]))])
      sockets
    end

    # A window of a thousand routes that moves on until it is told to stop.
    defp churn(sockets, first) do
      each(
        sockets,
        &[announce(&1, first..(first + 999)), if(first > 1, do: withdraw(&1, (first - 1000)..(first - 1)), else: [])]
      )

      receive do
        {:stop, from} ->
          send(from, {:sent, first})
          Process.sleep(:infinity)
      after
        50 -> churn(sockets, first + 1000)
      end
    end

    defp each(sockets, messages) do
      for {router, socket} <- sockets, do: :ok = :gen_tcp.send(socket, messages.(router))
    end

    defp announce(router, numbers), do: updates(router, numbers, &[attributes: Wire.mandatory(), nlri: &1])
    defp withdraw(router, numbers), do: updates(router, numbers, &[withdrawn: &1])

    defp updates(router, numbers, parts) do
      for some <- Enum.chunk_every(numbers, 500),
          do: Wire.route_monitoring(Wire.update(parts.(Enum.map(some, &prefix(router, &1)))))
    end

    defp prefix(router, number), do: "10.#{router}.#{number |> div(256) |> rem(256)}.#{rem(number, 256)}/32"
    defp routes(numbers), do: Enum.sort(for router <- @routers, number <- numbers, do: prefix(router, number))

    defp stored(context, expected),
      do: eventually("the routes are stored", expected, fn -> prefixes(context.viewer) end)

    defp query(context, sql), do: Postgrex.query!(context.sql, sql, []).rows

    defp eventually(what, expected, fun, attempts \\ 600) do
      case fun.() do
        ^expected ->
          :ok

        other when attempts == 0 ->
          {missing, extra} = if is_list(other), do: {length(expected -- other), length(other -- expected)}, else: {0, 0}

          flunk("#{what}: never; #{missing} missing, #{extra} extra, last: #{inspect(other, limit: 5)}")

        _ ->
          Process.sleep(100)
          eventually(what, expected, fun, attempts - 1)
      end
    end
  end
end
