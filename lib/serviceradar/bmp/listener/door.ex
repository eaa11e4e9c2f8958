defmodule ServiceRadar.BMP.Listener.Door do
  @moduledoc false
  # Who is let in: by the list of sources, and by how many are in already. A place is free again when the process that
  # has it ends.
  use GenServer

  alias ServiceRadar.BMP.{Config, Instance, Prefix}

  @type refusal :: :source | :limit | :source_limit | :source_rate

  def start_link(%Config{} = config), do: GenServer.start_link(__MODULE__, config, name: name(config))

  @doc "Whether it says by the PROXY protocol whom it speaks for, and is no router itself."
  @spec balancer?(Config.t(), :inet.ip_address()) :: boolean
  def balancer?(%Config{balancers: balancers}, address), do: Enum.any?(balancers, &Prefix.contains?(&1, address))

  @doc "Gives the calling process a place for a router, until it ends, passes it on or leaves it."
  @spec enter(Config.t(), :inet.ip_address()) :: {:ok, reference} | {:refused, refusal}
  def enter(%Config{allow: :any} = config, address), do: GenServer.call(name(config), {:enter, address})

  def enter(%Config{allow: sources} = config, address) do
    if Enum.any?(sources, &Prefix.contains?(&1, address)),
      do: GenServer.call(name(config), {:enter, address}),
      else: {:refused, :source}
  end

  @doc "The place is that of this process from now on."
  @spec pass(Config.t(), reference, pid) :: :ok
  def pass(config, place, pid), do: GenServer.cast(name(config), {:pass, place, pid})

  @doc "The place is not needed after all."
  @spec leave(Config.t(), reference) :: :ok
  def leave(config, place), do: GenServer.cast(name(config), {:leave, place})

  defp name(config), do: Instance.via(config.name, :door)

  @impl true
  def init(config), do: {:ok, %{config: config, inside: 0, places: %{}, sources: %{}}}

  @impl true
  def handle_call({:enter, address}, {pid, _}, %{config: config} = state) do
    now = System.monotonic_time(:millisecond)
    most = config.max_sessions_per_source
    {inside, tokens, at} = Map.get(state.sources, address, {0, most, now})
    # A source may make so many connections at once, and then so many a second.
    tokens = min(most, tokens + (now - at) * config.connects_per_second / 1000)

    cond do
      state.inside >= config.max_sessions -> {:reply, {:refused, :limit}, state}
      inside >= most -> {:reply, {:refused, :source_limit}, state}
      tokens < 1 -> {:reply, {:refused, :source_rate}, put_in(state.sources[address], {inside, tokens, now})}
      true -> take(put_in(state.sources[address], {inside + 1, tokens - 1, now}), pid, address)
    end
  end

  defp take(state, pid, address) do
    place = Process.monitor(pid)
    {:reply, {:ok, place}, %{state | inside: state.inside + 1, places: Map.put(state.places, place, {place, address})}}
  end

  # A place keeps its name, whoever it is watched for.
  @impl true
  def handle_cast({:pass, place, pid}, state) do
    case state.places do
      %{^place => {monitor, address}} ->
        Process.demonitor(monitor, [:flush])
        monitor = Process.monitor(pid)
        {:noreply, put_in(state.places[place], {monitor, address})}

      _ ->
        {:noreply, state}
    end
  end

  def handle_cast({:leave, place}, state), do: {:noreply, left(state, place)}

  @impl true
  def handle_info({:DOWN, monitor, :process, _, _}, state) do
    case Enum.find(state.places, &match?({_, {^monitor, _}}, &1)) do
      {place, _} -> {:noreply, left(state, place)}
      nil -> {:noreply, state}
    end
  end

  defp left(state, place) do
    case Map.pop(state.places, place) do
      {nil, _} ->
        state

      {{monitor, address}, places} ->
        Process.demonitor(monitor, [:flush])
        {inside, tokens, at} = Map.fetch!(state.sources, address)
        sources = %{state.sources | address => {inside - 1, tokens, at}}
        forget(%{state | inside: state.inside - 1, places: places, sources: sources})
    end
  end

  # What has been quiet for long enough is as if it had never come.
  defp forget(%{config: config} = state) when map_size(state.sources) > 2 * config.max_sessions do
    now = System.monotonic_time(:millisecond)
    quiet = config.max_sessions_per_source * 1000 / config.connects_per_second
    %{state | sources: Map.filter(state.sources, fn {_, {inside, _, at}} -> inside > 0 or now - at < quiet end)}
  end

  defp forget(state), do: state
end
