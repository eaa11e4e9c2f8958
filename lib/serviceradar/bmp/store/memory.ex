defmodule ServiceRadar.BMP.Store.Memory do
  @moduledoc """
  The routing tables themselves: routes live as long as the station. No server is needed.

  Of what happened, the latest 10,000 events of sessions and peers are kept, the newest values of each counter, and of what could
  not be decoded the latest 1,000, of 16 MiB at most; of the history of routes nothing.
  """
  @behaviour ServiceRadar.BMP.Store
  use GenServer

  alias ServiceRadar.BMP.{Config, Deltas, Instance, Query, RoutingTable}
  alias ServiceRadar.BMP.Store.Memory.Log

  @impl ServiceRadar.BMP.Store
  def validate([]), do: {:ok, []}
  def validate(options), do: {:error, "it has no options, got #{inspect(options)}"}

  @impl ServiceRadar.BMP.Store
  def child_spec(%Config{} = config) do
    name = Instance.via(config.name, :store, %{})
    %{id: __MODULE__, start: {GenServer, :start_link, [__MODULE__, config, [name: name]]}}
  end

  @impl ServiceRadar.BMP.Store
  def table(config, partition, _token), do: GenServer.call(Instance.via(config.name, :store), {:table, partition})

  @impl ServiceRadar.BMP.Store
  def commit(config, _partition, _token, deltas) do
    for %{counts: %{dead_letters: letters}} = delta <- deltas, letters > 0 do
      Log.add_dead_letters(log(config), Deltas.dead_letters(delta))
    end

    for %{counts: counts} = delta <- deltas, counts.events > 0 or counts.statistics > 0 do
      Log.add(log(config), Deltas.changes(delta, config.name, 0))
    end

    :ok
  end

  @impl ServiceRadar.BMP.Store
  def events(config, options), do: Log.events(log(config), options)

  @impl ServiceRadar.BMP.Store
  def statistics(config, peer_id), do: {:ok, Log.statistics(log(config), peer_id)}

  @impl ServiceRadar.BMP.Store
  def statistics_series(config, peer_id, from, until) do
    [from, until] = Enum.map([from, until], &DateTime.to_unix(&1, :microsecond))
    {:ok, Log.statistics_series(log(config), peer_id, from, until)}
  end

  @impl ServiceRadar.BMP.Store
  def dead_letters(config, options), do: Log.dead_letters(log(config), options)

  @impl ServiceRadar.BMP.Store
  def last_dead_letters(config, router_ids), do: {:ok, Log.last_dead_letters(log(config), router_ids)}

  @impl ServiceRadar.BMP.Store
  def dead_letter(config, id), do: {:ok, Log.dead_letter(log(config), id)}

  defp log(config), do: Instance.value(config.name, :store_log)

  @impl ServiceRadar.BMP.Store
  def routers(config), do: {:ok, Enum.flat_map(tables(config), &RoutingTable.routers/1)}

  @impl ServiceRadar.BMP.Store
  def peers(config, router_id), do: {:ok, Enum.flat_map(tables(config), &RoutingTable.peers(&1, router_id))}

  # Of each table so many that they make a page wherever they are.
  @impl ServiceRadar.BMP.Store
  def list_peers(config, list), do: {:ok, each(config, &RoutingTable.list_peers(&1, %{list | limit: list.limit + 1}))}

  @impl ServiceRadar.BMP.Store
  def list_routers(config, list),
    do: {:ok, each(config, &RoutingTable.list_routers(&1, %{list | limit: list.limit + 1}))}

  @impl ServiceRadar.BMP.Store
  def count_peers(config, list),
    do: {:ok, config |> tables() |> Enum.map(&RoutingTable.count_peers(&1, list)) |> Enum.sum()}

  @impl ServiceRadar.BMP.Store
  def some_peers(config, ids), do: {:ok, each(config, &RoutingTable.some_peers(&1, ids))}

  @impl ServiceRadar.BMP.Store
  def held(config), do: {:ok, each(config, &RoutingTable.held/1)}

  @impl ServiceRadar.BMP.Store
  def totals(config, router_id) do
    none = %{routers: 0, routers_connected: 0, sessions: 0, sessions_up: 0, sessions_troubled: 0, families: %{}}

    {:ok,
     for table <- tables(config), reduce: none do
       sums ->
         totals = table |> RoutingTable.totals(router_id) |> Map.update!(:families, &Map.new/1)

         Map.merge(sums, totals, fn
           :families, some, more -> Map.merge(some, more, fn _family, one, other -> one + other end)
           _name, one, other -> one + other
         end)
     end}
  end

  defp each(config, ask), do: config |> tables() |> Enum.flat_map(ask)

  @impl ServiceRadar.BMP.Store
  def counts(config) do
    sum = fn held, sums -> Map.new(sums, fn {key, sum} -> {key, sum + Map.fetch!(held, key)} end) end
    {:ok, tables(config) |> Enum.map(&RoutingTable.counts/1) |> Enum.reduce(%{routers: 0, peers: 0, routes: 0}, sum)}
  end

  # Table by table; the cursor says in which, and where in it.
  @impl ServiceRadar.BMP.Store
  def routes(config, %Query{} = query) do
    {index, cursor} = query.cursor || {0, nil}
    collect(Enum.drop(tables(config), index), index, %{query | cursor: cursor}, [])
  end

  defp collect([], _index, _query, found), do: {:ok, found, nil}

  defp collect([table | tables], index, query, found) do
    with {:ok, routes, cursor} <- RoutingTable.routes(table, query) do
      left = query.limit - length(routes)

      cond do
        cursor != nil -> {:ok, found ++ routes, {index, cursor}}
        tables == [] -> {:ok, found ++ routes, nil}
        left <= 0 -> {:ok, found ++ routes, {index + 1, nil}}
        true -> collect(tables, index + 1, %{query | cursor: nil, limit: left}, found ++ routes)
      end
    end
  end

  @impl ServiceRadar.BMP.Store
  def prepare_search(config), do: GenServer.cast(Instance.via(config.name, :store), :prepare_search)

  @impl ServiceRadar.BMP.Store
  def count_routes(config, %Query{} = query, most) do
    Enum.reduce_while(tables(config), {:ok, 0}, fn table, {:ok, sum} ->
      case RoutingTable.count(table, query, most) do
        {:ok, count} when sum + count > most -> {:halt, {:ok, sum + count}}
        {:ok, count} -> {:cont, {:ok, sum + count}}
        error -> {:halt, error}
      end
    end)
  end

  defp tables(config) do
    (Instance.value(config.name, :store) || %{}) |> Enum.sort() |> Enum.map(&elem(&1, 1))
  end

  # The process owns the tables, so that they outlive the pipeline's.
  @impl GenServer
  def init(config) do
    {:ok, _} = Instance.register(config.name, :store_log, Log.new())
    {:ok, {config, nil}}
  end

  @impl GenServer
  def handle_call({:table, partition}, _from, {config, _} = state) do
    tables = Instance.value(config.name, :store)
    usable = Map.reject(tables, fn {_, table} -> RoutingTable.poisoned?(table) end)
    tables = Map.put_new_lazy(usable, partition, fn -> RoutingTable.new(config.table) end)
    Instance.put_value(config.name, :store, tables)
    {:reply, {:ok, Map.fetch!(tables, partition)}, state}
  end

  # One at a time: another would only wait for it.
  @impl GenServer
  def handle_cast(:prepare_search, {config, nil}) do
    tables = tables(config)
    {_, monitor} = spawn_monitor(fn -> Enum.each(tables, &RoutingTable.prepare_search/1) end)
    {:noreply, {config, monitor}}
  end

  def handle_cast(:prepare_search, state), do: {:noreply, state}

  @impl GenServer
  def handle_info({:DOWN, monitor, :process, _, _}, {config, monitor}), do: {:noreply, {config, nil}}
end
