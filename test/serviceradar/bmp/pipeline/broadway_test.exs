import ServiceRadar.BMP.Test.Needs

needs [:packages] do
  defmodule ServiceRadar.BMP.Pipeline.BroadwayTest do
    use ExUnit.Case, async: true

    alias ServiceRadar.BMP.{Batch, Broker, Config, Instance, Pipeline, Telemetry}
    alias ServiceRadar.BMP.Test.{Batches, RecordingStore}

    @moduletag capture_log: true
    @moduletag timeout: 120_000

    setup do
      %{name: :"station-#{System.unique_integer([:positive])}", broker: Broker.Local}
    end

    # Broker and pipeline of a station, without its sessions: the test is the session.
    defp start!(context, options \\ []) do
      options =
        Keyword.merge(
          [name: context.name, partitions: 2, broker: context.broker, pipeline: Pipeline.Broadway] ++
            [session: [drain_timeout: 1_000], store: {RecordingStore, to: self()}],
          options
        )

      config = Config.new!(options)
      {broker, _} = config.broker
      start_supervised!(broker.child_spec(config))
      start_supervised!(Pipeline.child_spec(config))
      config
    end

    defp publish(%Config{broker: {broker, _}} = config, numbers, router \\ 4) do
      Enum.each(numbers, &broker.publish(config, Batches.batch(&1, router), {router, &1}))
    end

    # What is committed until the last of the numbers is.
    defp committed(last, numbers \\ []) do
      receive do
        {:committed, _partition, more} ->
          numbers = numbers ++ more
          if last in more, do: numbers, else: committed(last, numbers)
      after
        20_000 -> flunk("#{last} is not committed; last was #{inspect(List.last(numbers))}")
      end
    end

    defp pending(%Config{broker: {broker, _}} = config), do: broker.pending(config, 0)

    defp eventually(fun, attempts \\ 200) do
      cond do
        fun.() -> :ok
        attempts == 0 -> flunk("it never came true")
        true -> Process.sleep(20) && eventually(fun, attempts - 1)
      end
    end

    test "the router of these tests belongs to partition 0" do
      assert Batch.partition(<<4::128>>, 2) == 0
    end

    test "commits thousands of batches in order, and acknowledges them", context do
      config = start!(context)
      publish(config, 0..5_000)
      assert committed(5_000) == Enum.to_list(1..5_000)
      eventually(fn -> pending(config) == 0 end)
    end

    test "what is too much for the store at once is committed in parts, in order", context do
      test = self()

      commit = fn
        partition, numbers when length(numbers) <= 5 -> send(test, {:committed, partition, numbers}) && :ok
        _partition, numbers -> {:error, {:too_much, "#{length(numbers)} are too many"}}
      end

      config = start!(context, store: {RecordingStore, commit: commit})
      publish(config, 0..500)
      assert committed(500) == Enum.to_list(1..500)
    end

    test "a batch that breaks the table is left out, and its session begins anew on a table that is loaded", context do
      test = self()
      tell = fn [_, _, :pipeline, verb], _, metadata, _ -> send(test, {verb, metadata[:reason]}) end
      verbs = for verb <- [:poisoned, :rejected, :reset], do: [:serviceradar, :bmp, :pipeline, verb]
      :ok = Telemetry.attach(context.name, verbs, tell)
      on_exit(fn -> Telemetry.detach(context.name) end)
      config = start!(context)
      publish(config, 0..10)
      assert committed(10) == Enum.to_list(1..10)

      partition = Instance.whereis(config.name, {:pipeline, 0})
      %{stages: %{table: %{ref: table}}} = :sys.get_state(partition)
      :ok = ServiceRadar.BMP.Native.table_break(table)
      publish(config, 11..20)
      # Where the table is looked after before the next batch comes, none is at fault.
      assert committed(20) in [Enum.to_list(11..20), Enum.to_list(12..20)]
      assert_receive {:poisoned, _}
      assert_receive {:reset, "the start of its session was missed"}
      eventually(fn -> pending(config) == 0 end)
      assert Instance.whereis(config.name, {:pipeline, 0}) == partition
    end

    test "keeps the order of each of many routers", context do
      test = self()
      commit = fn partition, numbers -> send(test, {:committed, partition, numbers}) && :ok end
      config = start!(context, store: {RecordingStore, commit: commit}, partitions: 3)
      # Each router announces numbers of its own.
      numbers = fn router -> [0 | Enum.to_list((router * 1000)..(router * 1000 + 200))] end
      routers = 1..8

      for i <- 0..201, router <- routers do
        publish(config, [Enum.at(numbers.(router), i)], router)
      end

      all = collect(8 * 201)

      for router <- routers do
        of_router = Enum.filter(all, &(div(&1, 1000) == router))
        assert of_router == tl(numbers.(router))
      end
    end

    defp collect(count, numbers \\ [])
    defp collect(0, numbers), do: numbers

    defp collect(count, numbers) do
      receive do
        {:committed, _, more} -> collect(count - length(more), numbers ++ more)
      after
        10_000 -> flunk("#{count} are not committed")
      end
    end

    test "acknowledges after the commit, not before", context do
      test = self()

      commit = fn _, numbers ->
        send(test, {:committing, self(), numbers})
        receive do: (:go -> :ok)
      end

      config = start!(context, store: {RecordingStore, commit: commit})
      publish(config, [0, 1])
      assert_receive {:committing, pid, _}, 5_000
      assert pending(config) == 2
      send(pid, :go)

      # Where the two came by themselves, the second commit is still to come.
      receive do
        {:committing, pid, _} -> send(pid, :go)
      after
        200 -> :ok
      end

      eventually(fn -> pending(config) == 0 end)
    end

    test "a commit that fails is tried again in place, and nothing overtakes it", context do
      test = self()
      failures = :counters.new(1, [])

      commit = fn partition, numbers ->
        if 50 in numbers and :counters.get(failures, 1) < 3 do
          :counters.add(failures, 1, 1)
          {:error, :database_away}
        else
          send(test, {:committed, partition, numbers})
          :ok
        end
      end

      config = start!(context, store: {RecordingStore, commit: commit})
      publish(config, 0..500)
      assert committed(500) == Enum.to_list(1..500)
      assert :counters.get(failures, 1) == 3
    end

    test "when a partition dies in a commit, its batches come again before those after them", context do
      test = self()
      died = :counters.new(1, [])

      commit = fn partition, numbers ->
        if 300 in numbers and :counters.get(died, 1) < 2 do
          :counters.add(died, 1, 1)
          Process.exit(self(), :kill)
        end

        send(test, {:committed, partition, numbers})
        :ok
      end

      config = start!(context, store: {RecordingStore, commit: commit})
      publish(config, 0..1_000)
      numbers = committed(1_000)
      # The table that starts anew does not know the session, so batch 0 is not wanted for this.
      assert Enum.uniq(numbers) == Enum.to_list(1..1_000)
      assert :counters.get(died, 1) == 2
      eventually(fn -> pending(config) == 0 end)
    end

    test "when the batch processor dies, its batches come again before those after them", context do
      test = self()

      commit = fn partition, numbers ->
        send(test, {:committed, partition, numbers})
        Process.sleep(2)
        :ok
      end

      config = start!(context, store: {RecordingStore, commit: commit})
      publish(config, 0..2_000)
      assert_receive {:committed, _, first}, 5_000
      role = {{:broadway, 0}, "BatchProcessor_default_0"}
      Process.exit(Instance.whereis(config.name, role), :kill)
      assert first ++ committed(2_000) == Enum.to_list(1..2_000)
      eventually(fn -> pending(config) == 0 end)
    end

    test "takes no more from the broker than it can work on, while the store is slow", context do
      test = self()

      commit = fn _, numbers ->
        send(test, {:committing, self(), numbers})
        receive do: (:go -> :ok)
      end

      batch = Batches.batch(1)
      # Room for 50 batches in the broker.
      broker = {Broker.Local, max_bytes: 50 * byte_size(batch.payload)}

      config =
        start!(context,
          broker: broker,
          store: {RecordingStore, commit: commit},
          pipeline: {Pipeline.Broadway, batches: 10}
        )

      publish(config, 0..200)
      assert_receive {:committing, pid, _}, 5_000
      Process.sleep(300)
      # Unacknowledged is unacknowledged: those in the pipeline's hands still take their room.
      assert length(acked([])) in 45..55
      send(pid, :go)
      assert_receive {:committing, _, _}, 5_000
      eventually(fn -> length(acked([])) > 0 end)
    end

    defp acked(refs) do
      receive do
        {:bmp_broker, :acked, ref} -> acked([ref | refs])
      after
        0 -> refs
      end
    end

    test "a batch that cannot be read is set aside, counted, and holds nothing up", context do
      test = self()
      handler = fn _, measurements, metadata, _ -> send(test, {:rejected, measurements, metadata}) end
      :ok = Telemetry.attach(context.name, [[:serviceradar, :bmp, :pipeline, :rejected]], handler)
      on_exit(fn -> Telemetry.detach(context.name) end)

      config = start!(context)
      publish(config, 0..1)
      Broker.Local.publish(config, %Batch{id: "x", router_id: <<4::128>>, payload: "not a batch"}, :x)
      publish(config, 2..3)
      assert committed(3) == [1, 2, 3]
      station = context.name
      assert_received {:rejected, %{count: 1, bytes: 11}, %{station: ^station, partition: 0}}
      eventually(fn -> pending(config) == 0 end)
    end

    test "when it stops, it takes what the broker in this VM would forget", context do
      test = self()

      commit = fn partition, numbers ->
        Process.sleep(5)
        send(test, {:committed, partition, numbers})
        :ok
      end

      config = start!(context, store: {RecordingStore, commit: commit}, session: [drain_timeout: 60_000])
      publish(config, 0..1_000)
      :ok = stop_supervised(Pipeline)
      assert committed(1_000) == Enum.to_list(1..1_000)
    end

    test "its options are checked" do
      assert {:ok, options} = Pipeline.Broadway.validate(batches: 7)
      assert options[:batches] == 7
      assert {:error, ":wait is an integer above 0, not 0"} = Pipeline.Broadway.validate(wait: 0)

      assert {:error, "unknown [:bathces]; known are [:batches, :bytes, :wait]"} =
               Pipeline.Broadway.validate(bathces: 1)
    end
  end
end
