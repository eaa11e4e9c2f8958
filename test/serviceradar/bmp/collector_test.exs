alias ServiceRadar.BMP.Test.{LeftOut, NATS}

manifest = Path.expand("../../../native/Cargo.toml", __DIR__)

build = fn ->
  arguments = ~w(build --quiet --locked -p bmp-collector --manifest-path) ++ [manifest]
  match?({_, 0}, System.cmd("cargo", arguments, stderr_to_stdout: true))
end

cond do
  why = NATS.missing() ->
    LeftOut.file(__ENV__.file, why)

  System.find_executable("cargo") == nil ->
    LeftOut.file(__ENV__.file, "cargo is not in PATH")

  not build.() ->
    LeftOut.file(__ENV__.file, "bmp-collector does not build here")

  true ->
    defmodule ServiceRadar.BMP.CollectorTest do
      @moduledoc """
      One session sent to a station and to the edge collector: what they publish is the same. Core cannot tell which of the
      two a batch came from.
      """
      use ExUnit.Case, async: true

      import ServiceRadar.BMP.TestRouter

      alias ServiceRadar.BMP
      alias ServiceRadar.BMP.{Batch, ManualBroker, NoPipeline, Replay}
      alias ServiceRadar.BMP.Test.{FreePort, NATS, NATSTap, OSProcess, Protobuf, Servers}

      @moduletag capture_log: true
      @moduletag timeout: 120_000
      @programs (System.get_env("CARGO_TARGET_DIR") || Path.expand("../../../native/target", __DIR__)) <> "/debug/"
      @partitions 5

      setup do
        nats = Servers.nats!()
        {:ok, _} = NATSTap.start_link(nats.port, "*.raw.*")
        %{nats: nats, collector: collector!(nats)}
      end

      # Its port.
      defp collector!(nats) do
        port = FreePort.free_port()
        log = Path.join(nats.folder, "collector.log")

        options =
          ~w(run --listen 127.0.0.1:#{port} --nats #{NATS.url(nats)}) ++
            Enum.flat_map(
              ~w(partitions=#{@partitions} collector=here session.batch_delay_ms=1 jetstream.subject_prefix=edge.raw),
              &["--set", &1]
            )

        process = OSProcess.start!(@programs <> "bmp-collector", options, log)
        on_exit(fn -> OSProcess.stop(process) end)
        eventually(fn -> match?({:ok, _}, :gen_tcp.connect({127, 0, 0, 1}, port, [])) end, "the collector listens")
        port
      end

      defp connect(port) do
        {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, nodelay: true])
        socket
      end

      # Without what differs between two connections, whoever takes them: when it came, from which port, the random id.
      defp content(payload) do
        for {field, value} <- Protobuf.fields(payload), field != 3 do
          {field, if(field == 1, do: Enum.reject(Protobuf.fields(value), &(elem(&1, 0) in [4, 8])), else: value)}
        end
      end

      defp sequence(id), do: id |> String.split("-") |> List.last()

      defp sample do
        {:ok, messages} = Replay.messages(Replay.sample())
        Enum.take(messages, 120)
      end

      test "batches, ids, subjects and headers are those of the station's sessions", context do
        broker = {ManualBroker, to: self()}
        options = [broker: broker, pipeline: NoPipeline, partitions: @partitions, collector: "here"]
        station = connect(BMP.port(start_station!(context.test, options)))
        collector = connect(context.collector)

        # Message by message, so that both make the same batches.
        for message <- sample() do
          :ok = :gen_tcp.send(station, message)
          :ok = :gen_tcp.send(collector, message)
          assert_receive {:published, session, ref, %Batch{} = batch}
          ManualBroker.answer(session, ref)
          assert_receive {:nats, subject, headers, payload}
          assert content(payload) == content(batch.payload)
          assert subject == "edge.raw.#{Batch.partition(batch.router_id, @partitions)}"
          assert sequence(headers["Nats-Msg-Id"]) == sequence(batch.id)
          assert byte_size(headers["Nats-Msg-Id"]) == byte_size(batch.id)
        end
      end

      if Code.ensure_loaded?(Gnat) do
        test "on the wire nothing tells the two apart", context do
          broker =
            {ServiceRadar.BMP.Broker.JetStream,
             servers: [NATS.url(context.nats)], subject_prefix: "core.raw", stream: "CORE"}

          options = [
            broker: broker,
            pipeline: NoPipeline,
            partitions: @partitions,
            collector: "here",
            roles: [:receive]
          ]

          station = connect(BMP.port(start_station!(context.test, options)))
          collector = connect(context.collector)

          for message <- sample() do
            :ok = :gen_tcp.send(station, message)
            :ok = :gen_tcp.send(collector, message)
            assert_receive {:nats, "core.raw." <> partition, core, core_payload}
            assert_receive {:nats, "edge.raw." <> ^partition, edge, edge_payload}
            assert content(edge_payload) == content(core_payload)
            assert Map.keys(edge) == Map.keys(core)
            assert sequence(edge["Nats-Msg-Id"]) == sequence(core["Nats-Msg-Id"])
            assert edge["Bmp-Router-Id"] == core["Bmp-Router-Id"]
            assert {edge["Nats-Expected-Stream"], core["Nats-Expected-Stream"]} == {"BMP", "CORE"}
          end
        end
      end
    end
end
