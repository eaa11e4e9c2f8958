if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Leases do
    @moduledoc false
    # The partitions that this station owns: rows of `bgp_partitions`, renewed every second. Only the database's clock
    # counts.
    #
    # Each live station has its share of the partitions. A station gives back what it has above its share, and takes free
    # ones up to it: so they spread when a station joins, and are taken when one is gone. A lease that could not be renewed
    # in time is still good if nobody took it, and commits are fenced by the token, not by the time.
    #
    # The pipeline's process that asked for partitions (`own/1`) is told `{:bmp_lease, partition, {:owned, token}}`,
    # `{:bmp_lease, partition, :lost}`, and `{:bmp_lease, partition, :give_back}`, which it answers with `give_back/2` when it
    # has stopped the partition. When it ends, everything is given back.
    use GenServer

    require Logger

    alias ServiceRadar.BMP.{Config, Instance, Telemetry}
    alias ServiceRadar.BMP.Store.Postgres
    alias ServiceRadar.BMP.Store.Postgres.{Keeper, SQL}

    @ttl 3_000
    @renew_every 1_000
    @unmade_every 100
    @timeout 2_000

    def start_link(%Config{} = config), do: GenServer.start_link(__MODULE__, config, name: name(config))

    @doc "Makes the caller the one that runs this station's partitions."
    @spec own(Config.t()) :: {:ok, pid}
    def own(config), do: GenServer.call(name(config), :own)

    @doc "The partition is stopped."
    @spec give_back(Config.t(), non_neg_integer) :: :ok
    def give_back(config, partition), do: GenServer.cast(name(config), {:give_back, partition})

    defp name(config), do: Instance.via(config.name, :leases)

    @impl true
    def init(config) do
      Process.flag(:trap_exit, true)

      {:ok,
       %{
         config: config,
         # Two stations may have the same name, and a station that was started again counts as another one.
         node: "#{config.collector} #{Base.url_encode64(:crypto.strong_rand_bytes(6))}",
         owner: nil,
         timer: nil,
         held: %{},
         leaving: MapSet.new(),
         complaint: nil
       }}
    end

    @impl true
    def handle_call(:own, {pid, _}, %{owner: nil} = state),
      do: {:reply, {:ok, self()}, again(%{state | owner: {pid, Process.monitor(pid)}}, 0)}

    @impl true
    def handle_cast({:give_back, partition}, state) do
      state = attempt(state, fn ask -> drop(state, ask, partition) end)
      {:noreply, %{state | held: Map.delete(state.held, partition), leaving: MapSet.delete(state.leaving, partition)}}
    end

    @impl true
    def handle_info({:timeout, timer, :renew}, %{timer: timer} = state) do
      if Keeper.ready?(state.config),
        do: {:noreply, state |> attempt(&renew(state, &1)) |> again(@renew_every)},
        else: {:noreply, again(state, @unmade_every)}
    end

    def handle_info({:DOWN, monitor, :process, _, _}, %{owner: {_pid, monitor}} = state), do: {:noreply, leave(state)}
    def handle_info(_other, state), do: {:noreply, state}

    @impl true
    def terminate(_reason, state), do: leave(state)

    defp again(state, wait) do
      if state.timer, do: :erlang.cancel_timer(state.timer)
      %{state | timer: :erlang.start_timer(wait, self(), :renew)}
    end

    # `work` is given a function that asks the database, and gives the new state. One that fails changes nothing.
    defp attempt(state, work) do
      state =
        Postgres.with_repo(state.config, fn repo, options ->
          work.(fn name, values ->
            repo.query!(SQL.text("lease/#{name}.sql", options[:schema]), values, timeout: @timeout, log: false).rows
          end)
        end)

      if state.complaint, do: Logger.info("the leases of partitions are renewed again")
      %{state | complaint: nil}
    rescue
      error in [Postgrex.Error, DBConnection.ConnectionError, RuntimeError] -> complain(state, Exception.message(error))
    end

    # It is logged once for each outage.
    defp complain(%{complaint: nil} = state, text) do
      Logger.warning(
        "the leases of partitions cannot be renewed, trying again: #{text}. Until then this station takes no partition, " <>
          "and goes on with those that it owns unless another station takes them"
      )

      %{state | complaint: text}
    end

    defp complain(state, _text), do: state

    defp renew(state, ask) do
      ask.("join", [state.node, Enum.map(state.config.roles, &Atom.to_string/1), @ttl])

      renewed =
        Map.new(ask.("renew", [state.node, Map.keys(state.held), @ttl]), fn [partition, token] -> {partition, token} end)

      state = Enum.reduce(state.held, state, &lost(&1, &2, renewed))
      stations = for [station] <- ask.("nodes", []), do: station
      share(state, ask, share_of(state, stations))
    end

    defp lost({partition, token}, state, renewed) do
      if renewed[partition] == token do
        state
      else
        Logger.warning("partition #{partition} is no longer this station's: another one has taken it")
        tell(state, partition, :lost, :lost, %{count: 1})
        %{state | held: Map.delete(state.held, partition), leaving: MapSet.delete(state.leaving, partition)}
      end
    end

    # Every station has the same number, and the first ones in the order of their names have one more where some are
    # left over. Where batches stay in the VM that received them, no other station could work on them.
    defp share_of(%{config: %{broker: {broker, _}, partitions: partitions}} = state, stations) do
      rank = Enum.find_index(stations, &(&1 == state.node))

      cond do
        not broker.shared?() -> partitions
        rank == nil -> 0
        true -> div(partitions, length(stations)) + if(rank < rem(partitions, length(stations)), do: 1, else: 0)
      end
    end

    defp share(state, ask, share) do
      staying = for {partition, _token} <- state.held, partition not in state.leaving, do: partition

      case length(staying) - share do
        above when above > 0 -> staying |> Enum.sort(:desc) |> Enum.take(above) |> Enum.reduce(state, &offer(&2, &1))
        below -> take(state, ask, -below)
      end
    end

    defp offer(state, partition) do
      Logger.info("partition #{partition} is given back: another station has fewer")
      tell(state, partition, :give_back, :given_back, %{count: 1})
      %{state | leaving: MapSet.put(state.leaving, partition)}
    end

    defp take(state, ask, count) do
      known = Map.new(ask.("partitions", []), fn [partition, owner, over_for] -> {partition, {owner, over_for}} end)

      for partition <- 0..(state.config.partitions - 1),
          {owner, over_for} = Map.get(known, partition, {nil, 0.0}),
          owner == nil or over_for >= 0 do
        {partition, owner, over_for}
      end
      |> Enum.take(count)
      |> Enum.reduce(state, fn {partition, owner, over_for}, state ->
        case ask.("take", [partition, state.node, @ttl]) do
          [[token]] -> taken(state, partition, token, owner, over_for)
          [] -> state
        end
      end)
    end

    defp taken(state, partition, token, from, over_for) do
      if from, do: Logger.warning("partition #{partition} is taken over: its owner, #{from}, does not renew its lease")
      measurements = %{count: 1, unowned: if(from, do: trunc(over_for) + @ttl, else: 0)}
      tell(state, partition, {:owned, token}, :taken, measurements, %{from: from, token: token})
      %{state | held: Map.put(state.held, partition, token)}
    end

    defp tell(%{owner: {pid, _}} = state, partition, what, verb, measurements, metadata \\ %{}) do
      send(pid, {:bmp_lease, partition, what})
      metadata = Map.merge(metadata, %{station: state.config.name, partition: partition})
      Telemetry.execute(:lease, verb, measurements, metadata)
    end

    defp drop(state, ask, partition) do
      ask.("give_back", [state.node, partition])
      state
    end

    defp leave(%{owner: nil} = state), do: state

    defp leave(state) do
      if state.timer, do: :erlang.cancel_timer(state.timer)

      if Keeper.ready?(state.config) do
        attempt(state, fn ask ->
          drop(state, ask, nil)
          ask.("leave", [state.node])
          state
        end)
      end

      %{state | owner: nil, timer: nil, held: %{}, leaving: MapSet.new()}
    end
  end
end
