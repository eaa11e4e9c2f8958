import ServiceRadar.BMP.Test.Needs

needs [:packages, :postgres] do
  defmodule ServiceRadar.BMP.SlowStoreTest do
    @moduledoc "A Postgres that takes nothing for a while: memory is bounded, the session ends with its reason, and comes back."
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [start_station!: 2, connect!: 1, eventually: 2, eventually: 3]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Store, Telemetry, Wire}
    alias ServiceRadar.BMP.Test.{Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 300_000

    @limit 200_000

    setup do
      postgres = Servers.postgres!()
      %{postgres: postgres}
    end

    test "the router is held up, closed with a reason, and all is right when it has come back", context do
      test = self()
      handler = fn [_, _, :session, verb], _, metadata, _ -> send(test, {verb, metadata[:reason]}) end
      events = for verb <- [:paused, :stopped], do: [:serviceradar, :bmp, :session, verb]
      :ok = Telemetry.attach(context.test, events, handler)
      on_exit(fn -> Telemetry.detach(context.test) end)

      station =
        start_station!(context.test,
          partitions: 1,
          session: [window: 8, read_bytes: 16_384, stall_timeout: 3_000],
          broker: {Broker.Local, max_bytes: @limit, queue_bytes: 2 * @limit},
          store: {Store.Postgres, url: Postgres.url(context.postgres), timeout: 5_000}
        )

      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announcements(1..100)])
      eventually(fn -> count(station) == 100 end, "the first routes are stored")

      Postgres.signal(context.postgres, "STOP")
      before = :erlang.memory(:binary)
      sender = Task.async(fn -> send_until_closed(socket, 101) end)
      assert_receive {:paused, _}, 60_000
      # Most of this is what the sender in this VM has made and nobody has collected yet.
      assert :erlang.memory(:binary) - before < 64_000_000
      assert_receive {:stopped, :limit}, 60_000
      last = Task.await(sender, 60_000)
      assert last > 101

      Postgres.signal(context.postgres, "CONT")
      socket = connect!(station)
      end_of_rib = Wire.route_monitoring(Wire.update([]))
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announcements(51..150), end_of_rib])

      eventually(
        fn -> held_up?(station) end,
        "the end of the session that was held up is stored, with its reason",
        12_000
      )

      eventually(
        fn -> count(station) == 100 and held?(station, 150) and not held?(station, 50) end,
        "what the router has is stored, and nothing else",
        12_000
      )
    end

    defp held_up?(station) do
      with {:ok, events, _} <- BMP.events(station) do
        Enum.any?(events, &(&1.kind == "session_end" and &1.reason =~ "the broker was too slow for too long"))
      else
        {:error, _} -> false
      end
    end

    defp held?(station, number), do: match?({:ok, [_], _}, BMP.routes(station, prefix: "10.0.0.#{number}/32"))

    defp send_until_closed(socket, from) do
      case :gen_tcp.send(socket, announcements(from..(from + 499))) do
        :ok when from < 1_000_000 -> send_until_closed(socket, from + 500)
        _closed -> from
      end
    end

    defp announcements(numbers) do
      for number <- numbers do
        <<a, b, c>> = <<number::24>>
        Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["10.#{a}.#{b}.#{c}/32"]))
      end
    end

    defp count(station) do
      case BMP.counts(station) do
        {:ok, %{routes: routes}} -> routes
        {:error, _} -> nil
      end
    end
  end
end
