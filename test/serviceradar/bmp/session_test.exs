defmodule ServiceRadar.BMP.SessionTest do
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{ManualBroker, NoPipeline, Wire}

  @moduletag capture_log: true

  setup context do
    session = Keyword.merge([read_bytes: 2_048], context[:session] || [])
    options = [broker: {ManualBroker, to: self()}, pipeline: NoPipeline, session: session]
    %{station: start_station!(context.test, options)}
  end

  # Sends until the connection takes no more for a while; gives how many octets it took.
  defp flood(socket, sent \\ 0) do
    message = Wire.route_monitoring(Wire.update(withdrawn: ["198.51.100.0/24"]))
    :ok = :inet.setopts(socket, send_timeout: 200)

    case :gen_tcp.send(socket, String.duplicate(message, 1_000)) do
      :ok -> flood(socket, sent + 1_000 * byte_size(message))
      {:error, _} -> sent
    end
  end

  defp published(count) do
    for _ <- 1..count do
      assert_receive {:published, session, ref, batch}, 3_000
      {session, ref, batch}
    end
  end

  @tag session: [window: 4]
  test "stops reading when the window is full, goes on when it is half empty", %{station: station} do
    socket = connect!(station)
    {:ok, _} = Task.start_link(fn -> flood(socket) end)

    first = published(4)
    refute_receive {:published, _, _, _}, 100
    [{session, ref, _}, {_, second, _} | rest] = first
    ManualBroker.answer(session, ref)
    refute_receive {:published, _, _, _}, 100
    ManualBroker.answer(session, second)
    assert [_, _] = published(2)
    refute_receive {:published, _, _, _}, 100

    # In the order of the stream, nothing twice.
    sequences = for {_, _, batch} <- first, do: batch.id |> String.split("-") |> List.last() |> String.to_integer()
    assert sequences == Enum.sort(sequences) and sequences == Enum.uniq(sequences)
    assert rest != []
  end

  @tag session: [window: 1, stall_timeout: 100]
  test "is closed when it may not read for too long, and says so", %{station: station} do
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
    [{session, ref, _}] = published(1)
    assert closed?(socket)
    [{^session, last, batch}] = published(1)
    assert batch.payload =~ "the broker was too slow for too long"

    # It stays until the broker has its last words.
    assert Process.alive?(session)
    monitor = Process.monitor(session)
    ManualBroker.answer(session, ref)
    ManualBroker.answer(session, last)
    assert_receive {:DOWN, ^monitor, :process, ^session, :normal}, 1_000
  end

  @tag session: [drain_timeout: 50]
  test "a broker that answers no more does not hold it forever", %{station: station} do
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
    [{session, _, _}] = published(1)
    monitor = Process.monitor(session)
    :gen_tcp.close(socket)
    assert_receive {:DOWN, ^monitor, :process, ^session, :normal}, 1_000
  end

  test "a broker that failed ends it: the router sends again when it comes back", %{station: station} do
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
    [{session, ref, _}] = published(1)
    ManualBroker.answer(session, ref, {:failed, :no_room})
    assert closed?(socket)
    [{_, _, batch}] = published(1)
    assert batch.payload =~ "the broker failed"
  end

  test "a connection that never says a word is no session", %{station: station} do
    socket = connect!(station)
    eventually(fn -> BMP.sessions(station) != [] end)
    :gen_tcp.close(socket)
    eventually(fn -> BMP.sessions(station) == [] end)
    refute_receive {:published, _, _, _}, 50
  end

  test "a session is named by a random id, and a batch by its session and its place in it", %{station: station} do
    ids =
      for _ <- 1..3 do
        socket = connect!(station)
        :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
        [{_, _, batch}] = published(1)
        :gen_tcp.close(socket)
        [{session, ref, _}] = published(1)
        ManualBroker.answer(session, ref)
        batch
      end

    assert ids |> Enum.map(& &1.id) |> Enum.uniq() |> length() == 3
    assert Enum.all?(ids, &(&1.id =~ ~r/\A[0-9a-f]{32}-1\z/))
    assert ids |> Enum.map(& &1.router_id) |> Enum.uniq() |> length() == 1
  end

  @tag session: [heartbeat: 50]
  test "says that it lives while its router is quiet", %{station: station} do
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
    [{session, _, first}, {session, _, second}, {session, _, third}] = published(3)
    [id, "1"] = String.split(first.id, "-")
    assert second.id == id <> "-3" and third.id == id <> "-4"
  end

  test "begins anew when it is asked to", %{station: station} do
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, Wire.initiation("rtr"))
    [_] = published(1)
    [%{id: id}] = BMP.sessions(station)
    config = BMP.Instance.config!(station)
    assert BMP.Sessions.reset(config, "nobody", "why") == {:error, :unknown}
    assert BMP.Sessions.reset(config, id, "something was missed") == :ok
    assert closed?(socket)
    [{_, _, batch}] = published(1)
    assert batch.payload =~ "something was missed"
  end

  test "is listed while it lasts", %{station: station} do
    assert BMP.sessions(station) == []
    socket = connect!(station)

    assert [%{address: {127, 0, 0, 1}, since: %DateTime{}, router_id: nil}] =
             eventually(fn -> with [] <- BMP.sessions(station), do: nil end)

    :gen_tcp.close(socket)
    eventually(fn -> BMP.sessions(station) == [] end)
  end
end
