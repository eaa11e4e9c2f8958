defmodule ServiceRadar.BMP.NativeStressTest do
  # What is kept in native memory, used by many processes at once while every dirty scheduler has work and processes are killed
  # within their calls.
  use ExUnit.Case, async: false

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Decoder, Native, Query, Replay, RoutingTable, Wire}
  alias ServiceRadar.BMP.Test.Batches

  @moduletag timeout: 600_000
  @changes 200

  # More calls than there are schedulers for them, each long enough to be a dirty one.
  setup do
    {:ok, sample} = Replay.messages(Replay.sample())
    stream = sample |> List.duplicate(4) |> IO.iodata_to_binary()
    assert byte_size(stream) > 20_000
    busy = for _ <- 1..(2 * :erlang.system_info(:dirty_cpu_schedulers)), do: spawn_link(fn -> decode(stream) end)

    on_exit(fn ->
      for pid <- busy do
        Process.unlink(pid)
        Process.exit(pid, :kill)
      end
    end)
  end

  defp decode(stream) do
    {:ok, [_ | _], ""} = BMP.decode(stream)
    decode(stream)
  end

  # Runs `fun` in processes that are killed, one every few ms, and begun again.
  defp killed(count, fun) do
    for _ <- 1..count do
      spawn_link(fn ->
        Process.flag(:trap_exit, true)
        kill_again(fun)
      end)
    end
  end

  defp kill_again(fun) do
    pid = spawn_link(fun)
    Process.sleep(Enum.random(5..40))
    Process.exit(pid, :kill)

    receive do
      {:EXIT, ^pid, :killed} -> kill_again(fun)
      {:EXIT, _other, reason} -> exit(reason)
    end
  end

  defp again(fun) do
    fun.()
    again(fun)
  end

  test "a table, its picture and the streams of it are what one writer made of them" do
    table = RoutingTable.new()
    feed = Native.feed_new(nil)
    :ok = Native.feed_load(feed, table.ref)
    {:ok, query} = Query.new(within: "10.0.0.0/8", limit: 200)
    {:ok, none} = Query.new(as: 4_199_999_999)

    readers =
      killed(2, fn -> again(fn -> {:ok, _, _} = RoutingTable.routes(table, query) end) end) ++
        killed(1, fn -> again(fn -> {:ok, [], nil} = RoutingTable.routes(table, none) end) end) ++
        killed(1, fn -> again(fn -> %{routes: _} = RoutingTable.counts(table) end) end) ++
        killed(2, fn ->
          {:ok, stream} = Native.feed_stream(feed)
          {:ok, merge} = Native.feed_merge(1)

          again(fn ->
            {:ok, octets} = Native.feed_next(stream, 1)
            {:ok, _} = Native.feed_merge_next(merge, [octets], 1)
          end)
        end)

    # Half of the routes are withdrawn again.
    for number <- 0..@changes do
      change = if rem(number, 2) == 0 and number > 0, do: {:withdraw, number - 1}
      {:ok, deltas} = RoutingTable.apply(table, Batches.batch(number, 4, change).payload)
      :ok = Native.feed_apply(feed, deltas.ref)
      {:ok, _, _} = Native.commit_new([deltas.ref])
    end

    for pid <- readers, do: Process.unlink(pid) && Process.exit(pid, :kill)
    refute RoutingTable.poisoned?(table)
    assert %{routes: 0} = RoutingTable.counts(table)
    {:ok, deltas} = RoutingTable.apply(table, Batches.batch(@changes + 1, 4, {:announce, 7, 64_500}).payload)
    assert deltas.counts.changes == 1
    :ok = Native.feed_apply(feed, deltas.ref)
    assert {:ok, [%{prefix: prefix}], nil} = RoutingTable.routes(table, query)
    assert to_string(prefix) == "10.0.0.7/32"
    {:ok, octets} = Native.feed_whole(feed, 1)
    assert octets =~ "10.0.0.7/32"
  end

  test "of a decoder that several processes feed no message is lost or read twice" do
    decoder = Decoder.new()
    message = IO.iodata_to_binary(Wire.initiation("rtr"))
    long = IO.iodata_to_binary(List.duplicate(Wire.initiation("a longer one"), 2_000))

    counts =
      1..16
      |> Enum.map(fn _ ->
        Task.async(fn ->
          for round <- 1..50, reduce: 0 do
            count ->
              {:ok, messages, ""} = BMP.decode(if(rem(round, 10) == 0, do: long, else: message), decoder)
              count + length(messages)
          end
        end)
      end)
      |> Task.await_many(60_000)

    assert Enum.sum(counts) == 16 * (45 + 5 * 2_000)
  end
end
