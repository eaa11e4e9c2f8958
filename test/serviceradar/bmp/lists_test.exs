defmodule ServiceRadar.BMP.ListsTest do
  # Peers and routers a page at a time: in every order the pages make what a sort of everything makes, with one table or with several, in
  # memory and at the database, and a page costs the same of ten times as many.
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.Test.Lists, only: [check_all: 2]
  import ServiceRadar.BMP.TestRouter, only: [eventually: 1, start_station!: 2, connect!: 1]

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.Order
  alias ServiceRadar.BMP.Wire

  @moduletag capture_log: true

  defp random(1), do: {10, 0, Enum.random(0..1), Enum.random(1..40)}
  defp random(2), do: {0x2001, 0xDB8, 0, 0, 0, 0, 0, Enum.random(1..40)}

  # A router with so many sessions of peers, some of which are gone, and one of which has routes; its own routes as FRR tells them.
  defp router(station, name, peers) do
    socket = connect!(station)
    own = [address: {0, 0, 0, 0}, asn: 0, bgp_id: {0, 0, 0, 0}]
    prefix = &"198.51.#{&1}.0/24"
    route = &Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: &1), &2)

    said =
      for _ <- 1..peers//1 do
        peer = [address: random(Enum.random([1, 1, 2])), asn: Enum.random(65_001..65_005)]

        [Wire.peer_up(peer), for(_ <- 1..Enum.random(1..3), do: route.([prefix.(Enum.random(0..3))], peer))] ++
          if(Enum.random(1..4) == 1, do: [Wire.peer_down(peer)], else: [])
      end

    :ok = :gen_tcp.send(socket, [Wire.initiation(name), said, route.([prefix.(0)], own)])
    socket
  end

  defp read?(station, routers) do
    {:ok, counts} = BMP.counts(station)
    health = BMP.session_health(station)
    counts.routers == routers and length(health) == routers and Enum.all?(health, &(&1.lag_us != nil))
  end

  test "in memory, in several tables" do
    station = start_station!(:lists_memory, partitions: 3)
    names = for number <- 1..12, do: Enum.random(["edge", "Edge", "ä", "core"]) <> "#{number}"
    sockets = for name <- names, do: router(station, name, Enum.random(0..25))
    eventually(fn -> read?(station, length(names)) end)
    # Some are gone: their peers are stale.
    for socket <- Enum.take(sockets, 4), do: :gen_tcp.close(socket)
    eventually(fn -> with {:ok, totals} <- BMP.totals(station), do: totals.routers_connected == 8 end)
    settled(station)
    check_all(station, "as65001 EDGE")
  end

  defp settled(station) do
    read = fn -> {BMP.peers(station), BMP.routers(station)} end
    eventually(fn -> read.() == (Process.sleep(200) && read.()) end)
  end

  # What the calling process has to do for it; what the table does is native. The smallest of several, each in a new process with room
  # enough: a garbage collection counts as work and comes when it will.
  defp reductions(fun) do
    fun.()

    Enum.min(
      for _ <- 1..5 do
        test = self()

        measure = fn ->
          {:reductions, before} = Process.info(self(), :reductions)
          fun.()
          {:reductions, now} = Process.info(self(), :reductions)
          send(test, {:reductions, now - before})
        end

        :erlang.spawn_opt(measure, [:link, min_heap_size: 4_000_000])
        receive do: ({:reductions, count} -> count)
      end
    )
  end

  test "a page of many costs what a page of few does" do
    cost =
      for count <- [150, 1_500] do
        station = start_station!(:"lists_of_#{count}", partitions: 1)
        socket = connect!(station)
        peers = for n <- 1..count, do: Wire.peer_up(address: {10, 1, div(n, 256), rem(n, 256)}, asn: 65_000 + n)
        :ok = :gen_tcp.send(socket, [Wire.initiation("big"), peers])
        eventually(fn -> match?({:ok, %{peers: ^count}}, BMP.counts(station)) end)

        for column <- Order.columns(:peers),
            do: reductions(fn -> BMP.list_peers(station, order: {column, true}, limit: 50) end)
      end

    [few, many] = Enum.map(cost, &Enum.sum/1)
    # Ten times as many peers: what reads all of them costs nearly ten times as much.
    assert many < 4 * few
  end
end
