defmodule ServiceRadar.BMPWeb.WholeTables do
  @moduledoc false
  # How many routes match a query that asks for whole tables only: of a router, a peer, a view, a family. Each table knows how many it
  # holds, so that nothing is counted; and no more peers are asked for than it is about.

  alias ServiceRadar.BMP

  @filters [:router, :peer, :peer_id, :view, :family]

  @doc "Whether a query is such a one."
  @spec asked?(keyword) :: boolean
  def asked?(query), do: Keyword.keys(query) -- [:limit | @filters] == []

  @doc "As `ServiceRadar.BMP.count_routes/2`, without counting; but for a view of all peers, and for an address that many peers have."
  @spec routes(BMP.Config.name(), keyword) ::
          {:ok, non_neg_integer | {:more_than, pos_integer} | :not_known} | {:error, term}
  def routes(station, query) do
    cond do
      query[:peer_id] ->
        with {:ok, peer} <- BMP.peer(station, query[:peer_id]), do: {:ok, sum(List.wrap(peer), query)}

      query[:peer] ->
        of_address(station, query)

      query[:view] ->
        count(station, query)

      true ->
        with {:ok, %{families: families}} <- BMP.totals(station, router: query[:router]),
             do: {:ok, Enum.sum(for {family, routes} <- families, query[:family] in [nil, family], do: routes)}
    end
  end

  defp of_address(station, query) do
    case BMP.list_peers(station, address: query[:peer], router: query[:router], order: {"peer", false}) do
      {:ok, peers, nil} -> {:ok, sum(peers, query)}
      {:ok, _some, _more} -> count(station, query)
      error -> error
    end
  end

  defp count(station, query), do: BMP.count_routes(station, Keyword.delete(query, :limit))

  defp sum(peers, query),
    do: Enum.sum(for peer <- peers, peer?(peer, query), rib <- peer.ribs, rib?(rib, query), do: rib.routes)

  defp peer?(peer, query), do: query[:peer] in [nil, peer.address] and query[:router] in [nil, peer.router_id]
  defp rib?(rib, query), do: query[:view] in [nil, rib.view] and query[:family] in [nil, {rib.afi, rib.safi}]
end
