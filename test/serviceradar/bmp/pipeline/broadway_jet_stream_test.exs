import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats] do
  defmodule ServiceRadar.BMP.Pipeline.BroadwayJetStreamTest do
    use ExUnit.Case, async: true

    alias ServiceRadar.BMP.{Batch, Broker, Config, Instance, Pipeline}
    alias ServiceRadar.BMP.Broker.JetStream.API
    alias ServiceRadar.BMP.Test.{Batches, NATS, OSProcess, RecordingStore, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    setup do
      nats = Servers.nats!()
      %{nats: nats, name: :"station-#{System.unique_integer([:positive])}"}
    end

    defp config(context, options, broker \\ []) do
      broker = Keyword.merge([servers: [NATS.url(context.nats)]], broker)

      [name: context.name, partitions: 2, pipeline: Pipeline.Broadway, session: [drain_timeout: 1_000]]
      |> Keyword.merge(broker: {Broker.JetStream, broker}, store: {RecordingStore, to: self()})
      |> Keyword.merge(options)
      |> Config.new!()
    end

    defp start!(config) do
      start_supervised!(Broker.JetStream.child_spec(config))
      start_supervised!(Pipeline.child_spec(config))
      config
    end

    defp publish(config, numbers),
      do: Enum.each(numbers, &Broker.JetStream.publish(config, Batches.batch(&1), &1))

    defp committed(last, numbers \\ []) do
      receive do
        {:committed, _partition, more} ->
          numbers = numbers ++ more
          if last in more, do: numbers, else: committed(last, numbers)
      after
        30_000 -> flunk("#{last} is not committed; last was #{inspect(List.last(numbers))}")
      end
    end

    defp in_stream(config) do
      {_, options} = config.broker
      gnat = GenServer.whereis(Instance.via(config.name, :nats))
      {:ok, %{"state" => state}} = API.request(gnat, options, "STREAM.INFO.BMP")
      state["messages"]
    end

    defp eventually(fun, attempts \\ 1200) do
      cond do
        fun.() -> :ok
        attempts == 0 -> flunk("it never came true")
        true -> Process.sleep(50) && eventually(fun, attempts - 1)
      end
    end

    test "thousands of batches are committed in order, then removed from the stream", context do
      config = start!(config(context, []))
      publish(config, 0..5_000)
      assert committed(5_000) == Enum.to_list(1..5_000)
      eventually(fn -> in_stream(config) == 0 end)
    end

    test "a slow store fills the stream, and then publications wait for their acknowledgement", context do
      test = self()

      commit = fn partition, numbers ->
        send(test, {:committing, self()})
        receive do: (:go -> send(test, {:committed, partition, numbers}) && :ok)
      end

      # Room for some 1,200 of these in the stream. Three quarters of it are used, of which each of the two partitions has half.
      config = start!(config(context, [store: {RecordingStore, commit: commit}], max_bytes: 800_000, window: 16))

      publish(config, 0..1_000)
      assert_receive {:committing, store}, 10_000
      Process.sleep(3_000)
      assert in_stream(config) in 300..700
      send(store, :go)

      numbers =
        Enum.reduce_while(Stream.cycle([:ok]), [], fn _, numbers ->
          receive do
            {:committing, store} ->
              send(store, :go)
              {:cont, numbers}

            {:committed, _, more} ->
              numbers = numbers ++ more
              if length(numbers) < 1_000, do: {:cont, numbers}, else: {:halt, numbers}
          after
            20_000 -> flunk("it stands still after #{length(numbers)}")
          end
        end)

      assert numbers == Enum.to_list(1..1_000)
      eventually(fn -> in_stream(config) == 0 end)
    end

    test "a batch that cannot be read is a dead letter, is acknowledged, and holds nothing up", context do
      config = start!(config(context, []))
      publish(config, 0..1)
      Broker.JetStream.publish(config, %Batch{id: "x", router_id: <<4::128>>, payload: "not a batch"}, :x)
      publish(config, 2..3)
      assert committed(3) == [1, 2, 3]
      eventually(fn -> in_stream(config) == 0 end)

      {_, options} = config.broker
      gnat = GenServer.whereis(Instance.via(config.name, :nats))
      {:ok, %{"message" => message}} = API.request(gnat, options, "STREAM.MSG.GET.BMP-DEAD", %{seq: 1})
      assert Base.decode64!(message["data"]) == "not a batch"
    end

    test "when it stops, what it has in its hands is committed and acknowledged, the rest stays", context do
      test = self()

      commit = fn partition, numbers ->
        Process.sleep(5)
        send(test, {:committed, partition, numbers})
        :ok
      end

      store = {RecordingStore, commit: commit}
      config = start!(config(context, store: store, pipeline: {Pipeline.Broadway, batches: 8}))
      publish(config, 0..2_000)
      first = committed(100)
      :ok = stop_supervised(Pipeline)
      numbers = first ++ received([])
      assert numbers == Enum.to_list(1..length(numbers))
      assert length(numbers) < 2_000
      # Batch 0 had no route.
      eventually(fn -> in_stream(config) == 2_000 - length(numbers) end)
    end

    defp received(numbers) do
      receive do
        {:committed, _, more} -> received(numbers ++ more)
      after
        0 -> numbers
      end
    end

    test "nats-server is killed and started again under it: nothing is missing, nothing out of order", context do
      config = start!(config(context, []))
      test = self()

      spawn_link(fn ->
        for number <- 0..3_000 do
          Broker.JetStream.publish(config, Batches.batch(number), number)
          if rem(number, 20) == 0, do: Process.sleep(10)
        end

        send(test, :published)
        Process.sleep(:infinity)
      end)

      first = committed(500)
      nats = NATS.kill(context.nats)
      Process.sleep(300)
      Servers.again!(nats)
      assert first ++ committed(3_000) == Enum.to_list(1..3_000)
      eventually(fn -> in_stream(config) == 0 end)
    end

    test "its node is killed with batches in flight: the next one goes on where the commits ended", context do
      # Only publishes.
      config = config(context, [])
      start_supervised!(Broker.JetStream.child_spec(config))
      file = Path.join(context.nats.folder, "committed")
      publish(config, 0..1_000)

      node = node!(context.nats, file)
      eventually(fn -> length(lines(file)) > 200 end)
      OSProcess.kill(node)
      before = lines(file)
      assert before == Enum.to_list(1..length(before))
      assert length(before) < 1_000
      publish(config, 1_001..2_000)

      node = node!(context.nats, file)
      # Long before the ack wait of these nodes, which is five minutes.
      eventually(fn -> List.last(lines(file)) == 2_000 end)
      OSProcess.stop(node)

      again = Enum.drop(lines(file), length(before))
      # What was committed and not acknowledged comes twice; at most what one commit and one window hold.
      assert hd(again) in (length(before) - 100)..(length(before) + 1)
      assert again == Enum.to_list(hd(again)..2_000)
    end

    defp node!(nats, file) do
      script = Path.expand("../../../support/pipeline_node.exs", __DIR__)
      OSProcess.start_elixir!(script, [NATS.url(nats), file], Path.join(nats.folder, "node.log"))
    end

    # The last line may be cut short by the kill.
    defp lines(file) do
      case File.read(file) do
        {:ok, text} -> text |> String.split("\n") |> Enum.drop(-1) |> Enum.map(&String.to_integer/1)
        {:error, :enoent} -> []
      end
    end
  end
end
