defmodule ServiceRadar.BMP.Order do
  @moduledoc """
  Peers and routers in the order of one of their columns, a page at a time: for the pages and for the JSON endpoints.

  A store gives the first rows after the last one of the page before, in any order and maybe some more; `page/5` makes a page of them. A
  page begins after the last row of the page before, and not after so many rows: what comes and goes meanwhile moves no row from one
  page to another.

      iex> routers = for routes <- [3, 9, 5], do: %{routes: routes, router_id: "r\#{routes}"}
      iex> {page, last} = ServiceRadar.BMP.Order.page(routers, :routers, {"routes", true}, nil, 2)
      iex> {Enum.map(page, & &1.routes), last}
      {[9, 5], {[5], "r5"}}
      iex> ServiceRadar.BMP.Order.page(routers, :routers, {"routes", true}, last, 2)
      {[%{routes: 3, router_id: "r3"}], nil}
  """

  @type kind :: :peers | :routers
  @type column :: String.t()
  @typedoc "A column, and whether the highest come first."
  @type t :: {column, down? :: boolean}
  @typedoc "What a row is ordered by, one part after the other, and its id."
  @type key :: {by :: [term], id :: String.t()}

  # Each column's name in a URL, and whether it is down when it is chosen. The first is the default.
  @columns %{
    peers: [router: false, peer: false, as: false, state: false, since: true, routes: true, change: true],
    routers: [router: false, state: false, address: false, since: true, peers: true, routes: true, change: true]
  }

  @doc "The columns of a kind: the first is the default."
  @spec columns(kind) :: [column]
  def columns(kind), do: for({name, _} <- @columns[kind], do: to_string(name))

  @doc "How the rows come when a column is chosen."
  @spec of_column(kind, column) :: t
  def of_column(kind, name),
    do: Enum.find_value(@columns[kind], &(to_string(elem(&1, 0)) == name && {name, elem(&1, 1)}))

  @doc "What `sort` and `order` of a URL ask for; what cannot be read is the default."
  @spec read(kind, sort :: term, order :: term) :: t
  def read(kind, sort, order) do
    names = columns(kind)
    {name, down?} = of_column(kind, if(sort in names, do: sort, else: hd(names)))
    {name, Map.get(%{"asc" => false, "desc" => true}, order, down?)}
  end

  @doc "A page of rows after the key of the last one of the page before, and the key of its own last one where there are more."
  @spec page([map], kind, t, key | nil, limit :: pos_integer) :: {[map], last :: key | nil}
  def page(rows, kind, {name, down?}, after_key, limit) do
    keyed = for row <- rows, key = {by(kind, name, row), id(kind, row)}, follows?(key, after_key, down?), do: {key, row}
    sorted = Enum.sort_by(keyed, &elem(&1, 0), if(down?, do: :desc, else: :asc))
    {page, more} = Enum.split(sorted, limit)
    {Enum.map(page, &elem(&1, 1)), if(more != [], do: page |> List.last() |> elem(0))}
  end

  defp follows?(_key, nil, _down?), do: true
  defp follows?(key, last, true), do: key < last
  defp follows?(key, last, false), do: key > last

  defp id(:peers, peer), do: peer.peer_id
  defp id(:routers, router), do: router.router_id

  defp by(_kind, "routes", row), do: [row.routes]
  defp by(_kind, "change", row), do: [row.last_change_us || 0]
  defp by(:peers, "router", peer), do: [peer.router, peer.router_id, peer.peer_type, peer.address]
  defp by(:peers, "peer", peer), do: [peer.address, peer.peer_type]
  defp by(:peers, "as", peer), do: [peer.asn]
  # What is wrong comes first.
  defp by(:peers, "state", peer), do: [Enum.find_index([:down, :stale, :unknown, :up], &(&1 == peer.state))]
  defp by(:peers, "since", peer), do: [peer.state_since_us || 0]
  defp by(:routers, "router", router), do: [router.name]
  defp by(:routers, "state", router), do: [router.state == :connected, router.name]
  defp by(:routers, "address", router), do: [router.address]
  defp by(:routers, "since", router), do: [router.session_started_us || 0]
  defp by(:routers, "peers", router), do: [router.peers_up]
end
