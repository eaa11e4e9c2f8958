defmodule ServiceRadar.BMP.Store.Memory.Log do
  @moduledoc false
  # The latest events, the newest value of every counter, the latest dead letters and of each router the last one, in ETS: no more than so
  # many of each.

  @most_events 10_000
  @most_counters 100_000
  # Of so many counters the latest values are kept; where there are more, the newest alone.
  @most_series 5_000
  @most_points 120
  @most_letters 1_000
  @most_letter_octets 16 * 1024 * 1024
  # Of so many routers the last one is known also when later ones of others have taken its place. Its octets are gone then.
  @most_last 10_000

  @type t :: {events :: :ets.table(), counters :: :ets.table(), letters :: :ets.table(), last :: :ets.table()}

  @spec new :: t
  def new do
    options = [:ordered_set, :public, read_concurrency: true]

    {:ets.new(__MODULE__.Events, options), :ets.new(__MODULE__.Counters, options),
     :ets.new(__MODULE__.Letters, options), :ets.new(__MODULE__.Last, options)}
  end

  @doc "Adds the events and counters of `t:ServiceRadar.BMP.Deltas.changes/0`."
  @spec add(t, map) :: :ok
  def add({events, counters, _, _}, changes) do
    for event <- changes.events, do: :ets.insert(events, {{event.received_at_us, unique()}, event})
    for one <- changes.statistics, do: put(counters, one)
    trim(events, :ets.info(events, :size) - @most_events)
  end

  # In the order of what the router said, also within a microsecond.
  defp unique, do: System.unique_integer([:monotonic])

  # A router may make up types; then new ones are not kept.
  defp put(counters, one) do
    key = {one.peer_id, one.type, one.afi, one.safi}

    size = :ets.info(counters, :size)

    points =
      case :ets.lookup(counters, key) do
        [{_, _, points}] -> points
        [] -> if size < @most_counters, do: []
      end

    point = {one.received_at_us, one.value}
    points = if size < @most_series, do: points && Enum.take([point | points], @most_points), else: points && [point]
    if points, do: :ets.insert(counters, {key, Map.delete(one, :peer_id), points})
  end

  @doc "Adds what `ServiceRadar.BMP.Deltas.dead_letters/1` gives."
  @spec add_dead_letters(t, [map]) :: :ok
  def add_dead_letters({_, counters, letters, last}, all) do
    for letter <- all do
      key = {letter.received_at_us, unique()}
      :ets.insert(letters, {key, letter})
      if letter.router_id, do: put_last(last, letter.router_id, key, letter)
      octets = :ets.update_counter(counters, :letter_octets, byte_size(letter.raw), {:letter_octets, 0})
      trim_letters(letters, counters, octets)
    end

    :ok
  end

  # The letters of a router come from one process: nobody else writes its row.
  defp put_last(last, router_id, key, letter) do
    newer? =
      case :ets.lookup(last, router_id) do
        [{_, there, _}] -> key > there
        [] -> :ets.info(last, :size) < @most_last
      end

    if newer?, do: :ets.insert(last, {router_id, key, letter |> kept(key) |> Map.delete(:raw)})
  end

  # The oldest give way, but the newest is kept however long it is.
  defp trim_letters(letters, counters, octets) do
    size = :ets.info(letters, :size)

    with true <- size > @most_letters or (octets > @most_letter_octets and size > 1),
         [{_, letter}] <- :ets.take(letters, :ets.first(letters)) do
      octets = :ets.update_counter(counters, :letter_octets, -byte_size(letter.raw))
      trim_letters(letters, counters, octets)
    end
  end

  @doc "Newest first, as `c:ServiceRadar.BMP.Store.dead_letters/2`."
  @spec dead_letters(t, keyword) :: {:ok, [map], cursor :: term | nil}
  def dead_letters({_, _, letters, _}, options) do
    start = options[:cursor] || :ets.last(letters)
    wanted = &(options[:router] in [nil, &1.router_id])
    {:ok, found, cursor} = before(letters, start, wanted, options[:limit] || 100, [], &{&1, &2})
    {:ok, for({key, letter} <- found, do: letter |> kept(key) |> Map.delete(:raw)), cursor}
  end

  @doc "The newest of each of the routers, as `c:ServiceRadar.BMP.Store.last_dead_letters/2`."
  @spec last_dead_letters(t, [String.t()]) :: [map]
  def last_dead_letters({_, _, _, last}, router_ids),
    do: for(id <- router_ids, {_, _, letter} <- :ets.lookup(last, id), do: letter)

  @doc "One by its id, as `c:ServiceRadar.BMP.Store.dead_letter/2`."
  @spec dead_letter(t, String.t()) :: map | nil
  def dead_letter({_, _, letters, _}, id) do
    with [_, time, number] <- Regex.run(~r/^(\d{1,20}):(-?\d{1,20})$/, id),
         key = {String.to_integer(time), String.to_integer(number)},
         [{_, letter}] <- :ets.lookup(letters, key) do
      kept(letter, key)
    else
      _ -> nil
    end
  end

  defp kept(letter, {time, number}), do: Map.merge(letter, %{id: "#{time}:#{number}", octets: byte_size(letter.raw)})

  defp trim(_events, surplus) when surplus <= 0, do: :ok

  defp trim(events, surplus) do
    # Another partition may have trimmed it meanwhile.
    case :ets.first(events) do
      :"$end_of_table" ->
        :ok

      oldest ->
        :ets.delete(events, oldest)
        trim(events, surplus - 1)
    end
  end

  @doc "Newest first, as `c:ServiceRadar.BMP.Store.events/2`."
  @spec events(t, keyword) :: {:ok, [map], cursor :: term | nil}
  def events({events, _, _, _}, options) do
    wanted = fn event ->
      options[:router] in [nil, event.router_id] and options[:peer] in [nil, event.peer_id]
    end

    start = options[:cursor] || :ets.last(events)
    before(events, start, wanted, options[:limit] || 100, [], fn _key, event -> event end)
  end

  defp before(_table, :"$end_of_table", _wanted, _left, found, _as), do: {:ok, Enum.reverse(found), nil}
  defp before(_table, key, _wanted, 0, found, _as), do: {:ok, Enum.reverse(found), key}

  defp before(table, key, wanted, left, found, as) do
    previous = :ets.prev(table, key)

    with [{_, row}] <- :ets.lookup(table, key), true <- wanted.(row) do
      before(table, previous, wanted, left - 1, [as.(key, row) | found], as)
    else
      _ -> before(table, previous, wanted, left, found, as)
    end
  end

  @doc "The counters of a peer, as `c:ServiceRadar.BMP.Store.statistics/2`."
  @spec statistics(t, String.t()) :: [map]
  def statistics({_, counters, _, _}, peer_id),
    do: :ets.select(counters, [{{{peer_id, :_, :_, :_}, :"$1", :_}, [], [:"$1"]}])

  @doc "Their latest values between two moments, as `c:ServiceRadar.BMP.Store.statistics_series/4`."
  @spec statistics_series(t, String.t(), integer, integer) :: [map]
  def statistics_series({_, counters, _, _}, peer_id, from, until) do
    for [type, afi, safi, points] <- :ets.match(counters, {{peer_id, :"$1", :"$2", :"$3"}, :_, :"$4"}) do
      within = for {at, _} = point <- Enum.reverse(points), at >= from and at <= until, do: point
      %{type: type, afi: afi, safi: safi, points: within}
    end
  end
end
