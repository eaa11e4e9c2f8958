defmodule ServiceRadar.BMP.Feed do
  @moduledoc """
  The routing topology as it is now, and its changes: what the map draws.

  A picture of nodes, links and routes is kept in native memory (the crate `feed`) while somebody watches, and for a minute after.
  Who watches gets an Arrow IPC stream, octets after octets, with `watch/1` and `next/1`: the picture first, then what has changed.
  There is no queue: a client that is slow gets what has changed since its last octets, each thing once and as it is now.

  Each node with a pipeline draws the partitions that it owns. Where there are several such nodes, their streams become one.
  """
  use GenServer

  alias ServiceRadar.BMP.{Config, Deltas, Elsewhere, Instance, Native, RoutingTable, Store}
  alias ServiceRadar.BMP.Feed.Relay

  @tick 1_000
  # How long the feed is kept when nobody watches it any more, in ticks.
  @kept 60

  @enforce_keys [:ref]
  # Of a stream that is put together from those of several nodes: each of these, by node.
  defstruct [:ref, :station, parts: []]

  @opaque stream :: %__MODULE__{ref: reference | pid, station: Config.name() | nil, parts: [{node, stream}]}

  @doc false
  def child_spec(%Config{} = config) do
    name = Instance.via(config.name, :feed, nil)
    %{id: __MODULE__, start: {GenServer, :start_link, [__MODULE__, config, [name: name]]}}
  end

  @doc """
  A stream of its own for the calling process, of all nodes that draw: see `nodes/1`. `{:error, :no_feed}` where there is none.
  """
  @spec watch(Config.name()) :: {:ok, stream} | {:error, :no_feed | term}
  def watch(station) do
    case nodes(station) do
      [] -> watch_here(station)
      [node] -> watch_on(node, station)
      nodes -> watch_all(nodes, station, [])
    end
  end

  defp watch_on(node, station) when node == node(), do: watch_here(station)

  defp watch_on(node, station) do
    with {:ok, relay} <- Relay.start(node, station), do: {:ok, %__MODULE__{ref: relay}}
  end

  defp watch_all([node | nodes], station, parts) do
    with {:ok, stream} <- watch_on(node, station), do: watch_all(nodes, station, [{node, stream} | parts])
  end

  defp watch_all([], station, parts) do
    with {:ok, ref} <- Native.feed_merge(length(parts)),
         do: {:ok, %__MODULE__{ref: ref, station: station, parts: Enum.reverse(parts)}}
  end

  @doc "The nodes that draw: this one first, where it does."
  @spec nodes(Config.name()) :: [node]
  def nodes(station) do
    here = if Instance.whereis(station, :feed), do: [node()], else: []
    here ++ Elsewhere.nodes(station, :feed)
  end

  @doc false
  def watch_here(station) do
    Instance.config!(station)

    with pid when is_pid(pid) <- Instance.whereis(station, :feed) || {:error, :no_feed},
         {:ok, ref} <- GenServer.call(pid, {:watch, self()}),
         do: {:ok, %__MODULE__{ref: ref}}
  end

  @doc """
  The next octets of the stream; nil where nothing has changed since the last. After an error it is over, and is to be watched anew: so it
  is when another node begins to draw, or one stops.
  """
  @spec next(stream) :: {:ok, binary | nil} | {:error, String.t()}
  def next(%__MODULE__{ref: relay}) when is_pid(relay), do: Relay.next(relay)
  def next(%__MODULE__{ref: ref, parts: []}), do: Native.feed_next(ref, System.system_time(:microsecond))

  def next(%__MODULE__{ref: ref, parts: parts} = stream) do
    with :ok <- same_nodes(stream),
         {:ok, octets} <- each_next(parts, []),
         do: Native.feed_merge_next(ref, octets, System.system_time(:microsecond))
  end

  defp same_nodes(%{station: station, parts: parts}) do
    if nodes(station) == Enum.map(parts, &elem(&1, 0)), do: :ok, else: {:error, "other nodes draw the map now"}
  end

  defp each_next([{_node, stream} | parts], found) do
    with {:ok, octets} <- next(stream), do: each_next(parts, [octets | found])
  end

  defp each_next([], found), do: {:ok, Enum.reverse(found)}

  @doc """
  The picture as it was at a moment: a whole Arrow IPC stream, that of `watch/1` up to its first changes. Of alerts and verdicts it
  has none. `{:error, :not_kept}` where the store keeps no history.
  """
  @spec at(Config.name(), DateTime.t()) :: {:ok, binary} | {:error, :not_kept | term}
  def at(station, %DateTime{} = at) do
    with {:ok, table} <- Store.ask_where_kept(Instance.config!(station), :table_at, [at, Native.feed_most_routes()]) do
      feed = Native.feed_new(Instance.value(station, :insight))
      :ok = Native.feed_load(feed, table.ref)
      Native.feed_whole(feed, DateTime.to_unix(at, :microsecond))
    end
  end

  @doc """
  Tells it what a batch changed. Called by the partitions' processes, each with its table once before: see `table/3`.
  """
  @spec tell(Config.t(), Deltas.t()) :: :ok
  def tell(config, %Deltas{ref: deltas}) do
    feed = Instance.value(config.name, :feed)
    if feed, do: Native.feed_apply(feed, deltas)
    :ok
  end

  @doc "Alerts or verdicts are other ones now."
  @spec find(Config.t()) :: :ok
  def find(config) do
    feed = Instance.value(config.name, :feed)
    insight = Instance.value(config.name, :insight)
    if feed && insight, do: Native.feed_find(feed, insight, System.system_time(:millisecond))
    :ok
  end

  @doc "The calling process is a partition's, and this is its table from now on."
  @spec table(Config.t(), non_neg_integer, RoutingTable.t()) :: :ok
  def table(config, partition, table) do
    owner = self()

    case Instance.register(config.name, {:table, partition}, table) do
      {:error, {:already_registered, ^owner}} -> Instance.put_value(config.name, {:table, partition}, table)
      # Of another process, which has the partition still or again: that one's table is drawn.
      _ -> :ok
    end
  end

  @impl GenServer
  def init(config) do
    :ok = Elsewhere.join(config.name, :feed)
    {:ok, %{config: config, feed: nil, tables: [], watchers: %{}, idle: 0}}
  end

  @impl GenServer
  def handle_call({:watch, pid}, _from, state) do
    state = draw(state, tables(state.config))
    state = %{state | watchers: Map.put(state.watchers, Process.monitor(pid), pid)}
    {:reply, Native.feed_stream(state.feed), state}
  end

  @impl GenServer
  def handle_info({:DOWN, monitor, :process, _pid, _reason}, state),
    do: {:noreply, %{state | watchers: Map.delete(state.watchers, monitor), idle: 0}}

  def handle_info(:tick, %{feed: nil} = state), do: {:noreply, state}

  def handle_info(:tick, state) do
    idle = if state.watchers == %{}, do: state.idle + 1, else: 0
    tables = tables(state.config)
    # Verdicts grow old, even where nothing new is said.
    find(state.config)
    poisoned? = Native.feed_tick(state.feed, System.system_time(:microsecond)) == :poisoned
    state = %{state | idle: idle}

    cond do
      idle > @kept ->
        {:noreply, forget(state)}

      # A partition came or went, or its table was loaded again: every watcher begins anew.
      poisoned? or tables != state.tables ->
        for {_, pid} <- state.watchers, do: send(pid, {__MODULE__, :begin_anew})
        {:noreply, state |> forget() |> draw(tables)}

      true ->
        Process.send_after(self(), :tick, @tick)
        {:noreply, state}
    end
  end

  # Changes are told to it from before it is loaded on, so that none is missed; one that is told twice changes nothing.
  defp draw(%{feed: nil} = state, tables) do
    feed = Native.feed_new(Instance.value(state.config.name, :insight))
    Instance.put_value(state.config.name, :feed, feed)
    for {_, %RoutingTable{ref: table}} <- tables, do: Native.feed_load(feed, table)
    find(state.config)
    Process.send_after(self(), :tick, @tick)
    %{state | feed: feed, tables: tables, idle: 0}
  end

  defp draw(state, _tables), do: state

  defp forget(state) do
    Instance.put_value(state.config.name, :feed, nil)
    %{state | feed: nil, tables: []}
  end

  @doc "The routing tables of this node, each with its partition."
  @spec tables(Config.t()) :: [{non_neg_integer, RoutingTable.t()}]
  def tables(config) do
    for partition <- 0..(config.partitions - 1),
        table = Instance.value(config.name, {:table, partition}),
        do: {partition, table}
  end
end
