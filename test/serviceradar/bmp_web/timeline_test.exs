defmodule ServiceRadar.BMPWeb.TimelineTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMPWeb.Timeline

  doctest Timeline

  defp told(change, at, path, more \\ %{}) do
    Map.merge(
      %{
        change: change,
        received_at_us: at,
        generation: 1,
        sequence: at,
        router: "edge",
        peer: {10, 0, 0, 1},
        peer_id: "1"
      },
      Map.merge(%{peer_asn: 1, view: :loc_rib, nlri: "x", path_id: nil, as_path: path, next_hop: nil}, more)
    )
  end

  test "what was there before lasts until its first change, and what is there lasts until the end" do
    before = told(:announce, 0, [1]) |> Map.delete(:change)
    changes = [told(:announce, 70, [3]), told(:withdraw, 60, []), told(:change, 50, [2])]
    [lane] = lanes = Timeline.lanes([before], changes, 10, 100)

    assert for(%{from_us: from, until_us: until, route: route} <- lane.spans, do: {from, until, route.as_path}) ==
             [{10, 50, [1]}, {50, 60, [2]}, {70, 100, [3]}]

    assert Timeline.moments(lanes) == [10, 50, 60, 70, 100]

    assert for(at <- [10, 49, 50, 60, 69, 70], do: for({_, route} <- Timeline.at(lanes, at), do: route.as_path)) ==
             [[[1]], [[1]], [[2]], [], [], [[3]]]

    assert Timeline.paths(lanes) == %{[1] => 0, [3] => 1, [2] => 2}
  end

  test "tables of other peers, views and path identifiers are lanes of their own" do
    changes =
      for more <- [%{}, %{peer_id: "2"}, %{view: :adj_rib_in_pre}, %{path_id: 7}], do: told(:announce, 20, [1], more)

    assert length(Timeline.lanes([], changes, 0, 100)) == 4
  end
end
