import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats] do
  defmodule ServiceRadar.BMP.StationJetStreamTest do
    use ExUnit.Case, async: true

    import ServiceRadar.BMP.TestRouter, only: [start_station!: 2, connect!: 1]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Pipeline, Store, Telemetry, Wire}
    alias ServiceRadar.BMP.Test.{NATS, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    # The memory store, behind a gate that a test opens and closes.
    defmodule Gate do
      @behaviour Store

      @impl true
      def validate(options), do: {:ok, options}

      @impl true
      def commit(%{store: {_, options}}, _partition, _token, _deltas),
        do: if(:atomics.get(options[:gate], 1) == 1, do: :ok, else: {:error, :closed})

      for {name, arity} <- Store.behaviour_info(:callbacks) -- [validate: 1, commit: 4],
          Code.ensure_loaded?(Store.Memory) and function_exported?(Store.Memory, name, arity) do
        arguments = Macro.generate_arguments(arity, __MODULE__)
        @impl true
        defdelegate unquote(name)(unquote_splicing(arguments)), to: Store.Memory
      end
    end

    setup do
      nats = Servers.nats!()
      %{nats: nats}
    end

    for pipeline <- [Pipeline.Broadway, Pipeline.Runner] do
      @tag pipeline: pipeline
      test "routes get from a router through NATS into the table, by #{inspect(pipeline)}", context do
        station = station!(context)
        socket = connect!(station)
        :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announcements(1..2_000)])
        eventually(fn -> count(station) == 2_000 end)

        # NATS is killed with the router still sending, and comes again.
        :ok = :gen_tcp.send(socket, announcements(2_001..3_000))
        nats = NATS.kill(context.nats)
        :ok = :gen_tcp.send(socket, announcements(3_001..4_000))
        Process.sleep(200)
        Servers.again!(nats)
        :ok = :gen_tcp.send(socket, announcements(4_001..5_000))
        eventually(fn -> count(station) == 5_000 end)

        # It is still the same session.
        assert {:ok, [%{sys_name: "rtr", state: :connected}]} = BMP.routers(station)
        :ok = :gen_tcp.send(socket, Wire.peer_down())
        eventually(fn -> count(station) == 0 end)
      end
    end

    test "a store that takes nothing stops the reading from the router, and nothing is lost", context do
      test = self()
      handler = fn [_, _, thing, verb], _, metadata, _ -> send(test, {metadata.station, thing, verb}) end
      events = [[:broker, :full], [:session, :paused], [:session, :resumed], [:session, :stopped]]
      :ok = Telemetry.attach(context.test, Enum.map(events, &([:serviceradar, :bmp] ++ &1)), handler)
      on_exit(fn -> Telemetry.detach(context.test) end)

      gate = :atomics.new(1, [])
      store = {Gate, gate: gate}
      session = [window: 8, read_bytes: 4_096]
      station = station!(context, [max_bytes: 500_000], store: store, session: session, partitions: 1)
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
      count = 50_000
      spawn_link(fn -> :ok = :gen_tcp.send(socket, announcements(1..count)) && Process.sleep(:infinity) end)

      # It stands in the socket's buffers and at the router.
      assert_receive {^station, :broker, :full}, 20_000
      Process.sleep(1_000)
      assert List.last(sessions(station)) == :paused
      refute_receive {^station, :session, _}, 1_000

      :atomics.put(gate, 1, 1)
      eventually(fn -> count(station) == count end)
      assert :resumed in (verbs = sessions(station))
      refute :stopped in verbs
    end

    defp sessions(station) do
      receive do
        {^station, :session, verb} -> [verb | sessions(station)]
      after
        0 -> []
      end
    end

    defp station!(context, broker \\ [], options \\ []) do
      broker = {Broker.JetStream, [servers: [NATS.url(context.nats)]] ++ broker}
      pipeline = context[:pipeline] || Pipeline.Broadway
      start_station!(context.test, [broker: broker, pipeline: pipeline] ++ options)
    end

    defp eventually(fun, attempts \\ 600) do
      cond do
        fun.() -> :ok
        attempts == 0 -> flunk("it did not happen within 30 seconds")
        true -> Process.sleep(50) && eventually(fun, attempts - 1)
      end
    end

    defp announcements(numbers) do
      for number <- numbers do
        <<a, b, c>> = <<number::24>>
        Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: ["10.#{a}.#{b}.#{c}/32"]))
      end
    end

    defp count(station) do
      {:ok, %{routes: routes}} = BMP.counts(station)
      routes
    end
  end
end
