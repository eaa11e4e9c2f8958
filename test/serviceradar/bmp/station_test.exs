defmodule ServiceRadar.BMP.StationTest do
  use ExUnit.Case, async: true

  import ExUnit.CaptureLog
  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Events, Telemetry, Wire}

  @moduletag capture_log: true

  doctest ServiceRadar.BMP.Events

  defp announce(prefixes, options \\ []),
    do: Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: prefixes), options)

  defp withdraw(prefixes, options \\ []), do: Wire.route_monitoring(Wire.update(withdrawn: prefixes), options)

  defp router(station, name) do
    {:ok, routers} = BMP.routers(station)
    Enum.find(routers, &(&1.sys_name == name))
  end

  defp state(station, name), do: (router(station, name) || %{state: nil}).state
  defp end_reason(station, name), do: (router(station, name) || %{end_reason: nil}).end_reason || ""

  test "a router's peers and routes, in any split of its bytes", %{test: test} do
    station = start_station!(test)

    stream =
      Wire.initiation("rtr") <>
        Wire.peer_up() <> announce(["198.51.100.0/24", "203.0.113.0/24"]) <> withdraw(["203.0.113.0/24"])

    for size <- [1, 7, 1_000] do
      socket = connect!(station)
      for <<byte::binary-size(size) <- stream>>, do: :ok = :gen_tcp.send(socket, byte)
      rest = rem(byte_size(stream), size)
      :ok = :gen_tcp.send(socket, binary_part(stream, byte_size(stream) - rest, rest))
      # From the second round on the route is there before anything came: that the peer is up is the last to be true.
      eventually(fn -> match?({:ok, [%{state: :up, routes: 1}]}, BMP.peers(station)) end)
      eventually(fn -> prefixes(station) == ["198.51.100.0/24"] and state(station, "rtr") == :connected end)

      assert {:ok, [peer]} = BMP.peers(station)
      assert %{address: {10, 0, 0, 1}, asn: 64_500, state: :up, router: "rtr", routes: 1} = peer
      :gen_tcp.close(socket)
      eventually(fn -> state(station, "rtr") == :disconnected end)
    end

    assert {:ok, [%{name: "rtr", end_reason: reason}]} = BMP.routers(station)
    assert reason =~ "closed"
  end

  test "two RIB views of one peer are kept apart", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    post = [flags: 0x40]

    :gen_tcp.send(socket, [
      Wire.initiation("rtr"),
      Wire.peer_up(),
      announce(["198.51.100.0/24", "203.0.113.0/24"]),
      announce(["203.0.113.0/24"], post)
    ])

    eventually(fn -> length(prefixes(station)) == 3 end)
    assert prefixes(station, view: :adj_rib_in_pre) == ["198.51.100.0/24", "203.0.113.0/24"]
    assert prefixes(station, view: :adj_rib_in_post) == ["203.0.113.0/24"]

    :gen_tcp.send(socket, withdraw(["203.0.113.0/24"]))
    eventually(fn -> prefixes(station, view: :adj_rib_in_pre) == ["198.51.100.0/24"] end)
    assert prefixes(station, view: :adj_rib_in_post) == ["203.0.113.0/24"]

    # Peer Down ends both.
    :gen_tcp.send(socket, Wire.peer_down())
    eventually(fn -> prefixes(station) == [] end)
    assert {:ok, [%{state: :down, down_reason: reason}]} = BMP.peers(station)
    assert is_binary(reason)
  end

  test "routes can be asked for in every way", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    attributes = [Wire.origin(0), Wire.as_path([64_500, 64_999]), Wire.next_hop({203, 0, 113, 9})]
    community = Wire.attribute(0xC0, 8, <<64_500::16, 7::16>>)
    update = Wire.update(attributes: attributes ++ [community], nlri: ["10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16"])

    :gen_tcp.send(socket, [
      Wire.initiation("rtr"),
      Wire.peer_up(),
      announce(["0.0.0.0/0"]),
      Wire.route_monitoring(update)
    ])

    eventually(fn -> length(prefixes(station)) == 4 end)

    assert prefixes(station, prefix: "10.1.0.0/16") == ["10.1.0.0/16"]
    assert prefixes(station, address: "10.1.2.3") == ["10.1.2.0/24"]
    assert prefixes(station, address: {192, 0, 2, 1}) == ["0.0.0.0/0"]
    assert prefixes(station, within: "10.1.0.0/16") == ["10.1.0.0/16", "10.1.2.0/24"]
    assert prefixes(station, as: 64_999) == ["10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16"]
    assert prefixes(station, community: "64500:7", within: "10.2.0.0/15") == ["10.2.0.0/16"]
    assert prefixes(station, covering: "10.1.2.0/25") == ["0.0.0.0/0", "10.1.0.0/16", "10.1.2.0/24"]

    assert prefixes(station, as_path: "_64999$", origin_as: 64_999, next_hop: "203.0.113.9", within: "10.2.0.0/15") == [
             "10.2.0.0/16"
           ]

    assert prefixes(station, as_path: "^64999_") == []

    assert {:error, %ArgumentError{message: "option :as_path is a regular expression" <> _}} =
             BMP.routes(station, as_path: "(1")

    assert prefixes(station, peer: "10.0.0.2") == []
    assert prefixes(station, family: {2, 1}) == []

    assert {:ok, [route]} = BMP.lookup(station, "10.1.2.3")
    assert %{router: "rtr", view: :adj_rib_in_pre, as_path: [64_500, 64_999], communities: ["64500:7"]} = route
    assert %{origin: "igp", next_hop: {203, 0, 113, 9}, as_path_text: "64500 64999", stale: false} = route

    # Page by page: everything once.
    pages = fn pages, cursor ->
      {:ok, routes, cursor} = BMP.routes(station, limit: 3, cursor: cursor)
      found = Enum.map(routes, &to_string(&1.prefix))
      if cursor, do: found ++ pages.(pages, cursor), else: found
    end

    assert Enum.sort(pages.(pages, nil)) == prefixes(station)

    assert {:error, %ArgumentError{message: "option :prefix is a prefix, not \"10/8\""}} =
             BMP.routes(station, prefix: "10/8")
  end

  test "families without a bare prefix have a text, and are found by it", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    messages = Enum.map(Wire.families(), &Wire.route_monitoring/1)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up() | messages])
    eventually(fn -> match?({:ok, %{routes: 4}}, BMP.counts(station)) end)

    text = "[2]:[65000:1]:[0]:[48]:[00:00:5e:00:53:01]"
    assert {:ok, [%{afi: 25, safi: 70, prefix: nil, nlri_text: ^text}], nil} = BMP.routes(station, nlri: text)
    assert {:ok, [%{nlri_text: nil}], nil} = BMP.routes(station, nlri: "198.51.100.0/24")
    assert {:ok, [], nil} = BMP.routes(station, nlri: "198.51.100.0")
  end

  test "changes are told after they are stored", %{test: test} do
    station = start_station!(test)
    Events.subscribe()
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announce(["198.51.100.0/24"])])
    assert_receive {:bmp_changes, %{station: ^test, routes: [%{change: :announce} = route]} = changes}, 3_000
    assert %{router: "rtr", peer: {10, 0, 0, 1}, view: :adj_rib_in_pre, as_path_text: "64500"} = route
    assert to_string(route.prefix) == "198.51.100.0/24"
    assert "peer_up" in Enum.map(changes.events, & &1.kind)
    assert prefixes(station) == ["198.51.100.0/24"]

    # The same again is no change.
    :gen_tcp.send(socket, announce(["198.51.100.0/24"]))
    :gen_tcp.send(socket, withdraw(["198.51.100.0/24"]))
    assert_receive {:bmp_changes, %{station: ^test, routes: routes}}, 3_000
    assert [%{change: :withdraw}] = routes
  end

  test "OCSF events go to a file, one a line", %{test: test} do
    path = Path.join(System.tmp_dir!(), "bmp-#{System.unique_integer([:positive])}.jsonl")
    on_exit(fn -> File.rm(path) end)
    station = start_station!(test, ocsf: path)
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announce(["198.51.100.0/24"])])
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end)

    lines =
      eventually(fn ->
        lines = path |> File.read!() |> String.split("\n", trim: true)
        if Enum.any?(lines, &(&1 =~ "198.51.100.0/24")), do: lines
      end)

    assert Enum.all?(lines, &(&1 =~ ~s("class_uid":4001)))
    assert length(lines) >= 3
  end

  test "a message that cannot be decoded does not end the session", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    bad = Wire.route_monitoring(Wire.bgp(2, <<6::16, 33, 1, 2, 3, 200, 5, 0::16>>))
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), bad, announce(["198.51.100.0/24"])])
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end)
    assert [%{counters: %{messages: 4, undecodable: 1}}] = BMP.sessions(station)
  end

  @no_ipv6 (case :gen_tcp.listen(0, [:inet6, ip: {0, 0, 0, 0, 0, 0, 0, 1}]) do
              {:ok, socket} -> if :gen_tcp.close(socket) == :ok, do: nil
              {:error, _} -> "this machine has no IPv6"
            end)

  for {family, address, skip} <- [{"IPv4", "127.0.0.1", nil}, {"IPv6", "::1", @no_ipv6}] do
    {:ok, address} = :inet.parse_address(to_charlist(address))

    @tag skip: skip
    test "listens on #{family} unless told otherwise", %{test: test} do
      address = unquote(Macro.escape(address))
      station = start_station!(test, ip: :any, allow: ["127.0.0.1", "::1"])
      {:ok, socket} = :gen_tcp.connect(address, BMP.port(station), [:binary, active: false])
      :ok = :gen_tcp.send(socket, Wire.peer_up())
      eventually(fn -> Enum.any?(BMP.sessions(station), &(&1.address == address)) end)

      eventually(fn ->
        BMP.routers(station) |> elem(1) |> Enum.any?(&(&1.address == address and &1.state == :connected))
      end)

      :gen_tcp.close(socket)
      eventually(fn -> BMP.sessions(station) == [] end)
    end
  end

  test "lost framing ends the session, with the reason", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)

    log =
      capture_log(fn ->
        :gen_tcp.send(socket, [Wire.initiation("rtr"), "GET / HTTP/1.1\r\n\r\n"])
        assert closed?(socket)
        eventually(fn -> state(station, "rtr") == :disconnected end)
      end)

    assert log =~ "bmp.version at offset 13"
    assert router(station, "rtr").end_reason =~ "framing"
    assert BMP.sessions(station) == []
  end

  test "a message above the limit ends the session", %{test: test} do
    station = start_station!(test, session: [max_message_bytes: 1_000])
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), <<3, 1_001::32, 0>>])
    assert closed?(socket)
    eventually(fn -> end_reason(station, "rtr") =~ "limit" end)
  end

  test "only allowed sources may connect", %{test: test} do
    station = start_station!(test, allow: ["192.0.2.0/24"])
    watch(station, [:session, :refused])
    socket = connect!(station)
    assert closed?(socket)
    assert_receive {[:serviceradar, :bmp, :session, :refused], %{count: 1}, %{reason: :source, address: {127, 0, 0, 1}}}
    assert BMP.sessions(station) == []
  end

  test "no more sessions than allowed", %{test: test} do
    station = start_station!(test, max_sessions: 2)
    watch(station, [:session, :refused])
    sockets = for n <- 1..2, do: tap(connect!(station), &:gen_tcp.send(&1, Wire.initiation("rtr-#{n}")))
    eventually(fn -> length(BMP.sessions(station)) == 2 end)
    third = connect!(station)
    assert closed?(third)
    assert_receive {_, _, %{reason: :limit}}

    # One goes, and there is room again.
    :gen_tcp.close(hd(sockets))
    eventually(fn -> length(BMP.sessions(station)) == 1 end)
    fourth = connect!(station)
    :gen_tcp.send(fourth, Wire.initiation("rtr-4"))
    eventually(fn -> router(station, "rtr-4") end)
  end

  test "a router that says nothing for too long is disconnected", %{test: test} do
    station = start_station!(test, session: [idle_timeout: 50])

    # On a busy machine the time is over before the first message is read: such a session is of no router.
    eventually(fn ->
      socket = connect!(station)
      :gen_tcp.send(socket, Wire.initiation("rtr"))
      closed?(socket) and end_reason(station, "rtr") =~ "said nothing"
    end)
  end

  test "a session process that is killed ends like any other, and the router comes back", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announce(["198.51.100.0/24", "203.0.113.0/24"])])
    eventually(fn -> length(prefixes(station)) == 2 end)
    [%{pid: pid}] = BMP.sessions(station)

    Process.exit(pid, :kill)
    assert closed?(socket)
    eventually(fn -> state(station, "rtr") == :disconnected end)
    assert router(station, "rtr").end_reason =~ "crashed"
    assert length(prefixes(station)) == 2, "routes are held for the router to come back"
    {:ok, routes, nil} = BMP.routes(station, [])
    assert Enum.all?(routes, & &1.stale)

    # It comes back and announces only one of them: the End-of-RIB withdraws the other.
    socket = connect!(station)
    end_of_rib = Wire.route_monitoring(Wire.update([]))
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announce(["203.0.113.0/24"]), end_of_rib])
    eventually(fn -> prefixes(station) == ["203.0.113.0/24"] end)
    assert {:ok, [%{stale: false}], nil} = BMP.routes(station, [])
  end

  test "routes of a router that does not return end after the hold time", %{test: test} do
    station = start_station!(test, table: [hold_time: 1])
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), announce(["198.51.100.0/24"])])
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end)
    :gen_tcp.close(socket)
    eventually(fn -> state(station, "rtr") == :disconnected end)
    eventually(fn -> prefixes(station) == [] end, "the end of the routes", 400)
  end

  test "of two connections of one router the newer feeds the table, and neither is closed", %{test: test} do
    station = start_station!(test, session: [heartbeat: 100], table: [hold_time: 1, eor_timeout: 1])
    old = connect!(station)
    :gen_tcp.send(old, [Wire.initiation("rtr"), Wire.peer_up(), announce(["198.51.100.0/24", "203.0.113.0/24"])])
    eventually(fn -> length(prefixes(station)) == 2 end)
    new = connect!(station)
    :gen_tcp.send(new, [Wire.initiation("rtr"), Wire.peer_up(), announce(["198.51.100.0/24"])])
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end, "the end of what was not told again", 400)
    # The older one speaks on: it is told in words, and changes nothing.
    :gen_tcp.send(old, announce(["192.0.2.0/24"]))

    eventually(fn ->
      {:ok, events, _} = BMP.events(station, [])
      Enum.any?(events, &(&1.kind == "conflict" and &1.reason =~ "stands by"))
    end)

    assert prefixes(station) == ["198.51.100.0/24"]
    assert length(BMP.sessions(station)) == 2
    assert %{state: :connected} = router(station, "rtr")
  end

  test "Termination is the reason of the end", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.termination(0)])
    :gen_tcp.close(socket)
    eventually(fn -> end_reason(station, "rtr") =~ "terminat" end)
  end

  test "a router without Initiation is known by its address", %{test: test} do
    station = start_station!(test)
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.peer_up(), announce(["198.51.100.0/24"])])
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end)
    assert {:ok, [%{name: "127.0.0.1", sys_name: ""}]} = BMP.routers(station)
  end

  test "a pipeline process that is killed loses nothing", %{test: test} do
    station = start_station!(test, partitions: 1)
    socket = connect!(station)
    :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up()])
    eventually(fn -> router(station, "rtr") end)

    for n <- 1..60 do
      :gen_tcp.send(socket, announce(["10.0.#{n}.0/24"]))
      if rem(n, 15) == 0, do: Process.exit(eventually(fn -> BMP.Instance.whereis(station, {:pipeline, 0}) end), :kill)
    end

    eventually(fn -> length(prefixes(station)) == 60 end)
    assert {:ok, %{routes: 60, routers: 1, peers: 1}} = BMP.counts(station)
  end

  test "stopping hands everything over and says so", %{test: test} do
    path = Path.join(System.tmp_dir!(), "bmp-#{System.unique_integer([:positive])}.jsonl")
    on_exit(fn -> File.rm(path) end)
    station = start_station!(test, ocsf: [file: path, group_from: 1_000_000])
    watch(station, [:session, :stopped])
    watch(station, [:session, :batch])
    socket = connect!(station)
    routes = for n <- 1..2_000, into: <<>>, do: announce(["10.#{div(n, 250)}.#{rem(n, 250)}.0/24"])
    stream = Wire.initiation("rtr") <> Wire.peer_up() <> routes
    :ok = :gen_tcp.send(socket, stream)
    # What the station has read must not be lost; the kernel's buffers are the router's to send again.
    assert read(0, byte_size(stream)) == byte_size(stream)
    :ok = stop_supervised(station)

    assert closed?(socket)
    assert_receive {_, %{routes: 2_000}, %{reason: :shutdown}}
    lines = path |> File.read!() |> String.split("\n", trim: true)
    assert Enum.count(lines, &(&1 =~ "/24")) == 2_000
    assert List.last(lines) =~ "station stops"
  end

  test "a port in use is said plainly", %{test: test} do
    station = start_station!(test)
    Process.flag(:trap_exit, true)
    assert {:error, reason} = BMP.start_link(name: :"#{test} again", ip: "127.0.0.1", port: BMP.port(station))
    assert inspect(reason) =~ "address already in use. Stop the program that listens there, or choose another port"
  end

  test "a station that does not run is said plainly" do
    assert_raise ArgumentError, ~r/no station :nowhere runs/, fn -> BMP.routers(:nowhere) end
  end

  defp read(octets, wanted) when octets >= wanted, do: octets

  defp read(octets, wanted) do
    assert_receive {[_, _, :session, :batch], %{bytes: bytes}, _}, 3_000
    read(octets + bytes, wanted)
  end

  # Events of this station only: others run beside it.
  defp watch(station, event) do
    test = self()
    id = {station, event}

    handler = fn name, measurements, %{station: from} = metadata, _ ->
      if from == station, do: send(test, {name, measurements, metadata})
    end

    :ok = Telemetry.attach(id, [[:serviceradar, :bmp | event]], handler)
    on_exit(fn -> Telemetry.detach(id) end)
  end
end
