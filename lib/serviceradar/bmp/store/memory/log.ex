defmodule ServiceRadar.BMP.Store.Memory.Log do
  @moduledoc false
  # The latest events and the newest value of every counter, in ETS: no more than so many of each.

  @most_events 10_000
  @most_counters 100_000

  @type t :: {events :: :ets.table(), counters :: :ets.table()}

  @spec new :: t
  def new do
    options = [:ordered_set, :public, read_concurrency: true]
    {:ets.new(__MODULE__.Events, options), :ets.new(__MODULE__.Counters, options)}
  end

  @doc "Adds the events and counters of `t:ServiceRadar.BMP.Deltas.changes/0`."
  @spec add(t, map) :: :ok
  def add({events, counters}, changes) do
    for event <- changes.events, do: :ets.insert(events, {{event.received_at_us, unique()}, event})
    for one <- changes.statistics, do: put(counters, one)
    trim(events, :ets.info(events, :size) - @most_events)
  end

  # In the order of what the router said, also within a microsecond.
  defp unique, do: System.unique_integer([:monotonic])

  # A router may make up types; then new ones are not kept.
  defp put(counters, one) do
    key = {one.peer_id, one.type, one.afi, one.safi}

    if :ets.member(counters, key) or :ets.info(counters, :size) < @most_counters,
      do: :ets.insert(counters, {key, Map.delete(one, :peer_id)})
  end

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
  def events({events, _}, options) do
    wanted = fn event ->
      options[:router] in [nil, event.router_id] and options[:peer] in [nil, event.peer_id]
    end

    start = options[:cursor] || :ets.last(events)
    before(events, start, wanted, options[:limit] || 100, [])
  end

  defp before(_events, :"$end_of_table", _wanted, _left, found), do: {:ok, Enum.reverse(found), nil}
  defp before(_events, key, _wanted, 0, found), do: {:ok, Enum.reverse(found), key}

  defp before(events, key, wanted, left, found) do
    previous = :ets.prev(events, key)

    case :ets.lookup(events, key) do
      [{_, event}] ->
        if wanted.(event),
          do: before(events, previous, wanted, left - 1, [event | found]),
          else: before(events, previous, wanted, left, found)

      [] ->
        before(events, previous, wanted, left, found)
    end
  end

  @doc "The counters of a peer, as `c:ServiceRadar.BMP.Store.statistics/2`."
  @spec statistics(t, String.t()) :: [map]
  def statistics({_, counters}, peer_id), do: :ets.select(counters, [{{{peer_id, :_, :_, :_}, :"$1"}, [], [:"$1"]}])
end
