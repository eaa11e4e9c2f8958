defmodule ServiceRadar.BMP.IdentityTest do
  @moduledoc "Who a router is: two of one name, one with two connections, one that a dead collector had."
  use ExUnit.Case, async: true

  import ServiceRadar.BMP.TestRouter

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.Wire

  @moduletag capture_log: true

  defp connect!(station, from) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, BMP.port(station), [:binary, active: false, ip: from])
    socket
  end

  defp announce(prefixes), do: Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: prefixes))
  defp begin(prefixes), do: [Wire.initiation("rtr"), Wire.peer_up(), announce(prefixes)]

  defp told(station, kind) do
    {:ok, events, _} = BMP.events(station, [])
    for %{kind: ^kind} = event <- events, do: event
  end

  test "of two routers with one name the first goes on, the other stands by, and both are told of", %{test: test} do
    station = start_station!(test, table: [eor_timeout: 1, hold_time: 2])
    first = connect!(station, {127, 0, 0, 1})
    :ok = :gen_tcp.send(first, begin(["198.51.100.0/24"]))
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end)
    second = connect!(station, {127, 0, 0, 2})
    :ok = :gen_tcp.send(second, begin(["203.0.113.0/24"]))
    [conflict] = eventually(fn -> with [] <- told(station, "conflict"), do: nil end)
    assert conflict.reason =~ "127.0.0.1" and conflict.reason =~ "127.0.0.2"
    # Past the End-of-RIB timeout and the hold time.
    Process.sleep(3_500)
    :ok = :gen_tcp.send(first, announce(["192.0.2.0/24"]))
    eventually(fn -> prefixes(station) == ["192.0.2.0/24", "198.51.100.0/24"] end)
    assert length(BMP.sessions(station)) == 2
    assert [_] = told(station, "conflict")

    # The router says so for as long as it is so.
    {:ok, [router]} = BMP.routers(station)
    {:ok, {_, port}} = :inet.sockname(second)
    assert ["127.0.0.2 port #{port} (collector #{router.collector})"] == router.standby
    :gen_tcp.close(second)
    eventually(fn -> match?({:ok, [%{standby: [], state: :connected}]}, BMP.routers(station)) end)
  end

  for identity <- [:both, :address] do
    test "known by #{identity}, two routers of one name are two", %{test: test} do
      station = start_station!(test, identity: unquote(identity))
      sockets = for last <- [1, 2], do: connect!(station, {127, 0, 0, last})
      for socket <- sockets, do: :ok = :gen_tcp.send(socket, begin(["198.51.100.0/24"]))
      eventually(fn -> prefixes(station) == ["198.51.100.0/24", "198.51.100.0/24"] end)
      assert {:ok, [_, _]} = BMP.routers(station)
      assert told(station, "conflict") == []
    end
  end

  test "a session whose collector died without a word is lost after some silence, and the gap is told", %{test: test} do
    station = start_station!(test, session: [heartbeat: 200], partitions: 1)
    socket = connect!(station, {127, 0, 0, 1})
    :ok = :gen_tcp.send(socket, begin(["198.51.100.0/24"]))
    eventually(fn -> prefixes(station) == ["198.51.100.0/24"] end)

    # As if its node were gone: nobody is left to say anything.
    [%{pid: session}] = BMP.sessions(station)
    :sys.suspend(session)
    [lost] = eventually(fn -> with [] <- told(station, "session_end"), do: nil end)
    assert lost.synthetic and lost.reason =~ "not heard"

    again = connect!(station, {127, 0, 0, 1})
    :ok = :gen_tcp.send(again, begin(["198.51.100.0/24"]))
    [gap] = eventually(fn -> with [] <- told(station, "gap"), do: nil end)
    assert gap.since_us == lost.received_at_us and gap.reason =~ "not heard"
  end
end
