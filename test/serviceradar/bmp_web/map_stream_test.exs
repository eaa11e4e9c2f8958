defmodule ServiceRadar.BMPWeb.MapStreamTest do
  # The map's Arrow stream over HTTP, read by another implementation of Arrow than the one that wrote it.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Feed, Wire}
  alias ServiceRadar.BMP.Test.Python
  alias ServiceRadar.BMPWeb.Server.Httpd

  @moduletag capture_log: true

  @guide Path.expand("../../../guides/the-map-as-arrow.md", __DIR__)

  defp station!(name) do
    station = start_station!(name)
    socket = connect!(station)
    :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
    announce(socket, ["198.51.100.0/24", "203.0.113.0/24"])
    eventually(fn -> match?({:ok, %{routes: 2}}, BMP.counts(station)) end)
    url = Httpd.url(start_supervised!({Httpd, port: 0, station: station}))
    {station, socket, url <> "/api/v1/map/stream"}
  end

  defp announce(socket, prefixes) do
    update = Wire.update(attributes: Wire.mandatory(), nlri: prefixes)
    :ok = :gen_tcp.send(socket, Wire.route_monitoring(update))
  end

  defp withdraw(socket, prefixes),
    do: :ok = :gen_tcp.send(socket, Wire.route_monitoring(Wire.update(withdrawn: prefixes)))

  @tag skip: Python.missing("pyarrow")
  @tag timeout: 300_000
  test "pyarrow.ipc.open_stream reads the picture and the changes, as the guide shows" do
    {_station, socket, url} = station!(:map_stream_pyarrow)
    [_, program] = Regex.run(~r/```python\n(.*?)```/s, File.read!(@guide))
    reader = Python.start!(String.replace(program, "http://127.0.0.1:4000/api/v1/map/stream", url))

    rows = Python.lines_until(reader, &(&1["kind"] == "route" and &1["prefix"] == "203.0.113.0/24"))
    assert [%{"kind" => "picture", "routes" => 2} | _] = rows
    assert Enum.map(rows, & &1["kind"]) |> Enum.dedup() == ["picture", "node", "link", "route"]
    assert ["rtr", "10.0.0.1", "AS64500"] = for(%{"kind" => "node"} = node <- rows, do: node["label"])
    assert %{"view" => "adj_rib_in_pre", "status" => "active", "label" => "64500"} = List.last(rows)

    withdraw(socket, ["203.0.113.0/24"])
    rows = Python.lines_until(reader, &(&1["kind"] == "route" and &1["status"] == "withdrawn"))
    assert %{"prefix" => "203.0.113.0/24"} = List.last(rows)
  end

  test "what is new reaches a client within a moment; a client that is gone costs nothing" do
    {station, socket, url} = station!(:map_stream_quick)
    {:ok, client} = open(url)
    assert receive_until(client, "203.0.113.0/24") =~ "transfer-encoding: chunked"

    times =
      for number <- 1..50 do
        started = System.monotonic_time(:microsecond)
        announce(socket, ["192.0.2.#{number}/32"])
        receive_until(client, "192.0.2.#{number}/32")
        System.monotonic_time(:microsecond) - started
      end

    IO.puts(
      "announced until read: p50 #{div(Enum.at(Enum.sort(times), 25), 1000)} ms, most #{div(Enum.max(times), 1000)} ms"
    )

    :gen_tcp.close(client)
    feed = BMP.Instance.whereis(station, :feed)
    eventually(fn -> :sys.get_state(feed).watchers == %{} end, "the client's end", 1_000)
  end

  test "a client that does not read gets a new picture, and nothing waits for it" do
    {station, socket, _url} = station!(:map_stream_slow)
    {:ok, stream} = Feed.watch(station)
    assert {:ok, <<_::binary>>} = Feed.next(stream)

    # More is withdrawn meanwhile than is remembered: 10,000.
    for part <- 0..59 do
      prefixes = for number <- 0..199, do: "10.#{part}.#{number}.0/24"
      announce(socket, prefixes)
      withdraw(socket, prefixes)
    end

    announce(socket, ["192.0.2.0/24"])
    eventually(fn -> match?({:ok, [_], _}, BMP.routes(station, prefix: "192.0.2.0/24")) end, "all of it", 6_000)
    # The clock of the feed: what is too much is forgotten.
    Process.sleep(1_500)
    assert {:ok, octets} = Feed.next(stream)
    assert octets =~ "192.0.2.0/24"
    refute octets =~ "10.59.1.0/24"
    assert byte_size(octets) < 10_000
  end

  test "when a table is loaded anew, the stream ends, and the next one has what is held then" do
    {station, _socket, url} = station!(:map_stream_anew)
    {:ok, client} = open(url)
    receive_until(client, "203.0.113.0/24")

    # It is killed again when it is back: the feed looks once a second, and is to look while it is gone.
    killer =
      Task.async(fn ->
        for _ <- Stream.cycle([:again]) do
          for partition <- 0..1, pid = BMP.Instance.whereis(station, {:table, partition}), do: Process.exit(pid, :kill)
          Process.sleep(20)
        end
      end)

    # The last chunk of HTTP/1.1, and the end of the connection.
    assert receive_until(client, "\r\n0\r\n\r\n")
    assert {:error, :closed} = :gen_tcp.recv(client, 0, 10_000)
    Task.shutdown(killer, :brutal_kill)
    # It may end once more, when the table is back: clients connect again.
    eventually(fn -> told?(url, "203.0.113.0/24") end)
  end

  test "a table is its partition's process's to tell of" do
    config = BMP.Instance.config!(start_station!(:map_stream_table))
    # Until its process has it, it is nobody's.
    eventually(fn -> BMP.Instance.whereis(config.name, {:table, 0}) end)
    table = BMP.RoutingTable.new()
    assert Feed.table(config, 0, table) == :ok
    refute BMP.Instance.value(config.name, {:table, 0}) == table
    assert Feed.table(config, 7, table) == :ok
    assert Feed.table(config, 7, table) == :ok
    assert BMP.Instance.value(config.name, {:table, 7}) == table
  end

  test "a station without a pipeline says that it draws no map" do
    assert %{status: 503} = respond(:map_stream_nobody)
  end

  defp respond(station) do
    ServiceRadar.BMPWeb.API.respond(%{
      method: "GET",
      path: ["map", "stream"],
      params: %{},
      base: "/api/v1",
      station: station,
      secret: "secret"
    })
  end

  defp open(url) do
    uri = URI.parse(url)
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, uri.port, [:binary, active: false])
    :ok = :gen_tcp.send(socket, "GET #{uri.path} HTTP/1.1\r\nhost: localhost\r\n\r\n")
    {:ok, socket}
  end

  defp receive_until(socket, text, received \\ "") do
    if received =~ text do
      received
    else
      {:ok, more} = :gen_tcp.recv(socket, 0, 10_000)
      receive_until(socket, text, received <> more)
    end
  end

  # Whether a stream tells it before it ends or has told what there is.
  defp told?(url, text) do
    {:ok, socket} = open(url)
    told? = told(socket, text, "")
    :gen_tcp.close(socket)
    told?
  end

  defp told(socket, text, received) do
    case :gen_tcp.recv(socket, 0, 2_000) do
      {:ok, more} -> received <> more =~ text or told(socket, text, received <> more)
      {:error, _} -> false
    end
  end
end
