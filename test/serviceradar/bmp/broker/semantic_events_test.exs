import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats] do
  defmodule ServiceRadar.BMP.Broker.SemanticEventsTest do
    @moduledoc "What ServiceRadar's own event writer hears of a station."
    use ExUnit.Case, async: true

    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP.{Broker, Pipeline, Replay, Telemetry, Wire}
    alias ServiceRadar.BMP.Test.{NATS, NATSTap, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    defp station!(context, nats, events \\ true) do
      start_station!(context.test,
        broker: {Broker.JetStream, servers: [NATS.url(nats)], semantic_events: events},
        pipeline: Pipeline.Runner
      )
    end

    defp events(count, heard \\ [])
    defp events(0, heard), do: Enum.reverse(heard)

    defp events(count, heard) do
      receive do
        {:nats, "bmp.events." <> kind, headers, json} ->
          events(count - 1, [{kind, headers, Jason.decode!(json)} | heard])
      after
        20_000 -> flunk("#{count} events are missing after #{inspect(Enum.map(heard, &elem(&1, 0)))}")
      end
    end

    setup do
      nats = Servers.nats!()
      {:ok, _} = NATSTap.start_link(nats.port, "bmp.events.>")
      %{nats: nats}
    end

    test "a session's peers, routes and statistics, once", context do
      station = station!(context, context.nats)
      routes = Wire.update(nlri: ["198.51.100.0/24", "203.0.113.0/24"], attributes: Wire.mandatory())
      life = [Wire.initiation("rtr"), Wire.peer_up(), Wire.route_monitoring(routes)]
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, life)
      heard = events(3)
      assert Enum.map(heard, &elem(&1, 0)) == ~w(peer_up route_update route_update)

      for {kind, headers, event} <- heard do
        assert headers["Nats-Msg-Id"] == event["event_id"]
        assert headers["Nats-Expected-Stream"] == "BMP_CAUSAL"

        assert %{"event_type" => ^kind, "router_id" => "rtr", "router_ip" => "127.0.0.1", "signal_type" => "bmp"} =
                 event

        assert is_integer(event["peer_asn"]) and is_integer(event["severity_id"]) and is_binary(event["message"])
        assert {:ok, _, 0} = DateTime.from_iso8601(event["timestamp"])
      end

      # The same again, by a new session: nothing happened but that the peer came up.
      :gen_tcp.close(socket)
      eventually(fn -> ServiceRadar.BMP.sessions(station) == [] end)
      socket = connect!(station)
      :ok = :gen_tcp.send(socket, life)
      assert [{"peer_up", _, _}] = events(1)
      :ok = :gen_tcp.send(socket, Wire.peer_down())
      assert [{"peer_down", _, %{"routes" => 2, "severity_id" => 4}}] = events(1)
      refute_received {:nats, _, _, _}
    end

    test "the sample of a live router is told in the words of ServiceRadar's event writer", context do
      station = station!(context, context.nats, window: 2)
      {:ok, messages} = Replay.messages(Replay.sample())
      :ok = :gen_tcp.send(connect!(station), messages)
      heard = events(50)
      if path = System.get_env("SERVICERADAR_BMP_EVENTS"), do: write(path, heard)
      assert Enum.uniq_by(heard, fn {_, headers, _} -> headers["Nats-Msg-Id"] end) == heard
      for {_, _, event} <- heard, ip = event["peer_ip"], do: assert({:ok, _} = :inet.parse_address(to_charlist(ip)))
    end

    test "OCSF events go to ServiceRadar's own stream of events, by its rules", context do
      # As ServiceRadar makes it: its event writer takes what is under `events.` into `ocsf_events` and to its alert engine.
      stream = %{name: "events", subjects: ["events.>"], storage: "memory"}
      {:ok, gnat} = Gnat.start_link(%{host: "127.0.0.1", port: context.nats.port})
      {:ok, _} = Gnat.request(gnat, "$JS.API.STREAM.CREATE.events", Jason.encode!(stream))
      {:ok, _} = NATSTap.start_link(context.nats.port, "events.>")

      station =
        start_station!(context.test,
          broker:
            {Broker.JetStream,
             servers: [NATS.url(context.nats)],
             subject_prefix: "bgp.raw",
             stream: "BGP_RAW",
             dead_letter_subject: "bgp.dead",
             ocsf: [stream: "events", subject_prefix: "events.bmp"]},
          ocsf: []
        )

      routes = Wire.update(nlri: ["198.51.100.0/24"], attributes: Wire.mandatory())
      :ok = :gen_tcp.send(connect!(station), [Wire.initiation("rtr"), Wire.peer_up(), Wire.route_monitoring(routes)])

      for code <- ~w(session_start peer_up route_announce) do
        assert_receive {:nats, "events.bmp.network_activity", headers, json}, 20_000
        event = Jason.decode!(json)
        assert event["metadata"]["event_code"] == code
        assert headers["Nats-Msg-Id"] == event["metadata"]["uid"]
        assert headers["Nats-Expected-Stream"] == "events"
      end
    end

    test "a stream that cannot be had is told and counted, and stops nothing", context do
      test = self()
      lost = fn _, %{count: count}, _, _ -> send(test, {:lost, count}) end
      Telemetry.attach({context.test, :lost}, [[:serviceradar, :bmp, :events, :lost]], lost)
      on_exit(fn -> Telemetry.detach({context.test, :lost}) end)
      # The station's own stream has these subjects.
      station = station!(context, context.nats, subject_prefix: "events.bgp.raw")
      :ok = :gen_tcp.send(connect!(station), [Wire.initiation("rtr"), Wire.peer_up()])
      assert_receive {:lost, _}
      eventually(fn -> match?({:ok, [%{sys_name: "rtr"}]}, ServiceRadar.BMP.routers(station)) end)
    end

    # For a look, and for ServiceRadar's own parser: kind and JSON, one event a line.
    defp write(path, heard) do
      File.write!(path, for({kind, _, event} <- heard, do: [kind, ?\t, Jason.encode!(event), ?\n]))
    end
  end
end
