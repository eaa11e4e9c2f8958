defmodule ServiceRadar.BMP.Test.Lists do
  @moduledoc "What a station's pages of peers and routers have to be: what a sort of all of them makes."

  import ExUnit.Assertions

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{Order, Peer, Router}

  # What the test sorts by, in its own words.
  defp by("router", %Peer{} = peer),
    do: {peer.router, peer.router_id, peer.peer_type, address(peer.address), peer.peer_id}

  defp by("peer", %Peer{} = peer), do: {address(peer.address), peer.peer_type, peer.peer_id}
  defp by("as", %Peer{} = peer), do: {peer.asn, peer.peer_id}
  defp by("state", %Peer{} = peer), do: {%{down: 1, stale: 2, unknown: 3, up: 4}[peer.state], peer.peer_id}
  defp by("since", %Peer{} = peer), do: {peer.state_since_us, peer.peer_id}
  defp by("routes", %Peer{} = peer), do: {peer.routes, peer.peer_id}
  defp by("change", %Peer{} = peer), do: {peer.last_change_us, peer.peer_id}
  defp by("router", %Router{} = router), do: {router.name || "", router.router_id}
  defp by("state", %Router{} = router), do: {router.state == :connected, router.name || "", router.router_id}
  defp by("address", %Router{} = router), do: {address(router.address), router.router_id}
  defp by("since", %Router{} = router), do: {router.session_started_us, router.router_id}
  defp by("peers", %Router{} = router), do: {router.peers_up, router.router_id}
  defp by("routes", %Router{} = router), do: {router.routes, router.router_id}
  defp by("change", %Router{} = router), do: {router.last_change_us, router.router_id}

  # None, then IPv4, then IPv6.
  defp address(nil), do: {0, []}
  defp address(address), do: {tuple_size(address), Tuple.to_list(address)}

  defp id(%Peer{peer_id: id}), do: id
  defp id(%Router{router_id: id}), do: id

  defp pages(ask, options) do
    {:ok, page, last} = ask.(options)
    assert length(page) <= options[:limit]
    if last, do: [page | pages(ask, Keyword.put(options, :after, last))], else: [page]
  end

  # Every order, both ways, in pages of two sizes.
  defp check(kind, all, ask, more \\ []) do
    for column <- Order.columns(kind), down? <- [false, true], limit <- [7, 100] do
      sorted = all |> Enum.sort_by(&by(column, &1), if(down?, do: :desc, else: :asc)) |> Enum.map(&id/1)
      pages = pages(ask, [order: {column, down?}, limit: limit] ++ more)
      assert {column, down?, more, sorted} == {column, down?, more, pages |> List.flatten() |> Enum.map(&id/1)}
      # All but the last are full.
      assert pages |> Enum.drop(-1) |> Enum.all?(&(length(&1) == limit))
    end
  end

  @doc "Every order of peers and of routers, with every filter; `words` are to find some of the peers, but not all."
  def check_all(station, words) do
    {:ok, peers} = BMP.peers(station)
    {:ok, routers} = BMP.routers(station)
    {:ok, names} = BMP.router_names(station)
    assert Enum.sort(names) == routers |> Enum.map(&Map.take(&1, [:router_id, :name, :address])) |> Enum.sort()

    assert {:ok, %{peers: length(peers), routers: length(routers)}} ==
             with({:ok, counts} <- BMP.counts(station), do: {:ok, Map.take(counts, [:peers, :routers])})

    ask = &BMP.list_peers(station, &1)
    check(:peers, peers, ask)
    check(:routers, routers, &BMP.list_routers(station, &1))

    router = routers |> Enum.max_by(& &1.peers) |> Map.fetch!(:router_id)
    check(:peers, Enum.filter(peers, &(&1.router_id == router)), ask, router: router)
    check(:peers, Enum.filter(peers, &(&1.state in [:down, :stale])), ask, state: "trouble")

    {address, many} = peers |> Enum.frequencies_by(& &1.address) |> Enum.max_by(&elem(&1, 1))
    assert many > 1 and many < length(peers)
    check(:peers, Enum.filter(peers, &(&1.address == address)), ask, address: address)
    assert BMP.count_peers(station, address: address) == {:ok, many}

    # What each table holds, and nothing else.
    {:ok, held} = BMP.held(station)

    assert Enum.sort(held) ==
             for(
               peer <- peers,
               rib <- peer.ribs,
               rib.routes > 0,
               do: rib |> Map.take([:view, :afi, :safi, :routes]) |> Map.merge(Map.take(peer, [:router_id, :peer_id]))
             )
             |> Enum.sort()

    found =
      Enum.filter(peers, fn peer ->
        said = String.downcase("#{:inet.ntoa(peer.address)} as#{peer.asn} #{peer.router} #{peer.table_name}")
        words |> String.downcase() |> String.split() |> Enum.all?(&String.contains?(said, &1))
      end)

    assert found != [] and length(found) < length(peers)
    check(:peers, found, ask, find: words)
    assert BMP.count_peers(station, find: words) == {:ok, length(found)}
    assert BMP.count_peers(station, state: "trouble") == {:ok, Enum.count(peers, &(&1.state in [:down, :stale]))}

    # One and some by their ids, and what there is of all and of one.
    [one, other | _] = Enum.shuffle(peers)
    assert BMP.peer(station, one.peer_id) == {:ok, one}
    assert BMP.peer(station, "no such") == {:ok, nil}
    assert BMP.peer(station, "11111111-1111-1111-1111-111111111111") == {:ok, nil}
    {:ok, both} = BMP.some_peers(station, [one.peer_id, other.peer_id, one.peer_id])
    assert Enum.sort(both) == Enum.sort([one, other])
    assert BMP.router(station, router) == {:ok, Enum.find(routers, &(&1.router_id == router))}
    assert BMP.router(station, "no such") == {:ok, nil}

    for {options, of} <- [{[], peers}, {[router: router], Enum.filter(peers, &(&1.router_id == router))}] do
      {:ok, totals} = BMP.totals(station, options)

      sessions =
        Enum.reject(of, &(&1.asn == 0 and &1.peer_type == 0 and &1.address in [{0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}]))

      assert totals.sessions == length(sessions)
      assert totals.sessions_up == Enum.count(sessions, &(&1.state == :up))
      assert totals.sessions_troubled == Enum.count(sessions, &(&1.state in [:down, :stale]))

      families =
        for(peer <- of, rib <- peer.ribs, do: {{rib.afi, rib.safi}, rib.routes})
        |> Enum.group_by(&elem(&1, 0), &elem(&1, 1))

      assert totals.families == Map.new(families, fn {family, routes} -> {family, Enum.sum(routes)} end)
    end

    assert routers |> Enum.map(& &1.sessions) |> Enum.sum() ==
             with({:ok, totals} <- BMP.totals(station), do: totals.sessions)

    assert {:error, %ArgumentError{}} = BMP.list_peers(station, order: {"no such", false})
  end
end
