defmodule ServiceRadar.BMPWeb.Timeline do
  @moduledoc """
  A prefix through time: of each peer's table a lane, with the time that each of its paths was there.

      iex> announced = %{change: :announce, received_at_us: 10, generation: 1, sequence: 1, router: "edge", peer: {10, 0, 0, 1}, peer_id: "1",
      ...>   peer_asn: 1, view: :loc_rib, nlri: "", path_id: nil, as_path: [1, 2], next_hop: {10, 0, 0, 1}, med: nil, communities: []}
      iex> withdrawn = %{announced | change: :withdraw, received_at_us: 30}
      iex> [lane] = ServiceRadar.BMPWeb.Timeline.lanes([], [withdrawn, announced], 0, 100)
      iex> {lane.peer, for(span <- lane.spans, do: {span.from_us, span.until_us, span.route.as_path})}
      {{10, 0, 0, 1}, [{10, 30, [1, 2]}]}
      iex> ServiceRadar.BMPWeb.Timeline.at([lane], 20) |> Enum.map(fn {_lane, route} -> route.as_path end)
      [[1, 2]]
      iex> ServiceRadar.BMPWeb.Timeline.at([lane], 30)
      []
  """

  @type span :: %{from_us: integer, until_us: integer, route: map}
  @type lane :: %{
          key: term,
          router: String.t(),
          peer: :inet.ip_address(),
          peer_id: String.t(),
          peer_asn: integer,
          view: atom,
          path_id: integer | nil,
          spans: [span]
        }

  @doc """
  The lanes between two moments, in microseconds since 1970: of what was there at the first (`before`, routes) and of what changed
  since (`changes`, the newest first, as `ServiceRadar.BMP.history/2` gives them).
  """
  @spec lanes(before :: [map], changes :: [map], from_us :: integer, until_us :: integer) :: [lane]
  def lanes(before, changes, from_us, until_us) do
    told = for route <- before, do: Map.merge(route, %{change: :announce, received_at_us: from_us})

    (told ++ Enum.reverse(changes))
    |> Enum.group_by(&key/1)
    |> Enum.map(fn {key, [first | _] = told} ->
      first
      |> Map.take([:router, :peer, :peer_id, :peer_asn, :view, :path_id])
      |> Map.merge(%{key: key, spans: spans(told, until_us)})
    end)
    |> Enum.sort_by(&{&1.router, &1.peer, &1.view, &1.path_id, &1.key})
  end

  @doc "Which lane a route or a change belongs to."
  @spec key(map) :: term
  def key(told), do: {told.peer_id, told.view, told.nlri, told.path_id}

  # What lasts until the next change; the last one until the end.
  defp spans(told, until_us) do
    told
    |> Enum.zip(Enum.drop(Enum.map(told, & &1.received_at_us), 1) ++ [until_us])
    |> Enum.reject(fn {one, _until} -> one.change == :withdraw end)
    |> Enum.map(fn {one, until} -> %{from_us: one.received_at_us, until_us: until, route: one} end)
  end

  @doc "What was there at a moment, by lane."
  @spec at([lane], integer) :: [{lane, map}]
  def at(lanes, at_us) do
    for lane <- lanes,
        span <- lane.spans,
        span.from_us <= at_us and at_us < span.until_us,
        do: {lane, span.route}
  end

  @doc "When something changed, in order, each moment once."
  @spec moments([lane]) :: [integer]
  def moments(lanes) do
    lanes |> Enum.flat_map(& &1.spans) |> Enum.flat_map(&[&1.from_us, &1.until_us]) |> Enum.uniq() |> Enum.sort()
  end

  @doc "Numbers of the paths, the one that was there for longest first: by them they have their colours."
  @spec paths([lane]) :: %{[integer] => non_neg_integer}
  def paths(lanes) do
    lanes
    |> Enum.flat_map(& &1.spans)
    |> Enum.group_by(& &1.route.as_path, &(&1.until_us - &1.from_us))
    |> Enum.sort_by(fn {path, times} -> {-Enum.sum(times), path} end)
    |> Enum.with_index()
    |> Map.new(fn {{path, _times}, number} -> {path, number} end)
  end
end
