defmodule ServiceRadar.BMP.Counts do
  @moduledoc """
  How many routes each table of each peer held in the last 24 hours.

  Once a minute the store is asked how many there are, and nothing else of peers; what costs the same for ten routes and for ten million. A number is kept when it
  is another one than before, in memory: what was before the station started is not known.
  """
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Instance, Store}

  @every 60_000
  @kept_us 24 * 3_600 * 1_000_000
  # Of tables beyond these no numbers are kept.
  @most_tables 5_000

  @typedoc "A table of a peer, and since when it held how many routes, oldest first; `:since_us` is when it was first looked at."
  @type series :: %{
          router_id: String.t(),
          peer_id: String.t(),
          view: atom,
          afi: 0..65_535,
          safi: 0..255,
          points: [{us :: integer, routes :: non_neg_integer}]
        }

  @doc false
  def child_spec(%Config{} = config) do
    name = Instance.via(config.name, :counts, nil)
    %{id: __MODULE__, start: {GenServer, :start_link, [__MODULE__, config, [name: name]]}}
  end

  @doc "Of the tables of a router (`:router`, its id) or of a peer (`:peer`, its id)."
  @spec series(Config.name(), router: String.t(), peer: String.t()) :: [series]
  def series(station, of) do
    case Instance.value(station, :counts) do
      nil ->
        []

      table ->
        key = {of[:router] || :_, of[:peer] || :_, :_, :_, :_}

        for {{router_id, peer_id, view, afi, safi}, points} <- :ets.match_object(table, {key, :_}) do
          %{router_id: router_id, peer_id: peer_id, view: view, afi: afi, safi: safi, points: Enum.reverse(points)}
        end
    end
  end

  @doc "Takes the numbers now."
  @spec take(Config.name()) :: :ok
  def take(station), do: GenServer.call(Instance.via(station, :counts), :take)

  @impl GenServer
  def init(config) do
    table = :ets.new(__MODULE__, [:protected, read_concurrency: true])
    Instance.put_value(config.name, :counts, table)
    # The store starts before, and may yet have to load what it knows.
    Process.send_after(self(), :tick, 1_000)
    {:ok, %{station: config.name, table: table}}
  end

  @impl GenServer
  def handle_call(:take, _from, state) do
    take(state.station, state.table)
    {:reply, :ok, state}
  end

  @impl GenServer
  def handle_info(:tick, state) do
    take(state.station, state.table)
    Process.send_after(self(), :tick, @every)
    {:noreply, state}
  end

  defp take(station, table) do
    now = System.system_time(:microsecond)

    case held(station) do
      {:ok, tables} ->
        held = Map.new(tables, &{{&1.router_id, &1.peer_id, &1.view, &1.afi, &1.safi}, &1.routes})

        # A table without routes is not among them.
        gone = for [key] <- :ets.match(table, {:"$1", :_}), not is_map_key(held, key), do: {key, 0}
        Enum.each(Map.to_list(held) ++ gone, fn {key, routes} -> put(table, key, routes, now) end)

      {:error, reason} ->
        Logger.debug("the routes of #{inspect(station)} are not counted: #{inspect(reason)}")
    end
  end

  defp held(station) do
    station |> Instance.config!() |> Store.ask(:held, [])
  catch
    # The store starts anew, or the station stops.
    :exit, reason -> {:error, reason}
  end

  defp put(table, key, routes, now) do
    case :ets.lookup(table, key) do
      [{_, [{_, ^routes} | _] = points}] -> trim(table, key, points, now)
      [{_, points}] -> trim(table, key, [{now, routes} | points], now)
      [] -> if :ets.info(table, :size) < @most_tables, do: :ets.insert(table, {key, [{now, routes}]})
    end
  end

  # The last number of before the 24 hours is what they begin with. A table that was empty all the time is forgotten.
  defp trim(table, key, points, now) do
    case Enum.split_while(points, fn {at, _} -> at > now - @kept_us end) do
      {[], [{_, 0} | _]} -> :ets.delete(table, key)
      {within, before} -> :ets.insert(table, {key, within ++ Enum.take(before, 1)})
    end
  end
end
