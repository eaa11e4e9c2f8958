import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.StormTest do
    @moduledoc """
    A full table that is cut off and sent again five times, and then a peer that goes down with all of its routes.

    `SERVICERADAR_BMP_LONG=1` makes the table a million routes.
    """
    use ExUnit.Case, async: false

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Pipeline, Store, Wire}
    alias ServiceRadar.BMP.Test.{FakeRouter, Link, NATS, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 1_800_000

    @patience 600_000

    setup context do
      nats = Servers.nats!()
      postgres = Servers.postgres!()
      options = [hostname: "127.0.0.1", port: postgres.port, username: "postgres", database: "postgres"]
      sql = start_supervised!({Postgrex, options})

      start_supervised!(
        {BMP,
         name: context.test,
         ip: "127.0.0.1",
         port: 0,
         partitions: 2,
         broker: {Broker.JetStream, servers: [NATS.url(nats)]},
         pipeline: Pipeline.Broadway,
         store: {Store.Postgres, url: Postgres.url(postgres), schema: "storm"}}
      )

      link = start_supervised!({Link, to: [{{127, 0, 0, 1}, BMP.port(context.test)}]})
      %{sql: sql, link: link}
    end

    test "a table that is sent again unchanged writes no row and no history; its peer's end takes all", context do
      %{sql: sql, link: link} = context
      # Of each of two peers.
      routes = if System.get_env("SERVICERADAR_BMP_LONG") in [nil, ""], do: 10_000, else: 500_000
      router = start_supervised!({FakeRouter, name: "storm", to: Link.port(link), routes: routes, seed: 1})
      FakeRouter.churn(router, false)
      first = timed(fn -> await("the first dump", fn -> ends(sql) >= 2 end) end)
      assert held(context.test) == 2 * routes
      before = written(sql)
      assert before["routing_history"].rows == 2 * routes

      times =
        for repeat <- 1..5 do
          Link.cut(link)
          timed(fn -> await("dump #{repeat}", fn -> ends(sql) >= 2 + 2 * repeat end) end)
        end

      assert written(sql) == before

      down =
        timed(fn ->
          FakeRouter.send_raw(router, Wire.peer_down(FakeRouter.peer({10, 0, 0, 1})))
          await("the peer's end", fn -> held(context.test) == routes end)
        end)

      # Where a peer's routes end, its event tells of all of them.
      assert written(sql)["routing_history"] == before["routing_history"]

      IO.puts(
        :stderr,
        "storm: #{2 * routes} routes first in #{first} ms, again in #{Enum.join(times, ", ")} ms, " <>
          "#{routes} routes of a peer ended in #{down} ms"
      )

      # Before its servers, which end with this process.
      :ok = stop_supervised(context.test)
    end

    # How many End-of-RIBs there were: two a session.
    defp ends(sql), do: number(sql, "SELECT count(*) FROM storm.bgp_peer_events WHERE kind = 'end_of_rib'")
    defp held(station), do: station |> BMP.counts() |> elem(1) |> Map.fetch!(:routes)

    # Of each table of routes how many rows there are, and which transactions wrote them.
    defp written(sql) do
      for table <- ~w(routing_history routing_state attribute_sets), into: %{} do
        query = "SELECT count(*), max(xmin::text::bigint), sum(xmin::text::bigint) FROM storm.bgp_#{table}"
        %{rows: [[rows | transactions]]} = Postgrex.query!(sql, query, [], timeout: 60_000)
        {table, %{rows: rows, transactions: transactions}}
      end
    end

    defp number(sql, text) do
      case Postgrex.query(sql, text, []) do
        {:ok, %{rows: [[number]]}} -> number || 0
        {:error, %Postgrex.Error{postgres: %{code: :undefined_table}}} -> 0
      end
    end

    defp timed(fun) do
      started = now()
      fun.()
      now() - started
    end

    defp await(what, fun, since \\ now()) do
      cond do
        fun.() -> :ok
        now() - since > @patience -> flunk("no #{what} within #{@patience} ms")
        true -> Process.sleep(20) && await(what, fun, since)
      end
    end

    defp now, do: System.monotonic_time(:millisecond)
  end
end
