import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.KillTest do
    @moduledoc "JetStream, Broadway and Postgres, each killed with batches in flight. What counts is what is in the tables."
    use ExUnit.Case, async: false

    alias ServiceRadar.BMP.{Broker, Config}
    alias ServiceRadar.BMP.Test.{Batches, NATS, OSProcess, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 900_000

    @routers 1..4
    @routes 300
    @changes 6_000

    setup do
      nats = Servers.nats!()
      postgres = Servers.postgres!()

      # Only publishes; the node consumes.
      config =
        Config.new!(
          name: :"station-#{System.unique_integer([:positive])}",
          partitions: 2,
          broker: {Broker.JetStream, servers: [NATS.url(nats)]}
        )

      start_supervised!(Broker.JetStream.child_spec(config))
      %{nats: nats, postgres: postgres, config: config}
    end

    test "the state table is what was sent, and the history every change once", context do
      changes = changes()
      test = self()

      spawn_link(fn ->
        for router <- @routers, do: Broker.JetStream.publish(context.config, Batches.batch(0, router), {router, 0})

        for {router, number, change} <- changes do
          Broker.JetStream.publish(context.config, Batches.batch(number, router, change), {router, number})
          if rem(number, 20) == 0, do: Process.sleep(20)
        end

        send(test, :published)
        Process.sleep(:infinity)
      end)

      node = node!(context)
      wait_for_rows(context.postgres, 100)
      OSProcess.kill(node)
      Process.sleep(500)

      node = node!(context)
      rows = wait_for_rows(context.postgres, 800)
      nats = NATS.kill(context.nats)
      Process.sleep(300)
      Servers.again!(nats)

      rows = wait_for_rows(context.postgres, rows + 500)
      postgres = Postgres.kill(context.postgres)
      Process.sleep(300)
      postgres = Servers.again!(postgres)

      wait_for_rows(postgres, rows + 500)
      OSProcess.kill(node)
      node = node!(%{context | postgres: postgres})
      assert_receive :published, 120_000

      {state, history} = expected(changes)
      eventually(fn -> state(postgres) == state end)
      assert history(postgres) == history
      OSProcess.stop(node)
    end

    # Random, but the same for a seed of ExUnit's.
    defp changes do
      for number <- 1..div(@changes, Enum.count(@routers)), router <- @routers do
        route = :rand.uniform(@routes)
        change = if :rand.uniform(4) == 1, do: {:withdraw, route}, else: {:announce, route, :rand.uniform(3)}
        {router, number, change}
      end
    end

    # The routes at the end, and how often each has really changed.
    defp expected(changes) do
      Enum.reduce(changes, {%{}, %{}}, fn {router, _number, change}, {state, history} ->
        key = {router, elem(change, 1)}

        after_it =
          case change do
            {:announce, _, asn} -> Map.put(state, key, asn)
            {:withdraw, _} -> Map.delete(state, key)
          end

        {after_it, if(after_it == state, do: history, else: Map.update(history, key, 1, &(&1 + 1)))}
      end)
    end

    defp state(postgres) do
      sql = "SELECT router_id, prefix, as_path[2] FROM bgp_routes"
      Map.new(query(postgres, sql), fn [router, prefix, asn] -> {{router(router), route(prefix)}, asn} end)
    end

    defp history(postgres) do
      sql = "SELECT router_id, prefix, count(*) FROM bgp_changes GROUP BY 1, 2"
      Map.new(query(postgres, sql), fn [router, prefix, count] -> {{router(router), route(prefix)}, count} end)
    end

    defp router(<<router::128>>), do: router
    defp route(%Postgrex.INET{address: {10, a, b, c}}), do: a * 65_536 + b * 256 + c

    defp query(postgres, sql) do
      options = [hostname: "127.0.0.1", port: postgres.port, username: "postgres", database: "postgres"]
      {:ok, connection} = Postgrex.start_link(options)
      %{rows: rows} = Postgrex.query!(connection, sql, [])
      GenServer.stop(connection)
      rows
    end

    # History rows: how far it has got.
    defp wait_for_rows(postgres, rows) do
      eventually(fn ->
        [[tables]] = query(postgres, "SELECT count(*) FROM pg_class WHERE relname = 'bgp_routing_history'")
        tables == 1 and hd(hd(query(postgres, "SELECT count(*) FROM bgp_routing_history"))) >= rows
      end)

      hd(hd(query(postgres, "SELECT count(*) FROM bgp_routing_history")))
    end

    defp node!(context) do
      script = Path.expand("../../support/pipeline_node.exs", __DIR__)
      log = Path.join(context.nats.folder, "node-#{System.unique_integer([:positive])}.log")
      OSProcess.start_elixir!(script, [NATS.url(context.nats), Postgres.url(context.postgres)], log)
    end

    defp eventually(fun, attempts \\ 2_400) do
      cond do
        fun.() -> :ok
        attempts == 0 -> flunk("it never came true")
        true -> Process.sleep(100) && eventually(fun, attempts - 1)
      end
    end
  end
end
