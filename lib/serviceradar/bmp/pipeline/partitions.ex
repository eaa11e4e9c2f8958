defmodule ServiceRadar.BMP.Pipeline.Partitions do
  @moduledoc false
  # Runs the processes of the partitions that this station owns: starts them when it comes to own one, anew when they die,
  # and stops them when it owns it no longer. A store without leases is this station's alone, and so are all partitions.
  #
  # Stopped before the partitions: waits until they have taken what a broker in this VM would forget. The sessions have
  # stopped before, so it is finite.
  use GenServer

  require Logger

  alias ServiceRadar.BMP.{Config, Instance}

  @retry 1_000
  @look_every 10

  def child_spec(%Config{} = config) do
    %{
      id: __MODULE__,
      start: {GenServer, :start_link, [__MODULE__, config, [name: Instance.via(config.name, :partitions)]]},
      shutdown: 2 * config.session.drain_timeout + 2_000
    }
  end

  @impl true
  def init(config) do
    Process.flag(:trap_exit, true)
    # Of each partition that is owned, its token; of each that runs, its processes' supervisor.
    {:ok, %{config: config, leases: nil, owned: %{}, running: %{}}, {:continue, :own}}
  end

  @impl true
  def handle_continue(:own, state), do: {:noreply, own(state)}

  @impl true
  def handle_info(:own, state), do: {:noreply, own(state)}
  def handle_info({:start, partition}, state), do: {:noreply, start(state, partition)}

  def handle_info({:bmp_lease, partition, {:owned, token}}, state),
    do: {:noreply, start(put_in(state.owned[partition], token), partition)}

  def handle_info({:bmp_lease, partition, :lost}, state),
    do: {:noreply, stop(%{state | owned: Map.delete(state.owned, partition)}, partition)}

  def handle_info({:bmp_lease, partition, :give_back}, state) do
    state = stop(%{state | owned: Map.delete(state.owned, partition)}, partition, :give_back)
    {:noreply, if(state.running[partition], do: state, else: give_back(state, partition))}
  end

  # They start anew, with the stations' database not knowing of us.
  def handle_info({:DOWN, leases, :process, _, _}, %{leases: leases} = state) do
    state = Enum.reduce(Map.keys(state.owned), %{state | leases: nil, owned: %{}}, &stop(&2, &1))
    {:noreply, own_later(state)}
  end

  def handle_info({:DOWN, monitor, :process, _, _}, state) do
    case Enum.find(state.running, fn {_, running} -> running.monitor == monitor end) do
      {partition, running} ->
        {:noreply, stopped(%{state | running: Map.delete(state.running, partition)}, partition, running)}

      nil ->
        {:noreply, state}
    end
  end

  def handle_info(_other, state), do: {:noreply, state}

  @impl true
  def terminate(_reason, %{config: config} = state) do
    deadline = System.monotonic_time(:millisecond) + config.session.drain_timeout
    %Config{broker: {broker, _}} = config
    if function_exported?(broker, :pending, 2), do: drain(broker, config, deadline)
    state = Enum.reduce(Map.keys(state.running), state, &stop(&2, &1))
    for {_partition, %{monitor: monitor}} <- state.running, do: await(monitor, config.session.drain_timeout)
  end

  defp drain(broker, config, deadline) do
    left = Enum.any?(0..(config.partitions - 1), &(broker.pending(config, &1) > 0))

    if left and System.monotonic_time(:millisecond) < deadline do
      Process.sleep(@look_every)
      drain(broker, config, deadline)
    end
  end

  defp await(monitor, time) do
    receive do
      {:DOWN, ^monitor, :process, _, _} -> :ok
    after
      time -> :ok
    end
  end

  defp own(%{config: %Config{store: {store, _}} = config} = state) do
    if function_exported?(store, :own, 1) do
      {:ok, leases} = store.own(config)
      %{state | leases: Process.monitor(leases)}
    else
      Enum.reduce(0..(config.partitions - 1), state, &start(put_in(&2.owned[&1], nil), &1))
    end
  catch
    :exit, _not_there -> own_later(state)
  end

  defp own_later(state) do
    Process.send_after(self(), :own, @retry)
    state
  end

  defp start(%{config: %Config{pipeline: {pipeline, _}} = config} = state, partition) do
    with {:ok, token} <- Map.fetch(state.owned, partition),
         nil <- state.running[partition],
         spec = Map.put(pipeline.partition(config, partition, token), :restart, :temporary),
         {:ok, pid} <- DynamicSupervisor.start_child(Instance.via(config.name, :partition_supervisor), spec) do
      put_in(state.running[partition], %{pid: pid, monitor: Process.monitor(pid), stopping: nil})
    else
      {:error, reason} ->
        Logger.warning("partition #{partition} does not start, trying again: #{inspect(reason)}")
        start_later(state, partition)

      _not_owned_or_running ->
        state
    end
  end

  defp start_later(state, partition) do
    Process.send_after(self(), {:start, partition}, @retry)
    state
  end

  # By a process of its own: a partition may be in a commit that takes long, and the others are not to wait for it.
  defp stop(state, partition, why \\ :stop) do
    case state.running do
      %{^partition => %{stopping: nil, pid: pid} = running} ->
        time = state.config.session.drain_timeout + 1_000

        spawn(fn ->
          try do
            Supervisor.stop(pid, :shutdown, time)
          catch
            :exit, _ -> Process.exit(pid, :kill)
          end
        end)

        put_in(state.running[partition], %{running | stopping: why})

      %{^partition => running} ->
        put_in(state.running[partition], %{running | stopping: why})

      _ ->
        state
    end
  end

  defp stopped(state, partition, %{stopping: :give_back}), do: give_back(state, partition)
  defp stopped(state, partition, %{stopping: :stop}), do: start(state, partition)

  # It died, and the log says why: reading the table again does not get faster by trying it often.
  defp stopped(state, partition, %{stopping: nil}), do: start_later(state, partition)

  defp give_back(%{config: %Config{store: {store, _}} = config} = state, partition) do
    store.give_back(config, partition)
    state
  end
end
