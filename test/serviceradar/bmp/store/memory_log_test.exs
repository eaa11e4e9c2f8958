defmodule ServiceRadar.BMP.Store.Memory.LogTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.Store.Memory.Log

  defp event(time, router \\ "r1", peer \\ nil),
    do: %{received_at_us: time, router_id: router, peer_id: peer, kind: "peer_up"}

  defp times({:ok, events, cursor}), do: {Enum.map(events, & &1.received_at_us), cursor}

  test "events are given newest first, page by page, of a router or peer" do
    log = Log.new()
    events = [event(1), event(2, "r2"), event(3, "r1", "p"), event(3, "r2"), event(4, "r1", "p")]
    for one <- events, do: Log.add(log, %{events: [one], statistics: []})

    assert {[4, 3, 3, 2, 1], nil} = times(Log.events(log, limit: 10))
    assert {[4, 3, 1], nil} = times(Log.events(log, limit: 10, router: "r1"))
    assert {[4, 3], nil} = times(Log.events(log, limit: 10, peer: "p"))
    assert {[4, 3], cursor} = times(Log.events(log, limit: 2))
    assert {[3, 2], cursor} = times(Log.events(log, limit: 2, cursor: cursor))
    assert {[1], nil} = times(Log.events(log, limit: 2, cursor: cursor))
    assert {[], nil} = times(Log.events(Log.new(), limit: 2))
  end

  test "no more than 10,000 events are kept, the latest" do
    log = Log.new()
    Log.add(log, %{events: Enum.map(1..10_005, &event/1), statistics: []})
    assert {times, nil} = times(Log.events(log, limit: 20_000))
    assert {hd(times), List.last(times), length(times)} == {10_005, 6, 10_000}
  end

  test "of a counter the newest value is kept" do
    log = Log.new()
    counter = %{peer_id: "p", type: 7, afi: nil, safi: nil, value: 1, received_at_us: 1}
    Log.add(log, %{events: [], statistics: [counter, %{counter | peer_id: "q"}, %{counter | type: 9, afi: 1, safi: 1}]})
    Log.add(log, %{events: [], statistics: [%{counter | value: 5, received_at_us: 2}]})
    assert [%{type: 7, value: 5, received_at_us: 2}, %{type: 9, afi: 1, value: 1}] = Log.statistics(log, "p")
    assert [%{type: 7, points: [_, {2, 5}]}, %{type: 9, points: [_]}] = Log.statistics_series(log, "p", 0, 9)
    assert [%{type: 7, points: [{2, 5}]}, %{type: 9, points: []}] = Log.statistics_series(log, "p", 2, 9)
  end

  test "of a router the last thing that could not be decoded is known, however much came of others since" do
    log = Log.new()
    letter = fn time, router -> %{received_at_us: time, router_id: router, raw: <<time::32>>, reason: "no #{time}"} end
    Log.add_dead_letters(log, [letter.(1, "quiet"), letter.(2, "quiet"), letter.(3, nil)])
    Log.add_dead_letters(log, for(time <- 4..1_100, do: letter.(time, "loud")))
    assert [%{reason: "no 2", octets: 4, id: id} = quiet, loud] = Log.last_dead_letters(log, ["quiet", "none", "loud"])
    refute Map.has_key?(quiet, :raw)
    # Its octets have given way to later ones.
    assert Log.dead_letter(log, id) == nil
    assert %{reason: "no 1100"} = loud
    assert %{raw: <<1_100::32>>} = Log.dead_letter(log, loud.id)
  end
end
