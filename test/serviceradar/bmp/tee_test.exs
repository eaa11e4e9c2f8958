defmodule ServiceRadar.BMP.TeeTest do
  @moduledoc "What further stations hear of a router's session."
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Replay, Telemetry, Wire}
  alias ServiceRadar.BMP.Tee.Openings

  doctest Openings

  @moduletag capture_log: true

  defp listen do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, ip: {127, 0, 0, 1}, active: false])
    {:ok, port} = :inet.port(listener)
    {listener, "127.0.0.1:#{port}"}
  end

  defp accept(listener) do
    {:ok, socket} = :gen_tcp.accept(listener, 20_000)
    socket
  end

  defp read_all(socket, octets \\ []) do
    case :gen_tcp.recv(socket, 0, 20_000) do
      {:ok, more} -> read_all(socket, [octets, more])
      {:error, :closed} -> IO.iodata_to_binary(octets)
    end
  end

  defp sample do
    {:ok, messages} = Replay.messages(Replay.sample())
    Enum.to_list(messages)
  end

  defp events(station, verb) do
    test = self()

    handler = fn _event, measurements, metadata, _ ->
      if metadata.station == station, do: send(test, {verb, measurements})
    end

    Telemetry.attach({station, verb}, [[:serviceradar, :bmp, :tee, verb]], handler, nil)
    on_exit(fn -> Telemetry.detach({station, verb}) end)
  end

  test "octets are equal on the far side, of two stations too", %{test: test} do
    far = for _ <- 1..2, do: listen()
    station = start_station!(test, tee: [to: for({_, at} <- far, do: at)])
    octets = IO.iodata_to_binary(sample())
    router = connect!(station)
    :ok = :gen_tcp.send(router, octets)
    :ok = :gen_tcp.close(router)
    for {listener, _} <- far, do: assert(listener |> accept() |> read_all() == octets)
  end

  test "who comes back hears the opening messages first, and understands what follows", %{test: test} do
    far = start_station!(:"#{test} far", [])
    port = BMP.port(far)
    station = start_station!(test, tee: [to: ["127.0.0.1:#{port}"]])
    events(station, :lost)
    router = connect!(station)
    # Path identifiers: without the Peer Up's OPENs nobody can read them.
    add_path = <<65, 4, 64_500::32, 69, 4, 1::16, 1, 3>>
    update = fn prefix -> Wire.update(attributes: Wire.mandatory(), nlri: [{7, prefix}]) end
    :ok = :gen_tcp.send(router, [Wire.initiation("teed"), Wire.peer_up(capabilities: add_path)])
    :ok = :gen_tcp.send(router, Wire.route_monitoring(update.("192.0.2.0/24")))
    eventually(fn -> prefixes(far) == ["192.0.2.0/24"] end)

    stop_supervised!(far)
    assert_receive {:lost, _}, 20_000
    start_station!(far, port: port)
    eventually(fn -> match?({:ok, [%{sys_name: "teed", state: :connected}]}, BMP.routers(far)) end)
    :ok = :gen_tcp.send(router, Wire.route_monitoring(update.("198.51.100.0/24")))
    eventually(fn -> prefixes(far) == ["198.51.100.0/24"] end)
    {:ok, [%{path_id: 7}], nil} = BMP.routes(far, [])
    assert prefixes(station) == ["192.0.2.0/24", "198.51.100.0/24"]
  end

  test "one that takes nothing is cut, and the session goes on", %{test: test} do
    {listener, at} = listen()
    station = start_station!(test, tee: [to: [at], buffer_bytes: 100_000])
    for verb <- [:lost, :dropped, :connected], do: events(station, verb)
    router = connect!(station)
    :ok = :gen_tcp.send(router, Wire.initiation("fast"))
    stuck = accept(listener)
    assert_receive {:connected, _}, 20_000
    # More than all buffers on the way hold.
    padding = Wire.bmp(4, Wire.tlv(0, :binary.copy("x", 60_000)))
    for _ <- 1..400, do: :ok = :gen_tcp.send(router, padding)
    assert_receive {:dropped, _}, 20_000
    :ok = :gen_tcp.send(router, Wire.peer_up())
    eventually(fn -> match?({:ok, [_peer]}, BMP.peers(station)) end)
    # Once it is there again it begins anew.
    :ok = :gen_tcp.close(stuck)
    assert_receive {:lost, _}, 60_000
    again = accept(listener)
    {:ok, first} = :gen_tcp.recv(again, 0, 20_000)
    assert String.starts_with?(first, Wire.initiation("fast"))
  end

  test "messages come out whole, whatever the split, and peers that are up are said again" do
    all = [Wire.initiation("i"), Wire.peer_up(), Wire.peer_up(address: {10, 0, 0, 2}), Wire.peer_down()]
    octets = IO.iodata_to_binary(all)

    for size <- [1, 5, 6, 47, 48, 1000] do
      {out, openings} =
        Enum.map_reduce(chunks(octets, size), Openings.new(10), fn chunk, openings -> Openings.take(openings, chunk) end)

      assert IO.iodata_to_binary(out) == octets
      assert Openings.all(openings) == IO.iodata_to_binary([Enum.at(all, 0), Enum.at(all, 2)])
    end
  end

  defp chunks(octets, size) when byte_size(octets) <= size, do: [octets]

  defp chunks(octets, size) do
    <<chunk::binary-size(size), rest::binary>> = octets
    [chunk | chunks(rest, size)]
  end
end
